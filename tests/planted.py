"""A border with a mark in every field that the public profile withholds, and what finds marks."""

import base64
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point
from shapely.geometry.base import BaseGeometry

from pipeline.core import schema, store
from pipeline.stages import publish
from tests import finished

MARK = "PLANTED-WHERE-WITHHELD"
NUMBER = 987654
PLACE = (0.123456, 0.765432)
FORMULA = '=HYPERLINK("http://example.org","x")'


def shape(kind: str | None) -> BaseGeometry | None:
    x, y = PLACE
    line = LineString([(x, y), (x + 1e-3, y)])
    made: dict[str | None, BaseGeometry | None] = {
        "Point": Point(x, y), "MultiPoint": MultiPoint([(x, y)]), "LineString": line,
        "MultiLineString": MultiLineString([line]),
    }  # fmt: skip
    return made.get(kind)


def planted(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """`frame` with the mark in every column and in a row for every rule of what is withheld."""
    table = schema.TABLES[name]
    values: dict[str, Any] = {"text": MARK, "int": NUMBER, "float": NUMBER + 0.25, "bool": True}
    marked = {column.name: values[column.kind] for column in table.columns}
    marked |= {"geometry": shape(table.geometry)} if table.geometry else {}
    # Counts by mode and status are handed on.
    marked |= {key: value for key, value in {"mode": "road", "status": "closed"}.items()
               if key in marked}  # fmt: skip
    frame = frame.copy()
    for column in table.columns:
        if column.withheld and column.kind != "bool":
            frame[column.name] = values[column.kind]
    if name == "edits":  # a way that no crossing and no cut consists of is not published
        frame["version"] = NUMBER
    rows = [marked] if table.withheld else []
    for number, rule in enumerate(table.withheld_rows):
        keys = {one.name: f"{MARK}-{name}-{number}" for one in table.columns
                if one.kind == "text" and one.name in table.key and one.name != "mode"}  # fmt: skip
        met = {key: True if text == "True" else text.replace("*", MARK + str(number))
               for key, text in rule.items()}  # fmt: skip
        rows.append(marked | keys | met)
    return pd.concat([frame, pd.DataFrame(rows)], ignore_index=True) if rows else frame


def package(at: Path) -> Path:
    """A drawn border with marks planted, below a folder; the name of its crossings is a formula."""
    *folders, toml = finished.folders(at, "drawn", name=FORMULA)
    for folder in folders:
        names = [path.stem for path in sorted(Path(folder).glob("*.parquet"))]
        tables = {name: planted(store.read(folder, name), name) for name in names}
        store.write(folder, tables)
    publish.publish(*folders, toml, str(at / "drawn.gpkg"))
    return at / "drawn.gpkg"


def content(folder: Path) -> bytes:
    """All that the files of a folder hold, workbooks and what pages embed unpacked."""
    found = b""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                found += b"".join(parts.read(name) for name in parts.namelist())
        elif path.is_file():
            whole = path.read_bytes()
            embedded = re.findall(rb"base64,([A-Za-z0-9+/=]+)", whole)
            found += whole + b"".join(map(base64.b64decode, embedded))
    return found


def marks() -> list[bytes]:
    """The marks as text, as numbers for people, and as files store them."""
    numbers = [str(NUMBER), f"{NUMBER:,}", str(PLACE[0]), str(PLACE[1])]
    packed = [struct.pack("<d", one) for one in (NUMBER + 0.25, *PLACE)]
    return [MARK.encode(), *(one.encode() for one in numbers), struct.pack("<q", NUMBER), *packed]
