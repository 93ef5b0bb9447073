"""Trucks: where they may go by the tags, how fast, and what closing a crossing costs them."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.core import store
from pipeline.core.frames import records
from pipeline.network import access, tags, trucks
from pipeline.stages import bypass, chokepoints, closures
from pipeline.travel import trucks as traveller
from tests import test_bypass
from tests.frames import cell, row_of
from tests.travelled import travelled
from tests.world import Tags, World, world

ROAD = {"highway": "primary"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "yes"),
        ({"hgv": "no"}, "no"),
        ({"hgv": "designated", "highway": "residential"}, "yes"),
        ({"highway": "residential"}, "unknown"),
        ({"highway": "track"}, "unknown"),
        ({"surface": "mud"}, "unknown"),
        ({"surface": "gravel"}, "yes"),
        ({"smoothness": "impassable"}, "no"),
        ({"motor_vehicle": "no", "hgv": "yes"}, "yes"),
        ({"motor_vehicle": "private"}, "no"),
        # A truck of 36.3 t, 4.11 m high.
        ({"maxweight": "7.5"}, "no"),
        ({"maxweight": "40"}, "yes"),
        ({"maxweight": "3500 kg"}, "no"),
        ({"maxweight": "40 st"}, "no"),
        ({"maxheight": "3.8 m"}, "no"),
        ({"maxheight": "13'6\""}, "yes"),
        ({"maxheight": "12'6\""}, "no"),
        ({"maxheight": "default"}, "yes"),
        ({"maxwidth": "2"}, "no"),
        ({"maxaxleload": "6;8"}, "no"),
        ({"hgv:conditional": "no @ (weight>7.5)"}, "no"),
        ({"hgv:conditional": "no @ (weight>40)"}, "yes"),
        ({"hgv:conditional": "no @ (weight>7.5 AND 22:00-06:00)"}, "yes"),
    ],
)
def test_where_a_truck_may_go(more: Tags, expected: str) -> None:
    (kind,) = tags.kinds(ROAD | more)
    assert trucks.ANSWERS[kind.truck] == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, trucks.SPEED_KMH["primary"]),
        ({"maxspeed": "50"}, 50),
        ({"maxspeed": "120"}, trucks.TOP_KMH),
        ({"maxspeed": "100", "maxspeed:hgv": "60"}, 60),
        ({"maxspeed:hgv": "40 mph"}, 64.37376),
        ({"surface": "gravel"}, trucks.UNPAVED_KMH),
        ({"surface": "gravel", "maxspeed": "20"}, 20),
    ],
)
def test_how_fast_a_truck_goes(more: Tags, expected: float) -> None:
    assert trucks.speed_kmh(ROAD | more, "primary") == pytest.approx(expected)


def test_a_truck_is_never_faster_than_a_car() -> None:
    for class_, kmh in trucks.SPEED_KMH.items():
        assert kmh <= tags.SPEED_KMH[class_]


def test_a_gate_too_low_stops_goods_alone() -> None:
    found = trucks.of_node({"barrier": "height_restrictor", "maxheight": "2.2"})
    assert found is not None
    assert access.names(found.free) == "car, bus, bicycle, foot"
    assert trucks.of_node({"barrier": "height_restrictor", "maxheight": "4.5"}) is None
    # A limit on a shop's door is none of the road's.
    assert trucks.of_node({"shop": "yes", "maxheight": "2.2"}) is None


def drawn_world(folder: Path, words: str) -> World:
    """A road of three ways over the line, the middle one with these tags."""
    middle = f"0,-10 0,10 primary {words}"
    return world(folder, "0,-20 0,-10 primary", middle, "0,10 0,20 primary")


def test_a_link_is_as_its_worst_way_and_takes_the_minutes_of_all(tmp_path: Path) -> None:
    found = drawn_world(tmp_path, "surface=mud maxspeed=30").links
    assert set(found["trucks"]) == {"yes", "unknown"}
    slow = found[found["trucks"] == "unknown"]
    assert slow["truck_minutes"].sum() == pytest.approx(slow["length_m"].sum() / 500, rel=1e-6)


def test_a_limit_that_cannot_be_read_is_a_data_issue_and_bars_nobody(tmp_path: Path) -> None:
    found = drawn_world(tmp_path, "maxweight=heavy")
    assert set(found.links["trucks"]) == {"yes"}
    issues = store.read(found.folder / "network", "data_issues")
    (row,) = issues[issues["kind"] == "unreadable_number"].to_dict("records")
    assert "maxweight=heavy" in row["found"] and row["assumed"] == "no limit"


WAYS = ("a-c1", "c1-b", "a-m", "m-c2", "c2-p", "p-b")


def shares(folder: Path, *ways: str, **status: Any) -> pd.DataFrame:
    return test_bypass.run(folder, ways, **status)["crossing_shares"].set_index("crossing_id")


def test_trucks_take_the_way_round_where_cars_pass(tmp_path: Path) -> None:
    """The short way of 60 km bars trucks: all take the one of 140 km, and have no other."""
    found = shares(tmp_path, "a-c1 trucks:no", *WAYS[1:])
    assert found["first_choice_share"].to_dict() == {"x1": 1.0, "x2": 0.0}
    assert found.loc["x2", "truck_first_choice_share"] == 1
    assert found.loc["x2", "truck_cut_off_share"] == 1
    assert pd.isna(cell(found, "x2", "truck_next_choice"))


def test_missing_tags_are_a_range(tmp_path: Path) -> None:
    """The short way has no tags for trucks: likely all take it, certainly none does."""
    found = shares(tmp_path, "a-c1 trucks:unknown", *WAYS[1:])
    assert found["truck_first_choice_share"].to_dict() == {"x1": 1.0, "x2": 0.0}
    assert found["truck_sure_first_choice_share"].to_dict() == {"x1": 0.0, "x2": 1.0}
    assert found.loc["x1", "truck_next_choice"] == "x2"
    assert found.loc["x1", "truck_extra_minutes"] == pytest.approx(80)
    assert pd.isna(cell(found, "x1", "truck_sure_extra_minutes"))


def test_trucks_wait_longer_at_controls(tmp_path: Path) -> None:
    found = shares(tmp_path, *WAYS, x2="official")
    assert found.loc["x1", "extra_minutes"] == pytest.approx(110)
    assert found.loc["x1", "truck_extra_minutes"] == pytest.approx(80 + traveller.WAIT_MINUTES)


def test_a_road_for_goods_alone_is_a_road_to_trucks(tmp_path: Path) -> None:
    """What no private car may pass is no crossing of cars, and one of trucks."""
    found = shares(tmp_path, "a-c1 restricted", "c1-b restricted", *WAYS[2:])
    assert pd.isna(cell(found, "x1", "first_choice_share"))
    assert found.loc["x1", "truck_first_choice_share"] == 1
    assert found.loc["x1", "truck_extra_minutes"] == pytest.approx(80)


# A road over the line, one 10 km beside it over a bridge that bars trucks, and one 40 km off.
BRIDGES = (
    "0,-60 0,-30 0,0 0,30 0,60 primary",
    "0,-30 10,-30 10,-0.1 primary",
    "10,-0.1 10,0.1 primary bridge=yes hgv=no",
    "10,0.1 10,30 0,30 primary",
    "10,-30 40,-30 40,30 10,30 primary",
)
TOWNS = {"0,-30": "place=town population=1000", "0,30": "place=town population=1000"}


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the drawn roads, with all stages run that closing a crossing takes."""
    folder = tmp_path_factory.mktemp("bridges")
    world(folder, *BRIDGES, points=TOWNS)
    at = {name: str(folder / name) for name in ("network", "crossings", "chokepoints", "travel")}
    toml = str(folder / "aa-bb.toml")
    chokepoints.chokepoints(at["network"], at["crossings"], toml, at["chokepoints"])
    travelled(at["network"], at["crossings"], toml, at["travel"])
    network, crossings, points, travel = at.values()
    bypass.bypass(network, crossings, travel, points, toml, str(folder / "bypass"))
    closures.closures(at["crossings"], at["travel"], str(folder / "closures"))
    return folder


