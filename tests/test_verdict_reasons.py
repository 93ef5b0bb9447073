"""The reasons of verdicts, word by word, and what counts as one result, on drawn figures."""

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

BOTH = ("us-mx", "mx-gt")


@pytest.mark.parametrize(
    ("pair", "comparison"),
    [
        ((12.34, 3.456), "12.3 links, Southern border 3.46 links, ratio 3.57."),
        ((10.55, 10.0), "10.6 links, Southern border 10 links, ratio 1.06."),
        ((0.853, 1.0), "0.85 links, Southern border 1 link, ratio 0.853."),
        ((12346.0, 1.0), "12,346 links, Southern border 1 link, ratio 12,300."),
        ((1440.0, 1.0), "1,440 links, Southern border 1 link, ratio 1,440."),
        ((4.0, 0.0), "4 links, Southern border 0 links."),
    ],
)
def test_a_headline_has_the_digits_that_a_reader_can_use(
    tmp_path: Path, pair: tuple[float, float], comparison: str
) -> None:
    answer = judged(tmp_path, CUT, [(NEAR, *pair)])
    assert answer["why"].startswith(f"Northern border {comparison} ")


def test_a_range_is_told_of_ratios_that_differ_and_of_one_choice_where_it_varies(
    tmp_path: Path,
) -> None:
    counts = "The claim holds in 2 of 2 distinct results (2 specifications)"
    alike = judged(tmp_path, CUT, [(NEAR, 4, 2), (FAR, 6, 3)])
    ratio = "Northern border 4 links, Southern border 2 links, ratio 2."
    assert alike["why"] == f"{ratio} {counts}; with one choice fixed at that of the headline, " \
        "in 100 % each time."  # fmt: skip
    text = CUT.replace('depth = ["+25 km"]\n', 'depth = ["+25 km"]\ncount = ["lanes"]\n')
    lanes: Values = [(NEAR | {"count": "lanes"}, 5, 9), (FAR | {"count": "lanes"}, 6, 3)]
    answer = judged(tmp_path, text, [(NEAR, 4, 2), (FAR, 3, 1), *lanes])
    assert answer["why"] == (
        f"{ratio} The claim holds in 3 of 4 distinct results (4 specifications), ratios from 0.556 "
        "to 3; with one choice fixed at that of the headline, in 50 % to 100 %. By depth: "
        "+10 km 1 of 2, +25 km 2 of 2."
    )


def test_where_no_choice_separates_the_results_the_first_that_varies_is_named(
    tmp_path: Path,
) -> None:
    text = CUT.replace('depth = ["+25 km"]\n', 'depth = ["+25 km"]\ncount = ["lanes"]\n')
    lanes: Values = [(NEAR | {"count": "lanes"}, 5, 9), (FAR | {"count": "lanes"}, 6, 3)]
    answer = judged(tmp_path, text, [(NEAR, 4, 2), (FAR, 1, 2), *lanes])
    assert answer["verdict"] == "depends on depth"


def test_figures_beside_are_no_result_and_equal_pairs_of_any_choice_are_one(
    tmp_path: Path,
) -> None:
    text = CUT.replace('depth = ["+25 km"]\n', 'per = ["100 km"]\n')
    text += '[claims.beside]\ncount = ["lanes"]\n'
    dense, lanes = NEAR | {"per": "100 km"}, NEAR | {"count": "lanes"}
    answer = judged(tmp_path, text, [(NEAR, 4, 2), (dense, 4, 2), (lanes, 9, 3)])
    found = {m["role"]: (m["supports"], m["distinct"]) for m in answer["measures"]}
    assert found == {
        "primary": (True, True), "variant": (True, False), "beside": (True, False),
    }  # fmt: skip
    assert "in 1 of 1 distinct results (2 specifications);" in answer["why"]


