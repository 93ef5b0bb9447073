"""Select from one surveyed file what lies in the area: nodes, then whole ways with such a node.

Each step works on one piece of the file, wherever the caller spreads them. What all pieces need
lies on disk beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.spread import Spread, in_turn
from pipeline.core.types import Bools, Ints
from pipeline.sources import id_set, text_lines
from pipeline.sources.id_set import Growing, IdSet, distinct, holds
from pipeline.sources.lines import LOCATION, NO_LOCATION, Chunk, WayArrays, ids_of
from pipeline.sources.survey import FileSurvey
from pipeline.sources.text_lines import TextLines, text_of
from pipeline.sources.wanted import DEEP_GROUPS, DEEP_WAYS, NEAR_WAYS, Area, in_lines, is_group

# A way can cross the area without a node in it: ways with a node this near to it are checked.
CHORD_DEGREES = 0.1
SCALE = 1e-7
NEAR, DEEP = 1, 2  # bits: wanted in the near area, in the deep area
FOR_NEAR, FOR_DEEP = in_lines(NEAR_WAYS), in_lines(DEEP_WAYS)
NAMED, REFS = "named-ways.npy", "refs.npy"  # ids that are looked for in all pieces, beside them
Inside = tuple[Path, Path]  # where sets of nodes lie: those of the near area, and of the deep one


@dataclass(frozen=True)
class Selected:
    """The elements that are kept from one file: ways, and the locations of their nodes."""

    way_ids: Ints
    way_lines: TextLines
    wanted: Ints
    counts: Ints
    refs: Ints
    nodes: npt.NDArray[np.void]
    tagged: dict[int, str]


@dataclass(frozen=True)
class Ways:
    """The ways that are kept from a piece, as in `Selected`."""

    ids: Ints
    lines: TextLines
    wanted: Ints
    counts: Ints
    refs: Ints


def selected(file: FileSurvey, several: set[int], area: Area, spread: Spread = in_turn) -> Selected:
    """What may be wanted of a file in the area.

    Parameters
    ----------
    file
        Result of the first readings.
    several
        Ways of more than one country's outline, which are kept wherever they lie.
    area
        Which elements to keep where.
    spread
        Who works on the pieces of the file; what is kept is the same.

    Returns
    -------
    Selected
        Whole ways with a node in or near the area where their tags are wanted, all ways of groups
        that have such a way, and the nodes of all of these.
    """
    inside = _put_inside(file, area, spread)
    named = several | _parts(file, inside, spread)
    np.save(file.scratch / NAMED, np.array(sorted(named), dtype=np.int64))
    ways = list(spread(partial(_ways_of, inside=inside), file.chunks))
    none = np.empty(0, np.int64)
    refs = np.concatenate([none, *(one.refs for one in ways)])
    nodes, tagged = _located(file, distinct(refs), spread)
    return Selected(
        way_ids=np.concatenate([none, *(one.ids for one in ways)]),
        way_lines=text_lines.joined([one.lines for one in ways]),
        wanted=np.concatenate([none, *(one.wanted for one in ways)]),
        counts=np.concatenate([none, *(one.counts for one in ways)]),
        refs=refs,
        nodes=nodes,
        tagged=tagged,
    )


def _put_inside(file: FileSurvey, area: Area, spread: Spread) -> Inside:
    """Write the sets of nodes in or near the near area, and the deep one if it is another."""
    shapes = [shape.buffer(CHORD_DEGREES) for shape in dict.fromkeys((area.near, area.deep))]
    grown = [Growing() for _ in shapes]
    for found in spread(partial(_ids_within, shapes=shapes), file.nodes):
        for some, ids in zip(grown, found, strict=True):
            some.add(ids)
    folders = [file.scratch / f"inside-{row}" for row in range(len(shapes))]
    for folder, some in zip(folders, grown, strict=True):
        id_set.put(some.whole(), folder)
    return folders[0], folders[-1]


def _sets(inside: Inside) -> tuple[IdSet, IdSet]:
    """The nodes in or near the near area and the deep one: one set where both are one."""
    near, deep = inside
    found = id_set.at(near)
    return found, found if deep == near else id_set.at(deep)


def _ids_within(chunk: Chunk, shapes: Sequence[BaseGeometry]) -> list[Ints]:
    nodes = np.fromfile(chunk.arrays, LOCATION)
    return [nodes["id"][_within(nodes, shape)] for shape in shapes]


def _within(nodes: npt.NDArray[np.void], shape: BaseGeometry) -> Ints:
    """Rows of the nodes in a shape; those about it are found by whole numbers, as they are kept."""
    bounds = np.array(shape.bounds).reshape(2, 2) / SCALE
    low, high = (np.floor(bounds[0]) - 1).astype(int), (np.ceil(bounds[1]) + 1).astype(int)
    is_about = nodes["x"] != NO_LOCATION
    for axis, least, most in zip("xy", low.tolist(), high.tolist(), strict=True):
        is_about &= (nodes[axis] >= least) & (nodes[axis] <= most)
    rows = np.flatnonzero(is_about)
    shapely.prepare(shape)
    lon, lat = (nodes[axis][rows] * SCALE for axis in "xy")
    return rows[shapely.contains_xy(shape, lon, lat)]


def _parts(file: FileSurvey, inside: Inside, spread: Spread) -> set[int]:
    """Member ways of groups that have a node in or near the area where they are wanted."""
    named = np.array(sorted({way for one in file.groups.values() for way in one.ways}), np.int64)
    np.save(file.scratch / NAMED, named)
    met: tuple[set[int], set[int]] = set(), set()
    for found in spread(partial(_members_inside, inside=inside), file.chunks if len(named) else ()):
        for ways, ids in zip(met, found, strict=True):
            ways.update(ids.tolist())
    return {
        way
        for one in file.groups.values()
        if not met[is_group(one.tags, DEEP_GROUPS)].isdisjoint(one.ways)
        for way in one.ways
    }


def _members_inside(chunk: Chunk, inside: Inside) -> list[Ints]:
    """The named ways of a piece that have a node in the near area, and in the deep one."""
    found = _arrays(chunk)
    rows = np.flatnonzero(_is_named(found.ids, chunk))
    way, refs = np.repeat(rows, found.counts[rows]), _refs_of(found, rows)
    return [found.ids[np.unique(way[holds(some, refs)])] for some in _sets(inside)]


def _ways_of(chunk: Chunk, inside: Inside) -> Ways:
    found = _arrays(chunk)
    near, deep = _sets(inside)
    is_near = _touching(found, near)
    is_deep = is_near if deep is near else _touching(found, deep)
    named = _is_named(found.ids, chunk)
    rows = np.flatnonzero(is_near | is_deep | named)
    lines = text_lines.read(chunk.lines)
    wanted = _wanted(lines, found.at, rows)
    asked = np.where(is_near, NEAR, 0) | np.where(is_near | is_deep, DEEP, 0)
    rows, wanted = (one[named[rows] | (wanted & asked[rows] > 0)] for one in (rows, wanted))
    return Ways(
        ids=found.ids[rows],
        lines=text_lines.taken(lines, rows),
        wanted=wanted,
        counts=found.counts[rows],
        refs=_refs_of(found, rows),
    )


def _is_named(ids: Ints, chunk: Chunk) -> Bools:
    """Which of the rising ids of a piece are among those asked for."""
    named = np.load(chunk.arrays.with_name(NAMED), mmap_mode="r")
    return np.isin(ids, _between(named, ids), assume_unique=True)


def _between(rising: Ints, ids: Ints) -> Ints:
    """Those of the rising numbers that are as large as some of the rising ids."""
    if not len(ids):
        return np.asarray(rising[:0])
    low, high = np.searchsorted(rising, [ids[0], ids[-1] + 1])
    return np.asarray(rising[low:high])


def _arrays(chunk: Chunk) -> WayArrays:
    with np.load(chunk.arrays) as found:
        return WayArrays(**{name: found[name] for name in found.files})


def _touching(found: WayArrays, inside: IdSet) -> Bools:
    """Whether each way has a node in the set."""
    way = np.repeat(np.arange(len(found.ids)), found.counts)
    result = np.zeros(len(found.ids), dtype=bool)
    result[way[holds(inside, found.refs)]] = True
    return result


def _refs_of(found: WayArrays, rows: Ints) -> Ints:
    chosen = np.zeros(len(found.ids), dtype=bool)
    chosen[rows] = True
    return np.asarray(found.refs[np.repeat(chosen, found.counts)])


def _wanted(lines: TextLines, nodes_at: Ints, rows: Ints) -> Ints:
    """The areas in which each way is wanted by its tags; one wanted deep is wanted near, too."""
    text = lines.text.tobytes()
    ends = zip(lines.start[rows].tolist(), nodes_at[rows].tolist(), strict=True)
    return np.fromiter(
        (
            NEAR | DEEP
            if FOR_DEEP.search(text, begin, end)
            else NEAR * bool(FOR_NEAR.search(text, begin, end))
            for begin, end in ends
        ),
        np.int64,
        len(rows),
    )


def _located(
    file: FileSurvey, wanted: Ints, spread: Spread
) -> tuple[npt.NDArray[np.void], dict[int, str]]:
    """The locations of the wanted nodes, and the lines of those with relevant tags."""
    np.save(file.scratch / REFS, wanted)
    parts: list[npt.NDArray[np.void]] = []
    tagged: dict[int, str] = {}
    for nodes, lines in spread(_located_in, file.nodes):
        parts.append(nodes)
        tagged |= lines
    return np.concatenate([np.empty(0, LOCATION), *parts]), tagged


def _located_in(chunk: Chunk) -> tuple[npt.NDArray[np.void], dict[int, str]]:
    nodes = np.fromfile(chunk.arrays, LOCATION)
    wanted = _between(np.load(chunk.arrays.with_name(REFS), mmap_mode="r"), nodes["id"])
    found = nodes[np.isin(nodes["id"], wanted, assume_unique=True)]
    lines = text_lines.read(chunk.lines)
    ids = ids_of(lines, ord("n"))
    rows = np.flatnonzero(np.isin(ids, found["id"], assume_unique=True))
    return found, {int(ids[row]): text_of(lines, row) for row in rows.tolist()}
