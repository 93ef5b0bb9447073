"""Walking round a closed crossing: over the line next to it, where there is no road or path."""

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.types import Floats

ROUND_KM = parameters.numbers("walk_round_km")


def minutes(
    border_km: "pd.Series[float]", nodes: gpd.GeoDataFrame, walk_km: pd.DataFrame
) -> Floats:
    """Least minutes from road to road over the line near crossings at `border_km`.

    A km with an open or closed way over the line is left out, since it may be guarded as well.
    Infinite if walking takes more than a day, or if there was no elevation model.

    Parameters
    ----------
    border_km
        Kilometres of the crossings along the line.
    nodes
        Table nodes with kind and border_km.
    walk_km
        Rows with border_km (whole km) and walk_minutes.

    Returns
    -------
    ndarray of float
        Minutes, one for each crossing.
    """
    ways = nodes.loc[nodes["kind"] == "border", "border_km"]
    walks = walk_km[~walk_km["border_km"].isin(np.floor(ways).astype(np.int64))]
    apart = np.abs(walks["border_km"].to_numpy() + 0.5 - border_km.to_numpy(float)[:, None])
    beside = (apart >= ROUND_KM[0]) & (apart <= ROUND_KM[1])
    through = np.where(beside, walks["walk_minutes"].fillna(np.inf).to_numpy(float), np.inf)
    return np.asarray(through.min(axis=1, initial=np.inf), dtype=np.float64)
