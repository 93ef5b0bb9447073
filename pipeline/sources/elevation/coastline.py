"""Whether an area that an elevation model leaves out is sea, by OpenStreetMap's coastline.

Coastline ways have land on their left
(https://wiki.openstreetmap.org/wiki/Tag:natural=coastline).
"""

from pathlib import Path

import numpy as np
import osmium
import shapely
from osmium.osm import NODE, WAY
from shapely.geometry.base import BaseGeometry

from pipeline.core.types import Floats

SAME = 1.0 + 1e-9  # segments that meet at the nearest vertex are equally near


def coastline(raw: Path) -> Floats:
    """The segments of all coastline ways in a file.

    Parameters
    ----------
    raw
        An OpenStreetMap file that osmium reads.

    Returns
    -------
    Floats
        Shape (n, 2, 2): begin and end of each segment in degrees, land on its left.
    """
    file = osmium.FileProcessor(str(raw), NODE | WAY).with_locations()
    file = file.with_filter(osmium.filter.EntityFilter(WAY))
    file = file.with_filter(osmium.filter.TagFilter(("natural", "coastline")))
    found = []
    for way in file:
        points = np.array([(n.lon, n.lat) for n in way.nodes if n.location.valid()])
        if len(points) > 1:
            found.append(np.stack([points[:-1], points[1:]], axis=1))
    return np.concatenate(found) if found else np.empty((0, 2, 2))


def is_sea(area: BaseGeometry, segments: Floats) -> bool:
    """Whether an area lies on the sea's side of the nearest coastline.

    Parameters
    ----------
    area
        A polygon in degrees that no coastline passes.
    segments
        What `coastline` returns.

    Returns
    -------
    bool
        False if there is no coastline: an unknown area does not count as sea.
    """
    if not len(segments):
        return False
    point = area.representative_point()
    scale = np.array([np.cos(np.radians(point.y)), 1.0])
    at = np.array([point.x, point.y]) * scale
    begin, end = segments[:, 0] * scale, segments[:, 1] * scale
    away = shapely.distance(shapely.linestrings(np.stack([begin, end], axis=1)), shapely.Point(at))
    near = away <= away.min() * SAME
    run, reach = (end - begin)[near], at - begin[near]
    # If two segments meet at the nearest vertex, the one whose line is farther from the area
    # decides.
    aside = (run[:, 0] * reach[:, 1] - run[:, 1] * reach[:, 0]) / np.hypot(*run.T)
    return bool(aside[np.argmax(np.abs(aside))] < 0)
