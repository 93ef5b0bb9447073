"""Permeability, passes and ways round posts, on ground whose answers are known by hand."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely.geometry import MultiPolygon, Polygon

from pipeline.core import geo, schema, store
from pipeline.core.errors import InputError
from pipeline.stages import terrain
from pipeline.terrain import friction
from pipeline.terrain.pace import FLAT_KM_PER_H
from tests import ground
from tests.drawn import DEGREES_PER_KM
from tests.ground import Place

# Two roads along the border, 5 km from it on either side.
ROADS: dict[str, Place] = {"a": (-10, -5), "b": (70, -5), "c": (-10, 5), "d": (70, 5)}
LINKS = ("a-b", "c-d")
THROUGH = 10 / FLAT_KM_PER_H * 60  # minutes from one to the other


def run(tmp_path: Path, network: Path, obstacles: Path, *model: Path) -> dict[str, Any]:
    out = tmp_path / "terrain"
    terrain.terrain(str(network), str(obstacles), str(out), *map(str, model))
    names = ("walk_km", "passes", "post_bypasses", "terrain")
    return {name: store.read(out, name) for name in names}


def minutes(found: dict[str, Any], column: str = "walk_minutes") -> "pd.Series[float]":
    walked: pd.Series[float] = found["walk_km"].set_index("border_km")[column]
    return walked


def test_flat_ground_is_walked_from_road_to_road(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"), ground.dem(tmp_path / "d.tif"))
    assert list(minutes(found).index) == list(range(60))
    # A road takes up the cells that it touches, up to two: 222 m of 5 km, on either side.
    assert minutes(found).between(0.92 * THROUGH, 1.01 * THROUGH).all()
    assert minutes(found, "why_absent").isna().all()


def test_the_record_of_the_elevation_model_is_reported(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    model = ground.dem(tmp_path / "d.tif")
    model.with_suffix(".json").write_text('{"licence": "somebody", "tiles_of_sea": ["a", "b"]}')
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"), model)
    values = found["terrain"].set_index("key")["value"]
    assert values["dem_record_licence"] == "somebody"
    assert values["dem_record_tiles_of_sea"] == "a; b"


def test_a_coarse_model_carries_the_minutes_of_steeper_slopes(tmp_path: Path) -> None:
    """Ground that rises evenly to the north: a slope is walked at Tobler's speed for ten of it."""
    cell, slope = 0.02, 0.02
    rows = int(2 * 14 * DEGREES_PER_KM / cell)
    metres = -np.arange(rows)[:, None] * cell / DEGREES_PER_KM * 1000 * slope
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    model = ground.dem(tmp_path / "d.tif", metres, cell_degrees=cell)
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"), model)
    stated, steep = minutes(found), minutes(found, "walk_minutes_steep")
    # Uphill throughout, since the `from` side lies south; the roads take up two cells of 500 m.
    for measured, climbed in ((stated, slope), (steep, 10 * slope)):
        straight = 10 / (6 * np.exp(-3.5 * (climbed + 0.05))) * 60
        assert measured[20:40].between(0.85 * straight, 1.05 * straight).all()
    values = found["terrain"].set_index("key")["value"]
    assert "10 times steeper" in values["slopes"]
    assert values["cell_m"] == "500"
    assert "coarser than the walking grid" in values["resampled"]


