"""Elevation, then terrain, of real borders in the Alps: true roads and rivers, relief by formula.

No model of the ground is at hand, so the ground is one that a formula knows: tiles of it are served
as the Copernicus bucket does, fetched, walked over, and the minutes checked against scipy.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core import store
from pipeline.core.types import Bools, Floats
from pipeline.network import link_arcs
from pipeline.sources.elevation import elevation
from pipeline.stages import obstacles, terrain
from pipeline.stages.network import network
from pipeline.terrain import dem, friction, kilometres, walk_km
from pipeline.terrain.effort import MOVES
from tests import relief
from tests.file_server import FileServer

CHECKOUT = Path(__file__).parents[1]
RAW = CHECKOUT.parent / "shared" / "data" / "osm-liechtenstein-2022.osm.pbf"
DATA_TOML = "through_km = 0.05\norigin_km = 0.05\ndepths_km = [0.05, 0.5, 1, 2, 4]\n"
BORDERS = ("ch-li", "at-li")

pytestmark = pytest.mark.skipif(not RAW.is_file(), reason="the Liechtenstein extract is not here")
Walked = dict[str, Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each border: network, obstacles, dem.tif, terrain."""
    folder = tmp_path_factory.mktemp("alps")
    tiles = relief.bucket(folder / "bucket", {(9, 46), (10, 46), (9, 47), (10, 47)})
    data_toml = folder / "data.toml"
    data_toml.write_text(DATA_TOML, encoding="utf-8")
    for border in BORDERS:
        toml, at = CHECKOUT / "pipeline" / "borders" / f"{border}.toml", folder / border
        network(str(RAW), str(toml), str(at / "network"), str(data_toml))
        obstacles.obstacles(str(at / "network"), str(at / "obstacles"))
        with FileServer(tiles) as server, pytest.MonkeyPatch.context() as patch:
            patch.setenv("DEM_URL", server.url)
            elevation.elevation(str(RAW), str(toml), str(at / "dem.tif"))
        folders = [str(at / name) for name in ("network", "obstacles", "terrain", "dem.tif")]
        terrain.terrain(*folders)
    return {border: folder / border for border in BORDERS}


def walks(at: Path) -> pd.DataFrame:
    return store.read(at / "terrain", "walk_km").set_index("border_km")


@pytest.mark.parametrize("border", BORDERS)
def test_heights_are_those_of_the_formula(found: dict[str, Path], border: str) -> None:
    with rasterio.open(found[border] / "dem.tif") as raster:
        heights = raster.read(1)
        known = np.flatnonzero(heights != raster.nodata)
        assert len(known) > 100_000
        rows, columns = np.unravel_index(known[::37], heights.shape)
        lon, lat = raster.transform @ np.array([columns + 0.5, rows + 0.5])
    assert heights[rows, columns] == pytest.approx(relief.height_m(lon, lat), abs=0.01)
    assert np.ptp(heights[rows, columns]) > 1800
    passes = store.read(found[border] / "terrain", "passes")
    true_m = relief.height_m(passes.geometry.x.to_numpy(), passes.geometry.y.to_numpy())
    # A cell of 90 m is as high as its middle, some 60 m from the place at most.
    assert passes["height_m"].to_numpy() == pytest.approx(true_m, abs=60)


def test_the_rhine_takes_its_time_but_on_bridges(found: dict[str, Path]) -> None:
    rhine = walks(found["ch-li"])[:27]
    roads = store.read(found["ch-li"] / "network", "nodes")
    bridges = np.floor(roads.loc[roads["kind"] == "border", "border_km"]).astype(int).unique()
    bridged = rhine.index.isin(bridges)
    assert bridged.sum() > 5
    assert (rhine["walk_minutes_closed"][bridged] <= rhine["walk_minutes_open"][bridged] + 3).all()
    dry = rhine["walk_minutes"] - rhine["walk_minutes_open"]
    assert (dry[~bridged] <= 15 + 15 + 1).all()  # at most the river and a fence
    assert (dry[~bridged] > 10).mean() > 0.8
    # Most of what has no bridge cannot be passed if the river cannot, or only round by one.
    assert rhine["walk_minutes_closed"][~bridged].isna().mean() > 0.5


