"""Compare: the figures of all borders side by side, and what they say about the claims."""

import csv
import io
import json
from pathlib import Path

import pandas as pd

from pipeline.core import files, measures
from pipeline.core.errors import InputError
from pipeline.core.frames import Row, records
from pipeline.core.measures import VARIED
from pipeline.core.numbers import is_absent
from pipeline.measures import claim_figures, claims, figures, verdict
from pipeline.measures.claims import Claims
from pipeline.measures.cost_figures import OF_EACH_DEMAND
from pipeline.publish import comparison, layers

COLUMNS = ("border", "mode", "measure", "value", "low", "high", "unit")
NUMBERS = ("value", "low", "high")

Published = dict[tuple[str, str, str], Row]


def compare(*paths: str, against: str = "") -> None:
    """Write comparison.csv and claims.json from the GeoPackages into the folder named last.

    comparison.csv: border, mode (empty for the line itself), measure, value, low, high, unit. `low`
    and `high` are the range of the figure over the choices it depends on, empty where there are
    none. An absent figure has no value; the GeoPackage gives the reason. A measure with a bar (|)
    is a specification of a claim, named by what differs from the headline. A text that a
    spreadsheet would read as a formula begins with an apostrophe. claims.json: one object for each
    claim, made from comparison.csv and claims.toml alone. `against` is the folder of results of
    another source: its crossings serve to estimate how many crossings a border has in all. Raises
    InputError for bad input.
    """
    *packages, out = paths
    asked = claims.read()
    found: dict[str, pd.DataFrame] = {}
    names: dict[str, str] = {}
    by_border = {_line(path)["border"]: path for path in packages}
    others = comparison.other_packages(Path(out), against, by_border)
    for path in packages:
        line = _line(path)
        border = str(line["border"])
        if border in found:
            raise InputError(f"{path}: border {border} is in two files, expected one")
        elsewhere = [layers.read(others[border], "crossings")] if border in others else []
        tables = {name: layers.read(path, name) for name in figures.LAYERS}
        found[border] = figures.figures(tables, asked, elsewhere)
        names[border] = str(line["name"])
    published = _published(found, asked)
    answers = verdict.judge(asked, published, names)
    files.write_text(Path(out) / "comparison.csv", _csv(published))
    text = json.dumps(answers, indent=1, ensure_ascii=False)
    files.write_text(Path(out) / "claims.json", f"{text}\n")


def _line(path: str) -> pd.Series:
    """The row of layer border."""
    border = layers.read(path, "border")
    if len(border) != 1:
        raise InputError(f"{path}: layer border has {len(border)} rows, expected one")
    return border.iloc[0]


def _published(found: dict[str, pd.DataFrame], asked: Claims) -> Published:
    """The rows of comparison.csv: the measures of measures.toml, and those that the claims need.

    What a cost scenario stops is given for each demand, with and without walking.
    """
    wanted = claim_figures.asked(asked)
    rows: Published = {}
    for border in sorted(found):
        for row in records(found[border]):
            known = measures.find(row["key"])
            name = (border, row["mode"], row["key"])
            if known is None and name in wanted:
                raise InputError(f"{measures.PATH}: no entry for {row['key']}, expected one")
            whole = VARIED not in row["key"] or row["measure"] in OF_EACH_DEMAND
            if known is None or not (whole or name in wanted):
                continue
            if name in rows:
                figure = f"{row['key']} {row['mode']}"
                raise InputError(f"{border}: figure {figure} occurs twice, expected once")
            rows[name] = {
                "border": border,
                "mode": row["mode"],
                "measure": row["key"],
                **{column: _cell(row[column]) for column in NUMBERS},
                "unit": row["unit"],
                "why_absent": row["why_absent"],
            }
    return rows


def _csv(rows: Published) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows.values():
        # Numbers are already written; only a text may look like a formula.
        writer.writerow([row[name] if name in NUMBERS else _cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return "" if is_absent(value) else f"{value:.6g}"
