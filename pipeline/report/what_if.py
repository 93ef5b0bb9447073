"""What the page needs to close crossings itself: ways and weights of demand as arrays."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.core.modes import NOT_PASSED
from pipeline.report.borders import Border

NO_WAY = "-"
UNITS_PER_MINUTE = 100  # minutes are whole numbers of this


def draw(border: Border) -> dict[str, Any]:
    """By mode: crossings in order, minutes of each pair by each (-1: no way), weights, limits.

    A mode without demand is left out, and so are pairs that only crossings lead to which the
    profile withholds: `kept_share` says how much of demand the pairs are that stay.
    """
    ways, demand = border.layer("closing_minutes"), border.layer("closing_demand")
    found: dict[str, Any] = {}
    for row in records(demand):
        here = ways[ways["mode"] == row["mode"]]
        minutes = np.array([_minutes(text) for text in here["pair_minutes"]], dtype=np.int64)
        weights = np.array(row["pair_weights"].split(), dtype=np.float64)
        kept = (minutes >= 0).any(axis=0) if len(here) else np.zeros(len(weights), dtype=bool)
        if not kept.any():
            continue
        found[row["mode"]] = {
            "crossings": here["crossing_id"].tolist(),
            "minutes": minutes[:, kept].tolist(),
            "weights": weights[kept].tolist(),
            "kept_share": row["kept_share"] * weights[kept].sum() / weights.sum(),
        }
    return {
        "modes": found,
        "per_minute": UNITS_PER_MINUTE,
        "detour_limit": parameters.number("detour_limit"),
        "lost_minutes": parameters.number("lost_minutes"),
        "closed_already": _closed(border.layer("crossings")),
    }


def _minutes(text: str) -> list[int]:
    return [
        -1 if value == NO_WAY else round(float(value) * UNITS_PER_MINUTE) for value in text.split()
    ]


def _closed(crossings: pd.DataFrame) -> list[str]:
    return [str(one) for one in crossings.loc[crossings["status"].isin(NOT_PASSED), "crossing_id"]]
