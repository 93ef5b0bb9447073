"""Tables of all borders of a report side by side, each with its CSV."""

from collections.abc import Sequence
from itertools import product

import pandas as pd

from pipeline.core import measures, numbers
from pipeline.core.frames import Row, records
from pipeline.core.modes import MODES
from pipeline.core.numbers import ABSENT
from pipeline.core.parameters import filled
from pipeline.measures import cost
from pipeline.measures.cost_effects import WALKS, walking
from pipeline.report import words
from pipeline.report.borders import Border
from pipeline.report.tables import Table, csv_of, cut_short, name
from pipeline.travel.demand import STOPPED

# Rows of a table that a page can show; its CSV has all.
MOST_ROWS = 200
MOST_CHOKEPOINTS = 50
KINDS = {"cut_edge": "bridge link that isolates", "crossing": "crossing", "post": "post"}


def tables(borders: Sequence[Border], comparison: pd.DataFrame) -> list[Table]:
    """The borders side by side, by depth, and their crossings and chokepoints."""
    found = [compared(borders, comparison)]
    found += [table for mode in MODES for table in _by_depth(borders, mode)]
    found += cost_effects(borders)
    for border in borders:
        found += [_crossings(border), _chokepoints(border)]
    return found


def road_and_rail(borders: Sequence[Border]) -> list[tuple[str, str]]:
    """What railways add to roads, one sentence for each border."""
    sentences = []
    for border in borders:
        rows = border.layer("intermodal")
        known = dict(zip(rows["key"], rows["value"], strict=True))
        sentences.append((border.name, known.get("sentence", "not stated")))
    return sentences


def compared(borders: Sequence[Border], comparison: pd.DataFrame) -> Table:
    """Every figure of each border, with the ratio where there are two."""
    known = {(row["border"], row["mode"], row["measure"]): row for row in records(comparison)}
    rows = []
    shown = measures.arranged(((mode, key) for _, mode, key in known), "report")
    for heading, figures in shown.items():
        for mode, measure in figures:
            cells = [known.get((border.key, mode, measure.key), {}) for border in borders]
            if any(not numbers.is_absent(cell.get("value")) for cell in cells):
                written = [measures.written(measure, cell) for cell in cells]
                rows.append([f"{heading}: {measure.label}", *written, *_ratios(cells)])
    ratio = ["Ratio"] if len(borders) == 2 else []
    head = ["Figure", *(border.name for border in borders), *ratio]
    return Table(
        caption="The borders side by side; in brackets the range over the choices of a figure",
        head=head,
        rows=rows,
        numeric=tuple(range(1, len(head))),
        download=csv_of(comparison, "comparison.csv"),
    )


def _ratios(cells: list[Row]) -> list[str]:
    """The first border's value divided by the second's, if there are two."""
    if len(cells) != 2:
        return []
    if any(numbers.is_absent(cell.get("value")) for cell in cells) or not float(cells[1]["value"]):
        return [ABSENT]
    return [words.short(float(cells[0]["value"]) / float(cells[1]["value"]))]


def _by_depth(borders: Sequence[Border], mode: str) -> list[Table]:
    """F(D) and the figures with it for all borders, one row for each depth; why F is absent."""
    columns = {
        "min_cut_links": "minimum cut F",
        "min_cut_lanes": "in lanes",
        "unguarded_links": "unguarded G",
        "second_line_links": "second line H",
        "cordon_links": "links there C",
    }
    frames = {}
    for border in borders:
        rows = border.layer("cordons")
        frames[border] = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
    if all(rows["min_cut_links"].isna().all() for rows in frames.values()):
        return []
    body = []
    for depth in sorted({depth for rows in frames.values() for depth in rows["depth_km"]}):
        cells = [numbers.depth(depth)]
        for rows in frames.values():
            here = rows[rows["depth_km"] == depth]
            cells += [numbers.number(here[c].iloc[0]) if len(here) else ABSENT for c in columns]
        if any(cell != ABSENT for cell in cells[1:]):  # for the notes: why the others are absent
            body.append(cells)
    head = ["Depth D", *(f"{b.name}: {c}" for b in borders for c in columns.values())]
    whole = pd.concat([rows.assign(border=border.key) for border, rows in frames.items()])
    absent = [
        f"Not stated: {border.name}, {', '.join(map(numbers.depth, depths))}: "
        f"{words.with_names(str(why), border.countries)}."
        for border, rows in frames.items()
        for why, depths in rows.groupby("why_absent", sort=False)["depth_km"]
    ]
    return [
        Table(
            caption=f"By depth, {mode}: one-way streets obeyed, third countries excluded",
            head=head,
            rows=body,
            numeric=tuple(range(1, len(head))),
            download=csv_of(whole, f"by-depth-{mode}.csv"),
            notes=absent,
        )
    ]


