"""The situation file: what is known of crossings today, said by somebody, until a stated day.

`data/raw/<source>/<border>.status.csv`, one statement a row. A statement holds from its date until
its expiry, both days included. Whoever reads the file says which day it is asked of: no clock is.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.core.errors import InputError

VEHICLES = ("car", "goods", "bus", "bicycle", "foot", "train")
EVERY = "all"  # the row speaks for every vehicle that the crossing may carry
STATES = ("open", "closed", "restricted")
NEEDED = ("crossing", "vehicle", "state", "wait_minutes", "source", "date", "expiry")
PLACE = ("lon", "lat")  # columns that may be left out
MOST_WAIT_MINUTES = 60 * 24 * 30


@dataclass(frozen=True)
class Statement:
    """A row of the file.

    Attributes
    ----------
    row : str
        File and line, for messages.
    crossing : str
        Id or name, or empty where a place says which it is.
    at : tuple of float or None
        Longitude and latitude in degrees.
    vehicle : str
        One of VEHICLES, or EVERY.
    state : str
        One of STATES.
    wait_minutes : float or None
        Minutes of waiting, where stated.
    source : str
        Who says so.
    since, until : date
        First and last day that it holds.
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
    """The statements of a situation file, in its order.

    Parameters
    ----------
    path
        CSV in UTF-8 with a header: the columns of NEEDED, and `lon`, `lat` where wanted.

    Returns
    -------
    list of Statement
        None where the file holds a header alone.

    Raises
    ------
    InputError
        For a column that is missing, unknown or named twice, or rows that cannot hold: the file
        and every such line are named.
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
    """Refuse a file for all its rows that cannot be used, so that they are mended at one go.

    Parameters
    ----------
    wrong
        A message for each, which begins with the file and the line.

    Raises
    ------
    InputError
        Where there is one: one line, which names the file once and each line of it.
    """
    if wrong:
        path = wrong[0].split(", line ")[0]
        rest = [one.removeprefix(f"{path}, ") for one in wrong[1:]]
        raise InputError("; ".join([wrong[0], *rest]))


def day(text: str, where: str) -> date:
    """A day written as 2026-01-31.

    Parameters
    ----------
    text
        What was written.
    where
        What to name in a message.

    Returns
    -------
    date
        That day.

    Raises
    ------
    InputError
        Where it is no such day.
    """
    try:
        if len(text) != len("2026-01-31"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{where}: got {text!r}, expected a day such as 2026-01-31") from error


def _expect_columns(path: Path, head: list[str]) -> None:
    known = {*NEEDED, *PLACE}
    if len(set(head)) < len(head):
        raise InputError(f"{path}: a column stands twice in {head}, expected each once")
    if set(head) - known or set(NEEDED) - set(head) or len(set(PLACE) & set(head)) == 1:
        expected = f"{', '.join(NEEDED)}, and lon and lat where a row gives a place alone"
        raise InputError(f"{path}: got columns {head}, expected {expected}")


def _statement(row: str, head: list[str], cells: list[str]) -> Statement:
    if len(cells) != len(head):
        raise InputError(f"{row}: got {len(cells)} cells, expected {len(head)}")
    told = {name: cell.strip() for name, cell in zip(head, cells, strict=True)}
    for key, allowed in (("vehicle", (EVERY, *VEHICLES)), ("state", STATES)):
        if told[key] not in allowed:
            expected = ", ".join(allowed)
            raise InputError(f"{row}: {key}: got {told[key]!r}, expected one of {expected}")
    if not told["source"]:
        raise InputError(f"{row}: source is empty, expected who says so")
    at = _place(row, told.get("lon", ""), told.get("lat", ""))
    if not told["crossing"] and at is None:
        raise InputError(f"{row}: crossing is empty, expected an id, a name, or lon and lat")
    since, until = (day(told[key], f"{row}: {key}") for key in ("date", "expiry"))
    if until < since:
        raise InputError(f"{row}: expiry: got {until}, expected {since} (its date) or later")
    wait_minutes = _wait(row, told["wait_minutes"])
    if wait_minutes is not None and told["state"] == "closed":
        raise InputError(f"{row}: wait_minutes: got {wait_minutes:g} at a closed crossing, "
                         "expected none")  # fmt: skip
    return Statement(
        row, told["crossing"], at, told["vehicle"], told["state"], wait_minutes, told["source"],
        since, until,
    )  # fmt: skip


def _place(row: str, lon: str, lat: str) -> tuple[float, float] | None:
    if not lon and not lat:
        return None
    x, y = _number(lon), _number(lat)
    if x is None or y is None or abs(x) > 180 or abs(y) > 90:
        raise InputError(f"{row}: lon, lat: got {lon!r}, {lat!r}, expected degrees")
    return x, y


def _wait(row: str, text: str) -> float | None:
    minutes = _number(text)
    if text and (minutes is None or not 0 <= minutes <= MOST_WAIT_MINUTES):
        raise InputError(f"{row}: wait_minutes: got {text!r}, expected minutes or nothing")
    return minutes


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
