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
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra, maximum_flow

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.flow import SINK, SOURCE, walk

# Chances are whole numbers of this in the flow, so that equal prices are equal.
UNIT = 1e-9
# Room of a link that has room for all: more than any cut that is worth a flow, and a whole number
# that scipy's flow can add up.
ROOM = 2**24
SAME = 1e-9


@dataclass(frozen=True)
class Field:
    """Arcs between SOURCE and SINK, and where posts stand or may stand.

    Attributes
    ----------
    n_nodes : int
        Number of nodes; SOURCE is 0, SINK is 1.
    tail, head : ndarray of int, shape (n_arcs,)
        Where each arc begins and ends.
    link : ndarray of int, shape (n_arcs,)
        The link that each arc uses; both arcs of a two-way link bear its number.
    takes : ndarray of bool, shape (n_arcs,)
        The arc's link can take a new post.
    chance : ndarray of float, shape (n_arcs,)
        Chance that a post which stands already stops who passes the arc; 0 where none stands.
    """

    n_nodes: int
    tail: Ints
    head: Ints
    link: Ints
    takes: Bools
    chance: Floats


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


@dataclass(frozen=True)
class _Left:
    """Arcs that have room beside a flow: how much, at what cost, and which arc gains or loses."""

    tail: Ints
    head: Ints
    room: Ints
    cost: Floats
    arc: Ints
    sign: Ints


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
    price = np.zeros(field.n_nodes)
    flow = np.zeros(len(field.tail), dtype=np.int64)
    total, spent, last, most = 0, 0.0, 0.0, np.inf
    corners: list[tuple[int, float, Ints, Floats]] = []
    # What the last price takes of posts: beyond as many as will be asked for, no corner matters.
    while not corners or (last * total - spent) * UNIT < stop * most_posts - SAME:
        left = _left(field, stop, flow)
        away = _away(field.n_nodes, left, price, SOURCE)
        if not np.isfinite(away[SINK]):
            break
        price = price + np.minimum(away, away[SINK])
        last = float(price[SINK])
        if _endless(field, stop, flow, price):
            most = last * UNIT
            break
        more, flow = _pushed(field.n_nodes, left, price, flow)
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


