"""The way round that is drawn: its line, and what a reader should know about it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from pipeline.core import geo, parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints
from pipeline.travel import mode_network, routing
from pipeline.travel.mode_network import Network
from pipeline.travel.routing import Graph, Route

EDGE_SHARE = parameters.number("edge_share_of_reach")
TRACK_CLASSES = ("track", "path", "footway", "bridleway")
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
    """Which arcs may be used where third countries are shut, and the minutes of all arcs.

    `posts` tell where a control stands on the line of a third country.

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
    at_edge = np.zeros(len(links), dtype=bool)
    node_at_edge, stub = (np.zeros(len(network.nodes), dtype=bool) for _ in range(2))
    off_line = (network.nodes["kind"] != "border").to_numpy()
    for side in (border.from_, border.to):
        ours = (links["side"] == side).to_numpy()
        if not ours.any():
            continue
        reach_km = border.reach_km.get(side, np.inf)
        least_km = EDGE_SHARE * min(np.nanmax(depth_km[ours]), border.corridor_km, reach_km)
        at_edge |= ours & (
            (depth_km >= least_km) | (links["class"] == mode_network.BEYOND).to_numpy()
        )
        stub |= _met_by(network, ours, off_line) & ~_joined(network, at_edge & ours, ours, off_line)
    # The deeper end: a link may be deepest between its ends.
    arcs = at_edge[network.link] & (node_km[network.head] >= node_km[network.tail])
    node_at_edge[
        np.concatenate([network.head[arcs], network.tail[at_edge[network.link] & ~arcs]])
    ] = True
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


def described(
    network: Network,
    terms: Free,
    drawn: Route | None,
    ends: tuple[int, int] | None,
    closed: Bools,
) -> dict[str, object]:
    """Columns of bypasses that tell of the way drawn.

    `ends` are the rows of nodes that it joins, if there are such, `closed` the arcs it avoids.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    terms : Free
        How arcs may be used.
    drawn : Route or None
        The way drawn.
    ends : tuple of int or None
        Rows of the nodes that it joins.
    closed : ndarray of bool, one for each arc
        Arcs that it avoids.

    Returns
    -------
    dict of str to object
        By column of table bypasses, the geometry in EPSG:4326.
    """
    passed = network.links.iloc[drawn.link if drawn else []]
    return {
        "touches_data_edge": ends is not None
        and _touches_data_edge(network, terms, drawn, ends, closed),
        "uses_informal": bool(
            (network.crossings["status"].iloc[crossings_on(network, passed)] != "official").any()
        ),
        "uses_track": bool(passed["class"].isin(TRACK_CLASSES).any()),
        "drawn_minutes": drawn.minutes if drawn else None,
        "beyond_data_minutes": float(
            passed["minutes"][passed["class"] == mode_network.BEYOND].sum()
        ),
        "geometry": line(network, drawn),
    }


def crossings_on(network: Network, passed: pd.DataFrame) -> list[int]:
    """Rows of crossings whose gates the links of a way touch, in order, each once.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    passed : DataFrame
        Links of a way, in order.

    Returns
    -------
    list of int
        Rows of the network's crossings.
    """
    node_ids = network.nodes["node_id"].to_numpy()[network.gate_node]
    at_gate = dict(zip(node_ids, network.gate_crossing.tolist(), strict=True))
    ends = passed[["from_node", "to_node"]].to_numpy().ravel()
    return list(dict.fromkeys(at_gate[node] for node in ends if node in at_gate))


def ratio(minutes: float | None, direct_minutes: float | None) -> float | None:
    """Detour ratio, or none where either is none or nothing is travelled.

    Parameters
    ----------
    minutes, direct_minutes : float or None
        Minutes of the detour and of the direct way.

    Returns
    -------
    float or None
        Their ratio.
    """
    return minutes / direct_minutes if minutes is not None and direct_minutes else None


def third_way(
    network: Network,
    terms: Free,
    ends: tuple[int, int],
    closed: Bools,
    least_left: Floats | None = None,
) -> Route | None:
    """The fastest way if third countries were open, where it leads through one.

    `least_left` are lower bounds of the minutes left from each node, third countries open.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    terms : Free
        Minutes with waits.
    ends : tuple of int
        Rows of nodes: from where, and to where.
    closed : ndarray of bool, one for each arc
        Arcs that may not be used.
    least_left : ndarray of float, one for each node, optional
        Lower bounds of the minutes left.

    Returns
    -------
    Route or None
        None where the fastest way leads through no third country.
    """
    if terms.home.all():
        return None
    found = routing.fastest_route(network, terms.minutes, ~closed, ends, least_left)
    third = np.zeros(len(network.links), dtype=bool)
    third[network.link[~terms.home]] = True
    return found if found is not None and third[found.link].any() else None


def _touches_data_edge(
    network: Network, terms: Free, drawn: Route | None, ends: tuple[int, int], closed: Bools
) -> bool:
    """Whether a way meets the end of the data, where a shorter one could lead out and in again.

    It does if it passes a link as deep as they reach, or has an end on a stub. Where there is no
    way: if such a link can be reached from its start, and its end from such a link.
    """
    if terms.stub[list(ends)].any():
        return True
    if drawn is not None:
        return bool(terms.at_edge[drawn.link].any())
    open_arcs = terms.home & ~closed
    searched = [free_graph(network, terms, open_arcs, reverse=reverse) for reverse in (False, True)]
    return all(
        bool(
            terms.node_at_edge[
                breadth_first_order(one.matrix, end, return_predecessors=False)
            ].any()
        )
        for one, end in zip(searched, ends, strict=True)
    )


def line(network: Network, drawn: Route | None) -> shapely.MultiLineString:
    """The course of a way, link by link; empty where there is none.

    What leads beyond the data has no course that is known, and is left out.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    drawn : Route or None
        A way.

    Returns
    -------
    MultiLineString
        In EPSG:4326, each link in the sense in which it is passed.
    """
    if drawn is None:
        return shapely.MultiLineString()
    laid = (network.links["class"].iloc[drawn.link] != mode_network.BEYOND).to_numpy()
    ways = zip(network.shapes(drawn.link[laid]), drawn.forward[laid], strict=True)
    return shapely.MultiLineString([line if on else line.reverse() for line, on in ways])
