"""What a run of many borders will need of disk and memory, and what is free."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.world.tasks import free_memory

GB = 1e9


@dataclass(frozen=True)
class Needs:
    """Bytes that are needed and free."""

    disk: float
    memory: float
    disk_free: float
    memory_free: float


def needs(files: Sequence[Path], out: Path, workers: int) -> Needs:
    """What cutting and running the borders of these files needs, by measured shares of their size.

    The measurements are in docs/scale.md. The runs follow the cut, so the larger of the two counts
    for memory.
    """
    size = sum(path.stat().st_size for path in files if path.is_file())
    cut = GB * parameters.number("cut_memory_gb") + size * parameters.number("cut_memory_share")
    runs = max(workers, 1) * GB * parameters.number("run_memory_gb")
    at = out
    while not at.exists():
        at = at.parent
    return Needs(
        disk=size * parameters.number("world_disk_share"),
        memory=max(cut, runs),
        disk_free=float(shutil.disk_usage(at).free),
        memory_free=float(free_memory()),
    )


def sentence(found: Needs) -> str:
    """One line for a terminal."""
    return (
        f"needs {found.disk / GB:.1f} GB of disk ({found.disk_free / GB:.1f} GB free) and "
        f"{found.memory / GB:.1f} GB of memory ({found.memory_free / GB:.1f} GB free)"
    )


def refuse(found: Needs, out: Path) -> None:
    """Raise InputError if the disk is too small; for memory, the workers' limits apply."""
    if found.disk > found.disk_free:
        raise InputError(f"{out}: {sentence(found)}")
