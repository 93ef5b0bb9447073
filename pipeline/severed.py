"""Links whose closure leaves ground behind them with no way to any gate, and what is left there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.graph import Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Severed:
    """Bridges between gates and the rest: the link, its near and far node, and sums behind it.

    `sums` has a row for each bridge and a column for each of the weights given.
    """

    link: Ints
    near: Ints
    far: Ints
    sums: Floats


def severed(start: Ints, end: Ints, gates: Ints, node_sums: Floats, link_sums: Floats) -> Severed:
    """Every link of an undirected multigraph whose closure cuts a part off from all of `gates`.

    Link k joins nodes `start[k]` and `end[k]`; row i of `node_sums`, row k of `link_sums` hold
    what node i and link k weigh, in the same columns. Parts that no gate reaches have no bridges.

    All gates are drawn together into one node, the root of a depth-first tree. With tree links
    turned away from the root and all others towards it, strongly connected components are what no
    single closure can part (Robbins 1939); the tree links between them are the bridges.
    """
    number = np.arange(1, 1 + len(node_sums))
    number[gates] = 0
    u, v = number[start], number[end]
    n = 1 + len(node_sums)
    order, before = csgraph.depth_first_order(_matrix(n, u, v), 0, directed=False)
    visit = np.full(n, -1)
    visit[order] = np.arange(len(order))
    near, far = np.where(visit[u] < visit[v], u, v), np.where(visit[u] < visit[v], v, u)
    tree = (visit[far] >= 0) & (near != far) & (before[far] == near)
    tree[tree] = _first_of_each(far[tree])
    onward = _matrix(n, np.where(tree, near, far), np.where(tree, far, near))
    _, part = csgraph.connected_components(onward, connection="strong")
    bridge = np.flatnonzero(tree & (part[near] != part[far]))
    bridge = bridge[np.argsort(-visit[far[bridge]])]
    sums = np.zeros((n, node_sums.shape[1]))
    np.add.at(sums, part[number], node_sums)
    within = part[u] == part[v]
    np.add.at(sums, part[u[within]], link_sums[within])
    for link, inner, outer in zip(bridge, part[near[bridge]], part[far[bridge]], strict=True):
        sums[inner] += sums[outer] + link_sums[link]
    original = np.where(visit[u] < visit[v], start, end), np.where(visit[u] < visit[v], end, start)
    return Severed(bridge, original[0][bridge], original[1][bridge], sums[part[far[bridge]]])


def _matrix(n: int, tail: Ints, head: Ints) -> sparse.csr_matrix:
    ones = np.ones(len(tail), dtype=np.int32)
    return sparse.csr_matrix((ones, (tail, head)), shape=(n, n))


def _first_of_each(values: Ints) -> npt.NDArray[np.bool_]:
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first
