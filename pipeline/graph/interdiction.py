"""Which k of n crossings to close: the r-interdiction problems, exact or between two bounds.

Both questions, the r-interdiction median (Church, Scaparra & Middleton 2004) and demand left with
no way within a limit, are one: demand is won when *all* of a set of crossings is closed, and k
crossings are to win the most. Median: the i nearest crossings of a pair are a set, worth the
minutes from the i-th to the next. Limit: all crossings of a pair within it are a set, worth the
pair. Pairs with equal sets are one.

Wins grow with each closing (they are supermodular), so taking the best crossing one after the other
says nothing. The linear relaxation without the count of closings is a closure problem (Rhys 1970),
a minimum cut; its optimum over k is the concave hull of what is possible, hence the bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats, Ints

MOST_BRANCHES = parameters.whole("most_branches")
MOST_ENTRIES = parameters.whole("most_entries")
# Share of all there is to win below which two results are the same: what rounding of the cut's
# whole-number capacities comes to.
SAME = 1e-5
MOST_CAPACITY = 2**30


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


def curve(game: Game, most: int | None = None) -> list[Best]:
    """The best set for k = 1, 2, ... up to `most` or all options, exact where small enough.

    Parameters
    ----------
    game : Game
        What closing wins.
    most : int, optional
        Greatest number of closings asked for.

    Returns
    -------
    list of Best
        One for each k; none wins less than the one before, since one closing more loses nothing.
    """
    count = game.needs.shape[1] if most is None else min(most, game.needs.shape[1])
    hull = bounds(game)
    found = swaps(game)
    best = [_best(game, k, found[k - 1], float(hull[k])) for k in range(1, count + 1)]
    return improved(game, best)


def improved(game: Game, found: list[Best], others: Sequence[Ints] = ()) -> list[Best]:
    """The best sets, each searched again from its neighbours and from other sets of its size.

    A set of k options follows from the best of k - 1 by closing the option that wins most, and
    from the best of k + 1 by opening the one that loses least; either is then mended by swaps.
    This goes on up and down the sizes until nothing wins more.

    Parameters
    ----------
    game : Game
        What closing wins.
    found : list of Best
        The best known for k = 1, 2, ...
    others : sequence of numpy.ndarray
        Further sets to start from, such as those that were found for another aim.

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
            best[at] = _better(game, best[at], _one_more(game, best[at - 1].closed))
        for at in range(len(best) - 1, 0, -1):
            best[at - 1] = _better(game, best[at - 1], _one_less(game, best[at].closed))
        changed = any(one.value > value for one, value in zip(best, before, strict=True))
    return best


def _better(game: Game, known: Best, start: Ints) -> Best:
    """What is known, or the set that swaps make of `start` where that wins more."""
    if known.exact and won(game, start) <= known.value:
        return known
    closed = np.zeros(game.needs.shape[1], dtype=bool)
    closed[start] = True
    mended = np.flatnonzero(_swapped(game, closed))
    value = won(game, mended)
    if value <= known.value:
        return known
    bound = max(known.bound, value)
    exact = bound - value <= SAME * float(game.value.sum())
    return Best(mended, value, value if exact else bound, exact)


def _one_more(game: Game, closed: Ints) -> Ints:
    """The set and the option whose closing wins most; the first of equals."""
    shut = np.zeros(game.needs.shape[1], dtype=bool)
    shut[closed] = True
    missing = game.needs & ~shut
    nearly = missing.sum(axis=1) == 1
    gain = np.where(shut, -np.inf, game.value[nearly] @ missing[nearly])
    return np.sort(np.append(closed, int(np.argmax(gain))))


def _one_less(game: Game, closed: Ints) -> Ints:
    """The set without the option whose opening loses least; the first of equals."""
    shut = np.zeros(game.needs.shape[1], dtype=bool)
    shut[closed] = True
    whole = ~(game.needs & ~shut).any(axis=1)
    lost = np.where(shut, game.value[whole] @ game.needs[whole], np.inf)
    return np.setdiff1d(closed, [int(np.argmin(lost))])


def _best(game: Game, k: int, known: Ints, bound: float) -> Best:
    value = won(game, known)
    total = float(game.value.sum())
    small = _up_to(game, k)
    if bound - value > SAME * total and _entries(small) <= MOST_ENTRIES:
        solved = program(small, k=k, at_least=value)
        bound = min(bound, solved.bound)
        if solved.value > value:
            known, value = solved.closed, solved.value
    bound = max(bound, value)
    exact = bound - value <= SAME * total
    return Best(known, value, value if exact else bound, exact)


