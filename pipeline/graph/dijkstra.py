"""The fastest ways between many nodes and many others, with their km, on all cores."""

import numba
import numpy as np

from pipeline.core.types import Floats, Ints
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
    """Minutes and km from each source (rows) to each target (columns); infinite where no way is.

    Node i has the arcs `pointer[i]` to `pointer[i + 1]`, each to `head`, taking `minutes` of at
    least 0 and `km`. Dijkstra's search (1959); of ways that take as long, the shortest.
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
