"""Posts that move at random: the best chance to meet one, for every number of posts."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph import (
    placement,
    placement_curve,
    placement_field,
    placement_programs,
)
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field
from tests import placement_program
from tests.placed_fields import BRIDGE, FOUR, best_way, field, fields, joined

KNOWN = {
    "four parallel roads": (FOUR, 1.0, 1, 0.25),
    "four parallel roads, a post that stops one in two": (FOUR, 0.5, 1, 0.125),
    "one link takes no more than a whole post": (("s>t",), 0.5, 2, 0.5),
    "a post of 0.1 before a fork": (("s>m 0.1", "m>t", "m>t"), 1.0, 1, 0.6),
    "a bridge that can hold none before three roads": (BRIDGE, 1.0, 1, 1 / 3),
    "three posts on four roads": (FOUR, 1.0, 3, 0.75),
    "two links one after the other": (("s>a", "a>t"), 0.5, 2, 1.0),
    "a road that can hold none beside others": (("s>t none", "s>t", "s>t"), 1.0, 5, 0.0),
    "no post at all": (FOUR, 1.0, 0, 0.0),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_values_of_posts_that_move_about(name: str) -> None:
    words, stop, n_posts, answer = KNOWN[name]
    here = field(*words)
    found = placement_curve.curve(here, stop, n_posts)
    assert placement_curve.value(found, n_posts) == pytest.approx(answer, abs=1e-9)


def test_ways_apart_cost_nothing_before_posts_stand() -> None:
    found = placement_curve.curve(field(*FOUR), 1.0, 4)
    assert (found.ways.tolist(), found.cost.tolist()) == ([4], [0.0])


def test_a_field_without_closed_links_keeps_the_numbers_of_the_others() -> None:
    here = field("s-a", "a-t none", "s>b 0.5", "b>t")
    left = placement_field.without(here, np.array([True, False, False, True]))
    arcs = zip(left.tail, left.head, left.link, left.takes, left.chance, strict=True)
    a, b = 2, 3
    assert (left.n_nodes, list(arcs)) == (4, [(a, SINK, 1, False, 0.0), (SOURCE, b, 2, False, 0.5)])


def test_ways_that_pass_a_link_both_ways_unequally_often_go_round_it_as_often_as_they_can() -> None:
    here = field("s>u", "s>u", "s>v", "u-v", "u>t", "v>t", "v>t")
    u, v = here.head[0], here.head[2]
    along = (here.tail == u) & (here.head == v)
    found = placement_field.paths(here, np.where(along, 2, 1))
    assert len(found) == 3
    assert sum(along[way].sum() for way in found) == 1
    assert not any(((here.tail == v) & (here.head == u))[way].any() for way in found)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("s>u", "s>v", "u-v", "u>t", "v>t"), [[0, 3], [1, 4]]),
        # In this order of the links the first way would leave v by v–t, the second pass u–v again.
        (("s>u", "s>v", "v>t", "u-v", "u>t"), [[0, 4], [1, 2]]),
    ],
)
def test_ways_that_would_meet_on_a_link_go_round_it(
    words: tuple[str, ...], expected: list[list[int]]
) -> None:
    """A flow that passes u–v both ways is two ways that need not: s–u–t and s–v–t."""
    here = field(*words)
    arcs = list(zip(here.tail.tolist(), here.head.tolist(), strict=True))
    u, v = here.head[0], here.head[1]
    used = [(SOURCE, u), (u, v), (v, SINK), (SOURCE, v), (v, u), (u, SINK)]
    flow = np.array([int(arc in used) for arc in arcs])
    found = placement_field.paths(here, flow)
    assert [here.link[path].tolist() for path in found] == expected


@pytest.mark.parametrize(
    ("words", "stop", "reached", "n_posts"),
    [(FOUR, 1.0, 0.5, 2.0), (FOUR, 0.5, 0.5, 4.0), (BRIDGE, 1.0, 1 / 3, 1.0),
     (("s>m 0.1", "m>t", "m>t"), 1.0, 0.6, 1.0), (("s>m 0.1", "m>t", "m>t"), 1.0, 0.1, 0.0),
     (("s>m 0.1", "m>t", "m>t"), 1.0, 0.05, 0.0)],
)  # fmt: skip
def test_the_fewest_posts_that_give_a_value(
    words: tuple[str, ...], stop: float, reached: float, n_posts: float
) -> None:
    found = placement_curve.curve(field(*words), stop, 5)
    assert placement_curve.enough(found, reached) == pytest.approx(n_posts, abs=1e-8)
    assert placement_curve.value(found, n_posts) >= reached - 1e-8


def test_fewest_posts_met() -> None:
    here = field("s>a", "a>t", "s>b", "b>t", "s>c", "c-d", "d>t")
    stands = np.isin(here.link, [0, 1, 2, 4, 6])
    assert placement_programs.least_met(here, stands) == 1
    assert placement_programs.least_met(here, stands | (here.link == 3)) == 2
    assert placement_programs.least_met(here, np.ones(len(here.link), dtype=bool)) == 2


@settings(max_examples=200, deadline=None)
@given(fields(), st.sampled_from([0.5, 0.9, 1.0]), st.sampled_from([0.5, 1.0, 2.0, 3.0, 6.0]))
def test_the_curve_is_that_of_linear_programs(here: Field, stop: float, n_posts: float) -> None:
    if not joined(here):
        assert len(placement_curve.curve(here, stop, n_posts).ways) == 0
        return
    program = placement_program.value(here, stop, n_posts)
    found = placement_curve.curve(here, stop, n_posts)
    assert placement_curve.value(found, n_posts) == pytest.approx(program, abs=1e-7)


@settings(max_examples=200, deadline=None)
@given(fields(), st.sampled_from([0.5, 1.0]), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
def test_the_defenders_guarantee_meets_the_travellers_best_mix(
    here: Field, stop: float, n_posts: float
) -> None:
    if not joined(here):
        return
    found = placement_curve.curve(here, stop, n_posts)
    best = placement.randomised(here, found, [n_posts])[0]
    assert best.share.sum() <= n_posts + 1e-6
    assert (best.share <= 1 + 1e-9).all()
    posts = {int(k): stop * share for k, share in zip(best.links, best.share, strict=True)}
    assert best_way(here, posts) == pytest.approx(best.value, abs=1e-7)
    if not best.ways:
        return
    # What the defender can win most against the mix: the links passed most often, a post each.
    passed = np.zeros(int(here.link.max()) + 1)
    standing = 0.0
    for way in best.ways:
        standing += float(here.chance[way].sum()) / len(best.ways)
        np.add.at(passed, here.link[way[here.takes[way]]], 1 / len(best.ways))
    most = np.sort(passed)[::-1]
    whole = int(n_posts)
    won = most[:whole].sum() + (n_posts - whole) * (most[whole] if whole < len(most) else 0.0)
    if best.value < found.most - 1e-9:
        assert standing + stop * won == pytest.approx(best.value, abs=1e-7)


@settings(max_examples=150, deadline=None)
@given(fields(plain=True), st.integers(1, 3))
def test_without_posts_the_value_is_a_share_of_the_minimum_cut(here: Field, n_posts: int) -> None:
    if not joined(here):
        return
    graph = nx.DiGraph()
    for tail, head in zip(here.tail.tolist(), here.head.tolist(), strict=True):
        graph.add_edge(
            tail, head, capacity=graph.get_edge_data(tail, head, {"capacity": 0})["capacity"] + 1
        )
    cut = nx.maximum_flow_value(graph, SOURCE, SINK)
    if n_posts <= cut:
        found = placement_curve.curve(here, 1.0, n_posts)
        assert placement_curve.value(found, n_posts) == pytest.approx(n_posts / cut)


@settings(max_examples=100, deadline=None)
@given(fields(), st.integers(1, 4), st.data())
def test_a_walk_never_raises_the_value(here: Field, n_posts: int, data: st.DataObject) -> None:
    if not joined(here) or here.n_nodes < 4:
        return
    a, b = data.draw(
        st.lists(st.integers(2, here.n_nodes - 1), min_size=2, max_size=2, unique=True)
    )
    link = int(here.link.max()) + 1
    more = Field(
        here.n_nodes,
        np.append(here.tail, [a, b]),
        np.append(here.head, [b, a]),
        np.append(here.link, [link, link]),
        np.append(here.takes, [True, True]),
        np.append(here.chance, [0.0, 0.0]),
    )
    values = [
        placement_curve.value(placement_curve.curve(one, 1.0, n_posts), n_posts)
        for one in (more, here)
    ]
    assert values[0] <= values[1] + 1e-9
