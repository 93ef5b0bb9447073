"""Figures on terrain, posts and cost: which rows comparison.csv has of them, and their range."""

import itertools

import pandas as pd
import pytest

from pipeline.core.frames import records
from pipeline.measures import choices, cost, cost_figures, ground
from tests.frames import cell

Row = dict[str, object]


def told() -> pd.DataFrame:
    posture: list[Row] = [
        {"measure": "walk_share", "mode": "foot", "of": obstacles, "within": "180 minutes",
         "value": value, "unit": "share"}
        for obstacles, value in (("stated", 0.5), ("none", 0.6), ("impassable", 0.1))
    ] + [
        {"measure": "near_post_share", "mode": "road", "of": of, "within": within,
         "value": 0.25, "unit": "share"}
        for of, within in itertools.product(
            ("crossings", "cut sites", "bypasses"), ("2 km", "15 minutes"))
    ]  # fmt: skip
    costs: list[Row] = [
        {"scenario": scenario, "level": level, "wages": wages, "posts": posts, "fence_km": km,
         "cost_musd": musd * share, "why_absent": None}
        for scenario, posts, km in ((cost.EVERY, 5.0, 0.0), (cost.FENCE, 0.0, 50.0))
        for level, musd in (("low", 100.0), ("mid", 400.0), ("high", 900.0))
        for wages, share in (("same", 1.0), ("own", 0.5))
    ]  # fmt: skip
    effects: list[Row] = [
        {"scenario": cost.EVERY, "demand": "through", "walking": walking, "stopped_share": share,
         "cost_per_point_musd": per_point, "why_absent": None}
        for walking, share, per_point in (
            ("no walking", 1.0, 4.0), ("walking 60 minutes", 0.0, None))
    ]  # fmt: skip
    rows = [
        *ground.figures(pd.DataFrame(posture)),
        *cost_figures.figures(pd.DataFrame(costs), pd.DataFrame(effects)),
    ]
    frame = pd.DataFrame(rows).reindex(columns=[*choices.CHOICES, "value", "unit", "why_absent"])
    frame = frame.fillna(dict.fromkeys(choices.CHOICES, ""))
    frame["key"] = [choices.key(row) for row in records(frame)]
    return frame


def test_every_choice_is_one_that_claims_may_name() -> None:
    rows = told()
    for name, known in choices.CHOICES.items():
        assert set(rows[name]) <= {"", *known}
    assert not rows.duplicated(list(choices.CHOICES)).any()


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        ("walk_share_180_minutes", 0.5, 0.1, 0.6),
        ("cost_posts_on_every_crossing", 0.4, 0.05, 0.9),
        ("cost_fence_where_there_is_none", 0.4, 0.05, 0.9),
        # Of 50 km: 400 million in the middle, at own wages half.
        ("cost_per_km_fence_where_there_is_none", 8, 1, 18),
    ],
)
def test_headlines_and_their_range(name: str, value: float, low: float, high: float) -> None:
    rows = told()
    spans = dict(zip(rows["key"], choices.ranges(rows), strict=True))
    assert rows.set_index("key")["value"][name] == value
    assert spans[name] == (low, high)


def test_posts_near_crossings_cuts_and_bypasses_have_a_row_each() -> None:
    rows = told()
    names = rows.loc[rows["within"] == "15 minutes", "key"]
    assert sorted(names) == [
        f"near_post_share_{of}_15_minutes" for of in ("bypasses", "crossings", "cut_sites")
    ]


def test_what_stops_no_one_has_no_cost_of_a_point() -> None:
    rows = told().set_index("key")
    assert rows["value"]["cost_per_point_posts_on_every_crossing"] == 4
    walked = "cost_per_point_posts_on_every_crossing|walking_60_minutes"
    assert pd.isna(cell(rows, walked, "value"))
    assert cell(rows, walked, "why_absent") == "it stops nobody"
