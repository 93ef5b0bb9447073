"""Stage 6, terrain: how hard it is to walk from road to road through each km of the border."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import rasterio.shutil
import shapely
from rasterio.transform import from_origin
from rasterio.windows import Window, from_bounds

from pipeline.core import files, parameters, schema, store
from pipeline.core.geo import Projection
from pipeline.core.progress import progress
from pipeline.core.types import Bools, Floats, Singles
from pipeline.network import link_arcs
from pipeline.sources import record
from pipeline.terrain import dem, foot_detours, friction, kilometres
from pipeline.terrain.dem import Bounds, Grid, Heights
from pipeline.terrain.effort import FASTEST_KM_PER_H, Surface, effort
from pipeline.terrain.friction import OPEN, SHUT, STATED, Hindrances, Shapes
from pipeline.terrain.kilometres import Samples

LIMIT_MINUTES = parameters.number("walk_limit_minutes")
MARGIN_M = LIMIT_MINUTES / 60 * FASTEST_KM_PER_H * 1000
WINDOW_KM = 100  # of border at once; memory grows with it, work falls
FRICTION_M = 1000 * parameters.number("friction_width_km")
PASS_KM = parameters.whole("pass_spacing_km")
NODATA = -9999.0
DEGREE_M = 111_195.0  # metres in a degree of latitude, to choose the size of cells in degrees
TAGS = {
    "TIFFTAG_IMAGEDESCRIPTION": "Minutes to walk over a cell of the measuring grid: slope by"
    " Tobler (1993), mean of eight directions, with the stated minutes for rivers and fences"
}


@dataclass(frozen=True)
class Ground:
    """What a border's walkers meet: line, planar roads by side, obstacles."""

    plane: Projection
    line: Samples
    countries: tuple[str, str]
    roads: tuple[Shapes, Shapes]
    obstacles: Hindrances


def terrain(network_dir: str, obstacles_dir: str, out: str, dem_path: str | None = None) -> None:
    """Write walk_km, passes, post_bypasses and terrain to `out`, and friction.tif beside them.

    `dem_path` is an elevation model; without one the tables are empty and `terrain` says why.
    friction.tif is a cloud-optimised GeoTIFF, EPSG:4326: minutes to walk over a cell of the grid
    that was measured on, within 20 km of the line. Raises InputError for bad input.
    """
    Path(out).mkdir(parents=True, exist_ok=True)
    raster = Path(out) / "friction.tif"
    if dem_path is None:
        raster.unlink(missing_ok=True)
        store.write(out, _absent())
        return
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
        with _writing(raster, line, cell_m) as target:
            windows = progress(_windows(line), "ground")
            walks = pd.concat([_window(heights, ground, km, target) for km in windows])
        bypasses = foot_detours.bypasses(heights, obstacles, nodes, links, posts, plane)
        tables = {
            "walk_km": walks[[column.name for column in schema.TABLES["walk_km"].columns]],
            "passes": _passes(walks, nodes),
            "post_bypasses": bypasses,
            "terrain": _stated(heights, dem_path, walks, waters),
        }
    store.write(out, tables)


def _absent() -> dict[str, pd.DataFrame]:
    why = "no elevation model lies beside the raw file (<border>.dem.tif)"
    tables = {name: schema.empty(name) for name in ("walk_km", "passes", "post_bypasses")}
    return tables | {"terrain": pd.DataFrame({"key": ["why_absent"], "value": [why]})}


def _tables(network_dir: str, obstacles_dir: str) -> list[Any]:
    names = ("border", "nodes", "links", "posts")
    tables = [store.read(network_dir, name) for name in names]
    return tables + [store.read(obstacles_dir, name) for name in ("barriers", "waters")]


def bounds_around(points: Floats, margin_m: float) -> Bounds:
    """West, south, east and north of planar points with a margin, in metres."""
    (west, south), (east, north) = points.min(axis=0) - margin_m, points.max(axis=0) + margin_m
    return float(west), float(south), float(east), float(north)


def _roads(links: gpd.GeoDataFrame, country: str, plane: Projection) -> Shapes:
    """Planar open roads on one side; those on the line itself belong to both; no ferries."""
    roads = link_arcs.of_mode(links, "road")
    roads = roads[roads["side"].isin([country, "border"]) & (roads["class"] != "ferry")]
    return np.asarray(kilometres.flat(roads.geometry, plane).to_numpy())


