"""Print the borders side by side, what it says of the claims, and where the files are."""

import csv
import io
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core.errors import InputError
from pipeline.publish import layers

WIDTH = 100  # columns of a terminal that is not narrow
ABSENT = "–"
# How a measure of comparison.csv is called here, in order; those of F(D) follow by depth.
LENGTHS = {
    "length": "length, ruler of 2 km",
    "length_as_drawn": "length as drawn",
    "length_official": "length, official",
}
CROSSINGS = {
    "crossings_open": "open, restricted ones apart",
    "crossings_official": "  official",
    "crossings_informal": "  informal",
    "crossings_unmarked": "  no control mapped",
    "crossings_open_10_km_sites": "  sites of 10 km",
    "crossings_restricted": "restricted (forestry, permits)",
    "crossings_closed": "closed",
}
BYPASS = {
    "first_two_share": "demand on its first two crossings",
    "extra_minutes": "mean extra time, own crossing closed",
    "cut_off_crossings": "crossings whose closing cuts off",
    "closings_to_stop_50": "closings that stop half of demand",
    "closings_to_stop_90": "closings that stop nine tenths",
    "routes": "disjoint routes of named pairs",
}
GROUND = {
    "line_share_river": "river",
    "line_share_fenced": "fence or wall",
    "post_share_either_side_60_minutes": "within 1 hour of a post, by road",
    "posts_per_100_km_all": "posts on the network, per 100 km",
}
WALKS = {
    "walk_share_60_minutes": "walked through within 1 hour",
    "walk_share_180_minutes": "walked through within 3 hours",
    "walk_share_360_minutes": "walked through within 6 hours",
}
TITLED = ("bn USD", "posts per 100 km")  # units that stand in the row's name
COSTS = {
    "cost_posts_on_every_crossing": "posts on every crossing, bn USD",
    "cost_posts_50_km_behind": "posts 50 km behind, bn USD",
    "cost_fence_where_there_is_none": "fence where there is none, bn USD",
}
PROFILES = (
    ("road", "min_cut_links_at_", "F(D), fewest roads to close"),
    ("rail", "min_cut_links_at_", "F(D), fewest railways to close"),
    ("combined", "min_cut_links_at_", "F(D), roads and railways, changing at stations"),
    ("road", "unguarded_links_at_", "G(D), routes by road that meet no post"),
)
# Guesses that are held against traffic: of the model, and naive ones.
MODELS = ("logit", "logit with lanes", "first choice")
NAIVE = ("lanes", "population")
OUTPUTS = ("report.html", "borders.qgz", "comparison.csv", "claims.json")

Values = dict[tuple[str, str, str], dict[str, str]]


def show(folder: str) -> None:
    """Print what compare wrote into `folder`: a table, the claims, notes, sources and paths.

    A range in brackets is that of the figure over the choices it rests on. Raises InputError where
    a file is missing or not as compare writes it.
    """
    values, borders = _read_comparison(Path(folder) / "comparison.csv")
    packages = {border: Path(folder) / f"{border}.gpkg" for border in borders}
    lines = [
        *_table(values, borders),
        *_notes(packages),
        *_together(packages),
        *_held(packages),
        *_claims(Path(folder) / "claims.json"),
        *_sources(packages),
        *_paths(Path(folder), packages),
    ]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.stdout.write("\n".join(lines) + "\n")


