"""Serve a checked snapshot: real files, each complete, and all from one snapshot.

A file system renames one file at a time. So everything is first copied next to its target; then the
copies are renamed quickly one after the other. The mark that the snapshot is checked stays until
the last rename: if the next make or refresh finds the mark, it does everything again, so a kill
between two renames leaves a mixture only until then. The folder itself is not replaced: a server
that holds it by its inode (a bind mount, an open folder) would keep the old one forever.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.core import files

COPY = ".refresh."  # prefix of a copy that waits next to its target


def moves(processed: Path, served: Path, raw: Path | None, served_raw: Path) -> dict[Path, Path]:
    """Where each file of a snapshot goes: raw files (if downloaded), then what is published.

    Only results for readers: the files of the folder itself without make's own note of borders, the
    GeoParquet files, and the changes, which a later make publishes again.
    """
    found = {path: served_raw / path.name for path in _files(raw.iterdir())} if raw else {}
    published = [path for path in _files(processed.iterdir()) if path.name != "borders"]
    published += _files(processed.glob("parquet/*/*"))
    published += _files(processed.glob("*/changes/*"))
    return found | {path: served / path.relative_to(processed) for path in published}


def serve(placed: dict[Path, Path]) -> None:
    """Put every file in its place; if interrupted, it is done again from the start.

    A reader that has an old file open can read it to the end.
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
