"""Where counting posts see most of through demand: the links that its ways pass."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.core import parameters
from pipeline.core.types import Floats, Ints
from pipeline.travel import routing
from pipeline.travel.choice import Choice
from pipeline.travel.mode_network import Network

RATE = parameters.number("logit_rate_per_minute")
LEAST_SHARE = parameters.number("observed_least_share")
MOST_PAIRS = parameters.whole("observed_pairs")


@dataclass(frozen=True)
class Passing:
    """Ways of demand: `passes[w, l]` is 1 where way w passes row l of the network's links.

    `weight` is the share of demand that each carries; `left_out` that of pairs and ways that carry
    too little to be followed.
    """

    passes: csr_array
    weight: Floats
    left_out: float


def passing(network: Network, chosen: Choice) -> Passing:
    """The ways of through demand by all crossings that carry a part of a pair worth following.

    Parameters
    ----------
    network : Network
        Roads with places on them.
    chosen : Choice
        Minutes of through demand by every crossing.

    Returns
    -------
    Passing
    """
    pairs = np.sort(np.argsort(-chosen.weight, kind="stable")[:MOST_PAIRS])
    minutes = chosen.minutes[:, pairs]
    odds = np.exp(-RATE * (minutes - minutes.min(axis=0, initial=np.inf)))
    share = odds / odds.sum(axis=0)
    crossing, pair = np.nonzero(share >= LEAST_SHARE)
    weight = share[crossing, pair] * chosen.weight[pairs[pair]]
    row, column = [], []
    for side, places in (("to", chosen.origin[pairs]), ("on", chosen.destination[pairs])):
        legs = _legs(network, side, crossing, places[pair])
        for way, links in enumerate(legs):
            row.append(np.full(len(links), way))
            column.append(links)
    ones = (np.concatenate([*row, []]).astype(int), np.concatenate([*column, []]).astype(int))
    size = (len(weight), len(network.links))
    passes = csr_array((np.ones(len(ones[0])), ones), shape=size)
    passes.data[:] = 1.0
    return Passing(passes, weight, 1.0 - float(weight.sum()))


def _legs(network: Network, side: str, crossing: Ints, place: Ints) -> list[Ints]:
    """Links of each way between a place and the nearest gate of a crossing, on one side."""
    gates = np.zeros(len(network.nodes), dtype=bool)
    gates[network.gate_node] = True
    ours = (
        network.on_from & ~gates[network.tail]
        if side == "to"
        else (network.on_to & ~gates[network.head])
    )
    searched = routing.graph_of(network, np.flatnonzero(ours), reverse=side == "to")
    found: list[Ints] = [np.empty(0, np.int64)] * len(crossing)
    least = np.full(len(crossing), np.inf)
    for gate, of in zip(network.gate_node.tolist(), network.gate_crossing.tolist(), strict=True):
        ways = np.flatnonzero(crossing == of)
        if not len(ways):
            continue
        minutes, before = dijkstra(searched.matrix, indices=gate, return_predecessors=True)
        traced: dict[int, Ints] = {}
        for way in ways[minutes[place[ways]] < least[ways]].tolist():
            end = int(place[way])
            if end not in traced:
                traced[end] = network.link[routing.trace(searched, before, end)]
            found[way], least[way] = traced[end], minutes[end]
    return found
