"""Stage 8, publish: all tables of a border in one GeoPackage, ready for a GIS."""

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from pipeline.core import borderfile, files, schema, store
from pipeline.core.errors import InputError
from pipeline.core.version import SCHEMA_VERSION, VERSION
from pipeline.network import edits, issues
from pipeline.publish import layers, metadata

GPKG_VERSION = "1.3"  # QGIS 3.22 warns at 1.4
# GeoPackage stores a time for each layer: that of the data, or this one where none is stated, so
# that equal inputs give equal bytes.
PINNED_TIME = pd.Timestamp("2000-01-01", tz="UTC")
# Characters that XML 1.0 forbids or that are invisible (tab and line feed are kept): they would
# break styles, reports and web services, so each is replaced by U+FFFD.
UNSEEN = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
# Tables whose links are listed with their last edits.
OF_PROOF = ("cut_links", "witness_links", "crossing_links", "chokepoint_links")
OPTIONAL = {"changes", "situations"}
CREDIT = "© OpenStreetMap contributors, Open Database License (ODbL) 1.0"


def publish(*paths: str) -> None:
    """Join the stages' folders of a border in two GeoPackages; both replace the old ones at once.

    `paths` are the folders, then the border file and the GeoPackage of the results; the evidence
    goes into the same folder. One layer for each table of the schema, in EPSG:4326; `links` and
    `crossings` include the columns that later stages computed.
    `provenance` is completed with the definitions of the border file. Raises InputError where a
    table is missing or does not match its schema; an older GeoPackage then stays.
    """
    *folders, border_toml, out = paths
    border = borderfile.read(border_toml)
    tables = _gather(folders)
    measured = tables["terrain"]
    of_dem = measured[measured["key"].str.startswith("dem_record_")]
    tables["provenance"] = _provenance(pd.concat([tables["provenance"], of_dem]), border)
    tables["data_issues"] = issues.joined(tables["data_issues"], tables["crossing_issues"])
    proof = [tables[name]["link_id"] for name in OF_PROOF]
    tables["edits"] = edits.of_links(tables["edits"], pd.concat(proof).drop_duplicates())
    sys.stdout.write(f"{border.border}: {issues.summary(tables['data_issues'])}\n")
    published = {name: _published(tables, name) for name in layers.LAYERS}
    _write(Path(out), published)


def _gather(folders: list[str]) -> dict[str, pd.DataFrame]:
    """Every table of the schema, from the folder that it is in."""
    tables = {}
    for name, table in schema.TABLES.items():
        if not table.published:
            continue
        holders = [folder for folder in folders if (Path(folder) / f"{name}.parquet").is_file()]
        if not holders and name in OPTIONAL:
            tables[name] = schema.empty(name)
            continue
        if len(holders) != 1:
            found = f"found in {len(holders)} of {', '.join(folders)}"
            remedy = "`make clean` removes what an older version left"
            raise InputError(f"table {name}: {found}, expected in one of them; {remedy}")
        tables[name] = store.read(holders[0], name)
    return tables


def _provenance(rows: pd.DataFrame, border: borderfile.BorderFile) -> pd.DataFrame:
    """The network's provenance, completed from the border file, with source and credit."""
    known = dict(zip(rows["key"], rows["value"], strict=True))
    time = _osm_time(known)
    if time is None:
        source, credit = (
            "not stated in the raw file",
            f"{CREDIT}, if it was made from OpenStreetMap",
        )
    else:
        source, credit = f"OpenStreetMap of {time:%Y-%m-%d %H:%M} UTC", CREDIT
    stated = {
        "source": known.get("record_statement", source),
        "attribution": known.get("record_attribution", credit),
        "schema_version": str(SCHEMA_VERSION),
        "tool_version": VERSION,
        "border": border.border,
        "name": border.name,
        "from": border.from_,
        "to": border.to,
        "corridor_km": f"{border.corridor_km:g}",
        "through_km": f"{border.through_km:g}",
        "origin_km": f"{border.origin_km:g}",
        "depths_km": " ".join(f"{depth:g}" for depth in border.depths_km),
        "target": " ".join(f"{degrees:g}" for degrees in border.target),
    }
    complete = pd.Series(stated | known, dtype=object).rename_axis("key").reset_index(name="value")
    return schema.conform(complete, "provenance")