def test_a_fine_model_carries_no_steeper_slopes(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"), ground.dem(tmp_path / "d.tif"))
    assert minutes(found, "walk_minutes_steep").isna().all()
    assert found["terrain"].set_index("key")["value"]["slopes"] == "as the model shows them"


def test_a_river_takes_its_minutes_or_the_way_to_its_bridge(tmp_path: Path) -> None:
    places: dict[str, Place] = ROADS | {"s": (30, -3), "x": (30, 0), "t": (30, 3)}
    network = ground.network(tmp_path / "n", places, *LINKS, "s-x foot", "x-t foot")
    river = ground.obstacles(tmp_path / "o", river=[(10, -0.5), (50, -0.5)])
    found = run(tmp_path, network, river, ground.dem(tmp_path / "d.tif"))
    names = ("", "_open", "_closed")
    stated, bare, closed = (minutes(found, f"walk_minutes{name}") for name in names)
    assert np.allclose(stated[15:21] - bare[15:21], 15)
    assert np.allclose(stated[:7], bare[:7], atol=1e-3)
    assert stated[30] == pytest.approx(bare[30], rel=0.02)  # over the bridge
    assert stated[29] - bare[29] < 10  # to the bridge is nearer than through the water
    # Nobody swims: from the road to the bridge at 30, along to 21, and on to the other road.
    true_km = 4.5 + np.hypot(9, 0.5) + 5
    assert closed[20] == pytest.approx(true_km / FLAT_KM_PER_H * 60, rel=0.05)
    assert (closed >= stated - 1e-6).all()
    assert (stated >= bare - 1e-6).all()


def test_a_lake_is_swum_slowly_or_crossed_by_its_bridge(tmp_path: Path) -> None:
    places = ROADS | {"s": (30.5, -4), "x": (30.5, 0), "t": (30.5, 4)}
    network = ground.network(tmp_path / "n", places, *LINKS, "s-x foot", "x-t foot")
    shore = [ground.at(*corner) for corner in ((10, -1), (50, -1), (50, 1), (10, 1))]
    lake = pd.DataFrame({"water_id": ["w1"], "kind": ["water"], "name": [None]})
    obstacles = tmp_path / "o"
    store.write(obstacles, {
        "barriers": schema.empty("barriers"),
        "waters": gpd.GeoDataFrame(lake, geometry=[MultiPolygon([Polygon(shore)])]),
    })  # fmt: skip
    found = run(tmp_path, network, obstacles, ground.dem(tmp_path / "d.tif"))
    names = ("", "_open", "_closed")
    stated, bare, closed = (minutes(found, f"walk_minutes{name}") for name in names)
    # 2 km at 1 km/h in place of 5.04 km/h, where that is quicker than by the bridge or the shore.
    swum = 2 / friction.WATER_KM_PER_H * 60 - 2 / FLAT_KM_PER_H * 60
    assert stated[20] - bare[20] == pytest.approx(swum, rel=0.15)
    assert stated[30] == pytest.approx(bare[30], rel=0.02)
    assert stated[5] == pytest.approx(bare[5], rel=0.02)
    # Where nobody swims, no walker gets onto the line within the lake but on the bridge.
    assert np.isnan(closed[20])
    assert closed[30] == pytest.approx(bare[30], rel=0.02)


def test_walkers_pass_a_vehicle_barrier(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    barrier = ground.obstacles(tmp_path / "o", vehicle_barrier=[(0, 0.2), (60, 0.2)])
    found = run(tmp_path, network, barrier, ground.dem(tmp_path / "d.tif"))
    assert np.allclose(minutes(found), minutes(found, "walk_minutes_closed"))


def test_a_closed_bridge_opens_nothing(tmp_path: Path) -> None:
    places: dict[str, Place] = ROADS | {"s": (30, -3), "x": (30, 0), "t": (30, 3)}
    network = ground.network(tmp_path / "n", places, *LINKS, "s-x foot closed", "x-t foot closed")
    river = ground.obstacles(tmp_path / "o", river=[(-20, -0.5), (80, -0.5)])
    found = run(tmp_path, network, river, ground.dem(tmp_path / "d.tif"))
    assert minutes(found, "walk_minutes_closed").isna().all()
    assert np.allclose(minutes(found), minutes(found, "walk_minutes_open") + 15)


def test_a_ridge_is_crossed_at_its_pass(tmp_path: Path) -> None:
    heights = np.zeros((125, 395))
    heights[50:75, :] = np.hanning(25)[:, None] * 900
    gap = (np.arange(395) + 0.5) * ground.CELL_DEGREES / DEGREES_PER_KM - 14
    heights *= np.clip(np.abs(gap - 40) / 10, 0.05, 1)  # low where the border km is 40
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"),
                ground.dem(tmp_path / "d.tif", heights))  # fmt: skip
    passes = found["passes"]
    lowest = passes.loc[passes["walk_minutes"].idxmin()]
    assert lowest["border_km"] in (39, 40)
    assert not lowest["has_way"]
    assert lowest["height_m"] < 100
    assert minutes(found)[10] > 1.2 * minutes(found)[40]


def test_no_road_within_a_day_is_absent_with_its_reason(tmp_path: Path) -> None:
    places = {"a": (-10, -5), "b": (70, -5), "c": (-10, 5), "d": (0, 5)}
    network = ground.network(tmp_path / "n", places, *LINKS)
    model = ground.dem(tmp_path / "d.tif")
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"), model)
    by_km = found["walk_km"].set_index("border_km")
    assert by_km["walk_minutes"][5] < 2 * THROUGH
    assert np.isnan(by_km["walk_minutes"][55])
    assert by_km["why_absent"][55] == "no road of BB within 600 minutes"


def test_windows_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Farther apart than a window, so that ways leave it.
    places = {"a": (-10, -5), "b": (25, -5), "c": (30, 5), "d": (70, 5), "x": (28, 0)}
    network = ground.network(tmp_path / "n", places, "a-b", "c-d")
    river = ground.obstacles(tmp_path / "o", river=[(5, -0.5), (50, 0.7)], fence=[(45, 1), (60, 1)])
    model = ground.dem(tmp_path / "d.tif", seed=3)
    tables, rasters = [], []
    for window_km in (7, 1000):
        monkeypatch.setattr(terrain, "WINDOW_KM", window_km)
        tables.append(run(tmp_path, network, river, model)["walk_km"])
        with rasterio.open(tmp_path / "terrain" / "friction.tif") as raster:
            rasters.append(raster.read(1))
    pd.testing.assert_frame_equal(*tables)
    assert np.array_equal(*rasters)


def test_friction_is_minutes_per_cell_cloud_optimised(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    river = ground.obstacles(tmp_path / "o", river=[(10, -0.5), (50, -0.5)])
    run(tmp_path, network, river, ground.dem(tmp_path / "d.tif"))
    with rasterio.open(tmp_path / "terrain" / "friction.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.units == ("min",)
        assert raster.nodata == -9999
        cell_m = float(raster.tags()["measured_on_cells_of_m"])
        found = raster.read(1, masked=True)
        # The mean of eight directions is a little more than the flat's own, for the 0.05.
        bare = found[found < 10]
        assert bare.min() == pytest.approx(cell_m * 0.06 / FLAT_KM_PER_H, rel=1e-4)
        assert found.max() == pytest.approx(bare.min() + 15, rel=1e-4)
        row, column = raster.index(*ground.at(30, -0.5))
        assert found[row, column] == found.max()
        row, column = raster.index(*ground.at(30, 5))
        assert found[row, column] == bare.min()
    assert not list((tmp_path / "terrain").glob(".*"))


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    obstacles = ground.obstacles(tmp_path / "o")
    model = ground.dem(tmp_path / "d.tif", seed=1)
    found = []
    for _ in range(2):
        run(tmp_path, network, obstacles, model)
        files = sorted((tmp_path / "terrain").iterdir())
        found.append([(path.name, path.read_bytes()) for path in files])
    assert found[0] == found[1]


def test_without_a_model_all_is_empty_and_says_why(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS, posts={"a": "checkpoint"})
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o"))
    assert [len(found[name]) for name in ("walk_km", "passes", "post_bypasses")] == [0, 0, 0]
    assert found["terrain"]["value"].iloc[0].startswith("there is no elevation model")
    assert not (tmp_path / "terrain" / "friction.tif").exists()


def test_a_hole_and_an_end_of_the_model_are_stated_km_by_km(tmp_path: Path) -> None:
    heights = np.zeros((125, 395))
    per_km = DEGREES_PER_KM / ground.CELL_DEGREES
    hole, end = ((np.array([a, b]) + 14) * per_km for a, b in ((20, 30), (50, 99)))
    for west, east in (hole, end):
        heights[:, int(west) : int(east)] = -9999
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    model = ground.dem(tmp_path / "d.tif", heights)
    by_km = run(tmp_path, network, ground.obstacles(tmp_path / "o"), model)["walk_km"]
    by_km = by_km.set_index("border_km")
    unknown = "the elevation model has no height of land there"
    assert (by_km["why_absent"][21:29] == unknown).all()
    assert (by_km["why_absent"][51:] == unknown).all()
    assert by_km["walk_minutes"][[*range(19), *range(31, 49)]].between(
        0.92 * THROUGH, 1.01 * THROUGH).all()  # fmt: skip


@pytest.mark.parametrize(
    ("crs", "units", "message"),
    [
        (None, None, "states no coordinate reference system"),
        ("EPSG:32632", None, "does not meet the border"),
        ("EPSG:4326", "fathom", "unit 'fathom', expected one of"),
    ],
)
def test_a_model_that_cannot_be_used_is_reported_in_one_line_and_nothing_is_written(
    tmp_path: Path, crs: str | None, units: str | None, message: str
) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    model = ground.dem(tmp_path / "d.tif")
    with rasterio.open(model) as good:
        profile, heights = good.profile, good.read()
    with rasterio.open(model, "w", **profile | {"crs": crs}) as bad:
        bad.write(heights)
        bad.units = [units]
    with pytest.raises(InputError, match=message) as error:
        run(tmp_path, network, ground.obstacles(tmp_path / "o"), model)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*terrain*"))


@pytest.mark.parametrize("unit", ["ft", "m"])
def test_minutes_over_a_ridge_in_feet_are_those_in_metres(tmp_path: Path, unit: str) -> None:
    heights = np.zeros((125, 395))
    heights[50:75, :] = np.hanning(25)[:, None] * 300
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    obstacles = ground.obstacles(tmp_path / "o")
    metres = minutes(run(tmp_path, network, obstacles, ground.dem(tmp_path / "m.tif", heights)))
    stated = ground.dem(tmp_path / "d.tif", heights / {"ft": 0.3048, "m": 1.0}[unit])
    with rasterio.open(stated, "r+") as raster:
        raster.units = [unit]
    found = minutes(run(tmp_path, network, obstacles, stated))
    assert found.to_numpy() == pytest.approx(metres.to_numpy(), rel=1e-4)
    assert found.min() > 1.05 * THROUGH


def test_a_bad_model_leaves_the_last_good_output(tmp_path: Path) -> None:
    network = ground.network(tmp_path / "n", ROADS, *LINKS)
    obstacles = ground.obstacles(tmp_path / "o")
    run(tmp_path, network, obstacles, ground.dem(tmp_path / "d.tif"))
    before = {path: path.read_bytes() for path in (tmp_path / "terrain").iterdir()}
    with pytest.raises(InputError, match=r"got a height of 20000 m"):
        run(tmp_path, network, obstacles, ground.dem(tmp_path / "d.tif", 20_000.0))
    assert {path: path.read_bytes() for path in (tmp_path / "terrain").iterdir()} == before


# Ways round posts ---------------------------------------------------------------------------------

POST: dict[str, Place] = {"w": (10, -6), "p": (25, -6), "e": (40, -6)} | ROADS


def bypass(tmp_path: Path, *links: str, model: Path | None = None, **lines: Any) -> Any:
    network = ground.network(tmp_path / "n", POST, *LINKS, *links, posts={"p": "checkpoint"})
    model = model or ground.dem(tmp_path / "d.tif")
    found = run(tmp_path, network, ground.obstacles(tmp_path / "o", **lines), model)
    table: gpd.GeoDataFrame = found["post_bypasses"]
    assert list(table["post_id"]) == ["pp"]
    return table.iloc[0]


def test_the_way_round_a_post_keeps_two_km_away(tmp_path: Path) -> None:
    row = bypass(tmp_path, "w-p", "p-e")
    # Two tangents to the circle and the arc between them.
    tangent, turn = np.sqrt(5**2 - 2**2), 2 * np.arcsin(2 / 5)
    true_km = 2 * tangent + 2 * turn
    assert row["length_m"] / 1000 == pytest.approx(true_km, rel=0.06)
    assert row["minutes"] == pytest.approx(true_km / FLAT_KM_PER_H * 60, rel=0.06)
    assert row["road_minutes"] == pytest.approx(10, rel=0.01)  # a minute a km, as drawn
    way = np.array(row.geometry.geoms[0].coords)
    post = np.broadcast_to(ground.at(25, -6), way.shape)
    assert geo.distance_m(*way.T, *post.T).min() > 2000
    assert row["why_absent"] is None


def test_a_fence_in_the_way_is_climbed(tmp_path: Path) -> None:
    bare = bypass(tmp_path, "w-p", "p-e")
    fenced = bypass(tmp_path, "w-p", "p-e", fence=[(25, -13), (25, 13)])
    # The road itself passes the fence within the circle, where no walker goes.
    assert fenced["minutes"] == pytest.approx(bare["minutes"] + 15, abs=0.5)


def test_no_way_round_where_the_road_ends_or_the_ground_is_unknown(tmp_path: Path) -> None:
    ends = bypass(tmp_path, "w-p")
    assert np.isnan(ends["minutes"])
    assert ends["why_absent"].startswith("the road ends within 5 km")
    assert ends.geometry.is_empty
    heights = np.zeros((125, 395))
    east = int((25 + 14) * DEGREES_PER_KM / ground.CELL_DEGREES)
    heights[:, east - 3 : east + 3] = -9999
    model = ground.dem(tmp_path / "h.tif", heights)
    hole = bypass(tmp_path, "w-p", "p-e", model=model)
    assert np.isnan(hole["minutes"])
    assert hole["why_absent"].startswith("the terrain cannot be passed")
    assert hole["road_minutes"] == pytest.approx(10, rel=0.01)
