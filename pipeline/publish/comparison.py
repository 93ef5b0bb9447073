"""comparison.csv as its readers need it: rows by border, mode and measure."""

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.core.numbers import is_absent

PROCESSED = "processed"  # the folder in which the results of sources lie side by side
AS_OF = "@"  # stands between a source and the day that its situation is asked of
NEEDED = ("border", "mode", "measure", "value", "low", "high", "unit")

Row = dict[str, str]


@dataclass(frozen=True)
class Comparison:
    """Rows by (border, mode, measure), and the borders, the longest first."""

    rows: dict[tuple[str, str, str], Row]
    borders: tuple[str, ...]


def other_packages(folder: Path, border: str) -> list[Path]:
    """The results of other sources that hold a border: beside the folder of this one.

    Parameters
    ----------
    folder : Path
        Where the results of a source lie, such as data/processed/overpass.
    border : str
        Name of the border.

    Returns
    -------
    list of Path
        GeoPackages in order of their folders' names; none where the folder lies anywhere else than
        among the results of sources, such as that of a snapshot. A source as it is on a day (goal
        `situation`) is no other source.
    """
    own = folder.resolve()
    if own.parent.name != PROCESSED:
        return []
    source = own.name.partition(AS_OF)[0]
    found = sorted(own.parent.glob(f"*/{border}.gpkg"))
    return [path for path in found if path.parent.name != source and AS_OF not in path.parent.name]


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
        raise InputError(f"{path}: no such file, expected what compare writes") from error
    if not rows or not set(NEEDED) <= set(rows[0]):
        found = sorted(rows[0]) if rows else "no rows"
        raise InputError(f"{path}: got {found}, expected {NEEDED}")
    known = {(row["border"], row["mode"], row["measure"]): row for row in rows}

    def shorter(border: str) -> tuple[float, str]:
        length = known.get((border, "", "length"), {}).get("value")
        return (0.0 if is_absent(length) else -float(str(length)), border)

    return Comparison(known, tuple(sorted({row["border"] for row in rows}, key=shorter)))
