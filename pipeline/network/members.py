"""Relations whose ways are one object: ferry lines, and controls drawn as multipolygons."""

from collections.abc import Callable, Iterable

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

from pipeline.core.types import Floats
from pipeline.network import point_kinds
from pipeline.network.elements import Group, Point, Way

NOT_OF_WAYS = ("type", "name", "from", "to", "via", "network", "operator")  # of the whole line
Course = Callable[[Way], Floats | None]


def with_ferries(ways: list[Way], groups: Iterable[Group], named: dict[int, Way]) -> list[Way]:
    """The ways; those of a ferry line get its tags where they have none of their own.

    Parameters
    ----------
    ways
        Ways with their tags.
    groups
        Relations; only ferry lines are used.
    named
        The ways that the relations name, by id, if the file holds them.

    Returns
    -------
    list of Way
        First the ways that were read for their own tags; roads and railways keep their tags.
    """
    found = {way.osm_id: way for way in ways}
    for group in groups:
        if group.tags.get("route") != "ferry":
            continue
        tags = {key: value for key, value in group.tags.items() if key not in NOT_OF_WAYS}
        for osm_id in group.ways:
            way = found.get(osm_id, named.get(osm_id))
            if way is not None and way.tags.keys().isdisjoint(("highway", "railway")):
                found[osm_id] = way._replace(tags=tags | way.tags)
    return list(found.values())


def shapes(
    ways: Iterable[Way], groups: Iterable[Group], named: dict[int, Way], course: Course
) -> tuple[dict[str, BaseGeometry], list[Point]]:
    """Posts drawn as lines, areas or multipolygons, and a point for each that is not a closed way.

    Parameters
    ----------
    ways, groups, named
        As `with_ferries` takes them.
    course
        Returns a way's vertices, (n, 2) degrees, or None if one is missing.

    Returns
    -------
    tuple of dict and list
        Shapes (EPSG:4326) by element letter and id; points at the mean of their vertices.
    """
    drawn = {
        ("w", way.osm_id): (way.tags, [way])
        for way in ways
        if "boundary" not in way.tags and point_kinds.post_kind(way.tags) is not None
    }
    for group in groups:
        if group.tags.get("route") != "ferry":
            parts = [named[osm_id] for osm_id in group.ways if osm_id in named]
            drawn["r", group.osm_id] = (group.tags, parts)
    found, points = {}, []
    for (element, osm_id), (tags, parts) in drawn.items():
        lines = [line for line in map(course, parts) if line is not None]
        shape = _shape(lines)
        if shape is None:
            continue
        found[f"{element}{osm_id}"] = shape
        closed = element == "w" and len(lines[0]) > 3 and (lines[0][0] == lines[0][-1]).all()
        if not closed:
            lon, lat = np.unique(np.vstack(lines), axis=0).mean(axis=0).tolist()
            points.append(Point(element, osm_id, lon, lat, tags))
    return found, points


def _shape(lines: list[Floats]) -> BaseGeometry | None:
    """The area that the lines enclose together, otherwise the lines; None if there are none."""
    drawn = [shapely.LineString(line) for line in lines if len(np.unique(line, axis=0)) > 1]
    if not drawn:
        return None
    together = shapely.union_all(drawn)
    areas = list(polygonize(together))
    return shapely.union_all(areas) if areas else together
