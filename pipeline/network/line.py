"""The border line of an extract: its course, its kilometres, and how far a point lies from it."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString

from pipeline.core import parameters
from pipeline.core.geo import WGS84, Projection, densify, distance_m, fit_projection
from pipeline.core.types import Bools, Floats, Ints
from pipeline.network.boundary_ways import Pair, third_country_lines
from pipeline.network.course import Course, course
from pipeline.network.read import Extract

SPACING_M = 1000.0  # longest segment of the line in the plane; keeps the projected line accurate
RULER_M = 1000 * parameters.number("ruler_km")
# Column of table border, and the name of that ruler in claims.
((RULER_COLUMN, RULER_KM),) = parameters.spelled("ruler_{ruler_km}km_length_km")
RULER = f"{RULER_KM} km"


@dataclass(frozen=True)
class Line:
    """A border line, which begins at its western end.

    `shape` is the line on land in degrees; `chain` its pieces in the plane, in order, then rings,
    then stretches at sea; `third` the planar lines between other pairs of countries. `start`, `end`
    (n, 2) are the planar segments of the chain, `start_km` and `length_km` (n,) their position and
    length along it; segments `at_sea` (n,) are in no total length. `course` describes how the line
    was assembled.
    """

    pair: Pair
    projection: Projection
    shape: MultiLineString
    chain: tuple[LineString, ...]
    third: tuple[tuple[Pair, LineString], ...]
    start: Floats
    end: Floats
    start_km: Floats
    length_km: Floats
    at_sea: Bools
    course: Course


def assemble(extract: Extract, pair: Pair, corridor_km: float, path: str) -> Line:
    """Assemble the line between two countries from the extract at `path`.

    Parameters
    ----------
    extract
        What the file holds.
    pair
        Codes of the `from` and the `to` country.
    corridor_km
        Width of the corridor, which the projection is fitted to.
    path
        The file to name in messages.

    Returns
    -------
    Line
        The course in EPSG:4326 and its segments in planar metres, each with its geodesic length in
        km.

    Raises
    ------
    InputError
        If a country's relation or every way of the border on land is missing.
    """
    found = course(extract, pair, path)
    pieces = [*found.land, *found.sea]
    points = np.vstack([np.asarray(piece.coords) for piece in pieces])
    projection = fit_projection(*_corridor_rim(points, corridor_km))
    start, end, start_km, length_km, piece = _segments(pieces, projection)
    third = [
        (owners, _planar(line, projection)) for owners, line in third_country_lines(extract, pair)
    ]
    return Line(
        pair=pair,
        projection=projection,
        shape=MultiLineString(found.land),
        chain=tuple(_planar(piece, projection) for piece in pieces),
        third=tuple(third),
        start=start,
        end=end,
        start_km=start_km,
        length_km=length_km,
        at_sea=piece >= len(found.land),
        course=found,
    )


def nearest(line: Line, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Geodesic distance in km from the drawn line, and border_km of its nearest point.

    Parameters
    ----------
    line
        The border line.
    lon, lat
        Points, (n,) degrees.

    Returns
    -------
    km, border_km : ndarray of float
        (n,) each: the distance, unsigned, and km along the line.
    """
    point = line.projection.plane(lon, lat)
    segments = np.asarray(shapely.linestrings(np.stack([line.start, line.end], axis=1)))
    tree = shapely.STRtree(segments)
    segment = tree.nearest(shapely.points(point))
    a, b = line.start[segment], line.end[segment]
    along = np.einsum("ij,ij->i", point - a, b - a) / np.einsum("ij,ij->i", b - a, b - a)
    share = np.clip(along, 0, 1)
    foot = line.projection.degrees(a + share[:, None] * (b - a))
    km = distance_m(lon, lat, foot[:, 0], foot[:, 1]) / 1000
    return km, line.start_km[segment] + share * line.length_km[segment]


def length_km(line: Line) -> float:
    """Geodesic length of the line on land, straight bridges over gaps included.

    Parameters
    ----------
    line
        The border line.

    Returns
    -------
    float
        Kilometres on WGS84.
    """
    return float(line.length_km[~line.at_sea].sum())


def ruler_length_km(line: Line, ruler_m: float = RULER_M) -> float:
    """Length measured with a fixed ruler, which allows drawings of different detail to be compared.

    On each piece, steps lead from the first point to the first point that is a ruler's length away
    (or up to a fortieth more, the spacing of the points), and so on. The length is the sum of all
    steps, including the last, shorter one. Method: Richardson's divider walk.

    Parameters
    ----------
    line
        The border line.
    ruler_m
        Length of the ruler in metres.

    Returns
    -------
    float
        Kilometres on WGS84, land only.
    """
    total = 0.0
    for piece in line.shape.geoms:
        dense = densify(np.asarray(piece.coords), ruler_m / 40)
        at, window = 0, 100
        while at < len(dense) - 1:
            ahead = dense[at : at + window]
            onward = distance_m(*np.broadcast_to(dense[at], ahead.shape).T, *ahead.T)
            far = np.flatnonzero(onward >= ruler_m)
            if len(far):
                total, at, window = total + float(onward[far[0]]), at + int(far[0]), 100
            elif at + window < len(dense):
                window *= 2
            else:
                total += float(onward[-1])
                break
    return total / 1000


def vertex_spacing_m(line: Line) -> float:
    """Median distance between the line's own vertices.

    Parameters
    ----------
    line
        The border line.

    Returns
    -------
    float
        Metres on WGS84, land only.
    """
    spacings = []
    for piece in line.shape.geoms:
        points = np.asarray(piece.coords)
        spacings.append(distance_m(*points[:-1].T, *points[1:].T))
    return float(np.median(np.concatenate(spacings)))


def _corridor_rim(line: Floats, corridor_km: float) -> tuple[Floats, Floats]:
    """Points on the line, and points all around it at the corridor's width."""
    lon, lat = [line[:, 0]], [line[:, 1]]
    for azimuth in range(0, 360, 30):
        away = np.full(len(line), corridor_km * 1000)
        there = WGS84.fwd(line[:, 0], line[:, 1], np.full(len(line), float(azimuth)), away)
        lon.append(np.asarray(there[0]))
        lat.append(np.asarray(there[1]))
    return np.concatenate(lon), np.concatenate(lat)


def _planar(piece: LineString, projection: Projection) -> LineString:
    dense = densify(np.asarray(piece.coords), SPACING_M)
    return LineString(projection.plane(*dense.T))


def _segments(
    chain: list[LineString], projection: Projection
) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    """For each segment: planar ends, kilometre at its start, length, and number of its piece."""
    starts, ends, lengths, numbers = [], [], [], []
    for number, piece in enumerate(chain):
        dense = densify(np.asarray(piece.coords), SPACING_M)
        plane = projection.plane(*dense.T)
        metres = distance_m(*dense[:-1].T, *dense[1:].T)
        kept = metres > 0
        starts.append(plane[:-1][kept])
        ends.append(plane[1:][kept])
        lengths.append(metres[kept] / 1000)
        numbers.append(np.full(int(kept.sum()), number, dtype=np.int64))
    length_km = np.concatenate(lengths)
    start_km = np.concatenate([[0.0], np.cumsum(length_km)[:-1]])
    return np.vstack(starts), np.vstack(ends), start_km, length_km, np.concatenate(numbers)
