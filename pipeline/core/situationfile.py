"""The situation file: statements on the present state of crossings, each with source and expiry.

`data/raw/<source>/<border>.status.csv` holds one statement a row. A statement is valid from its
date to its expiry, both days included. The caller says for which day the file is read; the clock of
the machine is not used.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from pipeline.core import config
from pipeline.core.errors import InputError, quoted

EVERY = "all"  # the row is valid for every vehicle that the crossing may carry
Day = Annotated[date, Meta(description="a day such as 2026-01-31")]
Minutes = Annotated[float, Meta(ge=0, le=60 * 24 * 30, description="minutes, or empty")]
COLUMNS: dict[str, Any] = {
    "crossing": str | None,
    "vehicle": Literal["all", "car", "goods", "bus", "bicycle", "foot", "train"],
    "state": Literal["open", "closed", "restricted"],
    "wait_minutes": Minutes | None,
    "source": Annotated[str, Meta(description="the source of the statement, not empty")],
    "date": Day,
    "expiry": Day,
}
# Columns that may be left out.
PLACE: dict[str, Any] = {
    "lon": Annotated[float, Meta(ge=-180, le=180, description="degrees")] | None,
    "lat": Annotated[float, Meta(ge=-90, le=90, description="degrees")] | None,
}


@dataclass(frozen=True)
class Statement:
    """A row of the file.

    Attributes
    ----------
    row : str
        File and line, for messages.
    crossing : str
        Id or name of the crossing, or empty if a place identifies it.
    at : tuple of float or None
        Longitude and latitude in degrees.
    vehicle : str
        A kind of vehicle, or EVERY.
    state : str
        open, closed or restricted.
    wait_minutes : float or None
        Minutes of waiting, if stated.
    source : str
        The source of the statement.
    since, until : date
        First and last day on which it is valid.
    """

    row: str
    crossing: str
    at: tuple[float, float] | None
    vehicle: str
    state: str
    wait_minutes: float | None
    source: str
    since: date
    until: date


def read(path: Path) -> list[Statement]:
    """Read the statements of a situation file, in the order of its rows.

    Parameters
    ----------
    path
        CSV in UTF-8 with a header: the columns of COLUMNS, and optionally `lon` and `lat`.

    Returns
    -------
    list of Statement
        No statement if the file holds only a header.

    Raises
    ------
    InputError
        For a column that is missing, unknown or named twice, or rows that are wrong: the message
        names the file and every such line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            head = [name.strip() for name in next(lines, [])]
            _expect_columns(path, head)
            found: list[Statement] = []
            wrong: list[str] = []
            for cells in lines:
                if any(cell.strip() for cell in cells):
                    try:
                        found.append(_statement(f"{path}, line {lines.line_num}", head, cells))
                    except InputError as error:
                        wrong.append(str(error))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected a situation file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not CSV in UTF-8 ({error})") from error
    refuse(wrong)
    return found


def refuse(wrong: Sequence[str]) -> None:
    """Refuse a file and name all its wrong rows, so that a user can correct them all at once.

    Parameters
    ----------
    wrong
        A message for each wrong row, which begins with file and line.

    Raises
    ------
    InputError
        If there is a wrong row: the message is one line that names the file once, and each wrong
        line.
    """
    if wrong:
        path = wrong[0].split(", line ")[0]
        rest = [one.removeprefix(f"{path}, ") for one in wrong[1:]]
        raise InputError("; ".join([wrong[0], *rest]))


def day(text: str, where: str) -> date:
    """Convert a day that is written as 2026-01-31.

    Parameters
    ----------
    text
        The text of the day.
    where
        The place that a message names.

    Returns
    -------
    date
        That day.

    Raises
    ------
    InputError
        If the text is not such a day.
    """
    found: date = config.cell(where, text, Day)
    return found


def _expect_columns(path: Path, head: list[str]) -> None:
    if len(set(head)) < len(head):
        raise InputError(f"{path}: a column occurs twice in {quoted(head)}, expected each once")
    if sorted(head) not in (sorted(COLUMNS), sorted(COLUMNS | PLACE)):
        expected = f"{', '.join(COLUMNS)}, and lon and lat where a row gives a place alone"
        raise InputError(f"{path}: got columns {quoted(head)}, expected {expected}")


def _statement(row: str, head: list[str], cells: list[str]) -> Statement:
    if len(cells) != len(head):
        raise InputError(f"{row}: got {len(cells)} cells, expected {len(head)}")
    kinds = COLUMNS | PLACE
    given = {
        name: config.cell(f"{row}: {name}", text.strip(), kinds[name])
        for name, text in zip(head, cells, strict=True)
    }
    crossing, lon, lat = given["crossing"], given.get("lon"), given.get("lat")
    if (lon is None) != (lat is None):
        raise InputError(f"{row}: lon, lat: got {lon}, {lat}, expected both or none")
    if crossing is None and lon is None:
        raise InputError(f"{row}: crossing is empty, expected an id, a name, or lon and lat")
    since, until, wait_minutes = given["date"], given["expiry"], given["wait_minutes"]
    if until < since:
        raise InputError(f"{row}: expiry: got {until}, expected {since} (its date) or later")
    if wait_minutes is not None and given["state"] == "closed":
        raise InputError(f"{row}: wait_minutes: got {wait_minutes:g} at a closed crossing, "
                         "expected none")  # fmt: skip
    return Statement(
        row, crossing or "", None if lon is None or lat is None else (lon, lat), given["vehicle"],
        given["state"], wait_minutes, given["source"], since, until,
    )  # fmt: skip
