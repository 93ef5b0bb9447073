"""Disjoint routes: as many as the greatest flow, and as quick as networkx's min-cost flow."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph import disjoint
from pipeline.graph.disjoint import Ends, Streets


def streets(*links: tuple[int, int, float], oneway: bool = False) -> Streets:
    ways = [(a, b, k, minutes) for k, (a, b, minutes) in enumerate(links)]
    if not oneway:
        ways += [(b, a, k, minutes) for a, b, k, minutes in ways]
    tail, head, link, minutes = (np.array(column) for column in zip(*ways, strict=True))
    return Streets(int(max(tail.max(), head.max())) + 1, tail, head, link, minutes.astype(float))


def ends(*rows: tuple[int, float]) -> Ends:
    return Ends(np.array([node for node, _ in rows]), np.array([float(wait) for _, wait in rows]))


def test_an_earlier_route_gives_way_where_peeling_would_block() -> None:
    # The fastest, 0-1-2-3, uses up both ways out; two routes are 0-1-3 and 0-2-3.
    net = streets((0, 1, 1), (1, 2, 1), (2, 3, 1), (1, 3, 5), (0, 2, 5))
    found = disjoint.disjoint(net, ends((0, 0)), ends((3, 0)))
    assert found.total.tolist() == [3, 12]
    assert found.minutes.tolist() == [6, 6]
    assert sorted(net.link[arcs].tolist() for arcs in found.arcs) == [[0, 3], [4, 2]]
    alone = disjoint.disjoint(net, ends((0, 0)), ends((3, 0)), ratio=1.9)
    assert (alone.total.tolist(), alone.minutes.tolist()) == ([3], [3])
    assert len(disjoint.disjoint(net, ends((0, 0)), ends((3, 0)), ratio=2.0).total) == 2


def test_a_count_does_not_measure_how_many_roads_leave_one_junction() -> None:
    net = streets((0, 1, 5), (0, 3, 9), (1, 2, 5), (3, 4, 5))
    one = disjoint.disjoint(net, ends((0, 0)), ends((2, 0)))
    both = disjoint.disjoint(net, ends((0, 0), (1, 5), (3, 9)), ends((2, 0), (4, 1)))
    assert one.total.tolist() == [10]
    assert both.total.tolist() == [10, 25]


def test_no_more_routes_than_asked_for() -> None:
    net = streets((0, 1, 1), (0, 1, 2), (0, 1, 3))
    for most in (1, 2, 3):
        found = disjoint.disjoint(net, ends((0, 0)), ends((1, 0)), most=most)
        assert found.total.tolist() == [1, 3, 6][:most]


def test_a_link_serves_one_route_even_where_passing_it_costs_nothing() -> None:
    # The fastest is 0-1-2-3; the other two roads meet it at the free link, from the other side.
    # The order of the links decides which arc of the free link a search and a walk try first.
    net = streets((0, 1, 1), (0, 2, 5), (2, 3, 1), (2, 1, 0), (3, 1, 5))
    found = disjoint.disjoint(net, ends((0, 0)), ends((3, 0)))
    assert found.total.tolist() == [2, 12]
    assert sorted(net.link[arcs].tolist() for arcs in found.arcs) == [[0, 4], [1, 2]]


def test_no_way_is_no_route() -> None:
    found = disjoint.disjoint(streets((0, 1, 1), (2, 3, 1)), ends((0, 0)), ends((3, 0)))
    assert (len(found.total), found.arcs, len(found.minutes)) == (0, [], 0)


@st.composite
def networks(draw: st.DrawFn) -> tuple[Streets, Ends, Ends]:
    n = draw(st.integers(4, 9))
    node = st.integers(0, n - 1)
    link = st.tuples(node, node, st.integers(0, 9)).filter(lambda row: row[0] != row[1])
    links = draw(st.lists(link, min_size=3, max_size=24))
    net = streets(*links, (n - 1, 0, 50), oneway=draw(st.booleans()))
    begin = draw(
        st.lists(
            st.tuples(st.sampled_from([0, 1]), st.integers(0, 5)),
            min_size=1,
            max_size=2,
            unique_by=lambda row: row[0],
        )
    )
    stop = draw(
        st.lists(
            st.tuples(st.sampled_from([2, 3]), st.integers(0, 5)),
            min_size=1,
            max_size=2,
            unique_by=lambda row: row[0],
        )
    )
    return net, ends(*begin), ends(*stop)


def oracle(net: Streets, start: Ends, end: Ends) -> nx.DiGraph:
    """Each link once whichever way it is used: opposite flows never pay, so a capacity each."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["s", "t"])
    for arc, (a, b) in enumerate(zip(net.tail, net.head, strict=True)):
        graph.add_edge(int(a), f"a{arc}", capacity=1, weight=int(net.minutes[arc]))
        graph.add_edge(f"a{arc}", int(b), capacity=1, weight=0)
    for node, wait in zip(start.node, start.minutes, strict=True):
        graph.add_edge("s", int(node), weight=int(wait))
    for node, wait in zip(end.node, end.minutes, strict=True):
        graph.add_edge(int(node), "t", weight=int(wait))
    return graph


@given(case=networks())
@settings(max_examples=120, deadline=None)
def test_as_many_as_the_greatest_flow_and_as_quick_as_its_cheapest(
    case: tuple[Streets, Ends, Ends],
) -> None:
    net, start, end = case
    found = disjoint.disjoint(net, start, end)
    graph = oracle(net, start, end)
    most = nx.maximum_flow_value(graph, "s", "t", capacity="capacity")
    assert len(found.total) == len(found.arcs) == most
    for k in range(1, most + 1):
        graph.nodes["s"]["demand"], graph.nodes["t"]["demand"] = -k, k
        assert found.total[k - 1] == pytest.approx(nx.min_cost_flow_cost(graph))
    marginal = np.diff(found.total, prepend=0.0)
    assert (np.diff(marginal) > -1e-9).all()
    expect_routes(net, start, end, found)


def expect_routes(net: Streets, start: Ends, end: Ends, found: disjoint.Routes) -> None:
    """Routes hang together, share no link, and take as long as the flow (circles cost nothing)."""
    used = np.concatenate([np.empty(0, np.int64), *(net.link[arcs] for arcs in found.arcs)])
    assert len(np.unique(used)) == len(used)
    for arcs in found.arcs:
        assert (net.head[arcs[:-1]] == net.tail[arcs[1:]]).all()
        assert net.tail[arcs[0]] in start.node
        assert net.head[arcs[-1]] in end.node
    assert (np.diff(found.minutes) >= 0).all()
    if len(found.total):
        assert found.minutes.sum() == pytest.approx(found.total[-1])


@given(case=networks(), more=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 9)))
@settings(max_examples=80, deadline=None)
def test_one_link_more_never_lowers_a_count_of_routes(
    case: tuple[Streets, Ends, Ends], more: tuple[int, int, int]
) -> None:
    net, start, end = case
    before = disjoint.disjoint(net, start, end)
    wider = Streets(
        net.n_nodes,
        np.append(net.tail, more[0]),
        np.append(net.head, more[1]),
        np.append(net.link, net.link.max() + 1),
        np.append(net.minutes, float(more[2])),
    )
    after = disjoint.disjoint(wider, start, end)
    assert len(after.total) >= len(before.total)
    assert (after.total[: len(before.total)] <= before.total + 1e-9).all()
