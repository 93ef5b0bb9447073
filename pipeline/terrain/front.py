"""W(D), the width of a front: km of land at depth D, computed from coasts and borders only."""

from itertools import product

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.types import Floats
from pipeline.network.line import Line
from pipeline.network.sides import Territories
from pipeline.terrain.shores import ROUNDING_M, faces, shore

BEYOND_KM = parameters.numbers("front_beyond_km")
SHORE_KM = parameters.number("shore_km")
QUARTER = 64  # segments of a quarter circle around an end of the line: accurate to 0.01 %

Widths = dict[float, tuple[float | None, str | None]]


def points_around(line: Line, reach_km: float) -> tuple[Floats, Floats]:
    """The corners of a box that contains all land within `reach_km` of the line.

    Parameters
    ----------
    line
        The border line.
    reach_km
        Distance from the line in km.

    Returns
    -------
    lon, lat : ndarray of float
        (4,) degrees each.
    """
    low_x, low_y, high_x, high_y = shapely.union_all(line.chain).bounds
    reach_m = (reach_km + 2 * max(BEYOND_KM)) * 1000
    west_east, south_north = (
        (low_x - reach_m, high_x + reach_m),
        (low_y - reach_m, high_y + reach_m),
    )
    degrees = line.projection.degrees(np.array(list(product(west_east, south_north))))
    return degrees[:, 0], degrees[:, 1]


def widths(
    line: Line,
    territories: Territories,
    coasts: list[Floats],
    country: str,
    depths_km: tuple[float, ...],
    target: tuple[float, float] | None,
) -> Widths:
    """W(D) of each depth on the side of `country`, or None and the reason.

    With a `target`, only the front of the piece of land that contains it, or lies nearest to it,
    counts; it must lie within the piece that counted at the depth before. Widths are measured in
    the line's plane.

    Parameters
    ----------
    line
        The border line.
    territories
        The area around the line, by country.
    coasts
        Coastlines, (n, 2) degrees each, land on their left.
    country
        Code of the country.
    depths_km
        Unsigned depths in km.
    target
        Longitude and latitude, degrees.

    Returns
    -------
    dict of float to tuple
        By depth: the width in km, or None and the reason.
    """
    if not coasts:
        return dict.fromkeys(depths_km, (None, "the data hold no coastline"))
    plane = line.projection.plane
    shores = [shore(coast, line.projection) for coast in coasts if len(coast) > 1]
    course = shapely.union_all(line.chain)
    own = shapely.union_all(territories.faces[territories.labels == country])
    land, known_km = None, 0.0
    for deep_km, beyond_km in product(sorted(depths_km, reverse=True), BEYOND_KM):
        land = _land(own.intersection(_within(course, deep_km + beyond_km)), shores, course)
        if land is not None:
            known_km = deep_km if _ends_at_sea(land, territories, deep_km) else 0.0
            break
    goal = None if target is None else shapely.Point(plane(*np.array([target]).T)[0])
    found: Widths = {}
    for deep_km in sorted(depths_km):
        if land is None or deep_km > known_km:
            found[deep_km] = (
                None,
                f"no coast separates land from sea {deep_km:g} km deep in {country}",
            )
            continue
        near = _within(course, deep_km)
        land = land.difference(near)
        if goal is not None:
            land = _nearest_piece(land, goal)
        front = near.boundary.intersection(land.buffer(ROUNDING_M))
        found[deep_km] = (front.length / 1000, None)
    return found


def _within(course: BaseGeometry, km: float) -> BaseGeometry:
    return course.buffer(km * 1000, quad_segs=QUARTER)


def _land(
    zone: BaseGeometry, shores: list[LineString], course: BaseGeometry
) -> BaseGeometry | None:
    """The land of `zone`, or None if coasts do not separate it from the sea.

    Coasts and the zone's edge cut it into faces. A face at a coast is land or sea as the coast
    says, and must not be both. A face without a coast is land if the drawn border runs along it.
    """
    found, land, sea = faces(zone, shores)
    known = land | sea
    land |= ~known & (shapely.distance(found, course) < ROUNDING_M)
    if (land & sea).any() or not (land | sea).all():
        return None
    return shapely.union_all(found[land])


def _ends_at_sea(land: BaseGeometry, territories: Territories, deep_km: float) -> bool:
    """Whether the line was extended over sea; if over land, a coast or a country is missing."""
    beyond = shapely.union_all([d.course for d in territories.dividers if d.kind == "beyond"])
    return bool(beyond.intersection(land.buffer(ROUNDING_M)).length < min(SHORE_KM, deep_km) * 1000)


def _nearest_piece(land: BaseGeometry, goal: shapely.Point) -> BaseGeometry:
    pieces = shapely.get_parts(land)
    return pieces[np.argmin(shapely.distance(pieces, goal))] if len(pieces) else land
