"""Boundary ways as lines: those the two countries share, on land and at sea, and third lines."""

from collections import Counter

import numpy as np
from shapely.geometry import LineString, MultiLineString
from shapely.ops import linemerge

from pipeline.core import parameters
from pipeline.core.geo import WGS84
from pipeline.network.read import Extract, Ways

Pair = tuple[str, str]
At = tuple[float, ...]

JOIN_KM = parameters.number("line_join_km")
# All tags in use for boundaries at sea (OpenStreetMap wiki, Marine borders).
MARITIME = {
    "boundary": {"maritime"},
    "boundary_type": {"maritime", "territorial_waters", "contiguous", "eez"},
    "border_type": {"maritime", "territorial_waters", "territorial_sea", "contiguous",
                    "contiguous_zone", "eez", "nautical", "baseline"},
}  # fmt: skip
NOT = {"no", "false", "0", ""}
# Land borders have this tag too; all of Switzerland's do.
ON_LAND_TOO = ("border_type", "territorial")


def is_maritime(tags: dict[str, str]) -> bool:
    """Whether a boundary way is tagged as lying at sea.

    Parameters
    ----------
    tags
        All tags of the way.

    Returns
    -------
    bool
        Whether `maritime` or another key of MARITIME says so.
    """
    if tags.get("maritime", "no").strip().lower() not in NOT:
        return True
    return any(tags.get(key, "").strip().lower() in values for key, values in MARITIME.items())


def _at_sea(ways: Ways, rows: list[int]) -> list[bool]:
    """Which ways of a line are at sea.

    ON_LAND_TOO means sea only if other ways of the line lack this tag, and the ways with the tag
    lead to an end that no other border way meets.
    """
    found = [is_maritime(ways.tags[row]) for row in rows]
    key, value = ON_LAND_TOO
    doubtful = [row for row in rows if ways.tags[row].get(key) == value]
    if len(doubtful) in (0, len(rows)):
        return found
    ends = [_ends(ways, row) for row in range(len(ways.osm_id))]
    met = Counter(end for pair in ends for end in pair)
    wet = {row for row in doubtful if any(met[end] == 1 for end in ends[row])}
    while more := {
        row
        for row in set(doubtful) - wet
        if any(met[end] == 2 and end in ends[other] for end in ends[row] for other in wet)
    }:
        wet |= more
    return [one or row in wet for one, row in zip(found, rows, strict=True)]


def _ends(ways: Ways, row: int) -> tuple[int, int]:
    """Rows of the first and the last vertex of a way."""
    vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
    return (int(vertex[0]), int(vertex[-1])) if len(vertex) else (-1, -1)


def shared_lines(extract: Extract, pair: Pair) -> tuple[list[LineString], list[LineString]]:
    """The ways that two countries share, merged end to end: on land, and at sea.

    Parameters
    ----------
    extract
        Content of the raw file.
    pair
        Codes of the two countries.

    Returns
    -------
    land, sea : list of LineString
        In EPSG:4326; where a way lacks vertices, it is drawn straight between those that exist.
    """
    shared = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    rows = np.flatnonzero(np.isin(ways.osm_id, list(shared))).tolist()
    land: list[LineString] = []
    sea: list[LineString] = []
    for row, wet in zip(rows, _at_sea(ways, rows), strict=True):
        vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
        held = vertex[vertex >= 0]
        points = np.column_stack([extract.vertices.lon[held], extract.vertices.lat[held]])
        moves = np.append(True, np.any(np.diff(points, axis=0) != 0, axis=1))
        points = points[moves[: len(points)]]
        if len(points) > 1:
            (sea if wet else land).append(LineString(points))
    return _merged(land), _merged(sea)


def third_country_lines(extract: Extract, pair: Pair) -> list[tuple[Pair, LineString]]:
    """Lines between any two countries of the extract but the pair itself, small gaps closed.

    Parameters
    ----------
    extract
        Content of the raw file.
    pair
        Codes of the two countries whose own line is left out.

    Returns
    -------
    list of tuple of Pair and LineString
        The two countries of each line, and the line in EPSG:4326.
    """
    codes = sorted(extract.countries)
    lines = []
    for first, a in enumerate(codes):
        for b in codes[first + 1 :]:
            if {a, b} != set(pair):
                land, sea = shared_lines(extract, (a, b))
                lines += [((a, b), piece) for piece in _joined(_merged([*land, *sea]))]
    return lines


def _merged(lines: list[LineString]) -> list[LineString]:
    merged = linemerge(lines) if len(lines) > 1 else MultiLineString(lines)
    return list(merged.geoms) if merged.geom_type == "MultiLineString" else [merged]


def _joined(drawn: list[LineString]) -> list[LineString]:
    """Join pieces whose ends are nearer than JOIN_KM."""
    open_, rings = [p for p in drawn if not p.is_closed], [p for p in drawn if p.is_closed]
    chains: list[list[LineString]] = []
    for piece in ordered_pieces(open_):
        gap = gap_m(chains[-1][-1].coords[-1], piece.coords[0]) if chains else np.inf
        if gap <= JOIN_KM * 1000:
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return [LineString([p for part in chain for p in part.coords]) for chain in chains] + rings


def ordered_pieces(drawn: list[LineString]) -> list[LineString]:
    """Open pieces from west to east, each turned to continue the previous one; then rings.

    Parameters
    ----------
    drawn
        Lines in EPSG:4326.

    Returns
    -------
    list of LineString
        The same lines, in order.
    """
    left = sorted((p for p in drawn if not p.is_closed), key=lambda p: min(p.coords))
    rings = sorted((p for p in drawn if p.is_closed), key=lambda p: min(p.coords))
    chain: list[LineString] = []
    at = min((end for p in left for end in (p.coords[0], p.coords[-1])), default=(0.0, 0.0))
    while left:
        gaps = [
            (gap_m(at, p.coords[end]), row, end) for row, p in enumerate(left) for end in (0, -1)
        ]
        _, row, end = min(gaps)
        piece = left.pop(row)
        chain.append(piece if end == 0 else piece.reverse())
        at = chain[-1].coords[-1]
    return chain + rings


def gap_m(a: At, b: At) -> float:
    """Geodesic distance between two points (WGS84).

    Parameters
    ----------
    a, b
        Longitude and latitude, degrees.

    Returns
    -------
    float
        Metres.
    """
    return float(WGS84.inv(a[0], a[1], b[0], b[1])[2])
