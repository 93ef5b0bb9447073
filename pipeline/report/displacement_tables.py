"""Tables of how posts move travel: by scenario, and by stretch of line for given years."""

import pandas as pd

from pipeline.core import numbers, parameters
from pipeline.core.frames import Row, records
from pipeline.report.borders import Border
from pipeline.report.tables import Table, csv_of, name

NONE = Table("", (), ())
OF_YEARS = "posts since"  # prefix of the scenario of a programme's posts
SHOWN_SHARE = parameters.number("moved_least_share")
FIGURES = ("stopped", "on_foot", "walk_minutes", "remote_minutes")


def harm(border: Border) -> Table:
    """How added posts move travel, and what that means for travellers, by scenario."""
    rows = pd.DataFrame(border.layer("harm"))
    if rows.empty or rows["moved_share"].isna().all():
        return NONE
    known = rows[rows["moved_share"].notna()]
    cells = [
        [_scenario(row["scenario"]), name(row["demand"]), numbers.percent(row["moved_share"], 1),
         *(_change(row, figure) for figure in FIGURES)]
        for row in records(known)
    ]  # fmt: skip
    reports = [f"{text}." for text in known["reported"].dropna().unique()]
    absent = rows.loc[rows["moved_share"].isna(), ["scenario", "why_absent"]].drop_duplicates()
    return Table(
        caption=f"How more posts would move travel on {border.name}, by the model of success",
        head=["Posts added", "Demand", "Moves to another 50 km of the line", "Stopped",
              "Passes on foot", "Minutes walked", "Minutes from the nearest post"],
        rows=cells,
        numeric=(2, 3, 4, 5, 6),
        download=csv_of(rows, f"moved-{border.key}.csv"),
        notes=(
            "Before and after the posts are added; minutes are means over all demand.",
            *(f"Reported about the posts of these years, and not fitted: {one}" for one in reports),
            *(f"{_scenario(row['scenario'])}: {row['why_absent']}." for row in records(absent)),
        ),
    )  # fmt: skip


def displacement(border: Border, demand: str = "irregular") -> Table:
    """Where demand crosses before and after the posts of given years were added, by stretch."""
    rows = pd.DataFrame(border.layer("displacement"))
    if rows.empty:
        return NONE
    ours = rows["scenario"].str.startswith(OF_YEARS) & rows["demand"].eq(demand)
    seen = rows[ours & (rows[["share_before", "share_after"]].max(axis=1) >= SHOWN_SHARE)]
    if seen.empty:
        return NONE
    cells = [
        [f"{row['from_km']} to {row['to_km']}", _change(row, "share"), _change(row, "on_foot")]
        for row in records(seen.sort_values("from_km"))
    ]
    return Table(
        caption=f"Where {demand} demand crosses {border.name}, before and after the "
        f"{seen['scenario'].iloc[0]}",
        head=["Km of the line", "Share of demand", "Share that passes on foot"],
        rows=cells,
        numeric=(1, 2),
        download=csv_of(rows, f"displacement-{border.key}.csv"),
    )


def _scenario(text: object) -> str:
    """The scenario, with a true minus sign before a depth."""
    return name(text).replace(" -", f" {numbers.MINUS}")


def _change(row: Row, figure: str) -> str:
    """A figure before and after, in words; once if both read the same."""
    show = numbers.number if figure.endswith("minutes") else numbers.percent
    shown = [show(row[f"{figure}_{when}"], 1) for when in ("before", "after")]
    return " to ".join(dict.fromkeys(shown))
