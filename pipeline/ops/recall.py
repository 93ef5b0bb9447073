"""Recall of a release: how many official crossings of an independent list it contains."""

import sys
from pathlib import Path

import pandas as pd

from pipeline.core.errors import InputError
from pipeline.core.numbers import percent
from pipeline.measures.completeness import chapman

NEEDED = ("border", "mode", "lon", "lat")


def recall(crossings_csv: str, list_csv: str) -> None:
    """Print, for each border, source and date, how many crossings of a list a release contains.

    `list_csv` has columns border, mode, lon, lat and optionally status: then only its official rows
    count. A crossing is found if it and a crossing of its mode are each other's nearest, within
    2 km. Raises InputError if a file or a column is missing, or no border is in both.
    """
    ours, listed = _read(crossings_csv, (*NEEDED, "source", "date")), _read(list_csv, NEEDED)
    if "status" in listed:
        listed = listed[listed["status"] == "official"]
    lines = []
    keys = ["border", "source", "date", "mode"]
    for key, rows in ours.fillna({"date": ""}).groupby(keys, sort=True):
        border, source, date, mode = map(str, key)
        wanted = listed[(listed["border"] == border) & (listed["mode"] == mode)]
        if len(wanted):
            met = chapman(wanted, rows)
            share = percent(met.both / len(wanted))
            lines.append(f"{border}, {source} {date or 'undated'}, {mode}: {met.both} of "
                        f"{len(wanted)} listed crossings found ({share})\n")  # fmt: skip
    if not lines:
        raise InputError(f"{list_csv}: no border and mode of {crossings_csv}, expected one or more")
    sys.stdout.write("".join(lines))


def _read(path: str, needed: tuple[str, ...]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(Path(path), dtype={"border": str, "date": str, "mode": str})
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected a table of crossings") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not CSV in UTF-8 ({error})") from error
    for column in needed:
        if column not in frame:
            raise InputError(f"{path}: no column {column}, expected {', '.join(needed)}")
    for column in ("lon", "lat"):
        if not pd.api.types.is_numeric_dtype(frame[column]) or frame[column].isna().any():
            raise InputError(f"{path}: column {column}: expected degrees in every row")
    return frame
