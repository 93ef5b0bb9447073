"""The arcs on which posts are placed, prepared for searches, and a flow over them as paths."""

from dataclasses import dataclass

import numpy as np

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.adjacency import Whole, halves
from pipeline.graph.flow import SINK, SOURCE, walk

# Chances are whole multiples of this in the flow, so that equal prices compare as equal.
UNIT = 1e-9


@dataclass(frozen=True)
class Field:
    """Arcs between SOURCE and SINK, with existing posts and possible places of new posts.

    Attributes
    ----------
    n_nodes : int
        Number of nodes; SOURCE is 0, SINK is 1.
    tail, head : ndarray of int, shape (n_arcs,)
        Where each arc begins and ends.
    link : ndarray of int, shape (n_arcs,)
        The link that each arc uses; both arcs of a two-way link have its number.
    takes : ndarray of bool, shape (n_arcs,)
        Whether the arc's link can take a new post.
    chance : ndarray of float, shape (n_arcs,)
        Chance that an existing post stops a traveller who passes the arc; 0 if there is no post.
    """

    n_nodes: int
    tail: Ints
    head: Ints
    link: Ints
    takes: Bools
    chance: Floats


def without(field: Field, closed: Bools) -> Field:
    """The field without the arcs of some links.

    Parameters
    ----------
    field : Field
        The arcs.
    closed : ndarray of bool, shape (n_links,)
        Links to leave out.

    Returns
    -------
    Field
        Nodes and links keep their numbers.
    """
    kept = ~closed[field.link]
    return Field(
        field.n_nodes, field.tail[kept], field.head[kept], field.link[kept], field.takes[kept],
        field.chance[kept],
    )  # fmt: skip


@dataclass(frozen=True)
class Adjacent:
    """The arcs of a field, prepared for searches: halves by node, and costs in UNIT.

    A way over an arc costs `cost`; if `takes`, each further way costs `more` in addition.
    """

    pointer: Whole
    half: Whole
    tail: Whole
    head: Whole
    takes: Bools
    cost: Floats
    more: float


def adjacent(field: Field, stop: float) -> Adjacent:
    """Prepare the arcs of a field for searches.

    Parameters
    ----------
    field : Field
        The arcs.
    stop : float
        Additional cost of each way after the first on an arc that can take posts.

    Returns
    -------
    Adjacent
        Costs in UNIT.
    """
    tail, head = field.tail.astype(np.int32), field.head.astype(np.int32)
    pointer, half = halves(field.n_nodes, tail, head)
    cost = np.round(field.chance / UNIT)
    return Adjacent(pointer, half, tail, head, field.takes, cost, float(np.round(stop / UNIT)))


def paths(field: Field, flow: Ints) -> list[Ints]:
    """Divide a flow into paths from SOURCE to SINK.

    Parameters
    ----------
    field : Field
        The arcs.
    flow : ndarray of int, shape (n_arcs,)
        Ways over each arc.

    Returns
    -------
    list of ndarray of int
        Arcs of each path in order; circles are left out.
    """
    leaving: dict[int, list[int]] = {}
    flow = _without_meetings(field, flow)
    for arc in np.repeat(np.arange(len(flow)), flow)[::-1].tolist():
        leaving.setdefault(int(field.tail[arc]), []).append(arc)
    count = len(leaving.get(SOURCE, ()))
    return [walk(leaving, field.head, SOURCE, lambda node: node == SINK) for _ in range(count)]


def _without_meetings(field: Field, flow: Ints) -> Ints:
    """The flow without opposite flows on a link: the two ways exchange their remaining parts.

    Each of the two arcs of a link has its own room, so that a flow may use both. A post on the link
    would then meet both ways there, although neither needs the link.
    """
    used = np.flatnonzero(flow)
    order = used[np.argsort(field.link[used], kind="stable")]
    alike = field.link[order[1:]] == field.link[order[:-1]]
    ahead, back = order[:-1][alike], order[1:][alike]
    opposite = field.tail[ahead] == field.head[back]
    ahead, back = ahead[opposite], back[opposite]
    both = np.minimum(flow[ahead], flow[back])
    left = flow.copy()
    left[ahead] -= both
    left[back] -= both
    return left
