"""The full linear program of randomised posts, solved by HiGHS: an independent check of the
curve."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field


def value(field: Field, stop: float, n_posts: float) -> float:
    """Chance to be stopped that so many posts ensure, of which no link takes more than one.

    Each node has a potential, the chance met until there on the best way; it may rise along an arc
    by no more than what stands on it (Washburn and Wood 1995, Operations Research 43).
    """
    links = np.unique(field.link[field.takes])
    arc, taking = np.arange(len(field.tail)), np.flatnonzero(field.takes)
    post = field.n_nodes + np.searchsorted(links, field.link[taking])
    n_rows, n_columns = len(arc) + 1, field.n_nodes + len(links)
    budget, posts = np.full(len(links), len(arc)), field.n_nodes + np.arange(len(links))
    rows = coo_array(
        (
            np.concatenate([
                np.ones(len(arc)), -np.ones(len(arc)), np.full(len(taking), -stop),
                np.ones(len(links)),
            ]),
            (
                np.concatenate([arc, arc, taking, budget]),
                np.concatenate([field.head, field.tail, post, posts]),
            ),
        ),
        shape=(n_rows, n_columns),
    )  # fmt: skip
    aim = np.zeros(n_columns)
    aim[SINK] = -1.0
    potentials = [(0.0, 0.0) if node == SOURCE else (None, None) for node in range(field.n_nodes)]
    solved = linprog(  # type: ignore[call-overload]  # its stub knows no sparse A_ub
        aim,
        A_ub=rows.tocsr(),
        b_ub=np.append(field.chance, n_posts),
        bounds=[*potentials, *([(0.0, 1.0)] * len(links))],
        method="highs",
    )
    return -float(solved.fun)
