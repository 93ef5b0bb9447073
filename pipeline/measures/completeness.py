"""How many crossings there may be in all, from two sources that were mapped apart."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core import geo, parameters
from pipeline.core.types import Floats

NEAR_KM = parameters.number("counted_bridge_km")
Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Completeness:
    """Crossings of either source and of both, and the estimate of all with its interval."""

    first: int
    second: int
    both: int
    all: float
    low: float
    high: float


def chapman(first: pd.DataFrame, second: pd.DataFrame) -> Completeness:
    """Chapman's capture-recapture estimate of all road crossings.

    It holds where a crossing that one source has is no likelier to be in the other; sources that
    copy each other make it too small. Chapman (1951), with the variance of Seber (1970).

    Parameters
    ----------
    first, second : pandas.DataFrame
        `lon` and `lat` of the crossings of either source.

    Returns
    -------
    Completeness
        A crossing is in both sources where each other's nearest lie within 2 km.
    """
    n, m = len(first), len(second)
    both = _matched(first, second)
    total = (n + 1) * (m + 1) / (both + 1) - 1
    spread = (n + 1) * (m + 1) * (n - both) * (m - both) / ((both + 1) ** 2 * (both + 2))
    half = Z * float(np.sqrt(spread))
    known = n + m - both
    return Completeness(n, m, both, max(total, known), max(total - half, known), total + half)


def _matched(first: pd.DataFrame, second: pd.DataFrame) -> int:
    """Pairs of which each is the other's nearest, and near enough."""
    if not len(first) or not len(second):
        return 0
    i, j = (rows.ravel() for rows in np.indices((len(first), len(second))))
    a, b = (frame[["lon", "lat"]].to_numpy(dtype=np.float64) for frame in (first, second))
    km: Floats = geo.distance_m(a[i, 0], a[i, 1], b[j, 0], b[j, 1]) / 1000
    table = km.reshape(len(first), len(second))
    nearest = table.argmin(axis=1)
    mutual = table.argmin(axis=0)[nearest] == np.arange(len(first))
    return int((mutual & (table.min(axis=1) <= NEAR_KM)).sum())
