"""Which nodes of the `to` side lie deep enough in the part of its land with the target."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats

# A node made by a cut at a depth has exactly that depth; this allows for rounding.
TOLERANCE_KM = 1e-6
BUFFER_KM = parameters.number("land_gap_km")
# Vertices are thinned to cells of this size, so that distances are accurate to about 10 km.
CELL_DEGREES = 0.1
EARTH_KM = 6371.0088


def at_least(depth_km: Floats, least_km: float) -> Bools:
    """Which depths reach `least_km` (towards `from` if it is negative); an unknown depth does not.

    Parameters
    ----------
    depth_km
        Signed depths in km; NaN where unknown.
    least_km
        Signed depth in km.

    Returns
    -------
    ndarray of bool
        One for each depth.
    """
    if least_km < 0:
        return depth_km <= least_km + TOLERANCE_KM
    return depth_km >= least_km - TOLERANCE_KM


def target_parts(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    depths_km: tuple[float, ...],
    target: tuple[float, float],
) -> dict[float, Bools]:
    """For each depth: which nodes lie that deep on the `to` side, in the part towards `target`.

    No coastline is known here. So a part is a connected component of the union of buffers around
    the open links of any mode at that depth or deeper. The part that counts contains `target` or
    lies nearest to it, within the part that counted at the depth before. So the zone never grows
    with depth.

    Parameters
    ----------
    nodes
        Table nodes, EPSG:4326, with depth_km.
    links
        Table links, EPSG:4326.
    depths_km
        Depths on the `to` side, km.
    target
        Longitude and latitude, degrees.

    Returns
    -------
    dict of float to ndarray of bool
        By depth, ascending: a mask over `nodes`.
    """
    cells, deepest_km, node_cell = _deep_cells(nodes, links)
    points = _points(cells)
    distance = np.linalg.norm(points - _points(np.array([target]) / CELL_DEGREES - 0.5), axis=1)
    node_depth = nodes["depth_km"].to_numpy(float)
    inside = np.ones(len(cells), dtype=bool)
    parts = {}
    for depth_km in sorted(depths_km):
        inside &= at_least(deepest_km, depth_km)
        inside[inside] = _nearest_part(points[inside], distance[inside])
        parts[depth_km] = at_least(node_depth, depth_km) & inside[node_cell]
    return parts


def _deep_cells(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Cells with nodes or open links, the greatest depth in each, and the cell of each node."""
    links = links[links["state"] == "open"]
    held = nodes["node_id"].isin({*links["from_node"], *links["to_node"]}).to_numpy()
    deep = links[links["depth_min_km"] >= 0]
    lines = deep.geometry.to_numpy()
    long = shapely.length(lines) > CELL_DEGREES  # GEOS refuses to densify a line of no length
    lines = np.concatenate([lines[~long], shapely.segmentize(lines[long], CELL_DEGREES)])
    line_km = deep["depth_min_km"].to_numpy(float)
    line_km = np.concatenate([line_km[~long], line_km[long]])
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    where = np.vstack([shapely.get_coordinates(nodes.geometry.to_numpy()), vertices])
    depth = np.concatenate(
        [
            np.where(held, nodes["depth_km"].to_numpy(float), -np.inf),
            line_km[line],
        ]
    )
    cells, cell = np.unique(np.floor(where / CELL_DEGREES), axis=0, return_inverse=True)
    deepest = np.full(len(cells), -np.inf)
    np.maximum.at(deepest, cell.ravel(), np.nan_to_num(depth, nan=-np.inf))
    return cells, deepest, cell.ravel()[: len(nodes)]


def _points(cells: Floats) -> Floats:
    """Centres of cells in space, km, on a sphere."""
    lon, lat = np.radians((cells + 0.5) * CELL_DEGREES).T
    across = np.cos(lat)
    return EARTH_KM * np.column_stack([across * np.cos(lon), across * np.sin(lon), np.sin(lat)])


def _nearest_part(points: Floats, distance: Floats) -> Bools:
    """Which points belong to the part that contains the point of least `distance`."""
    if not len(points):
        return np.zeros(0, dtype=bool)
    pairs = KDTree(points).query_pairs(2 * BUFFER_KM, output_type="ndarray")
    joined = sparse.coo_matrix(
        (np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2
    )
    _, part = csgraph.connected_components(joined, directed=False)
    return np.asarray(part == part[np.argmin(distance)])
