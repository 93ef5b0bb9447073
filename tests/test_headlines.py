"""The figures of the first screen, and how firm each is, of drawn claims with known answers."""

from typing import Any

import pandas as pd
import pytest

from pipeline.report import headlines

BORDERS = ("us-mx", "mx-gt")
CUT = {
    "measure": "min_cut", "mode": "road", "depth": "+50 km", "direction": "directed",
    "third_countries": "transit excluded", "ways": "headline", "count": "links", "unit": "links",
}  # fmt: skip
OPEN = {"measure": "crossings", "mode": "road", "status": "open", "count": "crossings",
        "unit": "crossings"}  # fmt: skip
COST = {
    "measure": "cost", "scenario": "fence where there is none / posts on every crossing",
    "level": "mid", "wages": "same", "unit": "bn USD",
}  # fmt: skip


def cordons(*, upper: bool = False, depth_km: float = 50.0) -> pd.DataFrame:
    row = {"mode": "road", "depth_km": depth_km, "directed": True, "third_open": False}
    return pd.DataFrame([row | {"is_upper_bound": upper}])


def told(
    measure: dict[str, Any], values: tuple[float | None, float | None], **answer: Any
) -> list[headlines.Headline]:
    rows = {
        ("us-mx", "", "cost_fence_where_there_is_none"): {"low": 7.217, "high": "41.43"},
        ("mx-gt", "", "cost_posts_on_every_crossing"): {"low": 0.015, "high": 0.6636},
    }
    claim = {"measures": [measure | dict(zip(BORDERS, values, strict=True))], **answer}
    tables = {"us-mx": cordons(), "mx-gt": cordons(upper=answer.get("bounded", False))}
    (found,) = headlines.of_claims([claim], rows, tables)
    return found


def test_a_cost_has_its_range_and_each_border_its_own_scenario() -> None:
    first, second = told(COST, (15.9, 0.24), omissions=[])
    assert (first.shown, first.beside) == ("15.9 bn USD", "7.2 to 41.4")
    assert (second.shown, second.beside) == ("0.2 bn USD", "0.015 to 0.7")
    assert first.behind == second.behind == ""


def test_a_count_of_ways_is_a_least_one_and_tells_what_is_known_to_be_missing() -> None:
    lacking = {"border": "mx-gt", "most": 63.0}
    first, second = told(OPEN, (45.0, 10.0), omissions=[lacking])
    assert (first.shown, first.beside) == ("at least 45 crossings", "")
    assert second.shown == "at least 10 crossings"
    assert second.beside == "up to 63 with crossings that the data lack"
    assert second.behind == "#view?mode=road&rests-mx-gt=crossings"


def test_a_cut_that_no_missing_crossing_can_raise_says_so_and_names_its_view() -> None:
    first, second = told(CUT, (32.0, 5.0), omissions=[{"border": "mx-gt", "most": 5.0}])
    assert first.shown == "at least 32 links"
    assert first.behind == "#view?mode=road&depth=%2B50&rests-us-mx=cut"
    assert second.shown == "at least 5 links"
    assert second.beside == "still 5 with crossings that the data lack"


def test_a_cut_that_is_an_upper_bound_is_no_least_count() -> None:
    first, second = told(CUT, (32.0, 5.0), omissions=[], bounded=True)
    assert (first.shown, second.shown) == ("at least 32 links", "5 links")


def test_no_way_at_all_is_not_a_least_count() -> None:
    _, second = told(CUT, (5.0, 0.0), omissions=[{"border": "mx-gt", "most": 2.0}])
    assert second.shown == "0 links"
    assert second.beside == "up to 2 with crossings that the data lack"


@pytest.mark.parametrize("measure", [CUT, OPEN, COST])
def test_what_is_absent_has_nothing_beside_it(measure: dict[str, Any]) -> None:
    first, second = told(measure, (None, 3.0), omissions=[])
    assert (first.shown, first.beside, first.behind) == ("–", "", "")
    assert "3" in second.shown


def test_a_claim_without_figures_has_none() -> None:
    (found,) = headlines.of_claims([{"measures": []}], {}, dict.fromkeys(BORDERS, cordons()))
    assert [one.shown for one in found] == ["–", "–"]
