"""Where n whole posts stop most that stop otherwise than those that stand: a program for HiGHS.

It is the shortest-path interdiction of Morton, Pan & Saeger (2007). Posts that are alike need none:
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
    """What a program found.

    Attributes
    ----------
    value : float
        Chance to be stopped on the best way left.
    bound : float
        No placement of so many posts does better.
    links : ndarray of int
        Links that take a post, ascending.
    """

    value: float
    bound: float
    links: Ints

    @property
    def share(self) -> Floats:
        """Share of the time that a post stands on each link: all of it."""
        return np.ones(len(self.links))


def fixed(field: Field, stop: float, n_posts: int, most_nodes: int) -> Programme:
    """Whole posts that all can see, where new ones stop otherwise than those that stand.

    Parameters
    ----------
    field : Field
        The arcs.
    stop : float
        Chance that a new post stops whom it meets; taken for 0.99 where it is more.
    n_posts : int
        New posts.
    most_nodes : int
        Branches that are searched at most; never a time, so that equal input gives equal output.

    Returns
    -------
    Programme
        Chances along a way are multiplied here: 1 − Π(1 − p).

    Raises
    ------
    ValueError
        If no way leads from SOURCE to SINK.
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
    """−ln(1 − p), which adds up along a way where chances to get past multiply.

    Parameters
    ----------
    chance : ndarray of float
        Chances to be stopped, taken for 0.99 where they are more.

    Returns
    -------
    ndarray of float
    """
    return np.asarray(-np.log1p(-np.minimum(chance, MOST_CHANCE)))


def least_met(field: Field, stands: Bools) -> float:
    """How many posts the way meets that meets fewest.

    Parameters
    ----------
    field : Field
        The arcs.
    stands : ndarray of bool, shape (n_arcs,)
        A post stands on the arc.

    Returns
    -------
    float
        Infinite where no way leads from SOURCE to SINK.
    """
    return least(field, stands.astype(np.float64))


def _expect_a_way(field: Field) -> None:
    if not np.isfinite(least(field, field.chance)):
        raise ValueError("no way leads from source to sink, expected one")


def _program(field: Field, stop: Floats) -> tuple[csr_array, Ints]:
    """Rows π_head − π_tail − stop · x_link ≤ chance of the arcs, and the links that have an x."""
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
    """To make the least: π_SOURCE − π_SINK."""
    aim = np.zeros(field.n_nodes + n_links)
    aim[SOURCE], aim[SINK] = 1.0, -1.0
    return aim


def _bounds(field: Field, n_links: int) -> Floats:
    """Lower and upper bound of each variable: π is free but 0 at SOURCE, x at most a whole post."""
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
        Of each arc, 0 or more.

    Returns
    -------
    float
        Infinite where no way leads from SOURCE to SINK.
    """
    order = np.lexsort((weight, field.tail * field.n_nodes + field.head))
    tail, head = field.tail[order], field.head[order]
    first = np.flatnonzero(np.diff(tail * field.n_nodes + head, prepend=-1))
    pointer = np.searchsorted(tail[first], np.arange(field.n_nodes + 1))
    shape = (field.n_nodes, field.n_nodes)
    graph: Any = csr_array((weight[order][first], head[first], pointer), shape=shape)
    return float(dijkstra(graph, indices=[SOURCE])[0, SINK])
