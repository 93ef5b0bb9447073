"""Fill the README's tables from what was built, so that its figures are those of the code."""

import json
from pathlib import Path

from pipeline.core import files, measures, parameters
from pipeline.core.errors import InputError
from pipeline.publish import comparison, layers

# Depths of cuts that the README shows, and modes: the line itself, roads, and railways where the
# headline depth has some.
DEPTHS_KM = (-100.0, -50.0, 50.0, 100.0, 300.0)
MODES = ("", "road", "rail")


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


def results(path: Path) -> str:
    """The figures as Markdown, a column for each border, ranges in brackets."""
    found = comparison.read(path)
    names = {border: _name(path.with_name(f"{border}.gpkg")) for border in found.borders}
    lines = ["| | " + " | ".join(names.values()) + " | in `comparison.csv` |"]
    lines.append("|---|" + "---:|" * len(names) + "---|")
    shown = measures.arranged(((mode, key) for _, mode, key in found.rows), "readme")
    for heading, figures in shown.items():
        for mode, measure in figures:
            rows = [found.rows.get((border, mode, measure.key), {}) for border in names]
            if _is_shown(mode, measure.key) and any(row.get("value") for row in rows):
                cells = " | ".join(measures.written(measure, row) for row in rows)
                key = " ".join(filter(None, (mode, measure.key)))
                lines.append(f"| {heading}: {measure.label} | {cells} | `{key}` |")
    return "\n".join(lines) + "\n"


def _is_shown(mode: str, key: str) -> bool:
    km = measures.depth_of(key)
    if mode == "rail":
        return km == parameters.number("headline_depth_km") or key == "crossings_open"
    return mode in MODES and (not km or km in DEPTHS_KM)


def _name(package: Path) -> str:
    return str(layers.read(package, "border")["name"].iloc[0])


def schema_tables() -> str:
    """Every published layer, its geometry, key and what a row is, as Markdown."""
    lines = ["| layer | geometry | key | a row is |", "|---|---|---|---|"]
    for table in layers.LAYERS.values():
        keys = " ".join(f"`{key}`" for key in table.key)
        lines.append(f"| `{table.name}` | {table.geometry or 'none'} | {keys} | {table.row} |")
    return "\n".join(lines) + "\n"
