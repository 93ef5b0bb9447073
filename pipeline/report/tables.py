"""Tables of the page, each with its CSV; a template draws them."""

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipeline.core.numbers import ABSENT, is_absent, number
from pipeline.report.templates import UNSEEN

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Download:
    """A CSV in the page: its name, and its content as the address of a link."""

    name: str
    href: str


@dataclass(frozen=True)
class Table:
    """A table of texts; columns in `numeric` are aligned right; `notes` follow the table."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[int] = ()
    download: Download | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def name(value: object) -> str:
    """A name from data; a dash if there is none."""
    return str(value) if isinstance(value, str) or not is_absent(value) else ABSENT


def csv_of(frame: pd.DataFrame, file_name: str) -> Download:
    """The frame as CSV; text that a spreadsheet would read as a formula is escaped."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(frame.columns)
    writer.writerows([_cell(value) for value in row] for row in frame.itertuples(index=False))
    encoded = base64.b64encode(out.getvalue().encode("utf-8-sig")).decode("ascii")
    return Download(file_name, f"data:text/csv;charset=utf-8;base64,{encoded}")


def cut_short(shown: pd.DataFrame, frame: pd.DataFrame) -> str:
    """The addition to a caption if the page shows only the first rows of a table."""
    if len(shown) == len(frame):
        return ""
    return f" (first {number(len(shown))} of {number(len(frame))} rows; the CSV has all)"


def _cell(value: object) -> str:
    if isinstance(value, str):
        clean = UNSEEN.sub("\ufffd", value)
        return f"'{clean}" if clean.startswith(FORMULA) else clean
    if is_absent(value):
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
