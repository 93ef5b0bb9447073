"""comparison.csv and claims.json for their readers: figures by border and measure, and verdicts."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from pipeline.core import config
from pipeline.core.config import Text
from pipeline.core.errors import InputError
from pipeline.core.numbers import is_absent

NEEDED = ("border", "mode", "measure", "value", "low", "high", "unit")
WRITER = "what compare writes"

Row = dict[str, str]
# A claim as `verdict.judge` describes it.
Answer = dict[str, Any]


class Answered(Struct, frozen=True):
    """What every claim of claims.json has, whatever else it holds."""

    claim: Text
    kind: Text
    statement: Text
    reading: Text
    measures: Annotated[list[dict[str, Any]], Meta(description="a list of tables")]
    verdict: Text
    why: str


Answers = Annotated[list[Answered], Meta(description="a list of claims")]


@dataclass(frozen=True)
class Comparison:
    """Rows by (border, mode, measure), and the borders, the longest first."""

    rows: dict[tuple[str, str, str], Row]
    borders: tuple[str, ...]


def other_packages(folder: Path, against: str, borders: Collection[str]) -> dict[str, Path]:
    """The results of another source for the same borders.

    Parameters
    ----------
    folder : Path
        Folder of the results of this source.
    against : str
        Folder of those of the other one, such as data/processed/overpass; empty for none.
    borders : collection of str
        Names of borders.

    Returns
    -------
    dict of str to Path
        GeoPackages by border, for those borders that the other source has.

    Raises
    ------
    InputError
        If it has none of them, or is this source itself.
    """
    if not against:
        return {}
    if Path(against).resolve() == folder.resolve():
        raise InputError(
            f"{against}: these are the results to compare, expected those of another source"
        )
    found = {border: Path(against) / f"{border}.gpkg" for border in sorted(borders)}
    held = {border: path for border, path in found.items() if path.is_file()}
    if not held:
        raise InputError(f"{against}: no results of {', '.join(found)}, expected one or more")
    return held


def read(path: Path) -> Comparison:
    """What compare wrote.

    Parameters
    ----------
    path : Path
        comparison.csv.

    Returns
    -------
    Comparison
        Every row, its cells as texts.

    Raises
    ------
    InputError
        If the file is missing, has no rows, or other columns.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected {WRITER}") from error
    if not rows or not set(NEEDED) <= set(rows[0]):
        found = sorted(rows[0]) if rows else "no rows"
        raise InputError(f"{path}: got {found}, expected {NEEDED}")
    known = {(row["border"], row["mode"], row["measure"]): row for row in rows}

    def shorter(border: str) -> tuple[float, str]:
        length = known.get((border, "", "length"), {}).get("value")
        return (0.0 if is_absent(length) else -float(str(length)), border)

    return Comparison(known, tuple(sorted({row["border"] for row in rows}, key=shorter)))


def answers(path: Path) -> list[Answer]:
    """The claims with their verdicts.

    Parameters
    ----------
    path : Path
        claims.json.

    Returns
    -------
    list of dict
        As `verdict.judge` describes them.

    Raises
    ------
    InputError
        If the file is missing, is no JSON, or a claim lacks what `Answered` has.
    """
    found: list[Answer] = config.content(path, WRITER)
    config.convert(path, found, Answers)
    return found