def fewest(game: Game, share: float) -> tuple[int, int, Ints]:
    """Fewest options that win `share` of all: at least, at most (equal if exact), and the set.

    0 where there is nothing to win.

    Parameters
    ----------
    game : Game
        What closing wins.
    share : float
        Share of all there is to win.

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
    if low < high and _entries(game) <= MOST_ENTRIES:
        solved = program(game, needed=needed)
        low = max(low, int(np.ceil(solved.bound - SAME)))
        if len(solved.closed) < high and won(game, solved.closed) >= needed * (1 - SAME):
            high, closed = len(solved.closed), solved.closed
    return min(low, high), high, closed


def bounds(game: Game) -> Floats:
    """For k = 0, 1, ..., what no k closings exceed: the linear relaxation, for all k at once.

    Its corners are wins of real sets, found by one minimum cut each; between two it is straight.

    Parameters
    ----------
    game : Game
        What closing wins.

    Returns
    -------
    ndarray of float
        One for each k from 0 to all options.
    """
    count = game.needs.shape[1]
    total = float(game.value.sum())
    corners = {0: float(game.value[~game.needs.any(axis=1)].sum()), count: total}
    open_ends = [(0, count)] if total > 0 else []
    while open_ends:
        left, right = open_ends.pop()
        slope = (corners[right] - corners[left]) / (right - left)
        k, value = _closure(game, slope)
        straight = corners[left] + slope * (k - left)
        if left < k < right and value > straight + SAME * total / 10:
            corners[k] = value
            open_ends += [(left, k), (k, right)]
    at = np.array(sorted(corners), dtype=np.int64)
    hull = np.interp(np.arange(count + 1), at, [corners[k] for k in at.tolist()])
    return np.asarray(hull + SAME * total / 5)


def _closure(game: Game, price: float) -> tuple[int, float]:
    """Size and win of a set that wins the most when every closing costs `price`: a minimum cut."""
    count, rows = game.needs.shape[1], len(game.value)
    scale = MOST_CAPACITY / max(float(game.value.sum()), price * count, 1e-300)
    row, option = np.nonzero(game.rest)
    held = np.flatnonzero(game.inside >= 0)
    source, sink = count + rows, count + rows + 1
    tail = np.concatenate([np.full(rows, source), count + row, count + held, np.arange(count)])
    head = np.concatenate(
        [count + np.arange(rows), option, count + game.inside[held], np.full(count, sink)]
    )
    capacity = np.concatenate(
        [
            np.floor(game.value * scale),
            np.full(len(row) + len(held), 2.0**31 - 1),
            np.full(count, np.floor(price * scale)),
        ]
    )
    graph = csr_array((capacity.astype(np.int32), (tail, head)), shape=(sink + 1, sink + 1))
    left = csr_array(graph - maximum_flow(graph, source, sink).flow)
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    closed = reached[reached < count].astype(np.int64)
    return len(closed), won(game, closed)


def swaps(game: Game) -> list[Ints]:
    """A good set for each k from 1 on, each mended by swaps; ties go to the first option.

    They grow from nothing or from the set before by the dearest rows per closing, or shrink from
    all options by the one whose opening loses least, which looks ahead where growing cannot.

    Parameters
    ----------
    game : Game
        What closing wins.

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
        mended = [_swapped(game, start) for start in starts]
        values = [won(game, np.flatnonzero(one)) for one in mended]
        before = mended[int(np.argmax(values))]
        found.append(np.flatnonzero(before))
    return found


def _shrunk(game: Game) -> list[Bools]:
    """Sets of 0, 1, ... options: all of them, opened one after the other by what is lost least."""
    count = game.needs.shape[1]
    closed = np.ones(count, dtype=bool)
    sets = [closed.copy()]
    for _ in range(count):
        whole = ~(game.needs & ~closed).any(axis=1)
        lost = np.where(closed, game.value[whole] @ game.needs[whole], np.inf)
        closed[int(np.argmin(lost))] = False
        sets.append(closed.copy())
    return sets[::-1]


