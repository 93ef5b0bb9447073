"""Tables on disk: a folder for each stage, written aside and renamed, its stamp last."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipeline.core import folders, schema
from pipeline.core.errors import InputError

STAMP = "stamp"
SUFFIXES = (".parquet", ".npy")  # of tables and arrays

Array = npt.NDArray[Any]


def read(folder: str | Path, name: str) -> pd.DataFrame:
    """Read the table `name` of a stage's folder and check it against its schema.

    Parameters
    ----------
    folder
        The folder that the stage wrote.
    name
        Name of the table in the schema.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 where the table has a geometry.

    Raises
    ------
    InputError
        If the file is missing, unreadable, or does not fit its schema.
    """
    path = _path(folder, name)
    try:
        # pandas opens the file in Python. If a thread of Arrow released it while the interpreter
        # ends, the process would abort. geopandas parses what the file says of its CRS, which is
        # that of the schema, again and again: half of the time of a small table.
        table = pq.read_table(path)
        shapes = [one for one in table.column_names if one == "geometry"]
        frame = table.drop_columns(shapes).to_pandas()
        for one in shapes:
            frame[one] = shapely.from_wkb(table[one].to_numpy())
    except (pa.ArrowInvalid, ValueError, TypeError, shapely.errors.ShapelyError) as error:
        raise InputError(f"{path}: not a readable table ({error})") from error
    try:
        return schema.conform(frame, name)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def columns(folder: str | Path, name: str, wanted: Sequence[str]) -> pd.DataFrame:
    """Read some columns of a stage's table without a check: much faster than `read`.

    Parameters
    ----------
    folder
        The folder that the stage wrote.
    name
        Name of the table in the schema.
    wanted
        Names of columns other than the geometry.

    Returns
    -------
    DataFrame
        One row for each row of the table.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or lacks a column.
    """
    frame: pd.DataFrame = _columns(folder, name, wanted).to_pandas()
    return frame


def geometries(folder: str | Path, name: str) -> pa.ChunkedArray:
    """Read the geometries of a stage's table as WKB, not yet parsed.

    Parameters
    ----------
    folder
        The folder that the stage wrote.
    name
        Name of the table in the schema.

    Returns
    -------
    ChunkedArray
        WKB in EPSG:4326, one for each row.

    Raises
    ------
    InputError
        If the file is missing or has no readable geometries.
    """
    return _columns(folder, name, ["geometry"])["geometry"]


def array(folder: str | Path, name: str) -> Array:
    """Map the array `name` of a stage's folder into memory: only the parts that are used are read.

    Changes to it stay in memory; the file is not written.

    Parameters
    ----------
    folder
        The folder that the stage wrote.
    name
        Name of the array.

    Returns
    -------
    ndarray
        With the type and shape that were saved.

    Raises
    ------
    InputError
        If the file is missing or is not a readable array.
    """
    path = Path(folder) / f"{name}.npy"
    try:
        found: Array = np.load(path, mmap_mode="c", allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected the array {name}") from error
    except (ValueError, EOFError) as error:
        raise InputError(f"{path}: not a readable array ({error})") from error
    return found


def write(
    folder: str | Path,
    tables: Mapping[str, pd.DataFrame],
    arrays: Mapping[str, Array] | None = None,
    others: Iterable[Path] = (),
) -> None:
    """Write a stage's output to `folder`; the old files stay until the new ones are complete.

    Each table is checked and written to a folder next to it. They are written one after the other,
    so that only one at a time is held twice in memory. Then they are moved one by one, and the
    stamp that `make` watches comes last: a stage that is killed between two moves runs again. A
    table of the earlier output that the new output does not have is removed.

    Parameters
    ----------
    folder
        The stage's folder.
    tables
        Tables by their names in the schema.
    arrays
        Arrays by name.
    others
        Finished files that belong to the output; they are copied under these names.
    """
    with folders.whole_set(Path(folder), STAMP) as aside:
        fill(aside, tables, arrays)
        for path in others:
            shutil.copyfile(path, aside / path.name)


def fill(
    folder: Path, tables: Mapping[str, pd.DataFrame], arrays: Mapping[str, Array] | None = None
) -> None:
    """Write tables and arrays to a folder that is not in use yet, without a stamp.

    Parameters
    ----------
    folder
        A folder that `folders.whole_set` has given.
    tables
        Tables by their names in the schema; each is checked.
    arrays
        Arrays by name.
    """
    for name, frame in tables.items():
        _write_table(folder / f"{name}.parquet", schema.conform(frame, name), name)
    for name, values in (arrays or {}).items():
        np.save(folder / f"{name}.npy", values, allow_pickle=False)


def _path(folder: str | Path, name: str) -> Path:
    path = Path(folder) / f"{name}.parquet"
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected the table {name}")
    return path


def _columns(folder: str | Path, name: str, wanted: Sequence[str]) -> pa.Table:
    path = _path(folder, name)
    try:
        return pq.read_table(path, columns=list(wanted))
    except (pa.ArrowInvalid, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: no readable columns {', '.join(wanted)} ({reason})") from error


def _write_table(path: Path, frame: pd.DataFrame, name: str) -> None:
    if schema.TABLES[name].geometry:
        frame.to_parquet(path, compression="zstd")
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, path, compression="zstd")
