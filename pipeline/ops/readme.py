"""Fill the tables of README and docs from built results, so that figures come from the code."""

from pathlib import Path
from typing import Any

from pipeline.core import files, measures, parameters
from pipeline.core.errors import InputError
from pipeline.publish import comparison, layers
from pipeline.report import headlines, summary
from pipeline.report.headlines import Headline

# Depths of cuts that the page of results shows, and modes: the line itself, roads, and railways
# if there are some at the headline depth.
DEPTHS_KM = (-100.0, -50.0, 50.0, 100.0, 300.0)
MODES = ("", "road", "rail")


def readme(folder: str, path: str, results_path: str) -> None:
    """Fill the tables of the README and of the page of results from the results of a source.

    Parameters
    ----------
    folder : str
        data/processed/SOURCE with its comparison.csv and claims.json.
    path : str
        The README: `<!-- results SOURCE -->` marks the table of claims, `<!-- layers -->` that of
        the layers for GIS users.
    results_path : str
        The page of results: `<!-- results SOURCE -->` marks the table of verdicts with their
        reasons, and that of the figures with their ranges.

    Raises
    ------
    InputError
        If a file, or the mark for its results, is missing.
    """
    source = f"results {Path(folder).name}"
    comparison_csv = Path(folder) / "comparison.csv"
    names = _names(comparison_csv)
    answers = comparison.answers(Path(folder) / "claims.json")
    table = answer_table(answers, names, _headlines(comparison_csv, answers))
    _fill(Path(path), {source: table, "layers": layer_table()})
    _fill(Path(results_path), {source: f"{verdicts(answers)}\n{figures(comparison_csv, names)}"})


def _names(path: Path) -> dict[str, str]:
    """The name of each border of a comparison.csv, by its key."""
    keys = comparison.read(path).borders
    return {
        key: str(layers.read(path.with_name(f"{key}.gpkg"), "border")["name"].iloc[0])
        for key in keys
    }


def _headlines(path: Path, answers: list[dict[str, Any]]) -> list[list[Headline]]:
    """The headline of each claim on both borders of a comparison.csv."""
    found = comparison.read(path)
    cordons = {key: layers.read(path.with_name(f"{key}.gpkg"), "cordons") for key in found.borders}
    return headlines.of_claims(answers, found.rows, cordons)


def _fill(path: Path, blocks: dict[str, str]) -> None:
    """Put each block between its mark and the next end in the file."""
    text = path.read_text(encoding="utf-8")
    for name, block in blocks.items():
        mark = f"<!-- {name} -->"
        if mark not in text:
            raise InputError(f"{path}: no line {mark}, expected one to fill")
        before, after = text.split(mark, 1)
        rest = after.split("<!-- end -->", 1)[1]
        text = f"{before}{mark}\n\n{block}\n<!-- end -->{rest}"
    files.write_text(path, text)


def answer_table(
    answers: list[dict[str, Any]], names: dict[str, str], values: list[list[Headline]]
) -> str:
    """One line for each claim as Markdown: the headline of each border, the verdict, how firm."""
    head = ["", "the analysis claims", *names.values(), "the figures say", "how firm"]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---:|" * len(names) + "---|---|"]
    for line in summary.lines(answers, values):
        shown = " | ".join(_with_range(value) for value in line.values)
        named = f"| {line.claim} | {line.statement} | {shown} "
        lines.append(f"{named}| **{line.verdict}** | {line.firm} |")
    return "\n".join(lines) + "\n"


def _with_range(value: Headline) -> str:
    return f"{value.shown} ({value.beside})" if value.beside else value.shown


def verdicts(answers: list[dict[str, Any]]) -> str:
    """Every claim with its verdict and the reason, as Markdown."""
    lines = ["| | the analysis claims | the figures say | why |", "|---|---|---|---|"]
    for row in answers:
        named = f"| {row['claim']} | {row['statement']} | **{row['verdict']}** "
        lines.append(f"{named}| {row['reading']} {row['why']} |")
    return "\n".join(lines) + "\n"


def figures(path: Path, names: dict[str, str]) -> str:
    """The figures of a comparison.csv as Markdown, a column for each border, ranges in brackets."""
    found = comparison.read(path)
    lines = ["| | " + " | ".join(names.values()) + " | in `comparison.csv` |"]
    lines.append("|---|" + "---:|" * len(names) + "---|")
    shown = measures.arranged(((mode, key) for _, mode, key in found.rows), "docs")
    for heading, measured in shown.items():
        for mode, measure in measured:
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


def layer_table() -> str:
    """The layers of `<border>.gpkg`, their geometry and the meaning of a row, as Markdown."""
    lines = ["| layer | geometry | a row is |", "|---|---|---|"]
    for name in layers.RESULTS:
        table = layers.LAYERS[name]
        lines.append(f"| `{name}` | {table.geometry or 'none'} | {table.row} |")
    return "\n".join(lines) + "\n"
