"""Figures on closings, routes and evasion: which rows there are and what their range is."""

from typing import Any

import pandas as pd

from pipeline.core import schema
from pipeline.core.frames import records
from pipeline.measures import choices, routes
from tests.frames import row_of


def frame(name: str, *rows: dict[str, object]) -> pd.DataFrame:
    table = pd.DataFrame(rows).reindex(columns=[c.name for c in schema.TABLES[name].columns])
    flags = [column.name for column in schema.TABLES[name].columns if column.kind == "bool"]
    return schema.conform(table.assign(**dict.fromkeys(flags, False)), name)


def figures_of() -> pd.DataFrame:
    counts: list[dict[str, object]] = [
        {"mode": "road", "demand": demand, "unit": unit, "detour_limit": limit, "of": 9,
         "stopped_share": 0.5, "closings_low": closings, "closings": closings}
        for demand, unit, limit, closings in (
            ("through", "crossing", "1.5", 5), ("through", "site", "1.5", 4),
            ("through", "crossing", "no way", 9), ("local", "crossing", "1.5", 2),
        )
    ]  # fmt: skip
    on_foot: list[dict[str, object]] = [
        {"mode": "road", "within_minutes": 60, "detour_limit": limit, "stopped_share": share,
         "stoppable_share": most, "closings": closings,
         "why_absent": None if closings else "closing all stops too few"}
        for limit, most in (("1.5", 0.75), ("no way", 0.25))
        for share, closings in ((0.5, 3 if most > 0.5 else None), (1.0, None))
    ]  # fmt: skip
    pair: dict[str, object] = {
        "mode": "road",
        "within_1_25": 1,
        "within_1_5": 2,
        "within_2": 3,
        "routes_in_all": 7,
    }
    pairs: list[dict[str, object]] = [
        {**pair, "pair": "A – B"},
        {**pair, "pair": "A – C", "within_1_5": 3},
        {"mode": "road", "pair": "A – D", "why_absent": "no way"},
        {"mode": "rail", "pair": "A – B", "why_absent": "no rail"},
    ]
    evasion: list[dict[str, object]] = [
        {"mode": "road", "demand": "through", "posts": "all", "meets_post_share": 1.0,
         "clean_share": 0.0, "no_clean_way_share": 1.0},
        {"mode": "road", "demand": "through", "posts": "inland", "meets_post_share": 0.5,
         "clean_share": 0.75, "no_clean_way_share": 0.0, "evasion_price": 1.25},
        {"mode": "rail", "demand": "through", "posts": "all", "why_absent": "no railway"},
    ]  # fmt: skip
    tables = dict(zip(routes.LAYERS, (counts, on_foot, pairs, evasion), strict=True))
    rows = pd.DataFrame(routes.figures(*(frame(name, *table) for name, table in tables.items())))
    return rows.reindex(columns=[*choices.CHOICES, "value", "unit", "why_absent"]).fillna(
        dict.fromkeys(choices.CHOICES, "")
    )


def test_every_choice_is_one_that_claims_may_name() -> None:
    rows = figures_of()
    for name, known in choices.CHOICES.items():
        assert set(rows[name]) <= {"", *known}
    assert not rows.duplicated(list(choices.CHOICES)).any()


def test_headlines_and_their_range() -> None:
    rows = figures_of()
    rows["key"] = [choices.key(row) for row in records(rows)]
    found: dict[Any, Any] = {
        (mode, key): (value, *span)
        for mode, key, value, span in zip(
            rows["mode"], rows["key"], rows["value"], choices.ranges(rows), strict=True
        )
    }
    assert found["road", "closings_to_stop_50"] == (5, 2, 9)
    assert found["road", "closings_on_foot_to_stop_50_60_minutes"] == (3, 3, 3)
    assert found["road", "stoppable_share_60_minutes"] == (0.75, 0.25, 0.75)
    assert found["road", "routes"] == (2.5, 1, 7)
    assert found["road", "clean_share"] == (0.0, 0.0, 0.75)
    assert found["road", "meets_post_share"] == (1.0, 0.5, 1.0)


def test_what_is_absent_says_why() -> None:
    rows = figures_of()
    rail = rows[(rows["measure"] == "routes") & (rows["mode"] == "rail")]
    assert rail["value"].isna().all()
    assert set(rail["why_absent"]) == {"no rail"}
    walked = rows[(rows["measure"] == "closings_on_foot") & rows["value"].isna()]
    assert set(walked["why_absent"]) == {"closing all stops too few"}
    price = rows[(rows["measure"] == "evasion_price") & (rows["of"] == "all")]
    on_road = row_of(price.set_index("mode"), "road")
    assert pd.isna(on_road["value"])
    assert on_road["why_absent"] == "every way meets a post"
    known = rows["value"].notna()
    assert rows.loc[known, "why_absent"].isna().all()
    assert rows.loc[~known, "why_absent"].notna().all()
    trains = rows[(rows["mode"] == "rail") & (rows["of"] == "all")]
    assert trains["why_absent"].tolist() == ["no railway"] * 3


def test_prices_are_ratios_and_the_rest_of_evasion_are_shares() -> None:
    rows = figures_of()
    units = rows.groupby("measure")["unit"].agg(set).to_dict()
    assert units == {
        "closings": {"crossings", "10 km sites"}, "closings_on_foot": {"crossings"},
        "stoppable_share": {"share"}, "routes": {"routes"}, "evasion_price": {"ratio"},
        "clean_share": {"share"}, "meets_post_share": {"share"},
    }  # fmt: skip
