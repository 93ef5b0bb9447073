"""Tables of what posts move: by scenario, and by stretch of line for the posts of given years."""

import pandas as pd

from pipeline.core import numbers, parameters
from pipeline.core.frames import Row, records
from pipeline.report.borders import Border
from pipeline.report.tables import Table, csv_of, name

NONE = Table("", (), ())
OF_YEARS = "posts since"  # how the scenario of a programme's posts begins
SHOWN_SHARE = parameters.number("moved_least_share")
FIGURES = ("stopped", "on_foot", "walk_minutes", "remote_minutes")


def harm(border: Border) -> Table:
    """What posts that are added move, and what that does to those who travel, by scenario."""
    rows = pd.DataFrame(border.layer("harm"))
    if rows.empty or rows["moved_share"].isna().all():
        return NONE
    known = rows[rows["moved_share"].notna()]
    cells = [
        [_scenario(row["scenario"]), name(row["demand"]), numbers.percent(row["moved_share"], 1),
         *(_change(row, figure) for figure in FIGURES)]
        for row in records(known)
    ]  # fmt: skip
    told = [f"{text}." for text in known["reported"].dropna().unique()]
    absent = rows.loc[rows["moved_share"].isna(), ["scenario", "why_absent"]].drop_duplicates()
    return Table(
        caption=f"What more posts would move on {border.name}, by the stated model of success",
        head=["Posts added", "Demand", "Moves to another 50 km of the line", "Stopped",
              "Passes on foot", "Minutes walked", "Minutes from the nearest post"],
        rows=cells,
        numeric=(2, 3, 4, 5, 6),
        download=csv_of(rows, f"moved-{border.key}.csv"),
        notes=(
            "Before and after the posts are added; minutes are means over all demand.",
            *(f"Reported of the posts of these years, and not fitted: {text}" for text in told),
            *(f"{_scenario(row['scenario'])}: {row['why_absent']}." for row in records(absent)),
        ),
    )  # fmt: skip


def displacement(border: Border, demand: str = "irregular") -> Table:
    """Where demand passes before and after the posts of given years were added, by stretch."""
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
        caption=f"Where {demand} demand passes {border.name}, before and after the "
        f"{seen['scenario'].iloc[0]}",
        head=["Km of the line", "Share of demand", "Share that passes on foot"],
        rows=cells,
        numeric=(1, 2),
        download=csv_of(rows, f"displacement-{border.key}.csv"),
    )


def _scenario(text: object) -> str:
    """What is added, with a true minus sign before a depth."""
    return name(text).replace(" -", f" {numbers.MINUS}")


def _change(row: Row, figure: str) -> str:
    """A figure before and after, as a reader sees it; once where both read the same."""
    show = numbers.number if figure.endswith("minutes") else numbers.percent
    told = [show(row[f"{figure}_{when}"], 1) for when in ("before", "after")]
    return " to ".join(dict.fromkeys(told))
