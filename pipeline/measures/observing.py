"""Where posts that only count see most of through demand: the links that its ways pass."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.core import parameters
from pipeline.core.types import Floats, Ints
from pipeline.graph import coverage
from pipeline.graph import placement_curve as best
from pipeline.measures.placement_table import NOTHING, POSTS, Row, Rows
from pipeline.travel import routing
from pipeline.travel.choice import Choice
from pipeline.travel.mode_network import Network

RATE = parameters.number("logit_rate_per_minute")
LEAST_SHARE = parameters.number("observed_least_share")
MOST_PAIRS = parameters.whole("observed_pairs")
MOST_BRANCHES = parameters.whole("most_branches")
MOST_ENTRIES = parameters.whole("most_entries")


@dataclass(frozen=True)
class Passing:
    """Ways of demand: `passes[w, l]` is 1 if way w passes row l of the network's links.

    `weight` is the share of demand on each way; `left_out` is the share of pairs and ways that have
    too little demand to be included.
    """

    passes: csr_array
    weight: Floats
    left_out: float


def passing(network: Network, chosen: Choice) -> Passing:
    """The ways of through demand by all crossings with more than a negligible share of a pair.

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


def observed_rows(
    network: Network,
    chosen: Choice,
    shapes: gpd.GeoSeries,
    links: pd.DataFrame,
    musd: float,
) -> Rows:
    """Rows of placement_curve and placements for posts that only count through demand.

    Parameters
    ----------
    network : Network
        Roads with places on them.
    chosen : Choice
        Minutes of through demand by every crossing.
    shapes : GeoSeries of LineString, EPSG:4326
        By link_id.
    links : DataFrame
        Table links, by link_id: names and references of roads.
    musd : float
        Price of a post in million US dollars.

    Returns
    -------
    dict of str to list of dict
        Rows of tables placement_curve and placements.
    """
    key: Row = {
        "mode": "road", "depth_km": 0.0, "model": "observing", "walking": False,
        "existing": "none", "chance": 1.0,
    }  # fmt: skip
    rows: Rows = {"placement_curve": [], "placements": []}
    if not len(chosen.weight):
        absent: Row = {"n_posts": 1, "exact": False, "why_absent": "no pair has a way"}
        rows["placement_curve"].append(key | NOTHING | absent)
        return rows
    ways = passing(network, chosen)
    for n_posts in POSTS:
        found = coverage.best(ways.passes, ways.weight, n_posts, MOST_ENTRIES, MOST_BRANCHES)
        bound = min(found.bound + ways.left_out, 1.0)
        rows["placement_curve"].append(
            key
            | NOTHING
            | {"n_posts": n_posts, "value": found.value, "value_bound": bound}
            | {"exact": bound - found.value <= best.SAME, "cost_musd": musd * n_posts}
            | {"cost_per_point_musd": musd * n_posts / (100 * found.value)}
        )
        for link_id in sorted(set(network.links["link_id"].iloc[found.places])):
            name = links["name"].get(link_id) or links["ref"].get(link_id)
            middle = shapely.line_interpolate_point(shapes.loc[link_id], 0.5, normalized=True)
            rows["placements"].append(
                key
                | {"n_posts": n_posts, "link_id": link_id, "name": name, "share": 1.0}
                | {"value": found.value, "geometry": middle}
            )
    return rows
