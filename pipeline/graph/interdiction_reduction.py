"""Rows that no better set can win: left out, they leave a small program, or none and so a proof.

A row is a set of options that are won together. Any set of k options that holds it has k less its
size left for all else. The value of every other row is laid in equal parts on the options that it
still lacks; no choice of what is left wins more than the dearest of these (a feasible solution of
the dual of the linear program). A row whose bound does not exceed what is known to be won goes,
which lowers the bounds of the others.
"""

import numba
import numpy as np

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.interdiction_game import Game
from pipeline.graph.option_bits import Words, ones

MOST_ROWS = parameters.whole("most_reduced_rows")
# Share by which a sum of values may err that others were taken from one after the other.
ROUNDING = 1e-9


def reduced(game: Game, k: int, known: float) -> tuple[Game, float]:
    """The game without rows that no set of k options of a value above `known` wins.

    Above MOST_ROWS rows nothing is left out: each row is compared with all others.

    Parameters
    ----------
    game : Game
        What closing wins.
    k : int
        Closings allowed.
    known : float
        A win known to be possible.

    Returns
    -------
    game : Game
        With the rows that are left, and those within them.
    bound : float
        What no set of k options exceeds; `known` where no row is left.
    """
    if len(game.value) > MOST_ROWS:
        return game, np.inf
    bound = _bounds(game.words, game.value, k, known, game.needs.shape[1])
    kept = bound > known
    for row in np.flatnonzero(kept & (game.inside >= 0)).tolist():
        # In order of size: what a row holds was settled before.
        kept[row] = kept[game.inside[row]]
    return rows_of(game, kept), float(bound[kept].max(initial=known))


def rows_of(game: Game, kept: Bools) -> Game:
    """The game with some of its rows; what a kept row names as inside it is kept.

    Parameters
    ----------
    game : Game
        What closing wins.
    kept : ndarray of bool
        One for each row.

    Returns
    -------
    Game
        With those rows.
    """
    number = np.cumsum(kept) - 1
    inside = game.inside[kept]
    return Game(
        game.needs[kept],
        game.value[kept],
        np.where(inside >= 0, number[inside], -1),
        game.rest[kept],
    )


@numba.njit(cache=True)
def _lacks(needs: Words, other: int, row: int) -> int:
    """How many options a row needs beyond those of another one."""
    lacks = 0
    for word in range(needs.shape[1]):
        lacks += ones(needs[other, word] & ~needs[row, word])
    return lacks


@numba.njit(cache=True)
def _bounds(needs: Words, value: Floats, k: int, known: float, options: int) -> Floats:
    """For each row the most that k options with it win; minus infinity where it was left out.

    Large rows first, which leave least to choose: each that goes makes it easier for the rest. It
    ends when few go. Once all rows that are left come to no more than is known, none stays.
    """
    bound = np.full(len(needs), np.inf)
    left = np.arange(len(needs))
    while True:
        before = len(left)
        # Rows that are still to be asked stand first, those that stay last, either in order.
        stays = before
        total = value[left].sum()
        for at in range(before - 1, -1, -1):
            row = left[at]
            bound[row] = -np.inf
            if total > known * (1 - ROUNDING):
                rows = (left[: at + 1], left[stays:])
                bound[row] = _bound(needs, value, rows, row, k, known, options)
            if bound[row] > -np.inf:
                stays -= 1
                left[stays] = row
            else:
                total -= value[row]
        left = left[stays:].copy()
        if 20 * (before - len(left)) <= before:
            return bound


@numba.njit(cache=True)
def _bound(
    needs: Words, value: Floats, left: tuple[Ints, Ints], row: int, k: int, known: float,
    options: int,
) -> float:  # fmt: skip
    """The most that k options with those of a row win, or minus infinity if that is not enough."""
    spare = k
    for word in range(needs.shape[1]):
        spare -= ones(needs[row, word])
    if spare < 0:
        return -np.inf
    sure, open_to = 0.0, 0.0
    for rows in left:
        for other in rows:
            lacks = _lacks(needs, other, row)
            if lacks == 0:
                sure += value[other]
            elif lacks <= spare:
                open_to += value[other]
    # Cheaper than to lay the values on the options, and mostly enough.
    if sure + open_to <= known:
        return -np.inf
    worth = np.zeros(options)
    for rows in left:
        for other in rows:
            lacks = _lacks(needs, other, row)
            if 0 < lacks <= spare:
                _lay(worth, needs, other, row, value[other] / lacks)
    worth.sort()
    most = sure + worth[options - spare :].sum()
    return most if most > known else -np.inf


@numba.njit(cache=True)
def _lay(worth: Floats, needs: Words, other: int, row: int, each: float) -> None:
    """Add `each` to the options that one row needs beyond another."""
    for word in range(needs.shape[1]):
        rest = needs[other, word] & ~needs[row, word]
        while rest:
            lowest = rest & (~rest + np.uint64(1))
            worth[64 * word + ones(lowest - np.uint64(1))] += each
            rest ^= lowest
