"""Fixed posts that travellers know: the best of every set, by enumeration."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph import (
    placement,
    placement_curve,
    placement_programs,
    placement_rounding,
)
from pipeline.graph.placement_field import Field
from tests.placed_fields import BRIDGE, FOUR, best_way, field, fields, joined, met


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
