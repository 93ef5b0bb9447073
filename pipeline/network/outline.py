"""How deep the data can reach by what lies beside the file: an outline, or its header's box."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.types import Floats
from pipeline.network import line as lines
from pipeline.network.line import Line
from pipeline.network.sides import Ground, labels

STEPS = 60  # depths that are tried, evenly spaced in their logarithm
LEAST_KM = 0.01
STATION_M = 1000.0  # places along the line that are looked at from
TRUE_SHARE = 0.05  # a place is as deep as tried if its nearest point of the line says so
INSIDE_SHARE = 0.9  # so much of the side at a depth lies in the outline where data reach it


def reach_km(outline: BaseGeometry, line: Line, ground: Ground, most_km: float) -> dict[str, float]:
    """How deep the data reach on either side if they fill an outline.

    Parameters
    ----------
    outline
        Polygon in degrees (EPSG:4326).
    line, ground
        The border line and the countries beside it.
    most_km
        Deepest that is looked.

    Returns
    -------
    dict
        By country code, the greatest depth down to which INSIDE_SHARE of the places that lie so
        deep are inside the outline; 0 where that fails at once, `most_km` where it never does.
    """
    at, normal = _stations(line)
    reached = dict.fromkeys(ground.pair, most_km)
    inside_km = dict.fromkeys(ground.pair, 0.0)
    for km in np.geomspace(LEAST_KM, most_km, STEPS):
        plane = np.vstack([at + normal * km * 1000, at - normal * km * 1000])
        lon, lat = ground.projection.degrees(plane).T
        as_deep = np.abs(lines.nearest(line, lon, lat)[0] / km - 1) < TRUE_SHARE
        side = labels(ground, plane)
        inside = shapely.contains_xy(outline, lon, lat)
        for code in ground.pair:
            here = as_deep & (side == code)
            if reached[code] < most_km or not here.any():
                continue
            if inside[here].mean() >= INSIDE_SHARE:
                inside_km[code] = float(km)
            else:
                reached[code] = inside_km[code]
    return reached


def _stations(line: Line) -> tuple[Floats, Floats]:
    """Places along the line in the plane, and the direction square to it at each."""
    at, normal = [], []
    for piece in line.chain:
        along = np.arange(STATION_M / 2, max(piece.length, STATION_M), STATION_M)
        along = np.minimum(along, piece.length / 2) if len(along) == 1 else along
        here = shapely.get_coordinates(shapely.line_interpolate_point(piece, along))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(piece, along + 1))
        behind = shapely.get_coordinates(
            shapely.line_interpolate_point(piece, np.maximum(along - 1, 0))
        )
        run = ahead - behind
        run /= np.maximum(np.linalg.norm(run, axis=1), 1e-9)[:, None]
        at.append(here)
        normal.append(np.column_stack([-run[:, 1], run[:, 0]]))
    return np.vstack(at), np.vstack(normal)
