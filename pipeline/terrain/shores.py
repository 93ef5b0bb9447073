"""Coasts in the plane: they cut a zone into faces, which are land or sea.

A coast has land on its left (https://wiki.openstreetmap.org/wiki/Tag:natural=coastline).
"""

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

from pipeline.core.geo import Projection, densify
from pipeline.core.types import Bools, Floats

# Coasts are straight in degrees; segments of this length follow the projection.
LONGEST_M = 5000.0
# Points at this distance from a coast show which of the faces next to it is land.
BESIDE_M = 1.0
# Slivers between lines that nearly coincide are neither land nor sea.
SLIVER_M2 = 1e6
ROUNDING_M = 1.0

Faces = npt.NDArray[np.object_]


def shore(coast: Floats, projection: Projection) -> LineString:
    """A coast in the plane with land on its left, even if the projection mirrors it.

    Parameters
    ----------
    coast
        (n, 2) degrees, land on the left.
    projection
        The projection of the plane.

    Returns
    -------
    LineString
        Planar metres, with a vertex at least every 5 km.
    """
    course = LineString(projection.plane(*densify(coast, LONGEST_M).T))
    lon, lat = coast[0]
    beside = projection.plane(np.array([lon, lon + 0.01, lon]), np.array([lat, lat, lat + 0.01]))
    east, north = beside[1:] - beside[0]
    return course if east[0] * north[1] > east[1] * north[0] else course.reverse()


def faces(zone: BaseGeometry, shores: list[LineString]) -> tuple[Faces, Bools, Bools]:
    """The faces into which coasts cut a planar zone, and which have land or sea next to a coast.

    A face with both contains the end of a coast; a face with neither has no coast.

    Parameters
    ----------
    zone
        Polygon in planar metres.
    shores
        Coasts in planar metres, land on their left.

    Returns
    -------
    faces : ndarray of object
        (n,) polygons in planar metres; slivers are left out.
    has_land, has_sea : ndarray of bool
        (n,) each.
    """
    # Slightly beyond the zone's edge, so that rounding leaves no gap there.
    over = zone.buffer(100 * ROUNDING_M)
    inside = [part for part in (one.intersection(over) for one in shores) if not part.is_empty]
    noded = shapely.union_all([zone.boundary, *inside])
    found = np.array([face for face in polygonize(noded) if face.area > SLIVER_M2], dtype=object)
    found = found[shapely.contains(zone, shapely.point_on_surface(found))]
    return found, *_beside(found, inside)


def _beside(found: Faces, shores: list[BaseGeometry]) -> tuple[Bools, Bools]:
    """Which faces have a coast's left side in them, and which its right."""
    tree = shapely.STRtree(found)
    left, right = np.zeros(len(found), dtype=bool), np.zeros(len(found), dtype=bool)
    for one in shapely.get_parts(shores):
        points = shapely.get_coordinates(one)
        run = np.diff(points, axis=0)
        length = np.hypot(*run.T)
        points, run, length = points[:-1][length > 0], run[length > 0], length[length > 0]
        off = np.column_stack([-run[:, 1], run[:, 0]]) / length[:, None] * BESIDE_M
        for side, beside in ((left, off), (right, -off)):
            at = shapely.points(points + run / 2 + beside)
            side[tree.query(at, predicate="within")[1]] = True
    return left, right
