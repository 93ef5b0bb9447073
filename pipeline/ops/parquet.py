"""A GeoParquet twin of the GeoPackages: one file a layer, version 1.1, bounding boxes, zstd."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import files
from pipeline.publish import layers

VERSION = "1.1.0"  # the first with bounding boxes that a reader can skip rows by


def parquet(*paths: str) -> None:
    """Write every layer of each GeoPackage to OUT_DIR/<border>/<layer>.parquet.

    `paths` are the GeoPackages and the folder. Geometry is WKB in EPSG:4326 with a column `bbox`;
    what each column means stands in the file's schema. A folder is replaced when its border is
    whole.
    """
    *packages, out = paths
    for path in packages:
        tables = {name: layers.read(path, name) for name in layers.LAYERS}
        _write(Path(out) / str(tables["border"]["border"].iloc[0]), tables)


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    with files.whole_folder(folder) as aside:
        for name, frame in tables.items():
            _write_layer(aside / f"{name}.parquet", frame, name)


def _write_layer(path: Path, frame: pd.DataFrame, name: str) -> None:
    meanings = {column.name: column.meaning for column in layers.LAYERS[name].columns}
    if isinstance(frame, gpd.GeoDataFrame):
        frame.to_parquet(
            path,
            index=False,
            compression="zstd",
            schema_version=VERSION,
            # A box of no rows cannot be told from one with a missing value.
            write_covering_bbox=len(frame) > 0,
        )
        return
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [field.with_metadata({"description": meanings[field.name]}) for field in table.schema]
    described = table.cast(pa.schema(fields, metadata=table.schema.metadata))
    pq.write_table(described, path, compression="zstd")
