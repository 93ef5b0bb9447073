"""Figures on what success depends on, as rows set side by side."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

Row = dict[str, Any]
ALL = "all"


def figures(success: pd.DataFrame) -> Iterator[Row]:
    """The share stopped with its quantiles; the swing and the Shapley effect of each factor.

    Parameters
    ----------
    success : pandas.DataFrame
        The layer of that name.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
    """
    for row in success.to_dict(orient="records"):
        chosen = {"demand": row["demand"], "unit": "share", "why_absent": row["why_absent"]}
        if row["factor"] == ALL:
            ends = {"low": row["s_low"], "high": row["s_high"]}
            yield chosen | ends | {"measure": "success_share", "value": row["s_mid"]}
            continue
        named = chosen | {"of": row["factor"]}
        yield named | {"measure": "success_swing", "value": row["swing"]}
        ends = {"low": row["shapley_low"], "high": row["shapley_high"]}
        yield named | ends | {"measure": "success_shapley", "value": row["shapley"]}
