"""The best set of k options by branch and bound, or the proof that none gains more than is known.

A branch closes some options and keeps others open; interdiction_loads bounds its gain. Options that
every better set needs, or that none has, are settled before a branch is split.
"""

from typing import NamedTuple

import numba
import numpy as np

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.interdiction_game import Game
from pipeline.graph.interdiction_loads import (
    CLOSED,
    FREE,
    OPEN,
    Branch,
    Division,
    Rows,
    enter,
    upper_bound,
)

MOST_ROW_VISITS = parameters.whole("most_row_visits")


class _Tree(NamedTuple):
    """The branches from the root to the current one.

    `state` of each option, and `order`, in which they were settled. For each split, `place` of its
    option in that order, and `n_rows`, the number of rows of its branch.
    """

    state: Ints
    order: Ints
    place: Ints
    n_rows: Ints


class _Examined(NamedTuple):
    """The result of a branch: its bound, the `least` one on the way, the greatest gain known.

    `split` is the option to split it on, the one with the largest load that the bound leaves out;
    it has no meaning unless the bound exceeds the gain.
    """

    bound: float
    least: float
    known: float
    n_rows: int
    settled: int
    visits: int
    split: int


def search(
    game: Game, k: int, known: float, enough: float = np.inf, most_visits: int | None = None
) -> tuple[Ints | None, float]:
    """The set of k options with the greatest gain, if that is more than is known.

    Parameters
    ----------
    game : Game
        The gains of closing options.
    k : int
        Closings allowed.
    known : float
        A gain that is known to be possible.
    enough : float, optional
        The search ends with the first set that gains this much.
    most_visits : int, optional
        Visits to rows after which the search stops, by default the parameter `most_row_visits`;
        not a time, so that equal input gives equal output.

    Returns
    -------
    closed : ndarray of int, or None
        A set that gains more than `known`, the best one unless the search stopped early; None if
        none was found.
    bound : float
        Upper bound of the gain of k options: the gain of the set, or `known`, if the search was
        completed.
    """
    first = np.append(0, np.cumsum(game.needs.sum(axis=1)))
    rows = Rows(first, np.nonzero(game.needs)[1], game.value)
    limit = MOST_ROW_VISITS if most_visits is None else most_visits
    closed, found, bound = _search(rows, game.needs.shape[1], k, known, enough, limit)
    if not found:
        return None, float(bound)
    # Closing further options never lowers the gain.
    closed[np.flatnonzero(~closed)[: k - closed.sum()]] = True
    return np.flatnonzero(closed), float(bound)


@numba.njit(cache=True)
def _search(
    rows: Rows, options: int, k: int, known: float, enough: float, most_visits: int
) -> tuple[Bools, bool, float]:
    """The best set above `known`, whether there is one, and the bound of all sets."""
    tree = _Tree(np.zeros(options, np.int8), np.empty(options, np.int64),
                 np.empty(options, np.int64), np.zeros(options + 1, np.int64))  # fmt: skip
    tree.n_rows[0] = len(rows.value)
    division = Division(np.zeros(len(rows.option)), np.zeros(options))
    active = np.arange(len(rows.value))
    best, found, root = np.zeros(options, np.bool_), False, np.inf
    settled, depth, visits = 0, 0, 0
    while visits < most_visits:
        end = _examined(rows, division, active, tree, depth, settled, best, k, known, enough)
        visits += end.visits
        if depth == 0:
            root = min(root, end.least)
        if end.known > known:
            found, known = True, end.known
            if known >= enough:
                break
        if end.bound > known:
            settled = _split(tree, depth, end)
            depth += 1
        elif depth > 0:
            depth -= 1
            settled = _reversed(tree, depth, end.settled)
        else:
            return best, found, known
    return best, found, max(root, known)


@numba.njit(cache=True)
def _examined(
    rows: Rows, division: Division, active: Ints, tree: _Tree, depth: int, settled: int,
    best: Bools, k: int, known: float, enough: float,
) -> _Examined:  # fmt: skip
    """Bound a branch, try the set of its largest loads, and settle options while that settles more.

    A set that gains more than `known` is written to `best`.
    """
    n_rows, least, visits, split = tree.n_rows[depth], np.inf, 0, 0
    while True:
        spare = k - int((tree.state == CLOSED).sum())
        branch = enter(rows, division, active, n_rows, tree.state, spare)
        bound, passes = upper_bound(rows, division, active, branch, tree.state, known)
        visits += n_rows + passes * branch.n_rows
        n_rows, least = branch.n_rows, min(least, bound)
        if bound <= known:
            break
        by_load = np.argsort(-division.load, kind="mergesort")
        by_load = by_load[tree.state[by_load] == FREE]
        chosen = tree.state == CLOSED
        chosen[by_load[:spare]] = True
        gain = _gain(rows, active, n_rows, chosen)
        if gain > known:
            best[:], known = chosen, gain
            if known >= enough:
                break
        if not 0 < spare < len(by_load):
            bound = known
            break
        more = _settled(division.load, by_load, branch, known, tree, settled)
        if more == settled:
            split = by_load[spare]
            break
        settled = more
    return _Examined(bound, least, known, n_rows, settled, visits, split)


@numba.njit(cache=True)
def _split(tree: _Tree, depth: int, end: _Examined) -> int:
    """Close the option on which a branch is split; how many options are settled."""
    tree.place[depth] = end.settled
    tree.order[end.settled] = end.split
    tree.state[end.split] = CLOSED
    tree.n_rows[depth] = tree.n_rows[depth + 1] = end.n_rows
    return end.settled + 1


@numba.njit(cache=True)
def _reversed(tree: _Tree, depth: int, settled: int) -> int:
    """Free what was settled after the split, and keep its option open; how many are settled."""
    place = tree.place[depth]
    split = tree.order[place]
    tree.state[tree.order[place:settled]] = FREE
    tree.state[split] = OPEN
    return int(place + 1)


@numba.njit(cache=True)
def _gain(rows: Rows, active: Ints, n_rows: int, closed: Bools) -> float:
    """The gain of closing a set of options in a branch."""
    gain = 0.0
    for row in active[:n_rows]:
        whole = True
        for entry in range(rows.first[row], rows.first[row + 1]):
            if not closed[rows.option[entry]]:
                whole = False
                break
        if whole:
            gain += rows.value[row]
    return gain


@numba.njit(cache=True)
def _settled(
    load: Floats, by_load: Ints, branch: Branch, known: float, tree: _Tree, settled: int
) -> int:
    """Close options that every better set needs, keep open those of none; how many are settled.

    The first `spare` options by load give the bound. A set with another option lacks one of these,
    and a set that lacks one of these has another.
    """
    last, next_one = load[by_load[branch.spare - 1]], load[by_load[branch.spare]]
    bound = branch.sure + load[by_load[: branch.spare]].sum()
    for place, option in enumerate(by_load):
        if place < branch.spare and bound - load[option] + next_one <= known:
            tree.state[option] = CLOSED
        elif place >= branch.spare and bound - last + load[option] <= known:
            tree.state[option] = OPEN
        else:
            continue
        tree.order[settled] = option
        settled += 1
    return settled
