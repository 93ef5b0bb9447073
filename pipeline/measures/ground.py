"""Figures on terrain, barriers and posts, as rows to compare."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core.frames import Row, records

# Values of `of` in posture for which the choice has a clearer name.
CALLED = {"walk_share": "obstacles", "post_share": "side", "post_minutes_median": "side"}


def figures(posture: pd.DataFrame) -> Iterator[Row]:
    """A row for each figure of the table posture, with its choices.

    Parameters
    ----------
    posture : pandas.DataFrame
        The layer posture.

    Yields
    ------
    dict
        A figure with its choices.
    """
    for row in records(posture):
        choice = CALLED.get(row["measure"], "of")
        yield {name: value for name, value in row.items() if name != "of"} | {choice: row["of"]}
