"""Minimum cuts between two sets of nodes: size, the cuts nearest to either set, disjoint paths.

Each set is merged into one node first, so that links within a set cost nothing. The flow is
computed by scipy (Dinic 1970).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Bools, Ints
from pipeline.graph.arcs import Arcs

SOURCE, SINK = 0, 1


@dataclass(frozen=True)
class Flow:
    """A maximum flow from SOURCE to SINK in which every arc may be used once.

    `value` is both the size of a minimum cut and the number of link-disjoint paths. `used` marks
    the arcs with flow (never both arcs of one link); `residual` is the residual network.
    """

    value: int
    arcs: Arcs
    used: Bools
    residual: sparse.csr_array


def between(arcs: Arcs, source: Bools, sink: Bools) -> tuple[Arcs, Ints]:
    """Merge all source nodes into SOURCE and all sink nodes into SINK.

    Arcs that no path from SOURCE to SINK needs are left out: arcs within a set, from a node to
    itself, into SOURCE and out of SINK.

    Parameters
    ----------
    arcs : Arcs
        Arcs of a network.
    source, sink : ndarray of bool, one for each node
        The two sets of nodes.

    Returns
    -------
    arcs : Arcs
        The remaining arcs, with nodes numbered anew.
    kept : ndarray of int
        Rows of the given arcs that remain.

    Raises
    ------
    ValueError
        If a node is in both sets.
    """
    if (source & sink).any():
        raise ValueError("a node lies in both sets, expected none")
    free = ~(source | sink)
    number = np.where(sink, SINK, SOURCE)
    number[free] = np.arange(2, 2 + free.sum())
    tail, head = number[arcs.tail], number[arcs.head]
    kept = np.flatnonzero((tail != head) & (head != SOURCE) & (tail != SINK))
    n_nodes = 2 + int(free.sum())
    return Arcs(n_nodes, tail[kept], head[kept], arcs.link[kept], arcs.forward[kept]), kept


def solve(arcs: Arcs) -> Flow:
    """A maximum flow over arcs from `between`; each arc has capacity 1.

    scipy returns the net flow between two nodes, in which opposite flows on one link, or on
    parallel links, cancel each other; the net flow is assigned to the first arcs between these
    nodes.

    Parameters
    ----------
    arcs : Arcs
        As `between` returns them.

    Returns
    -------
    Flow
        The value, the arcs used and the residual network.
    """
    capacity = _matrix(arcs, np.ones(len(arcs.tail), dtype=np.int32))
    found = csgraph.maximum_flow(capacity, SOURCE, SINK)
    residual = capacity - found.flow
    residual.eliminate_zeros()
    return Flow(int(found.flow_value), arcs, _used(arcs, found.flow), residual)


def value(arcs: Arcs, capacity: Ints) -> int:
    """Size of a minimum cut of arcs from `between`, where arc k costs `capacity[k]`.

    Parameters
    ----------
    arcs : Arcs
        As `between` returns them.
    capacity : ndarray of int
        Cost of closing each arc.

    Returns
    -------
    int
        The least cost of arcs whose closing separates SOURCE from SINK.
    """
    matrix = _matrix(arcs, capacity.astype(np.int32))
    return int(csgraph.maximum_flow(matrix, SOURCE, SINK).flow_value)


def cut_nearest_source(flow: Flow) -> Ints:
    """Links of the minimum cut with the fewest nodes on the side of SOURCE, ascending.

    Parameters
    ----------
    flow : Flow
        A maximum flow.

    Returns
    -------
    ndarray of int
        Links of the cut.
    """
    reached = _reached(flow.residual, SOURCE)
    return _links(flow, reached[flow.arcs.tail] & ~reached[flow.arcs.head])


def cut_nearest_sink(flow: Flow) -> Ints:
    """Links of the minimum cut with the fewest nodes on the side of SINK, ascending.

    Parameters
    ----------
    flow : Flow
        A maximum flow.

    Returns
    -------
    ndarray of int
        Links of the cut.
    """
    reaching = _reached(flow.residual.T.tocsr(), SINK)
    return _links(flow, ~reaching[flow.arcs.tail] & reaching[flow.arcs.head])


def in_some_cut(flow: Flow) -> Ints:
    """Links that lie in some minimum cut, ascending.

    These are the used arcs that join two strongly connected components of the residual network
    (Picard & Queyranne 1980).

    Parameters
    ----------
    flow : Flow
        A maximum flow.

    Returns
    -------
    ndarray of int
        Links.
    """
    _, component = csgraph.connected_components(flow.residual, connection="strong")
    return _links(flow, flow.used & (component[flow.arcs.tail] != component[flow.arcs.head]))


def paths(flow: Flow) -> list[Ints]:
    """`value` paths from SOURCE to SINK that share no link, each as rows of `flow.arcs` in order.

    Circles of the flow are left out, so a path meets no node twice.

    Parameters
    ----------
    flow : Flow
        A maximum flow.

    Returns
    -------
    list of ndarray of int
        Rows of `flow.arcs`, in order, one array for each path.
    """
    arcs = flow.arcs
    rows = np.flatnonzero(flow.used)
    leaving: dict[int, list[int]] = {}
    for row in rows[::-1].tolist():
        leaving.setdefault(int(arcs.tail[row]), []).append(row)
    return [walk(leaving, arcs.head, SOURCE, lambda node: node == SINK) for _ in range(flow.value)]


def walk(
    leaving: dict[int, list[int]], head: Ints, start: int, ends: Callable[[int], bool]
) -> Ints:
    """Take arcs from `leaving`, in order, from `start` to a node that `ends` the way.

    A circle is removed as soon as it closes, so the way meets no node twice.

    Parameters
    ----------
    leaving : dict of int to list of int
        Remaining arcs by the node that they leave; changed in place.
    head : ndarray of int
        The node that each arc leads to.
    start : int
        The first node.
    ends : callable
        Whether a node ends the path.

    Returns
    -------
    ndarray of int
        The arcs of the way.
    """
    taken: list[int] = []
    at = [start]
    step = {start: 0}
    while not ends(at[-1]):
        row = leaving[at[-1]].pop()
        node = int(head[row])
        if node in step:
            for passed in at[step[node] + 1 :]:
                del step[passed]
            del at[step[node] + 1 :], taken[step[node] :]
        else:
            step[node] = len(at)
            at.append(node)
            taken.append(row)
    return np.array(taken, dtype=np.int64)


def _matrix(arcs: Arcs, capacity: npt.NDArray[np.int32]) -> sparse.csr_array:
    shape = (arcs.n_nodes, arcs.n_nodes)
    return sparse.csr_array((capacity, (arcs.tail, arcs.head)), shape=shape)


def _used(arcs: Arcs, net: sparse.csr_array) -> Bools:
    """Spread the net flow between two nodes over the first arcs between them."""
    found = net.tocoo()
    carries = found.data > 0
    pairs = found.row[carries].astype(np.int64) * arcs.n_nodes + found.col[carries]
    order = np.argsort(pairs)
    pairs, amount = pairs[order], found.data[carries][order]
    used = np.zeros(len(arcs.tail), dtype=bool)
    if not len(pairs):
        return used
    arc_pairs = arcs.tail * arcs.n_nodes + arcs.head
    place = np.minimum(np.searchsorted(pairs, arc_pairs), len(pairs) - 1)
    rows = np.flatnonzero(pairs[place] == arc_pairs)
    rows = rows[np.argsort(place[rows], kind="stable")]
    place = place[rows]
    rank = np.arange(len(rows)) - np.searchsorted(place, place)
    used[rows[rank < amount[place]]] = True
    return used


def _reached(residual: sparse.csr_array, start: int) -> Bools:
    reached = np.zeros(residual.shape[0], dtype=bool)
    reached[csgraph.breadth_first_order(residual, start, return_predecessors=False)] = True
    return reached


def _links(flow: Flow, chosen: Bools) -> Ints:
    return np.unique(flow.arcs.link[chosen])
