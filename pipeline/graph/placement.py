"""Where n posts stop most: inspectors moved about unseen, or posts that all can see.

*Randomised* (Washburn & Wood 1995): the best way's chance to be stopped is greatest. The linear
program of the defender is the dual of a flow. A traveller who spreads over k ways has, on a link
that can take a post, room for one of them; each further one costs p there, as no more than a whole
post can stand on it. A link that carries a post already, or can take none, has room for all and
costs its chance, or nothing. With C_k the least cost of k ways, n posts that each stop with chance
p give z(n) = min over k of (C_k + p n) / k. One least-cost flow, all ways of one price at a time
(Ford & Fulkerson's primal-dual method), gives it for every n.

*Fixed* and visible (Morton, Pan & Saeger 2007): travellers take the best way left. Where all posts,
new and standing, stop alike, what counts is how many of them the best way meets: the same flow with
chance 1 gives the fewest posts for t of them, and since its prices are whole numbers, so do whole
posts. Posts that differ take a mixed-integer program (module `placement_programs`).

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


@dataclass(frozen=True)
class Placement:
    """Where posts go.

    Attributes
    ----------
    value : float
        Chance to be stopped on the best way left; where posts are fixed, how many it meets.
    links : ndarray of int
        Links that take a post, ascending.
    share : ndarray of float
        Share of the time that a post stands on each.
    ways : list of ndarray of int
        The traveller's answer, arcs of each way in order: he takes each as often.
    """

    value: float
    links: Ints
    share: Floats
    ways: list[Ints]


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


def randomised(field: Field, found: Curve, n_posts: float) -> Placement:
    """The best placement of `n_posts` hidden from travellers, and the traveller's best answer.

    Parameters
    ----------
    field : Field
        The arcs.
    found : Curve
        Its curve, for at least as many posts.
    n_posts : float
        New posts; not necessarily whole.

    Returns
    -------
    Placement
        No links and no ways where no corner is known.
    """
    reached = value(found, n_posts)
    if not len(found.ways):
        return Placement(reached, np.empty(0, np.int64), np.empty(0), [])
    corner = int(np.argmin((found.cost + found.stop * n_posts) / found.ways))
    level = _levels(field, found, corner, reached / UNIT) * UNIT
    links, share = _on_links(field, level, found.stop)
    return Placement(reached, links, share, placement_field.paths(field, found.flow[corner]))


def fixed(field: Field, found: Curve, n_posts: int) -> Placement:
    """The best whole posts that all can see, where new and standing ones stop alike.

    Parameters
    ----------
    field : Field
        The arcs, with chance 1 wherever a post stands.
    found : Curve
        Its curve with chance 1, for at least as many posts.
    n_posts : int
        New posts.

    Returns
    -------
    Placement
        `value` is how many posts, new and standing, the best way meets. What is not needed for that
        is set on the next cut as far as it goes, so that the fewest ways stay open that meet no
        more. `ways` are those: no two share a link that may hold a post.
    """
    reached = value(found, n_posts)
    if not len(found.ways):
        return Placement(reached, np.empty(0, np.int64), np.empty(0), [])
    met = int(np.floor(reached + SAME))
    links = _whole(field, found, met)
    spare = n_posts - len(links)
    if spare > 0 and met + 1 <= found.most:
        # More posts need not stand where fewer do: only what adds to these is added.
        more = np.setdiff1d(_whole(field, found, met + 1), links)
        links = np.union1d(links, more[:spare])
    return Placement(float(met), links, np.ones(len(links)), _open_ways(field, links, met))


def _whole(field: Field, found: Curve, met: int) -> Ints:
    """The fewest links that make every way meet so many posts."""
    corner = int(np.argmax(met * found.ways - found.cost))
    level = np.round(_levels(field, found, corner, met / UNIT) * UNIT)
    return _on_links(field, level, 1.0)[0]


def _open_ways(field: Field, links: Ints, met: int) -> list[Ints]:
    """Ways that meet no more than `met` posts when new ones stand on `links`, the most there are.

    No two share a link that takes a post or carries one.
    """
    chance = np.where(np.isin(field.link, links), 1.0, field.chance)
    apart = field.takes | (chance > 0)
    held = Field(field.n_nodes, field.tail, field.head, field.link, apart, chance)
    second = met + 2.0  # what a second way over the same link would cost
    flow = np.zeros(len(field.tail), dtype=np.int64)
    arcs = placement_field.adjacent(held, second)
    price = least_cost.distances(arcs, flow, np.zeros(field.n_nodes), SOURCE)
    if not np.isfinite(price[SINK]) or price[SINK] * UNIT > met + SAME:
        return []
    price = np.minimum(price, price[SINK])
    if least_cost.unlimited(arcs, flow, price):
        return []
    return placement_field.paths(field, least_cost.augmented(arcs, flow, price)[1])


def _levels(field: Field, found: Curve, corner: int, z: float) -> Floats:
    """Chance met up to each node, in UNIT, when the best way's is `z`: the defender's prices.

    With the flow of a corner given, these are all whose differences keep within what each arc costs
    that has room, 0 at SOURCE and z at SINK. The greatest of them take two searches, and are whole
    numbers where costs and z are.
    """
    arcs, flow, price = (
        placement_field.adjacent(field, found.stop),
        found.flow[corner],
        found.price[corner],
    )
    from_source = least_cost.distances(arcs, flow, price, SOURCE) + price - price[SOURCE]
    from_sink = least_cost.distances(arcs, flow, price, SINK) + price - price[SINK]
    return np.asarray(np.minimum(np.minimum(from_source, z + from_sink), z))


def _on_links(field: Field, level: Floats, stop: float) -> tuple[Ints, Floats]:
    """Links that take posts and whose ends differ in level, and the share of a post on each."""
    rise = level[field.head] - level[field.tail] - field.chance
    share = np.zeros(int(field.link.max(initial=-1)) + 1)
    np.maximum.at(share, field.link, np.where(field.takes, rise, 0.0) / stop)
    links = np.flatnonzero(share > SAME)
    return links, share[links]
