"""What closing k of n options wins: the r-interdiction problems as one game, and its evaluation.

Both questions, the r-interdiction median (Church, Scaparra & Middleton 2004) and demand left with
no way within a limit, are one: demand is won when *all* of a set of crossings is closed, and k
crossings are to win the most. Median: the i nearest crossings of a pair are a set, worth the
minutes from the i-th to the next. Limit: all crossings of a pair within it are a set, worth the
pair. Pairs with equal sets are one.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.core.types import Bools, Floats, Ints

# Share of all there is to win below which two results are the same: what rounding of the cut's
# whole-number capacities comes to.
SAME = 1e-5


@dataclass(frozen=True)
class Game:
    """What closing wins: `value[a]` once every option of row a of `needs` is closed.

    `inside[a]` is another row that is part of row a, or -1; `rest` are the options that row a needs
    beyond that one's.
    """

    needs: Bools
    value: Floats
    inside: Ints
    rest: Bools


@dataclass(frozen=True)
class Best:
    """The best set found (rows of options), what it wins, and what no set of that size exceeds."""

    closed: Ints
    value: float
    bound: float
    exact: bool


def limit(minutes: Floats, weight: Floats, ratio: float) -> Game:
    """Demand is stopped when it has no way within `ratio` of its fastest (infinite: no way).

    Rows of `minutes` are options, columns pairs that each have a way.

    Parameters
    ----------
    minutes : ndarray of float
        Rows options, columns pairs; infinite where there is no way.
    weight : ndarray of float
        Demand of each pair.
    ratio : float
        Limit as a multiple of the fastest way.

    Returns
    -------
    Game
        What closing options stops, in shares of demand.
    """
    fastest = minutes.min(axis=0, initial=np.inf)
    within = np.isfinite(minutes) & (minutes <= ratio * fastest if ratio < np.inf else True)
    return _game(within.T, weight)


def delay(minutes: Floats, weight: Floats, lost_minutes: float) -> Game:
    """Minutes that demand loses; with no way left, `lost_minutes` more than by its slowest way.

    Parameters
    ----------
    minutes : ndarray of float
        Rows options, columns pairs; infinite where there is no way.
    weight : ndarray of float
        Demand of each pair.
    lost_minutes : float
        Minutes lost by whom no way is left, beside those of the slowest.

    Returns
    -------
    Game
        What closing options costs, in minutes weighted by demand.
    """
    by_time = np.argsort(minutes, axis=0, kind="stable")
    taken = np.take_along_axis(minutes, by_time, axis=0)
    slowest = np.where(np.isfinite(taken), taken, -np.inf).max(axis=0, initial=0.0)
    after = np.vstack([taken[1:], np.full((1, taken.shape[1]), np.inf)])
    after = np.where(np.isfinite(after), after, slowest + lost_minutes)
    rank = np.argsort(by_time, axis=0)
    needs, value = [np.zeros((0, len(minutes)), dtype=bool)], [np.zeros(0)]
    for place in range(len(minutes)):
        more = (after[place] - np.where(np.isfinite(taken[place]), taken[place], np.inf)) * weight
        won = more > 0
        needs.append((rank[:, won] <= place).T)
        value.append(more[won])
    return _game(np.vstack(needs), np.concatenate(value))


def _game(needs: Bools, value: Floats) -> Game:
    """The game with equal rows made one, smaller ones first."""
    packed, first, of = np.unique(
        np.packbits(needs, axis=1), axis=0, return_index=True, return_inverse=True
    )
    total = np.bincount(of.ravel(), weights=value, minlength=len(packed)).astype(float)
    needs = needs[first]
    order = np.argsort(needs.sum(axis=1), kind="stable")
    needs, total = needs[order], total[order]
    inside = _inside(needs)
    rest = needs.copy()
    rest[inside >= 0] &= ~needs[inside[inside >= 0]]
    return Game(needs, total, inside, rest)


def _inside(needs: Bools) -> Ints:
    """For each row, in order of size, the largest row before it that is part of it."""
    size = needs.sum(axis=1)
    counts = needs.astype(np.float32)
    found = np.full(len(needs), -1, dtype=np.int64)
    for start in range(0, len(needs), 1000):
        rows = slice(start, start + 1000)
        part = (counts[rows] @ counts.T == size) & (size < size[rows, None]) & (size > 0)
        last = part.shape[1] - 1 - part[:, ::-1].argmax(axis=1)
        found[rows] = np.where(part.any(axis=1), last, -1)
    return found


def won(game: Game, closed: Ints) -> float:
    """What closing these options wins.

    Parameters
    ----------
    game : Game
        What closing wins.
    closed : ndarray of int
        Options that are closed.

    Returns
    -------
    float
        The value won.
    """
    left = np.ones(game.needs.shape[1], dtype=bool)
    left[closed] = False
    return float(game.value[~(game.needs & left).any(axis=1)].sum())
