"""A set of OpenStreetMap ids in two bytes an id, for sets too large for 64-bit integers.

Ids that share all but their last 16 bits stand together, and of each only these are kept.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from pipeline.core.types import Bools, Ints

Shorts = npt.NDArray[np.uint16]
LOW_BITS = 16


@dataclass(frozen=True)
class IdSet:
    """Rising ids: group g, of ids with the same upper bits, is `low[start[g]:start[g + 1]]`."""

    start: Ints
    low: Shorts


class Growing:
    """A set that is filled in rising order, piece by piece."""

    def __init__(self) -> None:
        self.low: list[Shorts] = []
        self.count: list[tuple[Ints, Ints]] = []

    def add(self, ids: Ints) -> None:
        """Add rising ids, all above those added before."""
        self.low.append((ids & ((1 << LOW_BITS) - 1)).astype(np.uint16))
        high, count = np.unique(ids >> LOW_BITS, return_counts=True)
        self.count.append((high, count))

    def whole(self) -> IdSet:
        """The set of all that were added."""
        groups = 1 + max((int(high[-1]) for high, _ in self.count if len(high)), default=0)
        counts = np.zeros(groups + 1, dtype=np.int64)
        for high, count in self.count:
            counts[high + 1] += count
        low = np.concatenate(self.low) if self.low else np.empty(0, np.uint16)
        return IdSet(np.cumsum(counts), low)


def holds(found: IdSet, ids: Ints) -> Bools:
    """Which ids are in the set; O(log) of the group's size each."""
    return np.asarray(_holds(found.start, found.low, np.ascontiguousarray(ids)))


@numba.njit(cache=True)
def _holds(start: Ints, low: Shorts, ids: Ints) -> Bools:
    result = np.zeros(len(ids), np.bool_)
    for row in range(len(ids)):
        high = ids[row] >> LOW_BITS
        if high < 0 or high >= len(start) - 1:
            continue
        wanted = ids[row] & ((1 << LOW_BITS) - 1)
        a, b = start[high], start[high + 1]
        while a < b:
            middle = (a + b) // 2
            if low[middle] < wanted:
                a = middle + 1
            else:
                b = middle
        result[row] = a < start[high + 1] and low[a] == wanted
    return result
