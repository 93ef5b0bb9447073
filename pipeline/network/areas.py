"""Turn posts, stations and settlements that are drawn as closed ways into points."""

from collections.abc import Callable, Iterable

import numpy as np
import shapely

from pipeline.core.types import Floats
from pipeline.network.elements import Point, Way
from pipeline.network.point_kinds import STATIONS

POST_KEYS = ("barrier", "amenity", "office", "government", "police", "military", "checkpoint")


def points(
    ways: Iterable[Way], course: Callable[[Way], Floats | None], nodes: list[Point]
) -> list[Point]:
    """The areas as points at the mean of their vertices.

    Parameters
    ----------
    ways
        Ways with their tags.
    course
        Returns a way's vertices, (n, 2) degrees, or None if one is missing.
    nodes
        Tagged nodes. An area of a settlement that contains a node of a settlement is the same
        settlement, and is left out so that its inhabitants are counted once.

    Returns
    -------
    list of Point
        Settlements, posts and stations that are mapped as closed ways, degrees.
    """
    places = np.array([(one.lon, one.lat) for one in nodes if "place" in one.tags]).reshape(-1, 2)
    found = []
    for way in ways:
        is_place = "place" in way.tags
        is_post = not way.tags.keys().isdisjoint(POST_KEYS) and "boundary" not in way.tags
        if not (is_place or is_post or way.tags.get("railway") in STATIONS):
            continue
        at = course(way)
        if at is None or len(at) < 4 or (at[0] != at[-1]).any():
            continue
        if is_place and shapely.contains_xy(shapely.Polygon(at), *places.T).any():
            continue
        lon, lat = at[1:].mean(axis=0).tolist()
        found.append(Point("w", way.osm_id, lon, lat, way.tags))
    return found
