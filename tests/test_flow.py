"""Cuts and paths against exhaustive search, networkx, and laws that must hold."""

from itertools import combinations, pairwise
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.types import Ints
from pipeline.graph import flow
from pipeline.graph.arcs import Arcs
from pipeline.graph.flow import Flow
from pipeline.network import link_arcs

# A network for a test: links as (from node, to node, one-way), nodes 0..n-1.
Links = list[tuple[int, int, bool]]
MODEST = settings(max_examples=150, deadline=None)


def arcs_of(n: int, links: Links, *, directed: bool = True) -> Arcs:
    nodes = pd.DataFrame({"node_id": [str(node) for node in range(n)]})
    ends = [(str(a), str(b), oneway) for a, b, oneway in links]
    frame = pd.DataFrame(ends, columns=["from_node", "to_node", "oneway"])
    return link_arcs.arcs(nodes, frame.astype({"oneway": bool}), directed=directed)


def solved(n: int, links: Links, sources: set[int], sinks: set[int]) -> Flow:
    between, _ = flow.between(arcs_of(n, links), mask(n, sources), mask(n, sinks))
    return flow.solve(between)


def mask(n: int, nodes: set[int]) -> np.ndarray[Any, Any]:
    return np.isin(np.arange(n), list(nodes))


def test_only_arcs_that_a_path_can_need_stay_between_two_sets() -> None:
    # Within a set, into the sources, out of the sinks, from a node to itself: left out.
    links = [(0, 1, True), (1, 2, False), (2, 3, True), (3, 3, True), (3, 4, False), (4, 5, True),
             (5, 0, True)]  # fmt: skip
    given = arcs_of(6, links)
    between, kept = flow.between(given, mask(6, {0, 1}), mask(6, {4, 5}))
    ends = list(zip(given.tail[kept].tolist(), given.head[kept].tolist(), strict=True))
    assert sorted(ends) == [(1, 2), (2, 3), (3, 4)]
    assert between.n_nodes == 4
    assert between.link.tolist() == given.link[kept].tolist()
    with pytest.raises(ValueError, match="in both sets"):
        flow.between(given, mask(6, {0, 1}), mask(6, {1}))


def test_a_walk_drops_a_circle_and_may_come_by_again() -> None:
    #             0->1  1->2  2->4  4->1  1->2  2->3; of the arcs at a node the last is taken first
    head = np.array([1, 2, 4, 1, 2, 3])
    leaving = {0: [0], 1: [4, 1], 2: [5, 2], 4: [3]}
    assert flow.walk(leaving, head, 0, lambda node: node == 3).tolist() == [0, 4, 5]
    assert not any(leaving.values())
    assert flow.walk({}, head, 3, lambda node: node == 3).tolist() == []


def test_of_roads_side_by_side_as_many_are_used_as_carry_flow_the_first_first() -> None:
    found = solved(
        3, [(0, 1, True), (0, 1, True), (0, 1, True), (1, 2, True), (1, 2, True)], {0}, {2}
    )
    assert found.value == 2
    assert found.used.tolist() == [True, True, False, True, True]
    assert [found.arcs.link[path].tolist() for path in flow.paths(found)] == [[0, 3], [1, 4]]


def joined(n: int, links: Links, sources: set[int], sinks: set[int], closed: set[int]) -> bool:
    """Whether a path leads from a source to a sink without the closed links, by plain search."""
    seen, waiting = set(sources), list(sources)
    while waiting:
        at = waiting.pop()
        for k, (a, b, oneway) in enumerate(links):
            if k in closed:
                continue
            for tail, head in ((a, b), (b, a)) if not oneway else ((a, b),):
                if tail == at and head not in seen:
                    seen.add(head)
                    waiting.append(head)
    return bool(seen & sinks)


def all_cuts(n: int, links: Links, sources: set[int], sinks: set[int]) -> list[set[int]]:
    """Every smallest set of links that separates the two sets, by trying all sets."""
    for size in range(len(links) + 1):
        cuts = [
            set(chosen)
            for chosen in combinations(range(len(links)), size)
            if not joined(n, links, sources, sinks, set(chosen))
        ]
        if cuts:
            return cuts
    raise AssertionError("closing every link parts everything")


