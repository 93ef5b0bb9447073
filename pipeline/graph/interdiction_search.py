"""The best set of k options by branch and bound, or the proof that none wins more than is known.

A branch closes some options and keeps some open. There a row wins nothing if it needs an option
that is kept open, or more options than may still be closed. The value of every other row is divided
among the options that it still lacks; the sum on an option is its load. No choice then wins more
than the largest loads together (a feasible solution of the dual of the linear program). Each row in
turn divides its value anew by water-filling, which evens out the loads; the most even distribution
gives the bound of the linear relaxation for every k at once (Fujishige 1980). Options that every
better set needs, or that none has, are settled before a branch is split.
"""

from typing import NamedTuple

import numba
import numpy as np

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.interdiction_game import Game

MOST_ROW_VISITS = parameters.whole("most_row_visits")
# Passes over the rows end when one lowers the bound by less than this share of its distance from
# what is known, or after so many of them: splitting the branch then lowers it more.
LEAST_GAIN = 0.2
MOST_PASSES = 20
FREE, CLOSED, OPEN = 0, 1, -1


class _Rows(NamedTuple):
    """Options that each row needs, one row after the other, and what the rows are worth."""

    first: Ints
    option: Ints
    value: Floats


class _Division(NamedTuple):
    """The share of its value that each row gives to each of its options, and each option's load."""

    share: Floats
    load: Floats


class _Branch(NamedTuple):
    """A branch: rows `active[:n_rows]` can be won there, `sure` is won, `hoped` is what is left."""

    spare: int
    n_rows: int
    sure: float
    hoped: float


def search(
    game: Game, k: int, known: float, enough: float = np.inf, most_visits: int | None = None
) -> tuple[Ints | None, float]:
    """The set of k options that wins most, if it wins more than is known.

    Parameters
    ----------
    game : Game
        What closing wins.
    k : int
        Closings allowed.
    known : float
        A gain that is known to be possible.
    enough : float, optional
        The search ends with a set that wins so much.
    most_visits : int, optional
        Rows looked at before the search is broken off, parameter `most_row_visits` unless stated
        otherwise: never a time, so that equal input gives equal output.

    Returns
    -------
    closed : ndarray of int, or None
        A set that wins more than `known`, the best one unless the search ended before; None where
        none was found.
    bound : float
        What no set of k options exceeds: the win of the set or `known` where the search came to
        its end.
    """
    first = np.append(0, np.cumsum(game.needs.sum(axis=1)))
    rows = _Rows(first, np.nonzero(game.needs)[1], game.value)
    limit = MOST_ROW_VISITS if most_visits is None else most_visits
    closed, found, bound = _search(rows, game.needs.shape[1], k, known, enough, limit)
    if not found:
        return None, float(bound)
    # Closing more loses nothing.
    closed[np.flatnonzero(~closed)[: k - closed.sum()]] = True
    return np.flatnonzero(closed), float(bound)


@numba.njit(cache=True)
def _search(
    rows: _Rows, options: int, k: int, known: float, enough: float, most_visits: int
) -> tuple[Bools, bool, float]:
    """The best set above `known`, whether there is one, and what no set exceeds."""
    state = np.zeros(options, np.int8)
    division = _Division(np.zeros(len(rows.option)), np.zeros(options))
    active = np.arange(len(rows.value))
    best, found, root = np.zeros(options, np.bool_), False, np.inf
    # Options in the order in which they were settled; for each split its place there, and how many
    # rows its branch had.
    order, settled = np.empty(options, np.int64), 0
    splits, counts, depth = np.empty(options, np.int64), np.zeros(options + 1, np.int64), 0
    counts[0] = len(rows.value)
    visits = 0
    while visits < most_visits:
        count = counts[depth]
        while True:
            spare = k - int((state == CLOSED).sum())
            branch = _entered(rows, division, active, count, state, spare)
            bound, passes = _levelled(rows, division, active, branch, state, known)
            visits += count + passes * branch.n_rows
            count = branch.n_rows
            if depth == 0:
                root = min(root, bound)
            if bound <= known:
                break
            by_load = np.argsort(-division.load, kind="mergesort")
            by_load = by_load[state[by_load] == FREE]
            chosen = state == CLOSED
            chosen[by_load[:spare]] = True
            value = _won(rows, active, count, chosen)
            if value > known:
                best, found, known = chosen, True, value
            if found and known >= enough:
                return best, found, max(root, known)
            if not 0 < spare < len(by_load):
                bound = known
                break
            more = _settled(division.load, by_load, branch, known, state, order, settled)
            if more == settled:
                break
            settled = more
        if bound > known:
            # Of the options that the bound does not count, the one with the largest load is closed
            # and then kept open.
            splits[depth] = settled
            order[settled] = by_load[spare]
            state[by_load[spare]] = CLOSED
            counts[depth] = counts[depth + 1] = count
            settled, depth = settled + 1, depth + 1
            continue
        if depth == 0:
            return best, found, known
        depth -= 1
        split = order[splits[depth]]
        state[order[splits[depth] : settled]] = FREE
        state[split] = OPEN
        settled = splits[depth] + 1
    return best, found, max(root, known)


