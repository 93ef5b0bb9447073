"""Figures on fronts and on walking between crossings: which rows there are, and their range."""

from typing import Any

import pandas as pd

from pipeline.core.frames import records
from pipeline.measures import choices, fronts


def figures_of(*rows: dict[str, object], has_posts: bool = True) -> pd.DataFrame:
    """Figures of a layer cordons with these rows, as compare hands them on."""
    columns = ("mode", "directed", "third_open", "depth_km", "front_width_km", "links_per_100_km",
               *fronts.WALKS, *(f"{name}_steep" for name in fronts.WALKS),
               *(f"unguarded_{name}" for name in fronts.WALKS),
               "why_absent", "why_no_width", "why_no_walk")  # fmt: skip
    table = pd.DataFrame(rows).reindex(columns=columns)
    found = pd.DataFrame(fronts.figures(table, has_posts=has_posts))
    found = found.reindex(columns=[*choices.CHOICES, "value", "unit", "why_absent"])
    return found.fillna(dict.fromkeys(choices.CHOICES, ""))


BASE: dict[str, object] = {"mode": "road", "directed": True, "third_open": False, "depth_km": 50.0}
ROWS = (
    BASE | {"front_width_km": 400.0, "links_per_100_km": 1.0, "walked_60_links": 4,
            "walked_180_links": 5, "walked_360_links": 9, "walked_180_links_steep": 3},
    BASE | {"directed": False, "front_width_km": 400.0, "links_per_100_km": 1.5},
    BASE | {"mode": "rail", "front_width_km": 400.0, "why_absent": "no railway"},
    BASE | {"depth_km": -100.0, "why_no_width": "data end", "why_absent": "data end",
            "why_no_walk": "no km is walked"},
)  # fmt: skip


def test_every_choice_is_one_that_claims_may_name() -> None:
    rows = figures_of(*ROWS)
    for name, known in choices.CHOICES.items():
        if name != "depth":
            assert set(rows[name]) <= {"", *known}
    assert not rows.duplicated(list(choices.CHOICES)).any()


def test_headlines_and_the_range_of_roads_per_front() -> None:
    rows = figures_of(*ROWS)
    rows["key"] = [choices.key(row) for row in records(rows)]
    names = zip(rows["mode"], rows["key"], strict=True)
    values = zip(rows["value"], choices.ranges(rows), strict=True)
    spans: dict[Any, Any] = dict(zip(names, values, strict=True))
    assert spans["", "front_width_at_+50_km"] == (400.0, (None, None))
    assert spans["road", "links_per_100_km_at_+50_km"] == (1.0, (1.0, 1.5))
    walks = [spans["road", f"min_cut_on_foot_{m}_minutes_at_+50_km"][0] for m in (60, 180, 360)]
    assert walks == [4, 5, 9]
    # If slopes are steeper, fewer km can be walked: that is the low end of the range.
    assert spans["road", "min_cut_on_foot_180_minutes_at_+50_km"][1] == (3, 5)
    # A railway is not walked to, and each width stands there once, whatever the mode.
    assert not any("on_foot" in name for mode, name in spans if mode == "rail")
    assert [name for _, name in spans].count("front_width_at_+50_km") == 1


def test_what_is_absent_says_why() -> None:
    rows = figures_of(*ROWS)
    why = {tuple(row[name] for name in ("measure", "mode", "depth", "within")): row["why_absent"]
           for row in rows.to_dict(orient="records")}  # fmt: skip
    assert why["front_width", "", "-100 km", ""] == "data end"
    assert why["links_per_100_km", "rail", "+50 km", ""] == "no railway"
    assert why["min_cut_on_foot", "road", "-100 km", "60 minutes"] == "no km is walked"
    assert why["front_width", "", "+50 km", ""] is None


def test_without_a_post_in_the_data_no_walk_is_stated_as_unguarded() -> None:
    row = BASE | {"walked_60_links": 4, "unguarded_walked_60_links": 2}
    for has_posts, expected in ((True, (2, None)), (False, (None, "the data have no post"))):
        rows = figures_of(row, has_posts=has_posts)
        (free,) = rows[rows["measure"].eq("unguarded_on_foot") & rows["within"].eq("60 minutes")][
            ["value", "why_absent", "unit"]].to_dict(orient="records")  # fmt: skip
        value = None if pd.isna(free["value"]) else free["value"]
        assert (value, free["why_absent"], free["unit"]) == (*expected, "links")
        walked = rows[rows["measure"].eq("min_cut_on_foot") & rows["within"].eq("60 minutes")]
        assert walked["value"].tolist() == [4]
