"""A drawn border on drawn terrain: the folders that terrain and posture read, made by hand."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import LineString, MultiLineString, Point

from pipeline.core import geo, schema, store
from pipeline.network.surroundings import read as read_surroundings
from tests import drawn, world
from tests.drawn import DEGREES_PER_KM

Place = tuple[float, float] | tuple[float, float, str]
CELL_DEGREES = 0.002  # 222 m


def at(km: float, depth_km: float) -> tuple[float, float]:
    """Longitude and latitude of a place on the drawn border's ground."""
    return km * DEGREES_PER_KM, depth_km * DEGREES_PER_KM


def network(
    folder: Path,
    places: Mapping[str, Place],
    *links: str,
    length_km: float = 60.0,
    posts: dict[str, str] | None = None,
    towns: dict[str, tuple[float, float, float]] | None = None,
) -> Path:
    """The network folder; `posts` maps a post's node to its kind, `towns` to km, depth, people."""
    nodes, link_table = drawn.draw(dict(places), *links)
    # With vertices that are not at whole km, as on a real line.
    line = MultiLineString([LineString([at(0, 0), at(length_km / 3, 0), at(length_km, 0)])])
    projection = geo.fit_projection(
        *np.array([at(0, 0), at(length_km / 2, 30), at(length_km, 0)]).T
    )
    length = geo.WGS84.geometry_length(line) / 1000
    border = pd.DataFrame({
        "border": ["drawn"], "name": ["Drawn"], "from_country": ["AA"], "to_country": ["BB"],
        "length_km": [length], "ruler_2km_length_km": [length], "vertex_spacing_m": [1000.0],
        "sea_km": [0.0], "bridged_km": [0.0],
        "parts": [1], "geometry": [line],
    })  # fmt: skip
    stand = nodes.set_index("node_id").loc[list(posts or {})]
    post_table = pd.DataFrame({
        "post_id": [f"p{node}" for node in stand.index], "kind": list((posts or {}).values()),
        "name": None, "hours": None, "since_year": None, "mode": stand["mode"].to_numpy(),
        "node_id": stand.index,
        "side": stand["side"].to_numpy(), "depth_km": stand["depth_km"].to_numpy(),
        "geometry": stand.geometry.to_numpy(),
    })  # fmt: skip
    town_table = pd.DataFrame([
        {"place_id": name, "name": name, "kind": "town", "population": people,
         "side": "AA" if depth < 0 else "BB", "depth_km": depth, "geometry": Point(at(km, depth))}
        for name, (km, depth, people) in (towns or {}).items()
    ])  # fmt: skip
    provenance = {
        "projection": projection.definition,
        "projection_scale_error": str(projection.scale_error),
    }
    store.write(folder, {
        "border": border, "nodes": nodes, "links": link_table,
        "posts": post_table if posts else schema.empty("posts"),
        "post_nodes": drawn.post_nodes(post_table) if posts else schema.empty("post_nodes"),
        "places": town_table if towns else schema.empty("places"),
        "provenance": pd.DataFrame({"key": list(provenance), "value": list(provenance.values())}),
    })  # fmt: skip
    return folder


def surroundings(network_dir: Path, raw: Path) -> None:
    """Barriers, waters and coasts of an OSM file, as the network stage keeps them."""
    found = read_surroundings(raw)
    tables = {"barrier_lines": found.barrier_lines, "water_areas": found.water_areas}
    world.put(network_dir, tables | {"coasts": found.coasts})


def obstacles(folder: Path, **lines: list[tuple[float, float]]) -> Path:
    """The obstacles folder: a line of (km, depth) under its kind, `river_2` a second river."""
    rows = [
        {"barrier_id": name, "kind": name.split("_")[0] if "vehicle" not in name else name,
         "name": None, "geometry": LineString([at(*point) for point in line])}
        for name, line in lines.items()
    ]  # fmt: skip
    barriers = gpd.GeoDataFrame(rows) if rows else schema.empty("barriers")
    store.write(folder, {"barriers": barriers, "waters": schema.empty("waters")})
    return folder


def dem(
    path: Path,
    heights: npt.ArrayLike = 0.0,
    *,
    length_km: float = 60.0,
    width_km: float = 14.0,
    seed: int | None = None,
    cell_degrees: float = CELL_DEGREES,
) -> Path:
    """An elevation model of the strip of `width_km` to either side: flat, given, or rough."""
    columns = int((length_km + 2 * width_km) * DEGREES_PER_KM / cell_degrees)
    rows = int(2 * width_km * DEGREES_PER_KM / cell_degrees)
    shape = rows, columns
    values = np.broadcast_to(np.asarray(heights, dtype=np.float32), shape)
    if seed is not None:
        values = np.random.default_rng(seed).uniform(0, 60, shape).astype(np.float32)
    west, north = at(-width_km, width_km)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
        crs="EPSG:4326", nodata=-9999, transform=from_origin(west, north, *[cell_degrees] * 2),
    ) as made:  # fmt: skip
        made.write(values, 1)
    return path
