"""Fastest ways over the network of a mode: single ways with their links, and sets of them.

Searches are Dijkstra's, in compiled code: our own for whole matrices, scipy's for single ways.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.dijkstra import fastest
from pipeline.graph.dijkstra import search as dijkstra_search
from pipeline.travel.mode_network import Network, is_gate, passage


@dataclass(frozen=True)
class Ways:
    """Minutes and km of the fastest ways from each row to each column; infinite without a way."""

    minutes: Floats
    km: Floats


@dataclass(frozen=True)
class Route:
    """The links of a way in order: rows of `links`, and whether passed from `from_node`."""

    minutes: float
    link: Ints
    forward: Bools


@dataclass(frozen=True)
class Graph:
    """Arcs prepared for searches: the fastest for each pair of nodes, and its number."""

    matrix: csr_array
    key: Ints
    arc: Ints


def route(network: Network, crossing: int, origin: int, destination: int) -> Route | None:
    """The fastest way between two nodes by `crossing`, or None.

    There are three searches, each starting where the previous one ended: to the crossing's gates
    over the `from` side, to its other gates over shallow pieces, and, after the wait, over the `to`
    side.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    crossing : int
        Row of the network's crossings.
    origin, destination : int
        Rows of nodes.

    Returns
    -------
    Route or None
        Link by link.
    """
    gate = is_gate(network)
    gates = network.gate_node[network.gate_crossing == crossing]
    between = np.zeros(len(network.tail), dtype=bool)
    between[passage(network, crossing)] = True
    searches = (
        (network.on_from & ~gate[network.tail], np.array([origin]), gates),
        (between, gates, gates),
        (network.on_to & ~gate[network.head], gates, np.array([destination])),
    )
    minutes, met = np.zeros(1), []
    for number, (usable, start, target) in enumerate(searches):
        minutes = minutes + (network.wait_minutes[crossing] if number == 2 else 0.0)
        nothing_known = np.zeros(len(network.nodes))
        minutes, before = dijkstra_search(
            network.pointer, network.head, network.minutes, usable, nothing_known,
            start, minutes, target,
        )  # fmt: skip
        met.append(before)
    if not np.isfinite(minutes[0]):
        return None
    parts = []
    end = destination
    for before in reversed(met):
        parts.append(_arcs_to(network, before, end))
        end = int(network.tail[parts[-1][0]]) if len(parts[-1]) else end
    arcs = np.concatenate(parts[::-1])
    return Route(float(minutes[0]), network.link[arcs], network.forward[arcs])


def fastest_route(
    network: Network,
    minutes: Floats,
    usable: Bools,
    ends: tuple[int, int],
    least_left: Floats | None = None,
) -> Route | None:
    """The fastest way from one node to another over some arcs, or None.

    Parameters
    ----------
    network : Network
        The network.
    minutes : ndarray of float, one for each arc
        Minutes of each arc, at least 0.
    usable : ndarray of bool, one for each arc
        Arcs that may be used.
    ends : tuple of int
        Rows of nodes: from where, and to where.
    least_left : ndarray of float, one for each node, optional
        Lower bounds of the minutes left from each node, as for `graph.dijkstra.search`.

    Returns
    -------
    Route or None
        Link by link; None if there is no way.
    """
    start, end = ends
    found, before = dijkstra_search(
        network.pointer, network.head, minutes, usable,
        np.zeros(len(network.nodes)) if least_left is None else least_left,
        np.array([start]), np.zeros(1), np.array([end]),
    )  # fmt: skip
    if not np.isfinite(found[0]):
        return None
    arcs = _arcs_to(network, before, end)
    return Route(float(found[0]), network.link[arcs], network.forward[arcs])


def _arcs_to(network: Network, before: Ints, end: int) -> Ints:
    """The arcs by which a search reached `end` from its start, in order."""
    arcs = []
    while before[end] >= 0:
        arcs.append(int(before[end]))
        end = int(network.tail[arcs[-1]])
    return np.array(arcs[::-1], dtype=np.int64)


def trace(searched: Graph, before: npt.NDArray[np.int32], end: int) -> Ints:
    """The arcs by which a search reached `end` from its source, in order.

    Parameters
    ----------
    searched : Graph
        The graph that was searched.
    before : ndarray of int
        The node before each node, as scipy's searches return it.
    end : int
        The last node of the way.

    Returns
    -------
    ndarray of int
        Arcs of the network.
    """
    n = searched.matrix.shape[0]
    keys = []
    while before[end] >= 0:
        previous = int(before[end])
        keys.append(previous * n + end)
        end = previous
    arcs = searched.arc[np.searchsorted(searched.key, np.array(keys[::-1], dtype=np.int64))]
    return np.asarray(arcs[arcs >= 0], dtype=np.int64)


def graph_of(
    network: Network, arcs: Ints, minutes: Floats | None = None, *, reverse: bool = False
) -> Graph:
    """The graph of some arcs of the network, or of their reverses, prepared for searches.

    `minutes` are given for all arcs of the network if they differ from its own.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    arcs : ndarray of int
        Rows of arcs to use.
    minutes : ndarray of float, optional
        Minutes of all arcs.
    reverse : bool
        Whether to turn them round.

    Returns
    -------
    Graph
        With only the fastest of parallel arcs.
    """
    tail, head = network.tail[arcs], network.head[arcs]
    if reverse:
        tail, head = head, tail
    taken = (network.minutes if minutes is None else minutes)[arcs]
    return _graph(len(network.nodes), tail, head, taken, arcs)


def search(network: Network, searched: Graph, sources: Ints, targets: Ints) -> Ways:
    """The fastest ways from every source to every target node; of equally fast ways the shortest.

    This is our own compiled search. scipy's, the fastest available, needs predecessors of all nodes
    to compute km, and uses one core; `make bench` compares them (rows matrices).

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    searched : Graph
        The graph of some of its arcs.
    sources, targets : ndarray of int
        Nodes to search from, and to.

    Returns
    -------
    Ways
        Rows sources, columns targets.
    """
    matrix = searched.matrix
    minutes, km = fastest(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data,
        network.km[searched.arc],
        sources,
        targets,
        numba.get_num_threads(),
    )
    return Ways(minutes, km)


def _graph(n: int, tail: Ints, head: Ints, minutes: Floats, arc: Ints) -> Graph:
    """CSR matrix of the arcs; only the fastest of parallel arcs, since `scipy` would add them."""
    key = tail * n + head
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    several = np.repeat(np.diff(first, append=len(key)) > 1, np.diff(first, append=len(key)))
    parallel = order[several]
    order[several] = parallel[np.lexsort((arc[parallel], minutes[parallel], key[several]))]
    kept = order[first]
    start = np.searchsorted(tail[kept], np.arange(n + 1))
    matrix = csr_array((minutes[kept], head[kept], start), shape=(n, n))
    return Graph(matrix, key[first], arc[kept])
