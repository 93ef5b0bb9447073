"""Rows of frames as dictionaries: the stubs of pandas know their keys as any hashable."""

from typing import Any, cast

import pandas as pd

Row = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a table, in its order.

    Parameters
    ----------
    frame : DataFrame
        Its columns are named by text.

    Returns
    -------
    list of dict
        A dictionary for each row, from the name of a column to the value.
    """
    return cast("list[Row]", frame.to_dict(orient="records"))
