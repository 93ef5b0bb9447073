"""Irregular movement by sector of the line, compared with apprehensions between ports.

Apprehensions count events, not people, and depend on the number of officers. So a rank correlation
is used: it shows whether the model finds the sectors with many apprehensions, not how many there
were.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from pipeline.core.types import Floats
from pipeline.measures.rank_correlation import interval, rank_correlation
from pipeline.travel.assemble import Travel
from pipeline.travel.choice import Choice, logit_shares

OBSERVED = "apprehensions"

Row = dict[str, object]
Guesses = dict[str, Floats]


def guesses(found: Travel, chosen: Choice, irregular: Choice, sectors: pd.DataFrame) -> Guesses:
    """Shares of each sector by model and by baseline.

    Parameters
    ----------
    found : Travel
        The road network with its crossings, and settlements on it.
    chosen : Choice
        Ways of through demand over the crossings.
    irregular : Choice
        Ways of irregular movement.
    sectors : pandas.DataFrame
        from_lon and to_lon of each sector, from west to east.

    Returns
    -------
    dict of str to numpy.ndarray
        Through demand and irregular movement by logit; as baselines, the length of the sector in
        degrees and the inhabitants on both sides of it.
    """
    lon = found.network.crossings.geometry.x.to_numpy()
    lanes = found.network.crossings["lanes"].to_numpy(dtype=np.float64)
    wanted = {"through demand": chosen, "irregular movement": irregular}
    made = {
        guess: _summed(lon, logit_shares(one, lanes), sectors)
        for guess, one in wanted.items()
        if len(one.weight)
    }
    width = (sectors["to_lon"] - sectors["from_lon"]).to_numpy(dtype=np.float64)
    people = found.settled["population"].to_numpy(dtype=np.float64)
    inside = np.isfinite(found.settled["depth_km"].to_numpy(dtype=np.float64))
    places = found.settled.geometry.x.to_numpy()
    made["length of the sector"] = width / width.sum()
    made["population"] = _summed(places[inside], people[inside], sectors)
    return {guess: one / one.sum() if one.sum() else one for guess, one in made.items()}


def _summed(lon: Floats, values: Floats, sectors: pd.DataFrame) -> Floats:
    """Sums of values by the sector of their longitude."""
    edges = [*sectors["from_lon"], sectors["to_lon"].iloc[-1]]
    at = np.clip(np.searchsorted(edges, lon, side="right") - 1, 0, len(sectors) - 1)
    summed = np.bincount(at, weights=values, minlength=len(sectors))
    return np.asarray(summed, dtype=np.float64)


def rows(counts: pd.DataFrame, made: Mapping[str, Floats]) -> Iterator[Row]:
    """Rows of table sector_shares: each sector's share by model or baseline, and as observed.

    Parameters
    ----------
    counts : pandas.DataFrame
        sector, seq, year and apprehensions.
    made : mapping of str to numpy.ndarray
        As from `guesses`, in the order of seq.

    Yields
    ------
    dict
        A row of the table.
    """
    for year, group in counts.sort_values("seq").groupby("year"):
        observed = group["apprehensions"].to_numpy(dtype=np.float64)
        for guess, share in {OBSERVED: observed / observed.sum(), **made}.items():
            for sector, value in zip(group["sector"], share, strict=True):
                yield {"year": int(str(year)), "sector": sector, "guess": guess,
                       "share": float(value)}  # fmt: skip


def fits(counts: pd.DataFrame, made: Mapping[str, Floats]) -> Iterator[Row]:
    """Rows of table sector_fit: how well each model or baseline ranks the sectors of each year.

    Parameters
    ----------
    counts : pandas.DataFrame
        sector, seq, year and apprehensions.
    made : mapping of str to numpy.ndarray
        As from `guesses`, in the order of seq.

    Yields
    ------
    dict
        A row of the table; for each year the counts of the year before are a further baseline.
    """
    earlier: Floats | None = None
    for year, group in counts.sort_values("seq").groupby("year"):
        observed = group["apprehensions"].to_numpy(dtype=np.float64)
        of_year = dict(made)
        if earlier is not None:
            of_year["count before"] = earlier
        for guess, share in of_year.items():
            low, high = interval(share, observed)
            yield {
                "year": int(str(year)),
                "guess": guess,
                "sectors": len(group),
                "rank_correlation": rank_correlation(share, observed),
                "low": low,
                "high": high,
            }
        earlier = observed
