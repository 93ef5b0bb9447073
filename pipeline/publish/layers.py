"""The layers of the published GeoPackage: which there are, and how one is read."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from pipeline.core import schema
from pipeline.core.errors import InputError

# What later stages found out about each row of a table is one layer with it for the reader.
JOINED = {"links": ("link_cuts", "link_redundancy"), "crossings": ("crossing_shares",)}
JOINED |= {"stations": ("transfers",)}
JOINED |= {"border_km": ("walk_km",), "cordons": ("fronts",)}
# Tables that are rows of another layer.
APPENDED = {"data_issues": ("crossing_issues",)}
LATER = {name for among in (JOINED, APPENDED) for names in among.values() for name in names}

UNITS = ("km", "m", "minutes")


def _layer(table: schema.Table) -> schema.Table:
    if table.name not in JOINED:
        return table
    joined = [column for name in JOINED[table.name] for column in schema.TABLES[name].columns]
    # A row that the later stage had nothing to say about has no value there; a flag is then false.
    more = (replace(c, nullable=c.kind != "bool") for c in joined if c.name not in table.key)
    return replace(table, columns=(*table.columns, *more))


LAYERS = {
    name: _layer(table)
    for name, table in schema.TABLES.items()
    if table.published and name not in LATER
}


def read(path: str | Path, name: str) -> pd.DataFrame:
    """The layer `name` of a published GeoPackage, checked against its schema.

    Raises InputError where the file is missing, no GeoPackage, or holds no such layer.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file, expected a published GeoPackage")
    try:
        frame = pyogrio.read_dataframe(path, layer=name)
    except DataLayerError as error:
        raise InputError(f"{path}: no layer {name}, expected a published GeoPackage") from error
    except DataSourceError as error:
        raise InputError(f"{path}: not a readable GeoPackage ({error})") from error
    if LAYERS[name].geometry and not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{path}: layer {name} has no geometry, expected one")
    try:
        return schema.conform(frame, name, LAYERS)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def title(name: str) -> str:
    """A name for readers: `length_km` is length (km)."""
    *words, last = name.split("_")
    return f"{' '.join(words)} ({last})" if words and last in UNITS else " ".join([*words, last])
