"""The figures of the first screen, and how firm each is, of drawn claims with known answers."""

from typing import Any

import pandas as pd
import pytest

from pipeline.measures import choices
from pipeline.report import headlines, summary

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


def shown(
    measure: dict[str, Any], values: tuple[float | None, float | None], **answer: Any
) -> list[headlines.Headline]:
    rows: dict[tuple[str, str, str], dict[str, Any]] = {
        ("us-mx", "", "cost_fence_where_there_is_none"): {"low": 7.217, "high": "41.43"},
        ("mx-gt", "", "cost_posts_on_every_crossing"): {"low": 0.015, "high": 0.6636},
    }
    claim = {"measures": [measure | dict(zip(BORDERS, values, strict=True))], **answer}
    tables = {"us-mx": cordons(), "mx-gt": cordons(upper=answer.get("bounded", False))}
    (found,) = headlines.of_claims([claim], rows, tables)
    return found


def test_a_cost_has_its_range_and_each_border_its_own_scenario() -> None:
    first, second = shown(COST, (15.9, 0.24), omissions=[])
    assert (first.shown, first.beside) == ("15.9 bn USD", "7.2 to 41.4")
    assert (second.shown, second.beside) == ("0.2 bn USD", "0.015 to 0.7")
    assert first.behind == second.behind == ""


def test_a_count_of_ways_is_a_least_one_and_tells_what_is_known_to_be_missing() -> None:
    lacking = {"border": "mx-gt", "most": 63.0}
    first, second = shown(OPEN, (45.0, 10.0), omissions=[lacking])
    assert (first.shown, first.beside) == (
        "at least 45 crossings", "no inventory of what the data lack"
    )  # fmt: skip
    assert second.shown == "at least 10 crossings"
    assert second.beside == "up to 63 with crossings that the data lack"
    assert second.behind == "#view?mode=road&rests-mx-gt=crossings"


def test_a_cut_that_no_missing_crossing_can_raise_says_so_and_names_its_view() -> None:
    first, second = shown(CUT, (32.0, 5.0), omissions=[{"border": "mx-gt", "most": 5.0}])
    assert first.shown == "at least 32 links"
    assert first.behind == "#view?mode=road&depth=%2B50&rests-us-mx=cut"
    assert second.shown == "at least 5 links"
    assert second.beside == "still 5 with crossings that the data lack"


def test_a_cut_that_is_an_upper_bound_is_no_least_count() -> None:
    first, second = shown(CUT, (32.0, 5.0), omissions=[], bounded=True)
    assert (first.shown, second.shown) == ("at least 32 links", "5 links")


def test_no_way_at_all_is_not_a_least_count() -> None:
    _, second = shown(CUT, (5.0, 0.0), omissions=[{"border": "mx-gt", "most": 2.0}])
    assert second.shown == "0 links"
    assert second.beside == "up to 2 with crossings that the data lack"


@pytest.mark.parametrize("measure", [CUT, OPEN, COST])
def test_what_is_absent_has_nothing_beside_it(measure: dict[str, Any]) -> None:
    first, second = shown(measure, (None, 3.0), omissions=[])
    assert (first.shown, first.beside, first.behind) == ("–", "", "")
    assert "3" in second.shown


def test_a_claim_without_figures_has_none() -> None:
    (found,) = headlines.of_claims([{"measures": []}], {}, dict.fromkeys(BORDERS, cordons()))
    assert [one.shown for one in found] == ["–", "–"]


# How firm -----------------------------------------------------------------------------------------

SWING = {"measure": "success_swing", "of": "barriers", "demand": "irregular",
         "unit": "difference of shares"}  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "ends", "firm"),
    [
        ("supported", (0.102, 0.576), "firm, since the whole range is 5 points or more"),
        ("supported", (0.05, 0.05), "firm, since the whole range is 5 points or more"),
        ("weakly supported", (0.01, 0.049), "firm, since the whole range is 1 to 5 points"),
        ("contradicted", (0.0, 0.009), "firm, since the whole range is below 1 point"),
        (
            "weakly supported", (0.0003, 0.056),
            "not firm, since the range reaches from contradicted (below 1 point) "
            "to supported (5 points or more)",
        ),
        ("supported", None, "5 points or more; no range is stated"),
        ("not tested", None, "no figure"),
    ],
)  # fmt: skip
def test_a_dependence_is_as_firm_as_the_range_of_its_swing(
    verdict: str, ends: tuple[float, float] | None, firm: str
) -> None:
    answer = {"claim": "C4", "kind": "dependence", "verdict": verdict, "measures": [SWING]}
    other = headlines.Headline("43 points", ends=(0.2, 0.3))
    spoken_of = headlines.Headline("1.1 points", ends=ends)
    assert summary.firm(answer, [other, spoken_of]) == firm


def test_a_swing_has_its_range_in_points() -> None:
    chosen = {name: SWING[name] for name in ("measure", "of", "demand")}
    row = {"low": "0.0003", "high": 0.056}
    rows = {(border, "", choices.key(chosen)): row for border in BORDERS}
    claim = {"measures": [SWING | dict.fromkeys(BORDERS, 0.0112)]}
    (found,) = headlines.of_claims([claim], rows, dict.fromkeys(BORDERS, cordons()))
    assert (found[1].shown, found[1].beside) == ("1.1 points", "under 0.1 to 5.6")
    assert found[1].ends == (0.0003, 0.056)


def compared(*scenarios: tuple[str, bool], verdict: str = "supported") -> dict[str, Any]:
    rows = [
        COST | {"scenario": scenario, "supports": supports, "distinct": True}
        for scenario, supports in scenarios
    ]
    return {"kind": "comparison", "verdict": verdict, "measures": rows}


FENCED, POSTED = "fence on land / fence and posts", "fence on land / posts on every crossing"


def test_specifications_that_speak_against_a_claim_are_named_if_they_share_a_choice() -> None:
    same = compared((COST["scenario"], True), (FENCED, False), (FENCED, False))
    firm = "in 1 of 3 specifications; the other 2 set fence on land against fence and posts"
    assert summary.firm(same, []) == firm
    other = compared((COST["scenario"], True), ("fence on land", False))
    assert summary.firm(other, []) == "in 1 of 2 specifications; the other 1: fence on land"
    different = compared((COST["scenario"], True), (FENCED, False), (POSTED, False))
    firm = "in 1 of 3 specifications; the other 2 speak against it"
    assert summary.firm(different, []) == firm


def test_a_comparison_that_all_support_or_that_depends_names_none() -> None:
    assert summary.firm(compared((COST["scenario"], True)), []) == "in 1 of 1 specifications"
    depends = compared(
        (COST["scenario"], True), (FENCED, False), verdict="depends on crossings that the data lack"
    )
    assert summary.firm(depends, []).startswith("in 1 of 2 specifications, but what is missing")
    assert summary.firm({"kind": "comparison", "verdict": "not tested", "measures": []}, []) == (
        "no figure"
    )
