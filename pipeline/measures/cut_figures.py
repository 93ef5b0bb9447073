"""Figures on cuts by depth: F(D) and the measures that go with it, one per row."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.core.frames import Row, records
from pipeline.core.numbers import is_absent
from pipeline.measures.choices import MERGED

# Measure and count in each column of cordons.
PROFILE = {
    "min_cut_links": ("min_cut", "links"),
    "min_cut_lanes": ("min_cut", "lanes"),
    "min_cut_sites": ("min_cut", "sites"),
    "unguarded_links": ("unguarded", "links"),
    "second_line_links": ("second_line", "links"),
    "cordon_links": ("cordon", "links"),
}


def profile(cordons: pd.DataFrame, guarded: bool) -> Iterator[Row]:
    """F(D), its measures and the cordon by depth, and F(D) at the greatest stated depth.

    G(D) is absent if the data have no post: that all routes are then unguarded says nothing.

    Parameters
    ----------
    cordons
        Layer cordons.
    guarded
        Whether the data have a post.

    Yields
    ------
    dict
        A row of figures, with its choices, measure, value, unit and why_absent.
    """
    for row in records(cordons):
        for column, (measure, count) in PROFILE.items():
            value, why = row[column], row["why_absent"]
            if measure == "unguarded" and not is_absent(value) and not guarded:
                value, why = None, "the data have no post"
            # Without a reason, there is no such figure.
            if not is_absent(value) or (why and measure in ("min_cut", "unguarded")):
                yield {**_choices(row), "measure": measure, "count": count, "unit": count,
                       "value": value, "why_absent": why}  # fmt: skip
    stated = cordons[cordons["min_cut_links"].notna()]
    stated = stated.assign(sign=np.sign(stated["depth_km"]), reach=stated["depth_km"].abs())
    keys = ["mode", "directed", "third_open", "sign"]
    for row in records(stated.sort_values("reach").groupby(keys).tail(1)):
        depth = f"deepest {'+' if row['sign'] > 0 else '-'}"
        for column in ("min_cut_links", "min_cut_lanes", "min_cut_sites"):
            measure, count = PROFILE[column]
            yield {**_choices(row), "measure": measure, "depth": depth, "count": count,
                   "unit": count, "value": row[column]}  # fmt: skip


def other_ways(sensitivity: pd.DataFrame) -> Iterator[Row]:
    """F(D) if other ways are counted than in the headline.

    Parameters
    ----------
    sensitivity
        Table sensitivity.

    Yields
    ------
    dict
        A row of figures, in links.
    """
    for row in records(sensitivity):
        choices = _choices(row | {"directed": True, "third_open": False})
        yield {**choices, "measure": "min_cut", "ways": row["choice"], "count": "links",
               "unit": "links", "value": row["min_cut_links"]}  # fmt: skip


def other_merges(crossings: pd.DataFrame, sites: pd.DataFrame) -> Iterator[Row]:
    """Crossings and cut sites with other merge distances.

    Parameters
    ----------
    crossings
        Rows with mode, merge_m (metres) and crossings.
    sites
        Rows with mode, depth_km, merge_m (metres) and min_cut_sites.

    Yields
    ------
    dict
        A row of figures, in crossings or in sites.
    """
    for row in records(crossings):
        yield {"measure": "crossings", "mode": row["mode"], "status": "open", "unit": "crossings",
               "value": row["crossings"],
               "count": f"crossings{MERGED}{row['merge_m']} m"}  # fmt: skip
    for row in records(sites[sites["min_cut_sites"].notna()]):
        choices = _choices(row | {"directed": True, "third_open": False})
        yield {**choices, "measure": "min_cut", "count": f"sites{MERGED}{row['merge_m']} m",
               "unit": "sites", "value": row["min_cut_sites"]}  # fmt: skip


def _choices(row: Row) -> Row:
    return {
        "mode": row["mode"],
        "depth": f"{row['depth_km']:+g} km",
        "direction": "directed" if row["directed"] else "undirected",
        "third_countries": "transit allowed" if row["third_open"] else "transit excluded",
        "ways": "headline",
    }
