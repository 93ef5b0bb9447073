"""The report's tables of both borders, as HTML, each with its CSV."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from pipeline.core.modes import MODES
from pipeline.report.tables import ABSENT, csv_of, cut_short, name, number, short, table, text

# What a page can show of a table; its CSV holds all rows.
MOST_ROWS = 200
# How a measure of comparison.csv is called, in order, the unit's decimals beside it.
MEASURES = {
    "length": "Length, ruler of 2 km",
    "length_as_drawn": "Length as drawn",
    "length_official": "Length, official",
    "crossings_open": "Crossings that can be used",
    "crossings_official": "– official",
    "crossings_informal": "– informal",
    "crossings_unmarked": "– no control mapped",
    "crossings_open_links": "Ways over them",
    "crossings_open_lanes": "Lanes over them",
    "crossings_open_10_km_sites": "Sites of at most 10 km",
    "crossings_restricted": "Restricted (forestry, permits)",
    "crossings_closed": "Closed",
    "first_two_share": "Demand on the first two crossings",
    "extra_minutes": "Mean extra time when one is closed",
    "cut_off_crossings": "Crossings whose closing cuts off",
    "closings_to_stop_50": "Closings that stop half of demand",
    "closings_to_stop_90": "Closings that stop nine tenths",
    "stoppable_share_60_minutes": "Demand that closing all stops, if people walk an hour",
    "closings_on_foot_to_stop_50_60_minutes": "Closings that stop half of it then",
    "walk_share_180_minutes": "Line walked through within 3 hours",
    "near_post_share_crossings_15_minutes": "Crossings with a post within 15 minutes",
    "near_post_share_cut_sites_15_minutes": "– cut sites",
    "near_post_share_bypasses_15_minutes": "– bypasses",
    "front_width_at_-50_km": "Width of the front, W(−50)",
    "front_width_at_+50_km": "Width of the front, W(+50)",
    "links_per_100_km_at_+50_km": "F(+50) over its width",
    "min_cut_on_foot_180_minutes_at_+50_km": "F(+50) with walks of 3 hours",
    "cost_posts_on_every_crossing": "Cost of posts on every crossing",
    "cost_posts_to_stop_50": "– that stop half of demand",
    "cost_posts_to_stop_90": "– that stop nine tenths",
    "cost_posts_to_stop_100%": "– that stop all",
    "cost_fence_where_there_is_none": "Cost of fence where there is none",
    "cost_per_km_fence_where_there_is_none": "– a km of it",
}
Layer = Callable[[str], pd.DataFrame]


def tables(borders: dict[str, Layer], comparison: pd.DataFrame) -> Iterator[str]:
    """The borders side by side, by depth, and their crossings and chokepoints."""
    yield _side_by_side(list(borders), comparison)
    yield _together(borders)
    for mode in MODES:
        yield _by_depth(borders, mode)
    for border, layer in borders.items():
        yield _folded(f"Crossings of {border}", _crossings(border, layer))
        yield _folded(f"Chokepoints of {border}", _chokepoints(border, layer))


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{text(summary)}</summary>{content}</details>"


def _side_by_side(borders: list[str], comparison: pd.DataFrame) -> str:
    known = {
        (row["border"], row["mode"], row["measure"]): row
        for row in comparison.to_dict(orient="records")
    }
    rows = []
    for mode in ("", *MODES):
        for measure, label in MEASURES.items():
            cells = [known.get((border, mode, measure)) for border in borders]
            if any(cell is not None and pd.notna(cell["value"]) for cell in cells):
                unit = next(cell["unit"] for cell in cells if cell is not None)
                label_cell = f"{label}{f', {mode}' if mode else ''}"
                unit_cell = text(unit.removeprefix("10 km "))
                rows.append([label_cell, *map(_cell, cells), *_ratios(cells), unit_cell])
    ratio = [text(" / ".join(borders))] if len(borders) == 2 else []
    head = ["Figure", *map(text, borders), *ratio, "Unit"]
    columns = tuple(range(1, len(head) - 1))
    caption = "The borders side by side; in brackets the range over the choices a figure rests on"
    return table(caption, head, rows, columns) + csv_of(comparison, "comparison.csv")


def _together(borders: dict[str, Layer]) -> str:
    """What railways add to roads, a sentence a border."""
    said = {}
    for border, layer in borders.items():
        rows = layer("intermodal")
        said[border] = dict(zip(rows["key"], rows["value"], strict=True)).get("said", "not stated")
    return "".join(f"<p><b>{text(b)}, by road and rail:</b> {text(s)}</p>" for b, s in said.items())


def _cell(row: dict[str, Any] | None) -> str:
    if row is None or pd.isna(row["value"]):
        return ABSENT
    scale = 100 if row["unit"] == "share" else 1
    value, low, high = (
        ABSENT if pd.isna(row[key]) else short(row[key] * scale) for key in ("value", "low", "high")
    )
    percent = " %" if scale == 100 else ""
    return f"{value}{percent}" if low == high else f"{value}{percent} ({low}–{high})"


def _ratios(cells: list[dict[str, Any] | None]) -> list[str]:
    """The first border's value over the second's, where there are two."""
    if len(cells) != 2:
        return []
    first, second = (float("nan") if cell is None else float(cell["value"]) for cell in cells)
    return [short(first / second) if second else ABSENT]


def _by_depth(borders: dict[str, Layer], mode: str) -> str:
    """F(D) and its companions of all borders, a row a depth; why F is absent."""
    columns = {
        "min_cut_links": "F",
        "min_cut_lanes": "lanes",
        "unguarded_links": "G",
        "second_line_links": "H",
        "cordon_links": "C",
    }
    frames = {}
    for border, layer in borders.items():
        rows = layer("cordons")
        frames[border] = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
    depths = sorted({depth for rows in frames.values() for depth in rows["depth_km"]})
    if all(rows["min_cut_links"].isna().all() for rows in frames.values()):
        return ""
    body = []
    for depth in depths:
        cells = [f"{depth:+g} km".replace("-", "−")]
        for rows in frames.values():
            here = rows[rows["depth_km"] == depth]
            cells += [number(here[c].iloc[0]) if len(here) else ABSENT for c in columns]
        body.append(cells)
    head = ["Depth D", *(f"{text(b)} {c}" for b in borders for c in columns.values())]
    whole = pd.concat([rows.assign(border=border) for border, rows in frames.items()])
    absent = [
        f"{border} {number(depth)} km: {why}"
        for border, rows in frames.items()
        for depth, why in zip(rows["depth_km"], rows["why_absent"], strict=True)
        if isinstance(why, str)
    ]
    lines = "".join(f"<li>{text(line)}</li>" for line in absent)
    why = _folded(f"Why some are absent ({mode})", f"<ul>{lines}</ul>") if absent else ""
    caption = f"By depth, {mode}: F, its lanes, G, H and C (directed, third countries shut)"
    numeric = tuple(range(1, len(head)))
    return table(caption, head, body, numeric) + why + csv_of(whole, f"by-depth-{mode}.csv")


def _crossings(border: str, layer: Layer) -> str:
    frame = layer("crossings")
    frame = frame[frame["counted"]].sort_values(["border_km", "crossing_id"])
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    shown = plain.head(MOST_ROWS)
    rows = [
        [
            name(row["name"]), text(row["mode"]), text(row["status"]), text(row["class"]),
            number(row["border_km"]), number(row["n_links"]), number(row["lanes"]),
            _percent(row["first_choice_share"]), number(row["extra_minutes"], 1),
            _percent(row["cut_off_share"]),
        ]
        for row in shown.to_dict(orient="records")
    ]  # fmt: skip
    head = ["Crossing", "Mode", "Status", "Class", "km along", "Ways", "Lanes",
            "First choice of demand", "Extra minutes when closed", "Demand cut off"]  # fmt: skip
    caption = f"Crossings of {text(border)}, from the western end{cut_short(shown, plain)}"
    return table(caption, head, rows, (4, 5, 6, 7, 8, 9)) + csv_of(plain, f"crossings-{border}.csv")


def _percent(share: Any) -> str:
    return ABSENT if share is None or pd.isna(share) else f"{number(share * 100, 1)} %"


def _chokepoints(border: str, layer: Layer) -> str:
    """All chokepoints with their bypass; those that cost most minutes are shown."""
    frame = layer("chokepoints").drop(columns="geometry")
    bypasses = layer("bypasses").drop(columns=["geometry", "mode"])
    whole = pd.DataFrame(frame).merge(pd.DataFrame(bypasses), on="chokepoint_id", how="left")
    whole["extra_minutes"] = whole["bypass_minutes"] - whole["direct_minutes"]
    order = whole[whole["kind"] != "cut"].sort_values(
        ["extra_minutes", "chokepoint_id"], ascending=[False, True]
    )
    shown = order.head(50)
    rows = [
        [
            name(row["name"]), text(row["kind"].replace("_", " ")), text(row["mode"]),
            number(row["depth_km"], 1), number(row["direct_minutes"]),
            number(row["bypass_minutes"]), number(row["extra_minutes"]),
            number(row["extra_km"]), name(row["next_choice"]),
        ]
        for row in shown.to_dict(orient="records")
    ]  # fmt: skip
    head = ["Chokepoint", "Kind", "Mode", "Depth, km", "Minutes through it", "Minutes round it",
            "Extra minutes", "Extra km", "Next choice"]  # fmt: skip
    caption = (
        f"Chokepoints of {text(border)} that cost most minutes to go round "
        f"(first {len(shown)} of {number(len(order))}, cuts left out; the CSV holds all)"
    )
    return table(caption, head, rows, (3, 4, 5, 6, 7)) + csv_of(whole, f"chokepoints-{border}.csv")
