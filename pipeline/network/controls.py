"""Place posts on the network: on a node, on ways through their shape, or on a near way."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.geo import Projection
from pipeline.core.types import Floats, Ints
from pipeline.network import segments as pieces
from pipeline.network import tags

POST_SNAP_M = parameters.number("post_snap_m")
MAIN_ROAD_SNAP_M = parameters.number("main_road_snap_m")
LANES_M = parameters.number("control_apart_m")
SNAPPED_POSTS = parameters.texts("control_kinds")  # stations and barracks stop no one
SAME_M = 0.001  # points nearer than this count as one
# Classes among which the largest road is chosen; lower classes only serve places next to them.
ROADS = tags.ROAD_CLASSES[: tags.ROAD_CLASSES.index("living_street")]


def at_posts(
    vertices: pd.DataFrame,
    segments: pd.DataFrame,
    posts: pd.DataFrame,
    shapes: dict[str, BaseGeometry],
    class_: npt.NDArray[np.object_],
    projection: Projection,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cut the network where ways pass a post, and return these places.

    A post that is a vertex of a way is at that vertex. A control that is an area or a line is on
    every way that runs through it. A control that no way passes is on the nearest way within
    POST_SNAP_M, and on the largest road within MAIN_ROAD_SNAP_M. A control on a lane of a row of
    booths (a service way) is also on the largest road within LANES_M, since the row controls that
    road.

    Parameters
    ----------
    vertices, segments
        The network before lines and depths cut it.
    posts
        Columns id, element, osm_id, kind, lon, lat.
    shapes
        Areas and lines (EPSG:4326) by the id of their post.
    class_
        Class of each way.
    projection
        Planar metres.

    Returns
    -------
    tuple of DataFrame
        Vertices marked `at_post`, segments, and the places: columns post (row of the posts) and
        vertex, the one nearest to the post first.
    """
    vertices = vertices.assign(at_post=False)
    own = _own_vertex(vertices, segments, posts)
    plane = projection.plane(vertices["lon"].to_numpy(), vertices["lat"].to_numpy())
    a, b = plane[segments["a"].to_numpy()], plane[segments["b"].to_numpy()]
    drawn = np.asarray(shapely.linestrings(np.stack([a, b], axis=1)), dtype=object)
    rank = pd.Series(class_).map(tags.RANK).to_numpy()[segments["way"].to_numpy()]
    beside = np.flatnonzero((own < 0) & posts["kind"].isin(SNAPPED_POSTS).to_numpy())
    found: list[tuple[int, int, float]] = []
    tree = shapely.STRtree(drawn)
    lanes = _on_service_ways(own, segments, class_)
    for row in np.flatnonzero(lanes & posts["kind"].isin(SNAPPED_POSTS).to_numpy()):
        shape = _planar(posts, int(row), shapes, projection)
        placed = _snapped(shape, tree, drawn, rank, (0.0, LANES_M))
        found += [(int(row), segment, share) for segment, share in placed]
    for row in beside:
        shape = _planar(posts, int(row), shapes, projection)
        within = _passing(shape, tree, drawn, segments["way"].to_numpy())
        reach_m = (POST_SNAP_M, MAIN_ROAD_SNAP_M)
        placed = within or _snapped(shape, tree, drawn, rank, reach_m)
        found += [(int(row), segment, share) for segment, share in placed]
    post, segment = (np.array([one[k] for one in found], dtype=np.int64) for k in (0, 1))
    share = np.array([one[2] for one in found], dtype=np.float64)
    length_m = np.hypot(*(b - a)[segment].T)
    at_a, at_b = share * length_m < SAME_M, (1 - share) * length_m < SAME_M
    vertex = np.where(at_a, segments["a"].to_numpy()[segment], segments["b"].to_numpy()[segment])
    new = ~(at_a | at_b)
    places, order = np.unique(
        np.column_stack([segment[new], np.round(share[new], 9)]), axis=0, return_inverse=True
    )
    vertex[new] = len(vertices) + order.ravel()
    known = pd.DataFrame({"at_post": np.ones(len(places), dtype=bool)})
    vertices, segments = pieces.inserted(
        vertices, segments, places[:, 0].astype(np.int64), places[:, 1], known
    )
    stands = np.flatnonzero(own >= 0)
    at = pd.DataFrame(
        {"post": np.concatenate([stands, post]), "vertex": np.concatenate([own[stands], vertex])}
    ).drop_duplicates()
    marked = vertices["at_post"].to_numpy().copy()
    marked[at["vertex"].to_numpy(dtype=np.int64)] = True
    return vertices.assign(at_post=marked), segments, at


