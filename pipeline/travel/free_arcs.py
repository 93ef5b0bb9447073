"""How arcs may be used by ways over any number of crossings: sides, waits, edge of the data."""

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
    """How arcs may be used by ways that may pass any number of crossings.

    `home` arcs do not lie in a third country. `minutes` include waits: on arcs of the `to` side at
    the gates, except on shallow pieces, and on arcs of a third country at its line, so that each
    crossing's wait is counted once. `at_edge` and `node_at_edge` mark links and nodes as deep as
    the data reach. `stub` marks nodes on a piece of their side that does not reach this depth: a
    road does not end without reason, so the data end there.
    """

    home: Bools
    minutes: Floats
    at_edge: Bools
    node_at_edge: Bools
    stub: Bools


def free(network: Network, border: BorderFile, posts: pd.DataFrame) -> Free:
    """Which arcs do not lie in a third country, and the minutes of all arcs.

    `posts` show where a control is on the line of a third country.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    border : BorderFile
        The border file.
    posts : GeoDataFrame
        Posts with `kind`; a control on a third country's line adds a wait.

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
    """Nodes where ways enter or leave a third country.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    home : ndarray of bool, one for each arc
        Arcs that do not lie in a third country.

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
    """Minutes to add to every arc of a third country at its line, if a control is there."""
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
    """Links and nodes as deep as the data reach, and nodes on pieces that reach less deep."""
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
    # The depth of the deeper end, although a link may be deepest between its ends.
    arcs = at_edge[network.link] & (node_km[network.head] >= node_km[network.tail])
    node_at_edge[
        np.concatenate([network.head[arcs], network.tail[at_edge[network.link] & ~arcs]])
    ] = True
    # The data end at an open end, even if it lies near to the line.
    node_at_edge |= open_end
    return at_edge, node_at_edge, stub


def _met_by(network: Network, ours: Bools, off_line: Bools) -> Bools:
    """Nodes at the ends of these links that are not on the line."""
    arcs = ours[network.link]
    met = np.zeros(len(network.nodes), dtype=bool)
    met[network.tail[arcs]] = met[network.head[arcs]] = True
    return met & off_line


def _joined(network: Network, some: Bools, ours: Bools, off_line: Bools) -> Bools:
    """Nodes that links of a side connect to a node of `some` of them without crossing the line."""
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
        Arcs to use.
    reverse : bool
        Whether to reverse them.

    Returns
    -------
    Graph
        Ready for searching.
    """
    return routing.graph_of(network, np.flatnonzero(arcs), terms.minutes, reverse=reverse)
