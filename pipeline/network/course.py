"""The course of a border line: the ways that both countries' relations name, joined end to end.

A way belongs to the border if both relations name it, whatever its own tags are. If the file lacks
some of these ways, the gap is bridged straight. If it holds all of them, a gap whose ends lie on
lines with third countries separates two pieces.
"""

from dataclasses import dataclass

from shapely.geometry import LineString

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.network.boundary_ways import (
    At,
    Pair,
    gap_m,
    ordered_pieces,
    shared_lines,
    third_country_lines,
)
from pipeline.network.issues import Issue
from pipeline.network.line_gaps import gap_issues, listed, missing_issue, missing_ways
from pipeline.network.read import Extract

TOUCH_M = parameters.number("line_touch_m")
SAME_M = 0.01


@dataclass(frozen=True)
class Course:
    """A border line in degrees (EPSG:4326).

    `land` are its pieces from west to east, rings last, with straight bridges included; `sea` are
    the stretches that are tagged as maritime. `parts` is the number of drawn pieces, `bridged_km`
    the length of the bridges; `notes` and `doubts` say how gaps were treated.
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
        Content of the file at `path`.
    pair
        Codes of the countries.
    path
        The file to name in messages.

    Returns
    -------
    Course
        Lines in EPSG:4326, ordered end to end; bridges and doubts.

    Raises
    ------
    InputError
        If a country's relation, or every way of the border, is missing.
    """
    for country in pair:
        if country not in extract.countries:
            found = ", ".join(sorted(extract.countries)) or "none"
            raise InputError(
                f"{path}: holds no way of the border: no relation of country {country} (boundary, "
                f"admin_level=2, ISO3166-1={country}); countries found: {found}; for a "
                "territory that is not a country, name its relation in the border file: "
                f"relations = {{ {country} = <id> }}"
            )
    land, sea = shared_lines(extract, pair)
    lacking = missing_ways(extract, pair)
    if not land and not sea:
        named = f"; both name ways {listed(lacking)}, which it lacks or whose nodes"
        raise InputError(
            f"{path}: holds no way of the border, expected ways that are members of both the "
            f"{pair[0]} and the {pair[1]} relation{named if lacking else ''}"
        )
    if not land:
        raise InputError(
            f"{path}: holds no way of the border on land, expected some; the ways that are members "
            f"of both the {pair[0]} and the {pair[1]} relation are all maritime"
        )
    third_lines = [piece for _, piece in third_country_lines(extract, pair)]
    ordered = ordered_pieces(land)
    joined, bridges = _bridged(ordered, sea, third_lines, lacking=bool(lacking))
    doubts = list(gap_issues(extract, pair, bridges, lacking))
    if lacking and not bridges:
        doubts.append(missing_issue(lacking, ordered[-1].coords[-1]))
    return Course(
        land=joined,
        sea=ordered_pieces(sea),
        parts=len(ordered),
        bridged_km=sum(gap_m(*bridge) for bridge in bridges) / 1000,
        notes=[
            f"gap of {gap_m(*bridge) / 1000:.1f} km in the line bridged by a straight line"
            for bridge in bridges
        ],
        doubts=doubts,
    )


def _bridged(
    ordered: list[LineString],
    sea: list[LineString],
    third_lines: list[LineString],
    *,
    lacking: bool,
) -> tuple[list[LineString], list[tuple[At, At]]]:
    """Pieces joined over gaps that are neither at a third country nor at sea; and the bridges."""
    rings = [piece for piece in ordered if piece.is_closed]
    open_ = [piece for piece in ordered if not piece.is_closed]
    chains: list[list[LineString]] = []
    bridges: list[tuple[At, At]] = []
    for piece in open_:
        if not chains:
            chains.append([piece])
            continue
        end, start = chains[-1][-1].coords[-1], piece.coords[0]
        # Where lines fork, pieces meet at one point: that is not a gap.
        if gap_m(end, start) < SAME_M or _parts(end, start, sea, third_lines, lacking):
            chains.append([piece])
        else:
            bridges.append((end, start))
            chains[-1].append(piece)
    joined = [LineString([p for part in chain for p in part.coords]) for chain in chains]
    return joined + rings, bridges


def _parts(
    end: At, start: At, sea: list[LineString], third_lines: list[LineString], lacking: bool
) -> bool:
    """Whether a gap separates pieces: the line continues at sea, or third countries lie there."""
    if any(_ends_at(line, end) for line in sea) or any(_ends_at(line, start) for line in sea):
        return True
    met = [any(_ends_at(line, at) for line in third_lines) for at in (end, start)]
    return not lacking and all(met)


def _ends_at(line: LineString, at: At) -> bool:
    return any(gap_m(line.coords[place], at) <= TOUCH_M for place in (0, -1))
