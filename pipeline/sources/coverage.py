"""Which places an extract covers, by its outline or by its data."""

import numpy as np
import osmium
import shapely
from scipy.spatial import KDTree

from pipeline.core import parameters
from pipeline.core.poly import read_poly
from pipeline.core.types import Bools, Floats
from pipeline.sources.survey import FileSurvey


def covered(new: FileSurvey, at: Floats, there: Bools) -> Bools:
    """Which places the newer file covers, by its outline or by its data."""
    outline = new.blobs.path.with_name(new.blobs.path.name.removesuffix(".osm.pbf") + ".poly")
    if outline.is_file():
        return np.asarray(shapely.contains_xy(read_poly(outline), at[:, 0], at[:, 1]))
    known = ~np.isnan(at[:, 0])
    box = osmium.io.Reader(str(new.blobs.path), osmium.osm.NOTHING).header().box()
    if box.valid():
        low, high = box.bottom_left, box.top_right
        known &= (at[:, 0] >= low.lon) & (at[:, 0] <= high.lon)
        known &= (at[:, 1] >= low.lat) & (at[:, 1] <= high.lat)
    rows = np.flatnonzero(known)
    neighbours = min(int(parameters.number("overlap_neighbours")), len(rows) - 1)
    result = np.zeros(len(at), dtype=bool)
    if neighbours < 1:
        return result
    lon, lat = np.radians(at[rows]).T
    space = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    near = KDTree(space).query(space, neighbours + 1)[1]
    others = near != np.arange(len(rows))[:, None]
    share = (there[rows][near] & others).sum(axis=1) / others.sum(axis=1)
    result[rows] = share >= parameters.number("overlap_share")
    return result
