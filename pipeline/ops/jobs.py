"""How many stages `make` runs side by side: one for each core, if there is memory for it.

It runs before .venv exists: standard library, old syntax.
"""

import os
import sys

STAGE_BYTES = 3.5e9  # of the stage that needs most, at a million links (docs/scale.md)


def jobs() -> int:
    """Stages of one make that may run at a time.

    Returns
    -------
    int
        At least 1. Each stage is allowed the memory that the largest needs at a million links, so a
        machine with little memory for its cores runs fewer.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, int(memory / STAGE_BYTES)))


if __name__ == "__main__":
    sys.stdout.write(str(jobs()) + "\n")