def _read_comparison(path: Path) -> tuple[Values, list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected what compare writes") from error
    needed = {"border", "mode", "measure", "value", "low", "high", "unit"}
    if not rows or not needed <= set(rows[0]):
        raise InputError(f"{path}: got {sorted(rows[0]) if rows else 'no rows'}, expected {needed}")
    values = {(row["border"], row["mode"], row["measure"]): row for row in rows}
    # The longer border first, as the question does.
    borders = {row["border"] for row in rows}
    return values, sorted(borders, key=lambda b: (-float(values[b, "", "length"]["value"] or 0), b))


def _table(values: Values, borders: list[str]) -> Iterator[str]:
    yield _line("", borders)
    yield "Border line"
    yield from _rows(values, borders, "", LENGTHS)
    for mode, title in (("road", "Roads"), ("rail", "Railways"), ("foot", "Ways on foot")):
        yield f"{title} across the line"
        yield from _rows(values, borders, mode, CROSSINGS)
    depths = sorted({float(m.split("_at_")[1][:-3]) for _, _, m in values if "_at_" in m})
    for mode, start, title in PROFILES:
        names = {f"{start}{depth:+g}_km": f"{depth:+g} km".replace("-", "−") for depth in depths}
        rows = list(_rows(values, borders, mode, names))
        if rows:
            yield f"{title}, by depth D (+ on the `to` side, − on the `from` side)"
            yield from rows
    yield "Closing one crossing, roads"
    yield from _rows(values, borders, "road", BYPASS)
    yield "Ground and posts, share of the line"
    yield from _rows(values, borders, "", GROUND)
    yield from _rows(values, borders, "foot", WALKS)
    yield "Cost of ten years, at stated unit costs"
    yield from _rows(values, borders, "", COSTS)


def _rows(values: Values, borders: list[str], mode: str, names: dict[str, str]) -> Iterator[str]:
    for measure, name in names.items():
        rows = [values.get((border, mode, measure), {}) for border in borders]
        known = [row.get("value", "") for row in rows]
        if not any(known) or (name.startswith("  ") and all(value == "0" for value in known)):
            continue
        yield _line(f"  {name}", [_cell(row) for row in rows])


def _line(name: str, cells: list[str]) -> str:
    return (f"{name:<40}" + "".join(f"{cell:>22}" for cell in cells)).rstrip()


def _cell(row: dict[str, str]) -> str:
    value, low, high, unit = (row.get(key) or "" for key in ("value", "low", "high", "unit"))
    if not value:
        return ABSENT
    shown = _number(value, unit)
    if low and high and low != high:
        shown = f"{shown} ({_number(low, unit)}–{_number(high, unit)})"
    if unit in TITLED:
        return shown
    unit = "%" if unit == "share" else unit.removeprefix("10 km ")
    return f"{shown} {unit.removesuffix('s') if shown == '1' else unit}"


def _number(value: str, unit: str) -> str:
    number = float(value)
    if unit == "share":
        return f"{number:.0%}".rstrip("%")
    return f"{number:.1f}" if unit in ("minutes", *TITLED) else f"{number:,.0f}"


def _notes(packages: dict[str, Path]) -> Iterator[str]:
    """Why a figure is absent, from the layers, depths with one reason together."""
    notes = []
    for border, path in packages.items():
        cordons = layers.read(path, "cordons")
        headline = cordons["directed"] & ~cordons["third_open"] & cordons["mode"].ne("foot")
        absent = cordons[headline & cordons["min_cut_links"].isna()]
        for (mode, why), rows in absent.groupby(["mode", "why_absent"], sort=True):
            depths = ", ".join(f"{depth:+g}" for depth in rows["depth_km"]).replace("-", "−")
            notes.append(f"{border}, {mode} F at {depths} km: {why}")
        demand = layers.read(path, "demand")
        through = demand[demand["demand"].eq("through") & demand["mode"].eq("road")]
        notes += [
            f"{border}, closing one crossing: {why}" for why in through["why_absent"].dropna()
        ]
    if notes:
        yield ""
        yield f"{ABSENT} not stated, because"
        yield from (line for note in notes for line in _wrapped(note, "  "))


def _together(packages: dict[str, Path]) -> Iterator[str]:
    """What railways add to roads."""
    yield ""
    yield "Roads and railways together"
    for border, path in packages.items():
        known = layers.read(path, "intermodal").set_index("key")["value"]
        yield from _wrapped(f"{border}: {known.get('said', 'not stated')}", "  ")


def _held(packages: dict[str, Path]) -> Iterator[str]:
    """How well demand ranks what is counted, and where a naive guess does better."""
    told = [
        f"{border}, {line}"
        for border, path in packages.items()
        for line in winners(layers.read(path, "traffic_fit"))
    ]
    if told:
        yield ""
        yield "Rank correlation with counted entries, half of the border that nothing was fitted on"
        yield from (line for one in told for line in _wrapped(one, "  "))


def winners(fits: pd.DataFrame) -> Iterator[str]:
    """A line for each count of table traffic_fit: every guess, and whether a naive one wins."""
    for measure, rows in fits[fits["half"] == "east"].groupby("measure", sort=True):
        rank = rows.set_index("guess")["rank_correlation"]
        ours, naive = (rank.reindex(guesses).max() for guesses in (MODELS, NAIVE))
        said = ", ".join(f"{name} {rank[name]:.2f}" for name in (*MODELS, *NAIVE) if name in rank)
        wins = "a naive guess wins" if naive > ours else "demand wins"
        yield f"{str(measure).replace('_', ' ')}: {said}; {wins}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")


def _claims(path: Path) -> Iterator[str]:
    try:
        claims: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected what compare writes") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    yield ""
    yield "The claims"
    for claim in claims:
        yield from _wrapped(f"{claim['claim']:<4}{claim['statement']}", "  ")
        yield from _wrapped(f"{claim['verdict'].upper()}: {claim['why']}", "      ")


def _sources(packages: dict[str, Path]) -> Iterator[str]:
    yield ""
    yield "Made from"
    for border, path in packages.items():
        known = layers.read(path, "provenance").set_index("key")["value"]
        said = [known[key] for key in ("source", "attribution") if key in known]
        yield from _wrapped(f"{border}: {'; '.join(said) or 'not stated'}", "  ")


def _paths(folder: Path, packages: dict[str, Path]) -> Iterator[str]:
    yield ""
    yield "Written"
    names = [folder / name for name in OUTPUTS]
    yield from (f"  {path}" for path in (*packages.values(), *names) if path.is_file())
