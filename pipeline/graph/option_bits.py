"""Sets of options as bits of whole numbers, 64 per word."""

import numba
import numpy as np
import numpy.typing as npt

from pipeline.core.types import Bools, Ints

Words = npt.NDArray[np.uint64]


def bits(sets: Bools) -> Words:
    """Convert rows of options to rows of words; option i is bit i % 64 of word i // 64.

    Parameters
    ----------
    sets : ndarray of bool
        Rows are sets, columns options.

    Returns
    -------
    ndarray of uint64
        Rows are sets; bits beyond the options are 0.
    """
    count = -(-sets.shape[1] // 64)
    padded = np.zeros((len(sets), 64 * count), dtype=bool)
    padded[:, : sets.shape[1]] = sets
    packed = np.packbits(padded, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64)


@numba.njit(cache=True)
def ones(word: np.uint64) -> int:
    """How many bits of a word are set.

    Parameters
    ----------
    word : uint64
        The word.

    Returns
    -------
    int
        From 0 to 64.
    """
    two, four = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
    word = word - ((word >> np.uint64(1)) & two)
    word = (word & four) + ((word >> np.uint64(2)) & four)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@numba.njit(cache=True)
def lacking(sets: Words, have: Words) -> Ints:
    """How many of its options each set still lacks.

    Parameters
    ----------
    sets : ndarray of uint64
        Rows sets.
    have : ndarray of uint64
        One set: the options that are present.

    Returns
    -------
    ndarray of int
        One for each set.
    """
    found = np.zeros(len(sets), dtype=np.int64)
    for row in range(len(sets)):
        for word in range(sets.shape[1]):
            found[row] += ones(sets[row, word] & ~have[word])
    return found


@numba.njit(cache=True)
def largest_inside(sets: Words) -> Ints:
    """For each set the largest earlier set that is not empty and is a subset of it.

    Parameters
    ----------
    sets : ndarray of uint64
        Rows are sets, in order of size, without duplicates.

    Returns
    -------
    ndarray of int
        Rows of `sets`; of equally large ones the last; -1 if there is none.
    """
    found = np.full(len(sets), -1, dtype=np.int64)
    for row in range(len(sets)):
        for other in range(row - 1, -1, -1):
            beyond, held = np.uint64(0), np.uint64(0)
            for word in range(sets.shape[1]):
                beyond |= sets[other, word] & ~sets[row, word]
                held |= sets[other, word]
            # Another set of the same size cannot be a subset, since there are no duplicates.
            if beyond == 0 and held != 0:
                found[row] = other
                break
    return found
