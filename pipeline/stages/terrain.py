"""Stage 6, terrain: how hard it is to walk from road to road over each km of the border."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import files, parameters, schema, store
from pipeline.core.geo import Projection
from pipeline.core.progress import progress
from pipeline.network import link_arcs
from pipeline.sources import record
from pipeline.terrain import dem, foot_detours, friction, friction_raster, kilometres
from pipeline.terrain.dem import Heights
from pipeline.terrain.friction import Shapes
from pipeline.terrain.kilometres import Samples
from pipeline.terrain.walk_km import LIMIT_MINUTES, MARGIN_M, Ground, bounds_around, least_minutes

WINDOW_KM = 100  # of border at once; more needs more memory and less time
PASS_KM = parameters.whole("pass_spacing_km")


def terrain(network_dir: str, obstacles_dir: str, out: str, dem_path: str | None = None) -> None:
    """Write walk_km, passes, post_bypasses and terrain to `out`, and friction.tif next to them.

    `dem_path` is an elevation model; without one the tables are empty and `terrain` says why.
    friction.tif is a cloud-optimised GeoTIFF, EPSG:4326: minutes to walk over a cell of the grid
    that was measured on, within 20 km of the line. Raises InputError for bad input.
    """
    with files.scratch(Path(out)) as folder:
        if dem_path is None:
            store.write(out, _absent())
            return
        folder.mkdir(parents=True)
        raster = folder / "friction.tif"
        store.write(out, _measured(network_dir, obstacles_dir, dem_path, raster), others=[raster])


def _measured(
    network_dir: str, obstacles_dir: str, dem_path: str, raster: Path
) -> dict[str, pd.DataFrame]:
    """The tables; what a cell takes to walk over goes to the file `raster`."""
    border, nodes, links, posts, barriers, waters = _tables(network_dir, obstacles_dir)
    plane = kilometres.plane(store.read(network_dir, "provenance"))
    places = plane.plane(posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy())
    middle = kilometres.along(border, plane, 1000.0).plane
    bounds = bounds_around(np.vstack([middle, places]), MARGIN_M)
    with dem.opened(dem_path, plane.definition, bounds) as heights:
        cell_m = heights.grid.cell_m
        obstacles = friction.hindrances(barriers, waters, friction.walkable(links), plane, cell_m)
        line = kilometres.along(border, plane, min(100.0, cell_m / 2))
        countries = (border["from_country"].iloc[0], border["to_country"].iloc[0])
        roads = (_roads(links, countries[0], plane), _roads(links, countries[1], plane))
        ground = Ground(plane, line, countries, roads, obstacles)
        with friction_raster.writing(raster, line, cell_m) as target:
            windows = progress(_windows(line), "ground")
            walks = pd.concat([least_minutes(heights, ground, km, target) for km in windows])
        bypasses = foot_detours.bypasses(heights, obstacles, nodes, links, posts, plane)
        return {
            "walk_km": walks[[column.name for column in schema.TABLES["walk_km"].columns]],
            "passes": _passes(walks, nodes),
            "post_bypasses": bypasses,
            "terrain": _stated(heights, dem_path, walks, waters),
        }


def _absent() -> dict[str, pd.DataFrame]:
    why = "there is no elevation model next to the raw file (<border>.dem.tif)"
    tables = {name: schema.empty(name) for name in ("walk_km", "passes", "post_bypasses")}
    return tables | {"terrain": pd.DataFrame({"key": ["why_absent"], "value": [why]})}


def _tables(network_dir: str, obstacles_dir: str) -> list[Any]:
    names = ("border", "nodes", "links", "posts")
    tables = [store.read(network_dir, name) for name in names]
    return tables + [store.read(obstacles_dir, name) for name in ("barriers", "waters")]


def _roads(links: gpd.GeoDataFrame, country: str, plane: Projection) -> Shapes:
    """Open roads on one side, projected; roads on the line belong to both sides; no ferries."""
    roads = link_arcs.of_mode(links, "road")
    roads = roads[roads["side"].isin([country, "border"]) & (roads["class"] != "ferry")]
    return np.asarray(kilometres.flat(roads.geometry, plane).to_numpy())


def _windows(line: Samples) -> list[range]:
    last = int(np.ceil(line.km[-1]))
    return [range(begin, min(begin + WINDOW_KM, last)) for begin in range(0, last, WINDOW_KM)]


def _passes(walks: pd.DataFrame, nodes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Km that are easier than all others within PASS_KM; of equal ones the westernmost."""
    minutes = walks["walk_minutes"].fillna(np.inf).to_numpy()
    padded = np.pad(minutes, PASS_KM, constant_values=np.inf)
    ahead = np.lib.stride_tricks.sliding_window_view(padded, PASS_KM)
    before, after = ahead[: len(minutes)], ahead[PASS_KM + 1 :]
    lowest = (minutes < before.min(axis=1)) & (minutes <= after.min(axis=1)) & np.isfinite(minutes)
    found = walks[lowest]
    on_line = nodes.loc[nodes["kind"] == "border", "border_km"].to_numpy()
    return gpd.GeoDataFrame(
        {
            "border_km": found["border_km"],
            "walk_minutes": found["walk_minutes"],
            "has_way": found["border_km"].isin(np.floor(on_line).astype(np.int64)),
            "height_m": found["height_m"].astype(float),
        },
        geometry=gpd.points_from_xy(found["lon"], found["lat"]),
        crs=schema.CRS,
    )


def _stated(
    heights: Heights, dem_path: str, walks: pd.DataFrame, waters: gpd.GeoDataFrame
) -> pd.DataFrame:
    """How walking was measured, and for how much of the line it could be measured."""
    facts = {
        "dem": Path(dem_path).name,
        "dem_description": heights.description,
        "dem_cell_m": f"{heights.native_m:.0f}",
        "cell_m": f"{heights.grid.cell_m:g}",
        "resampled": _resampled(heights),
        "slopes": _slopes(heights),
        "limit_minutes": f"{LIMIT_MINUTES:g} to the line and as many from it",
        "obstacle_minutes": " ".join(f"{k} {v:g}" for k, v in friction.STATED_MINUTES.items()),
        "water_km_per_h": f"{friction.WATER_KM_PER_H:g}",
        "sea": _sea(waters["kind"]),
        "walked_share": f"{walks['walk_minutes'].notna().mean():.4f}",
    }
    recorded = record.texts(Path(dem_path).with_suffix(".json"))
    facts |= {f"dem_record_{key}": value for key, value in recorded.items()}
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})


def _resampled(heights: Heights) -> str:
    """How heights were taken from the model's cells for the walking grid."""
    if heights.native_m > 1.5 * heights.grid.cell_m:
        return (
            f"the model's cells of {heights.native_m:.0f} m are coarser than the walking grid: "
            "heights between them are interpolated, relief within a cell is unknown"
        )
    return "averaged" if heights.native_m < heights.grid.cell_m / 1.5 else "cell by cell"


def _slopes(heights: Heights) -> str:
    """How reliable the slopes of the model are."""
    steeper = friction.steeper(heights.native_m)
    if steeper == 1:
        return "as the model shows them"
    return (
        f"far too gentle at this cell size: walk_minutes_steep and minutes_steep show what rests "
        f"on them if slopes are {steeper:g} times steeper"
    )


def _sea(kinds: "pd.Series[str]") -> str:
    if (kinds == "unresolved").any():
        return "partly unresolved (waters, kind unresolved): counted as land, and walkable"
    return "sea, not walkable" if (kinds == "sea").any() else "no coast in the data here"