@numba.njit(cache=True)
def _entered(
    rows: _Rows, division: _Division, active: Ints, count: int, state: Ints, spare: int
) -> _Branch:
    """The branch of such a state: rows that cannot be won go last, the others divide their value.

    Options that are still free keep their shares in proportion.
    """
    sure, hoped, at = 0.0, 0.0, 0
    division.load[:] = 0.0
    while at < count:
        row = active[at]
        lacks, kept = 0, 0.0
        for entry in range(rows.first[row], rows.first[row + 1]):
            if state[rows.option[entry]] == FREE:
                lacks += 1
                kept += division.share[entry]
            elif state[rows.option[entry]] == OPEN:
                lacks = spare + 1
                break
        if lacks > spare:
            count -= 1
            active[at], active[count] = active[count], row
            continue
        at += 1
        if lacks == 0:
            sure += rows.value[row]
            continue
        hoped += rows.value[row]
        for entry in range(rows.first[row], rows.first[row + 1]):
            option = rows.option[entry]
            if state[option] != FREE:
                division.share[entry] = 0.0
            elif kept > 0:
                division.share[entry] *= rows.value[row] / kept
            else:
                division.share[entry] = rows.value[row] / lacks
            if state[option] == FREE:
                division.load[option] += division.share[entry]
    return _Branch(spare, count, sure, hoped)


@numba.njit(cache=True)
def _levelled(
    rows: _Rows, division: _Division, active: Ints, branch: _Branch, state: Ints, known: float
) -> tuple[float, int]:
    """What no set of the branch exceeds, and how many passes over its rows that took."""
    bound = branch.sure + branch.hoped
    if bound <= known:
        return bound, 0
    bound = min(bound, branch.sure + _largest(division.load, state, branch.spare))
    passes = 0
    while bound > known and passes < MOST_PASSES:
        passes += 1
        for row in active[: branch.n_rows]:
            _level(rows, division, row, state)
        after = branch.sure + _largest(division.load, state, branch.spare)
        gained, bound = bound - after, min(bound, after)
        if gained < LEAST_GAIN * (after - known):
            break
    return bound, passes


@numba.njit(cache=True)
def _level(rows: _Rows, division: _Division, row: int, state: Ints) -> None:
    """Divide the value of a row anew, among its free options of least load: these become equal."""
    total, count = rows.value[row], 0
    for entry in range(rows.first[row], rows.first[row + 1]):
        option = rows.option[entry]
        if state[option] == FREE:
            division.load[option] -= division.share[entry]
            total += division.load[option]
            division.share[entry] = 1.0
            count += 1
    if count == 0:
        return
    changed = True
    while changed:
        # Options whose load is above the level get nothing, which lowers it.
        changed = False
        level = total / count
        for entry in range(rows.first[row], rows.first[row + 1]):
            if (
                count > 1
                and division.share[entry] > 0
                and division.load[rows.option[entry]] >= level
            ):
                division.share[entry] = 0.0
                total -= division.load[rows.option[entry]]
                count -= 1
                changed = True
    for entry in range(rows.first[row], rows.first[row + 1]):
        if division.share[entry] > 0:
            division.share[entry] = total / count - division.load[rows.option[entry]]
            division.load[rows.option[entry]] += division.share[entry]


@numba.njit(cache=True)
def _largest(load: Floats, state: Ints, spare: int) -> float:
    """The largest loads of free options together, as many as may still be closed."""
    free = np.sort(load[state == FREE])
    return float(free[max(len(free) - spare, 0) :].sum())


@numba.njit(cache=True)
def _won(rows: _Rows, active: Ints, count: int, closed: Bools) -> float:
    """What a set of the branch wins."""
    won = 0.0
    for row in active[:count]:
        whole = True
        for entry in range(rows.first[row], rows.first[row + 1]):
            if not closed[rows.option[entry]]:
                whole = False
                break
        if whole:
            won += rows.value[row]
    return won


@numba.njit(cache=True)
def _settled(
    load: Floats, by_load: Ints, branch: _Branch, known: float, state: Ints, order: Ints,
    settled: int,
) -> int:  # fmt: skip
    """Close options that every better set needs, keep open those of none; how many are settled.

    The first `spare` options by load give the bound. A set with another option lacks one of these,
    and a set that lacks one of these has another.
    """
    last, next_one = load[by_load[branch.spare - 1]], load[by_load[branch.spare]]
    bound = branch.sure + load[by_load[: branch.spare]].sum()
    for place, option in enumerate(by_load):
        if place < branch.spare and bound - load[option] + next_one <= known:
            state[option] = CLOSED
        elif place >= branch.spare and bound - last + load[option] <= known:
            state[option] = OPEN
        else:
            continue
        order[settled] = option
        settled += 1
    return settled
