"""What the travel stage keeps and others read: the networks, choices and lines that it made."""

import dataclasses
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import borderfile, schema, store
from pipeline.core.errors import InputError
from pipeline.graph import dijkstra
from pipeline.travel import choice, demand, detour, free_arcs, mode_network, routing, tables
from pipeline.travel.assemble import Travel, travel
from tests import drawn
from tests.test_demand import FAR, FAR_WAYS, places
from tests.test_routing import cross
from tests.travelled import travelled

BORDER = """
name = "A – B"
from = "AA"
to = "BB"
corridor_km = 200
target = [0.0, 0.5]
anchors = { AA = [[0.0, -0.5]], BB = [[0.0, 0.5]] }
[[cities]]
name = "Sur"
at = [0.0, -1.8]
side = "AA"
population = 50000
"""


def kept(folder: Path) -> tuple[Travel, mode_network.Network]:
    """A drawn road network with two places and a city beyond the data: made, and read back."""
    nodes, links = drawn.draw(FAR, *FAR_WAYS)
    crossings, joins = cross(nodes, links, {"x1": "c1", "x2": "c2"}, x1="official")
    # A lies beside the middle of a link, which is split there.
    settled = places(("A", 1.0, -50.0, "town", 1000.0), ("B", 0.0, 30.0, "town", 1000.0))
    drawn_tables = {"nodes": nodes, "links": links, "places": settled}
    store.write(folder / "network", drawn_tables | {"reach": schema.empty("reach")})
    store.write(folder / "crossings", {"crossings": crossings, "crossing_links": joins})
    (folder / "aa-bb.toml").write_text(BORDER)
    at = [folder / name for name in ("network", "crossings", "aa-bb.toml", "travel")]
    travelled(*at)
    known = {name: store.read(at[0], name) for name in ("nodes", "links", "places")}
    known |= {name: store.read(at[1], name) for name in ("crossings", "crossing_links")}
    border = borderfile.read(at[2])
    made = travel(known, "road", border, mode_network.usable(known["links"], "road"))
    read = tables.network(str(at[3]), "road", str(at[0]), str(at[1]))
    return made, read


def test_a_network_read_back_is_the_one_that_was_made(tmp_path: Path) -> None:
    made, read = kept(tmp_path)
    for field in dataclasses.fields(mode_network.Network):
        ours, theirs = (getattr(one, field.name) for one in (made.network, read))
        if isinstance(ours, np.ndarray):
            assert np.array_equal(ours, theirs), field.name
    assert read.nodes["node_id"].tolist() == made.network.nodes["node_id"].tolist()
    for column in ("link_id", "from_node", "to_node", "class", "side", "length_m"):
        assert read.links[column].tolist() == made.network.links[column].tolist()
    laid = np.flatnonzero(made.network.links["class"] != mode_network.BEYOND)
    # The link that A stands on is drawn in two parts, others whole.
    assert shapely.equals(read.shapes(laid), made.network.shapes(laid)).all()
    assert len(laid) == len(FAR_WAYS) + 1
    places_read = tables.places(str(tmp_path / "travel"), "road")
    assert places_read["place_id"].tolist() == sorted(made.settled["place_id"])
    assert np.isinf(places_read["depth_km"]).sum() == 1


def test_a_choice_read_back_is_the_one_that_was_made(tmp_path: Path) -> None:
    made, read = kept(tmp_path)
    border = borderfile.read(tmp_path / "aa-bb.toml")
    for model in demand.MODELS:
        wanted = demand.demand(made.settled, made.network, border, model)
        ours = choice.choose(made.network, wanted)
        theirs = tables.choice(str(tmp_path / "travel"), "road", model)
        for field in dataclasses.fields(choice.Choice):
            pair = getattr(ours, field.name), getattr(theirs, field.name)
            assert (
                np.array_equal(*pair) if field.name != "unreachable_share" else pair[0] == pair[1]
            )
        again = choice.choose(read, tables.as_demand(theirs))
        assert np.array_equal(again.minutes, theirs.minutes)


def test_a_way_that_leads_beyond_the_data_is_drawn_within_them(tmp_path: Path) -> None:
    _, read = kept(tmp_path)
    node = {name: row for row, name in enumerate(read.nodes["node_id"])}
    everywhere = np.ones(len(read.tail), dtype=bool)
    ends = node["city.0"], node["b"]
    way = routing.fastest_route(read, read.minutes, everywhere, ends)
    assert way is not None
    line = detour.line(read, way)
    assert shapely.get_coordinates(line)[:, 1].min() == pytest.approx(-80 * drawn.DEGREES_PER_KM)
    border = borderfile.read(tmp_path / "aa-bb.toml")
    terms = free_arcs.free(read, border, schema.empty("posts"))
    outside = detour.described(read, terms, way, ends, ~everywhere)
    beyond = read.links["minutes"][read.links["class"] == mode_network.BEYOND]
    assert outside["beyond_data_minutes"] in beyond.tolist()
    home = routing.fastest_route(read, read.minutes, everywhere, (node["a"], node["b"]))
    inside = detour.described(read, terms, home, (node["a"], node["b"]), ~everywhere)
    assert inside["beyond_data_minutes"] == 0.0


def test_an_array_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    kept(tmp_path)
    path = tmp_path / "travel" / "road" / "through_minutes.npy"
    path.write_bytes(b"no array")
    with pytest.raises(InputError, match=r"through_minutes\.npy: not a readable array"):
        tables.choice(str(tmp_path / "travel"), "road", "through")
    path.unlink()
    with pytest.raises(InputError, match=r"through_minutes\.npy: no such file"):
        tables.choice(str(tmp_path / "travel"), "road", "through")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_search_with_bounds_finds_what_networkx_does(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 7))
    node = st.integers(0, n - 1)
    arcs = data.draw(st.lists(st.tuples(node, node, st.integers(0, 9), st.booleans()), max_size=25))
    arcs.sort()
    tail, head, minutes = (np.array([arc[k] for arc in arcs], dtype=np.int64) for k in range(3))
    usable = np.array([arc[3] for arc in arcs], dtype=bool)
    pointer = np.searchsorted(tail, np.arange(n + 1)).astype(np.int64)
    start, end = data.draw(node), data.draw(node)
    graph, opened = nx.MultiDiGraph(), nx.MultiDiGraph()
    for one in (graph, opened):
        one.add_nodes_from(range(n))
    for a, b, taken, used in arcs:
        opened.add_edge(b, a, minutes=taken)
        if used:
            graph.add_edge(a, b, minutes=taken)
    # What is left where every arc may be used, to the end or to another node too: a lower bound.
    goals = {end, data.draw(node)}
    left = nx.multi_source_dijkstra_path_length(opened, goals, weight="minutes")
    least_left = np.array([left.get(row, np.inf) for row in range(n)], dtype=np.float64)
    for bound in (np.zeros(n), least_left):
        found, before = dijkstra.search(
            pointer, head, minutes.astype(np.float64), usable, bound,
            np.array([start]), np.zeros(1), np.array([end]),
        )  # fmt: skip
        known = nx.single_source_dijkstra_path_length(graph, start, weight="minutes")
        assert found[0] == pytest.approx(known.get(end, np.inf))
        at, walked = end, 0.0
        while np.isfinite(found[0]) and before[at] >= 0:
            arc = before[at]
            assert usable[arc] and head[arc] == at
            walked += minutes[arc]
            at = tail[arc]
        assert not np.isfinite(found[0]) or (at == start and walked == pytest.approx(found[0]))
