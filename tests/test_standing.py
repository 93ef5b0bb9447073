"""Figures on ground, posts and cost: which rows comparison.csv has of them, and their range."""

import itertools

import pandas as pd
import pytest

from pipeline.measures import claims, ground

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
        {"scenario": scenario, "level": level, "wages": wages, "unit": unit, "quantity": 50.0,
         "cost_musd": musd * share, "why_absent": None}
        for scenario, unit in (("posts on every crossing", "posts"), (ground.FENCE, "km"))
        for level, musd in (("low", 100.0), ("mid", 400.0), ("high", 900.0))
        for wages, share in (("same", 1.0), ("own", 0.5))
    ]  # fmt: skip
    rows = pd.DataFrame(ground.figures(pd.DataFrame(posture), pd.DataFrame(costs)))
    rows = rows.reindex(columns=[*claims.CHOICES, "value", "unit", "why_absent"])
    return rows.fillna(dict.fromkeys(claims.CHOICES, ""))


def test_every_choice_is_one_that_claims_may_name() -> None:
    rows = told()
    for name, choices in claims.CHOICES.items():
        assert set(rows[name]) <= {"", *choices}
    assert not rows.duplicated(list(claims.CHOICES)).any()


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
    found = {name: (row, spread) for row, name, spread in ground.headlines(told())}
    row, spread = found[name]
    assert spread is not None
    assert (row["value"], spread.min(), spread.max()) == (value, low, high)


def test_posts_near_crossings_cuts_and_bypasses_have_a_row_each() -> None:
    names = [name for row, name, _ in ground.headlines(told()) if row["within"] == "15 minutes"]
    assert sorted(names) == [
        f"near_post_share_{of}_15_minutes" for of in ("bypasses", "crossings", "cut_sites")
    ]
