"""Spearman's rank correlation and its interval; all resamples are ranked at once."""

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.types import Floats

DRAWS = parameters.whole("bootstrap_draws")
SEED = 1
LEAST = 3  # fewest values; two values would always give 1 or -1


def rank_correlation(values: Floats, observed: Floats) -> float:
    """Spearman's rank correlation of two rows of values.

    Parameters
    ----------
    values, observed : numpy.ndarray
        Shape (n,).

    Returns
    -------
    float
        From -1 to 1; 0 if one of them does not vary or there are fewer than 3 values.
    """
    return float(_correlations(values[None, :], observed[None, :])[0])


def interval(values: Floats, observed: Floats) -> tuple[float, float]:
    """95 % interval of the rank correlation, by resampling places with replacement.

    Parameters
    ----------
    values, observed : numpy.ndarray
        Shape (n,).

    Returns
    -------
    tuple of float
        2.5 and 97.5 % quantiles over the resamples (percentile bootstrap, Efron 1979).
    """
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(values), (DRAWS, len(values)))
    low, high = np.quantile(_correlations(values[draws], observed[draws]), [0.025, 0.975])
    return float(low), float(high)


def _correlations(values: Floats, observed: Floats) -> Floats:
    """Rank correlation of each row, shape (rows,)."""
    if values.shape[1] < LEAST:
        return np.zeros(len(values))
    centred = [
        ranks - ranks.mean(axis=1, keepdims=True)
        for ranks in (pd.DataFrame(part).rank(axis=1).to_numpy() for part in (values, observed))
    ]
    spread = np.sqrt(np.prod([(part**2).sum(axis=1) for part in centred], axis=0))
    varies = (np.ptp(values, axis=1) > 0) & (np.ptp(observed, axis=1) > 0)
    found = (centred[0] * centred[1]).sum(axis=1)
    result: Floats = np.divide(found, spread, out=np.zeros(len(values)), where=varies)
    return result
