"""Which links meet at each node, in compiled code, for searches over a million links.

Link k between two nodes has two halves: 2k leaves its first node, 2k + 1 its second node.
"""

import numba
import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int32]


@numba.njit(cache=True)
def halves(n_nodes: int, start: Whole, end: Whole) -> tuple[Whole, Whole]:
    """Halves by the node that they leave: node i has `half[pointer[i]:pointer[i + 1]]`, ascending.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    start, end : ndarray of int
        The nodes that link k joins.

    Returns
    -------
    pointer, half : ndarray of int32
        Where the halves of each node begin (one entry more than there are nodes), and the halves.
    """
    pointer = np.zeros(n_nodes + 1, np.int32)
    for link in range(len(start)):
        pointer[start[link] + 1] += 1
        pointer[end[link] + 1] += 1
    for node in range(n_nodes):
        pointer[node + 1] += pointer[node]
    half = np.empty(2 * len(start), np.int32)
    free = pointer[:-1].copy()
    for link in range(len(start)):
        half[free[start[link]]] = 2 * link
        free[start[link]] += 1
        half[free[end[link]]] = 2 * link + 1
        free[end[link]] += 1
    return pointer, half
