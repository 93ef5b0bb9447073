"""A workbook of several tables: safe to open, and equal bytes for equal tables."""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from pipeline.core import files
from pipeline.core.errors import InputError

# A spreadsheet reads a cell that begins with one of these, also after blanks, as a formula.
FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
ROWS = 1_048_575  # rows of a sheet, without its head
CHARACTERS = 32_767  # characters of a cell
PINNED = (2000, 1, 1, 0, 0, 0)  # time of each part, so that equal tables give equal bytes


def write(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write each table as a sheet, in order, with a fixed, bold head.

    Text that a spreadsheet would read as a formula begins with an apostrophe; a text that is too
    long for a cell is cut and ends with its length.

    Parameters
    ----------
    path
        The file, `.xlsx`.
    sheets
        Tables without geometry, by name of sheet (at most 31 characters).

    Raises
    ------
    InputError
        A table has more rows than a sheet can have.
    """
    book = Workbook(write_only=True)
    for name, frame in sheets.items():
        if len(frame) > ROWS:
            raise InputError(f"{path}: {name} has {len(frame)} rows, expected at most {ROWS}")
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for letter, width in zip(_letters(), _widths(frame), strict=False):
            sheet.column_dimensions[letter].width = width
        sheet.append([str(column) for column in frame.columns])
        for row in frame.itertuples(index=False):
            sheet.append([_cell(value) for value in row])
    with files.whole(path) as aside, files.scratch(path) as made:
        book.save(made)
        pin(made, aside)


def escaped(text: str) -> str:
    """`text` as a cell that no spreadsheet reads as a formula.

    Parameters
    ----------
    text
        Any text, such as a name of OpenStreetMap.

    Returns
    -------
    str
        The text, with an apostrophe before it if it begins like a formula.
    """
    return f"'{text}" if FORMULA.match(text) else text


def _cell(value: object) -> object:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, str):
        return value
    text = escaped(ILLEGAL_CHARACTERS_RE.sub("\ufffd", value))
    if len(text) <= CHARACTERS:
        return text
    ending = f" … ({len(value)} characters in all)"
    return text[: CHARACTERS - len(ending)] + ending


def _letters() -> Iterator[str]:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from alphabet
    yield from (first + second for first in alphabet for second in alphabet)


def _widths(frame: pd.DataFrame) -> Sequence[float]:
    """Widths for the head and the first rows, up to a limit."""
    first = frame.head(100)
    asked = [max([len(str(column)), *first[column].astype(str).str.len()]) for column in first]
    return [float(min(max(one + 2, 8), 60)) for one in asked]


def pin(made: Path, out: Path) -> None:
    """Write the same Office document without its times of writing.

    Parameters
    ----------
    made
        A workbook or text document.
    out
        The file to write; equal content gives equal bytes.
    """
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(out, "w") as after:
        for one in before.infolist():
            content = before.read(one)
            if one.filename == "docProps/core.xml":
                time = rb"(<dcterms:\w+ [^>]*>)[^<]*"
                content = re.sub(time, rb"\g<1>2000-01-01T00:00:00Z", content)
            after.writestr(zipfile.ZipInfo(one.filename, PINNED), content, zipfile.ZIP_DEFLATED)
