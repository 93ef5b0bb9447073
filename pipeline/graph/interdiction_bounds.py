"""Bounds of the interdiction problem for every k at once: its linear relaxation.

Without a limit on the number of closings, this is a closure problem (Rhys 1970): a minimum cut. Its
optimum as a function of k is the concave hull of the possible gains, which gives the bounds.
"""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pipeline.core.types import Floats
from pipeline.graph.interdiction_game import SAME, Game, won

MOST_CAPACITY = 2**30


def bounds(game: Game) -> Floats:
    """Upper bounds for k = 0, 1, ... closings: the linear relaxation, for all k at once.

    Its corners are gains of real sets, each found by one minimum cut; between corners it is linear.

    Parameters
    ----------
    game : Game
        The gains of closing options.

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
    """Size and gain of the best set if every closing costs `price`: a minimum cut."""
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
