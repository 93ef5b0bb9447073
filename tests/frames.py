"""Cells of frames as what they are: the stubs of pandas know one as anything a frame can hold."""

from typing import Any

import pandas as pd


def cell(frame: pd.DataFrame, row: Any, column: str) -> Any:
    """The cell of a row, by its label, and a column; a series where rows share the label."""
    return frame.loc[row, column]


def cells(frame: pd.DataFrame, row: Any, *columns: str) -> list[Any]:
    """The cells of a row, by its label, in the columns named."""
    return [frame.loc[row, column] for column in columns]


def row_of(frame: pd.DataFrame, row: Any) -> "pd.Series[Any]":
    """A row by its label."""
    found: pd.Series[Any] = frame.loc[row]
    return found
