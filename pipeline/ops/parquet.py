"""The GeoPackages as GeoParquet: one file for each layer, version 1.1, bounding boxes, zstd."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import folders
from pipeline.publish import layers

SHAPE = {"geometry": "WKB, EPSG:4326, degrees", "bbox": "box of the geometry, degrees"}
VERSION = "1.1.0"  # the first with bounding boxes that let a reader skip rows


def parquet(*paths: str) -> None:
    """Write every layer of each GeoPackage to OUT_DIR/<border>/<layer>.parquet.

    `paths` are the GeoPackages and the folder. Geometry is WKB in EPSG:4326 with a column `bbox`;
    the meaning of each column is in the metadata of its field, under `description`. A folder is
    replaced when its border is complete.
    """
    *packages, out = paths
    for path in packages:
        tables = {name: layers.read(path, name) for name in layers.LAYERS}
        _write(Path(out) / str(tables["border"]["border"].iloc[0]), tables)


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    with folders.whole_folder(folder) as aside:
        for name, frame in tables.items():
            _write_layer(aside / f"{name}.parquet", frame, name)


def _write_layer(path: Path, frame: pd.DataFrame, name: str) -> None:
    if isinstance(frame, gpd.GeoDataFrame):
        whole = pa.BufferOutputStream()
        frame.to_parquet(
            whole,
            index=False,
            compression="zstd",
            schema_version=VERSION,
            # The box of an empty table cannot be distinguished from one with a missing value.
            write_covering_bbox=len(frame) > 0,
        )
        # With a file object of Python, threads of Arrow may abort the process when it ends.
        table = pq.read_table(pa.BufferReader(whole.getvalue()))
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(_described(table, name), path, compression="zstd")


def _described(table: pa.Table, name: str) -> pa.Table:
    """The table with the meaning of columns and rows in its metadata."""
    meanings = {column.name: column.meaning for column in layers.LAYERS[name].columns} | SHAPE
    fields = [field.with_metadata({"description": meanings[field.name]}) for field in table.schema]
    description = {"description": layers.LAYERS[name].row}
    return table.cast(pa.schema(fields, metadata=(table.schema.metadata or {}) | description))
