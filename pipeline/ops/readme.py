"""Fill the README's tables from what was built, so that its figures are those of the code."""

import csv
import json
from pathlib import Path

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.publish import layers

# What the README shows of comparison.csv: (mode, measure), and what it is called there.
ROWS = {
    ("", "length"): "length of the line, by a ruler of 2 km",
    ("", "length_official"): "length, official",
    ("road", "crossings_official"): "official road crossings",
    ("road", "crossings_informal"): "informal road crossings",
    ("road", "crossings_unmarked"): "road crossings with no control mapped",
    ("rail", "crossings_open"): "railway crossings in use",
    ("foot", "crossings_open"): "crossings on foot only, boats included",
    ("road", "min_cut_links_at_-100_km"): "F(−100), roads",
    ("road", "min_cut_links_at_-50_km"): "F(−50), roads",
    ("road", "min_cut_links_at_+50_km"): "F(+50), roads",
    ("road", "min_cut_links_at_+100_km"): "F(+100), roads",
    ("road", "min_cut_links_at_+300_km"): "F(+300), roads",
    ("rail", "min_cut_links_at_+50_km"): "F(+50), railways",
    ("road", "unguarded_links_at_+50_km"): "G(+50), routes by road that meet no post",
    ("road", "first_two_share"): "share of through demand on its first two crossings",
    ("road", "extra_minutes"): "mean extra time when one's own crossing closes",
}
ABSENT = "–"


def readme(folder: str, path: str) -> None:
    """Fill `<!-- results SOURCE -->` and `<!-- schema -->` of the Markdown file at `path`.

    `folder` is data/processed/SOURCE with its comparison.csv and claims.json. Raises InputError
    where one of them, or the place for its results, is missing.
    """
    source, text = Path(folder).name, Path(path).read_text(encoding="utf-8")
    found = verdicts(Path(folder) / "claims.json") + "\n" + results(Path(folder) / "comparison.csv")
    text = _filled(text, f"results {source}", found, path)
    text = _filled(text, "schema", schema_tables(), path)
    files.write_text(Path(path), text)


def _filled(text: str, name: str, block: str, path: str) -> str:
    mark = f"<!-- {name} -->"
    if mark not in text:
        raise InputError(f"{path}: no line {mark}, expected one to fill")
    before, after = text.split(mark, 1)
    rest = after.split("<!-- end -->", 1)[1]
    return f"{before}{mark}\n\n{block}\n<!-- end -->{rest}"


def verdicts(claims: Path) -> str:
    """Every claim with its verdict and the reason, as Markdown."""
    try:
        found = json.loads(claims.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{claims}: no such file, expected what compare writes") from error
    lines = ["| | the analysis claims | the figures say | why |", "|---|---|---|---|"]
    for row in found:
        named = f"| {row['claim']} | {row['statement']} | **{row['verdict']}** "
        lines.append(f"{named}| {row['reading']} {row['why']} |")
    return "\n".join(lines) + "\n"


def results(comparison: Path) -> str:
    """The table of ROWS as Markdown, a column for each border, ranges in brackets."""
    try:
        rows = list(csv.DictReader(comparison.open(encoding="utf-8", newline="")))
    except FileNotFoundError as error:
        raise InputError(f"{comparison}: no such file, expected what compare writes") from error
    found = {(row["border"], row["mode"], row["measure"]): row for row in rows}
    borders = sorted({row["border"] for row in rows}, reverse=True)
    lines = ["| | " + " | ".join(borders) + " | in `comparison.csv` |"]
    lines.append("|---|" + "---:|" * len(borders) + "---|")
    for (mode, measure), name in ROWS.items():
        cells = [_cell(found.get((border, mode, measure), {})) for border in borders]
        if set(cells) != {ABSENT}:
            lines.append(
                f"| {name} | {' | '.join(cells)} | `{' '.join([mode, measure]).strip()}` |"
            )
    return "\n".join(lines) + "\n"


def _cell(row: dict[str, str]) -> str:
    value, low, high, unit = (row.get(key) or "" for key in ("value", "low", "high", "unit"))
    if not value:
        return ABSENT
    shown = _number(value, unit)
    if low and high and low != high:
        shown += f" ({_number(low, unit)}–{_number(high, unit)})"
    return shown + {"km": " km", "minutes": " min", "share": " %"}.get(unit, "")


def _number(text: str, unit: str) -> str:
    value = float(text) * (100 if unit == "share" else 1)
    return f"{value:,.1f}" if unit == "minutes" else f"{value:,.0f}"


def schema_tables() -> str:
    """Every published layer, its geometry, key and what a row is, as Markdown."""
    lines = ["| layer | geometry | key | a row is |", "|---|---|---|---|"]
    for table in layers.LAYERS.values():
        keys = " ".join(f"`{key}`" for key in table.key)
        lines.append(f"| `{table.name}` | {table.geometry or 'none'} | {keys} | {table.row} |")
    return "\n".join(lines) + "\n"
