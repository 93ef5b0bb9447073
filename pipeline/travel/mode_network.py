"""The network of one mode for travel: open links as arcs, by side, with gates.

A *gate* is a node of a counted crossing on the line. Ways to a gate use links of the `from` side,
ways from a gate use links of the `to` side.

A *shallow piece* is a connected part of one side that is nowhere `through_km` deep, where a road
crosses a generalised line several times. It belongs to both sides, and connects the gates of one
crossing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.modes import NOT_PASSED
from pipeline.core.types import Bools, Floats, Ints
from pipeline.network import link_arcs, reach

OFFICIAL_WAIT_MINUTES = parameters.number("official_wait_minutes")
# Class of links that represent the roads between the edge of the data and a city beyond it.
BEYOND = "beyond"
# Returns the lines of the given rows of a network's links.
Shapes = Callable[[Ints], npt.NDArray[np.object_]]


@dataclass(frozen=True)
class Network:
    """The open links of one mode as arcs, separated by side, with the gates on the line.

    `tail`, `head` and `gate_node` are rows of `nodes`, `link` of `links`, `gate_crossing` of
    `crossings`; `wait_minutes` has one value for each crossing. `on_from` and `on_to` mark arcs
    that may be used on the way to a gate, or from it; `shallow` marks arcs whose link lies in a
    shallow piece. Arcs are sorted by tail: those that leave node i are `pointer[i]` to `pointer[i +
    1]`. `shapes` returns the lines of rows of links; links of class BEYOND have none.
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


def usable(links: pd.DataFrame, mode: str) -> pd.DataFrame:
    """The links of a mode that ways may use: open links that are not of class restricted.

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
    chosen = links[of_mode & (links["state"] == "open")]
    chosen.index = pd.RangeIndex(len(chosen))
    return chosen


def assemble(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    crossings: pd.DataFrame,
    crossing_links: pd.DataFrame,
    mode: str,
    border: BorderFile,
) -> Network:
    """Make the network of `mode` for travel and bypasses.

    It has only open links that are not of class restricted. Its crossings are the counted ones of
    the mode that are not closed and that an open link meets; a track that is open at the line but
    disused behind it leads nowhere. Grazes are passed like any other node.

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
    counted &= ~crossings["status"].isin(NOT_PASSED)
    met = crossings["crossing_id"].isin(gates["crossing_id"])
    crossings = crossings[counted & met].reset_index(drop=True)
    gates = gates[gates["crossing_id"].isin(crossings["crossing_id"])]
    gates = gates[["crossing_id", "node_id"]].drop_duplicates()
    gates = gates.sort_values(["crossing_id", "node_id"])
    arcs = link_arcs.arcs(nodes, links, directed=True)
    # Since arcs are sorted once here, each selection of arcs is sorted quickly.
    order = np.lexsort((arcs.link, arcs.head, arcs.tail))
    link = arcs.link[order]
    shallow = shallow_pieces(nodes, links, border)
    side = links["side"].to_numpy()
    lines = links["geometry"].to_numpy()
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
        wait_minutes=_waits(crossings),
        shapes=lambda rows: np.asarray(lines[rows], dtype=object),
    )


def shallow_pieces(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile) -> Bools:
    """For each link, whether its piece (connected off the line) is nowhere `through_km` deep.

    A piece with an open end counts as deep: the data end there, not the way.

    Parameters
    ----------
    nodes, links : DataFrame
        The network.
    border : BorderFile
        The border file, with the depth from which a piece counts as deep on each side.

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


def _waits(crossings: pd.DataFrame) -> Floats:
    """Minutes of waiting at each crossing: as a situation file states, otherwise a common value."""
    official = np.where(crossings["status"] == "official", OFFICIAL_WAIT_MINUTES, 0.0)
    stated = crossings["wait_minutes"].to_numpy(np.float64)
    return np.where(np.isnan(stated), official, stated)


def _rows(ids: pd.Series, wanted: pd.Series) -> Ints:
    return np.asarray(pd.Index(ids).get_indexer(pd.Index(wanted)), dtype=np.int64)


def at_crossing(network: Network, crossing: int) -> Bools:
    """Which arcs meet a gate of the crossing: those that are closed with it.

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


def is_gate(network: Network) -> Bools:
    """Which nodes are gates: nodes of a counted crossing on the line.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.

    Returns
    -------
    ndarray of bool
        One for each node.
    """
    return _marked(len(network.nodes), network.gate_node)


def passage(network: Network, crossing: int) -> Ints:
    """Arcs from one gate of the crossing to another: shallow, past no other crossing's gate.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    crossing : int
        Row of the network's crossings.

    Returns
    -------
    ndarray of int
        Rows of arcs; none if the crossing has a single gate.
    """
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
