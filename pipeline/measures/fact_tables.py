"""Tables of the embedded facts, as files of people who know the border."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.core.errors import InputError


def read(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """A table of facts.

    Parameters
    ----------
    folder : Path
        The folder of the facts.
    name : str
        The table's file without its ending.
    columns : sequence of str
        Those that it must have.

    Returns
    -------
    pandas.DataFrame
        As the file has it; `code` is text.

    Raises
    ------
    InputError
        The file is not readable or lacks a column.
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