def _windows(line: Samples) -> list[range]:
    last = int(np.ceil(line.km[-1]))
    return [range(begin, min(begin + WINDOW_KM, last)) for begin in range(0, last, WINDOW_KM)]


def _window(heights: Heights, ground: Ground, kms: range, raster: Any) -> pd.DataFrame:
    """Least minutes through each km of the range, with and without obstacles, and where."""
    # A point between two km counts for both.
    chosen = (ground.line.km >= kms.start) & (ground.line.km <= kms.stop)
    points, km = ground.line.plane[chosen], ground.line.km[chosen]
    part = heights.grid.part(bounds_around(points, MARGIN_M))
    grid = heights.grid.cut(part)
    known = heights.read(part)
    columns, rows = np.floor(~grid.transform @ points.T).astype(np.int64)
    targets = np.zeros(known.shape, dtype=bool)
    targets[rows, columns] = True
    sources = [friction.on_cells(roads, grid) for roads in ground.roads]
    found = pd.DataFrame({"border_km": np.array(kms, dtype=np.int64), "walk_minutes_steep": np.nan})
    level = known * np.float32(0)
    variants = {
        "_flat": (level, OPEN),
        "_open": (known, OPEN),
        "_shut": (known, SHUT),
        "": (known, STATED),
    }
    steeper = friction.steeper(heights.native_m)
    if steeper > 1:
        variants = {"_steep": (known * np.float32(steeper), STATED)} | variants
    for name, (shown, times) in variants.items():
        surface = friction.surface(shown, grid, ground.obstacles, times)
        there, back = _both_ways(surface, sources, targets)
        sums = (there + back)[rows, columns]
        least = np.array([_least(sums, km, one) for one in kms])
        found[f"walk_minutes{name}"] = [sums[row] for row in least]
    _draw_friction(raster, grid, friction.cell_minutes(surface), points, ground.plane)
    found["lon"], found["lat"] = ground.line.degrees[chosen][least].T
    found["height_m"] = known[rows, columns][least]
    at_sea = friction.on_cells(ground.obstacles.seas, grid, all_touched=False)[rows, columns]
    found["why_absent"] = [
        _why(known[rows, columns][near], there[rows, columns][near], back[rows, columns][near],
             at_sea[near], ground.countries)
        for near in ((km >= one) & (km <= one + 1) for one in kms)
    ]  # fmt: skip
    minutes = [name for name in found if str(name).startswith("walk_minutes")]
    return found.replace({name: {np.inf: np.nan} for name in minutes})


def _both_ways(surface: Surface, sources: list[Bools], targets: Bools) -> tuple[Floats, Floats]:
    """Minutes from the `from` side's roads to the targets, and from there to the other side's.

    A road on the cell of an obstacle lies on its own bank: it is still to be passed.
    """
    entry = surface.entry_minutes.astype(np.float64)
    start = np.where(sources[0], entry, np.inf)
    there, _ = effort(surface, start, limit_minutes=LIMIT_MINUTES, targets=targets)
    end = np.where(sources[1], 0.0, np.inf)
    back, _ = effort(surface, end, backward=True, limit_minutes=LIMIT_MINUTES, targets=targets)
    return there, back


def _least(sums: Floats, km: Floats, one: int) -> int:
    """Row of the least sum within a km; the first of equals."""
    rows = np.flatnonzero((km >= one) & (km <= one + 1))
    return int(rows[np.argmin(sums[rows])])


def _why(
    heights: Singles, there: Floats, back: Floats, at_sea: Bools, countries: tuple[str, str]
) -> str | None:
    if np.isfinite(there + back).any():
        return None
    if at_sea.all():
        return "the line lies in the sea there, as the coast is drawn"
    if np.isnan(heights).all():
        return "the elevation model holds no height of land there"
    lacking = [
        country
        for country, minutes in zip(countries, (there, back), strict=True)
        if not np.isfinite(minutes).any()
    ]
    # Each side may be reached from some point of the km, but no point from both.
    return f"no road of {' nor '.join(lacking or countries)} within {LIMIT_MINUTES:g} minutes"


