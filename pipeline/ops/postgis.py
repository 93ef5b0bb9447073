"""Load the GeoPackages of a source into PostGIS through psql, again and again with one result."""

import io
import re
import shutil
import subprocess
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import shapely

from pipeline.core import schema
from pipeline.core.errors import InputError
from pipeline.core.numbers import is_absent
from pipeline.publish import layers, qml

TYPES = {"text": "text", "int": "bigint", "float": "double precision", "bool": "boolean"}
# Options of psql: stop at an error, print nothing, read no settings of the user.
PSQL = ("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-")
# The table in which QGIS looks for styles, as QGIS makes it.
LAYER_STYLES = """CREATE TABLE IF NOT EXISTS public.layer_styles (
 id serial PRIMARY KEY, f_table_catalog varchar, f_table_schema varchar, f_table_name varchar,
 f_geometry_column varchar, stylename text, styleqml xml, stylesld xml, useasdefault boolean,
 description text, owner varchar(63), ui xml, update_time timestamp DEFAULT CURRENT_TIMESTAMP,
 type varchar);
"""


def postgis(*paths: str) -> None:
    """Load GeoPackages into the database DSN, schema SCHEMA: one table for each layer, all borders.

    `paths` are the GeoPackages, the DSN for psql, and the schema's name, in which characters that
    PostgreSQL would have to quote become `_`. Each table has a column `border` before its key.
    Missing tables are made; all are emptied and filled in one transaction, so that views and grants
    on them survive and no reader sees a part. Raises InputError if the DSN holds a password, psql
    is missing, or the database refuses.
    """
    *packages, dsn, name = paths
    _refuse_secrets(dsn)
    if shutil.which("psql") is None:
        raise InputError(
            "psql: not found, expected PostgreSQL's client (Debian: postgresql-client)"
        )
    target = re.sub(r"\W", "_", name.lower())
    frames = [_frames(path) for path in packages]
    statements = io.StringIO()
    for statement in _statements(target, frames):
        statements.write(statement)
    command = [*PSQL, f"--dbname={dsn}"]
    done = subprocess.run(  # noqa: S603
        command, input=statements.getvalue().encode("utf-8"), capture_output=True, check=False
    )
    if done.returncode:
        errors = done.stderr.decode("utf-8", "replace").strip().splitlines() or [
            "it printed nothing"
        ]
        raise InputError(f"psql: {errors[0]}, expected a database with PostGIS that lets you write")


def _refuse_secrets(dsn: str) -> None:
    """InputError for a password in the DSN: every user of a machine may list its processes."""
    if re.search(r"(password|secret)\s*=", dsn) or re.search(r"://[^/@]*:[^/@]+@", dsn):
        raise InputError(
            "DSN: it holds a password, which the list of processes shows to every user of this "
            "machine; expected none there: psql takes it from PGPASSWORD, ~/.pgpass (or the file "
            "that PGPASSFILE names) or a service file"
        )


def _frames(path: str) -> dict[str, pd.DataFrame]:
    tables = {name: layers.read(path, name) for name in layers.LAYERS}
    border = str(tables["border"]["border"].iloc[0])
    for frame in tables.values():
        if "border" not in frame:
            frame.insert(0, "border", border)
    return tables


def _statements(schema_name: str, frames: list[dict[str, pd.DataFrame]]) -> Iterator[str]:
    target = _named(schema_name)
    yield "SET client_min_messages = warning;\nBEGIN;\n"
    yield "CREATE EXTENSION IF NOT EXISTS postgis;\n"
    yield f"CREATE SCHEMA IF NOT EXISTS {target};\n"
    yield (
        f"COMMENT ON SCHEMA {target} IS "
        f"{_quoted('borders: roads, crossings, chokepoints; see provenance')};\n"
    )
    for name, table in layers.LAYERS.items():
        yield _made(target, name, table)
    for reference in layers.REFERENCES:
        yield _unbound(target, *reference)
    tables = ", ".join(f"{target}.{name}" for name in layers.LAYERS)
    yield f"TRUNCATE {tables};\n"
    for name, table in layers.LAYERS.items():
        yield _completed(target, name, table)
        yield _described(target, name, table)
    for name in layers.LAYERS:
        for border in frames:
            yield from _copied(target, name, border[name])
    for reference in layers.REFERENCES:
        yield _bound(target, *reference)
    yield LAYER_STYLES
    styled = f"f_table_schema = {_quoted(schema_name)}"
    yield f"DELETE FROM public.layer_styles WHERE {styled};\n"  # noqa: S608
    for name, table in layers.LAYERS.items():
        yield _styled(schema_name, name, table)
    yield "COMMIT;\n"
    yield f"ANALYZE {tables};\n"