def at_km(folder: Path) -> dict[int, str]:
    """Ids of the crossings by how many km east they lie."""
    rows = store.read(folder / "crossings", "crossings")
    return {round(row["geometry"].x * 111.32): row["crossing_id"] for row in records(rows)}


def test_a_bridge_that_bars_trucks_makes_their_way_round_longer(bridges: Path) -> None:
    """From town to town 60 km by the road, 80 over the bridge, 140 by the road far off."""
    direct, over_bridge, far = (at_km(bridges)[km] for km in (0, 10, 40))
    rows = store.read(bridges / "bypass", "bypasses").set_index("chokepoint_id")
    row = row_of(rows, f"crossing.{direct}")
    car, truck = (60 / speed["primary"] for speed in (tags.SPEED_KMH, trucks.SPEED_KMH))
    assert row["next_choice"] == over_bridge
    assert row["bypass_minutes"] - row["direct_minutes"] == pytest.approx(20 * car, rel=1e-3)
    assert row["truck_next_choice"] == far
    assert row["truck_direct_minutes"] == pytest.approx(60 * truck, rel=1e-3)
    assert row["truck_bypass_minutes"] == pytest.approx(140 * truck, rel=1e-3)
    assert row["truck_sure_bypass_minutes"] == pytest.approx(row["truck_bypass_minutes"])
    assert 80 * truck > 20 * car


def test_the_best_crossings_to_close_to_trucks_have_sets_of_their_own(bridges: Path) -> None:
    """Two closures stop all trucks, three all cars: the bridge is none of the trucks'."""
    direct, over_bridge, far = (at_km(bridges)[km] for km in (0, 10, 40))
    rows = store.read(bridges / "closures", "closures")
    rows = rows[rows["aim"] == "stop"]
    sets = rows.groupby(["mode", "k"])["crossing_id"].agg(set)
    assert sets["truck", 2] == {direct, far}
    assert sets["road", 3] == {direct, over_bridge, far}
    of_trucks = rows[rows["mode"] == "truck"].set_index("k")
    # 140 km are more than half again as long as 60.
    assert of_trucks.loc[1, "demand_stopped_share"] == 1
    assert of_trucks["sure_stopped_share"].eq(of_trucks["demand_stopped_share"]).all()
    assert rows.loc[rows["mode"] == "road", "sure_extra_minutes"].isna().all()
