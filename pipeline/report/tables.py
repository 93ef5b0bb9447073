"""Text and tables for an HTML page: everything escaped, every table with its CSV inside."""

import base64
import csv
import html
import io
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

ABSENT = "–"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A GeoPackage holds none, a JSON may; a page with one of them would not be whole.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def text(value: object) -> str:
    """Any text from data as it shall stand in the page, also inside an attribute."""
    return html.escape(UNSEEN.sub("\ufffd", str(value)), quote=True)


def name(value: object) -> str:
    """A name from data, whose writing direction must not spill over; a dash where there is none."""
    missing = value is None or (not isinstance(value, str) and bool(pd.isna(value)))
    return ABSENT if missing else f"<bdi>{text(value)}</bdi>"


def number(value: Any, places: int = 0) -> str:
    """A number with thin thousands, a real minus sign; a dash where there is none."""
    if value is None or pd.isna(value):
        return ABSENT
    return f"{float(value):,.{places}f}".replace("-", "−")


def short(value: Any) -> str:
    """A number with three digits that count, all digits of a larger one."""
    if value is None or pd.isna(value):
        return ABSENT
    size = abs(float(value))
    return number(value, 0 if size >= 100 or float(value).is_integer() else 1 if size >= 10 else 2)


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()
) -> str:
    """A table of cells that are HTML already; the first cell of a row heads it.

    Columns numbered in `numeric` are set flush right. It scrolls in its own box, by keyboard too.
    """
    heads = "".join(
        f'<th scope="col"{_right(at, numeric)}>{cell}</th>' for at, cell in enumerate(head)
    )
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(
            f"<td{_right(at, numeric)}>{cell}</td>" for at, cell in enumerate(row[1:], start=1)
        )
        + "</tr>"
        for row in rows
    )
    label = re.sub(r"<[^>]*>", "", caption)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _right(at: int, numeric: Sequence[int]) -> str:
    return ' class="n"' if at in numeric else ""


def download(frame: pd.DataFrame, file_name: str) -> str:
    """A link that holds the frame as CSV; text that a spreadsheet took for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(frame.columns)
    writer.writerows([_cell(value) for value in row] for row in frame.itertuples(index=False))
    encoded = base64.b64encode(out.getvalue().encode("utf-8-sig")).decode("ascii")
    return (
        f'<a class="csv" download="{text(file_name)}" '
        f'href="data:text/csv;charset=utf-8;base64,{encoded}">{text(file_name)}</a>'
    )


def _cell(value: object) -> str:
    if isinstance(value, str):
        clean = UNSEEN.sub("\ufffd", value)
        return f"'{clean}" if clean.startswith(FORMULA) else clean
    return (
        ""
        if value is None or pd.isna(value)
        else f"{value:.10g}"
        if isinstance(value, float)
        else str(value)
    )


def cut_short(shown: pd.DataFrame, frame: pd.DataFrame) -> str:
    """What a caption adds where a page shows only the first rows of a table."""
    if len(shown) == len(frame):
        return ""
    return f" (first {number(len(shown))} of {number(len(frame))} rows; the CSV holds all)"


def csv_of(frame: pd.DataFrame, file_name: str) -> str:
    """A paragraph that offers the frame as CSV."""
    return f'<p class="download">Download: {download(frame, file_name)}</p>'
