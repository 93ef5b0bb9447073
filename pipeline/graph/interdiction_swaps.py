"""Search for good sets to close: add or remove one option after the other, then improve by swaps.

Of equal options the first is taken, so that equal input gives equal sets.
"""

import numba
import numpy as np

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.interdiction_game import SAME, Game, won
from pipeline.graph.option_bits import Words, bits, ones


def one_more(game: Game, closed: Ints) -> Ints:
    """The set with one more option: the one whose closing wins most, of equals the first.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    closed : ndarray of int
        Options that are closed; not all of them.

    Returns
    -------
    ndarray of int
        The options of the larger set, in order.
    """
    is_closed = np.zeros(game.needs.shape[1], dtype=bool)
    is_closed[closed] = True
    nearly = game.lacking(is_closed) == 1
    missing = game.needs[nearly] & ~is_closed
    gain = np.where(is_closed, -np.inf, game.value[nearly] @ missing)
    return np.sort(np.append(closed, int(np.argmax(gain))))


def one_less(game: Game, closed: Ints) -> Ints:
    """The set without one option: the one whose opening loses least, of equals the first.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    closed : ndarray of int
        Options that are closed, at least one.

    Returns
    -------
    ndarray of int
        The options of the smaller set, in order.
    """
    is_closed = np.zeros(game.needs.shape[1], dtype=bool)
    is_closed[closed] = True
    whole = game.lacking(is_closed) == 0
    lost = np.where(is_closed, game.value[whole] @ game.needs[whole], np.inf)
    return np.setdiff1d(closed, [int(np.argmin(lost))])


def swaps(game: Game) -> list[Ints]:
    """A good set for each k from 1, each improved by swaps; of equal options the first is taken.

    Sets grow from the empty set or from the set before by the rows with the greatest value per
    closing. Or they shrink from all options, opening the one that loses least; this finds sets that
    growing cannot foresee.

    Parameters
    ----------
    game : Game
        The gains of closing options.

    Returns
    -------
    list of ndarray of int
        The options of each set, for k = 1, 2, ...
    """
    count = game.needs.shape[1]
    shrunk = _shrunk(game)
    found: list[Ints] = []
    before = np.zeros(count, dtype=bool)
    for k in range(1, count + 1):
        starts = [_grown(game, before, k), _grown(game, np.zeros(count, dtype=bool), k), shrunk[k]]
        mended = [swapped(game, start) for start in starts]
        values = [won(game, np.flatnonzero(one)) for one in mended]
        before = mended[int(np.argmax(values))]
        found.append(np.flatnonzero(before))
    return found


def _shrunk(game: Game) -> list[Bools]:
    """Sets of 0, 1, ... options: from all options, the one that loses least is opened each time."""
    count = game.needs.shape[1]
    closed = np.ones(count, dtype=bool)
    sets = [closed.copy()]
    for _ in range(count):
        whole = game.lacking(closed) == 0
        lost = np.where(closed, game.value[whole] @ game.needs[whole], np.inf)
        closed[int(np.argmin(lost))] = False
        sets.append(closed.copy())
    return sets[::-1]


def _grown(game: Game, start: Bools, k: int) -> Bools:
    closed = start.copy()
    while closed.sum() < k:
        missing = game.lacking(closed)
        fits = (missing > 0) & (missing <= k - closed.sum())
        if not fits.any():
            closed[np.flatnonzero(~closed)[: k - closed.sum()]] = True
            break
        row = int(np.argmax(np.where(fits, game.value / np.maximum(missing, 1), -1.0)))
        closed |= game.needs[row]
    return closed


def swapped(game: Game, closed: Bools) -> Bools:
    """Exchange one closed for one open option as long as that wins more, the best exchange first.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    closed : ndarray of bool
        Whether each option is closed at the start.

    Returns
    -------
    ndarray of bool
        A set of the same size that no single swap improves.
    """
    least = SAME * float(game.value.sum()) / 100
    while closed.any() and not closed.all():
        lost, won_by = _exchanges(game.words, game.value, bits(~closed[None, :])[0], len(closed))
        gain = won_by - lost[:, None]
        gain[~closed] = -np.inf
        gain[:, closed] = -np.inf
        out, into = divmod(int(np.argmax(gain)), len(closed))
        if gain[out, into] <= least:
            break
        closed = closed.copy()
        closed[out], closed[into] = False, True
    return closed


@numba.njit(cache=True)
def _exchanges(needs: Words, value: Floats, still: Words, options: int) -> tuple[Floats, Floats]:
    """The loss of opening each option, and the gain of closing one (column) while another is open.

    A row that lacks one option is won by closing it, unless the row also needs the opened option.
    """
    lost, last = np.zeros(options), np.zeros(options)
    both = np.zeros((options, options))
    for row in range(len(value)):
        lacks, at = 0, -1
        for word in range(needs.shape[1]):
            missing = needs[row, word] & still[word]
            if missing:
                lacks += ones(missing)
                if lacks > 1:
                    break
                at = 64 * word + ones(missing - np.uint64(1))
        if lacks > 1:
            continue
        if at >= 0:
            last[at] += value[row]
        for word in range(needs.shape[1]):
            rest = needs[row, word] & ~still[word]
            while rest:
                lowest = rest & (~rest + np.uint64(1))
                option = 64 * word + ones(lowest - np.uint64(1))
                if at < 0:
                    lost[option] += value[row]
                else:
                    both[option, at] += value[row]
                rest ^= lowest
    return lost, last - both
