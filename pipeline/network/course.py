"""The course of a border line: the ways that both countries' relations name, joined end to end.

A way is border because both relations name it, whatever its own tags. Where the file lacks some of
them the course is bridged straight; where all are there, a gap whose ends lie on lines with third
countries parts two pieces.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString, MultiLineString
from shapely.ops import linemerge

from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84
from pipeline.network.issues import Issue
from pipeline.network.read import Extract

Pair = tuple[str, str]
At = tuple[float, ...]

JOIN_KM = 5.0  # two pieces of a line with a third country nearer than this are one line
TOUCH_M = 50.0  # ends of lines nearer than this meet there
SAME_M = 0.01
GRAVE_KM = 1.0  # a longer gap may hold roads of its own
# Every tagging of boundaries at sea in use (OpenStreetMap wiki, Marine borders).
# `border_type=territorial` stands on land as well, as on all borders of Switzerland.
MARITIME = {
    "boundary": {"maritime"},
    "boundary_type": {"maritime", "territorial_waters", "contiguous", "eez"},
    "border_type": {"maritime", "territorial_waters", "contiguous", "eez",
                    "nautical", "baseline"},
}  # fmt: skip
NOT = {"no", "false", "0", ""}
# Whole land borders carry this too: it tells of the sea only where other ways of the line lack it.
ON_LAND_TOO = {"border_type": "territorial"}


@dataclass(frozen=True)
class Course:
    """A border line in degrees (EPSG:4326).

    `land` are its pieces from the western end on, rings last, straight bridges in them; `sea` the
    stretches tagged as maritime. `parts` counts the pieces that are drawn, `bridged_km` the length
    of the bridges, `notes` and `doubts` say what was made of gaps.
    """

    land: list[LineString]
    sea: list[LineString]
    parts: int
    bridged_km: float
    notes: list[str]
    doubts: list[Issue]


def course(extract: Extract, pair: Pair, path: str) -> Course:
    """The course of the line between two countries.

    Parameters
    ----------
    extract
        What the file at `path` holds.
    pair
        Codes of the countries.
    path
        The file to name in messages.

    Returns
    -------
    Course
        Lines in EPSG:4326, ordered end to end; what was bridged and what is doubtful.

    Raises
    ------
    InputError
        Where a country's relation, or every way of the border, is missing.
    """
    for country in pair:
        if country not in extract.countries:
            found = ", ".join(sorted(extract.countries)) or "none"
            raise InputError(
                f"{path}: holds no way of the border: no relation of country {country} (boundary, "
                f"admin_level=2, ISO3166-1={country}); countries found: {found}; a territory that "
                "is no country is named in the border file by its relation: "
                f"relations = {{ {country} = <id> }}"
            )
    land, sea = pieces(extract, pair)
    lacking = _lacking(extract, pair)
    if not land and not sea:
        named = f"; both name ways {_listed(lacking)}, which it lacks or whose nodes"
        raise InputError(
            f"{path}: holds no way of the border, expected ways that are members of both the "
            f"{pair[0]} and the {pair[1]} relation{named if lacking else ''}"
        )
    if not land:
        raise InputError(
            f"{path}: holds no way of the border on land, expected some; the ways that are members "
            f"of both the {pair[0]} and the {pair[1]} relation are all maritime"
        )
    thirds = [piece for _, piece in third_pieces(extract, pair)]
    ordered = _ordered(land)
    joined, bridges = _bridged(ordered, sea, thirds, lacking=bool(lacking))
    doubts = list(_gap_issues(extract, pair, bridges, lacking))
    if lacking and not bridges:
        doubts.append(_lacking_issue(lacking, ordered[-1].coords[-1]))
    return Course(
        land=joined,
        sea=_ordered(sea),
        parts=len(ordered),
        bridged_km=sum(_gap_m(*bridge) for bridge in bridges) / 1000,
        notes=[
            f"gap of {_gap_m(*bridge) / 1000:.1f} km in the line closed straight"
            for bridge in bridges
        ],
        doubts=doubts,
    )


def is_maritime(tags: dict[str, str]) -> bool:
    """Whether a boundary way is tagged as one at sea.

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


def _at_sea(ways: list[dict[str, str]]) -> list[bool]:
    """Which ways of a line are at sea."""
    found = [is_maritime(tags) for tags in ways]
    if not all(found):
        return found
    return [
        is_maritime({k: v for k, v in tags.items() if ON_LAND_TOO.get(k) != v}) for tags in ways
    ]


