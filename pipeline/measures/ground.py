"""Figures on ground, barriers, posts and cost, as rows that compare sets side by side."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

Row = dict[str, Any]
# What a figure's range is taken over: the others stay as the headline has them.
FREE = {
    "walk_share": ["obstacles", "slopes"],
    "walked_round_share": ["slopes"],
    "walk_minutes_median": ["slopes"],
    "cost": ["level", "wages"],
    "cost_per_km": ["level", "wages"],
}
HEADLINE = {
    "walk_share": {"obstacles": "stated", "slopes": ""},
    "walked_round_share": {"slopes": ""},
    "walk_minutes_median": {"slopes": ""},
    "cost": {"level": "mid", "wages": "same"},
    "cost_per_km": {"level": "mid", "wages": "same"},
}
# The fence that a km of costs so much: another stretch costs the same a km.
FENCE = "fence where there is none"
# What stands under `of` in posture, where the choice has a better name.
CALLED = {"walk_share": "obstacles", "post_share": "side"}
MEASURES = (
    "walk_share", "post_share", "near_post_share", "walked_round_share", "line_share", "posts",
    "posts_per_100_km", "unfenced_km", "walk_minutes_median", "post_minutes_median", "cost",
    "cost_per_km",
)  # fmt: skip


def figures(posture: pd.DataFrame, costs: pd.DataFrame) -> Iterator[Row]:
    """A row for each figure of the tables posture and costs, with the choices it rests on."""
    for row in posture.to_dict(orient="records"):
        choice = CALLED.get(row["measure"], "of")
        yield {name: value for name, value in row.items() if name != "of"} | {choice: row["of"]}
    for row in costs.to_dict(orient="records"):
        choices = {name: row[name] for name in ("scenario", "level", "wages", "why_absent")}
        yield choices | {"measure": "cost", "value": row["cost_musd"] / 1000, "unit": "bn USD"}
        if row["scenario"] == FENCE and row["quantity"] > 0:
            yield choices | {"measure": "cost_per_km", "unit": "M USD per km",
                             "value": row["cost_musd"] / row["quantity"]}  # fmt: skip


def headlines(figures: pd.DataFrame) -> Iterator[tuple[Row, str, pd.Series | None]]:
    """Headline figures with the name that comparison.csv gives them and what their range is of."""
    named = ["mode", "of", "side", "within", "scenario", "level", "wages"]
    for measure in MEASURES:
        rows = figures[figures["measure"] == measure]
        headline = HEADLINE.get(measure, {})
        for row in rows.to_dict(orient="records"):
            if any(row[name] != value for name, value in headline.items()):
                continue
            fixed = [name for name in named if name not in FREE.get(measure, [])]
            alike = rows[
                (rows[fixed] == pd.Series({name: row[name] for name in fixed})).all(axis=1)
            ]
            words = [
                row[name] for name in ("of", "side", "within", "scenario") if name not in headline
            ]
            name = "_".join([measure, *(word.replace(" ", "_") for word in words if word)])
            yield row, name, alike["value"] if measure in FREE else None
