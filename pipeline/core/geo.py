"""Geodesic lengths and a projection fitted to a border."""

from dataclasses import dataclass

import numpy as np
from pyproj import CRS, Geod, Transformer

from pipeline.core.types import Floats

WGS84 = Geod(ellps="WGS84")
HALF_TURN = 180.0  # degrees


def distance_m(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Geodesic distances in metres on WGS84, point by point.

    Parameters
    ----------
    lon_a, lat_a, lon_b, lat_b
        Degrees, (n,) each.

    Returns
    -------
    ndarray of float
        (n,) metres.
    """
    return np.asarray(WGS84.inv(lon_a, lat_a, lon_b, lat_b)[2], dtype=np.float64)


def densify(coordinates: Floats, longest_m: float) -> Floats:
    """A line with vertices added so that no segment is longer than `longest_m`.

    Points are added at equal distances on segments that are straight in longitude and latitude, as
    OpenStreetMap draws them.

    Parameters
    ----------
    coordinates
        (n, 2) degrees.
    longest_m
        Greatest geodesic length of a segment, metres.

    Returns
    -------
    ndarray of float
        (m, 2) degrees, m ≥ n.
    """
    a, b = coordinates[:-1], coordinates[1:]
    parts = np.maximum(1, np.ceil(distance_m(*a.T, *b.T) / longest_m)).astype(np.int64)
    segment = np.repeat(np.arange(len(parts)), parts)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (step / parts[segment])[:, None]
    inner = wrapped(a[segment] + share * onward(a, b)[segment])
    return np.vstack([inner, coordinates[-1:]])


def onward(a: Floats, b: Floats) -> Floats:
    """The differences from points to other points, across the antimeridian where that is shorter.

    Parameters
    ----------
    a, b
        (n, 2) degrees each.

    Returns
    -------
    ndarray of float
        (n, 2) degrees.
    """
    found = b - a
    far = np.abs(found[:, 0]) > HALF_TURN
    found[far, 0] -= np.sign(found[far, 0]) * 2 * HALF_TURN
    return found


def wrapped(degrees: Floats) -> Floats:
    """The same points with longitudes within ±180°.

    Parameters
    ----------
    degrees
        (n, 2) degrees, changed in place.

    Returns
    -------
    ndarray of float
        The given array, (n, 2) degrees.
    """
    over = np.abs(degrees[:, 0]) > HALF_TURN
    degrees[over, 0] -= np.sign(degrees[over, 0]) * 2 * HALF_TURN
    return degrees


# 0.1 mm; a correct point moves by a ten-thousandth of that
LOST_DEGREES = 1e-9
BESIDE_DEGREES = 2e-5  # 2 m: farther than the zone in which PROJ is wrong


@dataclass(frozen=True)
class Projection:
    """An oblique Mercator projection fitted to a border, in planar metres.

    `scale_error` is the greatest relative error of a short distance at the points that the
    projection was fitted to, and at any point between them and the axis.
    """

    transformer: Transformer
    definition: str
    scale_error: float

    def plane(self, lon: Floats, lat: Floats) -> Floats:
        """(n, 2) planar metres of points in degrees."""
        return _plane(self.transformer, lon, lat)

    def degrees(self, plane: Floats) -> Floats:
        """(n, 2) longitude and latitude of planar points."""
        return np.column_stack(
            self.transformer.transform(plane[:, 0], plane[:, 1], direction="INVERSE")
        )


def fit_projection(lon: Floats, lat: Floats) -> Projection:
    """The oblique Mercator projection whose axis is the great circle that fits the points best.

    The scale on the axis is set so that the greatest enlargement and the greatest reduction are
    equal; for a strip 800 km wide the error stays below 0.2 % (method: Snyder 1987, Map Projections
    – A Working Manual, USGS Professional Paper 1395, chapter 9).

    Parameters
    ----------
    lon, lat
        (n,) degrees each.

    Returns
    -------
    Projection
        To planar metres, with its greatest scale error.
    """
    axis = _great_circle(lon, lat)
    scales = _scales(
        _transformer(_oblique_mercator(axis, 1.0)),
        np.append(lon, axis[:, 0]),
        np.append(lat, axis[:, 1]),
    )
    definition = _oblique_mercator(axis, 2 / (scales.max() + scales.min()))
    spread = (scales.max() - scales.min()) / (scales.max() + scales.min())
    return Projection(_transformer(definition), definition, float(spread))


def _transformer(definition: str) -> Transformer:
    return Transformer.from_crs(CRS("EPSG:4326"), CRS(definition), always_xy=True)


def _plane(transformer: Transformer, lon: Floats, lat: Floats) -> Floats:
    """(n, 2) planar metres of points in degrees.

    PROJ uses another formula within 0.6 m of the meridian that lies 90 degrees from the origin of
    the projection, and its error there can be as large as half the globe. A border that runs from
    east to west crosses that meridian. A point that does not come back to its place when the
    projection is reversed is replaced by the middle of two points next to it.
    """
    found = np.column_stack(transformer.transform(lon, lat))
    back = transformer.transform(found[:, 0], found[:, 1], direction="INVERSE")
    moved = np.degrees(np.abs(np.sin(np.radians(back[0] - lon)))) + np.abs(back[1] - lat)
    lost = np.flatnonzero(~(moved < LOST_DEGREES))
    if len(lost):
        beside = [
            np.column_stack(
                transformer.transform(np.asarray(lon)[lost] + step, np.asarray(lat)[lost])
            )
            for step in (-BESIDE_DEGREES, BESIDE_DEGREES)
        ]
        found[lost] = np.mean(beside, axis=0)
    return found


def _scales(transformer: Transformer, lon: Floats, lat: Floats) -> Floats:
    """Planar divided by geodesic length of 1 km to the north and to the east of each point."""
    here = _plane(transformer, lon, lat)
    scales = []
    for azimuth in (0.0, 90.0):
        there = WGS84.fwd(lon, lat, np.full(len(lon), azimuth), np.full(len(lon), 1000.0))
        plane = _plane(transformer, there[0], there[1])
        scales.append(np.linalg.norm(plane - here, axis=1) / 1000)
    return np.array(np.concatenate(scales), dtype=np.float64)


def _great_circle(lon: Floats, lat: Floats) -> Floats:
    """Two points (degrees) on the great circle nearest to the given points, one at either end."""
    a, b = np.radians(lon), np.radians(lat)
    points = np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])
    normal = np.linalg.eigh(points.T @ points)[1][:, 0]
    on_circle = points - np.outer(points @ normal, normal)
    on_circle /= np.linalg.norm(on_circle, axis=1, keepdims=True)
    middle = on_circle.mean(axis=0)
    along = on_circle @ np.cross(normal, middle / np.linalg.norm(middle))
    ends = on_circle[[along.argmin(), along.argmax()]]
    result: Floats = np.degrees(
        np.column_stack([np.arctan2(ends[:, 1], ends[:, 0]), np.arcsin(ends[:, 2])])
    )
    # PROJ refuses an axis through two points of equal latitude, and an axis on the equator.
    if abs(result[0, 1] - result[1, 1]) < 1e-3:
        result[1, 1] += 2e-3
    if abs(result[0, 1]) < 1e-3:
        result[0, 1] += 1e-3
    return result


def _oblique_mercator(axis: Floats, scale: float) -> str:
    (lon_1, lat_1), (lon_2, lat_2) = axis
    return (
        f"+proj=omerc +lat_0={(lat_1 + lat_2) / 2:.6f} +lon_1={lon_1:.6f} +lat_1={lat_1:.6f} "
        f"+lon_2={lon_2:.6f} +lat_2={lat_2:.6f} +k={scale:.9f} +no_rot +datum=WGS84 +units=m"
    )
