"""Sites: links so near to each other that they can be closed together."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core import geo, parameters
from pipeline.core.types import Ints

Shapes = npt.NDArray[Any]

SITE_M = parameters.number("merge_m")
DEGREE_M = 111_000.0


def sites(links: gpd.GeoDataFrame, site_m: float = SITE_M) -> Ints:
    """Number of each link's site, from 0, in order of the first links.

    Distance is measured between the links' lines, not their middles. So links that share a node
    form one site: a single post there closes them all.

    Parameters
    ----------
    links
        Links of a cut, EPSG:4326, with from_node and to_node.
    site_m
        Greatest geodesic distance within a site, metres.

    Returns
    -------
    ndarray of int
        One for each link.
    """
    ends = np.concatenate([links["from_node"].to_numpy(), links["to_node"].to_numpy()])
    _, end = np.unique(ends.astype(str), return_inverse=True)
    rows = np.tile(np.arange(len(links)), 2)
    cluster = _components(len(links) + end.max(initial=-1) + 1, rows, len(links) + end)
    cluster = _renumbered(cluster[: len(links)])
    order = np.argsort(cluster, kind="stable")
    lines = links.geometry.to_numpy()[order]
    shapes = shapely.multilinestrings(lines, indices=cluster[order])
    a, b = _near(shapes, site_m)
    return _renumbered(_components(len(shapes), a, b)[cluster])


def _near(shapes: Shapes, site_m: float) -> tuple[Ints, Ints]:
    """Pairs of shapes that are less than `site_m` apart."""
    if len(shapes) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    poleward = np.abs(shapely.bounds(shapes)[:, [1, 3]]).max()
    reach = site_m / DEGREE_M / max(np.cos(np.radians(poleward)), 0.01)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=reach)
    a, b = a[a < b], b[a < b]
    # Longitudes are scaled so that one degree has the same length as a degree of latitude there.
    shrink = np.cos(np.radians(shapely.get_y(shapely.get_point(_joins(shapes[a], shapes[b]), 0))))
    joins = _joins(_shrunk(shapes[a], shrink), _shrunk(shapes[b], shrink))
    at, to = (shapely.get_point(joins, k) for k in (0, 1))
    lon_a, lon_b = shapely.get_x(at) / shrink, shapely.get_x(to) / shrink
    near = geo.distance_m(lon_a, shapely.get_y(at), lon_b, shapely.get_y(to)) < site_m
    return a[near], b[near]


def _joins(a: Shapes, b: Shapes) -> Shapes:
    return np.asarray(shapely.shortest_line(a, b), dtype=object)


def _shrunk(shapes: Shapes, factor: npt.NDArray[np.float64]) -> Shapes:
    shapes = shapes.copy()
    vertices, shape = shapely.get_coordinates(shapes, return_index=True)
    vertices[:, 0] *= factor[shape]
    return np.asarray(shapely.set_coordinates(shapes, vertices))


def _components(n: int, a: Ints, b: Ints) -> Ints:
    joined = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n))
    return np.asarray(csgraph.connected_components(joined, directed=False)[1], dtype=np.int64)


def _renumbered(group: Ints) -> Ints:
    """Groups numbered in order of first occurrence."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse], dtype=np.int64)
