"""Places on the network and the demand between them."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from msgspec.structs import replace

from pipeline.core import borderfile, schema
from pipeline.core.borderfile import BorderFile, City
from pipeline.core.errors import InputError
from pipeline.travel import choice, data_edge, demand, gate_matrices, mode_network, routing, snap
from pipeline.travel.assemble import Travel, travel
from tests import drawn
from tests.test_routing import PLACES, border_file, cross


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


WAYS = ("a-c1", "c1-b")
GROUPS = {"x1": "c1"}


def snapped_to(
    settled: gpd.GeoDataFrame,
    ways: tuple[str, ...] = WAYS,
    where: dict[str, tuple[float, float] | tuple[float, float, str]] = PLACES,
) -> tuple[gpd.GeoDataFrame, mode_network.Network]:
    """Settlements on a drawn road network, and that network."""
    nodes, links = drawn.draw(where, *ways)
    tables = cross(nodes, links, GROUPS)
    people = demand.settlements(settled)
    nodes, links, found = snap.onto_links(nodes, mode_network.usable(links, "road"), people)
    return found, mode_network.assemble(nodes, links, *tables, "road", border_file())


def between(
    settled: gpd.GeoDataFrame, model: str, ways: tuple[str, ...] = WAYS, **changed: object
) -> demand.Demand:
    found, net = snapped_to(settled, ways, PLACES | DEEPER)
    return demand.demand(found, net, border_file(**changed), model)


DEEPER: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "d": (0, -50), "t": (0, -2), "u": (0, 2), "s": (0, 8), "e": (0, 5),
}  # fmt: skip


def test_a_place_snaps_to_the_nearest_link_of_its_own_side_within_5_km() -> None:
    settled = places(
        ("A", 0.0, -32.0, "town", 5000),
        ("far", 0.0, -36.0, "town", 5000),  # 6 km from a
        ("off", 50.0, -30.0, "town", 5000),  # beside m, which no link uses
        ("mid", 2.0, -10.0, "town", 5000),  # beside the link from a to c1
        ("line", 0.0, 0.1, "town", 5000),  # just off the line
        ("B", 1.0, 30.0, "city", 9000),
    )
    found, net = snapped_to(settled)
    found = found.set_index("place_id")
    assert found.index.tolist() == ["A", "B", "line", "mid"]
    assert found["snap_km"].tolist() == pytest.approx([2, 1, 0, 2], rel=0.01, abs=0.01)
    assert net.nodes["node_id"].iloc[found.loc[["A", "B"], "node"]].tolist() == ["a", "b"]
    row = found["node"]
    ways = gate_matrices.to_gates(net, row.loc[["A", "mid"]].to_numpy())
    assert ways.minutes[:, 0].tolist() == pytest.approx([30, 10], rel=0.001)
    assert ways.km[:, 0].tolist() == pytest.approx([30, 10], rel=0.001)
    on = gate_matrices.from_gates(net, row.loc[["B", "line"]].to_numpy())
    assert on.minutes[0].tolist() == pytest.approx([30, 0.1], rel=0.01)


def test_splitting_links_at_places_keeps_lengths_and_one_way_tags() -> None:
    settled = places(
        *((f"P{k}", 1.0, -3.0 * k, "town", 5.0) for k in range(1, 9)),
        ("twin", 0.5, -3.0, "town", 5.0),  # the same point of the link as P1
        ("Q", 0.0, 20.0, "town", 5.0),
    )
    found, net = snapped_to(settled, ("a>c1", "c1-b"))
    parts = net.links.groupby("link_id")
    assert parts.size().to_dict() == {"w1.0": 9, "w2.0": 2}
    assert parts["length_m"].sum().tolist() == pytest.approx([30_000, 30_000])
    assert parts["minutes"].sum().tolist() == pytest.approx([30, 30])
    shapes = net.links.geometry.to_numpy()
    assert shapely.length(shapes) * 1000 / drawn.DEGREES_PER_KM == pytest.approx(
        net.links["length_m"].to_numpy(), rel=1e-6
    )
    ends = net.nodes.set_index("node_id").geometry[net.links["from_node"]].to_numpy()
    assert shapely.distance(shapely.get_point(shapes, 0), ends).max() < 1e-9
    node = found.set_index("place_id")["node"]
    assert node["P1"] == node["twin"]
    ways = gate_matrices.to_gates(net, found["node"].to_numpy())
    wanted = [3 * int(name[1:]) if name[0] == "P" else 3 if name == "twin" else math.inf
              for name in found["place_id"]]  # fmt: skip
    assert ways.minutes[:, 0].tolist() == pytest.approx(wanted, rel=1e-4)


def test_population_is_the_stated_default_where_missing_and_parts_of_towns_are_left_out() -> None:
    settled = places(
        ("A", 0.0, -30.0, "town", None),
        ("B", 0.0, 30.0, "city", None),
        ("C", 0.1, 30.0, "suburb", 5000),
        ("D", 0.2, 30.0, "town", 0),
        ("E", 0.3, 30.0, "village", 700),
    )
    people = demand.settlements(settled).set_index("place_id")
    assert people["population"].to_dict() == {"A": 10_000, "B": 100_000, "E": 700}


def test_through_demand_is_gravity_between_deep_places_and_local_between_shallow_ones() -> None:
    ways = ("d-a", "a-t", "t-c1", "c1-u", "u-b")
    settled = places(
        ("A", 0.0, -30.0, "town", 3000),
        ("D", 0.0, -50.0, "town", 8000),
        ("T", 0.0, -2.0, "city", 90_000),
        ("U", 0.0, 2.0, "city", 90_000),
        ("B", 0.0, 30.0, "city", 1000),
    )
    through = between(settled, "through", ways)
    # 3000 over 60 km against 8000 over 80 km: one to two.
    assert through.weight.tolist() == pytest.approx([1 / 3, 2 / 3], rel=0.01)
    assert between(settled, "uniform", ways).weight.tolist() == [0.5, 0.5]
    local = between(settled, "local", ways)
    assert (len(local.origin), len(local.destination), local.weight.tolist()) == (1, 1, [1.0])
    assert {*local.origin, *local.destination}.isdisjoint({*through.origin, *through.destination})


def test_deep_is_half_the_reach_where_the_data_end_sooner() -> None:
    ways = ("a-c1", "c1-e", "e-s")
    settled = places(("A", 0.0, -30.0, "town", 5), ("E", 0.0, 5.0, "town", 5))
    facts = between(settled, "through", ways).facts
    assert (facts["from_deep_km"], facts["to_deep_km"]) == (15, 4)
    facts = between(settled, "through", ways, reach_km={"AA": 10.0}).facts
    assert facts["from_deep_km"] == 5


def test_no_place_on_one_side_is_a_reason_and_no_error() -> None:
    settled = places(("A", 0.0, -30.0, "town", 5000), ("A2", 1.0, -30.0, "town", 5000))
    for model in demand.MODELS:
        wanted = between(settled, model)
        assert len(wanted.weight) == 0
        assert "BB: no place on the network" in str(wanted.facts["why_absent"])
    nothing = gpd.GeoDataFrame(schema.empty("places"))
    assert str(between(nothing, "through").facts["why_absent"]).startswith("AA: no place")


def test_only_the_most_populous_places_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "MOST_PLACES", 1)
    settled = places(
        ("A", 0.0, -30.0, "town", 5), ("A2", 2.0, -20.0, "town", 6), ("B", 0.0, 30.0, "town", 5)
    )
    wanted = between(settled, "through")
    assert (wanted.facts["origins"], wanted.weight.tolist()) == (1, [1.0])
    found, _ = snapped_to(settled, WAYS, PLACES | DEEPER)
    assert wanted.origin.tolist() == found.set_index("place_id").loc[["A2"], "node"].tolist()


# Cities beyond the data ---------------------------------------------------------------------------

# Two roads end 80 km deep, 40 km apart, and are not joined there; a city lies 120 km beyond.
FAR: drawn.Places = {
    "a": (0, -30), "d": (0, -80), "h": (40, -80), "i": (40, -30), "c1": (0, 0), "c2": (40, 0),
    "b": (0, 30), "q": (40, 30), "e": (0, 80),
}  # fmt: skip
FAR_WAYS = ("d-a", "a-c1", "h-i", "i-c2", "c1-b", "c2-q", "b-e", "b-q")
SOUTH = City("Sur", (0.0, -200 * drawn.DEGREES_PER_KM), 50_000.0, "AA")
INSIDE = City("Inside", (0.0, 30 * drawn.DEGREES_PER_KM), 50_000.0, "BB")


def entered(
    *cities: City, ways: tuple[str, ...] = FAR_WAYS, where: drawn.Places = FAR
) -> tuple[Travel, BorderFile]:
    nodes, links = drawn.draw(where, *ways)
    crossings, joins = cross(nodes, links, {"x1": "c1", "x2": "c2"})
    tables = {
        "nodes": nodes, "links": links, "crossings": crossings, "crossing_links": joins,
        "places": places(("A", 0.0, -30.0, "town", 1000.0), ("B", 0.0, 30.0, "town", 1000.0)),
    }  # fmt: skip
    border = border_file(cities=cities)
    return travel(tables, "road", border, mode_network.usable(links, "road")), border


def test_a_city_beyond_the_data_enters_at_the_edge_of_the_data() -> None:
    found, border = entered(SOUTH)
    wanted = demand.demand(found.settled, found.network, border, "through")
    chosen = choice.choose(found.network, wanted)
    # 1,000 and 50,000 inhabitants, 60 and 230 km from B.
    near, far = 1000 / 60, 50_000 / 230
    assert sorted(chosen.weight) == pytest.approx(
        sorted((near, far)) / np.sum([near, far]), rel=0.02
    )
    assert wanted.facts["beyond_share"] == pytest.approx(far / (near + far), rel=0.02)
    city = int(np.argmax(chosen.weight))
    # 120 km to d and 126.5 to h, at BEYOND_KMH with CIRCUITY; then 110 minutes, or 150 by x2.
    beyond = np.array([120.0, np.hypot(120, 40)]) * data_edge.CIRCUITY / data_edge.BEYOND_KMH * 60
    assert chosen.minutes[:, city] == pytest.approx(beyond + np.array([110, 150]), rel=0.01)
    start = data_edge.city(
        found.network, border, found.network.minutes, SOUTH.at, "AA", reverse=False
    )
    assert start is not None and start.entry == "data_edge"
    assert start.ends.minutes.tolist() == pytest.approx(beyond.tolist(), rel=0.01)


def test_no_way_leads_by_a_city_beyond_the_data() -> None:
    for city in (SOUTH, replace(SOUTH, side="BB", at=(0.0, 200 * drawn.DEGREES_PER_KM))):
        found, _ = entered(city)
        net = found.network
        node = {name: row for row, name in enumerate(net.nodes["node_id"])}
        whole = np.ones(len(net.tail), dtype=bool)
        # a and i are joined over the two crossings alone: 30 + 30 + 40 + 30 + 30.
        found_way = routing.fastest_route(net, net.minutes, whole, (node["a"], node["i"]))
        assert found_way is not None
        assert found_way.minutes == pytest.approx(160)


def test_a_city_in_the_data_and_one_where_a_mode_ends_early_do_not_enter() -> None:
    assert entered(INSIDE)[0].settled["place_id"].tolist() == ["A", "B"]
    short: drawn.Places = FAR | {"a": (0, -20)}
    found, _ = entered(SOUTH, ways=("a-c1", "c1-b", "b-e"), where=short)
    assert "city.0" not in set(found.settled["place_id"])


LEFT = replace(SOUTH, name="A country that many leave", irregular=True)


def ends(found: Travel, wanted: demand.Demand) -> tuple[set[str], set[str]]:
    """Places that a demand leads from and to."""
    name = found.settled.drop_duplicates("node").set_index("node")["place_id"]
    return set(name[wanted.origin]), set(name[wanted.destination])


def test_irregular_movement_begins_where_the_border_file_says_and_nothing_else_does() -> None:
    found, border = entered(SOUTH, LEFT)
    for model in demand.MODELS:
        wanted = demand.demand(found.settled, found.network, border, model)
        assert "city.1" not in ends(found, wanted)[0]
    wanted = demand.demand(found.settled, found.network, border, demand.IRREGULAR)
    assert ends(found, wanted) == ({"city.1"}, {"B"})


def test_without_a_word_irregular_movement_comes_from_cities_beyond_the_data() -> None:
    found, border = entered(SOUTH)
    wanted = demand.demand(found.settled, found.network, border, demand.IRREGULAR)
    assert ends(found, wanted) == ({"city.0"}, {"B"})


def test_where_irregular_movement_begins_may_lie_in_the_data_and_where_it_ends_too() -> None:
    here = replace(LEFT, at=(0.0, -30 * drawn.DEGREES_PER_KM))
    there = replace(LEFT, name="Where many go", at=(0.0, 200 * drawn.DEGREES_PER_KM), side="BB")
    found, border = entered(here, there)
    wanted = demand.demand(found.settled, found.network, border, demand.IRREGULAR)
    assert found.network.nodes["node_id"].iloc[wanted.origin].tolist() == ["a"]
    assert found.network.nodes["node_id"].iloc[wanted.destination].tolist() == ["city.1"]
    through = demand.demand(found.settled, found.network, border, "through")
    assert ends(found, through) == ({"A"}, {"B"})


def test_cities_of_the_borders_that_are_shipped() -> None:
    names = {}
    for border in ("us-mx", "mx-gt"):
        file = Path(borderfile.__file__).parents[1] / "borders" / f"{border}.toml"
        names[border] = {city.name for city in borderfile.read(file).cities}
    assert {"Guatemala City", "San Pedro Sula", "San Salvador", "Mexico City"} <= names["mx-gt"]
    assert names["us-mx"]


@pytest.mark.parametrize(
    ("city", "words"),
    [
        ('name = "X", at = [0, 0], population = 5, side = "CC"', "key cities.side: got 'CC'"),
        ('name = "X", at = [0, 0], population = 0, side = "AA"', "key cities.population: got 0"),
        ('name = 3, at = [0, 0], population = 5, side = "AA"', "key cities.name: got 3"),
        ('name = "X", at = [0, 95], population = 5, side = "AA"', "key cities.at"),
        ('name = "X", population = 5, side = "AA"', "key cities.at is missing"),
    ],
)
def test_a_wrong_city_is_named(tmp_path: Path, city: str, words: str) -> None:
    path = tmp_path / "aa-bb.toml"
    path.write_text(
        'name = "x"\nfrom = "AA"\nto = "BB"\ncorridor_km = 5\ntarget = [0, 1]\n'
        f"cities = [{{ {city} }}]\nanchors = {{ AA = [[0, -1]], BB = [[0, 1]] }}\n"
    )
    with pytest.raises(InputError, match=words):
        borderfile.read(path)
