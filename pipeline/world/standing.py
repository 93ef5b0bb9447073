"""A border's rank among those that were run with it, by each figure of the atlas."""

import pandas as pd

from pipeline.world.atlas import columns

NOT_RANKED = ("name", "failed")


def standing(table: pd.DataFrame, border: str) -> pd.DataFrame:
    """Rank and range of each figure of a border.

    Parameters
    ----------
    table
        One row for each border, as `rows.rows` makes it.
    border
        Its name.

    Returns
    -------
    DataFrame
        One row for each figure that this border and at least one other have: `figure`, `value`,
        `rank` (1 is the most; equal values share the better rank), `of` (borders that have it),
        `least`, `middle` (median) and `most`.
    """
    found = []
    row = table["border"] == border
    for key, label, _, _ in columns(table):
        if key in NOT_RANKED:
            continue
        stated = pd.to_numeric(table[key], errors="coerce").astype(float)
        value = float(stated[row].iloc[0])
        known = stated.dropna()
        if pd.isna(value) or len(known) < 2:
            continue
        ends = {"least": known.min(), "middle": known.median(), "most": known.max()}
        found.append(
            {"figure": label, "value": value, "rank": 1 + int((known > value).sum()),
             "of": len(known), **ends}
        )  # fmt: skip
    names = ["figure", "value", "rank", "of", "least", "middle", "most"]
    return pd.DataFrame(found, columns=names).round(1)
