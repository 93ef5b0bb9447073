"""The tables of what posts move, of drawn rows."""

import pandas as pd

from pipeline.report import displacement_tables
from pipeline.report.borders import Border


def border(**layers: list[dict[str, object]]) -> Border:
    tables = {name: pd.DataFrame(rows) for name, rows in layers.items()}
    return Border("aa-bb", "A to B", {}, "AA", "BB", {}, lambda which: tables.get(which, TABLE))


TABLE = pd.DataFrame()
HARM: dict[str, object] = {
    "demand": "irregular", "n_posts": 5, "moved_share": 0.088,
    "stopped_before": 0.3666, "stopped_after": 0.4711, "on_foot_before": 0.209,
    "on_foot_after": 0.2006, "walk_minutes_before": 5.5, "walk_minutes_after": 5.2,
    "remote_minutes_before": 21.7, "remote_minutes_after": None, "reported": None,
    "why_absent": None,
}  # fmt: skip


def test_every_scenario_is_listed_with_what_was_reported() -> None:
    since = HARM | {"scenario": "posts since 2014", "reported": "new routes: 16"}
    silent = dict.fromkeys(HARM) | {"scenario": "5 more posts", "why_absent": "no way"}
    table = displacement_tables.harm(border(harm=[since, silent]))
    (row,) = table.rows
    assert list(row[:4]) == ["posts since 2014", "irregular", "8.8 %", "36.7 % to 47.1 %"]
    assert row[5] == "5.5 to 5.2"
    assert row[6].startswith("21.7 to –")
    assert table.notes[1:] == (
        "Reported about the posts of these years, and not fitted: new routes: 16.",
        "5 more posts: no way.",
    )


def test_stretches_that_hardly_anybody_passes_are_left_out() -> None:
    row = {"scenario": "posts since 2014", "demand": "irregular", "on_foot_before": 0.0}
    rows: list[dict[str, object]] = [
        row | {"from_km": km, "to_km": km + 50, "share_before": before, "share_after": after,
               "on_foot_after": 0.1}
        for km, before, after in ((50, 0.5, 0.25), (0, 0.0, 0.2), (100, 0.0, 0.0))
    ]  # fmt: skip
    table = displacement_tables.displacement(border(displacement=rows))
    assert [one[0] for one in table.rows] == ["0 to 50", "50 to 100"]
    assert table.rows[1][1] == "50.0 % to 25.0 %"
    assert table.caption.endswith("before and after the posts since 2014")


def test_without_figures_there_is_no_table() -> None:
    assert not displacement_tables.harm(border()).rows
    assert not displacement_tables.harm(border(harm=[HARM | {"moved_share": None}])).rows
    assert not displacement_tables.displacement(border()).rows
