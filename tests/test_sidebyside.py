"""The table of both borders side by side, with the ratio of the first to the second."""

from collections.abc import Sequence

import pandas as pd

from pipeline.core.numbers import ABSENT
from pipeline.report import side_by_side
from pipeline.report.borders import Border


def rows(*values: float | None, keys: tuple[str, ...] = ("a-b", "c-d")) -> list[Sequence[str]]:
    """Cells of the table's rows, header first, for the length of each border."""
    comparison = pd.DataFrame([
        {"border": key, "mode": "", "measure": "length", "value": value, "low": None,
         "high": None, "unit": "km"}
        for key, value in zip(keys, values, strict=True)
    ])  # fmt: skip
    borders = [
        Border(key, f"{key} named", {}, "A", "B", {}, lambda _: pd.DataFrame()) for key in keys
    ]
    found = side_by_side.compared(borders, comparison)
    return [found.head, *found.rows]


def test_two_borders_have_the_ratio_of_the_first_to_the_second() -> None:
    head, line = rows(300.0, 120.0)
    assert head == ["Figure", "a-b named", "c-d named", "Ratio"]
    assert line[1:] == ["300 km", "120 km", "2.50"]


def test_no_ratio_where_one_is_absent_or_zero() -> None:
    assert rows(300.0, None)[1][3] == ABSENT
    assert rows(300.0, 0.0)[1][3] == ABSENT


def test_one_border_or_three_have_no_ratio() -> None:
    assert rows(3.0, keys=("a-b",))[0] == ["Figure", "a-b named"]
    assert len(rows(3.0, 2.0, 1.0, keys=("a", "b", "c"))[0]) == 4
