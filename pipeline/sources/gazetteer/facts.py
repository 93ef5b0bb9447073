"""Read the gazetteer's tables from CSV, check every value and sort the rows by their keys."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import config
from pipeline.core.errors import InputError, quoted
from pipeline.sources.drawing import Point
from pipeline.sources.gazetteer.columns import COLUMNS, Points

Row = dict[str, Any]

LINE = "line"  # key of a row for its line number in the file


@dataclass(frozen=True)
class Facts:
    """The tables from which a network is drawn.

    The first four are rows by id; `lines` and `coasts` hold the vertices of each border line, and
    of each coast by its border and name, in order; `barriers` the intervals. Every row has its line
    number in the file under the key `line`.
    """

    folder: Path
    places: dict[str, Row]
    crossings: dict[str, Row]
    links: dict[str, Row]
    posts: dict[str, Row]
    lines: dict[str, list[Row]]
    coasts: dict[tuple[str, str], list[Row]]
    barriers: list[Row]

    def wrong(self, table: str, row: Row, column: str, found: object, expected: str) -> InputError:
        """The error for a wrong value in a row."""
        return _wrong(self.folder / f"{table}.csv", row[LINE], column, found, expected)


def position(row: Row) -> Point:
    """Longitude and latitude of a row."""
    return row["lon"], row["lat"]


def _wrong(path: Path, line: int, column: str, found: object, expected: str) -> InputError:
    where = f"{path}, line {line}, column {column}"
    return InputError(f"{where}: got {quoted(found)}, expected {expected}")


# Columns that hold the id of a row of another table.
REFERENCES = (
    ("crossings", "place_from", "places"),
    ("crossings", "place_to", "places"),
    ("links", "from_place", "places"),
    ("links", "to_place", "places"),
    ("links", "crossing_id", "crossings"),
    ("posts", "on_link", "links"),
    ("posts", "near_place", "places"),
)


def read(folder: str | Path) -> Facts:
    """Read the tables of `folder`, sorted, so that the order of rows in the files does not matter.

    Raises InputError that names file, line and column for a missing or unknown column, a value of
    the wrong type or out of range, an id that occurs twice or does not exist, a line whose `seq`
    has gaps, and a barrier that ends before it begins. Numbers are floats or ints, empty values are
    None, `via` is a list of (longitude, latitude).
    """
    folder = Path(folder)
    tables = {table: _table(folder / f"{table}.csv", COLUMNS[table]) for table in COLUMNS}
    by_id = {
        table: _by_id(folder / f"{table}.csv", tables[table])
        for table in ("places", "crossings", "links", "posts")
    }
    for table, column, target in REFERENCES:
        for row in by_id[table].values():
            if row[column] is not None and row[column] not in by_id[target]:
                path, expected = folder / f"{table}.csv", f"an id of {target}.csv"
                raise _wrong(path, row[LINE], column, row[column], expected)
    return Facts(
        folder=folder,
        lines={
            border: line
            for (border,), line in _lines(
                folder / "border_vertices.csv", tables["border_vertices"], "border"
            ).items()
        },
        coasts=_lines(folder / "coast.csv", tables["coast"], "border", "coast"),
        barriers=_barriers(folder / "barriers.csv", tables["barriers"]),
        **by_id,
    )


def _table(path: Path, columns: dict[str, Any]) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if sorted(header) != sorted(columns):
                found, expected = quoted(",".join(header)), ",".join(columns)
                raise InputError(f"{path}, line 1: got columns {found}, expected {expected}")
            rows = [_row(path, reader.line_num, header, values, columns) for values in reader]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected a table of the gazetteer") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not CSV in UTF-8 ({error})") from error
    if not rows:
        raise InputError(f"{path}: got no rows, expected one or more")
    return rows


def _row(
    path: Path, line: int, header: list[str], values: list[str], columns: dict[str, Any]
) -> Row:
    if len(values) != len(header):
        raise InputError(f"{path}, line {line}: got {len(values)} values, expected {len(header)}")
    row: Row = {LINE: line}
    for name, value in zip(header, values, strict=True):
        kind = columns[name]
        parts = [pair.split() for pair in value.split(";")] if value and kind is Points else None
        row[name] = config.cell(f"{path}, line {line}, column {name}", value, kind, parts)
    return row


def _by_id(path: Path, rows: list[Row]) -> dict[str, Row]:
    result: dict[str, Row] = {}
    for row in rows:
        if row["id"] in result:
            first = result[row["id"]][LINE]
            raise _wrong(path, row[LINE], "id", row["id"], f"another than on line {first}")
        result[row["id"]] = row
    return dict(sorted(result.items()))


def _lines(path: Path, rows: list[Row], *names: str) -> dict[Any, list[Row]]:
    """The vertices of each line in order; the columns `names` identify the line."""
    result: dict[Any, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (*(row[name] for name in names), row["seq"])):
        line = result.setdefault(tuple(row[name] for name in names), [])
        if row["seq"] != len(line):
            raise _wrong(path, row[LINE], "seq", row["seq"], f"{len(line)}, with no gap")
        line.append(row)
    return result


def _barriers(path: Path, rows: list[Row]) -> list[Row]:
    for row in rows:
        if row["to_km"] <= row["from_km"]:
            raise _wrong(path, row[LINE], "to_km", row["to_km"], f"more than {row['from_km']}")
    return sorted(rows, key=lambda row: (row["border"], row["from_km"], row["kind"], row["to_km"]))
