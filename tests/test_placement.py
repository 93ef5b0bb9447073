"""Where posts stop most: known answers, linear programs, enumeration of every set of posts."""

from dataclasses import replace
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.types import Ints
from pipeline.graph import (
    placement,
    placement_curve,
    placement_field,
    placement_programs,
    placement_rounding,
)
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field
from tests import placement_program


def made(n_nodes: int, rows: list[tuple[int, int, int, bool, float]]) -> Field:
    """A field of arcs: tail, head, link, whether it takes a post, chance there."""
    tail, head, link, takes, chance = (np.array(column) for column in zip(*rows, strict=True))
    return Field(n_nodes, tail, head, link, takes, chance)


def field(*words: str) -> Field:
    """A field in words: `s-a`, both ways, or `s>a`; then `none` (takes no post) or its chance.

    s is SOURCE, t is SINK. A link that carries a post takes no other.
    """
    number = {"s": SOURCE, "t": SINK}
    rows = []
    for link, text in enumerate(words):
        ends, *more = text.split()
        oneway = ">" in ends
        a, b = (number.setdefault(name, len(number)) for name in ends.split(">" if oneway else "-"))
        takes, chance = not more, 0.0 if not more or more[0] == "none" else float(more[0])
        rows += [(a, b, link, takes, chance)] + ([] if oneway else [(b, a, link, takes, chance)])
    # As `flow.between` leaves them: nothing leads into the source or out of the sink.
    rows = [row for row in rows if row[1] != SOURCE and row[0] != SINK]
    return made(len(number), rows)


FOUR = ("s>a1", "a1>t", "s>a2", "a2>t", "s>a3", "a3>t", "s>a4", "a4>t")
BRIDGE = ("s>m none", "m>t", "m>t", "m>t")
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


@st.composite
def fields(draw: st.DrawFn, *, plain: bool = False) -> Field:
    """A random field of up to 7 nodes with standing posts, links that take none, two-way links."""
    n_nodes = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, n_nodes - 1), st.integers(0, n_nodes - 1))
    kinds = st.sampled_from(["free", "free", "free"] if plain else ["free", "free", "none", "post"])
    n_links = draw(st.integers(1, 12))
    rows = []
    for link in range(n_links):
        (a, b), kind, both = draw(ends), draw(kinds), draw(st.booleans())
        chance = draw(st.sampled_from([0.1, 0.25, 0.5])) if kind == "post" else 0.0
        for tail, head in [(a, b), (b, a)][: 2 if both else 1]:
            if head not in (tail, SOURCE) and tail != SINK:
                rows.append((tail, head, link, kind == "free", chance))
    rows = rows or [(SOURCE, SINK, 0, True, 0.0)]
    return made(n_nodes, rows)


def joined(here: Field) -> bool:
    graph = nx.DiGraph(zip(here.tail.tolist(), here.head.tolist(), strict=True))
    return SINK in graph and SOURCE in graph and nx.has_path(graph, SOURCE, SINK)


def met(here: Field, arcs: Ints, posts: dict[int, float]) -> float:
    """Sum of the chances met on a way."""
    return sum(float(here.chance[arc]) + posts.get(int(here.link[arc]), 0.0) for arc in arcs)


def best_way(here: Field, posts: dict[int, float]) -> float:
    graph = nx.MultiDiGraph()
    for arc in range(len(here.tail)):
        extra = posts.get(int(here.link[arc]), 0.0) if here.takes[arc] else 0.0
        graph.add_edge(int(here.tail[arc]), int(here.head[arc]), w=here.chance[arc] + extra)
    return float(nx.dijkstra_path_length(graph, SOURCE, SINK, weight="w"))


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


def enumerated(here: Field, n_posts: int, stop: float) -> float:
    """Chance to be stopped under the best whole posts, over every set of them."""
    weight = -np.log1p(-here.chance)
    logs = replace(here, chance=weight)
    free = np.unique(here.link[here.takes]).tolist()
    sets = combinations(free, min(n_posts, len(free)))
    new = -np.log1p(-stop)
    return 1 - float(np.exp(-max(best_way(logs, dict.fromkeys(chosen, new)) for chosen in sets)))


@settings(max_examples=120, deadline=None)
@given(fields(), st.integers(1, 3), st.sampled_from([0.3, 0.9]))
def test_fixed_posts_are_the_best_of_every_set(here: Field, n_posts: int, stop: float) -> None:
    if not joined(here):
        return
    found = placement_programs.fixed(here, stop, n_posts, 10_000)
    best = enumerated(here, n_posts, stop)
    assert found.value == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, abs=1e-6)
    assert len(found.links) <= n_posts


@settings(max_examples=120, deadline=None)
@given(fields(), st.integers(1, 3), st.sampled_from([0.3, 0.9]))
def test_without_a_program_the_best_set_lies_between_two_bounds(
    here: Field, n_posts: int, stop: float
) -> None:
    if not joined(here):
        return
    found = placement_rounding.fixed(here, stop, n_posts)
    assert found.value - 1e-9 <= enumerated(here, n_posts, stop) <= found.bound + 1e-6
    assert len(found.links) <= n_posts
    posts = dict.fromkeys(found.links.tolist(), -np.log1p(-stop))
    logs = replace(here, chance=-np.log1p(-here.chance))
    assert 1 - np.exp(-best_way(logs, posts)) == pytest.approx(found.value, abs=1e-9)


