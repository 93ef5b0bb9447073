"""Stage 6a: what hinders walking near line and posts: rivers, canals, fences, walls, water, sea."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.osm import AREA, NODE, RELATION, WAY
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters, schema, store
from pipeline.core.errors import InputError
from pipeline.core.geo import Projection
from pipeline.network import normalise
from pipeline.terrain import foot_detours, kilometres, shores
from pipeline.terrain.effort import FASTEST_KM_PER_H
from pipeline.terrain.kilometres import Samples

# No walk that is followed reaches farther than this from the line, nor from a post.
NEAR_LINE_M = parameters.number("walk_limit_minutes") / 60 * FASTEST_KM_PER_H * 1000
NEAR_POST_M = foot_detours.ROAD_M + foot_detours.AROUND_M

BARRIERS = {
    "fence": "fence",
    "wall": "wall",
    "city_wall": "wall",
    "border_fence": "fence",
    # Stops cars, lets walkers through.
    "bollard": "vehicle_barrier",
    "jersey_barrier": "vehicle_barrier",
}
WATERWAYS = {"river": "river", "canal": "canal"}
LEAST_BARRIER_M = parameters.number("least_barrier_m")
# Under ground or dry for most of the year: in deserts most rivers are.
COAST = {"natural": "coastline"}
NO_OBSTACLE = {"tunnel": "yes", "intermittent": "yes", "seasonal": "yes", "covered": "yes"}


def obstacles(raw: str, network_dir: str, out: str) -> None:
    """Write the tables barriers (lines) and waters (areas) to the folder `out`.

    `raw` is the OSM file that the network was read from. Intermittent rivers, what runs under
    ground, and fences and walls of gardens are left out. The sea is what lies to the right of the
    coasts; where one ends within the ground it is told neither from land. Raises InputError for bad
    input.
    """
    border = store.read(network_dir, "border")
    posts = store.read(network_dir, "posts")
    plane = kilometres.plane(store.read(network_dir, "provenance"))
    near = _near(kilometres.along(border, plane, 2000.0), posts, plane)
    with normalise.newest(Path(raw), in_order=True) as source:
        lines, areas, coasts = _elements(str(source))
    barriers = _without_gardens(_kept(lines, near, plane, "barrier_id"), plane)
    waters = _kept([*areas, *_seas(coasts, near, plane)], near, plane, "water_id")
    store.write(out, {"barriers": barriers, "waters": waters})


Rows = list[dict[str, Any]]


def _elements(raw: str) -> tuple[Rows, Rows, dict[int, BaseGeometry]]:
    """Rows of lines and of areas of water, and the coasts by their way."""
    lines: Rows = []
    areas: Rows = []
    coasts: dict[int, BaseGeometry] = {}
    factory = osmium.geom.WKBFactory()
    try:
        for element in _filtered(raw):
            tags = {tag.k: tag.v for tag in element.tags}
            if any(tags.get(key) == value for key, value in NO_OBSTACLE.items()):
                continue
            if element.is_area():
                kind = "water"
                shape, rows = factory.create_multipolygon(element), areas
                name = f"{'w' if element.from_way() else 'r'}{element.orig_id()}"
            elif COAST.items() <= tags.items():
                if (coast := _course(element, factory)) is not None:
                    coasts[element.id] = coast
                continue
            else:
                found = BARRIERS.get(tags.get("barrier", "")) or WATERWAYS.get(
                    tags.get("waterway", "")
                )
                if found is None or len({node.ref for node in element.nodes}) < 2:
                    continue
                kind, name = found, f"w{element.id}"
                course = _course(element, factory)
                if course is None:
                    continue
                shape, rows = course.wkb_hex, lines
            rows.append(
                {
                    "id": name,
                    "kind": kind,
                    "name": tags.get("name"),
                    "geometry": shapely.from_wkb(bytes.fromhex(shape)),
                }
            )
    except RuntimeError as error:
        raise InputError(f"{raw}: not readable as OpenStreetMap data ({error})") from error
    return lines, areas, coasts


def _seas(
    coasts: dict[int, BaseGeometry], near: BaseGeometry, plane: Projection
) -> Iterator[dict[str, Any]]:
    """Rows of the sea on the ground, each by the lowest of the ways that bound it."""
    ways = sorted(coasts)
    lines = [shores.shore(shapely.get_coordinates(coasts[way]), plane) for way in ways]
    faces, land, sea = shores.faces(near, lines)
    tree = shapely.STRtree(lines)
    face, line = tree.query(faces, predicate="dwithin", distance=shores.ROUNDING_M)
    for told, kind, letter in ((~land, "sea", "s"), (land, "untold", "u")):
        kept = sea & told
        first = pd.Series(line).groupby(face).min().reindex(np.flatnonzero(kept))
        for least, rows in first.groupby(first).groups.items():
            parts = shapely.get_parts(shapely.union_all(faces[rows]))
            shapes = shapely.transform(shapely.segmentize(parts, shores.LONGEST_M), plane.degrees)
            yield {"id": f"{letter}{ways[least]}", "kind": kind, "name": None,
                   "geometry": MultiPolygon(list(shapes))}  # fmt: skip


def _course(way: Any, factory: Any) -> BaseGeometry | None:
    """The course of a way in degrees, in pieces where nodes are missing; None if none is left."""
    if len({node.ref for node in way.nodes}) < 2:
        return None
    try:
        return shapely.from_wkb(bytes.fromhex(factory.create_linestring(way)))
    except osmium.InvalidLocationError:
        runs: list[list[tuple[float, float]]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append((node.lon, node.lat))
            elif runs[-1]:
                runs.append([])
        pieces = [shapely.LineString(run) for run in runs if len(set(run)) > 1]
        return shapely.MultiLineString(pieces) if pieces else None


def _filtered(raw: str) -> Iterator[Any]:
    """Ways that may be obstacles, and areas of water; osmium does the choosing, compiled."""
    water = osmium.filter.TagFilter(("natural", "water"), ("waterway", "riverbank"))
    lines = [("barrier", kind) for kind in BARRIERS] + [("waterway", kind) for kind in WATERWAYS]
    keys = osmium.filter.TagFilter(*lines, *COAST.items()).enable_for(WAY)
    reader = osmium.FileProcessor(str(Path(raw)), NODE | WAY | RELATION | AREA)
    wanted = reader.with_locations().with_areas(water).with_filter(keys)
    no_points = osmium.filter.EntityFilter(WAY | AREA)
    for element in wanted.with_filter(no_points):
        if element.is_way() or _is_water(element.tags):
            yield element


def _is_water(tags: Any) -> bool:
    return bool(tags.get("natural") == "water" or tags.get("waterway") == "riverbank")


def _near(line: Samples, posts: gpd.GeoDataFrame, plane: Projection) -> BaseGeometry:
    """Planar ground where obstacles matter."""
    points = plane.plane(posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy())
    reach_m = np.repeat([NEAR_LINE_M, NEAR_POST_M], [len(line.plane), len(points)])
    middles = shapely.points(np.vstack([line.plane, points]))
    ground = shapely.union_all(shapely.buffer(middles, reach_m, quad_segs=4))
    shapely.prepare(ground)
    return ground


def _kept(rows: Rows, near: BaseGeometry, plane: Projection, key: str) -> pd.DataFrame:
    """The rows on that ground, whole, without those that no shape can be made of."""
    frame = gpd.GeoDataFrame(
        rows, columns=["id", "kind", "name", "geometry"], geometry="geometry", crs=schema.CRS
    )
    there = shapely.intersects(near, kilometres.flat(frame.geometry, plane).to_numpy())
    return frame[there].rename(columns={"id": key})


def _without_gardens(barriers: gpd.GeoDataFrame, plane: Projection) -> gpd.GeoDataFrame:
    """The barriers but for fences and walls that, joined end to end, stay short."""
    shapes = kilometres.flat(barriers.geometry, plane).to_numpy()
    ends = np.round(shapely.get_coordinates(shapely.get_point(shapes, [[0], [-1]])), 1)
    point = np.unique(ends, axis=0, return_inverse=True)[1].ravel()
    n, first, last = len(barriers), point[: len(barriers)], point[len(barriers) :]
    joins = coo_array((np.ones(n), (first, last)), shape=(int(point.max(initial=-1)) + 1,) * 2)
    chain = connected_components(joins, directed=False)[1][first]
    length_m = np.bincount(chain, shapely.length(shapes))[chain] if n else np.zeros(0)
    built = ~barriers["kind"].isin(list(WATERWAYS.values())).to_numpy()
    return barriers[~built | (length_m >= LEAST_BARRIER_M)]
