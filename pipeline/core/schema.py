"""The tables that stages exchange and the layers that are published: every column with its meaning.

A table is checked against its schema when it is written and when it is read, so that a stage can
rely on the tables of another stage. Column names contain the units; identifiers are text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from msgspec import Meta, Struct

from pipeline.core import config, parameters
from pipeline.core.config import Text, wrong
from pipeline.core.errors import InputError

Kind = Literal["text", "int", "float", "bool"]
CRS = "EPSG:4326"


@dataclass(frozen=True)
class Column:
    """A column: its type, its meaning, whether values may be missing, and whether it is withheld.

    A `withheld` column is not part of the public profile.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    withheld: bool = False


@dataclass(frozen=True)
class Table:
    """A table: the meaning of a row, columns, key, and geometry type (None: no geometry).

    A table that is not `published` is exchanged between stages and is not a layer. A `withheld`
    table is not part of the public profile; nor are rows that match one of `withheld_rows`, each of
    which holds patterns for some of the columns.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: str | None = None
    published: bool = True
    withheld: bool = False
    withheld_rows: tuple[Mapping[str, str], ...] = ()


KINDS: dict[str, Kind] = {"text": "text", "int": "int", "float": "float", "bool": "bool"}
DTYPES: dict[Kind, str] = {"text": "object", "int": "int64", "float": "float64", "bool": "bool"}
# Types in which no value can be missing.
GAPLESS: dict[Kind, np.dtype[Any]] = {"int": np.dtype("int64"), "bool": np.dtype("bool")}
PATH = Path(__file__).parents[1] / "schema.toml"
Type = Annotated[
    str,
    Meta(pattern=r"^(text|int|float|bool)[?]?\Z",
         description="text, int, float or bool, and a ? if a value may be missing"),
]  # fmt: skip


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of schema.toml: a table whose columns are given by name, type and meaning.

    `withheld` is true for a whole table, or lists the withheld columns.
    """

    row: Text
    key: tuple[Text, ...]
    columns: tuple[tuple[Text, Type, Text], ...]
    geometry: Literal["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon",
                      "MultiPolygon"] | None = None  # fmt: skip
    published: bool = True
    withheld: bool | tuple[Text, ...] = False
    withheld_rows: tuple[dict[str, str], ...] = ()


def _tables() -> dict[str, Table]:
    """The tables of schema.toml by name."""
    found = config.read(PATH, "the schema", dict[str, Entry])
    return {name: _table(name, entry) for name, entry in found.items()}


def _table(name: str, entry: Entry) -> Table:
    local = set(entry.withheld) if isinstance(entry.withheld, tuple) else set()
    made = {
        spelled: Column(
            name=spelled,
            kind=KINDS[kind.rstrip("?")],
            meaning=_filled(meaning, value_text),
            nullable="?" in kind,
            withheld=template in local,
        )
        for template, kind, meaning in entry.columns
        for spelled, value_text in parameters.spelled(template)
    }
    known = {template for template, *_ in entry.columns}
    if unknown := (local | {one for rule in entry.withheld_rows for one in rule}) - known:
        raise wrong(PATH, f"{name}.withheld", sorted(unknown), "columns of the table")
    return Table(
        name, parameters.filled(entry.row), entry.key, tuple(made.values()), entry.geometry,
        entry.published, entry.withheld is True, entry.withheld_rows,
    )  # fmt: skip


def _filled(meaning: str, value_text: str) -> str:
    """The meaning of a column; `{}` is replaced by the value that its name contains."""
    return parameters.filled(meaning.replace("{}", value_text))


TABLES = _tables()


def empty(name: str) -> pd.DataFrame:
    """A valid table without rows: every column in order with its type.

    Parameters
    ----------
    name
        Name of the table in the schema.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 where the table has a geometry.
    """
    return conform(pd.DataFrame(), name)


def conform(frame: pd.DataFrame, name: str, among: dict[str, Table] = TABLES) -> pd.DataFrame:
    """`frame` with the columns of the table, in its order and types, sorted by its key.

    Parameters
    ----------
    frame
        The rows; a frame without rows may lack columns.
    name
        Name of the table.
    among
        The tables known, by name.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 where the table has a geometry.

    Raises
    ------
    InputError
        If a column is missing, unknown, of another type or lacks a value that it must have; if a
        geometry is missing or of another type; or if two rows have the same key.
    """
    table = among[name]
    names = [column.name for column in table.columns]
    wanted = [*names, "geometry"] if table.geometry else names
    if not len(frame):
        frame = frame.reindex(columns=wanted)
    got = [str(column) for column in frame.columns]
    if sorted(got) != sorted(wanted):
        raise InputError(f"table {name}: got columns {sorted(got)}, expected {sorted(wanted)}")
    typed = {column.name: _typed(frame[column.name], column, name) for column in table.columns}
    # Columns that are already correct are not copied: tables of a million links are large.
    result = pd.DataFrame(typed, index=frame.index, copy=False)
    result.index = pd.RangeIndex(len(result))
    if table.geometry:
        shapes = gpd.GeoSeries(frame["geometry"].to_numpy(), index=result.index, crs=CRS)
        wrong = set(shapes.geom_type.dropna()) - {table.geometry}
        if wrong or shapes.isna().any():
            raise InputError(f"table {name}: got geometry {wrong}, expected {table.geometry}")
        result = gpd.GeoDataFrame(result, geometry=shapes, crs=CRS)
    if _ascending(result, table.key):
        return result
    result = result.sort_values(list(table.key), kind="stable", ignore_index=True)
    if result.duplicated(list(table.key)).any():
        repeated = result.loc[result.duplicated(list(table.key)), list(table.key)].iloc[0]
        raise InputError(f"table {name}: key {tuple(repeated)} occurs twice, expected once")
    return result


def _ascending(frame: pd.DataFrame, key: tuple[str, ...]) -> bool:
    """Whether each key is greater than that of the row before, as in a table read from disk."""
    tied = np.ones(max(len(frame) - 1, 0), dtype=bool)
    for column in key:
        values = frame[column]
        if values.isna().any():
            return False
        before, after = values.to_numpy()[:-1], values.to_numpy()[1:]
        if (tied & (before > after)).any():
            return False
        tied = tied & (before == after)
    return not tied.any()


def _typed(values: pd.Series, column: Column, table: str) -> pd.Series:
    if column.kind in GAPLESS and values.dtype == GAPLESS[column.kind] and not column.nullable:
        return values
    missing = values.isna()
    if missing.any() and not column.nullable:
        raise InputError(f"table {table}, column {column.name}: {missing.sum()} values missing")
    try:
        if column.kind == "text":
            texts = values if values.dtype == object else values.astype("object")
            return texts.where(~missing, None) if missing.any() else texts
        dtype: Any = DTYPES[column.kind]
        if column.kind == "int" and column.nullable:
            dtype = "Int64"
        typed: pd.Series = values if values.dtype == dtype else values.astype(dtype)
    except (TypeError, ValueError) as error:
        found = f"got {values.dtype}, expected {column.kind}"
        raise InputError(f"table {table}, column {column.name}: {found}") from error
    return typed
