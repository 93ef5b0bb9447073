"""Shapley effects: the share of the variance of an outcome that each group of inputs explains.

With independent groups the value of a set of groups is the variance of the outcome's mean given
them (Owen 2014, Sobol' indices and Shapley value, SIAM/ASA Journal on Uncertainty Quantification 2;
Song, Nelson & Staum 2016, the same journal 4). All sets are estimated, by pick and freeze (Saltelli
et al. 2010, Computer Physics Communications 181), and effects are exact sums over them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from pipeline.core.types import Floats, Ints

Outcome = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Effects:
    """Shapley effects of groups, as shares of the variance.

    Attributes
    ----------
    effect : ndarray of float, shape (n_groups,)
        They sum to 1; NaN if the outcome does not vary.
    low, high : ndarray of float, shape (n_groups,)
        2.5 and 97.5 % quantiles over resamples.
    outcome : ndarray of float
        The outcomes with all inputs drawn at random.
    """

    effect: Floats
    low: Floats
    high: Floats
    outcome: Floats


def effects(outcome: Outcome, group: Ints, n_samples: int, n_draws: int, seed: int = 0) -> Effects:
    """Shapley effects of groups of inputs that are uniform on 0 to 1 and independent.

    Parameters
    ----------
    outcome : callable
        Returns outcomes, shape (n,), for inputs, shape (n, n_inputs).
    group : ndarray of int, shape (n_inputs,)
        The number of each input's group, from 0.
    n_samples : int
        Pairs of samples; the outcome is computed 2^n_groups times as often.
    n_draws : int
        Number of resamples for the intervals (bootstrap).
    seed : int
        Seed of the random numbers: equal input gives equal output.

    Returns
    -------
    Effects
    """
    random = np.random.default_rng(seed)
    one, two = (random.random((n_samples, len(group))) for _ in range(2))
    y_one, y_two = outcome(one), outcome(two)
    n_groups = int(group.max()) + 1
    seen = np.concatenate([y_one, y_two])
    if np.ptp(seen) <= 1e-12 * max(1.0, float(np.abs(seen).max())):
        none = np.full(n_groups, np.nan)
        return Effects(none, none, none, seen)
    # Values are taken relative to a common middle, to avoid small differences of large numbers.
    middle = seen.mean()
    freely = {frozenset[int](): y_one - middle, frozenset(range(n_groups)): y_two - middle}
    mixed = freely | {
        chosen: outcome(np.where(np.isin(group, list(chosen)), two, one)) - middle
        for chosen in _sets(n_groups)
        if chosen not in freely
    }
    drawn = random.multinomial(n_samples, np.full(n_samples, 1 / n_samples), n_draws)
    again = np.vstack([np.ones(n_samples), drawn]) / n_samples
    values = {chosen: again @ _shared(mixed, chosen, n_groups) for chosen in mixed}
    total = values[frozenset(range(n_groups))]
    shares = np.array([_shapley(values, player, n_groups) / total for player in range(n_groups)])
    low, high = np.quantile(shares[:, 1:], [0.025, 0.975], axis=1)
    return Effects(shares[:, 0], low, high, seen)


def _sets(n_groups: int) -> list[frozenset[int]]:
    return [
        frozenset(chosen)
        for size in range(n_groups + 1)
        for chosen in combinations(range(n_groups), size)
    ]


def _shared(mixed: dict[frozenset[int], Floats], chosen: frozenset[int], n_groups: int) -> Floats:
    """For each pair of samples, the value of a set of groups; the mean of these is its variance.

    `mixed` has the groups of its key from the second sample, the others from the first. Both
    samples are used symmetrically, and a group without effect adds exactly zero (Saltelli et al.
    2010).
    """
    everything = frozenset(range(n_groups))
    one, two = mixed[frozenset()], mixed[everything]
    with_second = two * (mixed[chosen] - one)
    with_first = one * (mixed[everything - chosen] - two)
    return np.asarray((with_second + with_first) / 2)


def _shapley(values: dict[frozenset[int], Floats], player: int, n_groups: int) -> Floats:
    total = np.zeros(len(values[frozenset()]))
    for others in _sets(n_groups):
        if player not in others:
            weight = factorial(len(others)) * factorial(n_groups - len(others) - 1)
            gained = values[others | {player}] - values[others]
            total += weight / factorial(n_groups) * gained
    return total
