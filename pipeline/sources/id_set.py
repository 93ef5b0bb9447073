"""A set of OpenStreetMap ids in two bytes an id or less, for sets too large for 64-bit integers.

Ids that are equal except for their last 16 bits form a group, and only these 16 bits are stored: as
a list, or in a large group as a bit for each possible id (as in Roaring bitmaps,
https://arxiv.org/abs/1603.06549).
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.types import Bools, Ints

Shorts = npt.NDArray[np.uint16]
Bytes = npt.NDArray[np.uint8]
LOW_BITS = 16
GROUP_BYTES = (1 << LOW_BITS) // 8
MOST_LISTED = GROUP_BYTES // 2  # largest group whose list takes no more room than its bits


@dataclass(frozen=True)
class IdSet:
    """Rising ids: group g, of ids with the same upper bits, is `low[start[g]:start[g + 1]]`.

    If `row[g]` is not negative, group g is instead the bits of `bits[row[g]]`.
    """

    start: Ints
    low: Shorts
    row: Ints
    bits: Bytes


class Growing:
    """A set that is filled in rising order, piece by piece."""

    def __init__(self) -> None:
        self.low: list[Shorts] = []
        self.count: list[tuple[Ints, Ints]] = []

    def add(self, ids: Ints) -> None:
        """Add rising ids, all greater than those added before."""
        self.low.append((ids & ((1 << LOW_BITS) - 1)).astype(np.uint16))
        high, count = np.unique(ids >> LOW_BITS, return_counts=True)
        self.count.append((high, count))

    def whole(self) -> IdSet:
        """The set of all added ids."""
        groups = 1 + max((int(high[-1]) for high, _ in self.count if len(high)), default=0)
        counts = np.zeros(groups, dtype=np.int64)
        for high, count in self.count:
            counts[high] += count
        low = np.concatenate(self.low) if self.low else np.empty(0, np.uint16)
        many = counts > MOST_LISTED
        row = np.where(many, np.cumsum(many) - 1, -1)
        bits = np.zeros((int(many.sum()), GROUP_BYTES), dtype=np.uint8)
        start = np.concatenate([[0], np.cumsum(counts)])
        for group in np.flatnonzero(many).tolist():
            there = np.zeros(1 << LOW_BITS, dtype=bool)
            there[low[start[group] : start[group + 1]]] = True
            bits[row[group]] = np.packbits(there, bitorder="little")
        listed = low[np.repeat(~many, counts)]
        start = np.concatenate([[0], np.cumsum(np.where(many, 0, counts))])
        return IdSet(start, listed, row, bits)


def put(found: IdSet, folder: Path) -> None:
    """Write a set to a folder, so that other processes can use it without a copy of their own."""
    folder.mkdir(exist_ok=True)
    for name, array in vars(found).items():
        np.save(folder / f"{name}.npy", array)


def at(folder: Path) -> IdSet:
    """The set in a folder; its parts are read from the file as they are looked at."""
    names = [field.name for field in fields(IdSet)]
    arrays = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in names)
    return IdSet(*map(np.asarray, arrays))


def distinct(ids: Ints) -> Ints:
    """Each id once, rising, by sorting; numpy's `unique` takes ten times as long."""
    found = np.sort(ids)
    return np.asarray(found[np.append(True, found[1:] != found[:-1])[: len(found)]])


def holds(found: IdSet, ids: Ints) -> Bools:
    """Whether each id is in the set; O(log n) each, n being the size of the largest listed group.

    One binary search runs for all ids at once on arrays, so that no compiler needs to be loaded.
    """
    result = np.zeros(len(ids), dtype=bool)
    high = ids >> LOW_BITS
    at = np.flatnonzero((high >= 0) & (high < len(found.row)))
    row = found.row[high[at]]
    marked, row = at[row >= 0], row[row >= 0]
    low = ids[marked] & ((1 << LOW_BITS) - 1)
    result[marked] = found.bits[row, low >> 3] >> (low & 7).astype(np.uint8) & 1
    begin, end = found.start[high[at]], found.start[high[at] + 1]
    some = begin < end
    listed, begin, end = at[some], begin[some], end[some]
    if len(listed):
        result[listed] = _listed(found.low, (begin, end), ids[listed])
    return result


def _listed(low: Shorts, group: tuple[Ints, Ints], ids: Ints) -> Bools:
    """Whether each id is in the listed group (begin, end) beside it; no group is empty."""
    begin, end = group
    wanted = (ids & ((1 << LOW_BITS) - 1)).astype(np.uint16)
    last = end - 1
    for _ in range(int((end - begin).max()).bit_length()):
        middle = (begin + end) >> 1
        below = low[np.minimum(middle, last)] < wanted
        still = begin < end
        begin = np.where(still & below, middle + 1, begin)
        end = np.where(still & ~below, middle, end)
    return np.asarray((begin <= last) & (low[np.minimum(begin, last)] == wanted))
