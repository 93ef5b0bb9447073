"""Redundancy of every link, against drawn networks, exhaustive search and another library."""

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import schema, store
from pipeline.core.errors import InputError
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.bridges import bridges, circles
from pipeline.graph.detours import detours
from pipeline.stages.redundancy import link_redundancy, redundancy
from tests.drawn import draw

Network = tuple[int, Ints, Ints, Bools, Floats]

# Lengths in whole units of 2^-10 m add up without rounding in any order: results are compared
# for equality, not for nearness.
UNIT_M = 2.0**-10


@st.composite
def networks(draw_: st.DrawFn, most_nodes: int = 12) -> Network:
    """Any small multigraph: loops, links side by side, links of no length, parts apart."""
    n_nodes = draw_(st.integers(1, most_nodes))
    node = st.integers(0, n_nodes - 1)
    row = st.tuples(node, node, st.booleans(), st.integers(0, 5000))
    rows = draw_(st.lists(row, min_size=1, max_size=3 * most_nodes))
    start, end, oneway, length = (np.array(part) for part in zip(*rows, strict=True))
    if draw_(st.booleans()):
        oneway[:] = False
    return n_nodes, start, end, oneway, length * UNIT_M


def one_by_one(n_nodes: int, start: Ints, end: Ints, oneway: Bools, length_m: Floats) -> Floats:
    """Each link taken out, and the way between its ends searched for with networkx."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n_nodes))
    for link, (a, b, one, length) in enumerate(zip(start, end, oneway, length_m, strict=True)):
        graph.add_edge(a, b, key=(link, 0), length=length)
        if not one:
            graph.add_edge(b, a, key=(link, 1), length=length)

    def shortest(a: int, b: int, link: int) -> float:
        def length(_a: int, _b: int, parallel: dict[tuple[int, int], dict[str, float]]) -> object:
            left = [values["length"] for key, values in parallel.items() if key[0] != link]
            return min(left, default=None)

        try:
            return float(nx.dijkstra_path_length(graph, a, b, weight=length))
        except nx.NetworkXNoPath:
            return np.inf

    found = []
    for link, (a, b) in enumerate(zip(start, end, strict=True)):
        back = 0.0 if oneway[link] else shortest(b, a, link)
        found.append(max(shortest(a, b, link), back))
    return np.array(found)


def undirected(n_nodes: int, start: Ints, end: Ints) -> nx.MultiGraph:
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.add_edges_from((a, b, k) for k, (a, b) in enumerate(zip(start, end, strict=True)))
    return graph


@settings(max_examples=300, deadline=None)
@given(networks())
def test_every_link_is_searched_round_as_one_by_one(network: Network) -> None:
    assert detours(*network).tolist() == one_by_one(*network).tolist()


@settings(max_examples=100, deadline=None)
@given(networks(), st.integers(0, 2**32))
def test_order_and_names_of_nodes_and_links_change_nothing(network: Network, seed: int) -> None:
    n_nodes, start, end, oneway, length_m = network
    rng = np.random.default_rng(seed)
    node, link = rng.permutation(n_nodes), rng.permutation(len(start))
    again = detours(n_nodes, node[start][link], node[end][link], oneway[link], length_m[link])
    assert again.tolist() == detours(*network)[link].tolist()


@settings(max_examples=100, deadline=None)
@given(networks(), st.data())
def test_a_further_link_lengthens_no_way_round(network: Network, data: st.DataObject) -> None:
    n_nodes, start, end, _, length_m = network
    a, b = data.draw(st.tuples(*[st.integers(0, n_nodes - 1)] * 2))
    more = (np.append(start, a), np.append(end, b), np.append(length_m, 1.0))
    before = detours(n_nodes, start, end, np.zeros(len(start), bool), length_m)
    after = detours(n_nodes, more[0], more[1], np.zeros(len(start) + 1, bool), more[2])[:-1]
    assert (after <= before).all()


@settings(max_examples=100, deadline=None)
@given(networks(), st.data())
def test_links_not_asked_for_change_nothing(network: Network, data: st.DataObject) -> None:
    count = len(network[1])
    asked = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    assert detours(*network, asked)[asked].tolist() == detours(*network)[asked].tolist()


@settings(max_examples=200, deadline=None)
@given(networks())
def test_bridges_are_those_of_networkx(network: Network) -> None:
    n_nodes, start, end, _, _ = network
    wanted = {tuple(sorted(edge)) for edge in nx.bridges(undirected(n_nodes, start, end))}
    found = bridges(n_nodes, start, end)
    rows = np.flatnonzero(found.bridge)
    assert {tuple(sorted((start[row], end[row]))) for row in rows} == wanted
    assert len(rows) == len(wanted)
    assert sorted(found.visit) == list(range(n_nodes))


@settings(max_examples=100, deadline=None)
@given(networks(most_nodes=7))
def test_a_circle_is_what_two_closures_part(network: Network) -> None:
    n_nodes, start, end, _, _ = network
    kept = ~bridges(n_nodes, start, end).bridge
    start, end = start[kept], end[kept]
    found = circles(n_nodes, start, end)
    graph = undirected(n_nodes, start, end)
    parts = nx.number_connected_components(graph)
    for one in range(len(start)):
        for other in range(one):
            without = graph.copy()
            without.remove_edge(start[one], end[one], one)
            without.remove_edge(start[other], end[other], other)
            parted = nx.number_connected_components(without) > parts
            assert parted == (found.circle[one] == found.circle[other])


def test_a_circle_runs_one_way_round() -> None:
    """Links of a ring in any order, some turned round: those that run alike are marked alike."""
    ring = [*pairwise([4, 0, 3, 1, 2]), (2, 4)]
    turned = np.array([False, True, True, False, True])
    ends = [(b, a) if turn else (a, b) for (a, b), turn in zip(ring, turned, strict=True)]
    start, end = np.array(ends, dtype=np.int64).T
    against = circles(5, start, end).against
    assert (against == turned).all() or (against == ~turned).all()


def test_a_long_ring_of_blocks_takes_one_search() -> None:
    """1,500 blocks of 36 nodes: a search for every link of the ring would take minutes."""
    blocks, side = 1500, 6
    block = np.arange(side**2).reshape(side, side)
    within = np.column_stack([
        np.concatenate([block[:, :-1].ravel(), block[:-1].ravel()]),
        np.concatenate([block[:, 1:].ravel(), block[1:].ravel()]),
    ])  # fmt: skip
    first = side**2 * np.arange(blocks)
    joins = np.column_stack([first + side**2 - 1, np.roll(first, -1)])
    ends = np.concatenate([joins, (within + first[:, None, None]).reshape(-1, 2)])
    length_m = np.ones(len(ends))
    nobody = np.zeros(len(ends), dtype=bool)
    found = detours(side**2 * blocks, ends[:, 0], ends[:, 1], nobody, length_m)
    assert set(found[:blocks]) == {blocks * (1 + 2 * (side - 1)) - 1}
    assert set(found[blocks:]) == {3.0}


# Drawn networks -----------------------------------------------------------------------------------

KM: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "a": (0, 10), "b": (3, 10), "c": (3, 14), "d": (0, 14), "e": (0, 15),
}  # fmt: skip


def round_km(*links: str, directed: bool = True) -> dict[str, float]:
    """redundancy_m of the drawn links in km, by what they were drawn with; no row, not there."""
    _, table = draw(KM, *links)
    found = link_redundancy(table, directed=directed).set_index("link_id")["redundancy_m"]
    names = {f"w{number}.0": text for number, text in enumerate(links, start=1)}
    return {names[str(link)]: round(metres / 1000, 9) for link, metres in found.items()}


def test_round_a_rectangle_and_nowhere_from_a_dead_end() -> None:
    found = round_km("a-b", "b-c", "c-d", "d-a", "d-e")
    assert {link: km for link, km in found.items() if link != "d-e"} == {
        "a-b": 11, "b-c": 10, "c-d": 11, "d-a": 10,
    }  # fmt: skip
    assert np.isnan(found["d-e"])


def test_one_way_tags_are_obeyed() -> None:
    found = round_km("a>b", "b-c", "c-d", "d-a")
    assert found["a>b"] == 11
    assert all(np.isnan(found[link]) for link in ("b-c", "c-d", "d-a"))
    assert set(round_km("a>b", "b-c", "c-d", "d-a", directed=False).values()) == {10, 11}


def test_the_longer_of_there_and_back_counts() -> None:
    """From b to a the diagonal by c may be driven, from a to b only the way over d."""
    found = round_km("a-b", "b>c", "c>a", "a-d", "d-b")
    assert found["a-b"] == 9
    assert round_km("a-b", "b>c", "c>a", "a-d", "d>b")["a-b"] == 9


def test_carriageways_are_no_way_round_each_other() -> None:
    found = round_km("a>b", "b>a", "b-c", "c-b")
    assert np.isnan(found["a>b"])
    assert np.isnan(found["b>a"])
    assert (found["b-c"], found["c-b"]) == (4, 4)


def test_each_network_on_its_own_and_only_what_is_open() -> None:
    found = round_km(
        *("a-b", "b-c", "c-a foot", "a-c closed", "c-b rail", "b-a rail", "a-c rail disused"),
        *("a-e restricted", "e-d", "d-a", "c-d foot"),
    )
    absent = {"a-c closed", "a-c rail disused", "a-e restricted"}
    assert absent.isdisjoint(found)
    assert found.pop("c-a foot") == 7
    assert found.pop("c-d foot") == 9
    assert len(found) == 6
    assert np.isnan(list(found.values())).all()


def test_ratio_is_over_its_own_length_and_missing_where_that_is_nought() -> None:
    _, links = draw(KM | {"f": (0, 10)}, "a-b", "b-c", "c-a", "a-f", "f-a")
    found = link_redundancy(links).set_index("link_id")
    assert found["detour_ratio"]["w1.0"] == pytest.approx((4 + 5) / 3)
    assert found["redundancy_m"][["w4.0", "w5.0"]].tolist() == [0, 0]
    assert found["detour_ratio"][["w4.0", "w5.0"]].isna().all()


def test_links_side_by_side_by_the_thousand() -> None:
    n = 5000
    ends = (np.zeros(n, np.int64), np.ones(n, np.int64))
    found = detours(2, *ends, np.zeros(n, bool), np.arange(1.0, n + 1))
    assert found.tolist() == [2.0] + [1.0] * (n - 1)


def test_a_network_of_one_link_and_of_none() -> None:
    assert np.isnan(round_km("a-b")["a-b"])
    assert link_redundancy(schema.empty("links")).empty


# The stage ----------------------------------------------------------------------------------------


def test_the_stage_writes_its_table(tmp_path: Path) -> None:
    nodes, links = draw(KM, "a-b", "b-c", "c-a", "d-e")
    store.write(tmp_path / "network", {"nodes": nodes, "links": links})
    redundancy(str(tmp_path / "network"), str(tmp_path / "redundancy"))
    found = store.read(tmp_path / "redundancy", "link_redundancy")
    pd.testing.assert_frame_equal(found, schema.conform(link_redundancy(links), "link_redundancy"))
    assert found["redundancy_m"].notna().tolist() == [True, True, True, False]
    with pytest.raises(InputError, match="no such file, expected the table links"):
        redundancy(str(tmp_path / "nowhere"), str(tmp_path / "redundancy"))
