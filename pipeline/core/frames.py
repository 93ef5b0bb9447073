"""Rows of frames as dictionaries with text keys; pandas' type stubs allow any hashable key."""

from typing import Any, cast

import pandas as pd

Row = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a table, in its order.

    Parameters
    ----------
    frame : DataFrame
        A table whose column names are text.

    Returns
    -------
    list of dict
        For each row a dictionary of values by column name.
    """
    return cast("list[Row]", frame.to_dict(orient="records"))
