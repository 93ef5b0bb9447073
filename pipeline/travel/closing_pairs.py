"""The ways of demand as tables, so that a page can compute the effect of any set of closures."""

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.travel.choice import Choice

MOST_VALUES = parameters.whole("whatif_values")
MINUTE_DECIMALS = 2
WEIGHT_DIGITS = 6
NO_WAY = "-"


def tables(
    mode: str, crossing_ids: list[str], chosen: Choice, most_values: int = MOST_VALUES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Minutes of each pair by each crossing, and each pair's share of demand.

    If there are too many pairs, those with the most demand are kept.

    Parameters
    ----------
    mode
        Network: road or rail.
    crossing_ids
        Ids of the crossings, in the order of the rows of `chosen.minutes`.
    chosen
        The choice of demand; weights sum to 1.
    most_values
        Greatest number of values of minutes to keep: crossings times pairs.

    Returns
    -------
    closing_minutes, closing_demand
        Tables of these names in the schema; pairs have the same order in both.
    """
    count = max(most_values // max(len(crossing_ids), 1), 1)
    kept = np.sort(np.argsort(-chosen.weight, kind="stable")[:count])
    if not len(kept):
        return pd.DataFrame(), pd.DataFrame()
    minutes = pd.DataFrame({
        "mode": mode,
        "crossing_id": crossing_ids,
        "pair_minutes": [_text(row[kept]) for row in chosen.minutes],
    })  # fmt: skip
    weights = " ".join(f"{weight:.{WEIGHT_DIGITS}g}" for weight in chosen.weight[kept])
    share = float(chosen.weight[kept].sum())
    demand = pd.DataFrame([{"mode": mode, "pair_weights": weights, "kept_share": share}])
    return minutes, demand


def _text(minutes: np.ndarray) -> str:
    """Numbers joined by spaces, without trailing zeros."""
    return " ".join(
        f"{value:.{MINUTE_DECIMALS}f}".rstrip("0").rstrip(".") if np.isfinite(value) else NO_WAY
        for value in minutes
    )
