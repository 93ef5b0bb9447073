"""How much n posts stop at most, for every n: one least-cost flow between two zones.

Inspectors move unpredictably so that the best way's chance to be stopped is greatest (Washburn
& Wood 1995). The linear program of the defender is the dual of a flow. A traveller who spreads over
k ways has, on a link that can take a post, room for one of them; each further one costs p there, as
no more than a whole post can stand on it. A link that carries a post already, or can take none, has
room for all and costs its chance, or nothing. With C_k the least cost of k ways, n posts that each
stop with chance p give z(n) = min over k of (C_k + p n) / k. One least-cost flow, all ways of one
price at a time (Ford & Fulkerson's primal-dual method), gives it for every n.

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
    """Corners of the least cost C_k of k ways; between two of them it is straight.

    Attributes
    ----------
    stop : float
        Chance that a new post stops whom it meets.
    ways : ndarray of int, shape (n_corners,)
        k at each corner, ascending.
    cost : ndarray of float, shape (n_corners,)
        C_k.
    flow : tuple of (ndarray of int, shape (n_arcs,))
        Ways over each arc, at each corner.
    price : tuple of (ndarray of float, shape (n_nodes,))
        What a way costs up to each node at each corner, in UNIT, under which no arc costs less
        than nothing.
    most : float
        No number of posts gives more than this: what a way costs that any number can take;
        infinite where there is none.
    """

    stop: float
    ways: Ints
    cost: Floats
    flow: tuple[Ints, ...]
    price: tuple[Floats, ...]
    most: float


def curve(field: Field, stop: float, most_posts: float) -> Curve:
    """The corners of C_k that matter to any number of posts up to `most_posts`.

    Parameters
    ----------
    field : Field
        The arcs, as they are.
    stop : float
        Chance that a new post stops whom it meets, above 0 and at most 1.
    most_posts : float
        The greatest number of new posts that will be asked for.

    Returns
    -------
    Curve
        No corner where no way leads from SOURCE to SINK.

    Notes
    -----
    One search and one maximum flow (Dinic 1970) for each price of a way. Prices are few, as they
    are sums of the chances of posts.
    """
    arcs = placement_field.adjacent(field, stop)
    price = np.zeros(field.n_nodes)
    flow = np.zeros(len(field.tail), dtype=np.int64)
    total, spent, last, most = 0, 0.0, 0.0, np.inf
    corners: list[tuple[int, float, Ints, Floats]] = []
    # What the last price takes of posts: beyond as many as will be asked for, no corner matters.
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
    """The curve where new posts, and those that stand, stop with another chance than 1.

    Parameters
    ----------
    found : Curve
        Of a field where posts, new and standing, stop all who meet them.
    stop : float
        Chance that each of them stops whom it meets, above 0 and at most 1.

    Returns
    -------
    Curve
        That of the field whose chances are `stop` times as great: costs and prices are, and ways
        stay the same.
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
    """Chance to be stopped on the best way when `n_posts` are placed best, at random.

    Parameters
    ----------
    found : Curve
        Of the field, for at least as many posts.
    n_posts : float
        New posts; not necessarily whole.

    Returns
    -------
    float
        z(n). Infinite where no way leads from SOURCE to SINK.
    """
    at_corners = (found.cost + found.stop * n_posts) / found.ways
    return float(min(at_corners.min(initial=np.inf), found.most))


def enough(found: Curve, reached: float) -> float:
    """The fewest posts that give a value, moved about at random.

    Parameters
    ----------
    found : Curve
        Of the field, for at least as many posts.
    reached : float
        The value; no more than `most` of the curve.

    Returns
    -------
    float
        Not necessarily whole.
    """
    return float(((reached * found.ways - found.cost) / found.stop).max(initial=0.0))
