"""Link-disjoint routes with the least total time: a minimum-cost flow, one route after the other.

Method: successive shortest paths with node prices (Edmonds & Karp 1972). If the fastest route were
simply removed before the next search, it could block two other routes; here an earlier route is
changed if that makes all routes together faster.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.flow import walk


@dataclass(frozen=True)
class Streets:
    """Arcs between nodes 0, 1, ...; both arcs of a two-way link have its number."""

    n_nodes: int
    tail: Ints
    head: Ints
    link: Ints
    minutes: Floats


@dataclass(frozen=True)
class Ends:
    """Nodes at which routes may begin (or end), and the minutes before (or after) them."""

    node: Ints
    minutes: Floats


@dataclass(frozen=True)
class Routes:
    """`total[k]`: least minutes of k + 1 disjoint routes together; `arcs`: those of the largest k.

    The routes are sorted, the fastest first; each is rows of the arcs in order, with its own
    `minutes`.
    """

    total: Floats
    arcs: list[Ints]
    minutes: Floats


def disjoint(
    streets: Streets, start: Ends, end: Ends, *, most: int | None = None, ratio: float = np.inf
) -> Routes:
    """Routes from `start` to `end` that share no link, as many as possible.

    It stops at `most` routes, or before their mean time exceeds `ratio` times the fastest. Minutes
    must not be negative.

    Parameters
    ----------
    streets : Streets
        The arcs, their links and minutes.
    start, end : Ends
        Nodes where routes may begin and end, with the minutes spent there.
    most : int, optional
        Greatest number of routes.
    ratio : float
        Greatest mean of their minutes, as a multiple of the fastest.

    Returns
    -------
    Routes
        Arcs and minutes of each route, and the total minutes of 1, 2, ... routes.
    """
    used = np.zeros(len(streets.tail), dtype=bool)
    price = np.zeros(streets.n_nodes + 2)
    begun = np.zeros(streets.n_nodes, dtype=np.int64)
    ended = np.zeros(streets.n_nodes, dtype=np.int64)
    total: list[float] = []
    while most is None or len(total) < most:
        step = _cheapest(streets, start, end, used, price)
        if step is None:
            break
        arcs, first, last, price = step
        marginal = float(price[-1] - price[-2])
        together = marginal + (total[-1] if total else 0.0)
        if total and together > ratio * total[0] * (len(total) + 1):
            break
        total.append(together)
        used[arcs] = ~used[arcs]
        begun[first] += 1
        ended[last] += 1
    routes = _routes(streets, used, begun, ended)
    minutes = np.array(
        [_minutes(streets, start, end, first, arcs) for first, arcs in routes], dtype=np.float64
    )
    order = np.argsort(minutes, kind="stable")
    return Routes(np.array(total), [routes[row][1] for row in order.tolist()], minutes[order])


def _cheapest(
    streets: Streets, start: Ends, end: Ends, used: Bools, price: Floats
) -> tuple[Ints, int, int, Floats] | None:
    """Arcs to change for one more route, its begin and end, and the new prices.

    A used arc may be given back; the other arc of its link is closed, so that each link is used
    once.
    """
    n = streets.n_nodes
    source, sink = n, n + 1
    taken = np.zeros(int(streets.link.max(initial=-1)) + 1, dtype=bool)
    taken[streets.link[used]] = True
    open_arcs = np.flatnonzero(used | ~taken[streets.link])
    back = used[open_arcs]
    tail = np.where(back, streets.head[open_arcs], streets.tail[open_arcs])
    head = np.where(back, streets.tail[open_arcs], streets.head[open_arcs])
    minutes = np.where(back, -streets.minutes[open_arcs], streets.minutes[open_arcs])
    nowhere = np.full(len(start.node) + len(end.node), -1)
    tail = np.concatenate([tail, np.full(len(start.node), source), end.node])
    head = np.concatenate([head, start.node, np.full(len(end.node), sink)])
    minutes = np.concatenate([minutes, start.minutes, end.minutes])
    arc = np.concatenate([open_arcs, nowhere])
    reduced = np.maximum(minutes + price[tail] - price[head], 0.0)
    # Only the fastest arc for each pair of nodes, since a sparse matrix adds parallel arcs.
    pair = tail * (n + 2) + head
    order = np.lexsort((arc, reduced, pair))
    kept = order[np.flatnonzero(np.diff(pair[order], prepend=-1))]
    index = np.searchsorted(tail[kept], np.arange(n + 3))
    graph = csr_array((reduced[kept], head[kept], index), shape=(n + 2, n + 2))
    (away,), (before,) = dijkstra(graph, indices=[source], return_predecessors=True)
    if not np.isfinite(away[sink]):
        return None
    nodes = [sink]
    while nodes[-1] != source:
        nodes.append(int(before[nodes[-1]]))
    nodes.reverse()
    steps = np.array(nodes, dtype=np.int64)
    passed = arc[kept[np.searchsorted(pair[kept], steps[:-1] * (n + 2) + steps[1:])]]
    raised = price + np.minimum(away, away[sink])
    return passed[passed >= 0], nodes[1], nodes[-2], raised


def _routes(streets: Streets, used: Bools, begun: Ints, ended: Ints) -> list[tuple[int, Ints]]:
    """The used arcs as routes, each with its first node; circles are left out."""
    leaving: dict[int, list[int]] = {}
    for arc in np.flatnonzero(used)[::-1].tolist():
        leaving.setdefault(int(streets.tail[arc]), []).append(arc)
    left = ended.copy()
    routes = []
    for first in np.repeat(np.arange(len(begun)), begun).tolist():
        taken = walk(leaving, streets.head, first, lambda node: bool(left[node]))
        left[int(streets.head[taken[-1]]) if len(taken) else first] -= 1
        routes.append((first, taken))
    return routes


def _minutes(streets: Streets, start: Ends, end: Ends, first: int, arcs: Ints) -> float:
    last = int(streets.head[arcs[-1]]) if len(arcs) else first
    before = start.minutes[start.node == first].min()
    after = end.minutes[end.node == last].min()
    return float(before + streets.minutes[arcs].sum() + after)
