"""Figures on terrain, barriers and posts, as rows set side by side."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core.frames import Row, records

# What stands under `of` in posture, where the choice has a better name.
CALLED = {"walk_share": "obstacles", "post_share": "side", "post_minutes_median": "side"}


def figures(posture: pd.DataFrame) -> Iterator[Row]:
    """A row for each figure of the table posture, with the choices that it rests on.

    Parameters
    ----------
    posture : pandas.DataFrame
        The layer of that name.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
    """
    for row in records(posture):
        choice = CALLED.get(row["measure"], "of")
        yield {name: value for name, value in row.items() if name != "of"} | {choice: row["of"]}