def _made(target: str, name: str, table: schema.Table) -> str:
    """The table with its key, if it is missing."""
    names = {column.name for column in table.columns}
    own = [] if "border" in names else ["border text NOT NULL"]
    columns = [_column(column) for column in table.columns]
    shape = [f"geometry geometry({table.geometry}, 4326)"] if table.geometry else []
    key = table.key if "border" in table.key else ("border", *table.key)
    parts = ", ".join([*own, *columns, *shape, f"PRIMARY KEY ({', '.join(map(_named, key))})"])
    return f"CREATE TABLE IF NOT EXISTS {target}.{name} ({parts});\n"


def _described(target: str, name: str, table: schema.Table) -> str:
    """Comments for the table and each column, and the index of the geometry."""
    whole = f"{target}.{name}"
    statements = [f"COMMENT ON TABLE {whole} IS {_quoted(table.row)};\n"]
    statements += [
        f"COMMENT ON COLUMN {whole}.{_named(column.name)} IS {_quoted(column.meaning)};\n"
        for column in table.columns
    ]
    if table.geometry:
        statements.append(
            f"CREATE INDEX IF NOT EXISTS {name}_geometry ON {whole} USING gist (geometry);\n"
        )
    return "".join(statements)


def _column(column: schema.Column) -> str:
    return f"{_named(column.name)} {TYPES[column.kind]}{'' if column.nullable else ' NOT NULL'}"


def _completed(target: str, name: str, table: schema.Table) -> str:
    """Columns that a table made by an older version does not have; it must be empty."""
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {_column(column)}" for column in table.columns)
    return f"ALTER TABLE {target}.{name} {added};\n"


def _unbound(target: str, name: str, column: str, other: str, key: str) -> str:
    """Drop the foreign key while tables are emptied and filled in any order."""
    return f"ALTER TABLE {target}.{name} DROP CONSTRAINT IF EXISTS {name}_{column}_{other}_{key};\n"


def _bound(target: str, name: str, column: str, other: str, key: str) -> str:
    """A foreign key within each border, and an index for joins from the other table."""
    whole = f"{target}.{name}"
    own, found = f"(border, {_named(column)})", f"(border, {_named(key)})"
    return (
        f"CREATE INDEX IF NOT EXISTS {name}_{column} ON {whole} {own};\n"
        f"ALTER TABLE {whole} ADD CONSTRAINT {name}_{column}_{other}_{key} FOREIGN KEY {own}"
        f" REFERENCES {target}.{other} {found};\n"
    )


def _named(column: str) -> str:
    return f'"{column}"'


def _quoted(text: str) -> str:
    """Text as a constant in SQL."""
    doubled = text.replace("'", "''").replace("\\", "\\\\")
    return f"E'{doubled}'"


def _copied(target: str, name: str, frame: pd.DataFrame) -> Iterator[str]:
    """The rows for COPY, as text in which no character of a name can end a row."""
    columns = ", ".join(_named(column) for column in frame.columns)
    yield f"COPY {target}.{name} ({columns}) FROM STDIN;\n"
    cells = {column: _cells(frame[column]) for column in frame.columns}
    for row in zip(*cells.values(), strict=True):
        yield "\t".join(row) + "\n"
    yield "\\.\n"


def _cells(values: pd.Series) -> list[str]:
    if isinstance(values, gpd.GeoSeries):
        with_srid = shapely.set_srid(values.to_numpy(), 4326)
        return list(shapely.to_wkb(with_srid, hex=True, include_srid=True))
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        return escaped.replace("\r", "\\r").replace("\0", "\ufffd")
    if is_absent(value):
        return "\\N"
    return repr(float(value)) if isinstance(value, float) else str(value)


def _styled(target: str, name: str, table: schema.Table) -> str:
    document = qml.document(name).split("\n", 1)[1]
    geometry = _quoted("geometry" if table.geometry else "")
    kind = (table.geometry or "").removeprefix("Multi").replace("String", "")
    values = ", ".join(
        ("current_database()", _quoted(target), _quoted(name), geometry, _quoted(name),
         f"{_quoted(document)}::xml", "true", _quoted(table.row), "current_user", _quoted(kind))
    )  # fmt: skip
    columns = (
        "f_table_catalog, f_table_schema, f_table_name, f_geometry_column, stylename, styleqml,"
        " useasdefault, description, owner, type"
    )
    return f"INSERT INTO public.layer_styles ({columns}) VALUES ({values});\n"  # noqa: S608
