"""Links whose closure cuts off nodes from every gate, and sums of weights that are cut off."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Floats, Ints
from pipeline.graph.bridges import bridges


@dataclass(frozen=True)
class Severed:
    """Bridges between gates and the rest: link, near and far node, and sums of weights behind it.

    `sums` has a row for each bridge and a column for each of the given weights.
    """

    link: Ints
    near: Ints
    far: Ints
    sums: Floats


def severed(start: Ints, end: Ints, gates: Ints, node_sums: Floats, link_sums: Floats) -> Severed:
    """Every link of an undirected multigraph whose closure cuts off a part from all of `gates`.

    Link k joins nodes `start[k]` and `end[k]`; row i of `node_sums` and row k of `link_sums` are
    the weights of node i and link k, in the same columns. Parts without a gate have no bridges.

    All gates are merged into one node, at which the search for bridges begins.

    Parameters
    ----------
    start, end : ndarray of int
        The nodes that link k joins.
    gates : ndarray of int
        Nodes from which parts are cut off.
    node_sums, link_sums : ndarray of float
        Weights of nodes and links: a row for each, in the same columns.

    Returns
    -------
    Severed
        The bridges, their ends and the sums of weights behind each.
    """
    number = np.arange(1, 1 + len(node_sums))
    number[gates] = 0
    u, v = number[start], number[end]
    n = 1 + len(node_sums)
    found = bridges(n, u, v)
    kept = ~found.bridge
    _, joined = csgraph.connected_components(_matrix(n, u, v), directed=False)
    _, part = csgraph.connected_components(_matrix(n, u[kept], v[kept]), directed=False)
    visit = found.visit
    ahead = visit[u] < visit[v]
    near, far = np.where(ahead, u, v), np.where(ahead, v, u)
    bridge = np.flatnonzero(found.bridge & (joined[u] == joined[0]))
    bridge = bridge[np.argsort(-visit[far[bridge]])]
    sums = np.zeros((n, node_sums.shape[1]))
    np.add.at(sums, part[number], node_sums)
    within = part[u] == part[v]
    np.add.at(sums, part[u[within]], link_sums[within])
    for link, inner, outer in zip(bridge, part[near[bridge]], part[far[bridge]], strict=True):
        sums[inner] += sums[outer] + link_sums[link]
    own_near, own_far = np.where(ahead, start, end), np.where(ahead, end, start)
    return Severed(bridge, own_near[bridge], own_far[bridge], sums[part[far[bridge]]])


def _matrix(n: int, tail: Ints, head: Ints) -> sparse.csr_matrix:
    ones = np.ones(len(tail), dtype=np.int32)
    return sparse.csr_matrix((ones, (tail, head)), shape=(n, n))
