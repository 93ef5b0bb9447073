"""Distance of posts: in a straight line, and in minutes by road and then on foot."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.geo import Projection
from pipeline.core.types import Floats
from pipeline.network import link_arcs, standing_posts
from pipeline.terrain import kilometres
from pipeline.terrain.pace import FLAT_KM_PER_H

Shapes = npt.NDArray[np.object_]
TINY = 1e-9  # minutes; a sparse matrix of scipy drops zeros


@dataclass(frozen=True)
class Guards:
    """Posts in the plane, and the minutes by road from the nearest post to each node.

    `minutes` is given by side (only with posts and roads of that side) and, under None, for all
    posts and all roads. `roads` are the open road links, with planar shapes under `plane`.
    """

    sides: tuple[str, str]
    posts: Shapes
    roads: pd.DataFrame
    minutes: dict[str | None, "pd.Series[float]"]
    projection: Projection


def guards(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    posts: gpd.GeoDataFrame,
    crossings: gpd.GeoDataFrame,
    crossing_links: pd.DataFrame,
    projection: Projection,
) -> Guards:
    """Posts that check travellers, and every official crossing, which is a post for both sides.

    Staff of toll booths do not pursue anybody, so toll booths are left out.

    Parameters
    ----------
    nodes
        Table nodes, EPSG:4326.
    links
        Table links, EPSG:4326.
    posts
        Posts at all of their nodes, EPSG:4326, as `standing_posts.at_nodes` returns them.
    crossings
        Table crossings, EPSG:4326.
    crossing_links
        Table crossing_links, with crossing_id and node_id.
    projection
        The projection that the network was measured in.

    Returns
    -------
    Guards
        Posts and roads in planar metres; minutes by node_id, infinite if no post has a way there.
    """
    countries = nodes.loc[nodes["depth_km"] < 0, "side"], nodes.loc[nodes["depth_km"] > 0, "side"]
    sides = tuple(str(side.iloc[0]) if len(side) else "" for side in countries)
    official = crossings[crossings["counted"] & (crossings["status"] == "official")]
    on_line = crossing_links.merge(official[["crossing_id"]], on="crossing_id")["node_id"]
    standing = standing_posts.checking(posts[posts["mode"].notna()])
    roads = link_arcs.of_mode(links, "road")
    minutes: dict[str | None, pd.Series[float]] = {
        None: _minutes(nodes, roads, {*standing["node_id"], *on_line})
    }
    for side in sides:
        ours = {*standing.loc[standing["side"].isin([side, "border"]), "node_id"], *on_line}
        minutes[side] = _minutes(nodes, roads[roads["side"].isin([side, "border"])], ours)
    shapes = pd.concat([standing.geometry, official.geometry])
    return Guards(
        sides=(sides[0], sides[1]),
        posts=kilometres.flat(shapes, projection).to_numpy(),
        roads=roads.assign(plane=kilometres.flat(roads.geometry, projection)),
        minutes=minutes,
        projection=projection,
    )


def _minutes(nodes: pd.DataFrame, roads: pd.DataFrame, at: set[str]) -> "pd.Series[float]":
    """Minutes from the nearest of the nodes `at`, by node; infinite without a way."""
    arcs = link_arcs.arcs(nodes, roads, directed=True)
    cost = roads["minutes"].to_numpy(float)[arcs.link] + TINY
    # Only the fastest of parallel arcs: a sparse matrix would add them.
    order = np.lexsort([cost, arcs.head, arcs.tail])
    tail, head, cost = arcs.tail[order], arcs.head[order], cost[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    shape = (len(nodes), len(nodes))
    matrix = sparse.csr_matrix((cost[first], (tail[first], head[first])), shape=shape)
    sources = np.flatnonzero(nodes["node_id"].isin(at))
    found = np.full(len(nodes), np.inf)
    if len(sources):
        found = csgraph.dijkstra(matrix, indices=sources, min_only=True)
    return pd.Series(found, index=nodes["node_id"].to_numpy())


def from_posts(guard: Guards, side: str, points: Shapes) -> Floats:
    """Minutes from the nearest post of a side to planar points: by road, then on foot.

    A guard drives to the place nearest to the point on a road that can be reached from a post, and
    walks straight to the point from there at Tobler's speed on level ground, 5.04 km/h.

    Parameters
    ----------
    guard
        Posts and roads.
    side
        Code of the country whose posts and roads count.
    points
        (n,) points in planar metres.

    Returns
    -------
    ndarray of float
        (n,) minutes; infinite where no post reaches a road.
    """
    minutes, roads = guard.minutes[side], guard.roads
    begin = minutes.reindex(roads["from_node"]).to_numpy()
    end = minutes.reindex(roads["to_node"]).to_numpy()
    ours = roads["side"].isin([side, "border"]).to_numpy()
    usable = ours & (np.isfinite(begin) | (np.isfinite(end) & ~roads["oneway"].to_numpy()))
    result = np.full(len(points), np.inf)
    if not usable.any():
        return result
    roads, begin, end = roads[usable], begin[usable], end[usable]
    shapes = roads["plane"].to_numpy()
    (point, road), metres = shapely.STRtree(shapes).query_nearest(points, return_distance=True)
    share = shapely.line_locate_point(shapes[road], points[point], normalized=True)
    along = roads["minutes"].to_numpy(float)[road]
    against = np.where(roads["oneway"].to_numpy()[road], np.inf, end[road] + (1 - share) * along)
    by_road = np.minimum(begin[road] + share * along, against)
    np.minimum.at(result, point, by_road + metres * 0.06 / FLAT_KM_PER_H)
    return result


def by_links(guard: Guards, keys: "pd.Series[str]", joins: pd.DataFrame) -> Floats:
    """Minutes by road from the nearest post to the nearest end of each key's links.

    `joins` has a row (id, link_id) for each link of a key.

    Parameters
    ----------
    guard
        Posts and roads.
    keys
        Keys of the answers, such as ids of cuts.
    joins
        A row (id, link_id) for each link of a key.

    Returns
    -------
    ndarray of float
        Minutes, one for each of `keys`; infinite if no post has a way there.
    """
    roads = guard.roads.set_index("link_id")
    ends = roads[["from_node", "to_node"]].reindex(joins["link_id"])
    minutes = np.fmin(*(guard.minutes[None].reindex(ends[end]).to_numpy() for end in ends))
    least = pd.Series(minutes, index=joins["id"].to_numpy()).groupby(level=0).min()
    return np.asarray(least.reindex(keys).fillna(np.inf), dtype=np.float64)


def by_ways(guard: Guards, ways: gpd.GeoSeries, nodes: gpd.GeoDataFrame) -> Floats:
    """Minutes by road from the nearest post to the nearest node of each way.

    An end of a way between two nodes, at a place on a link, does not count as a node.

    Parameters
    ----------
    guard
        Posts and roads.
    ways
        Lines in EPSG:4326, with a part for each link or piece of a link.
    nodes
        Table nodes, EPSG:4326.

    Returns
    -------
    ndarray of float
        Minutes, one for each way; infinite if no post has a way there.
    """
    parts, way = shapely.get_parts(ways.to_numpy(), return_index=True)
    ends = shapely.get_coordinates(shapely.get_point(parts, [[0], [-1]]))
    # Nodes are found by exact coordinates, since ways are drawn with those of the links.
    minutes = guard.minutes[None].reindex(nodes["node_id"]).to_numpy()
    known = pd.DataFrame({"x": nodes.geometry.x, "y": nodes.geometry.y, "minutes": minutes})
    passed = pd.DataFrame({"way": np.tile(way, 2), "x": ends[:, 0], "y": ends[:, 1]})
    least = passed.merge(known, on=["x", "y"]).groupby("way")["minutes"].min()
    return np.asarray(least.reindex(range(len(ways))).fillna(np.inf), dtype=np.float64)


def near(guard: Guards, shapes: gpd.GeoSeries, metres: float) -> npt.NDArray[np.bool_]:
    """Which shapes have a post within a straight-line distance.

    Parameters
    ----------
    guard
        Posts and roads.
    shapes
        Geometries in EPSG:4326.
    metres
        Greatest distance in metres.

    Returns
    -------
    ndarray of bool
        One for each shape.
    """
    found = np.zeros(len(shapes), dtype=bool)
    if len(guard.posts) and len(shapes):
        plane = kilometres.flat(shapes, guard.projection).to_numpy()
        hits = shapely.STRtree(guard.posts).query(plane, predicate="dwithin", distance=metres)
        found[hits[0]] = True
    return found
