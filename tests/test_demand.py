"""Places on the network and the demand between them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipeline import demand, schema
from tests import drawn
from tests.test_routing import PLACES, border_file, network


def places(*rows: tuple[str, float, float, str, float | None]) -> gpd.GeoDataFrame:
    """Places from (name, km along, depth, kind, population)."""
    nodes, _ = drawn.draw(
        {name: (km, depth) for name, km, depth, _, _ in rows}, f"{rows[0][0]}-{rows[-1][0]}"
    )
    nodes = nodes.set_index("node_id")
    frame = pd.DataFrame({
        "place_id": [row[0] for row in rows], "name": [row[0] for row in rows],
        "kind": [row[3] for row in rows], "population": [row[4] for row in rows],
        "side": [nodes["side"][row[0]] for row in rows],
        "depth_km": [nodes["depth_km"][row[0]] for row in rows],
        "geometry": [nodes["geometry"][row[0]] for row in rows],
    })  # fmt: skip
    return gpd.GeoDataFrame(schema.conform(frame, "places"))


NET = network(PLACES, "a-c1", "c1-b", crossings={"x1": "c1"})


def test_a_place_snaps_to_the_nearest_node_of_its_own_side_within_5_km() -> None:
    settled = places(
        ("A", 0.0, -32.0, "town", 5000),
        ("far", 0.0, -36.0, "town", 5000),  # 6 km from a
        ("off", 50.0, -30.0, "town", 5000),  # beside m, which no link uses
        ("line", 0.5, -0.5, "town", 5000),  # nearest to c1, which lies on the line
        ("B", 1.0, 30.0, "city", 9000),
    )
    snapped = demand.snap(settled, NET)
    assert snapped["place_id"].tolist() == ["A", "B"]
    assert NET.nodes["node_id"].iloc[snapped["node"]].tolist() == ["a", "b"]
    assert snapped["snap_km"].tolist() == pytest.approx([2, 1], rel=0.01)


def test_population_is_the_stated_default_where_missing_and_parts_of_towns_are_left_out() -> None:
    settled = places(
        ("A", 0.0, -30.0, "town", None),
        ("B", 0.0, 30.0, "city", None),
        ("C", 0.1, 30.0, "suburb", 5000),
        ("D", 0.2, 30.0, "town", 0),
        ("E", 0.3, 30.0, "village", 700),
    )
    snapped = demand.snap(settled, NET).set_index("place_id")
    assert snapped["population"].to_dict() == {"A": 10_000, "B": 100_000, "E": 700}


def test_through_demand_is_gravity_between_deep_places_and_local_between_shallow_ones() -> None:
    net = network(
        {**PLACES, "d": (0.0, -50.0), "t": (0.0, -2.0), "u": (0.0, 2.0)},
        "d-a", "a-t", "t-c1", "c1-u", "u-b", crossings={"x1": "c1"},
    )  # fmt: skip
    settled = places(
        ("A", 0.0, -30.0, "town", 3000),
        ("D", 0.0, -50.0, "town", 8000),
        ("T", 0.0, -2.0, "city", 90_000),
        ("U", 0.0, 2.0, "city", 90_000),
        ("B", 0.0, 30.0, "city", 1000),
    )
    snapped = demand.snap(settled, net)
    through = demand.demand(snapped, net, border_file(), "through")
    assert net.nodes["node_id"].iloc[through.origin].tolist() == ["a", "d"]
    # 3000 over 60 km against 8000 over 80 km: one to two.
    assert through.weight.tolist() == pytest.approx([1 / 3, 2 / 3], rel=0.01)
    uniform = demand.demand(snapped, net, border_file(), "uniform")
    assert uniform.weight.tolist() == [0.5, 0.5]
    local = demand.demand(snapped, net, border_file(), "local")
    assert net.nodes["node_id"].iloc[[*local.origin, *local.destination]].tolist() == ["t", "u"]
    assert local.weight.tolist() == [1.0]


def test_deep_is_half_the_reach_where_the_data_end_sooner() -> None:
    net = network(
        {"a": (0, -30), "c1": (0, 0), "b": (0, 8), "e": (0, 5)}, "a-c1", "c1-e", "e-b",
        crossings={"x1": "c1"},
    )  # fmt: skip
    settled = places(("A", 0.0, -30.0, "town", 5), ("E", 0.0, 5.0, "town", 5))
    facts = demand.demand(demand.snap(settled, net), net, border_file(), "through").facts
    assert (facts["from_deep_km"], facts["to_deep_km"]) == (15, 4)
    shallow = border_file(reach_km={"AA": 10.0})
    facts = demand.demand(demand.snap(settled, net), net, shallow, "through").facts
    assert facts["from_deep_km"] == 5


def test_no_place_on_one_side_is_a_reason_and_no_error() -> None:
    settled = places(("A", 0.0, -30.0, "town", 5000), ("A2", 1.0, -30.0, "town", 5000))
    for model in demand.MODELS:
        wanted = demand.demand(demand.snap(settled, NET), NET, border_file(), model)
        assert len(wanted.weight) == 0
        assert "BB: no place on the network" in str(wanted.facts["why_absent"])
    nothing = gpd.GeoDataFrame(schema.empty("places"))
    wanted = demand.demand(demand.snap(nothing, NET), NET, border_file(), "through")
    assert str(wanted.facts["why_absent"]).startswith("AA: no place")


def test_only_the_most_populous_places_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "MOST_PLACES", 1)
    settled = places(
        ("A", 0.0, -30.0, "town", 5), ("A2", 0.1, -30.0, "town", 6), ("B", 0.0, 30.0, "town", 5)
    )
    wanted = demand.demand(demand.snap(settled, NET), NET, border_file(), "through")
    assert (wanted.facts["origins"], len(wanted.weight)) == (1, 1)
    assert np.isclose(wanted.weight.sum(), 1)
