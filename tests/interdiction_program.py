"""Which options to close as a mixed-integer program, by HiGHS: a witness for the search."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from pipeline.graph.interdiction_game import Game


def most(game: Game, k: int) -> float:
    """The most that k closings win: a row is won only if every option that it needs is closed."""
    rows, count = game.needs.shape
    row, option = np.nonzero(game.needs)
    number, ones = np.arange(len(row)), np.ones(len(row))
    implied = coo_array(
        (
            np.concatenate([ones, -ones]),
            (np.concatenate([number, number]), np.concatenate([count + row, option])),
        ),
        shape=(len(row), count + rows),
    ).tocsr()
    closed = np.concatenate([np.ones(count), np.zeros(rows)])
    solved = milp(
        np.concatenate([np.zeros(count), -game.value]),
        constraints=[
            LinearConstraint(implied, -np.inf, 0),
            LinearConstraint(closed[None, :], -np.inf, k),
        ],
        integrality=closed,
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    assert solved.fun is not None, solved.message
    return -float(solved.fun)
