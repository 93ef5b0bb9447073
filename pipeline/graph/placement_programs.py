"""Where n whole posts stop the most if new and existing posts differ: a program for HiGHS.

It is the shortest-path interdiction of Morton, Pan & Saeger (2007). Equal posts need no program:
module `placement_curve` places them by a flow.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field

MOST_CHANCE = parameters.number("most_chance")


@dataclass(frozen=True)
class Programme:
    """The result of a program.

    Attributes
    ----------
    value : float
        Chance to be stopped on the best way left.
    bound : float
        Upper bound for any placement of so many posts.
    links : ndarray of int
        Links that take a post, ascending.
    """

    value: float
    bound: float
    links: Ints

    @property
    def share(self) -> Floats:
        """Share of the time that a post is on each link: 1."""
        return np.ones(len(self.links))


def fixed(field: Field, stop: float, n_posts: int, most_nodes: int) -> Programme:
    """The best visible whole posts if new posts stop with another chance than existing posts.

    Parameters
    ----------
    field : Field
        The arcs.
    stop : float
        Chance that a new post stops a traveller who passes it; at most 0.99 is used.
    n_posts : int
        Number of new posts.
    most_nodes : int
        Greatest number of branches to search; not a time limit, so that equal input gives equal
        output.

    Returns
    -------
    Programme
        The result; the chance along a way is 1 − Π(1 − p).

    Raises
    ------
    ValueError
        If there is no way from SOURCE to SINK.
    """
    _expect_a_way(field)
    weight, new = log_weight(field.chance), float(log_weight(np.array(stop)))
    rows, links = _program(field, np.full(int(field.link.max(initial=-1)) + 1, new))
    spent = np.concatenate([np.zeros(field.n_nodes), np.ones(len(links))])
    lower, upper = _bounds(field, len(links)).T
    solved = milp(
        _aim(field, len(links)),
        constraints=[
            LinearConstraint(rows, -np.inf, weight),
            LinearConstraint(spent[None, :], -np.inf, n_posts),
        ],
        integrality=spent,
        bounds=Bounds(lower, upper),
        options={"node_limit": most_nodes, "mip_rel_gap": 0.0},
    )
    stands = np.zeros(len(links), dtype=bool)
    if solved.x is not None:
        stands = solved.x[field.n_nodes :] > 0.5
    value = 1.0 - float(np.exp(-least(field, weight + new * np.isin(field.link, links[stands]))))
    bound = 1.0 if len(links) else value
    if len(links) and solved.mip_dual_bound is not None:
        bound = max(value, 1.0 - float(np.exp(solved.mip_dual_bound)))
    return Programme(value, bound, links[stands])


def log_weight(chance: Floats) -> Floats:
    """−ln(1 − p), which can be added along a way, since chances to get past are multiplied.

    Parameters
    ----------
    chance : ndarray of float
        Chances to be stopped; at most 0.99 is used.

    Returns
    -------
    ndarray of float
    """
    return np.asarray(-np.log1p(-np.minimum(chance, MOST_CHANCE)))


def least_met(field: Field, stands: Bools) -> float:
    """The smallest number of posts that a way meets.

    Parameters
    ----------
    field : Field
        The arcs.
    stands : ndarray of bool, shape (n_arcs,)
        Whether a post is on the arc.

    Returns
    -------
    float
        Infinite if there is no way from SOURCE to SINK.
    """
    return least(field, stands.astype(np.float64))


def _expect_a_way(field: Field) -> None:
    if not np.isfinite(least(field, field.chance)):
        raise ValueError("no way leads from source to sink, expected one")


def _program(field: Field, stop: Floats) -> tuple[csr_array, Ints]:
    """Constraints π_head − π_tail − stop · x_link ≤ chance of each arc, and the links with an x."""
    links = np.unique(field.link[field.takes])
    arc = np.arange(len(field.tail))
    takes = np.flatnonzero(field.takes)
    column = field.n_nodes + np.searchsorted(links, field.link[takes])
    ones = np.ones(len(arc))
    rows = coo_array(
        (
            np.concatenate([ones, -ones, -stop[field.link[takes]]]),
            (np.concatenate([arc, arc, takes]), np.concatenate([field.head, field.tail, column])),
        ),
        shape=(len(arc), field.n_nodes + len(links)),
    )
    return csr_array(rows), links


def _aim(field: Field, n_links: int) -> Floats:
    """The objective to minimise: π_SOURCE − π_SINK."""
    aim = np.zeros(field.n_nodes + n_links)
    aim[SOURCE], aim[SINK] = 1.0, -1.0
    return aim


def _bounds(field: Field, n_links: int) -> Floats:
    """Bounds of each variable: π is 0 at SOURCE and free elsewhere, x is at most a whole post."""
    bounds = np.zeros((field.n_nodes + n_links, 2))
    bounds[: field.n_nodes] = -np.inf, np.inf
    bounds[SOURCE] = 0.0
    bounds[field.n_nodes :, 1] = 1.0
    return bounds


def least(field: Field, weight: Floats) -> float:
    """Weight of the lightest way from SOURCE to SINK.

    Parameters
    ----------
    field : Field
        The arcs.
    weight : ndarray of float, shape (n_arcs,)
        Weight of each arc, 0 or more.

    Returns
    -------
    float
        Infinite if there is no way from SOURCE to SINK.
    """
    order = np.lexsort((weight, field.tail * field.n_nodes + field.head))
    tail, head = field.tail[order], field.head[order]
    first = np.flatnonzero(np.diff(tail * field.n_nodes + head, prepend=-1))
    pointer = np.searchsorted(tail[first], np.arange(field.n_nodes + 1))
    shape = (field.n_nodes, field.n_nodes)
    graph: Any = csr_array((weight[order][first], head[first], pointer), shape=shape)
    return float(dijkstra(graph, indices=[SOURCE])[0, SINK])
