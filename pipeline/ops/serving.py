"""A checked snapshot put where it is served: real files, each whole, and all of one snapshot.

A file system swaps one name at a time. So everything is first copied beside its target; then the
copies are renamed one right after the other. The mark that the snapshot is checked lies beside it
until the last one is done: whoever finds the mark later (the next make or refresh) does the whole
of it again, so that a kill between two renames does not leave a mixture for longer than that. The
folder itself is not swapped: who serves it by its inode (a bind mount, an open folder) would be
left with the old one for good.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.core import files

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


def serve(placed: dict[Path, Path]) -> None:
    """Put every file in its place; done again from the start if it is broken off.

    A reader that has an old file open keeps it.
    """
    copies = {target: target.with_name(f"{COPY}{target.name}") for target in placed.values()}
    for path, target in placed.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copies[target])
        files.flush(copies[target])
    for target, copy in copies.items():
        files.put(copy, target)
    for folder in {target.parent for target in copies}:
        files.flush(folder)


def _files(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if path.is_file() and not path.name.startswith("."))
