"""Allow one `make` at a time: take the lock of this checkout, then become the given command.

It runs before .venv exists and reports a Python that is too old: standard library, old syntax.
The lock belongs to the open file, so it ends with the last process that has the file open, however
that process ends, and is never left behind.
"""

import os
import sys

OLDEST = (3, 11)


def hold(lock: str, command: "list[str]") -> None:
    """Become `command` while holding `lock`; one line and status 1 if another process holds it."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"error: {sys.executable} is Python {found}, expected 3.11 or newer")
    from pathlib import Path  # noqa: PLC0415

    from pipeline.core import files  # noqa: PLC0415 (an older Python could not read it)

    try:
        with files.locked(Path(lock)) as handle:
            os.set_inheritable(handle, True)
            os.execvp(command[0], command)  # noqa: S606
    except BlockingIOError:
        sys.exit("error: another make is working in this checkout, expected one at a time")
    except OSError as error:
        where = error.filename or lock
        sys.exit(f"error: {where}: {error.strerror}, expected to be able to use it")


if __name__ == "__main__":
    hold(sys.argv[1], sys.argv[2:])
