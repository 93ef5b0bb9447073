"""The pictures of claims, and the tipping point of a claim."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from pipeline.measures import claims, tipping
from pipeline.report import (
    chart_style,
    claim_charts,
)
from tests.charted import BOTH, measure


def test_the_tipping_point_is_the_least_that_flips() -> None:
    measures = [measure(32, 5, "primary"), *[measure(20 + at, 5) for at in range(19)]]
    claim = {"measures": measures, "verdict": "supported"}
    fewer, level, turn = tipping.roads(claim, ("us-mx", "mx-gt"), claims.read().rules) or (
        "",
        0,
        None,
    )
    assert (fewer, level) == ("mx-gt", 27)

    def share(more: int) -> float:
        return float(np.mean([m["us-mx"] > m["mx-gt"] + more for m in measures]))

    assert turn == next(more for more in range(100) if share(more) < 0.9)


def test_no_tipping_point_where_roads_are_not_counted() -> None:
    length = measure(3000, 800, "primary") | {"measure": "length"}
    borders = ("us-mx", "mx-gt")
    assert (
        tipping.roads({"measures": [length], "verdict": "supported"}, borders, claims.read().rules)
        is None
    )
    assert (
        tipping.roads({"measures": [], "verdict": "not tested"}, borders, claims.read().rules)
        is None
    )
    level = {"measures": [measure(5, 5, "primary")], "verdict": "contradicted"}
    assert tipping.roads(level, borders, claims.read().rules) is None


def test_ratios_of_zero_and_over_zero_are_drawn() -> None:
    claim = {"claim": "C6", "measures": [measure(0, 3, "primary"), measure(4, 0), measure(4, 2)]}
    figure = claim_charts.specification(claim, BOTH)
    assert figure is not None
    figure.canvas.draw()
    assert {"0", "n / 0"} <= {tick.get_text() for tick in figure.axes[0].get_yticklabels()}


def test_marks_right_of_one_speak_for_the_claim_whatever_its_direction() -> None:
    """C5 is supported if the ratio is below 1: its scale is reversed."""
    below = [measure(1, 4, "primary") | {"supports": True}, measure(4, 2) | {"supports": False}]
    claims: list[dict[str, Any]] = [
        {"claim": "C2a", "verdict": "supported", "supported_if_ratio": "above 1",
         "measures": [measure(6, 2, "primary"), measure(4, 2)]},
        {"claim": "C5", "verdict": "depends", "supported_if_ratio": "below 1", "measures": below},
        {"claim": "C6", "verdict": "contradicted", "supported_if_ratio": "above 1",
         "measures": [measure(0, 3, "primary"), measure(2, 0)]},
        {"claim": "C3", "verdict": "not measured", "measures": []},
    ]  # fmt: skip
    figure = claim_charts.overview(claims)
    assert figure is not None
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "C6  contradicted", "C5  depends", "C2a  supported"
    ]  # fmt: skip
    texts = [text.get_text() for text in ax.texts]
    assert texts[:3] == ["none on one border", "4", "3"]
    assert texts[3:] == ["← against", "for the claim →"]
    marks = [line for line in ax.get_lines() if line.get_marker() in ("o", "X")]
    for line in marks:
        right = float(np.asarray(line.get_xdata())[0]) > 1
        assert right == (line.get_marker() == "o")
        assert line.get_color() == (chart_style.BLUE if right else chart_style.VERMILION)


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (1.2, 8.5), (0.0005, 40), (1e-7, 3e5)])
def test_no_tick_is_raw_markup_or_lies_on_another(low: float, high: float) -> None:
    claim = {"claim": "C1", "supported_if_ratio": "above 1", "verdict": "supported",
             "measures": [measure(low, 1, "primary"), measure(high, 1)]}  # fmt: skip
    for figure in (claim_charts.overview([claim]), claim_charts.specification(claim, BOTH)):
        assert figure is not None
        figure.canvas.draw()
        for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
            labels = [t.label1 for t in axis.get_major_ticks() if t.label1.get_text()]
            assert not any("$" in label.get_text() for label in labels)
            assert not any(t.label1.get_text() for t in axis.get_minor_ticks())
            boxes = [label.get_window_extent() for label in labels if label.get_visible()]
            assert not any(a.overlaps(b) for a, b in pairwise(boxes))
