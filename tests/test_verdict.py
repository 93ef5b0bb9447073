"""Verdicts by the rules of claims.toml, on drawn figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.measures import choices, tipping, verdict
from tests.judged import (
    CROSSED,
    CUT,
    FAR,
    INFORMAL,
    NAMES,
    NEAR,
    OPEN,
    SWING,
    Values,
    asked,
    judged,
    swings,
)

# Comparisons --------------------------------------------------------------------------------------


def test_supported_when_all_lie_on_the_claims_side(tmp_path: Path) -> None:
    answer = judged(tmp_path, CUT, [(NEAR, 4, 2), (FAR, 3, 1)])
    assert answer["verdict"] == "supported"
    assert [m["ratio"] for m in answer["measures"]] == [2, 3]
    assert answer["why"].startswith("Northern border 4 links, Southern border 2 links, ratio 2. ")
    assert "2 of 2 distinct results (2 specifications), ratios from 2 to 3" in answer["why"]


def test_contradicted_when_none_does_and_level_is_no_side(tmp_path: Path) -> None:
    answer = judged(tmp_path, CUT, [(NEAR, 1, 2), (FAR, 2, 2)])
    assert answer["verdict"] == "contradicted"


def test_below_one_is_the_other_side(tmp_path: Path) -> None:
    text = CUT.replace("above 1", "below 1")
    assert judged(tmp_path, text, [(NEAR, 1, 2), (FAR, 1, 3)])["verdict"] == "supported"


def test_zero_on_the_second_is_on_the_side_without_a_ratio(tmp_path: Path) -> None:
    answer = judged(tmp_path, CUT, [(NEAR, 4, 0), (FAR, 0, 0)])
    assert answer["verdict"] == "supported"
    assert [m["supports"] for m in answer["measures"]] == [True, None]
    assert answer["measures"][1]["why_absent"] == "0 on both"


def test_equal_pairs_count_once(tmp_path: Path) -> None:
    """Eight choices that change nothing add nothing: 1 of 2 results, not 9 of 10."""
    depths = [f"+{km} km" for km in range(11, 20)]
    text = CUT.replace('["+25 km"]', json.dumps(depths))
    same: Values = [(NEAR | {"depth": depth}, 4, 2) for depth in depths[:-1]]
    answer = judged(tmp_path, text, [(NEAR, 4, 2), *same, (NEAR | {"depth": "+19 km"}, 1, 2)])
    assert answer["verdict"] == "depends on depth"
    assert answer["share"] == 0.5
    assert "in 1 of 2 distinct results (10 specifications)" in answer["why"]
    assert [m["distinct"] for m in answer["measures"]].count(True) == 2


@pytest.mark.parametrize(("above", "expected"), [(9, "supported"), (1, "contradicted"), (8, "d")])
def test_the_rule_is_nine_in_ten(tmp_path: Path, above: int, expected: str) -> None:
    depths = [f"+{number} km" for number in range(10, 20)]
    text = CUT.replace('["+25 km"]', json.dumps(depths[1:]))
    values: Values = [
        (NEAR | {"depth": depth}, 20 + i if i < above else 1 + i / 100, 10)
        for i, depth in enumerate(depths)
    ]
    assert judged(tmp_path, text, values)["verdict"].startswith(expected)


def test_it_depends_on_the_choice_that_separates_the_results(tmp_path: Path) -> None:
    text = CUT.replace('depth = ["+25 km"]\n', 'depth = ["+25 km"]\ncount = ["lanes"]\n')
    lanes: Values = [(NEAR | {"count": "lanes"}, 5, 9), (FAR | {"count": "lanes"}, 6, 9)]
    answer = judged(tmp_path, text, [(NEAR, 4, 2), (FAR, 3, 1), *lanes])
    assert answer["verdict"] == "depends on count"
    assert "By count: links 2 of 2, lanes 0 of 2." in answer["why"]
    # Counting links alone, all results are on its side; at either depth half are.
    assert answer["leave_one_out"] == {"depth": 0.5, "count": 1.0}


def test_an_absent_headline_is_not_tested_and_says_why(tmp_path: Path) -> None:
    answer = judged(tmp_path, CUT, [(NEAR, None, 2), (FAR, 3, 1)])
    assert answer["verdict"] == "not tested"
    assert "us-mx: thin data" in answer["why"]


def test_absent_rail_is_answered_by_the_combined_network(tmp_path: Path) -> None:
    text = CUT.replace('depth = ["+25 km"]', 'mode = ["rail"]\n[claims.instead]\nrail = "combined"')
    rail, both = NEAR | {"mode": "rail"}, NEAR | {"mode": "combined"}
    answer = judged(tmp_path, text, [(NEAR, 4, 2), (rail, 7, None), (both, 41, 6)])
    measure = answer["measures"][1]
    assert (measure["us-mx"], measure["mx-gt"], measure["supports"]) == (41, 6, True)
    assert measure["answered_by"] == "combined"
    assert "2 of 2 distinct results" in answer["why"]
    # Where both borders have a railway, it speaks for itself.
    answer = judged(tmp_path, text, [(NEAR, 4, 2), (rail, 7, 9), (both, 41, 6)])
    assert answer["verdict"] == "depends on mode"


def test_a_crossed_choice_takes_one_scenario_from_either_border(tmp_path: Path) -> None:
    text = CUT.split("[claims.primary]", maxsplit=1)[0] + (
        '[claims.primary]\nmeasure = "cost"\nscenario = "fence on land / posts on every crossing"\n'
    )
    fence = {"measure": "cost", "scenario": "fence on land"}
    posts = {"measure": "cost", "scenario": "posts on every crossing"}
    answer = judged(tmp_path, text, [(fence, 14, 6), (posts, 0.1, 2)])
    assert (answer["measures"][0]["us-mx"], answer["measures"][0]["mx-gt"]) == (14, 2)


# Known omissions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("mapped", "missing"), [(3, 53), (21, 35)])
def test_known_omissions_that_reach_the_tipping_point_decide(
    tmp_path: Path, mapped: int, missing: int
) -> None:
    """45 against 10: 35 more make it level; an inventory counts as many that the data lack."""
    answer = judged(tmp_path, CROSSED, [(OPEN, 45, 10), (INFORMAL, 0, mapped)])
    assert answer["verdict"].startswith("depends on crossings that the data lack")
    (lacking,) = answer["omissions"]
    assert (lacking["missing"], lacking["tipping"], lacking["turns"]) == (missing, 35, True)
    assert answer["share"] == 1


def test_omissions_short_of_the_tipping_point_are_reported_and_change_nothing(
    tmp_path: Path,
) -> None:
    answer = judged(tmp_path, CROSSED, [(OPEN, 45, 10), (INFORMAL, 0, 30)])
    assert answer["verdict"] == "supported"
    assert "the data hold 30; 35 more" in answer["why"]


def test_data_that_hold_all_of_an_inventory_lack_nothing(tmp_path: Path) -> None:
    answer = judged(tmp_path, CROSSED, [(OPEN, 45, 10), (INFORMAL, 0, 60)])
    assert answer["omissions"] == []


def test_the_second_line_bounds_what_omissions_can_do(tmp_path: Path) -> None:
    text = CUT.replace('"above 1"\n', '"above 1"\nomissions = "at most the second line"\n')
    line = NEAR | {"measure": "second_line"}
    answer = judged(tmp_path, text, [(NEAR, 32, 5), (FAR, 31, 3), (line, 40, 6), (INFORMAL, 0, 3)])
    assert answer["verdict"] == "supported"
    assert "no more than 6 edge-disjoint paths lead to +10 km" in answer["why"]
    answer = judged(tmp_path, text, [(NEAR, 32, 5), (FAR, 31, 3), (line, 40, 35), (INFORMAL, 0, 3)])
    assert answer["verdict"].startswith("depends on crossings that the data")


ESTIMATED = OPEN | {"status": "estimated from two sources"}


def estimated(tmp_path: Path, **ends: tuple[float, ...]) -> dict[str, Any]:
    """45 crossings against 10; how many there are in all: estimate, low and high, by border."""
    published: dict[tuple[str, str, str], dict[str, Any]] = {}
    for border, value in (("us-mx", 45), ("mx-gt", 10)):
        row = {"value": value, "unit": "crossings", "why_absent": ""}
        published[border, "road", choices.key(OPEN)] = row
    for border, interval in ends.items():
        row = dict(zip(("value", "low", "high"), interval, strict=True)) | {"unit": "crossings"}
        published[border.replace("_", "-"), "road", choices.key(ESTIMATED)] = row
    return verdict.judge(asked(tmp_path, CROSSED), published, NAMES)[0]


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ((46, 44, 50), "lack 36 road crossings (34 to 40) of the Southern border border by "
         "Chapman's estimate: that would reverse the headline."),
        ((30, 12, 45), "that would reverse the headline at the upper end of its interval."),
        ((30, 12, 44), ""),
    ],
)  # fmt: skip
def test_an_estimate_from_two_sources_is_reported_where_it_would_turn_the_headline(
    tmp_path: Path, interval: tuple[float, ...], message: str
) -> None:
    answer = estimated(tmp_path, mx_gt=interval)
    assert answer["verdict"] == "supported"
    assert message in answer["why"]
    assert bool(message) == ("Chapman" in answer["why"])


def test_what_the_other_border_surely_lacks_makes_up_for_it(tmp_path: Path) -> None:
    assert "Chapman" not in estimated(tmp_path, mx_gt=(46, 44, 50), us_mx=(57, 55, 60))["why"]


def test_tipping_point_of_headline_and_verdict(tmp_path: Path) -> None:
    rules = asked(tmp_path, CUT).rules
    answer = judged(tmp_path, CUT, [(NEAR, 9, 4), (FAR, 6, 4)])
    assert tipping.roads(answer, ("us-mx", "mx-gt"), rules) == ("mx-gt", 5, 2)


# Dependence ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("swing", "expected"),
    [
        (0.05, "supported"),
        (0.049, "weakly supported"),
        (0.01, "weakly supported"),
        (0.009, "contradicted"),
        (0.0, "contradicted"),
        (None, "not tested"),
    ],
)
def test_a_dependence_is_judged_by_the_swing_on_the_border_spoken_of(
    tmp_path: Path, swing: float | None, expected: str
) -> None:
    answer = verdict.judge(asked(tmp_path, SWING), swings(swing), NAMES)[0]
    assert answer["verdict"] == expected
    assert answer["measures"][0]["mx-gt"] == swing
    assert answer["measures"][0]["supports"] is None


def test_it_says_between_what_a_swing_lies_where_another_parameter_moves(tmp_path: Path) -> None:
    published = swings(0.02)
    of = {"measure": "success_swing", "of": "barriers", "demand": "irregular"}
    published["mx-gt", "", choices.key(of)] |= {"low": 0.001, "high": 0.034}
    answer = verdict.judge(asked(tmp_path, SWING), published, NAMES)[0]
    assert "the swing is between 0.1 and 3.4 points." in answer["why"]


def test_a_share_that_hardly_varies_gives_no_verdict(tmp_path: Path) -> None:
    answer = verdict.judge(asked(tmp_path, SWING), swings(0.0, spread=0.01), NAMES)[0]
    assert answer["verdict"] == "no verdict"


def test_one_border_is_enough_for_a_dependence(tmp_path: Path) -> None:
    published = {key: row for key, row in swings(0.2).items() if key[0] == "mx-gt"}
    answer = verdict.judge(asked(tmp_path, SWING), published, NAMES)[0]
    assert answer["verdict"] == "supported"


def test_the_other_border_decides_nothing(tmp_path: Path) -> None:
    answer = verdict.judge(asked(tmp_path, SWING), swings(0.0, other=0.9), NAMES)[0]
    assert answer["verdict"] == "contradicted"
    assert "Northern border, irregular demand: swing 90.0 percentage points" in answer["why"]
