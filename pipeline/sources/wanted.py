"""What is fetched: which tags, and in which area around the border line.

Both ways of fetching (Overpass, extracts) select the same elements, so that they give the same
network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.antimeridian import eastward, split
from pipeline.core.geo import HALF_TURN, WGS84, densify, fit_projection

ALL_CLASSES_KM = parameters.number("all_classes_km")
MARGIN_KM = parameters.number("fetch_margin_km")
LONGEST_M = 10_000.0  # greatest length of a segment of the line before it is buffered
# Number of chords for a quarter of a circle: they lie up to 0.12 % inside it, half a km at 400 km.
ROUND = 16
SIMPLE_M = 500.0  # precision of the area's edge; far smaller than the margin

BIG_ROADS = ("motorway", "trunk", "primary", "secondary", "tertiary")
# Values that mark a control, and the keys that may have them; mappers use nearly every combination.
CONTROLS = ("border_control", "customs", "immigration", "checkpoint")
DRAWN_POSTS: dict[str, tuple[str, ...]] = {
    "barrier": (*CONTROLS, "toll_booth"),
    **dict.fromkeys(("amenity", "government", "office"), (*CONTROLS, "police")),
    "police": CONTROLS,
    "military": (*CONTROLS, "base", "barracks"),
    "checkpoint": (),
}
POSTS: dict[str, tuple[str, ...]] = DRAWN_POSTS | {"police": (), "military": ()}
PLACES = ("city", "town", "village", "hamlet")
# Places of change between road and railway: mostly nodes, some drawn as areas.
STATIONS = ("station", "halt")
# Wanted keys and their values; an empty list means any value.
DEEP_WAYS: dict[str, tuple[str, ...]] = {
    "highway": tuple(name + link for name in BIG_ROADS for link in ("", "_link")),
    "railway": ("rail", "light_rail", "narrow_gauge", "tram", "preserved", "disused", *STATIONS),
    "disused:railway": (),
    "route": ("ferry",),
    "disused:route": ("ferry",),
    "abandoned:route": ("ferry",),
    "ferry": (),
    "place": PLACES,
    "waterway": ("river", "canal"),
    "natural": ("coastline",),
    "admin_level": ("2",),
    **POSTS,
}
NEAR_WAYS: dict[str, tuple[str, ...]] = DEEP_WAYS | {
    "highway": (),
    "disused:highway": (),
    "abandoned:highway": (),
    "waterway": ("river", "canal", "stream", "riverbank"),
    "natural": ("coastline", "water"),
    "barrier": (
        *(*POSTS["barrier"], "fence", "border_fence", "wall", "city_wall", "retaining_wall"),
        *("bollard", "jersey_barrier"),
    ),
}
# Types of relations that are wanted whole with all their ways: controls drawn by several ways,
# ferry lines, whose ways may have no tags of their own, lakes with islands and wide rivers.
DEEP_GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("multipolygon", "boundary", "site"), DRAWN_POSTS),
    "route": {"route": ("ferry",)},
}
WATERS: dict[str, tuple[str, ...]] = {"natural": ("water",), "waterway": ("riverbank",)}
NEAR_GROUPS = DEEP_GROUPS | {"multipolygon": DRAWN_POSTS | WATERS}
NODES: dict[str, tuple[str, ...]] = POSTS | {
    "place": PLACES,
    "railway": STATIONS,
}
# A node on a kept way keeps its tags if it has one of these keys: gates, controls, level crossings,
# who may pass and when. Addresses and trees say nothing about a road.
PASSED = ("access", "vehicle", "motor_vehicle", "motorcar", "hgv")
VERTEX_KEYS = (
    *NODES,
    *("barrier", "highway", "ford", "traffic_sign", "border_type", "crossing", "bridge", "lock"),
    *(*PASSED, *(f"{key}:conditional" for key in PASSED), "goods", "bus", "psv", "bicycle"),
    *("foot", "horse", "locked", "opening_hours", "disused:barrier", "natural", "name"),
)


@dataclass(frozen=True)
class Area:
    """The area to fetch, in degrees (EPSG:4326): every class in `near`, big roads in `deep`.

    `deep` contains `near`.
    """

    near: BaseGeometry
    deep: BaseGeometry


def is_wanted(tags: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether one of the tags is among the wanted ones."""
    return any(
        key in wanted and (not wanted[key] or value in wanted[key]) for key, value in tags.items()
    )


def is_group(tags: Mapping[str, str], wanted: Mapping[str, Mapping[str, tuple[str, ...]]]) -> bool:
    """Whether the tags are of a relation that is among the wanted ones."""
    return is_wanted(tags, wanted.get(tags.get("type", ""), {}))


def in_lines(wanted: Mapping[str, tuple[str, ...]]) -> re.Pattern[bytes]:
    """A pattern for a wanted tag in a line of OPL, which does not escape letters and `_:-`."""
    each = [
        f"{key}=(?:{'|'.join(some)})(?=[, ])" if some else f"{key}=" for key, some in wanted.items()
    ]
    return re.compile(f"(?: T|,)(?:{'|'.join(each)})".encode())


def fetch_area(lines: list[LineString], big_roads_km: float) -> Area:
    """The area around the pieces of a border line (degrees), margin included.

    Every class is wanted within ALL_CLASSES_KM, big roads and railways within `big_roads_km` if
    that is deeper. Distances are planar in a projection fitted to the area (error below 0.5 %).
    """
    deep_km = max(big_roads_km, ALL_CLASSES_KM) + MARGIN_KM
    points = np.vstack([densify(np.asarray(line.coords)[:, :2], LONGEST_M) for line in lines])
    corners = [points]
    away = np.full(len(points), deep_km * 1000)
    for azimuth in range(0, 360, 45):
        there = WGS84.fwd(points[:, 0], points[:, 1], np.full(len(points), float(azimuth)), away)
        corners.append(np.column_stack(there[:2]))
    projection = fit_projection(*np.vstack(corners).T)
    planar = [
        LineString(projection.plane(*densify(np.asarray(line.coords)[:, :2], LONGEST_M).T))
        for line in lines
    ]
    line = shapely.simplify(MultiLineString(planar), SIMPLE_M)

    def buffered(km: float) -> BaseGeometry:
        shape = shapely.buffer(line, km * 1000 + SIMPLE_M, quad_segs=ROUND)
        dense = shapely.segmentize(shapely.simplify(shape, SIMPLE_M), LONGEST_M)
        degrees = shapely.transform(dense, projection.degrees)
        return _wrapped(degrees)

    near = buffered(ALL_CLASSES_KM + MARGIN_KM)
    return Area(near, shapely.union(near, buffered(deep_km)) if deep_km > 30 else near)


def _wrapped(shape: BaseGeometry) -> BaseGeometry:
    """A valid shape in degrees, made from one whose rings may cross the antimeridian."""
    west, _, east, _ = shape.bounds
    if east - west <= HALF_TURN:
        return _rounded(shape)
    return split(_rounded(shapely.transform(shape, eastward)))


def _rounded(shape: BaseGeometry) -> BaseGeometry:
    """A valid shape in millionths of a degree.

    A ring may cross itself after its conversion to degrees, and GEOS rounds only valid shapes.
    """
    return shapely.make_valid(shapely.set_precision(shapely.make_valid(shape), 1e-6))
