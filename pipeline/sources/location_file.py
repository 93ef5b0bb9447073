"""Osmium's index of node locations in a file, which is closed when no longer needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import osmium

OPEN = Path("/dev/fd")  # the open files of this process, by number


@contextmanager
def noted(path: Path) -> Iterator[osmium.NodeLocationsForWays]:
    """Yield a handler that stores the locations of nodes in a new file.

    Osmium keeps the file open until the process ends. A file that is removed while it is open still
    takes space on the disk, so that a run of many borders would fill the disk.

    Parameters
    ----------
    path
        The file: osm_id, x and y of each node, then zeros.

    Yields
    ------
    NodeLocationsForWays
        For `osmium.apply`; it must not be used after the block.
    """
    path.unlink(missing_ok=True)
    store = osmium.NodeLocationsForWays(osmium.index.create_map(f"sparse_file_array,{path}"))
    try:
        yield store
    finally:
        _close(path)


def _close(path: Path) -> None:
    """Close the file wherever this process has it open."""
    there = path.stat()
    for number in [int(entry.name) for entry in OPEN.iterdir()]:
        with suppress(OSError):  # of the listing itself, which is already closed
            found = os.fstat(number)
            if (found.st_dev, found.st_ino) == (there.st_dev, there.st_ino):
                os.close(number)
