"""How deep the data can reach by an outline next to the file, or by the box in its header."""

from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.poly import read_poly
from pipeline.core.types import Floats
from pipeline.network import line as lines
from pipeline.network import reach, scan
from pipeline.network.line import Line
from pipeline.network.sides import Territories, labels
from pipeline.sources import record

STEPS = 60  # number of depths that are tried, evenly spaced on a logarithmic scale
LEAST_KM = 0.01
STATION_M = parameters.number("outline_station_m")
TRUE_SHARE = parameters.number("outline_depth_share")
INSIDE_SHARE = parameters.number("outline_inside_share")


def reach_km(
    outline: BaseGeometry, line: Line, territories: Territories, most_km: float
) -> dict[str, float]:
    """How deep the data reach on each side if they fill an outline.

    Parameters
    ----------
    outline
        Polygon in degrees (EPSG:4326).
    line, territories
        The border line and the countries next to it.
    most_km
        Greatest depth that is tried.

    Returns
    -------
    dict
        By country code, the greatest depth to which INSIDE_SHARE of the places at each depth are
        inside the outline; 0 if this fails at the first depth, `most_km` if it never fails.
    """
    at, normal = _stations(line)
    reached = dict.fromkeys(territories.pair, most_km)
    inside_km = dict.fromkeys(territories.pair, 0.0)
    for km in np.geomspace(LEAST_KM, most_km, STEPS):
        plane = np.vstack([at + normal * km * 1000, at - normal * km * 1000])
        lon, lat = territories.projection.degrees(plane).T
        as_deep = np.abs(lines.nearest(line, lon, lat)[0] / km - 1) < TRUE_SHARE
        side = labels(territories, plane)
        inside = shapely.contains_xy(outline, lon, lat)
        for code in territories.pair:
            here = as_deep & (side == code)
            if reached[code] < most_km or not here.any():
                continue
            if inside[here].mean() >= INSIDE_SHARE:
                inside_km[code] = float(km)
            else:
                reached[code] = inside_km[code]
    return reached


def _stations(line: Line) -> tuple[Floats, Floats]:
    """Places along the line in the plane, and the direction at right angles to it at each."""
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


def stated_reach(
    raw: Path, line: Line, territories: Territories, border: BorderFile
) -> dict[str, tuple[float, str]]:
    """Reach of each side by the record of the fetch, otherwise by an outline next to the file.

    Parameters
    ----------
    raw
        The raw file; its record and outline are next to it.
    line, territories
        The border line and the countries next to it.
    border
        The border file.

    Returns
    -------
    dict of str to tuple of float and str
        By country code, km and the file that states it; empty if no file does.

    Raises
    ------
    InputError
        If the record or the outline cannot be read.
    """
    km = record.big_roads_km(raw.with_name(f"{border.border}.record.json"))
    sides = (border.from_, border.to)
    if km is not None:
        return dict.fromkeys(sides, (km, reach.RECORD))
    poly = raw.with_name(f"{border.border}.poly")
    if not poly.is_file():
        return {}
    found = reach_km(read_poly(poly), line, territories, border.corridor_km)
    return {side: (km, "outline") for side, km in found.items()}


def box_reach(
    raw: str, line: Line, territories: Territories, border: BorderFile
) -> dict[str, float]:
    """How deep the data can reach by the box in the file's header, if it has one.

    Parameters
    ----------
    raw
        The raw file.
    line, territories
        The border line and the countries next to it.
    border
        The border file.

    Returns
    -------
    dict of str to float
        By country code, km; empty if the header has no box.
    """
    box = scan.header_box(raw)
    if box is None:
        return {}
    return reach_km(shapely.box(*box), line, territories, border.corridor_km)
