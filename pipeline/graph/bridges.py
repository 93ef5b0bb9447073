"""Bridges and circles of an undirected multigraph: single links, and pairs, that separate it."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from pipeline.core.types import Bools, Ints
from pipeline.graph.adjacency import Whole, halves

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Bridges:
    """Which links are bridges, and the position of each node in the depth-first search.

    The search enters each connected part at its first node. The far node of a bridge, and all nodes
    behind it, come later than its near node.
    """

    bridge: Bools
    visit: Ints


@dataclass(frozen=True)
class Circles:
    """For each link: the number of its circle, and whether the link runs against it."""

    circle: Ints
    against: Bools


def bridges(n_nodes: int, start: Ints, end: Ints) -> Bridges:
    """Bridges of the multigraph whose link k joins nodes `start[k]` and `end[k]`.

    A link parallel to another, or from a node to itself, is not a bridge. Method: one depth-first
    search; a link of its tree is a bridge if no link from behind it leads back to before it (Tarjan
    1974).

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    start, end : ndarray of int
        The nodes that link k joins.

    Returns
    -------
    Bridges
        Which links are bridges, and the order in which the search reached the nodes.
    """
    start, end = start.astype(np.int32), end.astype(np.int32)
    visit, entered, low = _walked(*halves(n_nodes, start, end), start, end)
    bridge = np.zeros(len(start), np.bool_)
    # If nothing behind a node leads back before it, the link by which the search entered it is a
    # bridge.
    bridge[entered[(low == visit) & (entered >= 0)] >> 1] = True
    return Bridges(bridge, visit.astype(np.int64))


def circles(n_nodes: int, start: Ints, end: Ints) -> Circles:
    """Circles of a multigraph without bridges: any two links of a circle separate the graph.

    Every way round one link of a circle passes all other links of the circle, in the same
    direction. A link that is in no such pair is a circle by itself. Two links of the search tree,
    or one of the tree and one that leads back, are a pair if the same set of links leads back over
    both (Tsin 2009). Sets of links are compared by the sum modulo two of 128 random bits per link,
    so that among a million sets two different ones are taken as equal with a probability below
    1e-26.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    start, end : ndarray of int
        The nodes that link k joins.

    Returns
    -------
    Circles
        The circle of each link, and the direction in which it is passed.
    """
    start, end = start.astype(np.int32), end.astype(np.int32)
    visit, entered, _ = _walked(*halves(n_nodes, start, end), start, end)
    tree = np.zeros(len(start), np.bool_)
    tree[entered[entered >= 0] >> 1] = True
    bits = np.random.default_rng(0).integers(0, 2**64, (len(start), 2), np.uint64)
    bits[tree] = 0
    circle = _numbered(_led_over(bits, start, end, visit, entered))
    # A circle leads down the tree, and back up by its one link that is not in the tree.
    return Circles(circle, tree != (visit[start] < visit[end]))


@numba.njit(cache=True)
def _walked(pointer: Whole, half: Whole, start: Whole, end: Whole) -> tuple[Whole, Whole, Whole]:
    """Depth-first search: each node's position, entering half and earliest position led back to."""
    n = len(pointer) - 1
    visit = np.full(n, -1, np.int32)
    entered = np.full(n, -1, np.int32)
    low = np.empty(n, np.int32)
    at = pointer[:-1].copy()
    count = 0
    for root in range(n):
        if visit[root] >= 0:
            continue
        visit[root] = low[root] = count
        count += 1
        node = root
        while True:
            if at[node] < pointer[node + 1]:
                step = half[at[node]]
                at[node] += 1
                link = step >> 1
                if entered[node] >= 0 and link == entered[node] >> 1:
                    continue
                onward = start[link] if step & 1 else end[link]
                if visit[onward] < 0:
                    entered[onward] = step
                    visit[onward] = low[onward] = count
                    count += 1
                    node = onward
                else:
                    low[node] = min(low[node], visit[onward])
                continue
            if node == root:
                break
            step = entered[node]
            before = end[step >> 1] if step & 1 else start[step >> 1]
            low[before] = min(low[before], low[node])
            node = before
    return visit, entered, low


@numba.njit(cache=True)
def _led_over(bits: Bits, start: Whole, end: Whole, visit: Whole, entered: Whole) -> Bits:
    """The sum of bits of links that lead back over each link; its own for one not in the tree."""
    n = len(visit)
    over = bits.copy()
    behind = np.zeros((n, 2), np.uint64)
    node_at = np.empty(n, np.int32)
    for link in range(len(start)):
        for part in range(2):
            behind[start[link], part] ^= bits[link, part]
            behind[end[link], part] ^= bits[link, part]
    for node in range(n):
        node_at[visit[node]] = node
    for place in range(n - 1, -1, -1):
        node = node_at[place]
        step = entered[node]
        if step < 0:
            continue
        link = step >> 1
        before = end[link] if step & 1 else start[link]
        for part in range(2):
            over[link, part] = behind[node, part]
            behind[before, part] ^= behind[node, part]
    return over


@numba.njit(cache=True)
def _numbered(bits: Bits) -> Ints:
    """A number for each row, the same for equal rows, in the order of first occurrence."""
    size = 16
    while size < 2 * len(bits):
        size *= 2
    holder = np.full(size, -1, np.int64)  # first row with these bits
    number = np.empty(len(bits), np.int64)
    count = 0
    for row in range(len(bits)):
        place = np.int64(bits[row, 0] & np.uint64(size - 1))
        while True:
            first = holder[place]
            if first < 0:
                holder[place] = row
                number[row] = count
                count += 1
                break
            if bits[first, 0] == bits[row, 0] and bits[first, 1] == bits[row, 1]:
                number[row] = number[first]
                break
            place = (place + 1) & (size - 1)
    return number
