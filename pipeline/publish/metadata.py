"""What makes a GeoPackage at home in a GIS: default styles, metadata, relations, indexes of ids."""

import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.publish import layers, styles

# Each join table and the two layers it joins, by the id that it shares with each.
RELATIONS = {
    "chokepoint_links": (("chokepoints", "chokepoint_id"), ("links", "link_id")),
    "crossing_links": (("crossings", "crossing_id"), ("links", "link_id")),
}
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


def add(path: Path, known: dict[str, str], stamp: str) -> None:
    """Add them to a GeoPackage that holds every layer; `stamp` is the time that they bear.

    `known` is the provenance. A relation is a view over its join table, as the related tables
    extension allows, so that no row stands twice.
    """
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(SCHEMA)
        _styles(database, stamp)
        _metadata(database, known, stamp)
        _indexes(database)
        _relations(database)


def _styles(database: sqlite3.Connection, stamp: str) -> None:
    rows = [
        ("", "", name, "geometry" if table.geometry else "", name, styles.qml(name), "", True,
         table.row, "", "", stamp)
        for name, table in layers.LAYERS.items()
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


def _metadata(database: sqlite3.Connection, known: dict[str, str], stamp: str) -> None:
    """One document, which the whole file and each of its layers refer to."""
    database.execute(
        "INSERT INTO gpkg_metadata"
        " VALUES (1, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
        (styles.abstract(known),),
    )
    rows = [("geopackage", None), *(("table", name) for name in layers.LAYERS)]
    database.executemany(
        "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, 1, NULL)",
        [(scope, name, stamp) for scope, name in rows],
    )
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [(name, METADATA) for name in ("gpkg_metadata", "gpkg_metadata_reference")],
    )


def _indexes(database: sqlite3.Connection) -> None:
    """Ids are looked up by whatever joins on them."""
    for name, table in layers.LAYERS.items():
        columns = ", ".join(table.key)
        database.execute(f"CREATE UNIQUE INDEX key_of_{name} ON {name} ({columns})")
        for column in table.columns:
            if column.name.endswith("_id") and column.name != table.key[0]:
                database.execute(f"CREATE INDEX {name}_{column.name} ON {name} ({column.name})")


def _relations(database: sqlite3.Connection) -> None:
    database.execute(
        "INSERT INTO gpkg_extensions VALUES ('gpkgext_relations', NULL, 'related_tables', ?,"
        " 'read-write')",
        (RELATED,),
    )
    for join, ((base, base_id), (related, related_id)) in RELATIONS.items():
        view = f"map_{join}"
        database.execute(
            f"CREATE VIEW {view} AS SELECT b.fid AS base_id, r.fid AS related_id FROM {join} j"  # noqa: S608
            f" JOIN {base} b USING ({base_id}) JOIN {related} r USING ({related_id})"
        )
        database.execute(
            "INSERT INTO gpkgext_relations VALUES (NULL, ?, 'fid', ?, 'fid', 'features', ?)",
            (base, related, view),
        )
        database.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'related_tables', ?, 'read-write')",
            (view, RELATED),
        )