def randomised(field: Field, found: Curve, n_posts: float) -> Placement:
    """The best placement of `n_posts` that nobody sees, and the traveller's best answer.

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
    return Placement(reached, links, share, _ways(field, found.flow[corner]))


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
    dear = met + 2.0  # what a second way over the same link would cost
    flow = np.zeros(len(field.tail), dtype=np.int64)
    left = _left(held, dear, flow)
    price = _away(field.n_nodes, left, np.zeros(field.n_nodes), SOURCE)
    if not np.isfinite(price[SINK]) or price[SINK] * UNIT > met + SAME:
        return []
    price = np.minimum(price, price[SINK])
    if _endless(held, dear, flow, price):
        return []
    return _ways(field, _pushed(field.n_nodes, left, price, flow)[1])


def _levels(field: Field, found: Curve, corner: int, z: float) -> Floats:
    """Chance met up to each node, in UNIT, when the best way's is `z`: the defender's prices.

    With the flow of a corner given, these are all whose differences keep within what each arc costs
    that has room, 0 at SOURCE and z at SINK. The greatest of them take two searches, and are whole
    numbers where costs and z are.
    """
    left = _left(field, found.stop, found.flow[corner])
    price = found.price[corner]
    from_source = _away(field.n_nodes, left, price, SOURCE) + price - price[SOURCE]
    from_sink = _away(field.n_nodes, left, price, SINK) + price - price[SINK]
    return np.asarray(np.minimum(np.minimum(from_source, z + from_sink), z))


def _on_links(field: Field, level: Floats, stop: float) -> tuple[Ints, Floats]:
    """Links that take posts and whose ends differ in level, and the share of a post on each."""
    rise = level[field.head] - level[field.tail] - field.chance
    share = np.zeros(int(field.link.max(initial=-1)) + 1)
    np.maximum.at(share, field.link, np.where(field.takes, rise, 0.0) / stop)
    links = np.flatnonzero(share > SAME)
    return links, share[links]


def _ways(field: Field, flow: Ints) -> list[Ints]:
    """The flow as ways from SOURCE to SINK, each as arcs in order; circles are left out."""
    leaving: dict[int, list[int]] = {}
    for arc in np.repeat(np.arange(len(flow)), flow)[::-1].tolist():
        leaving.setdefault(int(field.tail[arc]), []).append(arc)
    count = len(leaving.get(SOURCE, ()))
    return [walk(leaving, field.head, SOURCE, lambda node: node == SINK) for _ in range(count)]


def _left(field: Field, stop: float, flow: Ints) -> _Left:
    """What is left beside a flow: each arc at what the next way over it costs, and back.

    The first way over an arc that takes posts costs the chance there, each further one `stop` more.
    """
    full = field.takes & (flow >= 1)
    paid = field.takes & (flow >= 2)
    back = np.flatnonzero(flow > 0)
    n = np.arange(len(flow))
    cost = np.round((field.chance + np.where(full, stop, 0.0)) / UNIT)
    last = np.round((field.chance + np.where(paid, stop, 0.0)) / UNIT)
    return _Left(
        tail=np.concatenate([field.tail, field.head[back]]),
        head=np.concatenate([field.head, field.tail[back]]),
        room=np.concatenate(
            [np.where(field.takes & ~full, 1, ROOM), np.where(paid, flow - 1, flow)[back]]
        ),
        cost=np.concatenate([cost, -last[back]]),
        arc=np.concatenate([n, back]),
        sign=np.concatenate([np.ones(len(n), np.int64), np.full(len(back), -1)]),
    )


def _away(n_nodes: int, left: _Left, price: Floats, start: int) -> Floats:
    """Least cost from `start` to each node beyond the difference in price (Dijkstra 1959)."""
    reduced = np.maximum(left.cost + price[left.tail] - price[left.head], 0.0)
    key = left.tail * n_nodes + left.head
    order = np.lexsort((reduced, key))
    kept = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
    pointer = np.searchsorted(left.tail[kept], np.arange(n_nodes + 1))
    graph = csr_array((reduced[kept], left.head[kept], pointer), shape=(n_nodes, n_nodes))
    return np.asarray(dijkstra(graph, indices=start))


def _endless(field: Field, stop: float, flow: Ints, price: Floats) -> bool:
    """Whether arcs that any number of ways can take lead to SINK at the price."""
    left = _left(field, stop, flow)
    free = (left.room >= ROOM) & (left.cost + price[left.tail] - price[left.head] == 0)
    tail, head = left.tail[free], left.head[free]
    shape = (field.n_nodes, field.n_nodes)
    graph = csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=shape)
    return bool((breadth_first_order(graph, SOURCE, return_predecessors=False) == SINK).any())


def _pushed(n_nodes: int, left: _Left, price: Floats, flow: Ints) -> tuple[int, Ints]:
    """How many ways can be added at the price, and the flow with them."""
    cheap = np.flatnonzero(left.cost + price[left.tail] - price[left.head] == 0)
    key = left.tail[cheap] * n_nodes + left.head[cheap]
    order = np.argsort(key, kind="stable")
    cheap, key = cheap[order], key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    room = left.room[cheap]
    together = np.minimum(np.add.reduceat(room, first), ROOM).astype(np.int32)
    pointer = np.searchsorted(left.tail[cheap[first]], np.arange(n_nodes + 1))
    graph = csr_array((together, left.head[cheap[first]], pointer), shape=(n_nodes, n_nodes))
    found = maximum_flow(graph, SOURCE, SINK)
    sent = found.flow.tocoo()
    ahead = sent.data > 0
    pair = sent.row[ahead].astype(np.int64) * n_nodes + sent.col[ahead]
    amount = np.zeros(len(first), dtype=np.int64)
    amount[np.searchsorted(key[first], pair)] = sent.data[ahead]
    # Of arcs between the same two nodes the first take what they have room for.
    size = np.diff(first, append=len(key))
    before = np.cumsum(room) - room
    before -= np.repeat(before[first], size)
    taken = np.clip(np.repeat(amount, size) - before, 0, room)
    after = flow.copy()
    np.add.at(after, left.arc[cheap], taken * left.sign[cheap])
    return int(found.flow_value), after
