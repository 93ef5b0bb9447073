"""Places along a border line by kilometre from its western end, in its own plane."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from pipeline.core import parameters
from pipeline.core.geo import Projection, densify, distance_m
from pipeline.core.types import Floats

SAME_WAY = np.cos(np.radians(45.0))  # a barrier at a greater angle to the line than this crosses it
BEND_M = parameters.number("barrier_bend_m")


@dataclass(frozen=True)
class Samples:
    """Points of the line: degrees (n, 2), planar metres (n, 2), km from the western end."""

    degrees: Floats
    plane: Floats
    km: Floats


def plane(provenance: pd.DataFrame) -> Projection:
    """The projection of the network stage, as its provenance states it.

    Parameters
    ----------
    provenance
        Table provenance of the network stage, with keys projection and projection_scale_error.

    Returns
    -------
    Projection
        Between EPSG:4326 and planar metres.
    """
    stated = dict(zip(provenance["key"], provenance["value"], strict=True))
    definition = stated["projection"]
    transformer = Transformer.from_crs(CRS("EPSG:4326"), CRS(definition), always_xy=True)
    return Projection(transformer, definition, float(stated["projection_scale_error"]))


def along(border: gpd.GeoDataFrame, projection: Projection, spacing_m: float) -> Samples:
    """Points on the border at most `spacing_m` apart, including the line's own vertices.

    Gaps between pieces have no length, as in `border_km` of nodes.

    Parameters
    ----------
    border
        Table border, one row, EPSG:4326.
    projection
        The projection that the network was measured in.
    spacing_m
        Greatest distance between two points, metres.

    Returns
    -------
    Samples
        Kilometres are geodesic, from the western end.
    """
    degrees, km, begin = [], [], 0.0
    for piece in border.geometry.iloc[0].geoms:
        dense = densify(np.asarray(piece.coords), spacing_m)
        metres = distance_m(*dense[:-1].T, *dense[1:].T)
        here = begin + np.concatenate([[0.0], np.cumsum(metres)]) / 1000
        degrees.append(dense)
        km.append(here)
        begin = float(here[-1])
    points = np.vstack(degrees)
    return Samples(points, projection.plane(*points.T), np.concatenate(km))


def middles(
    border: gpd.GeoDataFrame, projection: Projection, border_km: Floats, spacing_m: float = 500.0
) -> gpd.GeoSeries:
    """The middle of each km of the line.

    Parameters
    ----------
    border : GeoDataFrame
        Table border.
    projection : Projection
        The projection of the border.
    border_km : ndarray of float, shape (n,)
        Start of each km, from the western end.
    spacing_m : float
        Distance between the points of the line that are used.

    Returns
    -------
    GeoSeries of Point
        EPSG:4326.
    """
    samples = along(border, projection, spacing_m)
    middle_km = np.minimum(border_km + 0.5, samples.km[-1])
    lon, lat = (np.interp(middle_km, samples.km, axis) for axis in samples.degrees.T)
    return gpd.GeoSeries(shapely.points(lon, lat), crs="EPSG:4326")


def flat(shapes: gpd.GeoSeries, projection: Projection) -> gpd.GeoSeries:
    """The shapes in planar metres, without a CRS.

    Parameters
    ----------
    shapes
        Geometries in EPSG:4326.
    projection
        The projection that the network was measured in.

    Returns
    -------
    GeoSeries
        Index kept.
    """
    moved = shapely.transform(shapes.to_numpy(), lambda xy: projection.plane(*xy.T))
    return gpd.GeoSeries(moved, index=shapes.index)


def run_along(
    line: Samples, barriers: npt.NDArray[np.object_], within_m: Floats
) -> npt.NDArray[np.bool_]:
    """Which points of the line a barrier runs along.

    A barrier counts for the stretch of line next to it: where its own course (not only its end) is
    near and has the same direction. So a wall that is only near the line, or meets it at an angle,
    counts nowhere else.

    Parameters
    ----------
    line
        Points of the line.
    barriers
        Planar lines.
    within_m
        For each point, the greatest distance of a barrier.

    Returns
    -------
    array of bool
        By point.
    """
    found = np.zeros(len(line.plane), dtype=bool)
    if not len(barriers):
        return found
    xy, shape = shapely.get_coordinates(barriers, return_index=True)
    joined = shape[1:] == shape[:-1]
    start, run = xy[:-1][joined], np.diff(xy, axis=0)[joined]
    length_m = np.hypot(*run.T)
    start, run, length_m = (part[length_m > 0] for part in (start, run, length_m))
    drawn = np.asarray(shapely.linestrings(np.stack([start, start + run], axis=1)), dtype=object)
    tree = shapely.STRtree(drawn)
    points = shapely.points(line.plane)
    point, segment = tree.query(points, predicate="dwithin", distance=within_m)
    ahead = np.vstack([line.plane[1:] - line.plane[:-1], line.plane[-1:] - line.plane[-2:-1]])
    course = ahead / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    unit = run / length_m[:, None]
    same_way = np.abs(np.einsum("ij,ij->i", course[point], unit[segment])) >= SAME_WAY
    beside_m = np.einsum("ij,ij->i", line.plane[point] - start[segment], unit[segment])
    beside = (beside_m >= -BEND_M) & (beside_m <= length_m[segment] + BEND_M)
    found[point[same_way & beside]] = True
    return found
