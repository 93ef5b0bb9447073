"""Osmium's index of node locations in a file, closed when it is no longer needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import osmium

OPEN = Path("/dev/fd")  # the files that this process has open, by number


@contextmanager
def noted(path: Path) -> Iterator[osmium.NodeLocationsForWays]:
    """A handler that notes in a new file where nodes lie.

    Osmium leaves the file open for as long as the process lasts, and a file that is removed while
    it is open keeps its room on the disk: a run of many borders would fill it.

    Parameters
    ----------
    path
        The file: osm_id, x and y of each node, zeros after the last one.

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
    """Close what this process has open of the file."""
    there = path.stat()
    for number in [int(entry.name) for entry in OPEN.iterdir()]:
        with suppress(OSError):  # of the listing itself, which is closed by now
            found = os.fstat(number)
            if (found.st_dev, found.st_ino) == (there.st_dev, there.st_ino):
                os.close(number)
