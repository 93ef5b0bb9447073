"""Figures on closings, walking round them, routes and evasion, as rows to compare."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row, records
from pipeline.core.numbers import is_absent

# Layers from which the figures are made, in the order of the arguments.
LAYERS = ("closure_counts", "closing_counts_on_foot", "route_pairs", "evasion")
COUNTS = {"crossing": "crossings", "site": parameters.filled("{site_km} km sites")}
POSTS = {"all": "all", "inland": "inland checkpoint"}
WITHIN = ("within_{detour_limit}", "within_{other_detour_limits}")
LIMITS = [limit for column in WITHIN for limit in parameters.spelled(column)]
ROUTES = {column: f"{limit} times" for column, limit in LIMITS} | {"routes_in_all": "no limit"}


def figures(
    counts: pd.DataFrame, on_foot: pd.DataFrame, pairs: pd.DataFrame, evasion: pd.DataFrame
) -> Iterator[Row]:
    """A row for each figure of closure_counts, closing_counts_on_foot, route_pairs and evasion.

    `routes` is the mean over the named pairs that have a way.

    Parameters
    ----------
    counts
        Table closure_counts.
    on_foot
        Table closing_counts_on_foot.
    pairs
        Table route_pairs.
    evasion
        Table evasion.

    Yields
    ------
    dict
        A row of figures, with its choices, measure, value, unit and why_absent.
    """
    for row in records(counts):
        yield {
            "measure": "closings",
            "mode": row["mode"],
            "demand": row["demand"],
            "count": COUNTS[row["unit"]],
            "detour": _detour(row),
            "stopped": f"{row['stopped_share']:.0%}",
            "value": row["closings"],
            "unit": COUNTS[row["unit"]],
            "why_absent": row["why_absent"],
        }
    for row in records(on_foot):
        chosen = {"mode": row["mode"], "demand": "through", "detour": _detour(row)}
        chosen["within"] = f"{row['within_minutes']} minutes"
        shares = {"stopped": f"{row['stopped_share']:.0%}", "why_absent": row["why_absent"]}
        yield chosen | shares | {"measure": "closings_on_foot", "count": "crossings",
                                 "value": row["closings"], "unit": "crossings"}  # fmt: skip
        if row["stopped_share"] == 1:
            none = row["why_absent"] if is_absent(row["stoppable_share"]) else None
            yield chosen | {"measure": "stoppable_share", "value": row["stoppable_share"],
                            "unit": "share", "why_absent": none}  # fmt: skip
    for mode, here in pairs.groupby("mode"):
        stated = here[here["why_absent"].isna()]
        for column, detour in ROUTES.items():
            why = None if len(stated) else here["why_absent"].iloc[0]
            value = stated[column].astype(float).mean() if len(stated) else None
            yield {"measure": "routes", "mode": mode, "detour": detour, "value": value,
                   "unit": "routes", "why_absent": why}  # fmt: skip
    for row in records(evasion):
        chosen = {"mode": row["mode"], "demand": row["demand"], "of": POSTS[row["posts"]]}
        for measure in ("evasion_price", "clean_share", "meets_post_share"):
            why = row["why_absent"]
            if why is None and is_absent(row[measure]):
                why = "every way meets a post"
            unit = "ratio" if measure == "evasion_price" else "share"
            yield chosen | {"measure": measure, "value": row[measure], "unit": unit,
                            "why_absent": why}  # fmt: skip


def _detour(row: Row) -> str:
    limit = row["detour_limit"]
    return "no limit" if limit == "no way" else f"{limit} times"
