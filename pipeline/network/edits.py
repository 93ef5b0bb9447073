"""The last edit of ways, if a file of OpenStreetMap data states it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core.errors import InputError
from pipeline.sources.ways_by_id import ways_by_id

WAY_OF_LINK = r"^[a-z](\d+)\."


@dataclass(frozen=True)
class Edit:
    """Version of an element, and the day on which it was made (UTC)."""

    version: int
    day: str

    @property
    def text(self) -> str:
        """Such as `version 7 of 2021-03-05`."""
        return f"version {self.version} of {self.day}"


def table(ways: Sequence[int], versions: Sequence[int], days: Sequence[str]) -> pd.DataFrame:
    """The last edit of each way, if it is known.

    Parameters
    ----------
    ways
        OSM ids.
    versions
        Their versions; 0 if the file does not state it.
    days
        Days of their last edits (UTC), such as 2021-03-05; empty if the file does not state it.

    Returns
    -------
    DataFrame
        The table `edits`: osm_way, version, edited (categories, since many ways have the same day).
    """
    frame = pd.DataFrame(
        {
            "osm_way": np.array(ways, dtype=np.int64),
            "version": np.array(versions, dtype=np.int32),
            "edited": pd.Series(list(days), dtype="category"),
        }
    )
    return frame[(frame["version"] > 0) & (frame["edited"] != "")]


def of_links(edits: pd.DataFrame, link_ids: pd.Series) -> pd.DataFrame:
    """The rows for the ways that these links are part of.

    Parameters
    ----------
    edits
        The table `edits`.
    link_ids
        Ids of links, such as w12.0.

    Returns
    -------
    DataFrame
        These rows of `edits`.
    """
    ways = pd.to_numeric(link_ids.str.extract(WAY_OF_LINK, expand=False).dropna())
    return edits[edits["osm_way"].isin(ways)]


def by_way(edits: pd.DataFrame) -> dict[int, Edit]:
    """The last edits by the OSM id of the way.

    Parameters
    ----------
    edits
        The table `edits`.

    Returns
    -------
    dict
        Last edit by OSM id, for all rows.
    """
    rows = zip(edits["osm_way"], edits["version"], edits["edited"], strict=True)
    return {int(way): Edit(int(version), str(day)) for way, version, day in rows}


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
        By OSM id; ways that the file lacks, or for which it does not state this, are left out.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    found: dict[int, Edit] = {}
    try:
        for way in ways_by_id(Path(path), ways):
            if way.version and way.timestamp.timestamp() > 0:
                found[way.id] = Edit(way.version, f"{way.timestamp:%Y-%m-%d}")
    except (RuntimeError, EOFError, ValueError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return found
