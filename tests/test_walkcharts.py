"""The picture of permeability: what is drawn of two lines walked through by hand."""

import numpy as np
import pandas as pd

from pipeline.report import walk_charts
from pipeline.report.borders import Border, Layer


def line(minutes: list[float], closed: list[float]) -> pd.DataFrame:
    """A layer border_km whose km take these minutes, and these if obstacles cannot be passed."""
    return pd.DataFrame({
        "border_km": range(len(minutes)), "kind": "land", "fenced_share": 0.0,
        "walk_minutes": minutes, "walk_minutes_open": minutes, "walk_minutes_closed": closed,
    })  # fmt: skip


def borders(**tables: pd.DataFrame) -> list[Border]:
    """Borders of these names whose only layer is border_km."""
    named = {"AA": "Aland", "BB": "Bland"}

    def reader(rows: pd.DataFrame) -> Layer:
        return lambda _: rows

    return [
        Border(name, name, named, "AA", "BB", {}, reader(rows)) for name, rows in tables.items()
    ]


def test_both_lines_stand_on_common_axes_and_shares_count_km_that_nobody_walks() -> None:
    none = np.nan
    figure = walk_charts.permeability(borders(
        one=line([30.0, 90.0, none, 10.0], [none, 90.0, none, 10.0]),
        other=line([20.0, 40.0], [20.0, 40.0]),
    ))  # fmt: skip
    assert figure is not None
    first, _, second, _, below = figure.axes
    lines = [*first.lines, *second.lines]
    drawn = {str(one.get_label()): np.asarray(one.get_ydata(), float) for one in lines}
    assert first.get_xlim() == second.get_xlim()
    assert first.get_ylim() == second.get_ylim()
    assert np.array_equal(drawn["one"], [30, 90, none, 10], equal_nan=True)
    assert list(drawn["other"]) == [20, 40]
    shares = {str(one.get_label()): np.asarray(one.get_xydata(), float) for one in below.lines}
    assert shares["one, obstacles as stated"].tolist()[:4] == [[0, 0], [10, 25], [30, 50], [90, 75]]
    assert shares["one, obstacles impassable"][-1, 1] == 50
    assert shares["other, obstacles impassable"][-1, 1] == 100


def test_a_border_without_an_elevation_model_is_left_out() -> None:
    unknown = line([np.nan, np.nan], [np.nan, np.nan])
    figure = walk_charts.permeability(borders(a=unknown, b=line([5.0], [np.nan])))
    assert figure is not None
    assert [one.get_label() for one in figure.axes[0].lines] == ["b"]
    assert walk_charts.permeability(borders(a=unknown)) is None
