"""The best chance to stop a traveller with n posts, for every n: one least-cost flow.

Inspectors move at random so that the chance to be stopped on the best way is greatest (Washburn &
Wood 1995). The defender's linear program is the dual of a flow. The traveller's choice is divided
equally among k ways. A link that can take a post has room for one way without cost; each further
way costs p there, since at most one whole post can be on the link. A link with an existing post, or
that cannot take one, has room for all ways, and each costs the chance of that post, or nothing.
With C_k the least cost of k ways, n posts that each stop with chance p give z(n) = min over k of
(C_k + p n) / k. One least-cost flow, in which all ways of one price are added together (the
primal-dual method of Ford & Fulkerson), gives z for every n.

Sums of chances along a way are an upper bound of the chance 1 − Π(1 − p) to be stopped on it.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.core.types import Floats, Ints
from pipeline.graph import least_cost, placement_field
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import UNIT, Field

SAME = 1e-9


@dataclass(frozen=True)
class Curve:
    """Corners of C_k, the least cost of k ways; between two corners it is linear.

    Attributes
    ----------
    stop : float
        Chance that a new post stops a traveller who passes it.
    ways : ndarray of int, shape (n_corners,)
        k at each corner, ascending.
    cost : ndarray of float, shape (n_corners,)
        C_k.
    flow : tuple of (ndarray of int, shape (n_arcs,))
        Ways over each arc, at each corner.
    price : tuple of (ndarray of float, shape (n_nodes,))
        Node prices at each corner, in UNIT: the cost of a way up to each node, with which no arc
        has a negative reduced cost.
    most : float
        The value that no number of posts exceeds: the cost of a way that any number of travellers
        can use; infinite if there is none.
    """

    stop: float
    ways: Ints
    cost: Floats
    flow: tuple[Ints, ...]
    price: tuple[Floats, ...]
    most: float


def curve(field: Field, stop: float, most_posts: float) -> Curve:
    """The corners of C_k that matter for up to `most_posts` posts.

    Parameters
    ----------
    field : Field
        The arcs, with their existing posts.
    stop : float
        Chance that a new post stops a traveller who passes it, above 0 and at most 1.
    most_posts : float
        The greatest number of new posts for which the curve will be used.

    Returns
    -------
    Curve
        Without corners if there is no way from SOURCE to SINK.

    Notes
    -----
    There is one search and one maximum flow (Dinic 1970) for each price of a way. There are only
    few prices, since they are sums of the chances of posts.
    """
    arcs = placement_field.adjacent(field, stop)
    price = np.zeros(field.n_nodes)
    flow = np.zeros(len(field.tail), dtype=np.int64)
    total, spent, last, most = 0, 0.0, 0.0, np.inf
    corners: list[tuple[int, float, Ints, Floats]] = []
    # Number of posts that the last price needs: beyond `most_posts` no corner matters.
    while not corners or (last * total - spent) * UNIT < stop * most_posts - SAME:
        away = least_cost.distances(arcs, flow, price, SOURCE)
        if not np.isfinite(away[SINK]):
            break
        price = price + np.minimum(away, away[SINK])
        last = float(price[SINK])
        if least_cost.unlimited(arcs, flow, price):
            most = last * UNIT
            break
        more, flow = least_cost.augmented(arcs, flow, price)
        total, spent = total + more, spent + more * last
        corners.append((total, spent * UNIT, flow, price))
    return Curve(
        stop=stop,
        ways=np.array([ways for ways, _, _, _ in corners], dtype=np.int64),
        cost=np.array([cost for _, cost, _, _ in corners]),
        flow=tuple(flow for _, _, flow, _ in corners),
        price=tuple(price for _, _, _, price in corners),
        most=float(most),
    )


def of_chance(found: Curve, stop: float) -> Curve:
    """The curve for new and existing posts with another chance than 1.

    Parameters
    ----------
    found : Curve
        The curve of a field where all posts, new and existing, have chance 1.
    stop : float
        Chance that each post stops a traveller who passes it, above 0 and at most 1.

    Returns
    -------
    Curve
        The curve of the field with all chances multiplied by `stop`: costs and prices are
        multiplied too, and ways stay the same.
    """

    def times(chance: Floats) -> Floats:
        return np.asarray(np.round(chance / UNIT * stop) * UNIT)

    return Curve(
        stop=stop,
        ways=found.ways,
        cost=times(found.cost),
        flow=found.flow,
        price=tuple(np.round(price * stop) for price in found.price),
        most=float(times(np.array(found.most))),
    )


def value(found: Curve, n_posts: float) -> float:
    """Chance to be stopped on the best way when `n_posts` randomised posts are placed best.

    Parameters
    ----------
    found : Curve
        The curve of the field, for at least this many posts.
    n_posts : float
        New posts; not necessarily whole.

    Returns
    -------
    float
        z(n); infinite if there is no way from SOURCE to SINK.
    """
    at_corners = (found.cost + found.stop * n_posts) / found.ways
    return float(min(at_corners.min(initial=np.inf), found.most))


def enough(found: Curve, reached: float) -> float:
    """The fewest randomised posts that give a value.

    Parameters
    ----------
    found : Curve
        The curve of the field, for at least this many posts.
    reached : float
        The value; at most `most` of the curve.

    Returns
    -------
    float
        Number of posts; it may be a fraction.
    """
    return float(((reached * found.ways - found.cost) / found.stop).max(initial=0.0))
