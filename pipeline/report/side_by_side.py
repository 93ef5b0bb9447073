"""The report's tables of both borders, as HTML, each with its CSV."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from pipeline.core import measures
from pipeline.core.modes import MODES
from pipeline.core.numbers import is_absent
from pipeline.report.tables import ABSENT, csv_of, cut_short, name, number, short, table, text

# What a page can show of a table; its CSV holds all rows.
MOST_ROWS = 200
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
    shown = measures.arranged(((mode, key) for _, mode, key in known), "report")
    for heading, figures in shown.items():
        for mode, measure in figures:
            cells = [known.get((border, mode, measure.key), {}) for border in borders]
            if any(not is_absent(cell.get("value")) for cell in cells):
                written = [text(measures.written(measure, cell)) for cell in cells]
                label = f"{heading}: {measure.label}"
                rows.append([text(label), *written, *_ratios(cells)])
    ratio = [text(" / ".join(borders))] if len(borders) == 2 else []
    head = ["Figure", *map(text, borders), *ratio]
    columns = tuple(range(1, len(head)))
    caption = "The borders side by side; in brackets the range over the choices a figure rests on"
    return table(caption, head, rows, columns) + csv_of(comparison, "comparison.csv")


def _together(borders: dict[str, Layer]) -> str:
    """What railways add to roads, a sentence a border."""
    said = {}
    for border, layer in borders.items():
        rows = layer("intermodal")
        said[border] = dict(zip(rows["key"], rows["value"], strict=True)).get("said", "not stated")
    return "".join(f"<p><b>{text(b)}, by road and rail:</b> {text(s)}</p>" for b, s in said.items())


def _ratios(cells: list[dict[str, Any]]) -> list[str]:
    """The first border's value over the second's, where there are two."""
    if len(cells) != 2:
        return []
    if any(is_absent(cell.get("value")) for cell in cells) or not float(cells[1]["value"]):
        return [ABSENT]
    return [short(float(cells[0]["value"]) / float(cells[1]["value"]))]


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
