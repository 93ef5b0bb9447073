"""Select from surveyed files what lies in the area: nodes, then whole ways that have such a node.

Several files are combined: for an element in more than one file, the newest file counts.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import opl
from pipeline.core.types import Bools, Floats, Ints, Texts
from pipeline.sources import overlap
from pipeline.sources.id_set import Growing, IdSet, distinct, holds
from pipeline.sources.lines import LOCATION, NO_LOCATION, Chunk, lines_at
from pipeline.sources.survey import FileSurvey, Relation, ways_of_several
from pipeline.sources.wanted import DEEP_GROUPS, DEEP_WAYS, NEAR_WAYS, Area, in_lines, is_group

# A way can cross the area without a node in it: ways with a node this near to it are checked.
CHORD_DEGREES = 0.1
SCALE = 1e-7
NEAR, DEEP = 1, 2  # bits: wanted in the near area, in the deep area
FOR_NEAR, FOR_DEEP = in_lines(NEAR_WAYS), in_lines(DEEP_WAYS)


@dataclass(frozen=True)
class Elements:
    """The elements that are kept from the files, each once.

    `nodes` (LOCATION) by rising id; `tagged` their lines where they have tags. Ways by rising id:
    line, `deep` if wanted in the deep area, `near` if wanted in the near area; way k has the nodes
    `refs[start[k]:start[k + 1]]`, -1 in `row` where one is missing, else its row of `nodes`, and
    lies within `boxes[:, k]` (west, south, east, north in units of SCALE). `points` are lines of
    tagged nodes by id, `places` their longitude and latitude, in that order. `countries` are code
    and relation, `groups` relations.
    """

    nodes: npt.NDArray[np.void]
    tagged: dict[int, str]
    points: dict[int, str]
    places: Floats
    way_ids: Ints
    way_lines: Texts
    near: Bools
    deep: Bools
    start: Ints
    refs: Ints
    row: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.int32]
    countries: dict[int, tuple[str, Relation]]
    groups: dict[int, Relation]


@dataclass(frozen=True)
class Kept:
    """The elements that are kept from one file: ways, and the locations of their nodes."""

    way_ids: Ints
    way_lines: list[str]
    wanted: Ints
    counts: Ints
    refs: Ints
    nodes: npt.NDArray[np.void]
    tagged: dict[int, str]


def collect(files: list[FileSurvey], area: Area) -> Elements:
    """Collect what may be wanted in the area: whole ways with a node in or near it, points, groups.

    Parameters
    ----------
    files
        Results of the first readings.
    area
        Which elements to keep where; for several borders the union of their areas.

    Returns
    -------
    Elements
        Each element once. For an element in several files, the newest file counts. An element that
        a newer file covers but no longer holds is left out.
    """
    ordered = overlap.newest_first(files)
    countries = overlap.countries(ordered)
    several = ways_of_several([set(one.ways) for _, one in countries.values()])
    kept = [_kept(file, several, area) for file in ordered]
    return _elements(ordered, kept, countries, several)


def _kept(file: FileSurvey, several: set[int], area: Area) -> Kept:
    near, deep = _inside(file, area)
    parts = _parts(file, near, deep)
    ids: list[Ints] = []
    lines: list[str] = []
    bits: list[Ints] = []
    counts: list[Ints] = []
    refs: list[Ints] = []
    for chunk in file.chunks:
        found = _arrays(chunk)
        is_near = _touching(found, near)
        is_deep = is_near if deep is near else _touching(found, deep)
        named = np.isin(found["ids"], np.array(sorted(several | parts), dtype=np.int64))
        rows = np.flatnonzero(is_near | is_deep | named)
        chosen = [line for _, line in lines_at(chunk.lines, rows)]
        wanted = np.fromiter(map(_wanted, chosen), np.int64, len(chosen))
        asked = np.where(is_near, NEAR, 0) | np.where(is_near | is_deep, DEEP, 0)
        is_taken = named[rows] | (wanted & asked[rows] > 0)
        taken = rows[is_taken]
        bits.append(wanted[is_taken])
        ids.append(found["ids"][taken])
        lines += itertools.compress(chosen, is_taken.tolist())
        counts.append(found["counts"][taken])
        refs.append(_refs_of(found, taken))
    every = np.concatenate([np.empty(0, np.int64), *refs])
    nodes, tagged = _located(file, distinct(every))
    none = np.empty(0, np.int64)
    return Kept(
        np.concatenate([none, *ids]),
        lines,
        np.concatenate([none, *bits]),
        np.concatenate([none, *counts]),
        every,
        nodes,
        tagged,
    )


def _inside(file: FileSurvey, area: Area) -> tuple[IdSet, IdSet]:
    """The nodes in or near the near area, and the deep one."""
    shapes = [shape.buffer(CHORD_DEGREES) for shape in dict.fromkeys((area.near, area.deep))]
    grown = [Growing() for _ in shapes]
    for chunk in file.nodes:
        nodes = np.fromfile(chunk.arrays, LOCATION)
        for some, shape in zip(grown, shapes, strict=True):
            some.add(nodes["id"][_within(nodes, shape)])
    whole = [some.whole() for some in grown]
    return whole[0], whole[-1]


def _within(nodes: npt.NDArray[np.void], shape: BaseGeometry) -> Ints:
    west, south, east, north = shape.bounds
    lon, lat = nodes["x"] * SCALE, nodes["y"] * SCALE
    rows = np.flatnonzero(
        (nodes["x"] != NO_LOCATION)
        & (lon >= west)
        & (lon <= east)
        & (lat >= south)
        & (lat <= north)
    )
    shapely.prepare(shape)
    return rows[shapely.contains_xy(shape, lon[rows], lat[rows])]


def _parts(file: FileSurvey, near: IdSet, deep: IdSet) -> set[int]:
    """Member ways of groups that have a node in or near the area where they are wanted."""
    named = np.array(sorted({way for one in file.groups.values() for way in one.ways}), np.int64)
    met: tuple[set[int], set[int]] = set(), set()
    for chunk in file.chunks if len(named) else ():
        found = _arrays(chunk)
        rows = np.flatnonzero(np.isin(found["ids"], named))
        way, refs = np.repeat(rows, found["counts"][rows]), _refs_of(found, rows)
        for inside, ways in zip((near, deep), met, strict=True):
            ways.update(found["ids"][np.unique(way[holds(inside, refs)])].tolist())
    return {
        way
        for one in file.groups.values()
        if not met[is_group(one.tags, DEEP_GROUPS)].isdisjoint(one.ways)
        for way in one.ways
    }


def _arrays(chunk: Chunk) -> dict[str, Ints]:
    with np.load(chunk.arrays) as found:
        return {name: found[name] for name in ("ids", "counts", "refs")}


def _touching(found: dict[str, Ints], inside: IdSet) -> Bools:
    """Whether each way has a node in the set."""
    way = np.repeat(np.arange(len(found["ids"])), found["counts"])
    result = np.zeros(len(found["ids"]), dtype=bool)
    result[way[holds(inside, found["refs"])]] = True
    return result


def _refs_of(found: dict[str, Ints], rows: Ints) -> Ints:
    chosen = np.zeros(len(found["ids"]), dtype=bool)
    chosen[rows] = True
    return np.asarray(found["refs"][np.repeat(chosen, found["counts"])])


def _wanted(line: str) -> int:
    """The areas in which a way is wanted by its tags; a way wanted deep is wanted near, too."""
    end = line.rindex(" N") + 1  # the nodes behind the tags are most of a line
    if FOR_DEEP.search(line, 0, end):
        return NEAR | DEEP
    return NEAR if FOR_NEAR.search(line, 0, end) else 0


def _located(file: FileSurvey, wanted: Ints) -> tuple[npt.NDArray[np.void], dict[int, str]]:
    """The locations of the wanted nodes, and the lines of those with relevant tags."""
    parts: list[npt.NDArray[np.void]] = []
    tagged: dict[int, str] = {}
    for chunk in file.nodes:
        nodes = np.fromfile(chunk.arrays, LOCATION)
        if not len(nodes):
            continue
        low, high = np.searchsorted(wanted, [nodes["id"][0], nodes["id"][-1] + 1])
        parts.append(nodes[np.isin(nodes["id"], wanted[low:high], assume_unique=True)])
        with chunk.lines.open("rb") as lines:
            ids = [int(line[1 : line.index(b" ")]) for line in lines]
        there = np.flatnonzero(np.isin(np.array(ids, dtype=np.int64), parts[-1]["id"]))
        tagged |= {ids[row]: line for row, line in lines_at(chunk.lines, there)}
    return np.concatenate([np.empty(0, LOCATION), *parts]), tagged


def _elements(
    files: list[FileSurvey],
    kept: list[Kept],
    countries: dict[int, tuple[str, Relation]],
    several: set[int],
) -> Elements:
    """The combined elements of the files, given with the newest first."""
    gone = overlap.gone(files, kept)
    at = np.concatenate([one.way_ids for one in kept])
    lines = np.array([line for one in kept for line in one.way_lines], dtype=object)
    order = overlap.chosen(files, [one.way_ids for one in kept], lines)
    order = order[~np.isin(at[order], gone.ways)]
    counts = np.concatenate([one.counts for one in kept])
    refs = np.concatenate([one.refs for one in kept])
    begin = np.cumsum(counts) - counts
    taken = counts[order]
    step = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    nodes = overlap.first(np.concatenate([one.nodes for one in kept]))
    tagged: dict[int, str] = {}
    points: dict[int, str] = {}
    for file, one in zip(reversed(files), reversed(kept), strict=True):
        for node in set(one.nodes["id"].tolist()) & tagged.keys() if tagged else ():
            del tagged[node]
        tagged |= one.tagged
        points |= file.points
    for node in gone.points:
        points.pop(node, None)
    shared = np.isin(at[order], np.array(sorted(several), dtype=np.int64))
    bits = np.concatenate([one.wanted for one in kept])[order]
    groups: dict[int, Relation] = {}
    for file in reversed(files):
        groups |= file.groups
    start = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
    refs = refs[np.repeat(begin[order], taken) + step]
    row = _rows(nodes["id"], refs)
    return Elements(
        nodes=nodes,
        tagged=tagged,
        points=points,
        places=_places(points),
        way_ids=at[order],
        way_lines=lines[order],
        near=(bits & NEAR > 0) | shared,
        deep=(bits & DEEP > 0) | shared,
        start=start,
        refs=refs,
        row=row,
        boxes=_boxes(nodes, start, row),
        countries=countries,
        groups=groups,
    )


def _rows(ids: Ints, refs: Ints) -> npt.NDArray[np.int32]:
    """Rows of the refs among rising ids, -1 where one is missing."""
    row = np.minimum(np.searchsorted(ids, refs), max(len(ids) - 1, 0)).astype(np.int32)
    return np.where(ids[row] == refs, row, np.int32(-1)) if len(ids) else row - 1


def _boxes(
    nodes: npt.NDArray[np.void], start: Ints, row: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """West, south, east and north of each way; without nodes, a box that meets nothing."""
    least, most = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    found = np.repeat(np.array([[most], [most], [least], [least]], np.int32), len(start) - 1, 1)
    some = np.flatnonzero(np.diff(start))
    for side, axis, last, reduced in (
        (0, "x", most, np.minimum), (1, "y", most, np.minimum),
        (2, "x", least, np.maximum), (3, "y", least, np.maximum),
    ):  # fmt: skip
        # Row -1, of a node that is missing, is the last.
        at = np.append(nodes[axis], np.int32(last))[row]
        found[side, some] = reduced.reduceat(at, start[:-1][some]) if len(some) else at
    return found


def _places(points: dict[int, str]) -> Floats:
    """Longitude and latitude of lines of nodes; NaN where a line has none."""
    at = [(opl.field(line, "x"), opl.field(line, "y")) for line in points.values()]
    return np.array([(float(x), float(y)) if x and y else (np.nan, np.nan) for x, y in at]).reshape(
        -1, 2
    )