@st.composite
def networks(draw: st.DrawFn, most_links: int = 9) -> tuple[int, Links, set[int], set[int]]:
    n = draw(st.integers(2, 6))
    node = st.integers(0, n - 1)
    links = draw(st.lists(st.tuples(node, node, st.booleans()), max_size=most_links))
    sources = draw(st.sets(node, min_size=1, max_size=2))
    sinks = draw(st.sets(node, min_size=1, max_size=2)) - sources
    return n, links, sources, sinks


@MODEST
@given(networks())
def test_cuts_are_those_of_exhaustive_search(case: tuple[int, Links, set[int], set[int]]) -> None:
    found, cuts = solved(*case), all_cuts(*case)
    assert found.value == len(cuts[0])
    assert set(flow.in_some_cut(found)) == set().union(*cuts)
    for cut in (flow.cut_nearest_source(found), flow.cut_nearest_sink(found)):
        assert set(cut.tolist()) in cuts


@MODEST
@given(networks())
def test_links_in_some_cut_are_those_whose_closure_lowers_the_flow(
    case: tuple[int, Links, set[int], set[int]],
) -> None:
    n, links, sources, sinks = case
    found = solved(*case)
    lowering = {
        k
        for k in range(len(links))
        if solved(n, links[:k] + links[k + 1 :], sources, sinks).value == found.value - 1
    }
    assert set(flow.in_some_cut(found).tolist()) == lowering


@MODEST
@given(networks(most_links=14))
def test_nearest_cuts_leave_the_fewest_nodes_on_their_side(
    case: tuple[int, Links, set[int], set[int]],
) -> None:
    n, links, sources, sinks = case
    found = solved(*case)
    sides = []
    for size in range(n + 1):
        for side in combinations(range(n), size):
            inside = set(side)
            if not (sources <= inside) or inside & sinks:
                continue
            cut = {
                k
                for k, (a, b, oneway) in enumerate(links)
                if (a in inside and b not in inside)
                or (not oneway and b in inside and a not in inside)
            }
            if len(cut) == found.value:
                sides.append((inside, cut))
    # Minimum cuts are closed under union and intersection: the extremes are their own.
    assert set(flow.cut_nearest_source(found)) == min(sides, key=lambda s: len(s[0]))[1]
    assert set(flow.cut_nearest_sink(found)) == max(sides, key=lambda s: len(s[0]))[1]


@MODEST
@given(networks(most_links=14))
def test_witness_paths_are_as_many_link_disjoint_and_continuous(
    case: tuple[int, Links, set[int], set[int]],
) -> None:
    _, links, sources, sinks = case
    found = solved(*case)
    paths = flow.paths(found)
    assert len(paths) == found.value
    passed = [int(found.arcs.link[row]) for path in paths for row in path]
    assert len(passed) == len(set(passed))
    for path in paths:
        steps = []
        for row in path:
            a, b, oneway = links[int(found.arcs.link[row])]
            assert not oneway or found.arcs.forward[row]
            steps.append((a, b) if found.arcs.forward[row] else (b, a))
        assert steps[0][0] in sources
        assert steps[-1][1] in sinks
        met = [steps[0][0], *(head for _, head in steps)]
        assert all(head == tail for (_, head), (tail, _) in pairwise(steps))
        assert len(met) == len(set(met))
        assert not set(met[1:-1]) & (sources | sinks)


@MODEST
@given(networks(most_links=14), st.randoms(use_true_random=False))
def test_relabelling_and_reordering_change_nothing(
    case: tuple[int, Links, set[int], set[int]], random: Any
) -> None:
    n, links, sources, sinks = case
    name = random.sample(range(n), n)
    order = random.sample(range(len(links)), len(links))
    shuffled = [(name[links[k][0]], name[links[k][1]], links[k][2]) for k in order]
    found = solved(*case)
    other = solved(n, shuffled, {name[k] for k in sources}, {name[k] for k in sinks})
    assert found.value == other.value

    def back(rows: Ints) -> set[int]:
        return {order[k] for k in rows}

    assert set(flow.cut_nearest_source(found)) == back(flow.cut_nearest_source(other))
    assert set(flow.cut_nearest_sink(found)) == back(flow.cut_nearest_sink(other))
    assert set(flow.in_some_cut(found)) == back(flow.in_some_cut(other))


