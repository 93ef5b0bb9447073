"""The shortest way between the two ends of each link without that link, for all links at once.

It is fast for three reasons. A bridge has no way round and needs no search. Links in a row without
a junction between them share one search, and so do all links of a circle. Each search runs from
both ends at once (Dantzig 1960, Nicholson 1966) and stops where the two meet.
"""

from dataclasses import dataclass

import numba
import numpy as np

from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.adjacency import Whole, halves
from pipeline.graph.bridges import bridges, circles
from pipeline.graph.chains import chains
from pipeline.graph.heap import popped, pushed

ALONG, AGAINST = 1, 2  # a half may be passed away from the node that it leaves, or towards it


@dataclass(frozen=True)
class Rows:
    """Rows of links between two nodes, `first` and `last`: number, length, and whether asked for.

    Either all links of a row are one-way, from first to last, or none is.
    """

    first: Ints
    last: Ints
    oneway: Bools
    links: Ints
    length_m: Floats
    asked: Bools


def detours(
    n_nodes: int,
    start: Ints,
    end: Ints,
    oneway: Bools,
    length_m: Floats,
    asked: Bools | None = None,
) -> Floats:
    """Length in metres of the shortest way round each link; infinite if there is none.

    Link k leads from node `start[k]` to `end[k]`; a `oneway` link is passed only in this direction.
    For a link that may be used in both directions, the result is the longer of the ways there and
    back, since closing the link closes both. A link from a node to itself needs no detour: 0. Links
    that are not `asked` for may be passed, but the values returned for them have no meaning.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    start, end : ndarray of int
        The nodes that each link leads from and to.
    oneway : ndarray of bool
        Links that are passed from start to end only.
    length_m : ndarray of float
        Lengths in metres.
    asked : ndarray of bool, optional
        Links to compute; all if it is missing.

    Returns
    -------
    ndarray of float
        Metres, one for each link.
    """
    asked = np.ones(len(start), np.bool_) if asked is None else asked
    result = np.full(len(start), np.inf)
    result[start == end] = 0.0
    left = np.flatnonzero(~bridges(n_nodes, start, end).bridge & (start != end))
    if not len(left):
        return result
    rows, row = _in_rows(n_nodes, start[left], end[left], oneway[left], length_m[left], asked[left])
    # The way round a link leads over all other links of its row.
    result[left] = _round(n_nodes, rows)[row] + (rows.length_m[row] - length_m[left])
    return result


def _in_rows(
    n_nodes: int, start: Ints, end: Ints, oneway: Bools, length_m: Floats, asked: Bools
) -> tuple[Rows, Ints]:
    """The rows of a network, and the row of each link."""
    alike = np.zeros(len(start), np.int64)
    found = chains(n_nodes, start, end, alike, oneway.astype(np.int64), np.zeros(n_nodes, np.bool_))
    row, count = found.chain, int(found.chain.max()) + 1
    tail = np.where(found.reversed, end, start)
    head = np.where(found.reversed, start, end)
    order = np.lexsort((found.position, row))
    begins = np.flatnonzero(np.diff(row[order], prepend=-1))
    ends = np.append(begins[1:], len(row)) - 1
    rows = Rows(
        first=tail[order][begins],
        last=head[order][ends],
        oneway=np.bincount(row, oneway, count) > 0,
        links=np.bincount(row, minlength=count),
        length_m=np.asarray(np.bincount(row, length_m, count), dtype=np.float64),
        asked=np.bincount(row, asked, count) > 0,
    )
    return rows, row


def _round(n_nodes: int, rows: Rows) -> Floats:
    """Length of the shortest way between each row's ends without it; infinite if none exists.

    The way round leads over all other links of the row's circle, against the row. So a two-way row
    has a way round if no row of its circle is one-way. A one-way row has one if it has a single
    link and no other row of its circle is one-way in the same direction.
    """
    found = circles(n_nodes, rows.first, rows.last)
    circle, count = found.circle, int(found.circle.max()) + 1
    closes = np.where(rows.oneway, rows.links, 0)
    against = np.bincount(circle, np.where(found.against, closes, 0), count)
    along = np.bincount(circle, np.where(found.against, 0, closes), count)
    only = rows.oneway & (np.where(found.against, against[circle], along[circle]) == 1)
    free = (along + against == 0)[circle]
    asked = (np.bincount(circle, rows.asked, count) > 0)[circle]
    leader = np.empty(count, np.int64)
    leader[circle[::-1]] = np.arange(len(circle))[::-1]
    leads = np.zeros(len(circle), np.bool_)
    leads[leader] = True
    there = np.flatnonzero(asked & (only | (free & leads)))
    back = np.flatnonzero(asked & free & leads & rows.oneway.any())
    way_m = np.full(len(circle), np.inf)
    way_m[there] = 0.0
    task, source, target = _tasks(rows, there, back)
    np.maximum.at(way_m, task, _shortest(n_nodes, rows, task, source, target))
    led_m = way_m[leader[circle]] + (rows.length_m[leader[circle]] - rows.length_m)
    return np.where(free, led_m, np.where(only, way_m, np.inf))


