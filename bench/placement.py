"""Fields to place posts on: a grid of roads between two zones, on which some posts stand."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.graph import placement
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field

WIDE = 60  # roads side by side: the minimum cut is somewhat less
KEPT = 0.9  # share of the grid's links that are there
STANDING = 200
MOST_POSTS = 100.0  # more than there are roads side by side: the value reaches 1 before
ASKED = (1.0, 5.0, 20.0)


def given(n_links: int) -> Field:
    """A grid of about so many links, all two-way, from its first row to its last."""
    long = max(3, round(n_links / (2 * WIDE * KEPT)))
    node = np.arange(WIDE * long, dtype=np.int64).reshape(long, WIDE) + 2
    random = np.random.default_rng(1)
    across = np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()])
    along = np.column_stack([node[:-1].ravel(), node[1:].ravel()])
    ends = np.vstack([across, along])
    ends = ends[random.random(len(ends)) < KEPT]
    link = np.arange(len(ends), dtype=np.int64)
    stands = np.zeros(len(ends) + 2 * WIDE, dtype=bool)
    stands[random.choice(len(ends), min(STANDING, len(ends) // 50), replace=False)] = True
    outer = len(ends) + np.arange(2 * WIDE, dtype=np.int64)
    links = np.concatenate([link, link, outer])
    return Field(
        n_nodes=WIDE * long + 2,
        tail=np.concatenate([ends[:, 0], ends[:, 1], np.full(WIDE, SOURCE), node[-1]]),
        head=np.concatenate([ends[:, 1], ends[:, 0], node[0], np.full(WIDE, SINK)]),
        link=links,
        takes=~stands[links] & (links < len(ends)),
        chance=stands[links].astype(np.float64),
    )


def written(n_links: int, path: Path) -> Field:
    """The field, written for the other side."""
    field = given(n_links)
    arrays = {name: getattr(field, name) for name in ("tail", "head", "link", "takes", "chance")}
    np.savez(path, n_nodes=field.n_nodes, asked=np.array(ASKED), **arrays)
    return field


def values(field: Field) -> npt.NDArray[np.float64]:
    """The whole curve, then its values at the numbers of posts asked for."""
    curve = placement.curve(field, 1.0, MOST_POSTS)
    return np.array([placement.value(curve, n_posts) for n_posts in ASKED])