def test_the_valley_is_easier_to_walk_through_than_the_ridges(found: dict[str, Path]) -> None:
    austrian = walks(found["at-li"])["walk_minutes"]
    assert austrian[:10].max() < 30
    assert austrian[20:].min() > 120
    with rasterio.open(found["at-li"] / "terrain" / "friction.tif") as raster:
        minutes = raster.read(1, masked=True)
        rows, columns = np.nonzero(~minutes.mask)
        lon, lat = raster.transform @ np.array([columns + 0.5, rows + 0.5])
        taken = minutes[rows, columns].data
    low = relief.height_m(lon, lat) < relief.FLOOR_M + 1
    flat = 90 * 0.06 / 5.0367
    assert np.median(taken[low]) == pytest.approx(flat, rel=0.02)
    assert np.median(taken[~low]) > 1.5 * flat


@pytest.mark.parametrize("border", BORDERS)
def test_minutes_are_those_of_another_engine(found: dict[str, Path], border: str) -> None:
    """Every move as an arc of a matrix, cost by hand, and scipy's search: no obstacles."""
    at = found[border]
    plane = kilometres.plane(store.read(at / "network", "provenance"))
    line = kilometres.along(store.read(at / "network", "border"), plane, 45.0)
    near_km, most_minutes = 9.0, 60.0
    stretch = line.plane[(line.km > 8) & (line.km < 20)]
    # The grid that terrain measures on: warped with another corner heights differ by centimetres.
    posts = store.read(at / "network", "posts").geometry
    places = plane.plane(posts.x.to_numpy(), posts.y.to_numpy())
    whole = walk_km.bounds_around(np.vstack([line.plane, places]), walk_km.MARGIN_M)
    with dem.opened(at / "dem.tif", plane.definition, whole) as heights:
        part = heights.grid.part(walk_km.bounds_around(stretch, near_km * 1000))
        grid, height = heights.grid.cut(part), heights.read(part).astype(float)
    assert grid.cell_m == 90
    links = store.read(at / "network", "links")
    borders = store.read(at / "network", "border")
    pair = [borders[column].iloc[0] for column in ("from_country", "to_country")]
    there = _minutes(height, _road_cells(links, pair[0], plane, grid), backward=False)
    back = _minutes(height, _road_cells(links, pair[1], plane, grid), backward=True)
    columns, rows = np.floor(~grid.transform @ line.plane.T).astype(int)
    inside = (rows >= 0) & (rows < grid.rows) & (columns >= 0) & (columns < grid.columns)
    known, compared = walks(at)["walk_minutes_open"], 0
    for km in range(9, 19):
        here = inside & (line.km >= km) & (line.km <= km + 1)
        least = (there + back)[rows[here], columns[here]].min()
        if least <= most_minutes:  # farther than that a way may leave this ground
            assert known[km] == pytest.approx(least, rel=1e-5, abs=1e-5)
            compared += 1
    assert compared > 4


def _road_cells(links: gpd.GeoDataFrame, side: str, plane: Any, grid: dem.Grid) -> Bools:
    roads = link_arcs.of_mode(links, "road")
    roads = roads[roads["side"].isin([side, "border"]) & (roads["class"] != "ferry")]
    return friction.on_cells(kilometres.flat(roads.geometry, plane).to_numpy(), grid)


def _minutes(height: Floats, sources: Bools, *, backward: bool) -> Floats:
    rows, columns = height.shape
    number = np.arange(height.size).reshape(height.shape)
    tails, heads, costs = [], [], []
    for row, column in MOVES[:, :2]:
        begin = np.s_[max(0, -row) : rows - max(0, row), max(0, -column) : columns - max(0, column)]
        end = np.s_[max(0, row) : rows + min(0, row), max(0, column) : columns + min(0, column)]
        metres = 90 * np.hypot(row, column)
        slope = (height[end] - height[begin]) / metres
        tails.append(number[begin].ravel())
        heads.append(number[end].ravel())
        costs.append((metres * 0.06 / (6 * np.exp(-3.5 * np.abs(slope + 0.05)))).ravel())
    tail, head, cost = (np.concatenate(parts) for parts in (tails, heads, costs))
    ends = (head, tail) if backward else (tail, head)
    known = np.isfinite(cost)
    ends = tuple(part[known] for part in ends)
    matrix = sparse.csr_array((cost[known], ends), shape=(height.size,) * 2)
    found = csgraph.dijkstra(matrix, indices=np.flatnonzero(sources), min_only=True)
    return np.asarray(found).reshape(height.shape)
