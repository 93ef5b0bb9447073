"""The table of both borders side by side, with the ratio of the first to the second."""

import re

import pandas as pd

from pipeline.report import side_by_side
from pipeline.report.tables import ABSENT


def rows(*values: float | None, borders: tuple[str, ...] = ("a-b", "c-d")) -> list[list[str]]:
    """Cells of the table's rows, header first, for the length of each border."""
    comparison = pd.DataFrame([
        {"border": border, "mode": "", "measure": "length", "value": value, "low": None,
         "high": None, "unit": "km"}
        for border, value in zip(borders, values, strict=True)
    ])  # fmt: skip
    page = side_by_side._side_by_side(list(borders), comparison)
    found = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in found]


def test_two_borders_have_the_ratio_of_the_first_to_the_second() -> None:
    head, line = rows(300.0, 120.0)
    assert head[3] == "a-b / c-d"
    assert line[3] == "2.50"


def test_no_ratio_where_one_is_absent_or_nought() -> None:
    assert rows(300.0, None)[1][3] == ABSENT
    assert rows(300.0, 0.0)[1][3] == ABSENT


def test_one_border_or_three_have_no_ratio() -> None:
    assert rows(3.0, borders=("a-b",))[0] == ["Figure", "a-b"]
    assert len(rows(3.0, 2.0, 1.0, borders=("a", "b", "c"))[0]) == 4
