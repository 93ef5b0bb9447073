"""Zones of F(D): which nodes lie deep enough on a side, and in the part that holds the target."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats
from pipeline.network.split import ON_LINE

# A node cut out at a depth carries exactly that depth; this only swallows rounding.
TOLERANCE_KM = 1e-6
BUFFER_KM = parameters.number("land_gap_km")
# Vertices are thinned to cells of this size, so that distances are true to some 10 km.
CELL_DEGREES = 0.1
EARTH_KM = 6371.0088


def at_least(depth_km: Floats, least_km: float) -> Bools:
    """Which depths reach `least_km` (towards `from` where it is negative); none where unknown.

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
    """For each depth, which nodes lie that deep on the `to` side in the part towards `target`.

    No coastline is known, so a part is a connected component of the union of buffers around the
    open links of any mode at that depth or deeper. The part that counts holds `target` or lies
    nearest to it, within the part that counted at the depth before: so the zone never grows with
    depth.

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
    """Cells that hold nodes or open links, the greatest depth met in each, each node's cell."""
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
    """Which points belong to the part that holds the point of least `distance`."""
    if not len(points):
        return np.zeros(0, dtype=bool)
    pairs = KDTree(points).query_pairs(2 * BUFFER_KM, output_type="ndarray")
    joined = sparse.coo_matrix(
        (np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2
    )
    _, part = csgraph.connected_components(joined, directed=False)
    return np.asarray(part == part[np.argmin(distance)])


@dataclass(frozen=True)
class Grounds:
    """The origin and destination zone of F(D) at one signed depth, as masks over nodes.

    `elsewhere` is as deep as `sink`, but in another part of the `to` side. `least_km` says how
    deep each zone is, by country. Where data end before `origin_km`, the open ends of that
    side stand for its origin or destination zone (0 in `least_km`): what leads on from there may
    be fewer roads, so the cut is an upper bound.
    """

    depth_km: float
    source: Bools
    sink: Bools
    elsewhere: Bools
    least_km: dict[str, float]
    is_upper_bound: bool = False


def grounds(nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, border: BorderFile) -> list[Grounds]:
    """The zones of every depth of the border file, from the deepest on the `from` side.

    Parameters
    ----------
    nodes
        Table nodes, EPSG:4326.
    links
        Table links, EPSG:4326.
    border
        The border file, as settled for these data.

    Returns
    -------
    list of Grounds
        By signed depth: the `from` side first, deepest first, then the `to` side.
    """
    return pairs(nodes, target_parts(nodes, links, border.depths_km, border.target), border)


def pairs(nodes: pd.DataFrame, parts: dict[float, Bools], border: BorderFile) -> list[Grounds]:
    """The same as `grounds`, where the parts of the `to` side that count are known by depth.

    Parameters
    ----------
    nodes
        Table nodes with side, depth_km and open_ended.
    parts
        By depth in km: a mask over `nodes`, as of `target_parts`.
    border
        The border file, as settled for these data.

    Returns
    -------
    list of Grounds
        As of `grounds`.
    """
    depth_km = nodes["depth_km"].to_numpy(float)
    start, start_km = _origin(nodes, border, border.from_)
    end, end_km = _origin(nodes, border, border.to)
    nowhere = np.zeros(len(nodes), dtype=bool)
    result = []
    for deep in reversed(border.depths_km):
        least_km = {border.from_: deep, border.to: end_km}
        source = at_least(depth_km, -deep)
        result.append(Grounds(-deep, source, end, nowhere, least_km, is_upper_bound=end_km == 0))
    for deep, part in parts.items():
        elsewhere = at_least(depth_km, deep) & ~part
        least_km = {border.from_: start_km, border.to: deep}
        result.append(Grounds(deep, start, part, elsewhere, least_km, is_upper_bound=start_km == 0))
    return result


def between_origins(nodes: pd.DataFrame, part: Bools, border: BorderFile) -> Grounds:
    """The grounds of what lies at the line itself: `origin_km` deep on either side.

    Parameters
    ----------
    nodes
        Table nodes, with `depth_km`, `side` and `open_ended`.
    part
        Nodes `origin_km` deep on the `to` side, in the part that holds the target.
    border
        The border file, with the reach of both sides.

    Returns
    -------
    Grounds
        At depth 0. Where data end before `origin_km`, the side's open ends are its ground.
    """
    start, start_km = _origin(nodes, border, border.from_)
    end, end_km = _origin(nodes, border, border.to)
    least_km = {border.from_: start_km, border.to: end_km}
    nowhere = np.zeros(len(nodes), dtype=bool)
    elsewhere = nowhere if end_km == 0 else end & ~part
    sink = end if end_km == 0 else part
    return Grounds(0.0, start, sink, elsewhere, least_km, is_upper_bound=not all(least_km.values()))


def reach_of(border: BorderFile, mode: str) -> dict[str, float]:
    """How deep the data hold what a mode uses, by country.

    Parameters
    ----------
    border
        The border file, as settled for these data.
    mode
        road, rail or foot.

    Returns
    -------
    dict of str to float
        Kilometres, by country code.
    """
    return (border.foot_reach_km or border.reach_km) if mode == "foot" else border.reach_km


def _origin(nodes: pd.DataFrame, border: BorderFile, side: str) -> tuple[Bools, float]:
    """The zone `origin_km` deep on a side, and how deep it is.

    Where data end before, the open ends of the side are the zone too, and its depth is 0; so are
    roads that were cut on the line where the other side is mapped.
    """
    sign = -1.0 if side == border.from_ else 1.0
    deep = at_least(nodes["depth_km"].to_numpy(float), sign * border.origin_km)
    if border.reach_km.get(side, np.inf) >= border.origin_km - TOLERANCE_KM:
        return deep, border.origin_km
    other = border.to if side == border.from_ else border.from_
    here = nodes["side"] == side
    if border.reach_km.get(other, np.inf) >= border.through_km:
        here |= nodes["side"] == ON_LINE
    return deep | (nodes["open_ended"].eq(True) & here).to_numpy(), 0.0


def why_absent(pair: Grounds, held: Bools, way: str, reach_km: dict[str, float]) -> str | None:
    """Why F(D) cannot be stated for a network that holds the nodes `held`; None where it can.

    Parameters
    ----------
    pair
        The two zones of F(D).
    held
        Mask over nodes: those that the network holds.
    way
        What the network consists of, in words.
    reach_km
        By country code, how deep the data are complete, km.

    Returns
    -------
    str or None
        The reason, a phrase.
    """
    if not held.any():
        return f"no open {way}"
    for country, least_km in pair.least_km.items():
        if least_km > reach_km.get(country, np.inf) + TOLERANCE_KM:
            return f"data on the {country} side reach {reach_km[country]:.3g} km"
    masks = (pair.source, pair.sink)
    for (country, least_km), mask in zip(pair.least_km.items(), masks, strict=True):
        if not (held & mask).any():
            if least_km == 0:
                return f"no {way} has an open end on the {country} side, where the data end"
            other_land = mask is pair.sink and (held & pair.elsewhere).any()
            apart = " towards the target" if other_land else ""
            return f"no {way} lies {least_km:g} km deep on the {country} side{apart}"
    return None
