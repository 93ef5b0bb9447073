"""What a GIS needs in a GeoPackage: default styles, metadata, relations, indexes of ids."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pipeline.publish import layers, qml

METADATA = "http://www.geopackage.org/spec121/#extension_metadata"
RELATED = "http://www.geopackage.org/18-000.html"
SCHEMA = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
 f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
 f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
 useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME);
CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,
 md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
 mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT,
 column_name TEXT, row_id_value INTEGER,
 timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
 md_file_id INTEGER NOT NULL,
 md_parent_id INTEGER,
 CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
 CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
CREATE TABLE gpkgext_relations (id INTEGER PRIMARY KEY AUTOINCREMENT,
 base_table_name TEXT NOT NULL, base_primary_column TEXT NOT NULL DEFAULT 'id',
 related_table_name TEXT NOT NULL, related_primary_column TEXT NOT NULL DEFAULT 'id',
 relation_name TEXT NOT NULL, mapping_table_name TEXT NOT NULL UNIQUE);
"""


def add(path: Path, names: Sequence[str], known: dict[str, str], stamp: str) -> None:
    """Add them to a GeoPackage with the layers `names`; `stamp` is the time to store in them.

    `known` is the provenance.
    """
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(SCHEMA)
        _styles(database, names, stamp)
        _relations(database, names)
        _metadata(database, names, known, stamp)
        _indexes(database, names)


def _styles(database: sqlite3.Connection, names: Sequence[str], stamp: str) -> None:
    rows = [
        ("", "", name, "geometry" if layers.LAYERS[name].geometry else "", layers.title(name),
         qml.document(name), "", True, layers.about(name), "", "", stamp)
        for name in names
    ]  # fmt: skip
    database.executemany(
        f"INSERT INTO layer_styles VALUES (NULL{', ?' * 12})",  # noqa: S608
        rows,
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
        " srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles',"
        " 'how QGIS draws each layer', ?, 0)",
        (stamp,),
    )


def _metadata(
    database: sqlite3.Connection, names: Sequence[str], known: dict[str, str], stamp: str
) -> None:
    """A document for the file, and one for each of its layers."""
    for number, name in enumerate(("", *names), start=1):
        database.execute(
            "INSERT INTO gpkg_metadata"
            " VALUES (?, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
            (number, qml.abstract(known, name)),
        )
        database.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
            ("table" if name else "geopackage", name or None, stamp, number),
        )
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [(name, METADATA) for name in ("gpkg_metadata", "gpkg_metadata_reference")],
    )


def _indexes(database: sqlite3.Connection, names: Sequence[str]) -> None:
    """Indexes for joins on ids."""
    for name in names:
        table = layers.LAYERS[name]
        columns = ", ".join(table.key)
        database.execute(f"CREATE UNIQUE INDEX key_of_{name} ON {name} ({columns})")
        for column in table.columns:
            if column.name.endswith("_id") and column.name != table.key[0]:
                database.execute(f"CREATE INDEX {name}_{column.name} ON {name} ({column.name})")


def _relations(database: sqlite3.Connection, names: Sequence[str]) -> None:
    """Join tables as mapping tables of the related tables extension, for GDAL."""
    here = [join for join in layers.RELATIONS if join in names]
    if here:
        database.execute(
            "INSERT INTO gpkg_extensions VALUES ('gpkgext_relations', NULL, 'related_tables', ?,"
            " 'read-write')",
            (RELATED,),
        )
    for join in here:
        (base, base_id), (related, related_id) = layers.RELATIONS[join]
        _mapped(database, join)
        database.execute(
            f"INSERT INTO {join} SELECT j.fid, b.fid, r.fid, j.* FROM plain_{join} j"  # noqa: S608
            f" JOIN {base} b USING ({base_id}) JOIN {related} r USING ({related_id})".replace(
                "j.*", ", ".join(f"j.{c.name}" for c in layers.LAYERS[join].columns)
            )
        )
        database.execute(f"DROP TABLE plain_{join}")
        database.execute(
            "INSERT INTO gpkgext_relations VALUES (NULL, ?, 'fid', ?, 'fid', 'features', ?)",
            (base, related, join),
        )
        database.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'related_tables', ?, 'read-write')",
            (join, RELATED),
        )


def _mapped(database: sqlite3.Connection, join: str) -> None:
    """An empty mapping table with the name of a join table, which is renamed to plain_...

    Its row count is deleted, as the triggers that update it belong to the plain table.
    """
    database.execute(f"ALTER TABLE {join} RENAME TO plain_{join}")
    columns = "".join(f", {column.name} TEXT NOT NULL" for column in layers.LAYERS[join].columns)
    ids = "".join(f", {name} INTEGER NOT NULL" for name in layers.MAPPING)
    key = "fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"
    database.execute(f"CREATE TABLE {join} ({key}{ids}{columns})")
    database.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (join,))
