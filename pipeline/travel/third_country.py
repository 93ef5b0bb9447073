"""Travel times of demand by ways through third countries to the other side of the border.

These ways do not pass crossings of the border itself, so it does not matter whether those are open.
"""

import numpy as np

from pipeline.core.types import Floats
from pipeline.travel import free_arcs, routing
from pipeline.travel.choice import Choice
from pipeline.travel.free_arcs import Free
from pipeline.travel.mode_network import Network


def minutes(network: Network, terms: Free, chosen: Choice) -> Floats:
    """Minutes of each pair's fastest way through third countries; infinite if there is none.

    The way leads over the `from` side to a third country's line, through third countries, and then
    over the `to` side; waits at controls are included.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    terms : Free
        How arcs may be used, and the minutes with waits.
    chosen : Choice
        Demand and its ways.

    Returns
    -------
    ndarray of float, one for each pair
        Minutes.
    """
    gates = free_arcs.third_gates(network, terms.home)
    found = np.full(len(chosen.weight), np.inf)
    if not len(gates) or not len(found):
        return found
    origins, i = np.unique(chosen.origin, return_inverse=True)
    destinations, j = np.unique(chosen.destination, return_inverse=True)
    passed = np.zeros(len(network.nodes), dtype=bool)
    passed[network.gate_node] = True
    off_gates = ~passed[network.tail] & ~passed[network.head]
    sides = (network.on_from & off_gates, ~terms.home, network.on_to & off_gates)
    backward, through, onward = (
        free_arcs.free_graph(network, terms, arcs, reverse=reverse)
        for arcs, reverse in zip(sides, (True, False, False), strict=True)
    )
    to = routing.search(network, backward, gates, origins).minutes
    over = routing.search(network, through, gates, gates).minutes
    on = routing.search(network, onward, gates, destinations).minutes
    for into in range(len(gates)):
        # From this gate to every destination: through third countries, then over the `to` side.
        rest = (over[into][:, None] + on).min(axis=0)
        found = np.minimum(found, to[into][i] + rest[j])
    return found
