"""The last edit of ways, where a file of OpenStreetMap data still says it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import osmium
from osmium.osm import WAY

from pipeline.core.errors import InputError


@dataclass(frozen=True)
class Edit:
    """Version of an element, and the day on which it was made (UTC)."""

    version: int
    day: str

    @property
    def said(self) -> str:
        """Such as `version 7 of 2021-03-05`."""
        return f"version {self.version} of {self.day}"


def latest_edits(path: str | Path, ways: Collection[int]) -> dict[int, Edit]:
    """Version and day of the last edit of these ways.

    Parameters
    ----------
    path
        A file of OpenStreetMap data, in any format that osmium reads.
    ways
        OSM ids.

    Returns
    -------
    dict
        By OSM id; ways that the file lacks, or of which it does not say it, are left out.

    Raises
    ------
    InputError
        Where there is no such file, or it cannot be read.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    found: dict[int, Edit] = {}
    if not ways:
        return found
    try:
        for way in osmium.FileProcessor(str(path), WAY).with_filter(osmium.filter.IdFilter(ways)):
            if way.version and way.timestamp.timestamp() > 0:
                found[way.id] = Edit(way.version, f"{way.timestamp:%Y-%m-%d}")
    except (RuntimeError, EOFError, ValueError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return found
