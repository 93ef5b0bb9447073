"""Least-cost flows in which the first way over a link is free and each further way has a cost.

Module `placement` derives the places of posts from them. Searches are compiled: arc k has two
halves, 2k along it and 2k + 1 back; the room of a half, and its cost, follow from the flow.
"""

import numba
import numpy as np

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.adjacency import Whole
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.heap import popped, pushed
from pipeline.graph.placement_field import Adjacent

# Room of an arc that any number of ways can use.
ROOM = 2**30


def distances(arcs: Adjacent, flow: Ints, price: Floats, start: int) -> Floats:
    """Least reduced cost from one node to all others in the residual network of a flow.

    Parameters
    ----------
    arcs : Adjacent
        The arcs.
    flow : ndarray of int, shape (n_arcs,)
        Ways over each arc.
    price : ndarray of float, shape (n_nodes,)
        Node prices, in UNIT, with which no arc has a negative reduced cost.
    start : int
        The node at which the search begins.

    Returns
    -------
    ndarray of float, shape (n_nodes,)
        In UNIT; infinite at nodes that cannot be reached. Method: Dijkstra (1959).
    """
    return np.asarray(_distances(*_of(arcs), flow, price, start))


def unlimited(arcs: Adjacent, flow: Ints, price: Floats) -> bool:
    """Whether arcs that any number of ways can use lead to SINK at this price.

    Parameters
    ----------
    arcs, flow, price
        As for `distances`.

    Returns
    -------
    bool
        If true, the flow at this price is unlimited.
    """
    return bool(_levels(*_of(arcs), flow, price, ROOM)[SINK] >= 0)


def augmented(arcs: Adjacent, flow: Ints, price: Floats) -> tuple[int, Ints]:
    """Add all ways that cost no more than the price: a maximum flow (Dinic 1970).

    Parameters
    ----------
    arcs, flow, price
        As for `distances`.

    Returns
    -------
    int
        Number of added ways.
    ndarray of int, shape (n_arcs,)
        The flow with them.
    """
    after = flow.copy()
    return int(_augment(*_of(arcs), after, price)), after


def _of(arcs: Adjacent) -> tuple[Whole, Whole, Whole, Whole, Bools, Floats, float]:
    return arcs.pointer, arcs.half, arcs.tail, arcs.head, arcs.takes, arcs.cost, arcs.more


@numba.njit(cache=True)
def _cost(half: int, takes: Bools, cost: Floats, more: float, flow: Ints) -> float:
    """Cost of one more way along the half (negative if it frees cost); infinite without room."""
    arc = half >> 1
    if half & 1 == 0:
        return float(cost[arc] + (more if takes[arc] and flow[arc] >= 1 else 0.0))
    if flow[arc] == 0:
        return np.inf
    return float(-(cost[arc] + (more if takes[arc] and flow[arc] >= 2 else 0.0)))


@numba.njit(cache=True)
def _room(half: int, takes: Bools, flow: Ints) -> int:
    """Number of ways for which the half has room at that cost."""
    arc = half >> 1
    if half & 1 == 0:
        return 1 if takes[arc] and flow[arc] == 0 else ROOM
    return int(flow[arc] - 1 if takes[arc] and flow[arc] >= 2 else flow[arc])


@numba.njit(cache=True)
def _distances(
    pointer: Whole,
    halves_of: Whole,
    tail: Whole,
    head: Whole,
    takes: Bools,
    cost: Floats,
    more: float,
    flow: Ints,
    price: Floats,
    start: int,
) -> Floats:
    n = len(pointer) - 1
    spent = np.full(n, np.inf)
    key = np.empty(len(halves_of) + 1)
    node = np.empty(len(halves_of) + 1, np.int32)
    spent[start] = 0.0
    pushed(key, node, 0, 0.0, start)
    size = 1
    while size:
        near, at = popped(key, node, size)
        size -= 1
        if near > spent[at]:
            continue
        for place in range(pointer[at], pointer[at + 1]):
            half = halves_of[place]
            to = head[half >> 1] if half & 1 == 0 else tail[half >> 1]
            step = _cost(half, takes, cost, more, flow) + price[at] - price[to]
            far = near + max(step, 0.0)
            if far < spent[to]:
                spent[to] = far
                pushed(key, node, size, far, to)
                size += 1
    return spent


@numba.njit(cache=True)
def _levels(
    pointer: Whole,
    halves_of: Whole,
    tail: Whole,
    head: Whole,
    takes: Bools,
    cost: Floats,
    more: float,
    flow: Ints,
    price: Floats,
    least_room: int,
) -> Whole:
    """Fewest halves from SOURCE to each node, over those with this price and room; -1 if none."""
    level = np.full(len(pointer) - 1, -1, np.int32)
    queue = np.empty(len(pointer) - 1, np.int32)
    level[SOURCE], queue[0], first, last = 0, SOURCE, 0, 1
    while first < last and level[SINK] < 0:
        at = queue[first]
        first += 1
        for place in range(pointer[at], pointer[at + 1]):
            half = halves_of[place]
            to = head[half >> 1] if half & 1 == 0 else tail[half >> 1]
            if level[to] >= 0 or _room(half, takes, flow) < least_room:
                continue
            if _cost(half, takes, cost, more, flow) + price[at] - price[to] == 0.0:
                level[to] = level[at] + 1
                queue[last] = to
                last += 1
    return level


@numba.njit(cache=True)
def _augment(
    pointer: Whole,
    halves_of: Whole,
    tail: Whole,
    head: Whole,
    takes: Bools,
    cost: Floats,
    more: float,
    flow: Ints,
    price: Floats,
) -> int:
    """Increase `flow` to the maximum at this price; return by how much."""
    total = 0
    path = np.empty(len(pointer), np.int32)
    while True:
        level = _levels(pointer, halves_of, tail, head, takes, cost, more, flow, price, 1)
        if level[SINK] < 0:
            return total
        following = pointer[:-1].copy()
        depth, at = 0, SOURCE
        while True:
            if at == SINK:
                least = ROOM
                for place in range(depth):
                    least = min(least, _room(path[place], takes, flow))
                for place in range(depth):
                    flow[path[place] >> 1] += least if path[place] & 1 == 0 else -least
                total += least
                depth, at = 0, SOURCE
                continue
            if following[at] == pointer[at + 1]:
                if at == SOURCE:
                    break
                level[at] = -1  # no way continues from here
                depth -= 1
                half = path[depth]
                at = tail[half >> 1] if half & 1 == 0 else head[half >> 1]
                continue
            half = halves_of[following[at]]
            to = head[half >> 1] if half & 1 == 0 else tail[half >> 1]
            fits = level[to] == level[at] + 1 and _room(half, takes, flow) > 0
            if fits and _cost(half, takes, cost, more, flow) + price[at] - price[to] == 0.0:
                path[depth] = half
                depth += 1
                at = to
            else:
                following[at] += 1
