"""Write the raster of walking minutes near the line in pieces, then make it cloud-optimised."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import shapely
from rasterio.transform import from_origin
from rasterio.windows import Window, from_bounds

from pipeline.core import files, parameters, schema
from pipeline.core.geo import Projection
from pipeline.core.types import Floats, Singles
from pipeline.terrain import friction
from pipeline.terrain.dem import Grid
from pipeline.terrain.kilometres import Samples

FRICTION_M = 1000 * parameters.number("friction_width_km")
NODATA = -9999.0
DEGREE_M = 111_195.0  # metres per degree of latitude, to choose the size of cells in degrees
TAGS = {
    "TIFFTAG_IMAGEDESCRIPTION": "Minutes to walk over a cell of the measuring grid: slope by"
    " Tobler (1993), mean of eight directions, with the stated minutes for rivers and fences"
}


def draw(raster: Any, grid: Grid, minutes: Singles, points: Floats, plane: Projection) -> None:
    """Write the cells near this stretch of line to the raster; other cells stay unchanged.

    Parameters
    ----------
    raster : rasterio dataset, EPSG:4326, open for writing
        As `writing` yields it.
    grid : Grid
        The planar grid of the minutes.
    minutes : ndarray of float32, shape (rows, columns)
        Minutes to walk over each cell.
    points : ndarray of float, shape (n_points, 2)
        Points of the stretch of line in the plane, in metres.
    plane : Projection
        The plane.
    """
    line = shapely.linestrings(points) if len(points) > 1 else shapely.points(points[0])
    strip = shapely.buffer(line, FRICTION_M)
    near = friction.on_cells(np.array([strip]), grid, all_touched=False)
    known = np.pad(
        np.where(near & np.isfinite(minutes), minutes, NODATA), 1, constant_values=NODATA
    )
    edge = plane.degrees(shapely.get_coordinates(strip))
    (west, south), (east, north) = edge.min(axis=0), edge.max(axis=0)
    window = from_bounds(west, south, east, north, raster.transform).round_offsets().round_lengths()
    window = window.intersection(Window(0, 0, raster.width, raster.height))
    columns, rows = np.meshgrid(np.arange(window.width) + 0.5, np.arange(window.height) + 0.5)
    lonlat = raster.window_transform(window) @ np.array([columns.ravel(), rows.ravel()])
    cells = np.floor(~grid.transform @ plane.plane(*lonlat).T).astype(np.int64)
    column, row = (np.clip(part + 1, 0, size + 1) for part, size in zip(
        cells, (grid.columns, grid.rows), strict=True))  # fmt: skip
    found = known[row, column].reshape(columns.shape)
    there = raster.read(1, window=window)
    raster.write(np.where(found == NODATA, there, found).astype(np.float32), 1, window=window)


@contextmanager
def writing(path: Path, line: Samples, cell_m: float) -> Iterator[Any]:
    """Yield a raster around the line to fill; then write it to `path` in cloud-optimised form.

    Parameters
    ----------
    path : Path
        Path of the finished raster.
    line : Samples
        Points along the line.
    cell_m : float
        Size of the measuring grid's cells, in metres.

    Yields
    ------
    rasterio dataset
        EPSG:4326, float32 minutes, open for reading and writing.
    """
    cell = cell_m / DEGREE_M
    pad = FRICTION_M / DEGREE_M / np.cos(np.radians(np.abs(line.degrees[:, 1]).max()))
    (west, south), (east, north) = line.degrees.min(axis=0) - pad, line.degrees.max(axis=0) + pad
    profile = {
        "driver": "GTiff", "width": int((east - west) / cell) + 1, "count": 1,
        "height": int((north - south) / cell) + 1, "dtype": "float32", "crs": schema.CRS,
        "transform": from_origin(west, north, cell, cell), "nodata": NODATA,
        "tiled": True, "compress": "deflate", "sparse_ok": True, "bigtiff": "if_safer",
    }  # fmt: skip
    options = {"compress": "deflate", "predictor": "yes", "sparse_ok": True}
    with files.scratch(path) as plain:
        with rasterio.open(plain, "w+", **profile) as raster:
            yield raster
            raster.units, raster.descriptions = ["min"], [f"walking minutes per {cell_m:g} m"]
            raster.update_tags(**TAGS, measured_on_cells_of_m=f"{cell_m:g}")
        rasterio.shutil.copy(plain, path, driver="COG", resampling="average", **options)
