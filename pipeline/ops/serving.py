"""A checked snapshot put where it is served: real files, each whole, and all of one snapshot.

A file system swaps one name at a time. So everything is first copied beside its target; then the
copies are renamed one right after the other. The mark that the snapshot is checked lies beside it
until the last one is done: whoever finds the mark later (the next make or refresh) does the whole
of it again, so that a kill between two renames does not leave a mixture for longer than that. The
folder itself is not swapped: who serves it by its inode (a bind mount, an open folder) would be
left with the old one for good.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

COPY = ".refresh."  # what a copy that waits beside its target is called before its name


def moves(processed: Path, served: Path, raw: Path | None, served_raw: Path) -> dict[Path, Path]:
    """Where each file of a snapshot goes: raw files (if fetched), then what is published.

    Of the results those that others read: the files of the folder itself but for make's own note
    of borders, the GeoParquet twin, and what changed, which a later make publishes again.
    """
    found = {path: served_raw / path.name for path in _files(raw.iterdir())} if raw else {}
    published = [path for path in _files(processed.iterdir()) if path.name != "borders"]
    published += _files(processed.glob("parquet/*/*"))
    published += _files(processed.glob("*/changes/*"))
    return found | {path: served / path.relative_to(processed) for path in published}


def serve(files: dict[Path, Path]) -> None:
    """Put every file in its place; done again from the start if it is broken off.

    A reader that has an old file open keeps it.
    """
    copies = {target: target.with_name(f"{COPY}{target.name}") for target in files.values()}
    for path, target in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copies[target])
        with copies[target].open("rb") as file:
            os.fsync(file.fileno())
    for target, copy in copies.items():
        forget_journals(target)
        copy.replace(target)
        forget_journals(target)  # of a reader that came in between
    for folder in {target.parent for target in copies}:
        _keep_names(folder)


def forget_journals(package: Path) -> None:
    """Remove what SQLite would take for the unfinished business of a file of this name.

    A killed writer leaves a journal, a GIS that has the file open a write-ahead log; both belong
    to the file that was there, and played into another one they would ruin it.
    """
    for suffix in ("-journal", "-wal", "-shm") if package.suffix == ".gpkg" else ():
        package.with_name(f"{package.name}{suffix}").unlink(missing_ok=True)


def _files(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if path.is_file() and not path.name.startswith("."))


def _keep_names(folder: Path) -> None:
    """Let the renames outlast a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
