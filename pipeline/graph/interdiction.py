"""Which k of n crossings to close: the r-interdiction problems, exact or with bounds.

Gains grow with each closing (they are supermodular), so choosing the best crossing one after the
other guarantees nothing. Good sets are searched by swaps and bounded by the linear relaxation;
branch and bound then finds the best, or proves that it is known, unless that takes too many
branches.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.core.types import Ints
from pipeline.graph.interdiction_bounds import bounds
from pipeline.graph.interdiction_game import SAME, Best, Game, won
from pipeline.graph.interdiction_search import search
from pipeline.graph.interdiction_swaps import one_less, one_more, swapped, swaps


def curve(game: Game, most: int | None = None) -> list[Best]:
    """The best set for k = 1, 2, ... up to `most` or all options, exact unless a search broke off.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    most : int, optional
        Greatest number of closings.

    Returns
    -------
    list of Best
        One for each k; none wins less than the one before, since one more closing loses nothing.
    """
    count = game.needs.shape[1] if most is None else min(most, game.needs.shape[1])
    hull = bounds(game)
    found = [_known(game, closed, float(hull[len(closed)])) for closed in swaps(game)]
    searched = improved(game, found)[:count]
    return improved(game, [_best(game, best) for best in searched])


def improved(game: Game, found: list[Best], others: Sequence[Ints] = ()) -> list[Best]:
    """The best sets, each searched again from its neighbours and from other sets of its size.

    A set of k options is made from the best set of k - 1 by closing the option that wins most, and
    from the best set of k + 1 by opening the one that loses least; both are then improved by swaps.
    This is repeated upwards and downwards until no set wins more.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    found : list of Best
        The best known sets for k = 1, 2, ...
    others : sequence of numpy.ndarray
        Further sets to start from, such as sets that were found for another aim.

    Returns
    -------
    list of Best
        One for each k, none of which wins less than the one before.
    """
    best = list(found)
    for closed in others:
        if 0 < len(closed) <= len(best):
            best[len(closed) - 1] = _better(game, best[len(closed) - 1], closed)
    changed = True
    while changed:
        before = [one.value for one in best]
        for at in range(1, len(best)):
            best[at] = _better(game, best[at], one_more(game, best[at - 1].closed))
        for at in range(len(best) - 1, 0, -1):
            best[at - 1] = _better(game, best[at - 1], one_less(game, best[at].closed))
        changed = any(one.value > value for one, value in zip(best, before, strict=True))
    return best


def _better(game: Game, known: Best, start: Ints) -> Best:
    """The known set, or the set that swaps make of `start` if that wins more."""
    if known.exact and won(game, start) <= known.value:
        return known
    closed = np.zeros(game.needs.shape[1], dtype=bool)
    closed[start] = True
    mended = np.flatnonzero(swapped(game, closed))
    value = won(game, mended)
    if value <= known.value:
        return known
    bound = max(known.bound, value)
    exact = bound - value <= SAME * float(game.value.sum())
    return Best(mended, value, value if exact else bound, exact)


def _known(game: Game, closed: Ints, bound: float) -> Best:
    """A set with its gain, which is exact if the bound is not larger."""
    value = won(game, closed)
    bound = max(bound, value)
    exact = bound - value <= SAME * float(game.value.sum())
    return Best(closed, value, value if exact else bound, exact)


def _best(game: Game, known: Best) -> Best:
    """The best set of its size, or the known set with the smallest bound that is found."""
    if known.exact:
        return known
    known_win = known.value + SAME / 100 * float(game.value.sum())
    closed, bound = search(game, len(known.closed), known_win)
    return _known(game, known.closed if closed is None else closed, min(known.bound, bound))


def fewest(game: Game, share: float) -> tuple[int, int, Ints]:
    """Fewest options that win `share` of all: lower and upper bound (equal if exact), and the set.

    The number is 0 if there is nothing to win.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    share : float
        Share of the greatest possible gain.

    Returns
    -------
    least, most : int
        Bounds of the number of options.
    closed : ndarray of int
        A set of `most` options that wins enough.
    """
    total = float(game.value.sum())
    if total <= 0:
        return 0, 0, np.empty(0, np.int64)
    if share >= 1:
        closed = np.flatnonzero(game.needs[game.value > 0].any(axis=0))
        return len(closed), len(closed), closed
    needed = share * total
    hull = bounds(game)
    low = int(np.argmax(hull >= needed * (1 - SAME)))
    found = swaps(game)
    high = 1 + next(k for k, closed in enumerate(found) if won(game, closed) >= needed)
    closed = found[high - 1]
    while low < high:
        # Whether one closing less is enough.
        least = needed * (1 - SAME)
        fewer, bound = search(game, high - 1, least, enough=least)
        if fewer is None:
            low = high if bound <= least else low
            break
        high, closed = high - 1, fewer
    return min(low, high), high, closed
