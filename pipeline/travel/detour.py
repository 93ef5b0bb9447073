"""The bypass that is drawn: its line, and the columns that describe it."""

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import breadth_first_order

from pipeline.core.types import Bools, Floats
from pipeline.travel import mode_network, routing
from pipeline.travel.free_arcs import Free, free_graph
from pipeline.travel.mode_network import Network
from pipeline.travel.routing import Route

TRACK_CLASSES = ("track", "path", "footway", "bridleway")


def described(
    network: Network,
    terms: Free,
    drawn: Route | None,
    ends: tuple[int, int] | None,
    closed: Bools,
) -> dict[str, object]:
    """The columns of bypasses that describe the drawn way.

    `ends` are the rows of the nodes that it joins, if there are any; `closed` are the arcs that it
    avoids.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    terms : Free
        How arcs may be used.
    drawn : Route or None
        The drawn way.
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
    """Rows of the crossings whose gates the links of a way touch, in order, each once.

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
    """Detour ratio; None if either value is None or the direct way takes no time.

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
    """The fastest way if transit through third countries were allowed; None if it uses no transit.

    `least_left` are lower bounds of the minutes left from each node with transit allowed.

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
        None if the fastest way does not lead through a third country.
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
    """Whether a way meets the edge of the data, where a shorter way could lead out and in again.

    True if it passes a link as deep as the data reach, or has an end on a stub. If there is no way:
    true if such a link can be reached from the start, and the end from such a link.
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
    """The course of a way, link by link; empty if there is no way.

    Links beyond the data have no known course and are left out.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    drawn : Route or None
        A way.

    Returns
    -------
    MultiLineString
        In EPSG:4326, each link in the direction in which it is passed.
    """
    if drawn is None:
        return shapely.MultiLineString()
    laid = (network.links["class"].iloc[drawn.link] != mode_network.BEYOND).to_numpy()
    ways = zip(network.shapes(drawn.link[laid]), drawn.forward[laid], strict=True)
    return shapely.MultiLineString([line if on else line.reverse() for line, on in ways])
