"""What closing one link, or two, parts: bridges and circles of an undirected multigraph."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from pipeline.core.types import Bools, Ints
from pipeline.graph.adjacency import Whole, halves

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Bridges:
    """Which links are bridges, and each node's place in the depth-first walk that found them.

    The walk enters each connected part at its first node; the far node of a bridge comes later
    than its near one, and so does all behind it.
    """

    bridge: Bools
    visit: Ints


@dataclass(frozen=True)
class Circles:
    """For each link the number of its circle, by first link, and whether it runs against it."""

    circle: Ints
    against: Bools


def bridges(n_nodes: int, start: Ints, end: Ints) -> Bridges:
    """Bridges of the multigraph whose link k joins nodes `start[k]` and `end[k]`.

    A link beside another, and one from a node to itself, is none. One depth-first walk: a link
    down the tree is a bridge if nothing behind it leads back above it (Tarjan 1974).

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    start, end : ndarray of int
        The nodes that link k joins.

    Returns
    -------
    Bridges
        Which links are bridges, and the order in which the walk came to the nodes.
    """
    start, end = start.astype(np.int32), end.astype(np.int32)
    visit, entered, low = _walked(*halves(n_nodes, start, end), start, end)
    bridge = np.zeros(len(start), np.bool_)
    # Nothing behind a node leads back above it: what the walk entered it by is a bridge.
    bridge[entered[(low == visit) & (entered >= 0)] >> 1] = True
    return Bridges(bridge, visit.astype(np.int64))


def circles(n_nodes: int, start: Ints, end: Ints) -> Circles:
    """Circles of a multigraph without bridges: links of which any two part it between them.

    Every way round one link of a circle passes all its others, each in the same sense; a link that
    is in no such pair is a circle of its own. Two links down the tree, or one down and one back,
    are a pair if the same links lead back over both (Tsin 2009); sets of links are distinguished by
    the sum modulo two of 128 random bits a link, so that two unlike sets among a million are taken
    for alike with a probability below 1e-26.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    start, end : ndarray of int
        The nodes that link k joins.

    Returns
    -------
    Circles
        The circle of each link, and in which sense it is passed.
    """
    start, end = start.astype(np.int32), end.astype(np.int32)
    visit, entered, _ = _walked(*halves(n_nodes, start, end), start, end)
    tree = np.zeros(len(start), np.bool_)
    tree[entered[entered >= 0] >> 1] = True
    bits = np.random.default_rng(0).integers(0, 2**64, (len(start), 2), np.uint64)
    bits[tree] = 0
    circle = _numbered(_led_over(bits, start, end, visit, entered))
    # Round a circle it goes down the tree, and up by the one link of it that is not in the tree.
    return Circles(circle, tree != (visit[start] < visit[end]))


@numba.njit(cache=True)
def _walked(pointer: Whole, half: Whole, start: Whole, end: Whole) -> tuple[Whole, Whole, Whole]:
    """Depth-first walk: place of each node, half it was entered by, earliest place led back to."""
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
    """For each link the bits of all that lead back over it; for one not in the tree its own."""
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
    """A number for each row, the same for equal rows, in the order in which they first come."""
    size = 16
    while size < 2 * len(bits):
        size *= 2
    holder = np.full(size, -1, np.int64)  # first row with the bits that belong there
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
