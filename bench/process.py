"""A stage in a process of its own, as make runs it, and what it took."""

import os
import subprocess
import sys
import time
from pathlib import Path


def spent(stage: str, *paths: Path | str) -> tuple[float, float, float]:
    """Seconds, seconds of the processor and peak MB of `python -m pipeline <stage> PATHS`."""
    return spent_by([sys.executable, "-m", "pipeline", stage, *map(str, paths)])


def spent_by(command: list[str]) -> tuple[float, float, float]:
    """The same of any command."""
    begun = time.perf_counter()
    process = subprocess.Popen(command)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    seconds = time.perf_counter() - begun
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
