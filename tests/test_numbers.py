"""Numbers as a person writes them."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import numbers


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "shown"),
    [
        (0.4929, "share", 0, "49 %"),
        (0.004, "share", 0, "0.4 %"),
        (0.0001, "share", 0, "under 0.1 %"),
        (0, "share", 0, "0 %"),
        (1, "share", 0, "100 %"),
        (2592.99, "km", 0, "2,593 km"),
        (4.32, "bn USD", 1, "4.3 bn USD"),
        (1, "links", 0, "1 link"),
        (1, "links per 100 km", 0, "1 link per 100 km"),
        (1.04, "minutes", 1, "1.0 minutes"),
        (305.3, "minutes", 1, "305 minutes"),
        (-50, "km", 0, "−50 km"),
        (-0.2, "km", 0, "0 km"),
        (149_600, "people", 0, "150 thousand people"),
        (999_999.9, "people", 0, "1.0 million people"),
        (22_060_436, "people", 0, "22.1 million people"),
        ("12", "km", 0, "12 km"),
        (1.236, "ratio", 2, "1.24"),
        (0.0112, "difference of shares", 1, "1.1 points"),
        (0.0003, "difference of shares", 1, "under 0.1 points"),
        (0, "difference of shares", 1, "0.0 points"),
        (None, "difference of shares", 1, "–"),
        (None, "km", 0, "–"),
        ("", "share", 0, "–"),
        (np.nan, "km", 0, "–"),
        (pd.NA, "km", 0, "–"),
    ],
)
def test_a_figure_reads_as_a_person_writes_it(
    value: object, unit: str, decimals: int, shown: str
) -> None:
    assert numbers.figure(value, unit, decimals) == shown


@given(st.floats(-1e12, 1e12), st.integers(0, 2))
def test_no_number_has_six_digits_in_a_row(value: float, decimals: int) -> None:
    shown = numbers.number(value, decimals)
    assert len(re.sub(r"\D", "", shown)) <= 6 or "million" in shown
    assert not re.search(r"\d,\d{3},", shown) or "million" in shown
    assert not re.search(r"\d{4}", shown)


def test_a_range_is_shown_where_its_ends_differ() -> None:
    assert numbers.ranged(6, 5, 8, "links") == "6 links (5 to 8)"
    assert numbers.ranged(0.49, 0.4, 0.6, "share") == "49 % (40 % to 60 %)"
    assert numbers.ranged(0.49, 0.49, 0.4901, "share") == "49 %"
    assert numbers.ranged(0.011, 0.0003, 0.056, "difference of shares") == (
        "1.1 points (under 0.1 to 5.6)"
    )
    assert numbers.ranged(6, None, 8, "links") == "6 links"
    assert numbers.ranged(0.24, 0.015, 0.664, "bn USD", 1) == "0.2 bn USD (0.015 to 0.7)"
    assert numbers.ranged(0, 0, 0.0004, "bn USD", 1) == "0.0 bn USD"
    assert numbers.ranged(None, 5, 8, "links") == "–"


def test_one_thing_is_called_so() -> None:
    texts = [numbers.counted(n, "ways") for n in (0, 1, 1.0, 2)]
    assert texts == ["0 ways", "1 way", "1 way", "2 ways"]


def test_a_depth_bears_its_sign() -> None:
    assert [numbers.depth(km) for km in (-50, 10, 2.5)] == ["−50 km", "+10 km", "+2.5 km"]
