"""Figures on what success depends on, as rows set side by side."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core.frames import Row, records
from pipeline.core.numbers import DIFFERENCE

ALL = "all"


def figures(success: pd.DataFrame, parameters: pd.DataFrame) -> Iterator[Row]:
    """The share stopped with its quantiles; the swing and the Shapley effect of each factor.

    A swing has the range that it takes when one parameter of another factor goes to an end.

    Parameters
    ----------
    success, parameters : pandas.DataFrame
        The layers success and success_parameters.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
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
    """The swing of a factor with each parameter of another factor at an end of its range.

    Parameters
    ----------
    parameters : pandas.DataFrame
        The layer success_parameters.
    demand : str
        Whose.
    factor : str
        barriers, forces or routes.

    Returns
    -------
    pandas.DataFrame
        Columns low and high, by parameter; the one that the swing depends on most comes first.
    """
    rows = parameters[parameters["demand"].eq(demand)].set_index("parameter")
    held = rows[[f"{factor}_swing_{end}" for end in ("low", "high")]].astype(float)
    held = held.set_axis(["low", "high"], axis=1).dropna()
    apart = (held["high"] - held["low"]).abs()
    return held.loc[apart.sort_values(ascending=False, kind="stable").index]
