"""Where travel to or from a city begins on the network: around it, or where the data end."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import dijkstra

from pipeline import geo
from pipeline.borderfile import BorderFile
from pipeline.cuts.disjoint import Ends
from pipeline.movement import routing
from pipeline.movement.routing import Bools, Floats, Ints, Network
from pipeline.movement.way import RIM_SHARE

# A city is in the data where the network comes this near to its centre: a city's own radius.
CITY_KM = 10.0
# Routes begin and end anywhere within so many minutes of it: a count of routes must not measure how
# many roads leave one junction.
AROUND_MINUTES = 30.0
# Beyond the data, roads are this much longer than the geodesic: Ballou, Rahardja & Sakai (2002)
# find 1.2 in the United States and 1.46 in Mexico. The speed is that of a trunk road.
CIRCUITY = 1.3
BEYOND_KMH = 80.0


@dataclass(frozen=True)
class City:
    """Nodes where ways to or from a city meet the network, and how: `within` or `rim`."""

    ends: Ends
    entry: str


def city(
    network: Network,
    border: BorderFile,
    minutes: Floats,
    place: tuple[float, float],
    side: str,
    *,
    reverse: bool,
) -> City | None:
    """Where a city's ways begin (`reverse`: end) on one side of the border, none if nowhere.

    A city within CITY_KM of the side's network: all nodes within AROUND_MINUTES of the nodes there,
    each with its minutes (those of all arcs are `minutes`). Else the nodes that lie as deep as the
    data reach, and those on the line of a third country that is not in the data, each with the
    minutes that the geodesic takes.
    """
    ours = (network.links["side"] == side).to_numpy()
    if not ours.any():
        return None
    arcs = np.flatnonzero(ours[network.link])
    on_side = np.unique(np.concatenate([network.tail[arcs], network.head[arcs]]))
    on_side = on_side[(network.nodes["side"] == side).to_numpy()[on_side]]
    km = _km(network, on_side, place)
    near = on_side[km <= CITY_KM]
    if len(near):
        searched = routing.graph_of(network, arcs, minutes, reverse=reverse)
        away = dijkstra(searched.matrix, indices=near, min_only=True, limit=AROUND_MINUTES)
        around = on_side[np.isfinite(away[on_side])]
        return City(Ends(around, away[around]), "within")
    nodes = _rim(network, border, side, arcs)
    if not len(nodes):
        return None
    beyond = _km(network, nodes, place) * CIRCUITY / BEYOND_KMH * 60
    return City(Ends(nodes, beyond), "rim")


def _km(network: Network, nodes: Ints, place: tuple[float, float]) -> Floats:
    points = network.nodes.geometry.iloc[nodes]
    lon, lat = (np.full(len(nodes), degrees) for degrees in place)
    return np.asarray(geo.distance_m(points.x.to_numpy(), points.y.to_numpy(), lon, lat) / 1000)


def _rim(network: Network, border: BorderFile, side: str, arcs: Ints) -> Ints:
    """Nodes of a side at the end of the data: as deep as they reach, or where a third begins."""
    links = network.links[network.links["side"] == side]
    deepest_km = links[["depth_min_km", "depth_max_km"]].abs().max(axis=None)
    rim_km = min(deepest_km, border.corridor_km, border.reach_km.get(side, np.inf))
    met = np.zeros(len(network.nodes), dtype=bool)
    met[network.tail[arcs]] = met[network.head[arcs]] = True
    deep = (network.nodes["depth_km"].abs() >= RIM_SHARE * rim_km).to_numpy()
    own = (network.nodes["side"] == side).to_numpy()
    return np.flatnonzero(met & (deep & own | _ends_at_third(network, side)))


def _ends_at_third(network: Network, side: str) -> Bools:
    """Nodes on a third country's line beyond which the data hold no road of it."""
    foreign = ~network.links["side"].isin([side, "border"]).to_numpy()
    goes_on = np.zeros(len(network.nodes), dtype=bool)
    on = network.link[foreign[network.link]]
    rows = np.isin(network.link, on)
    goes_on[network.tail[rows]] = goes_on[network.head[rows]] = True
    return np.asarray((network.nodes["kind"] == "third_border").to_numpy() & ~goes_on)
