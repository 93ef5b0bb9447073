"""Tables on disk: one folder a stage, written aside and renamed, with a stamp renamed last."""

import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import schema
from pipeline.core.errors import InputError

STAMP = "stamp"


def read(folder: str | Path, name: str) -> pd.DataFrame:
    """The table `name` of a stage's folder, checked against its schema."""
    path = Path(folder) / f"{name}.parquet"
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected the table {name}")
    try:
        geometry = schema.TABLES[name].geometry
        frame = gpd.read_parquet(path) if geometry else pd.read_parquet(path)
    except (pa.ArrowInvalid, ValueError) as error:
        raise InputError(f"{path}: not a readable table ({error})") from error
    try:
        return schema.conform(frame, name)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def write(folder: str | Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write every table of a stage into `folder`; what stood there stays until all are whole.

    All tables are checked and written to a folder beside it, then moved one by one, and the stamp
    that `make` watches comes last: a stage that dies between two moves runs again.
    """
    folder = Path(folder)
    checked = {name: schema.conform(frame, name) for name, frame in tables.items()}
    aside = folder.with_name(f".{folder.name}.aside")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, frame in checked.items():
        if schema.TABLES[name].geometry:
            frame.to_parquet(aside / f"{name}.parquet", compression="zstd")
        else:
            table = pa.Table.from_pandas(frame, preserve_index=False)
            pq.write_table(table, aside / f"{name}.parquet", compression="zstd")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).unlink(missing_ok=True)
    for path in sorted(aside.iterdir()):
        path.replace(folder / path.name)
    aside.rmdir()
    (folder / STAMP).touch()
