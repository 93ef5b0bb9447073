"""Figures on the factors of success, as rows to compare."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core.frames import Row, records
from pipeline.core.numbers import DIFFERENCE

ALL = "all"


def figures(success: pd.DataFrame, parameters: pd.DataFrame) -> Iterator[Row]:
    """The share stopped with its quantiles, and the swing and Shapley effect of each factor.

    The range of a swing is over cases with one parameter of another factor at an end of its range.

    Parameters
    ----------
    success, parameters : pandas.DataFrame
        The layers success and success_parameters.

    Yields
    ------
    dict
        A figure with its choices.
    """
    for row in records(success):
        chosen = {"demand": row["demand"], "unit": "share", "why_absent": row["why_absent"]}
        if row["factor"] == ALL:
            ends = {"low": row["s_low"], "high": row["s_high"]}
            yield chosen | ends | {"measure": "success_share", "value": row["s_mid"]}
            continue
        named = chosen | {"of": row["factor"]}
        held = hinges(parameters, row["demand"], row["factor"])
        span = {"low": held.min().min(), "high": held.max().max()} if len(held) else {}
        swing = {"measure": "success_swing", "unit": DIFFERENCE, "value": row["swing"]}
        yield named | span | swing
        ends = {"low": row["shapley_low"], "high": row["shapley_high"]}
        yield named | ends | {"measure": "success_shapley", "value": row["shapley"]}


def hinges(parameters: pd.DataFrame, demand: str, factor: str) -> pd.DataFrame:
    """The swing of a factor with each parameter of another factor at either end of its range.

    Parameters
    ----------
    parameters : pandas.DataFrame
        The layer success_parameters.
    demand : str
        Name of the demand.
    factor : str
        barriers, forces or routes.

    Returns
    -------
    pandas.DataFrame
        Columns low and high, by parameter; the parameter that changes the swing most comes first.
    """
    rows = parameters[parameters["demand"].eq(demand)].set_index("parameter")
    held = rows[[f"{factor}_swing_{end}" for end in ("low", "high")]].astype(float)
    held = held.set_axis(["low", "high"], axis=1).dropna()
    apart = (held["high"] - held["low"]).abs()
    return held.loc[apart.sort_values(ascending=False, kind="stable").index]
