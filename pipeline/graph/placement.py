"""Where n posts stop most: moving unpredictably, or fixed and known to travellers.

*Randomised* (Washburn & Wood 1995): the curve (module `placement_curve`) tells how much n posts
stop; the prices of its flow tell where they stand, and its ways are the traveller's best answer.

*Fixed* and visible (Morton, Pan & Saeger 2007): travellers take the best way left. Where all posts,
new and standing, stop alike, what counts is how many of them the best way meets: the same flow with
chance 1 gives the fewest posts for t of them, and since its prices are whole numbers, so do whole
posts. Posts that differ take a mixed-integer program (module `placement_programs`).
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


def randomised(field: Field, found: Curve, numbers: Sequence[float]) -> list[Placement]:
    """The best placements of posts hidden from travellers, and the traveller's best answers.

    Parameters
    ----------
    field : Field
        The arcs.
    found : Curve
        Its curve, for at least as many posts.
    numbers : sequence of float
        Numbers of new posts; not necessarily whole.

    Returns
    -------
    list of Placement
        One for each number; no links and no ways where no corner is known.
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
    """The best whole posts that all can see, where new and standing ones stop alike.

    Parameters
    ----------
    field : Field
        The arcs, with chance 1 wherever a post stands.
    found : Curve
        Its curve with chance 1, for at least as many posts.
    numbers : sequence of int
        Numbers of new posts.

    Returns
    -------
    list of Placement
        One for each number. `value` is how many posts, new and standing, the best way meets. What
        is not needed for that is set on the next cut as far as it goes, so that the fewest ways
        stay open that meet no more. `ways` are those: no two share a link that may hold a post.
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
            # More posts need not stand where fewer do: only what adds to these is added.
            more = np.setdiff1d(whole[least + 1], links)
            links = np.union1d(links, more[:spare])
        ways = _open_ways(field, links, least)
        placed.append(Placement(float(least), links, np.ones(len(links)), ways))
    return placed


def levels(field: Field, found: Curve, n_posts: float) -> Floats:
    """Chance met up to each node when posts that move about are placed best.

    Parameters
    ----------
    field : Field
        The arcs.
    found : Curve
        Its curve, for at least as many posts, with a corner.
    n_posts : float
        New posts; not necessarily whole.

    Returns
    -------
    ndarray of float, shape (n_nodes,)
        0 at SOURCE, the value at SINK; no arc rises by more than its own chance and its post's.
    """
    corner = _corner(found, n_posts)
    costs = _costs(field, found, [corner])[corner]
    return np.asarray(_levels(*costs, value(found, n_posts) / UNIT) * UNIT)


def _corner(found: Curve, n_posts: float) -> int:
    """The corner whose ways are the traveller's best answer."""
    return int(np.argmin((found.cost + found.stop * n_posts) / found.ways))


def _nowhere(reached: float) -> Placement:
    return Placement(reached, np.empty(0, np.int64), np.empty(0), [])


def _whole(field: Field, found: Curve, met: list[int]) -> dict[int, Ints]:
    """The fewest links that make every way meet so many posts, by how many."""
    corners = [int(np.argmax(posts * found.ways - found.cost)) for posts in met]
    costs = _costs(field, found, corners)
    level = {
        posts: np.round(_levels(*costs[corner], posts / UNIT) * UNIT)
        for posts, corner in zip(met, corners, strict=True)
    }
    return {posts: _on_links(field, level[posts], 1.0)[0] for posts in met}


def _open_ways(field: Field, links: Ints, met: int) -> list[Ints]:
    """Ways that meet no more than `met` posts when new ones stand on `links`, the most there are.

    No two share a link that takes a post or carries one. There are such ways, and not without end:
    with so few posts none makes all ways meet more, and a way over links that can hold none leaves
    the curve without a corner.
    """
    chance = np.where(np.isin(field.link, links), 1.0, field.chance)
    apart = field.takes | (chance > 0)
    held = Field(field.n_nodes, field.tail, field.head, field.link, apart, chance)
    second = met + 2.0  # what a second way over the same link would cost
    flow = np.zeros(len(field.tail), dtype=np.int64)
    arcs = placement_field.adjacent(held, second)
    price = least_cost.distances(arcs, flow, np.zeros(field.n_nodes), SOURCE)
    price = np.minimum(price, price[SINK])
    return placement_field.paths(field, least_cost.augmented(arcs, flow, price)[1])


def _costs(field: Field, found: Curve, corners: list[int]) -> dict[int, tuple[Floats, Floats]]:
    """By corner, what a further way costs from SOURCE to each node, and from SINK, in UNIT."""
    arcs = placement_field.adjacent(field, found.stop)

    def away(corner: int, start: int) -> Floats:
        price = found.price[corner]
        further = least_cost.distances(arcs, found.flow[corner], price, start)
        return np.asarray(further + price - price[start])

    return {corner: (away(corner, SOURCE), away(corner, SINK)) for corner in sorted(set(corners))}


def _levels(from_source: Floats, from_sink: Floats, z: float) -> Floats:
    """Chance met up to each node, in UNIT, when the best way's is `z`: the defender's prices.

    With the flow of a corner given, these are all whose differences keep within what each arc costs
    that has room, 0 at SOURCE and z at SINK. The greatest of them take two searches, and are whole
    numbers where costs and z are.
    """
    return np.asarray(np.minimum(np.minimum(from_source, z + from_sink), z))


def _on_links(field: Field, level: Floats, stop: float) -> tuple[Ints, Floats]:
    """Links that take posts and whose ends differ in level, and the share of a post on each."""
    rise = level[field.head] - level[field.tail] - field.chance
    share = np.zeros(int(field.link.max(initial=-1)) + 1)
    np.maximum.at(share, field.link, np.where(field.takes, rise, 0.0) / stop)
    links = np.flatnonzero(share > SAME)
    return links, share[links]