@MODEST
@given(networks(most_links=14))
def test_reversing_every_arc_and_the_grounds_changes_only_which_end_is_which(
    case: tuple[int, Links, set[int], set[int]],
) -> None:
    n, links, sources, sinks = case
    turned = [(b, a, oneway) for a, b, oneway in links]
    found, other = solved(*case), solved(n, turned, sinks, sources)
    assert found.value == other.value
    assert set(flow.cut_nearest_source(found)) == set(flow.cut_nearest_sink(other))
    assert set(flow.in_some_cut(found)) == set(flow.in_some_cut(other))


@MODEST
@given(networks(), st.tuples(st.integers(0, 1), st.integers(0, 1), st.booleans()))
def test_a_further_link_never_lowers_the_cut(
    case: tuple[int, Links, set[int], set[int]], link: tuple[int, int, bool]
) -> None:
    n, links, sources, sinks = case
    more = solved(n, [*links, link], sources, sinks).value
    assert solved(*case).value <= more <= solved(*case).value + 1


@pytest.mark.parametrize("seed", range(4))
def test_values_are_those_of_networkx(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = 300, 700
    links = [
        (int(a), int(b), bool(random.random() < 0.4)) for a, b in random.integers(0, n, (m, 2))
    ]
    sources, sinks = set(range(15)), set(range(15, 30))
    lanes = random.integers(1, 4, 2 * m)
    arcs = arcs_of(n, links)
    between, kept = flow.between(arcs, mask(n, sources), mask(n, sinks))
    for capacity in (np.ones(len(arcs.tail), np.int64), lanes[: len(arcs.tail)]):
        other = nx.DiGraph()
        other.add_nodes_from(["source", "sink", *range(n)])
        for tail, head, size in zip(arcs.tail, arcs.head, capacity, strict=True):
            before = other.get_edge_data(tail, head, {"capacity": 0})["capacity"]
            other.add_edge(tail, head, capacity=before + int(size))
        other.add_edges_from(("source", node) for node in sources)
        other.add_edges_from((node, "sink") for node in sinks)
        expected = nx.minimum_cut(other, "source", "sink")[0]
        assert flow.value(between, capacity[kept]) == expected
    assert flow.solve(between).value == flow.value(between, np.ones(len(kept), np.int64))


def test_a_single_link_is_the_cut_and_the_path() -> None:
    found = solved(2, [(0, 1, False)], {0}, {1})
    assert found.value == 1
    assert flow.cut_nearest_source(found).tolist() == [0]
    assert [path.tolist() for path in flow.paths(found)] == [[0]]


def test_a_two_way_link_is_one_path_and_one_closure() -> None:
    # Two paths want the middle link in opposite directions: 0-2>3-1 and 0-3>2-1. They swap there.
    found = solved(
        4, [(0, 2, False), (2, 3, False), (3, 1, False), (0, 3, False), (2, 1, False)], {0}, {1}
    )
    assert found.value == 2
    assert 1 not in {int(found.arcs.link[row]) for path in flow.paths(found) for row in path}


def test_a_one_way_link_against_the_direction_is_no_path() -> None:
    found = solved(2, [(1, 0, True)], {0}, {1})
    assert found.value == 0
    assert not len(flow.cut_nearest_source(found))
    assert not len(flow.in_some_cut(found))
    assert flow.paths(found) == []


def test_links_from_a_node_to_itself_count_nothing() -> None:
    assert solved(2, [(0, 0, False), (0, 1, False), (1, 1, True)], {0}, {1}).value == 1


def test_thousands_of_parallel_links_each_count() -> None:
    found = solved(3, [(0, 1, False)] * 5000 + [(1, 2, False)] * 7000, {0}, {2})
    assert found.value == 5000
    assert flow.in_some_cut(found).tolist() == list(range(5000))
    assert len(flow.paths(found)) == 5000


def test_links_within_a_ground_cost_nothing() -> None:
    # 0, 1 are the source: the single link between them must not be the cut.
    found = solved(4, [(0, 1, False), (1, 2, False), (0, 2, False), (2, 3, False)], {0, 1}, {3})
    assert flow.cut_nearest_sink(found).tolist() == [3]


def test_a_node_in_both_grounds_is_refused() -> None:
    with pytest.raises(ValueError, match="both sets"):
        flow.between(arcs_of(1, []), mask(1, {0}), mask(1, {0}))


def test_a_very_long_chain_is_followed_to_its_end() -> None:
    n = 200_000
    found = solved(n, [(k, k + 1, False) for k in range(n - 1)], {0}, {n - 1})
    assert len(flow.in_some_cut(found)) == n - 1
    assert len(flow.paths(found)[0]) == n - 1
