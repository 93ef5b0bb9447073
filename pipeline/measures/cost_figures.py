"""Figures on cost, its effect, and staff, as rows to compare."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row, records
from pipeline.core.numbers import is_absent
from pipeline.measures import cost
from pipeline.measures.claims import Claims

# Figures that are published for each demand and each time of walking.
OF_EACH_DEMAND = ("stopped_share", "cost_per_point")


def figures(costs: pd.DataFrame, effects: pd.DataFrame) -> Iterator[Row]:
    """A row for each figure of the layers costs and cost_effects.

    Parameters
    ----------
    costs, effects : pandas.DataFrame
        The layers costs and cost_effects.

    Yields
    ------
    dict
        A figure with its choices.
    """
    for row in records(costs):
        chosen = {name: row[name] for name in ("scenario", "level", "wages", "why_absent")}
        yield chosen | {"measure": "cost", "value": _billions(row["cost_musd"]), "unit": "bn USD"}
        if row["scenario"] == cost.FENCE and row["fence_km"] > 0:
            yield chosen | {"measure": "cost_per_km", "unit": "million USD a km",
                            "value": row["cost_musd"] / row["fence_km"]}  # fmt: skip
        if row["level"] == "mid" and row["wages"] == "same":
            posts = {"measure": "posts_added", "scenario": row["scenario"], "unit": "posts"}
            yield posts | {"value": row["posts"], "why_absent": row["why_absent"]}
    for row in records(effects):
        chosen = {name: row[name] for name in ("scenario", "demand", "walking", "why_absent")}
        yield chosen | {"measure": "stopped_share", "value": row["stopped_share"], "unit": "share"}
        per_point, why = row["cost_per_point_musd"], row["why_absent"]
        if is_absent(per_point) and not isinstance(why, str):
            chosen["why_absent"] = "it stops nobody"
        yield chosen | {"measure": "cost_per_point", "value": per_point,
                        "unit": "million USD per 1 % stopped"}  # fmt: skip


def _billions(musd: Any) -> float | None:
    return None if pd.isna(musd) else float(musd) / 1000


def staff(border: str, crossings: pd.DataFrame, asked: Claims) -> Iterator[Row]:
    """Recorded staff, and the staff that posts on every open crossing would need.

    Parameters
    ----------
    border : str
        Name of the border.
    crossings : pandas.DataFrame
        Layer crossings.
    asked : Claims
        The claims, which contain recorded staff and lengths.

    Yields
    ------
    dict
        A figure: recorded staff, recorded staff per km of official length, and assumed staff with
        its range.
    """
    low, mid, high = (len(cost.used(crossings)) * n for n in parameters.numbers("post_officers"))
    ends = {"low": low, "high": high}
    yield {"measure": "staff_assumed", "value": mid, "unit": "officers", **ends}
    record = asked.staff_on_record.get(border)
    if record is not None:
        yield {"measure": "staff_on_record", "value": record.officers, "unit": "officers"}
        if border in asked.official_length_km:
            each = record.officers / asked.official_length_km[border]
            yield {"measure": "staff_per_km_on_record", "value": each, "unit": "officers a km"}
