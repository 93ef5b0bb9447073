"""Figures on terrain, posts and cost: which rows comparison.csv has of them, and their range."""

import itertools

import pandas as pd
import pytest
from msgspec.structs import replace

from pipeline.core import parameters, schema
from pipeline.core.frames import records
from pipeline.measures import choices, claims, cost, cost_figures, ground
from tests.frames import cell

Row = dict[str, object]


def figures_of() -> pd.DataFrame:
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
        for scenario, posts, km in (
            (cost.EVERY, 5.0, 0.0), (cost.FENCE, 0.0, 50.0), (cost.LAND, 0.0, 20.0))
        for level, musd in (("low", 100.0), ("mid", 400.0), ("high", 900.0))
        for wages, share in (("same", 1.0), ("own", 0.5))
    ]  # fmt: skip
    effects: list[Row] = [
        {"scenario": cost.EVERY, "demand": "through", "walking": walking, "stopped_share": share,
         "cost_per_point_musd": per_point, "why_absent": None}
        for walking, share, per_point in (
            ("no walking", 1.0, 4.0), ("walking 60 minutes", 0.0, None))
    ]  # fmt: skip
    effects.append(effects[1] | {"scenario": cost.BEHIND, "stopped_share": None,
                                 "why_absent": "no road lies that deep"})  # fmt: skip
    rows = [
        *ground.figures(pd.DataFrame(posture)),
        *cost_figures.figures(pd.DataFrame(costs), pd.DataFrame(effects)),
    ]
    frame = pd.DataFrame(rows).reindex(columns=[*choices.CHOICES, "value", "unit", "why_absent"])
    frame = frame.fillna(dict.fromkeys(choices.CHOICES, ""))
    frame["key"] = [choices.key(row) for row in records(frame)]
    return frame


def test_every_choice_is_one_that_claims_may_name() -> None:
    rows = figures_of()
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
    rows = figures_of()
    spans = dict(zip(rows["key"], choices.ranges(rows), strict=True))
    assert rows.set_index("key")["value"][name] == value
    assert spans[name] == (low, high)


def test_posts_near_crossings_cuts_and_bypasses_have_a_row_each() -> None:
    rows = figures_of()
    names = rows.loc[rows["within"] == "15 minutes", "key"]
    assert sorted(names) == [
        f"near_post_share_{of}_15_minutes" for of in ("bypasses", "crossings", "cut_sites")
    ]


def test_what_stops_no_one_has_no_cost_of_a_point() -> None:
    rows = figures_of().set_index("key")
    assert rows["value"]["cost_per_point_posts_on_every_crossing"] == 4
    walked = "cost_per_point_posts_on_every_crossing|walking_60_minutes"
    assert pd.isna(cell(rows, walked, "value"))
    assert cell(rows, walked, "why_absent") == "it stops nobody"


def test_each_scenario_has_one_row_of_posts_and_fences_alone_a_cost_of_a_km() -> None:
    rows = figures_of()
    posts = rows[rows["measure"] == "posts_added"]
    assert dict(zip(posts["scenario"], posts["value"], strict=True)) == {
        cost.EVERY: 5.0, cost.FENCE: 0.0, cost.LAND: 0.0,
    }  # fmt: skip
    assert len(posts) == 3
    per_km = rows[rows["measure"] == "cost_per_km"]
    assert set(per_km["scenario"]) == {cost.FENCE}
    assert len(per_km) == 6
    # Where all is fenced already there is no km to pay for.
    for km, measures in ((0.0, ["cost"]), (0.5, ["cost", "cost_per_km"])):
        fenced = pd.DataFrame([
            {"scenario": cost.FENCE, "level": "mid", "wages": "same", "posts": 0.0,
             "fence_km": km, "cost_musd": 8 * km, "why_absent": None}
        ])  # fmt: skip
        found = list(cost_figures.figures(fenced, pd.DataFrame()))
        assert [row["measure"] for row in found] == [*measures, "posts_added"]
        assert [row["value"] for row in found] == [0.008 * km, *[8] * (km > 0), 0]


