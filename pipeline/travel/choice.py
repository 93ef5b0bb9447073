"""Which crossing demand chooses, and its loss when crossings close: only array operations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core import parameters
from pipeline.core.types import Floats, Ints
from pipeline.travel.demand import Demand
from pipeline.travel.gate_matrices import by_crossing, from_gates, to_gates
from pipeline.travel.mode_network import Network
from pipeline.travel.routing import Ways

LOGIT_RATE_PER_MINUTE = parameters.number("logit_rate_per_minute")


@dataclass(frozen=True)
class Choice:
    """Demand that has a way: each pair's minutes by every crossing, and its two best crossings.

    Rows of `minutes` are crossings, columns pairs. `first` and `second` are rows of it (`second` is
    -1 if only one crossing serves the pair); the two rows of `km` are the km by these (infinite if
    there is none). `origin` and `destination` are rows of nodes. `weight` sums to 1;
    `unreachable_share` is the share of all demand that has no way and is left out.
    """

    minutes: Floats
    km: Floats
    origin: Ints
    destination: Ints
    weight: Floats
    unreachable_share: float | None
    first: Ints
    second: Ints


def choose(network: Network, demand: Demand) -> Choice:
    """The choice of each pair among the crossings of a network.

    Parameters
    ----------
    network : Network
        The network, with the places of the demand as nodes.
    demand : Demand
        The pairs and their weights.

    Returns
    -------
    Choice
        Of equally fast ways, the one by the crossing whose id comes first.
    """
    (found,) = ways(network, [demand])
    return among(found, demand)


def ways(network: Network, demands: Sequence[Demand]) -> list[Ways]:
    """The fastest way by each crossing, for each pair of several demands.

    The network is searched once for the places of all demands. Demands with the same pairs share
    the same arrays.

    Parameters
    ----------
    network : Network
        The network, with the places of the demands as nodes.
    demands : sequence of Demand
        The pairs; their weights do not matter.

    Returns
    -------
    list of Ways
        Minutes and km for each demand: rows crossings, columns pairs.
    """
    origins = np.unique(np.concatenate([one.origin for one in demands]))
    destinations = np.unique(np.concatenate([one.destination for one in demands]))
    to, on = to_gates(network, origins), from_gates(network, destinations)
    found: list[Ways] = []
    for number, one in enumerate(demands):
        before = (ways for other, ways in zip(demands[:number], found, strict=True)
                  if _same_pairs(one, other))  # fmt: skip
        alike = next(before, None)
        if alike is None:
            i, j = one.pairs
            rows = np.searchsorted(origins, one.origin)[i]
            columns = np.searchsorted(destinations, one.destination)[j]
            alike = by_crossing(network, to, on, (rows, columns))
        found.append(alike)
    return found


def _same_pairs(one: Demand, other: Demand) -> bool:
    """Whether two demands have the same pairs in the same order."""
    ends = ((one.origin, other.origin), (one.destination, other.destination))
    return all(np.array_equal(a, b) for a, b in (*ends, *zip(one.pairs, other.pairs, strict=True)))


def among(ways: Ways, demand: Demand) -> Choice:
    """The choice of each pair of a demand among its ways.

    Parameters
    ----------
    ways : Ways
        The ways of the demand, or of another demand with the same pairs.
    demand : Demand
        The pairs and their weights.

    Returns
    -------
    Choice
        The choice of the pairs that have a way.
    """
    reached = np.isfinite(ways.minutes).any(axis=0)
    weight = demand.weight[reached]
    served = float(weight.sum())
    # In memory row after row, as it is read later: a selection of columns would be in the other
    # order.
    minutes = np.ascontiguousarray(ways.minutes[:, reached])
    first, second = _best_two(minutes)
    pair = np.flatnonzero(reached)
    km = np.full((2, len(pair)), np.inf)
    for row, taken in enumerate((first, second)):
        has = taken >= 0
        km[row, has] = ways.km[taken[has], pair[has]]
    return Choice(
        minutes=minutes,
        km=km,
        origin=demand.origin[demand.pairs[0][reached]],
        destination=demand.destination[demand.pairs[1][reached]],
        weight=weight / served if served else weight,
        unreachable_share=float(demand.weight[~reached].sum()) if len(demand.weight) else None,
        first=first,
        second=second,
    )


def fastest(choice: Choice, closed: Iterable[int] = ()) -> Floats:
    """Minutes of each pair's fastest way when these crossings are closed; infinite without a way.

    Parameters
    ----------
    choice : Choice
        Demand and its ways.
    closed : iterable of int
        Rows of crossings that are closed.

    Returns
    -------
    ndarray of float, one for each pair
        Minutes.
    """
    found = np.full(choice.minutes.shape[1], np.inf)
    # Row by row, since a selection of rows would copy nearly all of them.
    for row in np.setdiff1d(np.arange(len(choice.minutes)), np.fromiter(closed, dtype=np.int64)):
        np.minimum(found, choice.minutes[row], out=found)
    return found


def by(choice: Choice, values: Floats, rows: Ints) -> Floats:
    """Each pair's value (minutes) by the crossing in `rows`; infinite for -1.

    Parameters
    ----------
    choice : Choice
        Demand and its ways.
    values : ndarray of float
        Rows crossings, columns pairs.
    rows : ndarray of int, one for each pair
        Rows of `values`, or -1.

    Returns
    -------
    ndarray of float, one for each pair
        The values.
    """
    if not len(values):
        return np.full(len(rows), np.inf)
    found = values[rows, np.arange(len(rows))]
    return np.where(rows >= 0, found, np.inf)


def logit_shares(choice: Choice, size: Floats, rate: float = LOGIT_RATE_PER_MINUTE) -> Floats:
    """Share of demand by each crossing if slower ways are also chosen, but less often.

    Parameters
    ----------
    choice : Choice
        Ways of demand over the crossings.
    size : numpy.ndarray
        Weight of each crossing, such as its lanes, shape (crossings,); 0 if it cannot be passed.
    rate : float
        Logit rate per minute: p ~ size * exp(-rate * minutes).

    Returns
    -------
    numpy.ndarray
        Shares that sum to 1 over the pairs that at least one crossing with a weight serves.
    """
    minutes = np.where(size[:, None] > 0, choice.minutes, np.inf)
    served = np.isfinite(minutes).any(axis=0)
    minutes, weight = minutes[:, served], choice.weight[served]
    if not len(weight):
        return np.zeros(len(size))
    odds = size[:, None] * np.exp(-rate * (minutes - minutes.min(axis=0)))
    return np.asarray(odds / odds.sum(axis=0) @ weight / weight.sum(), dtype=np.float64)


def mean(values: Floats, weight: Floats) -> float | None:
    """The weighted mean, or None if there is no weight.

    Parameters
    ----------
    values, weight : ndarray of float
        Values and their weights.

    Returns
    -------
    float or None
        The mean.
    """
    return float(np.average(values, weights=weight)) if weight.sum() > 0 else None


def _best_two(minutes: Floats) -> tuple[Ints, Ints]:
    pairs = np.arange(minutes.shape[1])
    if not len(minutes):
        return np.full(len(pairs), -1), np.full(len(pairs), -1)
    first = minutes.argmin(axis=0)
    rest = minutes.copy()
    rest[first, pairs] = np.inf
    second = rest.argmin(axis=0)
    return first, np.where(np.isfinite(rest[second, pairs]), second, -1)
