"""Contract vertices of degree two: chains of segments become links."""

from dataclasses import dataclass

import numba
import numpy as np

from pipeline.core.types import Bools, Ints
from pipeline.graph.adjacency import Whole, halves


@dataclass(frozen=True)
class Chains:
    """Chains of segments between vertices that stay.

    For each segment: `chain` (number), `position` in it from 0, `reversed` (passed from b to a).
    `stays` marks the vertices at which chains begin or end.
    """

    chain: Ints
    position: Ints
    reversed: Bools
    stays: Bools


def chains(n_vertices: int, a: Ints, b: Ints, likeness: Ints, oneway: Ints, stays: Bools) -> Chains:
    """The chains of the segments a–b; a chain has the direction of its first segment.

    A vertex stays if it is marked, if it is a junction or an end (the number of segments there is
    not two), if its two segments differ in `likeness`, or if their `oneway` (1 along a–b, -1
    against, 0 both) does not allow one to be passed after the other. A ring without such a vertex
    keeps its first one. One-way chains get the direction in which they may be used.

    Parameters
    ----------
    n_vertices : int
        Number of vertices.
    a, b : ndarray of int
        The vertices that each segment joins.
    likeness : ndarray of int
        Segments with different numbers are not joined.
    oneway : ndarray of int
        1 along a–b, -1 against, 0 both.
    stays : ndarray of bool
        Vertices that must stay.

    Returns
    -------
    Chains
        The chain of each segment, its position and direction in the chain.
    """
    a, b = a.astype(np.int32), b.astype(np.int32)
    pointer, half = halves(n_vertices, a, b)
    stays = stays | (np.diff(pointer) != 2)
    passed = np.flatnonzero(~stays)
    one, other = half[pointer[passed]], half[pointer[passed] + 1]
    outward = oneway[half // 2] * np.where(half % 2 == 0, 1, -1)
    unlike = likeness[one // 2] != likeness[other // 2]
    unlike |= outward[pointer[passed]] != -outward[pointer[passed] + 1]
    stays[passed[unlike]] = True
    chain, position, backward = _traced(pointer, half, a, b, stays)
    return _turned(Chains(chain, position, backward, stays), oneway)


@numba.njit(cache=True)
def _traced(
    pointer: Whole, half: Whole, a: Whole, b: Whole, stays: Bools
) -> tuple[Ints, Ints, Bools]:
    n_vertices, n = len(pointer) - 1, len(a)
    chain = np.full(n, -1, np.int64)
    position = np.zeros(n, np.int64)
    backward = np.zeros(n, np.bool_)
    count = 0
    for rings in range(2):  # first from the vertices that stay; the remaining segments are rings
        for vertex in range(n_vertices):
            if stays[vertex] != (rings == 0):
                continue
            for at in range(pointer[vertex], pointer[vertex + 1]):
                step = half[at]
                if chain[step // 2] >= 0:
                    continue
                stays[vertex] = True
                place = 0
                while True:
                    segment = step // 2
                    chain[segment] = count
                    position[segment] = place
                    backward[segment] = step % 2 == 1
                    place += 1
                    end = a[segment] if step % 2 == 1 else b[segment]
                    if stays[end]:
                        break
                    back = step ^ 1
                    first = half[pointer[end]]
                    step = half[pointer[end] + 1] if first == back else first
                count += 1
    return chain, position, backward


def _turned(found: Chains, oneway: Ints) -> Chains:
    """Renumber chains by first segment; turn them in its direction, or that of one-way segments."""
    n = len(found.chain)
    count = int(found.chain.max()) + 1 if n else 0
    first = np.full(count, n, dtype=np.int64)
    np.minimum.at(first, found.chain, np.arange(n))
    number = np.empty(count, dtype=np.int64)
    number[np.argsort(first)] = np.arange(count)
    along = oneway[first] * np.where(found.reversed[first], -1, 1)
    turn = np.where(along != 0, along < 0, found.reversed[first])
    last = np.bincount(found.chain, minlength=count) - 1
    turned = turn[found.chain]
    position = np.where(turned, last[found.chain] - found.position, found.position)
    return Chains(number[found.chain], position, found.reversed ^ turned, found.stays)
