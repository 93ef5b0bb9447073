"""A stage in a process of its own, as make runs it, and what it took."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

# A process counts the peak memory of the one that started it as its own, so a small one starts it:
# this runs the command and writes its exit code, seconds of the processor and peak MB to a pipe.
SMALL = """import json, os, sys
out, *words = sys.argv[1:]
_, status, used = os.wait4(os.posix_spawnp(words[0], words, os.environ), 0)
report = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
os.write(int(out), json.dumps(report).encode())"""


def spent(stage: str, *paths: Path | str) -> tuple[float, float, float]:
    """Seconds, seconds of the processor and peak MB of `python -m pipeline <stage> PATHS`."""
    return spent_by([sys.executable, "-m", "pipeline", stage, *map(str, paths)])


def spent_by(command: list[str]) -> tuple[float, float, float]:
    """The same of any command."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, encoding="ascii") as report:
        begun = time.perf_counter()
        try:
            subprocess.run(  # noqa: S603
                [sys.executable, "-I", "-S", "-c", SMALL, str(write_end), *command],
                check=True,
                pass_fds=[write_end],
            )
        finally:
            os.close(write_end)
        seconds = time.perf_counter() - begun
        code, cpu_s, peak_mb = json.loads(report.read())
    if code:
        raise subprocess.CalledProcessError(code, command)
    return seconds, cpu_s, peak_mb
