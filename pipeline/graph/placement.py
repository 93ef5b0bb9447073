"""Where n posts stop the most: posts that move at random, or fixed posts that travellers know.

*Randomised* (Washburn & Wood 1995): the curve (module `placement_curve`) gives the chance to be
stopped with n posts. The prices of its flow give the places of the posts, and its ways are the
traveller's best answer.

*Fixed* and visible (Morton, Pan & Saeger 2007): travellers take the best way left. If all posts,
new and existing, stop with the same chance, only the number of posts on the best way counts. The
same flow with chance 1 gives the fewest posts such that every way meets t of them, and since its
prices are whole numbers, whole posts are enough. Posts with different chances need a mixed-integer
program (module `placement_programs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.types import Floats, Ints
from pipeline.graph import least_cost, placement_field
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_curve import SAME, Curve, value
from pipeline.graph.placement_field import UNIT, Field


@dataclass(frozen=True)
class Placement:
    """Where posts go.

    Attributes
    ----------
    value : float
        Chance to be stopped on the best way left; for fixed posts, the number of posts that it
        meets.
    links : ndarray of int
        Links with a new post, ascending.
    share : ndarray of float
        Share of the time that a post is on each link.
    ways : list of ndarray of int
        The traveller's answer: arcs of each way in order; all ways are equally likely.
    """

    value: float
    links: Ints
    share: Floats
    ways: list[Ints]


def randomised(field: Field, found: Curve, numbers: Sequence[float]) -> list[Placement]:
    """The best placements of posts hidden from travellers, and the traveller's best answers.

    Parameters
    ----------
    field : Field
        The arcs.
    found : Curve
        The curve of the field, for at least this many posts.
    numbers : sequence of float
        Numbers of new posts; they may be fractions.

    Returns
    -------
    list of Placement
        One for each number; without links and ways if the curve has no corner.
    """
    if not len(found.ways):
        return [_nowhere(value(found, n_posts)) for n_posts in numbers]
    corners = [_corner(found, n_posts) for n_posts in numbers]
    costs = _costs(field, found, corners)
    ways = {corner: placement_field.paths(field, found.flow[corner]) for corner in costs}
    placed = []
    for n_posts, corner in zip(numbers, corners, strict=True):
        reached = value(found, n_posts)
        level = _levels(*costs[corner], reached / UNIT) * UNIT
        placed.append(Placement(reached, *_on_links(field, level, found.stop), ways[corner]))
    return placed


def fixed(field: Field, found: Curve, numbers: Sequence[int]) -> list[Placement]:
    """The best visible whole posts if new and existing posts stop with the same chance.

    Parameters
    ----------
    field : Field
        The arcs, with chance 1 on arcs with an existing post.
    found : Curve
        The curve of the field with chance 1, for at least this many posts.
    numbers : sequence of int
        Numbers of new posts.

    Returns
    -------
    list of Placement
        One for each number. `value` is how many posts, new and existing, the best way meets. Posts
        that are not needed for that are placed on the next cut as far as possible, so that the
        fewest ways meet no more than this number. `ways` are these ways: no two share a link that
        may hold a post.
    """
    if not len(found.ways):
        return [_nowhere(value(found, n_posts)) for n_posts in numbers]
    met = [int(np.floor(value(found, n_posts) + SAME)) for n_posts in numbers]
    whole = _whole(field, found, sorted({*met, *(posts + 1 for posts in met)}))
    placed = []
    for n_posts, least in zip(numbers, met, strict=True):
        links = whole[least]
        spare = n_posts - len(links)
        if spare > 0 and least + 1 <= found.most:
            # The places for more posts need not include those for fewer: only links that increase
            # this number are added.
            more = np.setdiff1d(whole[least + 1], links)
            links = np.union1d(links, more[:spare])
        ways = _open_ways(field, links, least)
        placed.append(Placement(float(least), links, np.ones(len(links)), ways))
    return placed


def levels(field: Field, found: Curve, n_posts: float) -> Floats:
    """Chance to be stopped up to each node when randomised posts are placed best.

    Parameters
    ----------
    field : Field
        The arcs.
    found : Curve
        The curve of the field, for at least this many posts, with a corner.
    n_posts : float
        Number of new posts; it may be a fraction.

    Returns
    -------
    ndarray of float, shape (n_nodes,)
        0 at SOURCE, the value at SINK; along an arc it rises at most by the arc's own chance plus
        that of its new post.
    """
    corner = _corner(found, n_posts)
    costs = _costs(field, found, [corner])[corner]
    return np.asarray(_levels(*costs, value(found, n_posts) / UNIT) * UNIT)


def _corner(found: Curve, n_posts: float) -> int:
    """The corner of the curve whose ways are the traveller's best answer."""
    return int(np.argmin((found.cost + found.stop * n_posts) / found.ways))


