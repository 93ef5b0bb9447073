"""Upper bound of a branch of the search for the best set, from the loads of its options.

A branch closes some options and keeps others open. Within it a row gains nothing if it needs an
option that is kept open, or more options than may still be closed. The value of every other row is
divided among the options that it still lacks; the sum on an option is its load. No set then gains
more than the largest loads together (a feasible solution of the dual of the linear program). Each
row in turn divides its value again by water-filling, which evens out the loads; the most even
distribution gives the bound of the linear relaxation for every k at once (Fujishige 1980).
"""

from typing import NamedTuple

import numba
import numpy as np

from pipeline.core.types import Floats, Ints

# Passes over the rows end when one lowers the bound by less than this share of its distance to the
# known gain, or after so many passes: splitting the branch then lowers it more.
LEAST_GAIN = 0.2
MOST_PASSES = 20
FREE, CLOSED, OPEN = 0, 1, -1


class Rows(NamedTuple):
    """Options that each row needs, row by row: its entries begin at `first`; and its value."""

    first: Ints
    option: Ints
    value: Floats


class Division(NamedTuple):
    """The share of its value that each row gives to each of its options, and each option's load."""

    share: Floats
    load: Floats


class Branch(NamedTuple):
    """A branch: rows `active[:n_rows]` may be gained, `sure` is gained, `hoped` is the rest."""

    spare: int
    n_rows: int
    sure: float
    hoped: float


@numba.njit(cache=True)
def enter(
    rows: Rows, division: Division, active: Ints, count: int, state: Ints, spare: int
) -> Branch:
    """Enter a branch: each row that can be gained divides its value among its free options.

    Rows that cannot be gained are moved to the end of `active`. Options that were free before keep
    their shares in proportion.

    Parameters
    ----------
    rows : Rows
        All rows.
    division : Division
        Shares of the branch before; overwritten.
    active : ndarray of int
        Rows, of which the first `count` may be gained; reordered.
    count : int
        How many.
    state : ndarray of int
        FREE, CLOSED or OPEN, for each option.
    spare : int
        Options that may still be closed.

    Returns
    -------
    Branch
        The branch with its sums.
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
    return Branch(spare, count, sure, hoped)


@numba.njit(cache=True)
def upper_bound(
    rows: Rows, division: Division, active: Ints, branch: Branch, state: Ints, known: float
) -> tuple[float, int]:
    """Upper bound of the gain in a branch.

    Parameters
    ----------
    rows, division, active, state
        As for `enter`; the shares are levelled.
    branch : Branch
        As entered.
    known : float
        A gain that is known to be possible: a bound that does not exceed it is not lowered further.

    Returns
    -------
    bound : float
        What no set of the branch exceeds.
    passes : int
        How many passes over its rows that took.
    """
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
        lowered, bound = bound - after, min(bound, after)
        if lowered < LEAST_GAIN * (after - known):
            break
    return bound, passes


@numba.njit(cache=True)
def _level(rows: Rows, division: Division, row: int, state: Ints) -> None:
    """Divide the value of a row among its free options of least load, whose loads become equal."""
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
    """Sum of the largest loads of free options, as many as may still be closed."""
    free = np.sort(load[state == FREE])
    return float(free[max(len(free) - spare, 0) :].sum())
