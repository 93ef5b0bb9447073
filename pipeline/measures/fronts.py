"""Figures to compare with F(D): front widths and walks, as rows to compare."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row, records
from pipeline.core.numbers import is_absent

WALKS = dict(parameters.spelled("walked_{walk_minutes}_links"))
# F_walk is stated for these; all other choices are those of the headline.
HEADLINE = {"direction": "directed", "third_countries": "transit excluded"}


def figures(cordons: pd.DataFrame, *, has_posts: bool = True) -> Iterator[Row]:
    """A row for each W(D), F/W and F_walk in the layer cordons, stated or absent.

    Parameters
    ----------
    cordons
        Layer cordons.
    has_posts
        Whether the data have a post.

    Yields
    ------
    dict
        A row of figures: km, links per 100 km, or links.
    """
    for row in records(cordons.drop_duplicates("depth_km")):
        yield {"measure": "front_width", "depth": _depth(row), "value": row["front_width_km"],
               "unit": "km", "why_absent": _first(row, "why_no_width")}  # fmt: skip
    for row in records(cordons):
        chosen = {
            "mode": row["mode"],
            "depth": _depth(row),
            "direction": "directed" if row["directed"] else "undirected",
            "third_countries": "transit allowed" if row["third_open"] else "transit excluded",
        }
        yield chosen | {"measure": "links_per_100_km", "value": row["links_per_100_km"],
                        "unit": "links per 100 km",
                        "why_absent": _first(row, "why_no_width", "why_absent")}  # fmt: skip
        walkable = row["mode"] in ("road", "foot") and chosen.items() >= HEADLINE.items()
        for column, minutes in WALKS.items() if walkable else ():
            on_foot = chosen | {"measure": "min_cut_on_foot", "within": f"{minutes} minutes"}
            yield on_foot | {"value": row[column], "unit": "links",
                             "why_absent": _first(row, "why_no_walk", "why_absent")}  # fmt: skip
            why = _first(row, "why_no_walk", "why_absent")
            free = {"measure": "unguarded_on_foot", "unit": "links", "why_absent": why}
            if not has_posts:
                yield on_foot | free | {"value": None, "why_absent": "the data have no post"}
            else:
                yield on_foot | free | {"value": row[f"unguarded_{column}"]}
            if not is_absent(row[f"{column}_steep"]):
                yield on_foot | {"slopes": "steeper", "value": row[f"{column}_steep"],
                                 "unit": "links"}  # fmt: skip


def _depth(row: Row) -> str:
    return f"{row['depth_km']:+g} km"


def _first(row: Row, *reasons: str) -> str | None:
    return next((row[reason] for reason in reasons if isinstance(row[reason], str)), None)
