"""Figures on what F(D) is measured against, fronts and walks, as rows set side by side."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.core import parameters

Row = dict[str, Any]
WALKS = dict(parameters.spelled("walked_{walk_minutes}_links"))
# F_walk is stated for these; every other choice is that of the headline.
HEADLINE = {"direction": "directed", "third_countries": "shut"}
MEASURES = ("front_width", "links_per_100_km", "min_cut_on_foot")
KEY = ["measure", "mode", "depth"]


def figures(cordons: pd.DataFrame) -> Iterator[Row]:
    """A row for each W(D), F/W and F_walk that the layer cordons states or says is absent."""
    for row in cordons.drop_duplicates("depth_km").to_dict(orient="records"):
        yield {"measure": "front_width", "depth": _depth(row), "value": row["front_width_km"],
               "unit": "km", "why_absent": _first(row, "why_no_width")}  # fmt: skip
    for row in cordons.to_dict(orient="records"):
        chosen = {
            "mode": row["mode"],
            "depth": _depth(row),
            "direction": "directed" if row["directed"] else "undirected",
            "third_countries": "open" if row["third_open"] else "shut",
        }
        yield chosen | {"measure": "links_per_100_km", "value": row["links_per_100_km"],
                        "unit": "links per 100 km",
                        "why_absent": _first(row, "why_no_width", "why_absent")}  # fmt: skip
        walkable = row["mode"] in ("road", "foot") and chosen.items() >= HEADLINE.items()
        for column, minutes in WALKS.items() if walkable else ():
            on_foot = chosen | {"measure": "min_cut_on_foot", "within": f"{minutes} minutes"}
            yield on_foot | {"value": row[column], "unit": "links",
                             "why_absent": _first(row, "why_no_walk", "why_absent")}  # fmt: skip
            if pd.notna(row[f"{column}_steep"]):
                yield on_foot | {"slopes": "steeper", "value": row[f"{column}_steep"],
                                 "unit": "links"}  # fmt: skip


def _depth(row: Row) -> str:
    return f"{row['depth_km']:+g} km"


def _first(row: Row, *reasons: str) -> str | None:
    return next((row[reason] for reason in reasons if isinstance(row[reason], str)), None)


def headlines(figures: pd.DataFrame) -> Iterator[tuple[Row, str, pd.Series | None]]:
    """Headline figures with the name that comparison.csv gives them and what their range is of."""
    rows = figures[figures["measure"].isin(MEASURES)]
    spreads = dict(iter(rows.groupby([*KEY, "within"])["value"]))
    for row in rows.to_dict(orient="records"):
        per_km = row["measure"] == "links_per_100_km"
        if row["slopes"] or (per_km and not row.items() >= HEADLINE.items()):
            continue
        words = [row["measure"], *([row["within"]] if row["within"] else []), "at", row["depth"]]
        ranged = per_km or row["measure"] == "min_cut_on_foot"
        spread = spreads[(*(row[name] for name in KEY), row["within"])] if ranged else None
        yield row, "_".join(words).replace(" ", "_"), spread