def _osm_time(known: dict[str, str]) -> pd.Timestamp | None:
    """The time of the last OpenStreetMap edits in the raw file, where it states it."""
    time = pd.to_datetime(pd.Series([known.get("osm_timestamp")]), utc=True, errors="coerce")[0]
    return time if isinstance(time, pd.Timestamp) else None


def _published(tables: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """The layer `name`: its table with the columns of later stages, and text that can be shown."""
    frame = tables[name]
    for later in layers.JOINED.get(name, ()):
        key = list(schema.TABLES[later].key)
        known = pd.MultiIndex.from_frame(frame[key])
        unknown = pd.MultiIndex.from_frame(tables[later][key]).difference(known)
        if len(unknown):
            first = ", ".join(map(str, unknown[0]))
            raise InputError(
                f"table {later}: {first} is not in table {name}, expected one of its rows"
            )
        frame = frame.merge(tables[later], on=key, how="left")
    for column in layers.LAYERS[name].columns:
        if column.kind == "bool":
            frame[column.name] = frame[column.name].eq(True)
        elif column.kind == "text":
            frame[column.name] = frame[column.name].str.replace(UNSEEN, "\ufffd", regex=True)
    return schema.conform(frame, name, layers.LAYERS)


def _write(out: Path, published: dict[str, pd.DataFrame]) -> None:
    """The evidence, then the results: neither is replaced before both are complete."""
    provenance = published["provenance"]
    known = dict(zip(provenance["key"], provenance["value"], strict=True))
    stamp = (_osm_time(known) or PINNED_TIME).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with files.whole(out) as results, files.whole(layers.evidence(out)) as evidence:
        for path, names in ((evidence, layers.EVIDENCE), (results, layers.RESULTS)):
            _write_package(path, names, published, stamp)
            metadata.add(path, names, known, stamp)


def _write_package(
    path: Path, names: Sequence[str], published: dict[str, pd.DataFrame], stamp: str
) -> None:
    try:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
        for name in names:
            _write_layer(path, published[name], layers.LAYERS[name])
        _describe_columns(path, names)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_layer(path: Path, frame: pd.DataFrame, table: schema.Table) -> None:
    options = {"IDENTIFIER": layers.title(table.name), "DESCRIPTION": layers.about(table.name)}
    if isinstance(frame, gpd.GeoDataFrame):
        options |= {"SPATIAL_INDEX": "YES", "GEOMETRY_NAME": "geometry"}
    pyogrio.write_dataframe(
        frame,
        path,
        layer=table.name,
        driver="GPKG",
        geometry_type=table.geometry,
        dataset_options=None if path.exists() else {"VERSION": GPKG_VERSION},
        layer_options=options,
    )


def _describe_columns(path: Path, names: Sequence[str]) -> None:
    """Name and meaning of every column, in the schema extension of GeoPackage (annex F.9)."""
    rows = [
        (
            name,
            column.name,
            layers.alias(column.name),
            layers.alias(column.name),
            column.meaning,
        )
        for name in names
        for column in layers.LAYERS[name].columns
    ]
    extension = ("gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema", "read-write")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,"
            " name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,"
            " CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),"
            " CONSTRAINT gdc_tn UNIQUE (table_name, name))"
        )
        database.execute(
            "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,"
            " constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,"
            " max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,"
            " CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
        )
        database.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        database.executemany(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, ?)",
            [(name, *extension) for name in ("gpkg_data_columns", "gpkg_data_column_constraints")],
        )
