"""Which crossings to close, checked by exhaustive search over all sets of up to 12 crossings."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.types import Floats
from pipeline.graph import (
    interdiction,
    interdiction_bounds,
    interdiction_game,
    interdiction_search,
    interdiction_swaps,
)
from pipeline.graph.interdiction_game import Best, Game
from tests import interdiction_program

INF = np.inf
LOST = 500.0


def borders(most: int) -> st.SearchStrategy[tuple[Floats, Floats]]:
    """Minutes of pairs by crossings, some without a way, and weights that sum to 1."""

    def drawn(seed: int, options: int, pairs: int) -> tuple[Floats, Floats]:
        random = np.random.default_rng(seed)
        # Few different values, so that there are ties, and pairs with equal crossings.
        minutes = random.integers(2, 14, (options, pairs)).astype(np.float64) * 10
        minutes[random.random((options, pairs)) < random.random() * 0.7] = INF
        minutes[random.integers(0, options, pairs), np.arange(pairs)] = 30.0
        weight = random.integers(1, 9, pairs).astype(float)
        return minutes, np.asarray(weight / weight.sum())

    return st.builds(drawn, st.integers(0, 10**6), st.integers(1, most), st.integers(1, 12))


def stopped(minutes: Floats, weight: Floats, ratio: float, closed: tuple[int, ...]) -> float:
    left = np.delete(minutes, closed, axis=0).min(axis=0, initial=INF)
    within = left <= ratio * minutes.min(axis=0) if ratio < INF else np.isfinite(left)
    return float(weight[~within].sum())


def delayed(minutes: Floats, weight: Floats, closed: tuple[int, ...]) -> float:
    left = np.delete(minutes, closed, axis=0).min(axis=0, initial=INF)
    slowest = np.where(np.isfinite(minutes), minutes, -INF).max(axis=0)
    return float(
        ((np.where(np.isfinite(left), left, slowest + LOST) - minutes.min(axis=0)) * weight).sum()
    )


def exhaustive(minutes: Floats, weight: Floats, ratio: float | None) -> list[float]:
    """The most that k closings win, for k = 0, 1, ... (ratio None: minutes)."""
    options = len(minutes)
    return [
        max(
            delayed(minutes, weight, closed)
            if ratio is None
            else stopped(minutes, weight, ratio, closed)
            for closed in combinations(range(options), k)
        )
        for k in range(options + 1)
    ]


def game_of(minutes: Floats, weight: Floats, ratio: float | None) -> Game:
    if ratio is None:
        return interdiction_game.delay(minutes, weight, LOST)
    return interdiction_game.limit(minutes, weight, ratio)


@contextmanager
def only_swapped() -> Iterator[None]:
    """Every search by branches breaks off at once, as where a game is too large for it."""
    before = interdiction_search.MOST_ROW_VISITS
    interdiction_search.MOST_ROW_VISITS = 0
    try:
        yield
    finally:
        interdiction_search.MOST_ROW_VISITS = before


@pytest.mark.parametrize("ratio", [None, 1.5, INF])
@given(border=borders(8), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_game_wins_what_closing_does(
    ratio: float | None, border: tuple[Floats, Floats], data: st.DataObject
) -> None:
    minutes, _ = border
    closed = tuple(
        np.flatnonzero(
            data.draw(st.lists(st.booleans(), min_size=len(minutes), max_size=len(minutes)))
        ).tolist()
    )
    expected = delayed(*border, closed) if ratio is None else stopped(*border, ratio, closed)
    assert interdiction_game.won(
        game_of(*border, ratio), np.array(closed, dtype=np.int64)
    ) == pytest.approx(expected)


@pytest.mark.parametrize("ratio", [None, 1.5, INF])
@given(border=borders(8))
@settings(max_examples=30, deadline=None)
def test_every_k_is_as_exhaustive_search_says(
    ratio: float | None, border: tuple[Floats, Floats]
) -> None:
    expect_exact(border, ratio)


@pytest.mark.parametrize("ratio", [None, 1.5])
@given(border=borders(12))
@settings(max_examples=4, deadline=None)
def test_every_k_of_up_to_12_crossings_is_as_exhaustive_search_says(
    ratio: float | None, border: tuple[Floats, Floats]
) -> None:
    expect_exact(border, ratio)


def expect_exact(border: tuple[Floats, Floats], ratio: float | None) -> None:
    game = game_of(*border, ratio)
    known = exhaustive(*border, ratio)
    found = interdiction.curve(game)
    hull = interdiction_bounds.bounds(game)
    total = game.value.sum()
    searched = interdiction_swaps.swaps(game)
    for k, best in enumerate(found, 1):
        assert len(best.closed) == k == len(searched[k - 1])
        assert best.exact
        assert best.value == pytest.approx(known[k], abs=1e-9 * total)
        assert interdiction_game.won(game, best.closed) == best.value == best.bound
        assert interdiction_game.won(game, searched[k - 1]) <= known[k] + 1e-9 * total
        assert known[k] <= hull[k] + 1e-9 * total


@pytest.mark.parametrize("ratio", [None, 1.5, INF])
@given(border=borders(8), share=st.sampled_from([0.3, 0.5, 0.9, 1.0]))
@settings(max_examples=40, deadline=None)
def test_the_fewest_closings_are_as_exhaustive_search_says(
    ratio: float | None, border: tuple[Floats, Floats], share: float
) -> None:
    game = game_of(*border, ratio)
    known = exhaustive(*border, ratio)
    total = game.value.sum()
    low, high, closed = interdiction.fewest(game, share)
    expected = next(k for k, value in enumerate(known) if value >= share * total * (1 - 1e-6))
    assert low == high == expected == len(closed)
    assert interdiction_game.won(game, closed) >= share * total * (1 - 1e-4)


@given(border=borders(9))
@settings(max_examples=30, deadline=None)
def test_a_search_that_breaks_off_leaves_the_answer_between_two_bounds(
    border: tuple[Floats, Floats],
) -> None:
    known = exhaustive(*border, 1.5)
    game = game_of(*border, 1.5)
    with only_swapped():
        found = interdiction.curve(game)
        low, high, _ = interdiction.fewest(game, 0.5)
    expected = next(k for k, value in enumerate(known) if value >= 0.5 - 1e-9)
    assert low <= expected <= high
    for k, best in enumerate(found, 1):
        assert best.value - 1e-9 <= known[k] <= best.bound + 1e-4
        assert best.exact == (best.bound == best.value)


@pytest.mark.parametrize("ratio", [None, 1.5])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_one_closing_more_never_wins_less_where_sets_are_swapped(
    ratio: float | None, seed: int
) -> None:
    """Crossings along a line and pairs of places behind it, with no search by branches."""
    random = np.random.default_rng(seed)
    along, places = np.sort(random.uniform(0, 900, 24)), random.uniform(0, 900, (2, 30))
    way = np.abs(places[:, None, :] - along[:, None]) + random.uniform(25, 60, (2, 1, 30))
    minutes = (way[0][:, :, None] + way[1][:, None, :]).reshape(len(along), -1)
    weight = random.pareto(1.2, minutes.shape[1]) + 1
    game = game_of(minutes, weight / weight.sum(), ratio)
    with only_swapped():
        found = interdiction.curve(game)
    values = [best.value for best in found]
    assert all(np.diff(values) >= 0)
    assert all(best.value <= best.bound for best in found)
    assert [len(best.closed) for best in found] == list(range(1, len(along) + 1))
    assert all(interdiction_game.won(game, best.closed) == best.value for best in found)
    # Sets of another aim can only help.
    other = [best.closed for best in interdiction.curve(game_of(minutes, weight, None), 5)]
    more = interdiction.improved(game, found, other)
    assert all(new.value >= old for new, old in zip(more, values, strict=True))


# Three pairs, each with a way of its own: what closings win adds up.
APART = (np.where(np.eye(3) > 0, 10.0, INF), np.array([0.6, 0.3, 0.1]))


@pytest.mark.parametrize(("ratio", "total"), [(1.5, 1.0), (None, LOST)])
def test_bounds_of_pairs_apart_are_what_closings_win(ratio: float | None, total: float) -> None:
    found = interdiction_bounds.bounds(game_of(*APART, ratio))
    expected = [0.0, 0.6 * total, 0.9 * total, total]
    assert found.tolist() == pytest.approx(expected, abs=1e-5 * total)


def poor(game: Game, *closed: int) -> Best:
    """A set that no bound shows to be the best."""
    rows = np.array(closed, dtype=np.int64)
    return Best(rows, interdiction_game.won(game, rows), 1.0, False)


def test_sets_are_searched_again_from_their_neighbours_and_from_others() -> None:
    game = game_of(*APART, 1.5)
    best = {k: poor(game, *range(k)) for k in (1, 2)}
    upward = interdiction.improved(game, [best[1], poor(game, 1, 2)])
    downward = interdiction.improved(game, [poor(game, 2), best[2]])
    for found in (upward, downward):
        assert [one.value for one in found] == pytest.approx([0.6, 0.9])
    # Of other sets those of a size that is asked for are used.
    sizes = [np.arange(0), np.array([0]), np.arange(3)]
    alone = interdiction.improved(game, [poor(game, 2)], sizes)
    assert [one.value for one in alone] == pytest.approx([0.6])


def test_rows_that_need_just_as_many_closings_as_allowed_are_won() -> None:
    minutes = np.array([[10.0, INF], [10.0, INF], [INF, 10.0]])
    game = game_of(minutes, np.array([0.7, 0.3]), 1.5)
    for k, best, value in ((1, [2], 0.3), (2, [0, 1], 0.7), (3, [0, 1, 2], 1.0)):
        closed, bound = interdiction_search.search(game, k, 0.0)
        assert closed is not None
        assert closed.tolist() == best
        assert bound == pytest.approx(value)


def test_taking_the_best_crossing_one_after_the_other_is_far_off() -> None:
    """Two crossings side by side serve half of all; each alone stops nobody, a third one few."""
    minutes = np.array(
        [[60.0, 200.0, INF], [62.0, 200.0, INF], [INF, 60.0, 60.0], [INF, 61.0, 200.0]]
    )
    weight = np.array([0.5, 0.45, 0.05])
    game = interdiction_game.limit(minutes, weight, 1.5)
    first, second = interdiction.curve(game)[:2]
    assert first.closed.tolist() == [2]
    assert first.value == pytest.approx(0.05)
    assert second.value == pytest.approx(0.5)
    assert second.closed.tolist() in ([0, 1], [2, 3])
    assert interdiction.fewest(game, 0.5)[:2] == (2, 2)


def test_of_no_demand_nothing_is_won() -> None:
    for game in (
        game_of(np.zeros((3, 0)), np.zeros(0), 1.5),
        game_of(np.zeros((3, 0)), np.zeros(0), None),
    ):
        assert [(best.value, best.exact) for best in interdiction.curve(game)] == [(0.0, True)] * 3
        assert interdiction.fewest(game, 0.5)[:2] == (0, 0)
    assert interdiction.curve(game_of(np.zeros((0, 0)), np.zeros(0), 1.5)) == []


def test_equal_pairs_are_one_row_of_the_program() -> None:
    minutes = np.array([[10.0] * 50 + [30.0], [20.0] * 50 + [30.0]])
    game = interdiction_game.limit(minutes, np.full(51, 1 / 51), 1.5)
    assert sorted(game.value) == pytest.approx([1 / 51, 50 / 51])


@pytest.mark.parametrize("ratio", [None, 1.5])
@given(border=borders(9), share=st.floats(0.5, 1.2), visits=st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_a_search_finds_the_best_set_or_proves_that_none_is_better(
    ratio: float | None, border: tuple[Floats, Floats], share: float, visits: int
) -> None:
    """Whatever is known already; one that breaks off states a bound that holds."""
    game = game_of(*border, ratio)
    total = float(game.value.sum())
    for k, most in enumerate(exhaustive(*border, ratio)[1:], 1):
        known = share * most + 1e-9 * total
        closed, bound = interdiction_search.search(game, k, known)
        if most > known + 1e-9 * total:
            assert closed is not None
            assert len(closed) == len(set(closed.tolist())) == k
            assert interdiction_game.won(game, closed) == pytest.approx(most, abs=1e-9 * total)
            assert bound == pytest.approx(most, abs=1e-9 * total)
        elif most < known - 2e-9 * total:
            assert (closed, bound) == (None, known)
        closed, bound = interdiction_search.search(game, k, known, most_visits=visits)
        assert bound >= max(most, known) - 1e-9 * total
        assert closed is None or interdiction_game.won(game, closed) > known - 1e-9 * total
        # One set that wins enough ends the search.
        enough = interdiction_search.search(game, k, 0.5 * most, enough=0.8 * most)[0]
        assert (enough is None) == (most <= 0)
        assert enough is None or interdiction_game.won(game, enough) >= 0.8 * most - 1e-9 * total


@pytest.mark.parametrize("ratio", [None, 1.5])
@pytest.mark.parametrize("seed", range(2))
def test_twenty_crossings_are_closed_as_a_mixed_integer_program_says(
    ratio: float | None, seed: int
) -> None:
    """Pairs whose crossings overlap along a line: the bound of the root is not reached."""
    random = np.random.default_rng(seed)
    along, places = np.sort(random.uniform(0, 900, 20)), random.uniform(0, 900, (2, 12))
    way = np.abs(places[:, None, :] - along[:, None]) + random.uniform(25, 60, (2, 1, 12))
    minutes = (way[0][:, :, None] + way[1][:, None, :]).reshape(len(along), -1)
    weight = random.pareto(1.2, minutes.shape[1]) + 1
    game = game_of(minutes, weight / weight.sum(), ratio)
    total = float(game.value.sum())
    for best in interdiction.curve(game)[1:20:3]:
        assert best.exact
        most = interdiction_program.most(game, len(best.closed))
        assert best.value == pytest.approx(most, abs=2e-6 * total)


@pytest.mark.parametrize("options", [5, 64, 65, 130])
def test_what_is_known_to_be_best_is_proved(options: int) -> None:
    """Each option alone stops its own pair; the last pair, the greatest, needs all of them."""
    minutes = np.full((options, options + 1), INF)
    np.fill_diagonal(minutes, 10.0)
    minutes[:, options] = 10.0
    weight = np.append(np.arange(1.0, options + 1), 3.0 * options)
    game = interdiction_game.limit(minutes, weight, 1.5)
    best = float(weight[options - 3 : options].sum())
    assert interdiction_search.search(game, 3, best) == (None, best)
    # Somewhat less is known: the three that win most are found.
    closed, bound = interdiction_search.search(game, 3, best - 0.5)
    assert closed is not None
    assert (closed.tolist(), bound) == ([options - 3, options - 2, options - 1], best)
    found = interdiction.curve(game, 3)[2]
    assert found.exact
    assert found.closed.tolist() == [options - 3, options - 2, options - 1]


# Swaps close five of seven options to win half of all; four are enough.
MISSED: dict[tuple[int, ...], float] = {
    (0, 4): 9.0, (0, 5): 3.0, (2, 3, 6): 5.0, (5, 6): 5.0, (2, 3): 4.0, (1, 3): 2.0,
    (2, 4, 5): 1.0, (1, 4, 6): 1.0, (0, 6): 2.0, (3, 4): 4.0,
}  # fmt: skip


def needing(rows: dict[tuple[int, ...], float], options: int) -> Game:
    """A game in which closing all options of a row wins its value."""
    minutes = np.full((options, len(rows)), INF)
    for column, row in enumerate(rows):
        minutes[list(row), column] = 10.0
    return interdiction_game.limit(minutes, np.array(list(rows.values())), INF)


def test_fewer_closings_than_swaps_find_are_searched_for() -> None:
    game = needing(MISSED, 7)
    half = sum(MISSED.values()) / 2
    enough = [
        k for k, closed in enumerate(interdiction_swaps.swaps(game), 1)
        if interdiction_game.won(game, closed) >= half
    ]  # fmt: skip
    most = [
        max(interdiction_game.won(game, np.array(closed)) for closed in combinations(range(7), k))
        for k in (3, 4)
    ]
    assert most[0] < half <= most[1]
    low, high, closed = interdiction.fewest(game, 0.5)
    assert (enough[0], low, high, len(closed)) == (5, 4, 4, 4)
    assert interdiction_game.won(game, closed) >= half
    with only_swapped():
        low, high, closed = interdiction.fewest(game, 0.5)
    assert low <= 4 < high == len(closed) == 5


def test_what_no_one_uses_need_not_be_closed() -> None:
    found = interdiction.fewest(needing({(0,): 1.0, (1,): 0.0, (0, 2): 2.0}, 3), 1.0)
    assert found[:2] == (2, 2)
    assert found[2].tolist() == [0, 2]
