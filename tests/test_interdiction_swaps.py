"""The search for good sets to close, beside the same search written out with sets of Python."""

import numpy as np
import pytest

from pipeline.graph import interdiction_game, interdiction_swaps
from pipeline.graph.interdiction_game import Game

INF = np.inf
Rows = list[tuple[frozenset[int], float]]


def game_of(rows: dict[tuple[int, ...], float], options: int) -> Game:
    """A game in which closing all options of a row wins its value, a whole number."""
    minutes = np.full((options, len(rows)), INF)
    for column, row in enumerate(rows):
        minutes[list(row), column] = 10.0
    return interdiction_game.limit(minutes, np.array(list(rows.values()), dtype=float), INF)


def drawn(seed: int, options: int, rows: int, longest: int = 4) -> Game:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, min(options, longest) + 1, rows)
    needs = [random.choice(options, size, replace=False) for size in sizes]
    values = random.integers(1, 6, rows).astype(float)
    return game_of({tuple(sorted(row.tolist())): v for row, v in zip(needs, values, strict=True)},
                   options)  # fmt: skip


def rows_of(game: Game) -> Rows:
    return [(frozenset(np.flatnonzero(row).tolist()), float(value))
            for row, value in zip(game.needs, game.value, strict=True)]  # fmt: skip


def wins(rows: Rows, closed: set[int]) -> float:
    return sum(value for row, value in rows if row <= closed)


def mended(rows: Rows, options: int, closed: set[int]) -> set[int]:
    """The best swap as long as one wins more, the first of equals."""
    while True:
        swaps = [
            (wins(rows, closed - {out} | {into}), -out, -into)
            for out in closed
            for into in range(options)
            if into not in closed
        ]
        if not swaps or max(swaps)[0] <= wins(rows, closed):
            return closed
        _, out, into = max(swaps)
        closed = closed - {-out} | {-into}


def grown(rows: Rows, options: int, start: set[int], k: int) -> set[int]:
    """The row that is worth most for each closing it still needs, as long as one fits."""
    closed = set(start)
    while len(closed) < k:
        worth = [
            value / len(row - closed) if 0 < len(row - closed) <= k - len(closed) else -1.0
            for row, value in rows
        ]
        if max(worth) < 0:
            rest = [one for one in range(options) if one not in closed]
            return closed | set(rest[: k - len(closed)])
        closed |= rows[worth.index(max(worth))][0]
    return closed


def shrunk(rows: Rows, options: int, k: int) -> set[int]:
    closed = set(range(options))
    while len(closed) > k:
        closed.remove(max(sorted(closed), key=lambda one: wins(rows, closed - {one})))
    return closed


def searched(rows: Rows, options: int) -> list[set[int]]:
    found: list[set[int]] = []
    before: set[int] = set()
    for k in range(1, options + 1):
        starts = grown(rows, options, before, k), grown(rows, options, set(), k)
        sets = [mended(rows, options, one) for one in (*starts, shrunk(rows, options, k))]
        before = max(sets, key=lambda closed: wins(rows, closed))
        found.append(before)
    return found


@pytest.mark.parametrize(("options", "rows"), [(1, 1), (5, 9), (7, 14), (9, 18)])
@pytest.mark.parametrize("seed", range(5))
def test_sets_are_those_of_the_search_written_out(options: int, rows: int, seed: int) -> None:
    game = drawn(seed, options, rows)
    found = [set(closed.tolist()) for closed in interdiction_swaps.swaps(game)]
    assert found == searched(rows_of(game), options)


# Pairs of 0, 1 and 2 are worth less for each closing than 3, 4 or 5, and more together.
TOGETHER = {(0, 1): 4.0, (0, 2): 4.0, (1, 2): 4.0, (3,): 3.0, (4,): 3.0, (5,): 3.0}
# All pairs of 0 to 3 are worth more than 4 with 5, of which one alone is worth nothing.
A_PAIR: dict[tuple[int, ...], float] = {
    (0, 1): 2.0, (0, 2): 2.0, (0, 3): 2.0, (1, 2): 2.0, (1, 3): 2.0, (2, 3): 2.0, (4, 5): 5.0,
}  # fmt: skip


def test_shrinking_sees_what_is_worth_more_together() -> None:
    third = interdiction_swaps.swaps(game_of(TOGETHER, 6))[2]
    assert third.tolist() == [0, 1, 2]


def test_growing_sees_a_pair_of_which_neither_is_worth_anything_alone() -> None:
    first, second, *_, fourth = interdiction_swaps.swaps(game_of(A_PAIR, 6))[:4]
    assert (first.tolist(), second.tolist(), fourth.tolist()) == ([0], [4, 5], [0, 1, 2, 3])


@pytest.mark.parametrize("seed", range(8))
def test_one_more_wins_most_and_one_less_loses_least(seed: int) -> None:
    options = 7
    game = drawn(seed, options, 20)
    rows = rows_of(game)
    closed = np.flatnonzero(np.random.default_rng(seed).random(options) < 0.6)
    closed = closed[:-1] if len(closed) == options else closed
    before = set(closed.tolist())
    more = [(wins(rows, before | {one}), -one) for one in range(options) if one not in before]
    assert interdiction_swaps.one_more(game, closed).tolist() == sorted({*before, -max(more)[1]})
    less = [(wins(rows, before - {one}), -one) for one in before]
    assert interdiction_swaps.one_less(game, closed).tolist() == sorted(before - {-max(less)[1]})


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(
    ("seed", "options"), [*((seed, 9) for seed in range(8)), (8, 64), (9, 130)]
)
def test_swaps_end_where_no_swap_wins_more(seed: int, options: int, first: bool) -> None:
    """Whether or not the first option is closed before."""
    game = drawn(seed, options, 3 * options, longest=2)
    start = np.random.default_rng(seed).random(options) < 4 / options
    start[:2] = first, not first
    closed = interdiction_swaps.swapped(game, start)
    asked = set(np.flatnonzero(start).tolist())
    assert set(np.flatnonzero(closed).tolist()) == mended(rows_of(game), options, asked)


def test_all_or_none_have_nothing_to_swap() -> None:
    game = game_of(TOGETHER, 6)
    for start in (np.zeros(6, dtype=bool), np.ones(6, dtype=bool)):
        assert interdiction_swaps.swapped(game, start).tolist() == start.tolist()


def test_a_swap_that_wins_no_more_is_not_made() -> None:
    game = game_of({(0,): 1.0, (1,): 1.0, (2,): 1.0 + 1e-9}, 3)
    start = np.array([False, True, False])
    assert interdiction_swaps.swapped(game, start).tolist() == start.tolist()
