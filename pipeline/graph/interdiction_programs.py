"""Interdiction as programs: the bounds of the linear relaxation, and the exact optimum.

The linear relaxation without the count of closings is a closure problem (Rhys 1970), a minimum
cut; its optimum over k is the concave hull of what is possible, which gives the bounds.
"""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pipeline.core import parameters
from pipeline.core.types import Floats
from pipeline.graph.interdiction_game import SAME, Best, Game, won
from pipeline.graph.interdiction_reduction import rows_of

MOST_BRANCHES = parameters.whole("most_branches")
MOST_CAPACITY = 2**30
INFEASIBLE = 2  # as milp says it


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


def program(game: Game, *, k: int | None = None, needed: float | None = None) -> Best:
    """Solve the mixed-integer program: the most that k closings win, or the fewest that win enough.

    In the second form value and bound are numbers of closings, the bound one from below. Nothing
    known within MOST_BRANCHES: the empty set. Where nothing wins what is needed, the bound is one
    closing more than there are options.

    Parameters
    ----------
    game : Game
        What closing wins.
    k : int, optional
        Closings allowed: the most that they win is asked for.
    needed : float, optional
        What must be won: the fewest closings are asked for.

    Returns
    -------
    Best
        The set, its value and its bound.
    """
    rows, count = game.needs.shape
    scale = max(float(game.value.sum()), 1e-300)
    win = np.concatenate([np.zeros(count), game.value / scale])
    spent = np.concatenate([np.ones(count), np.zeros(rows)])
    constraints = [LinearConstraint(_implied(game), -np.inf, 0)]
    if k is not None:
        constraints.append(LinearConstraint(spent[None, :], -np.inf, k))
    if needed is not None:
        enough = LinearConstraint(win[None, :], needed / scale - SAME / 100, np.inf)
        constraints.append(enough)
    solved = milp(
        spent if k is None else -win,
        constraints=constraints,
        integrality=spent,
        bounds=Bounds(0, 1),
        options={"node_limit": MOST_BRANCHES, "mip_rel_gap": 0.0},
    )
    if solved.status == INFEASIBLE:
        return Best(np.empty(0, np.int64), 0.0, count + 1.0, True)
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


def up_to(game: Game, k: int) -> Game:
    """The game without rows that more than k options win; parts of a row stay with it.

    Parameters
    ----------
    game : Game
        What closing wins.
    k : int
        Closings allowed.

    Returns
    -------
    Game
        With the rows that k closings can win.
    """
    return rows_of(game, game.needs.sum(axis=1) <= k)


def entries(game: Game) -> int:
    """Number of entries that the program's constraint matrix has: its size.

    Parameters
    ----------
    game : Game
        What closing wins.

    Returns
    -------
    int
        Entries that are not zero.
    """
    return 2 * int(game.rest.sum() + (game.inside >= 0).sum())