def pieces(extract: Extract, pair: Pair) -> tuple[list[LineString], list[LineString]]:
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
        In EPSG:4326; a way is divided where the file lacks one of its vertices.
    """
    shared = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    rows = np.flatnonzero(np.isin(ways.osm_id, list(shared)))
    at_sea = _at_sea([ways.tags[row] for row in rows])
    land: list[LineString] = []
    sea: list[LineString] = []
    for row, wet in zip(rows.tolist(), at_sea, strict=True):
        vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
        for run in np.split(vertex, np.flatnonzero(vertex < 0)):
            held = run[run >= 0]
            points = np.column_stack([extract.vertices.lon[held], extract.vertices.lat[held]])
            moves = np.append(True, np.any(np.diff(points, axis=0) != 0, axis=1))
            points = points[moves[: len(points)]]
            if len(points) > 1:
                (sea if wet else land).append(LineString(points))
    return _merged(land), _merged(sea)


def third_pieces(extract: Extract, pair: Pair) -> list[tuple[Pair, LineString]]:
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
                land, sea = pieces(extract, (a, b))
                lines += [((a, b), piece) for piece in _joined(_merged([*land, *sea]))]
    return lines


def _merged(lines: list[LineString]) -> list[LineString]:
    merged = linemerge(lines) if len(lines) > 1 else MultiLineString(lines)
    return list(merged.geoms) if merged.geom_type == "MultiLineString" else [merged]


def _lacking(extract: Extract, pair: Pair) -> list[int]:
    """Ways that both relations name and that the file lacks, whole or some of their nodes."""
    named = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    whole = [
        int(osm_id)
        for osm_id, start, end in zip(ways.osm_id, ways.start[:-1], ways.start[1:], strict=True)
        if end > start and (ways.vertex[start:end] >= 0).all()
    ]
    return sorted(named - set(whole))


def _bridged(
    ordered: list[LineString], sea: list[LineString], thirds: list[LineString], *, lacking: bool
) -> tuple[list[LineString], list[tuple[At, At]]]:
    """Pieces joined over the gaps that are none of a third country or of the sea; the bridges."""
    rings = [piece for piece in ordered if piece.is_closed]
    open_ = [piece for piece in ordered if not piece.is_closed]
    chains: list[list[LineString]] = []
    bridges: list[tuple[At, At]] = []
    for piece in open_:
        if not chains:
            chains.append([piece])
            continue
        end, start = chains[-1][-1].coords[-1], piece.coords[0]
        # Where lines fork, pieces meet at one point: that is no gap.
        if _gap_m(end, start) < SAME_M or _parts(end, start, sea, thirds, lacking):
            chains.append([piece])
        else:
            bridges.append((end, start))
            chains[-1].append(piece)
    joined = [LineString([p for part in chain for p in part.coords]) for chain in chains]
    return joined + rings, bridges


def _parts(
    end: At, start: At, sea: list[LineString], thirds: list[LineString], lacking: bool
) -> bool:
    """Whether a gap parts two pieces: the line goes on at sea, or third countries lie between."""
    if any(_ends_at(line, end) for line in sea) or any(_ends_at(line, start) for line in sea):
        return True
    met = [any(_ends_at(line, at) for line in thirds) for at in (end, start)]
    return not lacking and all(met)


def _ends_at(line: LineString, at: At) -> bool:
    return any(_gap_m(line.coords[place], at) <= TOUCH_M for place in (0, -1))


def _gap_issues(
    extract: Extract, pair: Pair, bridges: list[tuple[At, At]], lacking: list[int]
) -> Iterator[Issue]:
    """An issue for each gap that was bridged, named by the ways on either side of it."""
    ends = _ways_by_end(extract, pair)
    for before, after in bridges:
        beside = sorted({ends.get(before, 0), ends.get(after, 0)} - {0})
        known = f"the relations name ways that the file lacks ({_listed(lacking)})"
        yield Issue(
            kind="line_gap",
            severity="high" if _gap_m(before, after) > 1000 * GRAVE_KM else "medium",
            element=" ".join(f"w{way}" for way in beside),
            lon=(before[0] + after[0]) / 2,
            lat=(before[1] + after[1]) / 2,
            found=f"the line has a gap of {_gap_m(before, after) / 1000:.1f} km; "
            + (known if lacking else "all ways that both relations name are there"),
            assumed="that it runs straight",
            may_change="its length, which crossings there are in the gap, and depths near it",
        )


def _lacking_issue(lacking: list[int], at: At) -> Issue:
    return Issue(
        kind="line_member_missing",
        severity="high",
        element=" ".join(f"w{way}" for way in lacking[:5]),
        lon=at[0],
        lat=at[1],
        found=f"both countries' relations name {len(lacking)} ways of the border that the file "
        f"lacks ({_listed(lacking)}), none of them between two that it holds",
        assumed="that the line ends where the file does",
        may_change="the length of the line and the crossings that there are",
    )


def _listed(ways: list[int]) -> str:
    shown = ", ".join(str(way) for way in ways[:5])
    return shown if len(ways) <= 5 else f"{shown} and {len(ways) - 5} more"


def _ways_by_end(extract: Extract, pair: Pair) -> dict[At, int]:
    """The border way that begins or ends at a point."""
    shared = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    found: dict[At, int] = {}
    for row in np.flatnonzero(np.isin(ways.osm_id, list(shared))):
        vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
        for place in vertex[vertex >= 0]:
            at = (float(extract.vertices.lon[place]), float(extract.vertices.lat[place]))
            found.setdefault(at, int(ways.osm_id[row]))
    return found


def _joined(drawn: list[LineString]) -> list[LineString]:
    """Pieces whose ends are nearer than JOIN_KM, made one."""
    open_, rings = [p for p in drawn if not p.is_closed], [p for p in drawn if p.is_closed]
    chains: list[list[LineString]] = []
    for piece in _ordered(open_):
        gap = _gap_m(chains[-1][-1].coords[-1], piece.coords[0]) if chains else np.inf
        if gap <= JOIN_KM * 1000:
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return [LineString([p for part in chain for p in part.coords]) for chain in chains] + rings


def _ordered(drawn: list[LineString]) -> list[LineString]:
    """Open pieces from the western end on, each turned to continue the one before; then rings."""
    left = sorted((p for p in drawn if not p.is_closed), key=lambda p: min(p.coords))
    rings = sorted((p for p in drawn if p.is_closed), key=lambda p: min(p.coords))
    chain: list[LineString] = []
    at = min((end for p in left for end in (p.coords[0], p.coords[-1])), default=(0.0, 0.0))
    while left:
        gaps = [
            (_gap_m(at, p.coords[end]), row, end) for row, p in enumerate(left) for end in (0, -1)
        ]
        _, row, end = min(gaps)
        piece = left.pop(row)
        chain.append(piece if end == 0 else piece.reverse())
        at = chain[-1].coords[-1]
    return chain + rings


def _gap_m(a: At, b: At) -> float:
    return float(WGS84.inv(a[0], a[1], b[0], b[1])[2])
