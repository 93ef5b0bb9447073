"""Segments joined to chains, each case worked out by hand."""

import numpy as np
import pytest

from pipeline.graph.chains import Chains, chains

Segments = list[tuple[int, int]]


def joined(
    n: int, segments: Segments, *, oneway: str = "", likeness: str = "", stays: tuple[int, ...] = ()
) -> Chains:
    """`oneway` says `>`, `<` or `-` for each segment, `likeness` a digit."""
    a, b = np.array(segments, dtype=np.int64).reshape(-1, 2).T
    way = [{">": 1, "<": -1, "-": 0}[mark] for mark in oneway or "-" * len(segments)]
    like = [int(mark) for mark in likeness or "0" * len(segments)]
    return chains(n, a, b, np.array(like, dtype=np.int64), np.array(way, dtype=np.int64),
                  np.isin(np.arange(n), stays))  # fmt: skip


@pytest.mark.parametrize(
    ("segments", "oneway", "position", "turned"),
    [
        ([(0, 1), (1, 2), (2, 3)], "---", [0, 1, 2], [0, 0, 0]),
        # As the first segment runs, wherever the chain is found first.
        ([(2, 3), (1, 2), (0, 1)], "---", [2, 1, 0], [0, 0, 0]),
        ([(3, 2), (1, 2), (0, 1)], "---", [0, 1, 2], [0, 1, 1]),
        ([(1, 0), (1, 2), (2, 3)], "---", [2, 1, 0], [0, 1, 1]),
        # As it may be driven, where one may not drive both ways.
        ([(0, 1), (1, 2), (2, 3)], ">>>", [0, 1, 2], [0, 0, 0]),
        ([(0, 1), (1, 2), (2, 3)], "<<<", [2, 1, 0], [1, 1, 1]),
        ([(1, 0), (1, 2), (3, 2)], "<><", [0, 1, 2], [1, 0, 1]),
        ([(1, 0), (1, 2), (3, 2)], "><>", [2, 1, 0], [0, 1, 0]),
    ],
)
def test_a_chain_runs_as_its_first_segment_or_as_one_may_drive(
    segments: Segments, oneway: str, position: list[int], turned: list[int]
) -> None:
    found = joined(4, segments, oneway=oneway)
    assert found.chain.tolist() == [0, 0, 0]
    assert found.position.tolist() == position
    assert found.reversed.astype(int).tolist() == turned
    assert found.stays.tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("more", "stays"),
    [
        ({}, [0, 2]),
        ({"stays": (1,)}, [0, 1, 2]),
        ({"likeness": "12"}, [0, 1, 2]),
        ({"likeness": "11"}, [0, 2]),
        ({"oneway": ">>"}, [0, 2]),
        ({"oneway": "<<"}, [0, 2]),
        ({"oneway": "><"}, [0, 1, 2]),
        ({"oneway": "<>"}, [0, 1, 2]),
        ({"oneway": ">-"}, [0, 1, 2]),
        ({"oneway": "-<"}, [0, 1, 2]),
    ],
)
def test_where_a_chain_ends(more: dict[str, str], stays: list[int]) -> None:
    found = joined(3, [(0, 1), (1, 2)], **more)  # type: ignore[arg-type]
    assert np.flatnonzero(found.stays).tolist() == stays
    assert found.chain.tolist() == ([0, 1] if 1 in stays else [0, 0])


def test_a_chain_is_found_from_its_ends_whatever_their_numbers() -> None:
    found = joined(3, [(1, 0), (0, 2)])
    assert (found.chain.tolist(), found.position.tolist()) == ([0, 0], [0, 1])
    assert np.flatnonzero(found.stays).tolist() == [1, 2]


def test_a_junction_ends_three_chains_numbered_by_their_first_segments() -> None:
    found = joined(6, [(3, 4), (0, 1), (1, 2), (1, 3), (4, 1)])
    assert found.chain.tolist() == [0, 1, 2, 0, 0]
    assert found.position.tolist() == [1, 0, 0, 0, 2]
    assert np.flatnonzero(found.stays).tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize(
    ("segments", "oneway", "position", "turned"),
    [
        ([(0, 1), (1, 2), (2, 0)], "---", [0, 1, 2], [0, 0, 0]),
        ([(0, 1), (1, 2), (2, 0)], ">>>", [0, 1, 2], [0, 0, 0]),
        ([(0, 1), (1, 2), (2, 0)], "<<<", [2, 1, 0], [1, 1, 1]),
        ([(0, 1), (0, 1)], "--", [0, 1], [0, 1]),
        ([(0, 0)], "-", [0], [0]),
    ],
)
def test_a_ring_without_a_vertex_that_stays_keeps_its_first(
    segments: Segments, oneway: str, position: list[int], turned: list[int]
) -> None:
    n = 1 + max(max(ends) for ends in segments)
    found = joined(n, segments, oneway=oneway)
    assert found.chain.tolist() == [0] * len(segments)
    assert found.position.tolist() == position
    assert found.reversed.astype(int).tolist() == turned
    assert np.flatnonzero(found.stays).tolist() == [0]


def test_no_segment_is_no_chain() -> None:
    found = joined(2, [])
    assert len(found.chain) == 0
    assert found.stays.tolist() == [True, True]
