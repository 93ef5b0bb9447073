"""Travel times from places to crossings and on to places, each confined to its own side.

A *gate* is a node of a counted crossing on the line. Ways to a gate use the `from` side's links,
ways on from it the `to` side's, and neither passes a gate in between or enters a third country, so
that the fastest way by any set of open crossings is a minimum over sums of two numbers.
Searches are Dijkstra's, compiled: of whole matrices ours, of single ways scipy's.

A *shallow piece* is a connected part of one side that nowhere lies `through_km` deep: roads weave
over a generalised line. It belongs to both sides, and links the gates of one crossing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.dijkstra import fastest
from pipeline.graph.dijkstra import search as dijkstra_search
from pipeline.network import link_arcs, reach

OFFICIAL_WAIT_MINUTES = parameters.number("official_wait_minutes")

# Class of links that stand for the roads between the edge of the data and a city beyond it.
BEYOND = "beyond"


# The lines of rows of a network's links.
Shapes = Callable[[Ints], npt.NDArray[np.object_]]


@dataclass(frozen=True)
class Network:
    """One mode's open links as arcs, told apart by side, with the gates on the line.

    `tail`, `head`, `gate_node` are rows of `nodes`, `link` of `links`, `gate_crossing` of
    `crossings`, whose `wait_minutes` stand beside. `on_from`, `on_to`: the arc may be used on the
    way to, or on from, a gate; `shallow`: its link lies in a shallow piece. Arcs are sorted by
    tail: those that leave node i are `pointer[i]` to `pointer[i + 1]`. `shapes` gives the lines of
    rows of links; those of class BEYOND have none.
    """

    mode: str
    nodes: pd.DataFrame
    links: pd.DataFrame
    crossings: pd.DataFrame
    tail: Ints
    head: Ints
    link: Ints
    forward: Bools
    minutes: Floats
    km: Floats
    on_from: Bools
    on_to: Bools
    shallow: Bools
    pointer: Ints
    gate_node: Ints
    gate_crossing: Ints
    wait_minutes: Floats
    shapes: Shapes


@dataclass(frozen=True)
class Ways:
    """Minutes and km of the fastest ways from each row to each column; infinite where none is."""

    minutes: Floats
    km: Floats


@dataclass(frozen=True)
class Route:
    """Links passed, in order: rows of `links`, and whether from from_node to to_node."""

    minutes: float
    link: Ints
    forward: Bools


@dataclass(frozen=True)
class Graph:
    """Arcs ready for searching: the quickest of each pair of nodes, and which arc that is."""

    matrix: csr_array
    key: Ints
    arc: Ints


def usable(links: pd.DataFrame, mode: str) -> pd.DataFrame:
    """The links of a mode that ways may use: open, and not of class restricted.

    Parameters
    ----------
    links : DataFrame
        Table links.
    mode : str
        road or rail.

    Returns
    -------
    DataFrame
        Numbered from 0.
    """
    of_mode = (links["mode"] == mode) & (links["class"] != "restricted")
    return links[of_mode & (links["state"] == "open")].reset_index(drop=True)


def assemble(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    crossings: pd.DataFrame,
    crossing_links: pd.DataFrame,
    mode: str,
    border: BorderFile,
) -> Network:
    """The network of `mode` (road or rail) that bypasses are measured on.

    Open links only, without class restricted. Crossings are the counted ones of that mode that
    an open link meets, but for closed ones: a track that is open at the line and disused behind it
    leads nowhere. Grazes are passed like any other node.

    Parameters
    ----------
    nodes, links : DataFrame
        The network, with the places on it; links of other modes are left out.
    crossings, crossing_links : DataFrame
        Tables of the crossings stage.
    mode : str
        road, rail or combined.
    border : BorderFile
        The border file.

    Returns
    -------
    Network
        Arcs sorted by tail, head and link.
    """
    links = usable(links, mode)
    gates = crossing_links[crossing_links["link_id"].isin(links["link_id"])]
    counted = (crossings["mode"] == mode) & crossings["counted"]
    counted &= crossings["status"] != "closed"
    met = crossings["crossing_id"].isin(gates["crossing_id"])
    crossings = crossings[counted & met].reset_index(drop=True)
    gates = gates[gates["crossing_id"].isin(crossings["crossing_id"])]
    gates = gates[["crossing_id", "node_id"]].drop_duplicates()
    gates = gates.sort_values(["crossing_id", "node_id"])
    arcs = link_arcs.arcs(nodes, links, directed=True)
    # Sorted once, arcs are quickly sorted again each time that some are picked out.
    order = np.lexsort((arcs.link, arcs.head, arcs.tail))
    link = arcs.link[order]
    shallow = shallow_pieces(nodes, links, border)
    side = links["side"].to_numpy()
    lines = links["geometry"].to_numpy()
    official = (crossings["status"] == "official").to_numpy()
    return Network(
        mode=mode,
        nodes=nodes,
        links=links,
        crossings=crossings,
        tail=arcs.tail[order],
        head=arcs.head[order],
        link=link,
        forward=arcs.forward[order],
        minutes=links["minutes"].to_numpy()[link],
        km=links["length_m"].to_numpy()[link] / 1000,
        on_from=((side == border.from_) | shallow)[link],
        on_to=((side == border.to) | shallow)[link],
        shallow=shallow[link],
        pointer=np.searchsorted(arcs.tail[order], np.arange(len(nodes) + 1)).astype(np.int64),
        gate_node=_rows(nodes["node_id"], gates["node_id"]),
        gate_crossing=_rows(crossings["crossing_id"], gates["crossing_id"]),
        wait_minutes=np.where(official, OFFICIAL_WAIT_MINUTES, 0.0),
        shapes=lambda rows: np.asarray(lines[rows], dtype=object),
    )


def shallow_pieces(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile) -> Bools:
    """For each link, whether its piece (links joined off the line) is nowhere `through_km` deep.

    A piece with an open end is as deep as can be: the data end there, the way does not.

    Parameters
    ----------
    nodes, links : DataFrame
        The network.
    border : BorderFile
        The border file: from which depth on a piece is deep, side by side.

    Returns
    -------
    ndarray of bool
        One for each link.
    """
    on_line = (nodes["kind"] == "border").to_numpy()
    ends = np.concatenate([_rows(nodes["node_id"], links[end]) for end in ("from_node", "to_node")])
    row = np.tile(np.arange(len(links), dtype=np.int64), 2)
    joins = ~on_line[ends]
    size = len(links) + len(nodes)
    joint = coo_array(
        (np.ones(joins.sum()), (row[joins], len(links) + ends[joins])), shape=(size, size)
    )
    piece = connected_components(joint, directed=False)[1][: len(links)]
    depth_km = links[["depth_min_km", "depth_max_km"]].abs().max(axis=1, skipna=False)
    side = links["side"].to_numpy()
    deep = ~(depth_km.to_numpy() < reach.through_km(border, side))
    deep |= links["open_ended"].eq(True).to_numpy()
    deep_links = np.bincount(piece, weights=deep, minlength=size)
    return np.asarray(deep_links[piece] == 0)


def _rows(ids: pd.Series, wanted: pd.Series) -> Ints:
    return np.asarray(pd.Index(ids).get_indexer(pd.Index(wanted)), dtype=np.int64)


def to_gates(network: Network, places: Ints) -> Ways:
    """Ways from each place's node to each gate: rows places, columns gates.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    places : ndarray of int
        Rows of nodes.

    Returns
    -------
    Ways
        Rows places, columns gates.
    """
    keep = network.on_from & ~_is_gate(network)[network.tail]
    backward = graph_of(network, np.flatnonzero(keep), reverse=True)
    ways = search(network, backward, network.gate_node, places)
    return Ways(ways.minutes.T, ways.km.T)


def from_gates(network: Network, places: Ints) -> Ways:
    """Ways from each gate, its crossing's wait included, to each place: rows gates.

    The way may first pass to another gate of the same crossing over shallow pieces.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    places : ndarray of int
        Rows of nodes.

    Returns
    -------
    Ways
        Rows gates, columns places.
    """
    keep = network.on_to & ~_is_gate(network)[network.head]
    ways = search(network, graph_of(network, np.flatnonzero(keep)), network.gate_node, places)
    minutes, km = ways.minutes.copy(), ways.km.copy()
    for crossing in np.flatnonzero(np.bincount(network.gate_crossing) > 1).tolist():
        gates = np.flatnonzero(network.gate_crossing == crossing)
        nodes = network.gate_node[gates]
        passage = search(network, graph_of(network, _passage(network, crossing)), nodes, nodes)
        total = passage.minutes[:, :, None] + ways.minutes[gates]
        by = total.argmin(axis=1, keepdims=True)
        total_km = passage.km[:, :, None] + ways.km[gates]
        minutes[gates] = np.take_along_axis(total, by, axis=1)[:, 0]
        km[gates] = np.take_along_axis(total_km, by, axis=1)[:, 0]
    return Ways(minutes + network.wait_minutes[network.gate_crossing][:, None], km)


def by_crossing(network: Network, to: Ways, on: Ways, pairs: tuple[Ints, Ints]) -> Ways:
    """The fastest way of each pair (row of `to`, column of `on`) by each crossing.

    Rows are crossings, columns pairs. A crossing is passed through one gate, or through two of its
    gates that shallow pieces link. The fastest way by an open set is the minimum over its rows.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    to : Ways
        From places to gates.
    on : Ways
        From gates to places.
    pairs : tuple of ndarray of int
        Row of `to` and column of `on` of each pair.

    Returns
    -------
    Ways
        Rows crossings, columns pairs; infinite where there is none.
    """
    origin, destination = pairs
    minutes = np.full((len(network.crossings), len(origin)), np.inf)
    km = np.full_like(minutes, np.inf)
    for gate, crossing in enumerate(network.gate_crossing):
        via = to.minutes[origin, gate] + on.minutes[gate, destination]
        via_km = to.km[origin, gate] + on.km[gate, destination]
        quicker = via < minutes[crossing]
        minutes[crossing] = np.where(quicker, via, minutes[crossing])
        km[crossing] = np.where(quicker, via_km, km[crossing])
    return Ways(minutes, km)


def route(network: Network, crossing: int, origin: int, destination: int) -> Route | None:
    """The fastest way between two nodes by `crossing`, or none.

    Three searches, each from where the one before it came to: to the crossing's gates over the
    `from` side, on to its other gates over shallow pieces, and after the wait over the `to` side.

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
    gate = _is_gate(network)
    gates = network.gate_node[network.gate_crossing == crossing]
    passage = np.zeros(len(network.tail), dtype=bool)
    passage[_passage(network, crossing)] = True
    searches = (
        (network.on_from & ~gate[network.tail], np.array([origin]), gates),
        (passage, gates, gates),
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
    """The fastest way from one node to another over some arcs, or none.

    Parameters
    ----------
    network : Network
        The network.
    minutes : ndarray of float, one for each arc
        What each takes, at least 0.
    usable : ndarray of bool, one for each arc
        Which may be used.
    ends : tuple of int
        Rows of nodes: from where, and to where.
    least_left : ndarray of float, one for each node, optional
        Lower bounds of the minutes that are left from there, as of `graph.dijkstra.search`.

    Returns
    -------
    Route or None
        Link by link; None where there is no way.
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
    """The arcs that led a search from where it began to `end`, in order."""
    arcs = []
    while before[end] >= 0:
        arcs.append(int(before[end]))
        end = int(network.tail[arcs[-1]])
    return np.array(arcs[::-1], dtype=np.int64)


def at_crossing(network: Network, crossing: int) -> Bools:
    """Which arcs meet a gate of the crossing: those that closing it closes.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    crossing : int
        Row of the network's crossings.

    Returns
    -------
    ndarray of bool
        One for each arc.
    """
    gate = _marked(len(network.nodes), network.gate_node[network.gate_crossing == crossing])
    return gate[network.tail] | gate[network.head]


def trace(searched: Graph, before: npt.NDArray[np.int32], end: int) -> Ints:
    """The arcs that led a search from its source to `end`, in order.

    Parameters
    ----------
    searched : Graph
        The graph that was searched.
    before : ndarray of int
        The node before each, as scipy's searches give it.
    end : int
        Where the way ends.

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
    """The searchable graph of some arcs of the network, or of these turned round.

    `minutes` are those of all arcs of the network where they are not its own.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    arcs : ndarray of int
        Which arcs.
    minutes : ndarray of float, optional
        Minutes of all arcs.
    reverse : bool
        Whether to turn them round.

    Returns
    -------
    Graph
        Of parallel arcs only the quickest.
    """
    tail, head = network.tail[arcs], network.head[arcs]
    if reverse:
        tail, head = head, tail
    taken = (network.minutes if minutes is None else minutes)[arcs]
    return _graph(len(network.nodes), tail, head, taken, arcs)


def search(network: Network, searched: Graph, sources: Ints, targets: Ints) -> Ways:
    """The fastest ways from every source to every target node of a graph; of equals the shortest.

    Our own compiled search, since scipy's, the quickest at hand, keeps predecessors of all nodes
    for the km, and one core: `make bench` measures it against others (rows matrices).

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
    """CSR of the arcs; of parallel ones only the quickest, which `scipy` would add up."""
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


def _is_gate(network: Network) -> Bools:
    return _marked(len(network.nodes), network.gate_node)


def _passage(network: Network, crossing: int) -> Ints:
    """Arcs that lead from one gate of the crossing to another: shallow, past no foreign gate."""
    own = network.gate_crossing == crossing
    foreign = _marked(len(network.nodes), network.gate_node[~own])
    if own.sum() == 1:
        return np.empty(0, np.int64)
    keep = network.shallow & ~foreign[network.tail] & ~foreign[network.head]
    return np.flatnonzero(keep)


def _marked(n: int, rows: Iterable[int] | Ints) -> Bools:
    marks = np.zeros(n, dtype=bool)
    marks[np.asarray(rows, dtype=np.int64)] = True
    return marks
