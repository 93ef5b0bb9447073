"""The effect of one more link on a minimum cut, for many candidate links at once."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Bools, Ints
from pipeline.graph import flow
from pipeline.graph.arcs import Arcs
from pipeline.graph.flow import SINK, SOURCE


def gains(arcs: Arcs, source: Bools, sink: Bools, start: Ints, end: Ints) -> tuple[int, Bools]:
    """The minimum cut, and which two-way candidate links would each increase it by one.

    A further link adds a path exactly if, in the residual network, one of its ends can be reached
    from the source, and the sink from its other end (Ford & Fulkerson 1956). So one flow is enough
    for all candidates.

    Parameters
    ----------
    arcs : Arcs
        Arcs of the present network.
    source, sink : ndarray of bool, one for each node
        The two zones; no node is in both.
    start, end : ndarray of int, one for each candidate
        The nodes that the candidate would join.

    Returns
    -------
    value : int
        Number of links of the present minimum cut.
    gains : ndarray of bool, one for each candidate
        Whether the cut would be one larger with this link alone.
    """
    between, _ = flow.between(arcs, source, sink)
    solved = flow.solve(between)
    number = np.where(sink, SINK, SOURCE)
    free = ~(source | sink)
    number[free] = np.arange(2, 2 + free.sum())
    reached = _reached(solved.residual, SOURCE, between.n_nodes)
    reaching = _reached(solved.residual.T.tocsr(), SINK, between.n_nodes)
    a, b = number[start], number[end]
    return solved.value, (reached[a] & reaching[b]) | (reached[b] & reaching[a])


def _reached(residual: sparse.csr_array, start: int, n: int) -> Bools:
    found = np.zeros(n, dtype=bool)
    found[csgraph.breadth_first_order(residual, start, return_predecessors=False)] = True
    return found
