"""A binary heap of nodes by distance, in compiled code, for searches that settle each node once.

A node whose distance falls is put on the heap again; the search ignores the older entry. On road
networks this is faster than moving the entry within the heap, since few nodes are put on twice.
"""

import numba

from pipeline.core.types import Floats
from pipeline.graph.adjacency import Whole


@numba.njit(cache=True)
def pushed(key: Floats, node: Whole, size: int, far: float, to: int) -> None:
    """Put a node on a binary heap of `size` nodes.

    Parameters
    ----------
    key, node : ndarray
        The heap, changed in place: distances, and the nodes they belong to.
    size : int
        Number of nodes on it.
    far, to : float, int
        Distance and node to add.

    Returns
    -------
    None
        The heap then holds one more node.
    """
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if key[above] <= far:
            break
        key[at], node[at] = key[above], node[above]
        at = above
    key[at], node[at] = far, to


@numba.njit(cache=True)
def popped(key: Floats, node: Whole, size: int) -> tuple[float, int]:
    """Take the nearest node off a binary heap of `size` nodes.

    Parameters
    ----------
    key, node : ndarray
        The heap, changed in place.
    size : int
        Number of nodes on it, at least 1.

    Returns
    -------
    distance, node : float, int
        The nearest node; the heap then holds one node less.
    """
    near, nearest = key[0], node[0]
    far, to = key[size - 1], node[size - 1]
    at, below = 0, 1
    while below < size - 1:
        if below + 1 < size - 1 and key[below + 1] < key[below]:
            below += 1
        if key[below] >= far:
            break
        key[at], node[at] = key[below], node[below]
        at, below = below, 2 * below + 1
    key[at], node[at] = far, to
    return near, nearest
