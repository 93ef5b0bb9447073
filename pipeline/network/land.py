"""Pieces of land that the lines enclose completely, such as an enclave."""

import numpy as np
import shapely

from pipeline.core import parameters
from pipeline.network.course import TOUCH_M
from pipeline.network.line import Line
from pipeline.network.sides import Territories

LEAST_PIECE_M2 = parameters.number("least_land_piece_m2")


def least_piece_depth_km(territories: Territories, line: Line) -> float:
    """Depth of the shallowest piece of land that lines enclose; infinite if there is none.

    Parameters
    ----------
    territories
        The plane divided into countries. Faces that touch its frame are not whole pieces.
    line
        The border line, from which depth is measured.

    Returns
    -------
    float
        Kilometres from the line to the farthest point among the piece's corners and its middle (the
        centre of the largest circle in it).
    """
    frame = shapely.box(*shapely.total_bounds(territories.faces)).exterior
    depths = []
    for face, label in zip(territories.faces, territories.labels, strict=True):
        if (
            label in territories.pair
            and face.area > LEAST_PIECE_M2
            and face.distance(frame) > TOUCH_M
        ):
            middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(face))[:1]
            corners = np.vstack([shapely.get_coordinates(face.exterior), middle])
            away_km = shapely.distance(
                shapely.points(corners), shapely.MultiLineString(list(line.chain))
            )
            depths.append(float(away_km.max()) / 1000)
    return min(depths, default=np.inf)