def test_posts_that_stop_a_share_are_known_where_those_of_each_mode_are() -> None:
    crossings = pd.DataFrame({"crossing_id": ["1", "2", "6"], "mode": ["road", "road", "rail"],
                              "status": ["official", "informal", "unmarked"]})  # fmt: skip
    counts = pd.DataFrame({"mode": ["road", "rail"], "demand": "through", "unit": "crossing",
                           "detour_limit": "1.5", "stopped_share": 0.5, "closings": [2.0, 1.0],
                           "why_absent": None})  # fmt: skip
    sets = [("road", "stop", 1, "2"), ("road", "stop", 2, "1"), ("road", "stop", 2, "2"),
            ("rail", "stop", 1, "6"), ("road", "delay", 2, "2")]  # fmt: skip
    closures = pd.DataFrame(sets, columns=["mode", "aim", "k", "crossing_id"])
    posture = pd.DataFrame({"measure": "unfenced_km", "of": ["", "land"], "value": [40.0, 25.0]})

    def half(counts: pd.DataFrame, crossings: pd.DataFrame = crossings) -> cost.Scenario:
        tables = schema.empty("cordons"), counts, closures, posture
        made = cost.scenarios(crossings, *tables)
        return next(one for one in made if one.name == name)

    name, why = "posts to stop 50%", "too few can be stopped"
    assert half(counts) == cost.Scenario(name, 2.0, 1.0, 0.0)
    road, rail = counts[:1], counts[1:]
    assert half(road) == cost.Scenario(name, None, None, 0.0, "rail: not counted")
    assert half(rail) == cost.Scenario(name, None, None, 0.0, "road: not counted")
    unknown = pd.concat([road, rail.assign(closings=float("nan"), why_absent=why)])
    assert half(unknown) == cost.Scenario(name, None, None, 0.0, f"rail: {why}")
    # Where no railway crosses, none is missing.
    assert half(road, crossings[:2]) == cost.Scenario(name, 1.0, 1.0, 0.0)


def test_what_is_not_known_keeps_its_own_reason() -> None:
    rows = figures_of().set_index("key")
    behind = next(key for key in rows.index if key.startswith("cost_per_point_posts_50_km_behind"))
    assert pd.isna(cell(rows, behind, "value"))
    assert cell(rows, behind, "why_absent") == "no road lies that deep"
    assert cell(rows, "cost_per_point_posts_on_every_crossing", "why_absent") is None


@pytest.mark.parametrize(("border", "recorded"), [("us-mx", True), ("es-ad", False)])
def test_staff_is_assumed_of_every_open_crossing_and_recorded_where_known(
    border: str, recorded: bool
) -> None:
    crossings = pd.DataFrame({
        "counted": [True, True, True, False, True, True],
        "mode": ["road", "road", "rail", "road", "foot", "road"],
        "status": ["official", "unmarked", "official", "official", "official", "closed"],
        "class": "primary",
    })  # fmt: skip
    asked = claims.read()
    first, *others = cost_figures.staff(border, crossings, asked)
    low, mid, high = parameters.numbers("post_officers")
    assert first == {"measure": "staff_assumed", "value": 3 * mid, "unit": "officers",
                     "low": 3 * low, "high": 3 * high}  # fmt: skip
    found = {row["measure"]: row["value"] for row in others}
    if recorded:
        officers = asked.staff_on_record[border].officers
        length_km = asked.official_length_km[border]
        assert found == {
            "staff_on_record": officers, "staff_per_km_on_record": officers / length_km,
        }  # fmt: skip
        unmeasured = replace(asked, official_length_km={})
        assert len(list(cost_figures.staff(border, crossings, unmeasured))) == 2
    else:
        assert found == {}
