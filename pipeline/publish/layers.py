"""The layers of the published GeoPackage: which there are, and how one is read."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from msgspec import Struct
from pyogrio.errors import DataLayerError, DataSourceError

from pipeline.core import config, files, parameters, schema
from pipeline.core.config import Text
from pipeline.core.errors import InputError

# Columns that later stages add to a table: readers get them in one layer.
JOINED = {"links": ("link_cuts", "link_redundancy"), "crossings": ("crossing_shares",)}
JOINED |= {"stations": ("transfers",)}
JOINED |= {"border_km": ("walk_km",), "cordons": ("fronts",)}
# Tables whose rows are added to another layer.
APPENDED = {"data_issues": ("crossing_issues",)}
LATER = {name for among in (JOINED, APPENDED) for names in among.values() for name in names}

PATH = Path(__file__).with_name("layers.toml")


class LayerTexts(Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of layers.toml about a layer."""

    title: Text
    about: Text


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of layers.toml: each layer, and the alias of each column, with parameters."""

    layers: dict[str, LayerTexts]
    columns: dict[str, Text]


def _layer(table: schema.Table) -> schema.Table:
    if table.name not in JOINED:
        return table
    joined = [column for name in JOINED[table.name] for column in schema.TABLES[name].columns]
    # A row without a value from the later stage is empty there; a flag is then false.
    more = (replace(c, nullable=c.kind != "bool") for c in joined if c.name not in table.key)
    return replace(table, columns=(*table.columns, *more))


LAYERS = {
    name: _layer(table)
    for name, table in schema.TABLES.items()
    if table.published and name not in LATER
}


def names(path: Path = PATH) -> Names:
    """The names of layers and columns for readers.

    Parameters
    ----------
    path
        Another file than the project's own.

    Returns
    -------
    Names
        Checked.

    Raises
    ------
    InputError
        The file is missing or not TOML, or a key is unknown, missing or not a text, or names a
        layer or column that is not in the schema.
    """
    found = config.read(path, "the names of layers", Names)
    spelled = {
        column: alias.replace("{}", value)
        for template, alias in found.columns.items()
        for column, value in parameters.spelled(template)
    }
    found = Names(found.layers, spelled)
    known = {"layers": set(LAYERS), "columns": {c.name for t in LAYERS.values() for c in t.columns}}
    for table, keys in known.items():
        for key in getattr(found, table):
            if key not in keys:
                raise InputError(f"{path}: unknown key {table}.{key}, expected one of schema.toml")
    return found


NAMES = names()
# The layers of <border>.gpkg, the most important first; all others are evidence, in
# <border>-evidence.gpkg. With the two mapping tables at its end a GIS lists a dozen.
OF_INTEREST = ("crossings", "chokepoints", "bypasses", "placements", "posts", "border_km",
               "cordons", "data_issues", "links", "border", "crossing_links",
               "chokepoint_links")  # fmt: skip
RESULTS = tuple(name for name in OF_INTEREST if name in LAYERS)
EVIDENCE = tuple(name for name in LAYERS if name not in RESULTS)
# Mapping tables of relations between two layers of the results, by the id shared with each. They
# are mapping tables of GeoPackage's related tables extension: base_id and related_id come first.
RELATIONS = {
    "crossing_links": (("crossings", "crossing_id"), ("links", "link_id")),
    "chokepoint_links": (("chokepoints", "chokepoint_id"), ("links", "link_id")),
}
MAPPING = ("base_id", "related_id")
# Which layer refers to which: a column of the first, and the layer and key with its values.
REFERENCES = (
    ("links", "from_node", "nodes", "node_id"),
    ("links", "to_node", "nodes", "node_id"),
    ("chokepoint_links", "chokepoint_id", "chokepoints", "chokepoint_id"),
    ("chokepoint_links", "link_id", "links", "link_id"),
    ("crossing_links", "crossing_id", "crossings", "crossing_id"),
    ("crossing_links", "link_id", "links", "link_id"),
    ("cut_links", "link_id", "links", "link_id"),
    ("witness_links", "link_id", "links", "link_id"),
    ("bypasses", "chokepoint_id", "chokepoints", "chokepoint_id"),
    ("closures", "crossing_id", "crossings", "crossing_id"),
    ("closing_minutes", "crossing_id", "crossings", "crossing_id"),
    ("routes", "crossing_id", "crossings", "crossing_id"),
    ("post_bypasses", "post_id", "posts", "post_id"),
    ("post_nodes", "post_id", "posts", "post_id"),
    ("post_nodes", "node_id", "nodes", "node_id"),
    ("posts", "node_id", "nodes", "node_id"),
)


def evidence(path: str | Path) -> Path:
    """The file of the evidence that belongs to the results at `path`."""
    return Path(path).with_name(f"{Path(path).stem}-evidence.gpkg")


def file_of(path: str | Path, name: str) -> Path:
    """The file of the layer `name`: that of the results at `path`, or that of their evidence."""
    return Path(path) if name in RESULTS else evidence(path)


def packages(folder: Path) -> list[Path]:
    """The results in a folder, one GeoPackage for each border; their evidence is next to them."""
    found = sorted(folder.glob("[!.]*.gpkg"))
    return [path for path in found if not path.stem.endswith("-evidence")]


def read(path: str | Path, name: str) -> pd.DataFrame:
    """The layer `name` of a published border, checked against its schema.

    Parameters
    ----------
    path
        The results, `<border>.gpkg`; the evidence is next to them.
    name
        A key of `LAYERS`.

    Returns
    -------
    DataFrame with the columns of the schema, a GeoDataFrame in EPSG:4326 where it has a geometry.

    Raises
    ------
    InputError
        The file is missing, is not a GeoPackage, or has no such layer that matches the schema.
    """
    path = file_of(path, name)
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file, expected a published GeoPackage")
    try:
        frame = pyogrio.read_dataframe(path, layer=name)
        if name in RELATIONS:
            frame = frame.drop(columns=list(MAPPING), errors="ignore")
    except DataLayerError as error:
        raise InputError(f"{path}: no layer {name}, expected a published GeoPackage") from error
    except DataSourceError as error:
        raise InputError(f"{path}: {unreadable(path, error)}") from error
    if LAYERS[name].geometry and not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{path}: layer {name} has no geometry, expected one")
    try:
        return schema.conform(frame, name, LAYERS)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def unreadable(path: Path, error: Exception) -> str:
    """The message for a GeoPackage that cannot be read, and what to do about it."""
    message = f"not a readable GeoPackage ({error})"
    if found := [one.name for one in files.journals(path)]:
        message += (
            f"; {', '.join(found)} may belong to another file of that name: close the program"
        )
        message += " that has it open, remove both and run make again"
    return message


def title(name: str) -> str:
    """The title of a layer for readers: `border_km` is Border by kilometre."""
    return NAMES.layers[name].title if name in NAMES.layers else name.replace("_", " ")


def about(name: str) -> str:
    """What a layer contains and what it is for, in one to three sentences."""
    return NAMES.layers[name].about if name in NAMES.layers else LAYERS[name].row


def alias(column: str) -> str:
    """The name of a column for readers: `length_km` is Length (km)."""
    return NAMES.columns.get(column, column.replace("_", " "))
