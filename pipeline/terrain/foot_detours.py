"""The way round a control post on foot: from the road before it to the road behind it."""

import heapq
from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, MultiLineString, Point

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.core.geo import WGS84, Projection
from pipeline.network import link_arcs
from pipeline.terrain import friction, kilometres
from pipeline.terrain.around_posts import AROUND_M, KEEP_AWAY_M, ROAD_M
from pipeline.terrain.dem import Heights
from pipeline.terrain.effort import Surface, effort, trace
from pipeline.terrain.friction import STATED, Hindrances

LIMIT_MINUTES = parameters.number("walk_limit_minutes")


@dataclass(frozen=True)
class Place:
    """A planar point of a road, the minutes by road from the post, and its branch of the road."""

    point: Point
    minutes: float
    branch: int


def bypasses(
    heights: Heights,
    obstacles: Hindrances,
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    posts: gpd.GeoDataFrame,
    plane: Projection,
) -> gpd.GeoDataFrame:
    """The table post_bypasses: one row for each post on a road.

    The walk leads around the post between two places that are each 5 km from it by road, on
    different branches of the road. Of all such pairs, the two places farthest apart are used.
    One-way tags are ignored. Walking is measured from the first place (by coordinates) to the
    second.

    Parameters
    ----------
    heights
        The elevation model.
    obstacles
        Obstacles in the plane of `plane`.
    nodes
        Table nodes, EPSG:4326.
    links
        Table links, EPSG:4326.
    posts
        Table posts, EPSG:4326.
    plane
        The projection that the network was measured in.

    Returns
    -------
    GeoDataFrame
        EPSG:4326; minutes, minutes_steep and road_minutes in minutes, length_m in metres;
        why_absent says why a figure is missing.
    """
    roads = link_arcs.of_mode(links, "road")
    roads = roads.assign(plane=kilometres.flat(roads.geometry, plane))
    tree = shapely.STRtree(roads["plane"].to_numpy())
    standing = posts[posts["mode"] == "road"].merge(
        nodes[["node_id", "geometry"]], on="node_id", suffixes=("", "_node")
    )
    rows = []
    for post in records(standing):
        at = shapely.transform(post["geometry_node"], lambda xy: plane.plane(*xy.T))
        near = roads.iloc[np.sort(tree.query(at, predicate="dwithin", distance=ROAD_M))]
        pair = _farthest(_places(post["node_id"], near))
        found = _walked(heights, obstacles, at, pair, plane)
        rows.append({"post_id": post["post_id"], **found})
    columns = ["minutes", "minutes_steep", "road_minutes", "length_m", "why_absent", "geometry"]
    columns = ["post_id", *columns]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs="EPSG:4326")


def _places(node: str, roads: pd.DataFrame) -> list[Place]:
    """All places exactly ROAD_M from the node by road, each with the branch of its shortest way."""
    ends = defaultdict(list)
    for road in records(roads):
        ends[road["from_node"]].append((road, True))
        ends[road["to_node"]].append((road, False))
    settled: dict[str, tuple[float, float, int]] = {node: (0.0, 0.0, -1)}
    queue: list[tuple[float, str, float, int]] = []
    places = []

    def leave(here: str, metres: float, minutes: float, branch: int) -> None:
        for number, (road, forward) in enumerate(ends[here]):
            way = number if branch < 0 else branch
            onward = road["to_node"] if forward else road["from_node"]
            left = ROAD_M - metres
            if road["length_m"] <= left:
                total = minutes + road["minutes"]
                heapq.heappush(queue, (metres + road["length_m"], onward, total, way))
            else:
                share = left / road["length_m"]
                along = share if forward else 1 - share
                point = road["plane"].interpolate(along, normalized=True)
                places.append(Place(point, minutes + share * road["minutes"], way))

    leave(node, 0.0, 0.0, -1)
    while queue:
        metres, here, minutes, branch = heapq.heappop(queue)
        if here not in settled:
            settled[here] = metres, minutes, branch
            leave(here, metres, minutes, branch)
    return places


def _farthest(places: list[Place]) -> tuple[Place, Place] | None:
    """The two places of different branches that are farthest apart, in order of coordinates."""
    pairs = [
        (one.point.distance(other.point), one.point.coords[0], other.point.coords[0], one, other)
        for one in places
        for other in places
        if one.branch != other.branch and one.point.coords[0] < other.point.coords[0]
    ]
    if not pairs:
        return None
    best = max(pairs, key=lambda pair: pair[:3])
    return best[3], best[4]


def _walked(
    heights: Heights,
    obstacles: Hindrances,
    post: Point,
    pair: tuple[Place, Place] | None,
    plane: Projection,
) -> dict[str, object]:
    """Minutes, length and course of the fastest walk between the pair away from the post."""
    none: dict[str, object] = dict.fromkeys(
        ("minutes", "minutes_steep", "road_minutes", "length_m")
    )
    none["geometry"] = MultiLineString()
    if pair is None:
        return none | {"why_absent": "the road ends within 5 km of the post, or leads only one way"}
    none["road_minutes"] = pair[0].minutes + pair[1].minutes
    if min(place.point.distance(post) for place in pair) <= KEEP_AWAY_M + heights.grid.cell_m:
        near_km = KEEP_AWAY_M / 1000
        why = f"the road bends back to less than {near_km:g} km from the post"
        return none | {"why_absent": why}
    edges = shapely.bounds([shapely.MultiPoint([post, pair[0].point, pair[1].point])])[0]
    west, south, east, north = edges + AROUND_M * np.array([-1, -1, 1, 1])
    part = heights.grid.part((west, south, east, north))
    grid = heights.grid.cut(part)
    known = heights.read(part)
    known[friction.on_cells(np.array([post.buffer(KEEP_AWAY_M)]), grid)] = np.nan
    cells = [np.floor(~grid.transform @ place.point.coords[0]).astype(int)[::-1] for place in pair]
    ends = tuple(cells[0]), tuple(cells[1])
    least, path = _least(friction.surface(known, grid, obstacles, STATED), *ends)
    if path is None:
        return none | {"why_absent": "the terrain cannot be passed, or its height is unknown"}
    steeper = friction.steeper(heights.native_m)
    steep = None
    if steeper > 1:
        raised = known * np.float32(steeper)
        steep, _ = _least(friction.surface(raised, grid, obstacles, STATED), *ends)
    rows, columns = np.unravel_index(path, known.shape)
    middle = np.column_stack(grid.transform @ np.array([columns + 0.5, rows + 0.5]))
    lonlat = plane.degrees(middle)
    return {
        "minutes": least,
        "minutes_steep": steep,
        "road_minutes": none["road_minutes"],
        "length_m": WGS84.line_length(*lonlat.T),
        "why_absent": None,
        "geometry": MultiLineString([LineString(lonlat)]),
    }


def _least(
    surface: Surface, begin: tuple[int, ...], end: tuple[int, ...]
) -> tuple[float | None, list[int] | None]:
    """Least minutes between two cells, and the cells on the way; None if there is no way."""
    shape = surface.height_m.shape
    start, target = np.full(shape, np.inf), np.zeros(shape, dtype=bool)
    start[begin], target[end] = 0.0, True
    minutes, before = effort(surface, start, limit_minutes=LIMIT_MINUTES, targets=target)
    if not np.isfinite(minutes[end]):
        return None, None
    return float(minutes[end]), trace(before, int(np.ravel_multi_index(end, shape)))
