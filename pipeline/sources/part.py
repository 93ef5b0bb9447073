"""The part of collected elements that one border may need, so that another process can cut it."""

from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.types import Ints
from pipeline.sources import text_lines
from pipeline.sources.collect import Elements
from pipeline.sources.overlap import ways_of
from pipeline.sources.selected import SCALE
from pipeline.sources.survey import Relation
from pipeline.sources.wanted import Area


def part(elements: Elements, area: Area, pair: tuple[str, str]) -> Elements:
    """The elements from which `trim.write` writes the same file for this border as from all.

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
    Elements
        Ways whose boxes meet the area, those of the border, and all ways of groups that have one
        of these; their nodes; points in or near the area; relations with those of their ways
        that are kept.
    """
    about = elements.way_ids[ways_about(elements, area.deep)]
    shared = set[int].intersection(*(ways_of(elements.countries, code) for code in pair))
    near = shared.union(about.tolist())
    groups = {key: one for key, one in elements.groups.items() if not near.isdisjoint(one.ways)}
    ids = near.union(*(one.ways for one in groups.values()))
    rows = np.flatnonzero(np.isin(elements.way_ids, np.array(sorted(ids), dtype=np.int64)))
    count = elements.start[rows + 1] - elements.start[rows]
    at = np.repeat(elements.start[rows] - np.cumsum(count) + count, count) + np.arange(count.sum())
    row = elements.row[at]
    used, numbered = np.unique(row[row >= 0], return_inverse=True)
    renumbered = np.full(len(row), -1, dtype=np.int32)
    renumbered[row >= 0] = numbered
    nodes = elements.nodes[used]
    inside = _points_about(elements, area.deep)
    every = list(elements.points.items())
    tagged = elements.tagged.keys() & set(nodes["id"].tolist())
    return replace(
        elements,
        nodes=nodes,
        tagged={node: elements.tagged[node] for node in sorted(tagged)},
        points=dict(every[number] for number in inside.tolist()),
        places=elements.places[inside],
        way_ids=elements.way_ids[rows],
        way_lines=text_lines.taken(elements.way_lines, rows),
        near=elements.near[rows],
        deep=elements.deep[rows],
        start=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        refs=elements.refs[at],
        row=renumbered,
        boxes=elements.boxes[:, rows],
        countries={
            key: (code, _with_ways(one, ids))
            for key, (code, one) in elements.countries.items()
            if code in pair or not ids.isdisjoint(one.ways)
        },
        groups=groups,
    )


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
