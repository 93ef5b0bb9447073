"""A page of what changed over the dated snapshots of a source: crossings, and F(D) by date.

`pipeline snapshots FOLDER... OUT.html`: each folder has the results of one date, with the date in
its name or in that of its parent folder, as in data/snapshots/<source>/<time>/processed.
"""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.core.frames import records
from pipeline.core.modes import NOT_PASSED
from pipeline.core.numbers import counted
from pipeline.ops import changes
from pipeline.publish import layers
from pipeline.report import assets, figures, snapshot_charts
from pipeline.report.figures import Picture
from pipeline.report.tables import Table, csv_of, name
from pipeline.report.templates import hashes, render

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_ROWS = 300  # that the page shows; the CSV has all
STATUSES = ("official", "informal", "unmarked", *NOT_PASSED)


def snapshots(*paths: str) -> None:
    """Write the page OUT.html of the folders named before it, for borders that are in two of them.

    Raises InputError if a folder has no date, two have the same, or fewer than two are given.
    """
    *folders, out = paths
    dated = _dated(folders)
    found = {date: {path.stem: path for path in layers.packages(at)} for date, at in dated.items()}
    keys = sorted({key for one in found.values() for key in one})
    pictures = Path(out).parent / "pictures"
    sections = [
        _border(key, {date: one[key] for date, one in found.items() if key in one}, pictures)
        for key in keys
        if sum(key in one for one in found.values()) > 1
    ]
    if not sections:
        raise InputError(f"{', '.join(folders)}: no border is in two of them, expected one or more")
    style = assets.styles()[-1]
    page = render(
        "snapshots.html",
        dates=list(dated),
        borders=sections,
        style=style,
        style_hashes=hashes([style]),
        credit="; ".join(dict.fromkeys(one["credit"] for one in sections)),
    )
    files.write_text(Path(out), page)


def _dated(folders: list[str]) -> dict[str, Path]:
    """The folders by date, the oldest first."""
    found: dict[str, Path] = {}
    for folder in map(Path, folders):
        parts = [part for part in folder.resolve().parts[-2:] if DATE.search(part)]
        date = DATE.search(parts[-1]) if parts else None
        if date is None:
            raise InputError(f"{folder}: no date in its name, expected such as 2026-01-31")
        if date[0] in found:
            raise InputError(f"{folder}: {date[0]} is that of {found[date[0]]}, expected one each")
        found[date[0]] = folder
    if len(found) < 2:
        raise InputError(
            f"got {counted(len(found), 'snapshots')}, expected two or more; "
            "each `make refresh SOURCE=...` keeps one: run it again on another day"
        )
    return dict(sorted(found.items()))


def _border(key: str, dated: dict[str, Path], pictures: Path) -> dict[str, Any]:
    """What the page shows of one border."""
    steps = list(zip(list(dated), list(dated)[1:], strict=False))
    whole = pd.concat(
        [
            pd.DataFrame(changes.changes(dated[old], dated[new])).assign(since=old, date=new)
            for old, new in steps
        ]
    ).drop(columns="geometry")
    crossings = whole[whole["what"] == "crossing"]
    latest = list(dated.values())[-1]
    title = str(_rows(latest, "border")["name"].iloc[0])
    known = _rows(layers.evidence(latest), "provenance").set_index("key")["value"]
    credit = str(known.get("attribution", ""))
    return {
        "key": key,
        "name": title,
        "credit": credit,
        "sentence": _sentence(crossings, list(dated)),
        "picture": _picture(key, title, dated, pictures, credit),
        "counts": _counts(title, dated),
        "changes": _changes(key, title, crossings),
    }


def _sentence(crossings: pd.DataFrame, dates: list[str]) -> str:
    came, went, status = (int((crossings["change"] == c).sum()) for c in ("came", "went", "status"))
    return (
        f"From {dates[0]} to {dates[-1]}, {came} crossings came, {went} went, and {status} changed "
        "their status."
    )


def _rows(path: Path, layer: str) -> pd.DataFrame:
    """A layer as published at that date: older versions have fewer columns."""
    return pd.DataFrame(pyogrio.read_dataframe(path, layer=layer, read_geometry=False))


def _picture(
    key: str, title: str, dated: dict[str, Path], pictures: Path, credit: str
) -> Picture | None:
    """F(D) of roads by date."""
    found = []
    for date, path in dated.items():
        rows = _rows(path, "cordons")
        here = rows[(rows["mode"] == "road") & rows["directed"].eq(1) & rows["third_open"].eq(0)]
        found.append(here.assign(date=date)[["date", "depth_km", "min_cut_links"]])
    stated = pd.concat(found).dropna()
    drawn = snapshot_charts.cuts(stated, list(dated), title)
    if drawn is None:
        return None
    caption = "Minimum cut by date, by road, at each depth behind the border"
    moved = stated.groupby("depth_km")["min_cut_links"].nunique().gt(1)
    depths = "depth" if moved.sum() == 1 else "depths"
    says = f"It changed at {int(moved.sum())} of {len(moved)} {depths}."
    return figures.saved(drawn, pictures / f"cuts-by-date-{key}", caption, says, credit)


def _counts(title: str, dated: dict[str, Path]) -> Table:
    """Crossings that count, by status and date."""
    rows = []
    for date, path in dated.items():
        crossings = _rows(path, "crossings")
        counted = (
            crossings[crossings["counted"].astype(bool)] if "counted" in crossings else crossings
        )
        tally = counted["status"].value_counts()
        rows.append([date, *(str(int(tally.get(status, 0))) for status in STATUSES)])
    return Table(
        caption=f"Crossings of {title} by date",
        head=["Date", "Official", "Informal", "No control mapped", "Closed", "Unknown"],
        rows=rows,
        numeric=(1, 2, 3, 4, 5),
    )


def _changes(key: str, title: str, crossings: pd.DataFrame) -> Table:
    """Crossings that came, went or changed status, the newest first."""
    ordered = crossings.sort_values(["date", "change_id"], ascending=[False, True])
    return Table(
        caption=f"Crossings of {title} that came, went or changed status",
        head=["Date", "Crossing", "Mode", "Change", "Before", "After"],
        rows=[
            [
                str(row["date"]),
                *(name(row[c]) for c in ("name", "mode", "change", "before", "after")),
            ]
            for row in records(ordered.head(MOST_ROWS))
        ],
        download=csv_of(ordered, f"crossings-over-time-{key}.csv"),
    )