def cost_effects(borders: Sequence[Border]) -> list[Table]:
    """What each cost scenario stops of each demand, and what 1 % costs; why it is not known."""
    columns = {"stopped_share": "{} demand stopped", "cost_per_point_musd": "million USD per 1 %"}
    frames = {border: border.layer("cost_effects") for border in borders}
    if all(rows["stopped_share"].isna().all() for rows in frames.values()):
        return []
    body = []
    for scenario, walk in product(cost.SCENARIOS, map(walking, WALKS)):
        cells = [
            scenario.replace("%", "\N{NO-BREAK SPACE}%"),
            walk.replace(" ", "\N{NO-BREAK SPACE}"),
        ]
        for rows, demand in product(frames.values(), STOPPED):
            here = rows[rows["scenario"].eq(scenario) & rows["demand"].eq(demand)]
            here = here[here["walking"] == walk]
            share, per_point = (here[c].iloc[0] if len(here) else None for c in columns)
            cells += [numbers.percent(share), words.short(per_point)]
        if any(cell != ABSENT for cell in cells[2:]):
            body.append(cells)
    whole = pd.concat([rows.assign(border=border.key) for border, rows in frames.items()])
    head = ["Scenario", "Round a closed crossing", *(
        f"{border.name}: {column.format(demand)}"
        for border, demand, column in product(borders, STOPPED, columns.values())
    )]  # fmt: skip
    absent = [
        f"Not stated: {border.name}, {demand} demand, {words.joined(list(names.unique()))}: {why}."
        for border, rows in frames.items()
        for (demand, why), names in rows.groupby(["demand", "why_absent"], sort=False)["scenario"]
    ]
    return [
        Table(
            caption="What each cost scenario stops of each demand by road, and what 1 % of it "
            f"costs over {filled('{cost_years}')} years, middle unit costs",
            head=head,
            rows=body,
            numeric=tuple(range(2, len(head))),
            download=csv_of(whole, "cost-effects.csv"),
            notes=absent,
        )
    ]


def _crossings(border: Border) -> Table:
    frame = border.layer("crossings")
    frame = frame[frame["counted"]].sort_values(["border_km", "crossing_id"])
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    shown = plain.head(MOST_ROWS)
    rows = [
        [
            name(row["name"]), str(row["mode"]), str(row["status"]), name(row.get("vehicles")),
            numbers.number(row["border_km"]), numbers.number(row["n_links"]),
            numbers.number(row["lanes"]),
            numbers.percent(row["first_choice_share"], 1), numbers.number(row["extra_minutes"], 1),
            numbers.percent(row["cut_off_share"], 1),
        ]
        for row in records(shown)
    ]  # fmt: skip
    head = ["Crossing", "Mode", "Status", "Vehicles", "km along", "Ways", "Lanes",
            "First choice of demand", "Extra minutes when closed", "Demand cut off"]  # fmt: skip
    return Table(
        caption=f"Crossings of {border.name}, from the western end{cut_short(shown, plain)}",
        head=head,
        rows=rows,
        numeric=(4, 5, 6, 7, 8, 9),
        download=csv_of(plain, f"crossings-{border.key}.csv"),
    )


def _chokepoints(border: Border) -> Table:
    """All chokepoints with their bypass; those with most extra minutes are shown."""
    frame = border.layer("chokepoints").drop(columns="geometry")
    bypasses = border.layer("bypasses").drop(columns=["geometry", "mode"])
    whole = pd.DataFrame(frame).merge(pd.DataFrame(bypasses), on="chokepoint_id", how="left")
    whole["extra_minutes"] = whole["bypass_minutes"] - whole["direct_minutes"]
    order = whole[whole["kind"] != "cut"].sort_values(
        ["extra_minutes", "chokepoint_id"], ascending=[False, True]
    )
    crossings = border.layer("crossings").set_index("crossing_id")["name"]
    shown = order.head(MOST_CHOKEPOINTS)
    rows = [
        [
            name(row["name"]), KINDS.get(row["kind"], str(row["kind"])), str(row["mode"]),
            numbers.number(row["depth_km"], 1), numbers.number(row["direct_minutes"]),
            numbers.number(row["bypass_minutes"]), numbers.number(row["extra_minutes"]),
            numbers.number(row["extra_km"]),
            name(crossings.get(row["next_choice"])) if row["next_choice"] else ABSENT,
        ]
        for row in records(shown)
    ]  # fmt: skip
    head = ["Chokepoint", "Kind", "Mode", "Depth, km", "Minutes through it", "Minutes round it",
            "Extra minutes", "Extra km", "Crossing chosen next"]  # fmt: skip
    return Table(
        caption=f"Chokepoints of {border.name} with the longest way round in minutes (first "
        f"{len(shown)} of {numbers.number(len(order))}, minimum cuts left out; the CSV has all)",
        head=head,
        rows=rows,
        numeric=(3, 4, 5, 6, 7),
        download=csv_of(whole, f"chokepoints-{border.key}.csv"),
    )
