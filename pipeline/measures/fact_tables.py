"""Read tables of facts: the embedded ones, or files of people who know the border."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.core.errors import InputError


def read(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read a table of facts.

    Parameters
    ----------
    folder : Path
        The folder of the facts.
    name : str
        The name of the table's file without suffix.
    columns : sequence of str
        Columns that it must have.

    Returns
    -------
    pandas.DataFrame
        The content of the file; `code` is text.

    Raises
    ------
    InputError
        If the file is not readable or lacks a column.
    """
    path = folder / f"{name}.csv"
    try:
        frame = pd.read_csv(path, dtype={"code": str})
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable ({error})") from error
    missing = sorted(set(columns) - set(frame.columns))
    if missing:
        raise InputError(f"{path}: no column {missing[0]}, expected {', '.join(columns)}")
    return frame