@pytest.mark.parametrize("line", [None, "", float("nan"), 60])
def test_without_a_second_line_every_missing_crossing_counts(tmp_path: Path, line: Any) -> None:
    text = CUT.replace('"above 1"\n', '"above 1"\nomissions = "at most the second line"\n')
    second = NEAR | {"measure": "second_line"}
    values: Values = [(NEAR, 32, 5), (FAR, 31, 3), (second, 40, line), (INFORMAL, 0, 3)]
    (lacking,) = judged(tmp_path, text, values)["omissions"]
    assert (lacking["most"], lacking["bound"]) == (58, 60 if line == 60 else None)


def test_where_the_border_has_more_already_what_is_missing_closes_no_gap(tmp_path: Path) -> None:
    answer = judged(tmp_path, CROSSED, [(OPEN, 10, 45), (INFORMAL, 0, 3)])
    assert (
        "An inventory (a census) counts 56 informal crossings on the Southern border border, of "
        "which the data hold 3; more of them would not make the two values closer."
    ) in answer["why"]
    assert answer["omissions"][0]["tipping"] is None


def test_the_reason_of_a_dependence_is_told_of_each_border_and_demand(tmp_path: Path) -> None:
    published = swings(0.06, other=0.3)
    through = {"measure": "success_swing", "of": "barriers", "demand": "through"}
    published["mx-gt", "", choices.key(through)]["value"] = 0.001
    found = verdict.judge(asked(tmp_path, SWING), published, NAMES)[0]
    assert found["verdict"] == "supported"
    assert found["why"] == (
        "Southern border: from the low to the high end of barriers the share stopped of irregular "
        "demand swings by 6.0 percentage points; over all ranges it lies between 20.0 % and "
        "70.0 %. Northern border, irregular demand: swing 30.0 percentage points. Northern border, "
        "through demand: swing 30.0 percentage points. Southern border, through demand: swing 0.1 "
        "percentage points."
    )
    assert [m["role"] for m in found["measures"]] == ["primary", "beside", "beside", "beside"]
    few = verdict.judge(asked(tmp_path, SWING), swings(0.0, spread=0.01), NAMES)[0]
    assert few["why"].endswith(
        "The share stopped varies by only 1.0 percentage points over all ranges."
    )


def test_a_swing_that_is_absent_says_why(tmp_path: Path) -> None:
    published = swings(None)
    for row in published.values():
        row["why_absent"] = "" if row["value"] else "no elevation model"
    found = verdict.judge(asked(tmp_path, SWING), published, NAMES)[0]
    assert found["why"] == "No share stopped is stated for Southern border."
    reasons = [m["why_absent"] for m in found["measures"]]
    assert reasons == ["no elevation model", "no elevation model", "not stated", "not stated"]


def test_the_tipping_point_of_a_verdict_counts_results_in_tenths(tmp_path: Path) -> None:
    """Nine of ten results decide: the verdict turns when the second smallest gap is closed."""
    depths = [f"+{number} km" for number in range(10, 20)]
    text = CUT.replace('["+25 km"]', json.dumps(depths[1:]))
    values: Values = [(NEAR | {"depth": depth}, 20 + i, 10) for i, depth in enumerate(depths)]
    answer = judged(tmp_path, text, values)
    rules = asked(tmp_path, text).rules
    assert tipping.roads(answer, BOTH, rules) == ("mx-gt", 10, 11)
    # One unit short of the other: one road makes them equal, which supports nothing.
    answer = judged(tmp_path, CUT, [(NEAR, 5, 4), (FAR, 6, 4)])
    assert tipping.roads(answer, BOTH, rules) == ("mx-gt", 1, 1)
    against = judged(tmp_path, CUT, [(NEAR, 4, 5), (FAR, 3, 5)])
    assert tipping.roads(against, BOTH, rules) == ("us-mx", 1, 2)
    assert tipping.roads(judged(tmp_path, CUT, [(NEAR, 4, 4)]), BOTH, rules) is None
    assert tipping.roads(judged(tmp_path, CUT, []), BOTH, rules) is None
