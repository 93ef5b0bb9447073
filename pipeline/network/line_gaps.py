"""Data issues of a border line with gaps."""

from collections.abc import Iterator

import numpy as np

from pipeline.core import parameters
from pipeline.network.boundary_ways import At, Pair, gap_m
from pipeline.network.issues import Issue
from pipeline.network.read import Extract

GRAVE_KM = parameters.number("grave_gap_km")


def missing_ways(extract: Extract, pair: Pair) -> list[int]:
    """Ways that both relations name but the file lacks, or whose nodes it lacks in part.

    Parameters
    ----------
    extract
        Content of the raw file.
    pair
        Codes of the two countries.

    Returns
    -------
    list of int
        Ids of OSM ways, ascending.
    """
    named = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    whole = [
        int(osm_id)
        for osm_id, start, end in zip(ways.osm_id, ways.start[:-1], ways.start[1:], strict=True)
        if end > start and (ways.vertex[start:end] >= 0).all()
    ]
    return sorted(named - set(whole))


def gap_issues(
    extract: Extract, pair: Pair, bridges: list[tuple[At, At]], lacking: list[int]
) -> Iterator[Issue]:
    """An issue for each gap that was bridged, named by the ways on either side of it.

    Parameters
    ----------
    extract
        Content of the raw file.
    pair
        Codes of the two countries.
    bridges
        Ends of each bridged gap, degrees.
    lacking
        Ways that the file lacks, as from `missing_ways`.

    Yields
    ------
    Issue
        Of kind line_gap; its severity is high if the gap is longer than GRAVE_KM.
    """
    ends = _ways_by_end(extract, pair)
    for before, after in bridges:
        beside = sorted({ends.get(before, 0), ends.get(after, 0)} - {0})
        known = f"the relations name ways that the file lacks ({listed(lacking)})"
        yield Issue(
            kind="line_gap",
            severity="high" if gap_m(before, after) > 1000 * GRAVE_KM else "medium",
            element=" ".join(f"w{way}" for way in beside),
            lon=(before[0] + after[0]) / 2,
            lat=(before[1] + after[1]) / 2,
            found=f"the line has a gap of {gap_m(before, after) / 1000:.1f} km; "
            + (known if lacking else "the file holds all ways that both relations name"),
            assumed="that it runs straight",
            may_change="its length, the crossings in the gap, and depths near it",
        )


def missing_issue(lacking: list[int], at: At) -> Issue:
    """The issue of ways that the file lacks although there is no gap between those it holds.

    Parameters
    ----------
    lacking
        Ways that the file lacks, as from `missing_ways`.
    at
        Where to show it, degrees.

    Returns
    -------
    Issue
        Of kind line_member_missing.
    """
    return Issue(
        kind="line_member_missing",
        severity="high",
        element=" ".join(f"w{way}" for way in lacking[:5]),
        lon=at[0],
        lat=at[1],
        found=f"both countries' relations name {len(lacking)} ways of the border that the file "
        f"lacks ({listed(lacking)}), none of them between two that it holds",
        assumed="that the line ends where the file does",
        may_change="the length of the line and the number of crossings",
    )


def listed(ways: list[int]) -> str:
    """The first five ids of ways, and the number of the rest.

    Parameters
    ----------
    ways
        Ids of OSM ways.

    Returns
    -------
    str
        Text for a message.
    """
    shown = ", ".join(str(way) for way in ways[:5])
    return shown if len(ways) <= 5 else f"{shown} and {len(ways) - 5} more"


def _ways_by_end(extract: Extract, pair: Pair) -> dict[At, int]:
    """The border ways by the points at which they begin or end."""
    shared = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    found: dict[At, int] = {}
    for row in np.flatnonzero(np.isin(ways.osm_id, list(shared))):
        vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
        for place in vertex[vertex >= 0]:
            at = (float(extract.vertices.lon[place]), float(extract.vertices.lat[place]))
            found.setdefault(at, int(ways.osm_id[row]))
    return found