def _grown(game: Game, start: Bools, k: int) -> Bools:
    closed = start.copy()
    while closed.sum() < k:
        missing = (game.needs & ~closed).sum(axis=1)
        fits = (missing > 0) & (missing <= k - closed.sum())
        if not fits.any():
            closed[np.flatnonzero(~closed)[: k - closed.sum()]] = True
            break
        row = int(np.argmax(np.where(fits, game.value / np.maximum(missing, 1), -1.0)))
        closed |= game.needs[row]
    return closed


def _swapped(game: Game, closed: Bools) -> Bools:
    """Swap one closed for one open option as long as that wins more, the best swap first."""
    least = SAME * float(game.value.sum()) / 100
    while closed.any() and not closed.all():
        missing = game.needs & ~closed
        lacks = missing.sum(axis=1)
        whole, nearly = lacks == 0, lacks == 1
        lost = game.value[whole] @ game.needs[whole]
        last = missing[nearly] * game.value[nearly, None]
        gain = last.sum(axis=0) - lost[:, None] - game.needs[nearly].T.astype(float) @ last
        gain[~closed] = -np.inf
        gain[:, closed] = -np.inf
        out, into = divmod(int(np.argmax(gain)), len(closed))
        if gain[out, into] <= least:
            break
        closed = closed.copy()
        closed[out], closed[into] = False, True
    return closed


def program(
    game: Game, *, k: int | None = None, needed: float | None = None, at_least: float = 0.0
) -> Best:
    """Solve the mixed-integer program: the most that k closings win, or the fewest that win enough.

    `at_least` is a win known to be possible. In the second form value and bound are numbers of
    closings, the bound one from below. Nothing known within MOST_BRANCHES: the empty set.

    Parameters
    ----------
    game : Game
        What closing wins.
    k : int, optional
        Closings allowed: the most that they win is asked for.
    needed : float, optional
        What must be won: the fewest closings are asked for.
    at_least : float
        A win known to be possible.

    Returns
    -------
    Best
        The set, its value and its bound.
    """
    rows, count = game.needs.shape
    scale = max(float(game.value.sum()), 1e-300)
    win = np.concatenate([np.zeros(count), game.value / scale])
    spent = np.concatenate([np.ones(count), np.zeros(rows)])
    least = at_least if needed is None else needed
    constraints = [
        LinearConstraint(_implied(game), -np.inf, 0),
        LinearConstraint(win[None, :], least / scale - SAME / 100, np.inf),
    ]
    if k is not None:
        constraints.append(LinearConstraint(spent[None, :], -np.inf, k))
    solved = milp(
        spent if k is None else -win,
        constraints=constraints,
        integrality=spent,
        bounds=Bounds(0, 1),
        options={"node_limit": MOST_BRANCHES, "mip_rel_gap": 0.0},
    )
    bound = solved.mip_dual_bound
    closed = np.empty(0, np.int64) if solved.x is None else np.flatnonzero(solved.x[:count] > 0.5)
    if k is None:
        low = 0.0 if bound is None else float(bound)
        return Best(closed, float(len(closed)), low, solved.status == 0)
    closed = np.concatenate([closed, np.setdiff1d(np.arange(count), closed)[: k - len(closed)]])
    high = scale if bound is None else -float(bound) * scale
    return Best(np.sort(closed), won(game, closed), high, solved.status == 0)


def _implied(game: Game) -> csr_array:
    """Rows of the program: a set is won only if the one inside it is, and its further options."""
    rows, count = game.needs.shape
    row, option = np.nonzero(game.rest)
    held = np.flatnonzero(game.inside >= 0)
    number = np.arange(len(row) + len(held))
    wins = count + np.concatenate([row, held])
    needs = np.concatenate([option, count + game.inside[held]])
    ones = np.ones(len(number))
    return csr_array(
        coo_array(
            (
                np.concatenate([ones, -ones]),
                (np.concatenate([number, number]), np.concatenate([wins, needs])),
            ),
            shape=(len(number), count + rows),
        )
    )


def _up_to(game: Game, k: int) -> Game:
    """The game without rows that more than k options win; parts of a row stay with it."""
    kept = game.needs.sum(axis=1) <= k
    number = np.cumsum(kept) - 1
    inside = game.inside[kept]
    return Game(
        game.needs[kept],
        game.value[kept],
        np.where(inside >= 0, number[inside], -1),
        game.rest[kept],
    )


def _entries(game: Game) -> int:
    return 2 * int(game.rest.sum() + (game.inside >= 0).sum())
