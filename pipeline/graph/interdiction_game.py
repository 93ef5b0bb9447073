"""The gains of closing k of n options: the r-interdiction problems as one game, and its value.

Two questions, the r-interdiction median (Church, Scaparra & Middleton 2004) and the demand without
a way within a limit, have one form: a value is won when *all* crossings of a set are closed, and k
crossings are chosen to win the greatest value. Median: the i nearest crossings of a pair form a
set, whose value is the minutes from the i-th to the next. Limit: all crossings of a pair within the
limit form a set, whose value is the demand of the pair. Pairs with equal sets are merged.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.option_bits import Words, bits, lacking, largest_inside

# Share of the greatest possible gain below which two results count as equal: the rounding error of
# the cut's whole-number capacities.
SAME = 1e-5


@dataclass(frozen=True)
class Game:
    """The gains of closing: `value[a]` is won when every option in row a of `needs` is closed.

    `inside[a]` is another row whose options are part of row a, or -1; `rest` are the options of row
    a that the other row lacks.
    """

    needs: Bools
    value: Floats
    inside: Ints
    rest: Bools

    @cached_property
    def words(self) -> Words:
        """`needs` as bits."""
        return bits(self.needs)

    def lacking(self, closed: Bools) -> Ints:
        """How many options of each row are still open when some are closed."""
        return np.asarray(lacking(self.words, bits(closed[None, :])[0]), dtype=np.int64)


@dataclass(frozen=True)
class Best:
    """The best set found (rows of options), its gain, and an upper bound for sets of this size."""

    closed: Ints
    value: float
    bound: float
    exact: bool


def limit(minutes: Floats, weight: Floats, ratio: float) -> Game:
    """The game of stopping demand, which has then no way within `ratio` of its fastest way.

    Rows of `minutes` are options, columns pairs that each have a way. With an infinite `ratio`,
    demand is stopped when it has no way at all.

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
        The gains of closing options, as shares of stopped demand.
    """
    fastest = minutes.min(axis=0, initial=np.inf)
    within = np.isfinite(minutes) & (minutes <= ratio * fastest if ratio < np.inf else True)
    return _game([_distinct(within.T, weight)])


def delay(minutes: Floats, weight: Floats, lost_minutes: float) -> Game:
    """The game of delaying demand, where the loss of a way adds minutes.

    Parameters
    ----------
    minutes : ndarray of float
        Rows options, columns pairs; infinite where there is no way.
    weight : ndarray of float
        Demand of each pair.
    lost_minutes : float
        Minutes that demand without any way loses beyond those of its slowest way.

    Returns
    -------
    Game
        The gains of closing options, in lost minutes weighted by demand.
    """
    by_time = np.argsort(minutes, axis=0, kind="stable")
    taken = np.take_along_axis(minutes, by_time, axis=0)
    slowest = np.where(np.isfinite(taken), taken, -np.inf).max(axis=0, initial=0.0)
    after = np.vstack([taken[1:], np.full((1, taken.shape[1]), np.inf)])
    after = np.where(np.isfinite(after), after, slowest + lost_minutes)
    rank = np.argsort(by_time, axis=0)
    # Sets of different parts have different sizes, so equal sets are in the same part.
    parts = [(np.zeros((0, len(minutes)), dtype=bool), np.zeros(0))]
    for place in range(len(minutes)):
        more = (after[place] - np.where(np.isfinite(taken[place]), taken[place], np.inf)) * weight
        won = more > 0
        parts.append(_distinct((rank[:, won] <= place).T, more[won]))
    return _game(parts)


def _distinct(needs: Bools, value: Floats) -> tuple[Bools, Floats]:
    """Merge equal rows and add their values; sorted by their options."""
    packed = np.zeros((len(needs), -(-needs.shape[1] // 64) * 8), dtype=np.uint8)
    as_bytes = np.packbits(needs, axis=1)
    packed[:, : as_bytes.shape[1]] = as_bytes
    of = np.zeros(len(needs), dtype=np.int64)
    for word in packed.view(">u8").astype(np.uint64).T:
        numbers, of_word = np.unique(word, return_inverse=True)
        of = of * max(len(numbers), 1) + of_word
        if packed.shape[1] > 8:
            of = np.unique(of, return_inverse=True)[1]
    count = int(of.max(initial=-1)) + 1
    example = np.zeros(count, dtype=np.int64)
    example[of] = np.arange(len(needs))
    return needs[example], np.bincount(of, weights=value, minlength=count).astype(float)


def _game(parts: list[tuple[Bools, Floats]]) -> Game:
    """The game made of all parts, which have no equal rows; smaller rows first."""
    needs = np.vstack([needs for needs, _ in parts])
    total = np.concatenate([total for _, total in parts])
    order = np.argsort(needs.sum(axis=1), kind="stable")
    needs, total = needs[order], total[order]
    inside = np.asarray(largest_inside(bits(needs)), dtype=np.int64)
    rest = needs.copy()
    rest[inside >= 0] &= ~needs[inside[inside >= 0]]
    return Game(needs, total, inside, rest)


def won(game: Game, closed: Ints) -> float:
    """The gain of closing these options.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    closed : ndarray of int
        Options that are closed.

    Returns
    -------
    float
        The gain.
    """
    is_closed = np.zeros(game.needs.shape[1], dtype=bool)
    is_closed[closed] = True
    return float(game.value[game.lacking(is_closed) == 0].sum())