def test_rounding_finds_what_is_known() -> None:
    """Two posts close two roads; of four, three posts leave one open: nothing is gained."""
    two = placement_rounding.fixed(field("s>a", "a>t", "s>b", "b>t"), 0.5, 2)
    assert (two.value, two.bound) == pytest.approx((0.5, 0.5))
    assert two.share.tolist() == [1.0, 1.0]
    three = placement_rounding.fixed(field(*FOUR), 0.5, 3)
    assert (three.value, len(three.links)) == (0.0, 0)
    assert three.bound == pytest.approx(1 - 0.5**0.75)


TWO_ROADS = ("s>c none", "c>t", "s>b", "b>t 0.3")


@pytest.mark.parametrize(
    ("words", "stop", "n_posts", "value"),
    [
        # Both roads take a post: on the second it adds to the one that stands.
        (TWO_ROADS, 0.5, 2, 0.5),
        # On the first alone: the best way left meets the post that stands.
        (TWO_ROADS, 0.9, 1, 0.3),
        (("s>a 0.3", "a-s 0.1", "s-t", "a-t"), 0.5, 2, 0.5),
        (FOUR, 0.5, 0, 0.0),
    ],
)
def test_rounding_finds_the_best_of_every_set_where_levels_are_no_whole_posts(
    words: tuple[str, ...], stop: float, n_posts: int, value: float
) -> None:
    here = field(*words)
    assert placement_rounding.fixed(here, stop, n_posts).value == pytest.approx(value)
    assert enumerated(here, n_posts, stop) == pytest.approx(value)


@settings(max_examples=200, deadline=None)
@given(fields(), st.integers(0, 3))
def test_fixed_posts_that_stop_alike_need_no_program(here: Field, n_posts: int) -> None:
    if not joined(here):
        return
    alike, half = (replace(here, chance=np.where(here.chance > 0, p, 0.0)) for p in (1.0, 0.5))
    # A curve for more posts than are asked for has more corners to choose from.
    curve = placement_curve.curve(alike, 1.0, 8)
    halved, own = placement_curve.of_chance(curve, 0.5), placement_curve.curve(half, 0.5, 8)
    assert halved.ways.tolist() == own.ways.tolist()
    assert (halved.cost.tolist(), halved.most) == (own.cost.tolist(), own.most)
    for one, other in zip(halved.price, own.price, strict=True):
        np.testing.assert_array_equal(one, other)
    found = placement.fixed(alike, curve, [n_posts])[0]
    assert 1 - 0.5**found.value == pytest.approx(enumerated(half, n_posts, 0.5), abs=1e-9)
    assert len(found.links) <= n_posts
    posts = dict.fromkeys(found.links.tolist(), 1.0)
    assert best_way(alike, posts) == found.value
    for way in found.ways:
        assert met(alike, way, posts) == found.value
    used = [k for way in found.ways for k in alike.link[way[alike.takes[way]]].tolist()]
    assert len(set(used)) == len(used)


def test_posts_that_are_left_over_close_as_many_ways_as_they_can() -> None:
    here = field(*FOUR)
    found = placement.fixed(here, placement_curve.curve(here, 1.0, 3), [3])[0]
    assert (found.value, len(found.links), len(found.ways)) == (0, 3, 1)


@pytest.mark.parametrize(
    ("words", "n_posts", "value", "links", "n_ways"),
    [
        # Two posts must be met: two on the free road, one on each road behind the post that stands.
        (("s>a", "a>t", "s>b 1.0", "b>t", "b>t"), 4, 2, {0, 1, 3, 4}, 2),
        # Ways share what takes no post, but not what carries one.
        (BRIDGE, 0, 0, set(), 3),
        (("s>m 1.0", "m>t", "m>t"), 0, 1, set(), 1),
        # The road with a post keeps the value at one: a post left over closes one of the others.
        (("s>t 1.0", "s>t", "s>t"), 2, 1, {1, 2}, 3),
        (("s>t none", "s>t"), 1, 0, set(), 0),
        # A second post beside the road that stands at one stops nobody: it is not set.
        (("s>t 1.0", "s>a", "a>t"), 2, 1, {1}, 2),
    ],
)
def test_where_posts_that_all_can_see_stand_and_what_stays_open(
    words: tuple[str, ...], n_posts: int, value: float, links: set[int], n_ways: int
) -> None:
    here = field(*words)
    found = placement.fixed(here, placement_curve.curve(here, 1.0, n_posts), [n_posts])[0]
    assert (found.value, set(found.links.tolist()), len(found.ways)) == (value, links, n_ways)


def test_a_post_left_over_closes_one_way_where_a_post_that_stands_bounds_the_value() -> None:
    here = field("s>t 1.0", "s>t", "s>t")
    found = placement.fixed(here, placement_curve.curve(here, 1.0, 1), [1])[0]
    assert (found.value, len(found.links), len(found.ways)) == (0, 1, 1)


def test_a_program_that_may_not_search_bounds_what_it_does_not_find() -> None:
    here = field(*FOUR)
    found = placement_programs.fixed(here, 0.5, 4, 0)
    best = enumerated(here, 4, 0.5)
    assert found.value <= best == pytest.approx(0.5)
    assert found.bound >= best - 1e-9


def test_a_program_without_a_way_is_refused() -> None:
    here = Field(3, np.array([0]), np.array([2]), np.array([0]), np.array([True]), np.array([0.0]))
    with pytest.raises(ValueError, match="no way"):
        placement_programs.fixed(here, 0.5, 1, 100)
