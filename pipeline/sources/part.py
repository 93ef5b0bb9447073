"""The part of collected elements that one border may need, so that another process can cut it."""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.types import Floats, Ints
from pipeline.sources import text_lines
from pipeline.sources.collect import Elements
from pipeline.sources.overlap import ways_of
from pipeline.sources.selected import SCALE
from pipeline.sources.stored import Stored
from pipeline.sources.survey import Relation
from pipeline.sources.text_lines import text_of
from pipeline.sources.wanted import Area


@dataclass(frozen=True)
class Part:
    """What of all elements a border may need: rows of ways, points with their places, relations."""

    ways: Ints
    points: dict[int, str]
    places: Floats
    countries: dict[int, tuple[str, Relation]]
    groups: dict[int, Relation]


def part(elements: Elements, area: Area, pair: tuple[str, str]) -> Part:
    """What one border needs of all elements.

    Parameters
    ----------
    elements
        All that was collected, of one border or many.
    area
        Where the border's elements are wanted.
    pair
        The two countries (ISO 3166-1 codes) whose border is kept whole.

    Returns
    -------
    Part
        Ways whose boxes meet the area, those of the border, and all ways of groups that have one
        of these; points in or near the area; relations with those of their ways that are kept.
    """
    about = elements.way_ids[ways_about(elements, area.deep)]
    shared = set[int].intersection(*(ways_of(elements.countries, code) for code in pair))
    near = shared.union(about.tolist())
    groups = {key: one for key, one in elements.groups.items() if not near.isdisjoint(one.ways)}
    ids = near.union(*(one.ways for one in groups.values()))
    inside = _points_about(elements, area.deep)
    every = list(elements.points.items())
    return Part(
        ways=rows_of(elements.way_ids, np.array(sorted(ids), dtype=np.int64)),
        points=dict(every[number] for number in inside.tolist()),
        places=elements.places[inside],
        countries={
            key: (code, _with_ways(one, ids))
            for key, (code, one) in elements.countries.items()
            if code in pair or not ids.isdisjoint(one.ways)
        },
        groups=groups,
    )


def part_of(stored: Stored, wanted: Part) -> Elements:
    """The elements from which `trim.write` writes the same file for a border as from all."""
    rows = wanted.ways
    count = stored.start[rows + 1] - stored.start[rows]
    at = np.repeat(stored.start[rows] - np.cumsum(count) + count, count) + np.arange(count.sum())
    row = stored.row[at]
    used, numbered = np.unique(row[row >= 0], return_inverse=True)
    renumbered = np.full(len(row), -1, dtype=np.int32)
    renumbered[row >= 0] = numbered
    nodes = stored.nodes[used]
    tagged = rows_of(stored.tagged, nodes["id"])
    return Elements(
        nodes=nodes,
        tagged={
            int(stored.tagged[one]): text_of(stored.tagged_lines, one) for one in tagged.tolist()
        },
        points=wanted.points,
        places=wanted.places,
        way_ids=stored.way_ids[rows],
        way_lines=text_lines.taken(stored.way_lines, rows),
        near=stored.near[rows],
        deep=stored.deep[rows],
        start=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        refs=stored.refs[at],
        row=renumbered,
        boxes=stored.boxes[:, rows],
        countries=wanted.countries,
        groups=wanted.groups,
    )


def rows_of(rising: Ints, ids: Ints) -> Ints:
    """The rows of those of the rising ids that are among other rising numbers."""
    if not len(rising):
        return np.empty(0, np.int64)
    row = np.minimum(np.searchsorted(rising, ids), len(rising) - 1)
    return np.asarray(row[rising[row] == ids])


def ways_about(elements: Elements, area: BaseGeometry) -> Ints:
    """Rows of the ways whose bounding box meets the area's; no other way can touch it."""
    west, south, east, north = elements.boxes
    found = np.zeros(len(elements.way_ids), dtype=bool)
    for piece in shapely.get_parts(area):
        low_x, low_y, high_x, high_y = np.array(piece.bounds) / SCALE
        found |= (west <= high_x) & (east >= low_x) & (south <= high_y) & (north >= low_y)
    return np.flatnonzero(found)


def _points_about(elements: Elements, area: BaseGeometry) -> Ints:
    lon, lat = elements.places.T
    found = np.zeros(len(lon), dtype=bool)
    for piece in shapely.get_parts(area):
        west, south, east, north = piece.bounds
        found |= (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.flatnonzero(found)


def _with_ways(one: Relation, ids: set[int]) -> Relation:
    return replace(one, ways={way: role for way, role in one.ways.items() if way in ids})
