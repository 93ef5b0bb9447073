"""Stage 6a: obstacles to walking near the line and posts: rivers, canals, fences, walls, water."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters, schema, store
from pipeline.core.geo import Projection
from pipeline.network.surroundings import COLUMNS, WATERWAYS
from pipeline.terrain import kilometres, shores
from pipeline.terrain.around_posts import AROUND_M, ROAD_M
from pipeline.terrain.kilometres import Samples
from pipeline.terrain.pace import FASTEST_KM_PER_H

# No walk that is computed goes farther than this from the line or from a post.
NEAR_LINE_M = parameters.number("walk_limit_minutes") / 60 * FASTEST_KM_PER_H * 1000
NEAR_POST_M = ROAD_M + AROUND_M

LEAST_BARRIER_M = parameters.number("least_barrier_m")


def obstacles(network_dir: str, out: str) -> None:
    """Write the tables barriers (lines) and waters (areas) to the folder `out`.

    Fences and walls of gardens are left out. The sea is to the right of the coastlines; where one
    ends within the area, sea and land are not distinguished. Raises
    InputError for bad input.
    """
    border = store.read(network_dir, "border")
    posts = store.read(network_dir, "posts")
    plane = kilometres.plane(store.read(network_dir, "provenance"))
    near = _near(kilometres.along(border, plane, 2000.0), posts, plane)
    lines, areas, coasts = (
        gpd.GeoDataFrame(store.read(network_dir, name))
        for name in ("barrier_lines", "water_areas", "coasts")
    )
    barriers = _without_gardens(_kept(lines, near, plane, "barrier_id"), plane)
    seas = gpd.GeoDataFrame(_seas(coasts, near, plane), columns=COLUMNS, crs=schema.CRS)
    waters = _kept(pd.concat([areas, seas], ignore_index=True), near, plane, "water_id")
    store.write(out, {"barriers": barriers, "waters": waters})


def _seas(coasts: gpd.GeoDataFrame, near: BaseGeometry, plane: Projection) -> list[dict[str, Any]]:
    """Rows of the sea within the area, each named by the lowest id of its coastlines."""
    numbered = coasts.assign(way=coasts["id"].str.extract(r"w(\d+)")[0].astype("int64"))
    numbered = numbered.sort_values("way")
    ways = numbered["way"].tolist()
    lines = [shores.shore(shapely.get_coordinates(one), plane) for one in numbered.geometry]
    faces, land, sea = shores.faces(near, lines)
    tree = shapely.STRtree(lines)
    found: list[dict[str, Any]] = []
    face, line = tree.query(faces, predicate="dwithin", distance=shores.ROUNDING_M)
    for wanted, kind, letter in ((~land, "sea", "s"), (land, "unresolved", "u")):
        kept = sea & wanted
        first = pd.Series(line).groupby(face).min().reindex(np.flatnonzero(kept))
        for least, rows in first.groupby(first).groups.items():
            parts = shapely.get_parts(shapely.union_all(faces[rows]))
            shapes = shapely.transform(shapely.segmentize(parts, shores.LONGEST_M), plane.degrees)
            found.append({"id": f"{letter}{ways[least]}", "kind": kind, "name": None,
                          "geometry": MultiPolygon(list(shapes))})  # fmt: skip
    return found


def _near(line: Samples, posts: gpd.GeoDataFrame, plane: Projection) -> BaseGeometry:
    """Planar area where obstacles matter."""
    points = plane.plane(posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy())
    reach_m = np.repeat([NEAR_LINE_M, NEAR_POST_M], [len(line.plane), len(points)])
    middles = shapely.points(np.vstack([line.plane, points]))
    area = shapely.union_all(shapely.buffer(middles, reach_m, quad_segs=4))
    shapely.prepare(area)
    return area


def _kept(
    frame: gpd.GeoDataFrame, near: BaseGeometry, plane: Projection, key: str
) -> gpd.GeoDataFrame:
    """The rows that touch that area, uncut, without those with no valid shape."""
    there = shapely.intersects(near, kilometres.flat(frame.geometry, plane).to_numpy())
    return frame[there].rename(columns={"id": key})


def _without_gardens(barriers: gpd.GeoDataFrame, plane: Projection) -> gpd.GeoDataFrame:
    """The barriers, except fences and walls that stay short when joined end to end."""
    shapes = kilometres.flat(barriers.geometry, plane).to_numpy()
    ends = np.round(shapely.get_coordinates(shapely.get_point(shapes, [[0], [-1]])), 1)
    point = np.unique(ends, axis=0, return_inverse=True)[1].ravel()
    n, first, last = len(barriers), point[: len(barriers)], point[len(barriers) :]
    joins = coo_array((np.ones(n), (first, last)), shape=(int(point.max(initial=-1)) + 1,) * 2)
    chain = connected_components(joins, directed=False)[1][first]
    length_m = np.bincount(chain, shapely.length(shapes))[chain] if n else np.zeros(0)
    built = ~barriers["kind"].isin(list(WATERWAYS.values())).to_numpy()
    return barriers[~built | (length_m >= LEAST_BARRIER_M)]
