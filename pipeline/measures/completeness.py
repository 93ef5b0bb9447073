"""Estimate the total number of crossings from two independently mapped sources."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import geo, parameters
from pipeline.core.types import Floats
from pipeline.measures import cost

NEAR_KM = parameters.number("counted_bridge_km")
MODE = "road"
ESTIMATED = "estimated from two sources"
Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Completeness:
    """Crossings of each source and of both, and the estimated total with its interval."""

    first: int
    second: int
    both: int
    all: float
    low: float
    high: float


def figures(crossings: pd.DataFrame, others: Iterable[pd.DataFrame]) -> Iterator[dict[str, object]]:
    """The estimated total of usable road crossings, if another source holds the border.

    Parameters
    ----------
    crossings : geopandas.GeoDataFrame
        The layer crossings.
    others : iterable of geopandas.GeoDataFrame
        The same layer of each other source.

    Yields
    ------
    dict
        One figure: the largest estimate with its 95 % interval; no figure without other sources.
    """
    found = [chapman(usable(crossings), usable(other)) for other in others]
    if found:
        most = max(found, key=lambda one: one.all)
        yield {"measure": "crossings", "mode": MODE, "status": ESTIMATED, "count": "crossings",
               "value": most.all, "low": most.low, "high": most.high,
               "unit": "crossings"}  # fmt: skip


def usable(crossings: pd.DataFrame) -> pd.DataFrame:
    """The places of the usable road crossings.

    Parameters
    ----------
    crossings : geopandas.GeoDataFrame
        The layer crossings.

    Returns
    -------
    pandas.DataFrame
        `lon` and `lat`.
    """
    open_roads = gpd.GeoDataFrame(cost.used(crossings))
    open_roads = open_roads[open_roads["mode"] == MODE]
    return pd.DataFrame({"lon": open_roads.geometry.x, "lat": open_roads.geometry.y})


def chapman(first: pd.DataFrame, second: pd.DataFrame) -> Completeness:
    """Chapman's capture-recapture estimate of all road crossings.

    It assumes that the two sources are independent: a crossing in one source is not more likely to
    be in the other. If one source copies the other, the estimate is too small. Method: Chapman
    (1951), with the variance of Seber (1970).

    Parameters
    ----------
    first, second : pandas.DataFrame
        `lon` and `lat` of the crossings of each source.

    Returns
    -------
    Completeness
        The estimate. A crossing is in both sources if two crossings are each other's nearest within
        2 km.
    """
    n, m = len(first), len(second)
    both = _matched(first, second)
    total = (n + 1) * (m + 1) / (both + 1) - 1
    spread = (n + 1) * (m + 1) * (n - both) * (m - both) / ((both + 1) ** 2 * (both + 2))
    half = Z * float(np.sqrt(spread))
    known = n + m - both
    return Completeness(n, m, both, max(total, known), max(total - half, known), total + half)


def _matched(first: pd.DataFrame, second: pd.DataFrame) -> int:
    """Number of pairs that are each other's nearest and near enough."""
    if not len(first) or not len(second):
        return 0
    i, j = (rows.ravel() for rows in np.indices((len(first), len(second))))
    a, b = (frame[["lon", "lat"]].to_numpy(dtype=np.float64) for frame in (first, second))
    km: Floats = geo.distance_m(a[i, 0], a[i, 1], b[j, 0], b[j, 1]) / 1000
    table = km.reshape(len(first), len(second))
    nearest = table.argmin(axis=1)
    mutual = table.argmin(axis=0)[nearest] == np.arange(len(first))
    return int((mutual & (table.min(axis=1) <= NEAR_KM)).sum())
