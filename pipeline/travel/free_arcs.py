"""How arcs may be used by ways not kept to one crossing: by side, with waits, to the data edge."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import geo, parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints
from pipeline.travel import mode_network, routing
from pipeline.travel.mode_network import Network
from pipeline.travel.routing import Graph

EDGE_SHARE = parameters.number("edge_share_of_reach")
THIRD_CONTROL_KM = parameters.number("third_country_control_km")
CONTROLS = parameters.texts("control_kinds")


@dataclass(frozen=True)
class Free:
    """How arcs may be used by ways that need not keep to one crossing.

    `home` arcs lie in neither's third country. `minutes` hold the waits: on arcs of the `to` side
    at the gates, off the shallow pieces, and on a third country's at its line, so that each
    crossing's is met once. `at_edge` and `node_at_edge` say which links and nodes lie as deep
    as the data reach, `stub` which nodes lie on a piece of their side that does not get so deep:
    roads do not end in nothing, so the data do.
    """

    home: Bools
    minutes: Floats
    at_edge: Bools
    node_at_edge: Bools
    stub: Bools


def free(network: Network, border: BorderFile, posts: pd.DataFrame) -> Free:
    """Which arcs lie in no third country, and the minutes of all arcs.

    `posts` say where a control stands on the line of a third country.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    border : BorderFile
        The border file.
    posts : GeoDataFrame
        Posts with `kind`; controls on a third country's line take a wait.

    Returns
    -------
    Free
        Masks and minutes, one for each arc, link or node.
    """
    home = network.links["side"].isin((border.from_, border.to, "border")).to_numpy()
    beyond = (network.links["side"] == border.to).to_numpy()[network.link] & ~network.shallow
    wait = np.zeros(len(network.nodes))
    wait[network.gate_node] = network.wait_minutes[network.gate_crossing]
    wait = wait[network.tail] + wait[network.head]
    third = _third_wait(network, home[network.link], posts)
    minutes = network.minutes + np.where(beyond, wait, 0.0) + third
    return Free(home[network.link], minutes, *_edges(network, border))


def third_gates(network: Network, home: Bools) -> Ints:
    """Nodes where ways enter a third country, or leave it; `home` says which arcs lie in none.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    home : ndarray of bool, one for each arc
        Arcs that lie in no third country.

    Returns
    -------
    ndarray of int
        Rows of nodes.
    """
    met = np.zeros((2, len(network.nodes)), dtype=bool)
    for where, arcs in zip(met, (home, ~home), strict=True):
        where[network.tail[arcs]] = where[network.head[arcs]] = True
    return np.flatnonzero(met.all(axis=0))


def _third_wait(network: Network, home: Bools, posts: pd.DataFrame) -> Floats:
    """Minutes on every arc of a third country at its line, where a control stands there."""
    gates = third_gates(network, home)
    controls = posts[posts["kind"].isin(CONTROLS)]
    wait = np.zeros(len(network.nodes))
    if len(gates) and len(controls):
        gate, control = (rows.ravel() for rows in np.indices((len(gates), len(controls))))
        at, stands = (
            shapely.get_coordinates(points.to_numpy())
            for points in (network.nodes.geometry.iloc[gates], controls.geometry)
        )
        km = geo.distance_m(*at[gate].T, *stands[control].T).reshape(len(gates), -1) / 1000
        official = km.min(axis=1) <= THIRD_CONTROL_KM
        wait[gates[official]] = mode_network.OFFICIAL_WAIT_MINUTES
    return np.where(home, 0.0, wait[network.tail] + wait[network.head])


def _edges(network: Network, border: BorderFile) -> tuple[Bools, Bools, Bools]:
    """Links and nodes as deep as the data reach, and nodes on pieces that are nowhere so deep."""
    links = network.links
    depth_km = links[["depth_min_km", "depth_max_km"]].abs().max(axis=1).to_numpy()
    node_km = network.nodes["depth_km"].abs().fillna(-1.0).to_numpy()
    open_end = network.nodes["open_ended"].eq(True).to_numpy()
    at_edge, open_ended = (np.zeros(len(links), dtype=bool) for _ in range(2))
    open_ended[network.link[open_end[network.tail] | open_end[network.head]]] = True
    node_at_edge, stub = (np.zeros(len(network.nodes), dtype=bool) for _ in range(2))
    off_line = (network.nodes["kind"] != "border").to_numpy()
    for side in (border.from_, border.to):
        ours = (links["side"] == side).to_numpy()
        if not ours.any():
            continue
        reach_km = border.reach_km.get(side, np.inf)
        least_km = EDGE_SHARE * min(np.nanmax(depth_km[ours]), border.corridor_km, reach_km)
        beyond = (links["class"] == mode_network.BEYOND).to_numpy()
        at_edge |= ours & ((depth_km >= least_km) | beyond | open_ended)
        stub |= _met_by(network, ours, off_line) & ~_joined(network, at_edge & ours, ours, off_line)
    # The deeper end: a link may be deepest between its ends.
    arcs = at_edge[network.link] & (node_km[network.head] >= node_km[network.tail])
    node_at_edge[
        np.concatenate([network.head[arcs], network.tail[at_edge[network.link] & ~arcs]])
    ] = True
    # Data end at an open end, however near to the line it lies.
    node_at_edge |= open_end
    return at_edge, node_at_edge, stub


def _met_by(network: Network, ours: Bools, off_line: Bools) -> Bools:
    """Nodes off the line that these links meet."""
    arcs = ours[network.link]
    met = np.zeros(len(network.nodes), dtype=bool)
    met[network.tail[arcs]] = met[network.head[arcs]] = True
    return met & off_line


def _joined(network: Network, some: Bools, ours: Bools, off_line: Bools) -> Bools:
    """Nodes that links of a side join, not over the line, to a node of `some` of them."""
    n = len(network.nodes)
    arcs = np.flatnonzero(ours[network.link] & off_line[network.tail] & off_line[network.head])
    joint = coo_array((np.ones(len(arcs)), (network.tail[arcs], network.head[arcs])), shape=(n, n))
    piece = connected_components(joint, directed=False)[1]
    return np.isin(piece, np.unique(piece[_met_by(network, some, off_line)]))


def free_graph(network: Network, terms: Free, arcs: Bools, *, reverse: bool = False) -> Graph:
    """The searchable graph of these arcs.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    terms : Free
        Minutes with waits.
    arcs : ndarray of bool, one for each arc
        Which to use.
    reverse : bool
        Whether to turn them round.

    Returns
    -------
    Graph
        Ready for searching.
    """
    return routing.graph_of(network, np.flatnonzero(arcs), terms.minutes, reverse=reverse)
