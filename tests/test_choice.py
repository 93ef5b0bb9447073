"""Which crossing demand chooses among known minutes."""

import numpy as np
import pytest

from pipeline.core.types import Floats
from pipeline.travel import choice
from pipeline.travel.choice import Choice
from pipeline.travel.demand import Demand
from pipeline.travel.routing import Ways
from tests import drawn
from tests.test_routing import network, rows

INF = np.inf
WHERE: drawn.Places = {"a": (0, -10), "c1": (0, 0), "c2": (5, 0), "b": (0, 10), "d": (10, 10)}
# Two crossings, four pairs: the second pair has no way, the third none that is faster.
MINUTES = np.array([[10.0, INF, 20.0, 30.0], [12.0, INF, 20.0, INF]])
KM = np.array([[9.0, INF, 19.0, 29.0], [11.0, INF, 21.0, INF]])


def demand(weight: Floats) -> Demand:
    """From each of two places to each of two others, as many pairs as there are weights."""
    rows = (np.array([0, 0, 1, 1])[: len(weight)], np.array([0, 1, 0, 1])[: len(weight)])
    return Demand(np.array([5, 6]), np.array([7, 8]), rows, weight, {})


def chosen() -> Choice:
    return choice.among(Ways(MINUTES, KM), demand(np.array([0.1, 0.2, 0.3, 0.4])))


def test_each_pair_takes_the_fastest_way_and_of_equal_ones_the_first() -> None:
    found = chosen()
    assert found.minutes.tolist() == MINUTES[:, [0, 2, 3]].tolist()
    assert found.weight.tolist() == pytest.approx([0.125, 0.375, 0.5])
    assert found.unreachable_share == pytest.approx(0.2)
    assert (found.first.tolist(), found.second.tolist()) == ([0, 0, 0], [1, 1, -1])
    assert found.km.tolist() == [[9, 19, 29], [11, 21, INF]]
    assert (found.origin.tolist(), found.destination.tolist()) == ([5, 6, 6], [7, 7, 8])
    turned = choice.among(Ways(MINUTES[::-1], KM[::-1]), demand(np.array([0.1, 0.2, 0.3, 0.4])))
    assert (turned.first.tolist(), turned.second.tolist()) == ([1, 0, 1], [0, 1, -1])


def test_demands_of_the_same_pairs_have_the_same_ways_and_others_their_own() -> None:
    net = network(WHERE, "a-c1", "c1-b", "b-d", "a-c2", "c2-d", crossings={"x1": "c1", "x2": "c2"})
    a, b, d = (rows(net, name) for name in "abd")
    only = (np.zeros(1, np.int64), np.zeros(1, np.int64))
    demands = [
        Demand(a, to, only, np.array([weight]), {}) for to, weight in ((b, 1.0), (b, 2.0), (d, 1.0))
    ]
    found = choice.ways(net, demands)
    assert found[1] is found[0]
    for one, asked in zip(found, demands, strict=True):
        (alone,) = choice.ways(net, [asked])
        assert one.minutes.tolist() == alone.minutes.tolist()
    assert found[0].minutes[:, 0].tolist() == [20, pytest.approx(2 * np.hypot(5, 10) + 10)]
    assert found[2].minutes[:, 0].tolist() == [30, pytest.approx(np.hypot(5, 10) * 2)]


@pytest.mark.parametrize("crossings", [0, 1, 2])
def test_where_no_pair_has_a_way(crossings: int) -> None:
    none = np.full((crossings, 4), INF)
    found = choice.among(Ways(none, none), demand(np.full(4, 0.25)))
    assert (len(found.weight), found.unreachable_share) == (0, 1.0)
    assert found.minutes.shape == (crossings, 0)
    empty = choice.among(Ways(none[:, :0], none[:, :0]), demand(np.empty(0)))
    assert empty.unreachable_share is None


def test_pairs_of_no_weight_stay_pairs() -> None:
    found = choice.among(Ways(MINUTES, KM), demand(np.zeros(4)))
    assert found.weight.tolist() == [0, 0, 0]


def test_minutes_when_crossings_close() -> None:
    found = chosen()
    assert choice.fastest(found).tolist() == [10, 20, 30]
    assert choice.fastest(found, [0]).tolist() == [12, 20, INF]
    assert choice.fastest(found, [1]).tolist() == [10, 20, 30]
    assert choice.fastest(found, [0, 1]).tolist() == [INF, INF, INF]


def test_minutes_by_a_crossing() -> None:
    found = chosen()
    assert choice.by(found, found.minutes, found.first).tolist() == [10, 20, 30]
    assert choice.by(found, found.minutes, found.second).tolist() == [12, 20, INF]
    assert choice.by(found, found.minutes, np.array([1, 0, -1])).tolist() == [12, 20, INF]
    assert choice.by(found, np.empty((0, 3)), np.array([-1, -1, -1])).tolist() == [INF, INF, INF]


def test_shares_where_slower_ways_are_taken_too() -> None:
    found = chosen()
    far = np.exp(-0.1 * 2.0)  # two minutes more at a tenth a minute
    second = 0.125 * far / (1 + far) + 0.375 / 2
    shares = choice.logit_shares(found, np.array([1.0, 1.0]), 0.1)
    assert shares.tolist() == pytest.approx([1 - second, second])
    second = 0.125 * 3 * far / (1 + 3 * far) + 0.375 * 3 / 4
    shares = choice.logit_shares(found, np.array([1.0, 3.0]), 0.1)
    assert shares.tolist() == pytest.approx([1 - second, second])
    # However long all ways take: what counts is how much longer one takes than the other.
    late = choice.among(Ways(MINUTES + 1e5, KM), demand(np.array([0.1, 0.2, 0.3, 0.4])))
    assert choice.logit_shares(late, np.array([1.0, 3.0]), 0.1).tolist() == shares.tolist()


def test_shares_where_none_passes_a_crossing() -> None:
    found = chosen()
    assert choice.logit_shares(found, np.array([2.0, 0.0])).tolist() == pytest.approx([1, 0])
    # Of the pairs that the second serves; the last has no way then.
    assert choice.logit_shares(found, np.array([0.0, 2.0])).tolist() == pytest.approx([0, 1])
    assert choice.logit_shares(found, np.array([0.0, 0.0])).tolist() == [0, 0]


def test_the_weighted_mean() -> None:
    assert choice.mean(np.array([1.0, 4.0]), np.array([2.0, 1.0])) == pytest.approx(2.0)
    assert choice.mean(np.array([1.0, 4.0]), np.array([0.5, 0.25])) == pytest.approx(2.0)
    assert choice.mean(np.array([1.0, 4.0]), np.zeros(2)) is None
    assert choice.mean(np.empty(0), np.empty(0)) is None