def _tasks(rows: Rows, there: Ints, back: Ints) -> tuple[Ints, Ints, Ints]:
    """Searches: the row to leave out, source and target; some rows also need the way back."""
    return (
        np.concatenate([there, back]),
        np.concatenate([rows.first[there], rows.last[back]]),
        np.concatenate([rows.last[there], rows.first[back]]),
    )


def _shortest(n_nodes: int, rows: Rows, without: Ints, source: Ints, target: Ints) -> Floats:
    """Length of the shortest way from each source to its target without its row."""
    used = np.zeros(n_nodes, np.bool_)
    used[rows.first] = used[rows.last] = True
    number = np.cumsum(used, dtype=np.int32) - np.int32(1)
    tail, head = number[rows.first], number[rows.last]
    pointer, half = halves(int(used.sum()), tail, head)
    row, second = half >> 1, (half & 1) > 0
    may = np.where(rows.oneway[row], np.where(second, AGAINST, ALONG), ALONG | AGAINST)
    return np.asarray(
        _met(
            pointer,
            np.where(second, tail[row], head[row]),
            rows.length_m[row],
            (row << 2 | may).astype(np.int32),
            without.astype(np.int32),
            number[source],
            number[target],
            numba.get_num_threads(),
        )
    )


@numba.njit(cache=True, parallel=True)
def _met(
    pointer: Whole,
    onward: Whole,
    length_m: Floats,
    code: Whole,
    without: Whole,
    source: Whole,
    target: Whole,
    workers: int,
) -> Floats:
    """Shortest way from `source[k]` to `target[k]` without row `without[k]`, for each k.

    Half h leads to `onward[h]`; its `code` is four times its row, plus the allowed directions.
    """
    found = np.empty(len(without))
    n = len(pointer) - 1
    for worker in numba.prange(workers):
        # Rows 0 and 1 are the search from the source and the one from the target.
        distance = np.full((2, n), np.inf)
        key = np.empty((2, len(onward) + 2))
        node = np.empty((2, len(onward) + 2), np.int32)
        touched = np.empty((2, n), np.int32)
        size = np.zeros(2, np.int64)
        marks = np.zeros(2, np.int64)
        for task in range(worker, len(without), workers):
            best = 0.0 if source[task] == target[task] else np.inf
            for side in range(2):
                begin = target[task] if side else source[task]
                distance[side, begin] = 0.0
                touched[side, 0] = begin
                marks[side] = size[side] = 1
                key[side, 0] = 0.0
                node[side, 0] = begin
            while size[0] and size[1] and key[0, 0] + key[1, 0] < best:
                side = 0 if size[0] <= size[1] else 1
                other = 1 - side
                passed = AGAINST if side else ALONG
                near, at = popped(key[side], node[side], size[side])
                size[side] -= 1
                if near > distance[side, at]:
                    continue
                for half in range(pointer[at], pointer[at + 1]):
                    if code[half] >> 2 == without[task] or not code[half] & passed:
                        continue
                    far, to = near + length_m[half], onward[half]
                    if far >= distance[side, to]:
                        continue
                    if distance[side, to] == np.inf:
                        touched[side, marks[side]] = to
                        marks[side] += 1
                    distance[side, to] = far
                    best = min(best, far + distance[other, to])
                    if far + key[other, 0] < best:
                        pushed(key[side], node[side], size[side], far, to)
                        size[side] += 1
            found[task] = best
            for side in range(2):
                for mark in range(marks[side]):
                    distance[side, touched[side, mark]] = np.inf
    return found
