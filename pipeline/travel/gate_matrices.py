"""Travel times from places to crossings and from there to places, each within its own side.

Ways to a gate (a node of a crossing on the line) use links of the `from` side; ways from a gate use
links of the `to` side. Neither passes another gate or enters a third country. So the fastest way by
any set of open crossings is a minimum over sums of two numbers.
"""

import numpy as np

from pipeline.core.types import Ints
from pipeline.travel.mode_network import Network, is_gate, passage
from pipeline.travel.routing import Ways, graph_of, search


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
    keep = network.on_from & ~is_gate(network)[network.tail]
    backward = graph_of(network, np.flatnonzero(keep), reverse=True)
    ways = search(network, backward, network.gate_node, places)
    return Ways(ways.minutes.T, ways.km.T)


def from_gates(network: Network, places: Ints) -> Ways:
    """Ways from each gate to each place, with the wait at its crossing: rows gates, columns places.

    The way may first lead to another gate of the same crossing over shallow pieces.

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
    keep = network.on_to & ~is_gate(network)[network.head]
    ways = search(network, graph_of(network, np.flatnonzero(keep)), network.gate_node, places)
    minutes, km = ways.minutes.copy(), ways.km.copy()
    for crossing in np.flatnonzero(np.bincount(network.gate_crossing) > 1).tolist():
        gates = np.flatnonzero(network.gate_crossing == crossing)
        nodes = network.gate_node[gates]
        between = search(network, graph_of(network, passage(network, crossing)), nodes, nodes)
        total = between.minutes[:, :, None] + ways.minutes[gates]
        by = total.argmin(axis=1, keepdims=True)
        total_km = between.km[:, :, None] + ways.km[gates]
        minutes[gates] = np.take_along_axis(total, by, axis=1)[:, 0]
        km[gates] = np.take_along_axis(total_km, by, axis=1)[:, 0]
    return Ways(minutes + network.wait_minutes[network.gate_crossing][:, None], km)


def by_crossing(network: Network, to: Ways, on: Ways, pairs: tuple[Ints, Ints]) -> Ways:
    """The fastest way of each pair (row of `to`, column of `on`) by each crossing.

    A crossing is passed through one gate, or through two of its gates that shallow pieces connect.
    The fastest way by an open set is the minimum over its rows.

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