def _own_vertex(vertices: pd.DataFrame, segments: pd.DataFrame, posts: pd.DataFrame) -> Ints:
    """Row of the vertex that is the post's own OSM node, if a way has it; otherwise -1."""
    used = np.zeros(len(vertices), dtype=bool)
    used[segments["a"]] = True
    used[segments["b"]] = True
    row = pd.Series(np.flatnonzero(used), index=vertices["osm_id"].to_numpy()[used])
    row = row[row.index != pieces.INSERTED]
    numbered = row.reindex(posts["osm_id"]).to_numpy()
    own = np.where(posts["element"] == "n", numbered, np.nan)
    return np.array(pd.Series(own).fillna(-1), dtype=np.int64)


def _on_service_ways(
    own: Ints, segments: pd.DataFrame, class_: npt.NDArray[np.object_]
) -> npt.NDArray[np.bool_]:
    """Which posts are vertices of service ways only, such as the lanes of a row of booths."""
    service = class_[segments["way"].to_numpy()] == "service"
    ends = segments[["a", "b"]].to_numpy()
    return (own >= 0) & np.isin(own, ends[service]) & ~np.isin(own, ends[~service])


def _planar(
    posts: pd.DataFrame, row: int, shapes: dict[str, BaseGeometry], projection: Projection
) -> BaseGeometry:
    post = posts.iloc[row]
    shape = shapes.get(post["id"], shapely.Point(post["lon"], post["lat"]))
    return shapely.transform(shape, lambda xy: projection.plane(*xy.T))


def _passing(
    shape: BaseGeometry, tree: shapely.STRtree, drawn: Floats, way: Ints
) -> list[tuple[int, float]]:
    """Where ways run through an area or under a line: one place for each way."""
    if shape.geom_type == "Point":
        return []
    rows = np.sort(tree.query(shape, predicate="intersects"))
    parts = shapely.intersection(drawn[rows], shape)
    longest: dict[int, tuple[float, int, float]] = {}
    for row, part in zip(rows.tolist(), parts, strict=True):
        middle = drawn[row].project(shapely.centroid(part)) / max(drawn[row].length, SAME_M)
        best = longest.get(int(way[row]))
        if best is None or part.length > best[0]:
            longest[int(way[row])] = (float(part.length), row, float(middle))
    return [(row, share) for _, row, share in longest.values()]


def _snapped(
    shape: BaseGeometry,
    tree: shapely.STRtree,
    drawn: Floats,
    rank: Ints,
    reach_m: tuple[float, float],
) -> list[tuple[int, float]]:
    """Nearest places: on the nearest way in the first reach, on the largest road in the second."""
    way_m, road_m = reach_m
    rows = np.sort(tree.query(shape, predicate="dwithin", distance=max(reach_m)))
    away_m = shapely.distance(drawn[rows], shape)
    chosen = rows[away_m < way_m][np.argsort(away_m[away_m < way_m], kind="stable")]
    picked = chosen[:1].tolist()
    roads = (rank[rows] < len(ROADS)) & (away_m <= road_m)
    if roads.any():
        largest = roads & (rank[rows] == rank[rows][roads].min())
        picked.append(int(rows[largest][np.argmin(away_m[largest])]))
    found = []
    for row in dict.fromkeys(picked):
        shortest = shapely.shortest_line(drawn[row], shape)
        nearest = shapely.get_point(shortest, 0)
        # Beside a wall along the way, all places are equally near: the middle is used.
        middle = drawn[row].interpolate(drawn[row].project(shapely.centroid(shape)))
        if shapely.distance(middle, shape) <= shortest.length + SAME_M:
            nearest = middle
        share = drawn[row].project(nearest) / max(drawn[row].length, SAME_M)
        found.append((int(row), float(share)))
    return found