def _draw_friction(
    raster: Any, grid: Grid, minutes: Singles, points: Floats, plane: Projection
) -> None:
    """Put the cells near this stretch of line into the raster; the others stay as they are."""
    line = shapely.linestrings(points) if len(points) > 1 else shapely.points(points[0])
    strip = shapely.buffer(line, FRICTION_M)
    near = friction.on_cells(np.array([strip]), grid, all_touched=False)
    known = np.pad(
        np.where(near & np.isfinite(minutes), minutes, NODATA), 1, constant_values=NODATA
    )
    rim = plane.degrees(shapely.get_coordinates(strip))
    (west, south), (east, north) = rim.min(axis=0), rim.max(axis=0)
    window = from_bounds(west, south, east, north, raster.transform).round_offsets().round_lengths()
    window = window.intersection(Window(0, 0, raster.width, raster.height))
    columns, rows = np.meshgrid(np.arange(window.width) + 0.5, np.arange(window.height) + 0.5)
    lonlat = raster.window_transform(window) @ np.array([columns.ravel(), rows.ravel()])
    cells = np.floor(~grid.transform @ plane.plane(*lonlat).T).astype(np.int64)
    column, row = (np.clip(part + 1, 0, size + 1) for part, size in zip(
        cells, (grid.columns, grid.rows), strict=True))  # fmt: skip
    found = known[row, column].reshape(columns.shape)
    there = raster.read(1, window=window)
    raster.write(np.where(found == NODATA, there, found).astype(np.float32), 1, window=window)


@contextmanager
def _writing(path: Path, line: Samples, cell_m: float) -> Iterator[Any]:
    """A raster round the line, written beside `path`, then made cloud-optimised and renamed."""
    cell = cell_m / DEGREE_M
    pad = FRICTION_M / DEGREE_M / np.cos(np.radians(np.abs(line.degrees[:, 1]).max()))
    (west, south), (east, north) = line.degrees.min(axis=0) - pad, line.degrees.max(axis=0) + pad
    profile = {
        "driver": "GTiff", "width": int((east - west) / cell) + 1, "count": 1,
        "height": int((north - south) / cell) + 1, "dtype": "float32", "crs": schema.CRS,
        "transform": from_origin(west, north, cell, cell), "nodata": NODATA,
        "tiled": True, "compress": "deflate", "sparse_ok": True, "bigtiff": "if_safer",
    }  # fmt: skip
    options = {"compress": "deflate", "predictor": "yes", "sparse_ok": True}
    with files.whole(path) as whole, files.scratch(path) as plain:
        with rasterio.open(plain, "w+", **profile) as raster:
            yield raster
            raster.units, raster.descriptions = ["min"], [f"walking minutes per {cell_m:g} m"]
            raster.update_tags(**TAGS, measured_on_cells_of_m=f"{cell_m:g}")
        rasterio.shutil.copy(plain, whole, driver="COG", resampling="average", **options)


def _passes(walks: pd.DataFrame, nodes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Km that are easier than all within PASS_KM; of equal neighbours the westernmost."""
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
    """What the ground was measured with, and how much of the line it could be measured for."""
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
    told = record.told(Path(dem_path).with_suffix(".json"))
    facts |= {f"dem_record_{key}": value for key, value in told.items()}
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})


def _resampled(heights: Heights) -> str:
    """How the model's own cells became those of the walking grid."""
    if heights.native_m > 1.5 * heights.grid.cell_m:
        return (
            f"the model's cells of {heights.native_m:.0f} m are coarser than the walking grid: "
            "heights between them are interpolated, relief within a cell is unknown"
        )
    return "averaged" if heights.native_m < heights.grid.cell_m / 1.5 else "cell by cell"


def _slopes(heights: Heights) -> str:
    """How far the slopes of the model can be relied on."""
    steeper = friction.steeper(heights.native_m)
    if steeper == 1:
        return "as the model shows them"
    return (
        f"far too gentle at this cell size: walk_minutes_steep and minutes_steep show what rests "
        f"on them if slopes are {steeper:g} times steeper"
    )


def _sea(kinds: "pd.Series[str]") -> str:
    if (kinds == "untold").any():
        return "not everywhere told from land (waters, kind untold), which is then walked on"
    return "nobody walks there" if (kinds == "sea").any() else "no coast on this ground"
