"""Fastest ways: between many nodes on all cores, or a single one with its arcs."""

import numba
import numpy as np

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.adjacency import Whole
from pipeline.graph.heap import popped, pushed


@numba.njit(cache=True, parallel=True)
def fastest(
    pointer: Ints,
    head: Whole,
    minutes: Floats,
    km: Floats,
    source: Ints,
    target: Ints,
    workers: int,
) -> tuple[Floats, Floats]:
    """Minutes and km from each source (rows) to each target (columns); infinite without a way.

    Node i has the arcs `pointer[i]` to `pointer[i + 1]`, each to `head`, taking `minutes` of at
    least 0 and `km`. Method: Dijkstra (1959); of equally fast ways the shortest.

    Parameters
    ----------
    pointer, head : ndarray of int
        Where each node's arcs begin, and the node that each leads to.
    minutes, km : ndarray of float
        Minutes and km of each arc.
    source, target : ndarray of int
        Nodes to search from, and to.
    workers : int
        Threads to search in.

    Returns
    -------
    minutes, km : ndarray of float
        Rows sources, columns targets; infinite where there is no way.
    """
    found_minutes = np.full((len(source), len(target)), np.inf)
    found_km = np.full((len(source), len(target)), np.inf)
    n = len(pointer) - 1
    for worker in numba.prange(workers):
        spent = np.empty(n)
        gone_km = np.empty(n)
        key = np.empty(len(head) + 1)
        node = np.empty(len(head) + 1, np.int32)
        for row in range(worker, len(source), workers):
            spent[:] = np.inf
            gone_km[:] = np.inf
            spent[source[row]] = 0.0
            gone_km[source[row]] = 0.0
            pushed(key, node, 0, 0.0, source[row])
            size = 1
            while size:
                near, at = popped(key, node, size)
                size -= 1
                if near > spent[at]:
                    continue
                for arc in range(pointer[at], pointer[at + 1]):
                    far, far_km, to = near + minutes[arc], gone_km[at] + km[arc], head[arc]
                    if far < spent[to]:
                        spent[to] = far
                        gone_km[to] = far_km
                        pushed(key, node, size, far, to)
                        size += 1
                    elif far == spent[to]:
                        gone_km[to] = min(gone_km[to], far_km)
            for column in range(len(target)):
                found_minutes[row, column] = spent[target[column]]
                found_km[row, column] = gone_km[target[column]]
    return found_minutes, found_km


@numba.njit(cache=True)
def search(
    pointer: Ints,
    head: Ints,
    minutes: Floats,
    usable: Bools,
    least_left: Floats,
    start: Ints,
    start_minutes: Floats,
    target: Ints,
) -> tuple[Floats, Ints]:
    """Minutes from the nearest of some nodes to each target, and the arc that reached each node.

    The search goes towards the targets and ends when it has reached all of them (A*: Hart, Nilsson
    & Raphael 1968), so that it visits little more than the nodes in between.

    Parameters
    ----------
    pointer, head, minutes : ndarray
        Node i has the arcs `pointer[i]` to `pointer[i + 1]`, each to `head`, taking `minutes` of
        at least 0.
    usable : ndarray of bool
        Which arcs may be used.
    least_left : ndarray of float, one for each node
        A lower bound of the minutes to the nearest target; zero if nothing is known, infinite at
        nodes from which there is no way. Along an arc it may fall by at most the minutes of the
        arc.
    start, start_minutes : ndarray
        The nodes at which the search begins, and the minutes that have already passed there.
    target : ndarray of int
        The nodes to reach, each once.

    Returns
    -------
    minutes : ndarray of float, one for each target
        Infinite if there is no way.
    before : ndarray of int, one for each node
        The arc by which it was reached; -1 where the search began, and at nodes not reached.
    """
    n = len(pointer) - 1
    spent = np.full(n, np.inf)
    before = np.full(n, -1, np.int64)
    is_target = np.zeros(n, np.bool_)
    is_target[target] = True
    waiting = len(target)
    key = np.empty(len(head) + len(start) + 1)
    node = np.empty(len(head) + len(start) + 1, np.int32)
    size = 0
    # Bounds are sums in another order: rounding must not make them too large.
    scale = 1 - 1e-9
    for k in range(len(start)):
        if start_minutes[k] < spent[start[k]]:
            spent[start[k]] = start_minutes[k]
            pushed(key, node, size, start_minutes[k] + scale * least_left[start[k]], start[k])
            size += 1
    while size and waiting:
        near, at = popped(key, node, size)
        size -= 1
        if near > spent[at] + scale * least_left[at]:
            continue
        if is_target[at]:
            is_target[at] = False
            waiting -= 1
        for arc in range(pointer[at], pointer[at + 1]):
            to = head[arc]
            far = spent[at] + minutes[arc]
            if usable[arc] and far < spent[to] and least_left[to] < np.inf:
                spent[to] = far
                before[to] = arc
                pushed(key, node, size, far + scale * least_left[to], to)
                size += 1
    return spent[target], before
