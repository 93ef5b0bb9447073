"""Sea and lakes, from OSM files to walking minutes: on the sea nobody walks but on a bridge."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely.geometry import Point

from pipeline.core import store
from pipeline.stages import obstacles, terrain
from pipeline.terrain.pace import FLAT_KM_PER_H
from tests import ground
from tests.ground import Place
from tests.test_obstacles import raw

Course = list[tuple[float, float]]
COAST = {"natural": "coastline"}
ROADS: dict[str, Place] = {"a": (-10, -5), "b": (70, -5), "c": (-10, 5), "d": (70, 5)}
THROUGH = 10 / FLAT_KM_PER_H * 60  # minutes from road to road
# Land on the left: west of km 40, south of depth 2, north of depth 3, and an island.
EAST_SHORE: Course = [(40, -150), (40, 150)]
SOUTH_BANK: Course = [(200, 2), (-150, 2)]
NORTH_BANK: Course = [(-150, 3), (200, 3)]
ISLAND: Course = [(46, -2), (54, -2), (54, 2), (46, 2), (46, -2)]


def run(
    tmp_path: Path, *coasts: Course, links: tuple[str, ...] = ("a-b", "c-d"),
    places: dict[str, Place] | None = None, water: bool = False,
) -> dict[str, Any]:  # fmt: skip
    network = ground.network(tmp_path / "n", ROADS | (places or {}), *links)
    file = raw(tmp_path / "a.osm.pbf", *((COAST, list(coast)) for coast in coasts), water=water)
    ground.surroundings(network, file)
    obstacles.obstacles(str(network), str(tmp_path / "o"))
    model = ground.dem(tmp_path / "d.tif")
    terrain.terrain(str(network), str(tmp_path / "o"), str(tmp_path / "t"), str(model))
    return {
        "walk_km": store.read(tmp_path / "t", "walk_km").set_index("border_km"),
        "terrain": store.read(tmp_path / "t", "terrain").set_index("key")["value"],
        "waters": store.read(tmp_path / "o", "waters").set_index("water_id"),
    }


def test_the_sea_lies_right_of_the_coast_and_nobody_walks_there(tmp_path: Path) -> None:
    found = run(tmp_path, EAST_SHORE)
    sea = found["waters"].loc["s1"]
    assert list(found["waters"]["kind"]) == ["sea"]
    assert sea.geometry.contains(Point(ground.at(50, 20)))
    assert not sea.geometry.contains(Point(ground.at(30, 20)))
    walks = found["walk_km"]
    assert walks["walk_minutes"][:39].between(0.92 * THROUGH, 1.01 * THROUGH).all()
    assert walks["walk_minutes"][41:].isna().all()
    # Roads drawn out there, over a dam or by a coarse coast, lead nobody to the line.
    assert set(walks["why_absent"][41:]) == {"by the mapped coast, the line lies in the sea there"}
    assert found["terrain"]["sea"] == "sea, not walkable"
    with rasterio.open(tmp_path / "t" / "friction.tif") as raster:
        minutes = raster.read(1)
        assert minutes[raster.index(*ground.at(50, 2))] == raster.nodata
        assert minutes[raster.index(*ground.at(30, 2))] > 0


@pytest.mark.parametrize("column", ["walk_minutes", "walk_minutes_open", "walk_minutes_closed"])
def test_a_strait_is_crossed_by_its_bridge_alone(tmp_path: Path, column: str) -> None:
    none = run(tmp_path / "none", SOUTH_BANK, NORTH_BANK)["walk_km"]
    assert none[column].isna().all()
    assert set(none["why_absent"]) == {"no road of BB within 600 minutes"}
    places: dict[str, Place] = {"s": (30, -3), "x": (30, 0), "t": (30, 4)}
    links = ("a-b", "c-d", "s-x foot", "x-t foot")
    walks = run(tmp_path, SOUTH_BANK, NORTH_BANK, links=links, places=places)["walk_km"][column]
    assert walks[30] == pytest.approx(THROUGH, rel=0.05)
    # To the line at km 20, along to the bridge at 30, over it and on to the road.
    along_km = 5 + np.hypot(9, 2) + 3
    assert walks[20] == pytest.approx(along_km / FLAT_KM_PER_H * 60, rel=0.05)


def test_a_ferry_is_no_bridge_over_the_sea(tmp_path: Path) -> None:
    places: dict[str, Place] = {"s": (30, -3), "x": (30, 0), "t": (30, 4)}
    links = ("a-b", "c-d", "s-x ferry", "x-t ferry")
    found = run(tmp_path, SOUTH_BANK, NORTH_BANK, links=links, places=places)
    assert found["walk_km"]["walk_minutes"].isna().all()


def test_an_island_is_land_that_nobody_walks_to(tmp_path: Path) -> None:
    found = run(tmp_path, EAST_SHORE, ISLAND)
    sea = found["waters"].geometry["s1"]
    assert not sea.contains(Point(ground.at(50, 0)))
    assert sea.contains(Point(ground.at(50, 3)))
    walks = found["walk_km"]
    assert walks["why_absent"][50] == "no road of AA nor BB within 600 minutes"
    assert walks["why_absent"][43] == "by the mapped coast, the line lies in the sea there"
    with rasterio.open(tmp_path / "t" / "friction.tif") as raster:
        assert raster.read(1)[raster.index(*ground.at(50, 0))] > 0


def test_a_coast_that_ends_on_the_ground_tells_no_sea_and_says_so(tmp_path: Path) -> None:
    found = run(tmp_path, [(40, -150), (40, 20)])
    assert found["waters"]["kind"].to_dict() == {"u1": "unresolved"}
    assert found["walk_km"]["walk_minutes"].notna().all()
    assert found["terrain"]["sea"].startswith("partly unresolved")


def test_coasts_far_from_the_line_are_no_sea_on_this_ground(tmp_path: Path) -> None:
    found = run(tmp_path, [(180, -150), (180, 150)])
    assert found["waters"].empty
    assert found["terrain"]["sea"] == "no coast in the data here"


def test_a_lake_of_a_relation_is_swum(tmp_path: Path) -> None:
    found = run(tmp_path, water=True)  # from km 20 to 24 and 1 to 3 km deep
    assert found["waters"]["kind"].to_dict() == {"r7": "water"}
    slower = found["walk_km"]["walk_minutes"] - found["walk_km"]["walk_minutes_open"]
    # From km 23 of the line round the lake's eastern shore, and straight on to the road.
    round_km = np.hypot(1, 1) + 4 - 5
    assert slower[22] == pytest.approx(round_km / FLAT_KM_PER_H * 60, abs=1)
    assert slower[10] == 0


def test_the_way_that_coasts_are_cut_and_ordered_changes_nothing(tmp_path: Path) -> None:
    halves: tuple[Course, Course] = ([(40, 0), (40, 150)], [(40, -150), (40, 0)])
    whole, cut = run(tmp_path / "a", EAST_SHORE), run(tmp_path / "b", *halves)
    pd.testing.assert_frame_equal(whole["walk_km"], cut["walk_km"])
    assert list(cut["waters"].index) == ["s1"]