def _nowhere(reached: float) -> Placement:
    return Placement(reached, np.empty(0, np.int64), np.empty(0), [])


def _whole(field: Field, found: Curve, met: list[int]) -> dict[int, Ints]:
    """By number of posts: the fewest links such that every way meets so many posts."""
    corners = [int(np.argmax(posts * found.ways - found.cost)) for posts in met]
    costs = _costs(field, found, corners)
    level = {
        posts: np.round(_levels(*costs[corner], posts / UNIT) * UNIT)
        for posts, corner in zip(met, corners, strict=True)
    }
    return {posts: _on_links(field, level[posts], 1.0)[0] for posts in met}


def _open_ways(field: Field, links: Ints, met: int) -> list[Ints]:
    """The largest number of ways that meet at most `met` posts when new posts are on `links`.

    No two ways share a link that can take a post or has one. Such ways exist, since with so few
    posts not all ways meet more posts; and their number is limited, since a way over links that
    cannot hold a post would leave the curve without a corner.
    """
    chance = np.where(np.isin(field.link, links), 1.0, field.chance)
    apart = field.takes | (chance > 0)
    held = Field(field.n_nodes, field.tail, field.head, field.link, apart, chance)
    second = met + 2.0  # cost of a second way over the same link
    flow = np.zeros(len(field.tail), dtype=np.int64)
    arcs = placement_field.adjacent(held, second)
    price = least_cost.distances(arcs, flow, np.zeros(field.n_nodes), SOURCE)
    price = np.minimum(price, price[SINK])
    return placement_field.paths(field, least_cost.augmented(arcs, flow, price)[1])


def _costs(field: Field, found: Curve, corners: list[int]) -> dict[int, tuple[Floats, Floats]]:
    """By corner: the cost of a further way from SOURCE to each node, and from SINK, in UNIT."""
    arcs = placement_field.adjacent(field, found.stop)

    def away(corner: int, start: int) -> Floats:
        price = found.price[corner]
        further = least_cost.distances(arcs, found.flow[corner], price, start)
        return np.asarray(further + price - price[start])

    return {corner: (away(corner, SOURCE), away(corner, SINK)) for corner in sorted(set(corners))}


def _levels(from_source: Floats, from_sink: Floats, z: float) -> Floats:
    """Chance up to each node, in UNIT, if the best way has chance `z`: the defender's prices.

    For the flow of a corner, valid prices are 0 at SOURCE and z at SINK, and along an arc with room
    they rise by at most its cost. The greatest valid prices need two searches; they are whole
    numbers if costs and z are.
    """
    return np.asarray(np.minimum(np.minimum(from_source, z + from_sink), z))


def _on_links(field: Field, level: Floats, stop: float) -> tuple[Ints, Floats]:
    """Links that can take posts and whose ends differ in level, and the share of a post on each."""
    rise = level[field.head] - level[field.tail] - field.chance
    share = np.zeros(int(field.link.max(initial=-1)) + 1)
    np.maximum.at(share, field.link, np.where(field.takes, rise, 0.0) / stop)
    links = np.flatnonzero(share > SAME)
    return links, share[links]
