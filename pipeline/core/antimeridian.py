"""Shapes in degrees that lie across the antimeridian, where longitude jumps from 180 to -180."""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import HALF_TURN
from pipeline.core.types import Bools, Floats

NEAR_DEGREES = 1.0
DECIMALS = 7  # of degrees in OpenStreetMap


def leaping(lines: Sequence[BaseGeometry]) -> Bools:
    """Which lines leap over the antimeridian from one vertex to the next.

    Parameters
    ----------
    lines
        (n,) lines in degrees (EPSG:4326).

    Returns
    -------
    ndarray of bool
        (n,) True where two neighbouring vertices of a line lie more than half a turn apart.
    """
    at, line = shapely.get_coordinates(np.array(lines, dtype=object), return_index=True)
    far = (np.abs(np.diff(at[:, 0])) > HALF_TURN) & (np.diff(line) == 0)
    found = np.zeros(len(lines), dtype=bool)
    found[line[1:][far]] = True
    return found


def any_meets(lines: Sequence[BaseGeometry]) -> bool:
    """Whether one of the lines lies across the antimeridian, on it, or within a degree of it.

    Parameters
    ----------
    lines
        Lines in degrees (EPSG:4326).

    Returns
    -------
    bool
        True if the surroundings of a line may reach over the antimeridian.
    """
    lon = shapely.get_coordinates(np.array(lines, dtype=object))[:, 0]
    return bool((np.abs(lon) > HALF_TURN - NEAR_DEGREES).any() or leaping(lines).any())


def eastward(at: Floats) -> Floats:
    """The same points, with western longitudes counted as 180 to 360 degrees east.

    Parameters
    ----------
    at
        (n, 2) degrees.

    Returns
    -------
    ndarray of float
        (n, 2) degrees, longitude in 0 to 360.
    """
    return np.column_stack([np.where(at[:, 0] < 0, at[:, 0] + 360, at[:, 0]), at[:, 1]])


def around(at: Floats, longitude: float) -> Floats:
    """The same points, with each longitude within 180 degrees of a given one.

    Parameters
    ----------
    at
        (n, 2) degrees.
    longitude
        Degrees.

    Returns
    -------
    ndarray of float
        (n, 2) degrees.
    """
    turns = np.round((at[:, 0] - longitude) / 360)
    return np.column_stack([at[:, 0] - 360 * turns, at[:, 1]])


def split(shape: BaseGeometry) -> BaseGeometry:
    """A shape with longitudes of 0 to 360 degrees, cut at the antimeridian into those of ±180.

    Parameters
    ----------
    shape
        A valid shape, as `eastward` makes it.

    Returns
    -------
    BaseGeometry
        In EPSG:4326; a part that lies on one side of the antimeridian only is one piece.
    """
    west, _, east, _ = shape.bounds
    if east <= HALF_TURN:
        return shape
    here = shapely.intersection(shape, shapely.box(0, -90, HALF_TURN, 90))
    beyond = shape
    if west < HALF_TURN:
        beyond = shapely.intersection(shape, shapely.box(HALF_TURN, -90, 360, 90))
    back = shapely.transform(beyond, lambda at: np.round(at - np.array([360.0, 0.0]), DECIMALS))
    return shapely.union_all([here, back]) if west < HALF_TURN else back
