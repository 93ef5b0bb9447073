"""The embedded source's elevation: heights of towns, joined by planes; no model of the ground."""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import KDTree

from pipeline.core.errors import InputError
from pipeline.core.types import Floats
from pipeline.sources.gazetteer import facts

CELL_DEGREES = 1 / 120  # about 0.9 km: towns lie 10 to 50 km apart, so finer would pretend
AROUND_DEGREES = 0.7  # beyond the line and the towns: what somebody could walk in a day
NODATA = -9999.0
LABEL = (
    "Heights of towns, linear between three of them (Delaunay), the nearest one's outside: shows "
    "how high the country lies, not how rugged it is; slopes are far too gentle."
)


def spotheights(folder: str, border: str, out: str) -> None:
    """Write a GeoTIFF of heights in metres round the border to `out`, from the gazetteer's towns.

    Cells are 30 arc seconds, EPSG:4326; unit and label stand in its tags. Raises InputError where
    the tables do not hold the border or fewer than three heights.
    """
    tables = facts.read(folder)
    if border not in tables.lines:
        expected = f"one of {sorted(tables.lines)}"
        raise InputError(f"{folder}/border_vertices.csv: no border {border}, expected {expected}")
    spots = np.array(
        [
            (*facts.position(row), row["elevation_m"])
            for row in tables.places.values()
            if row["network"] == border and row["elevation_m"] is not None
        ]
    )
    if len(spots) < 3:
        raise InputError(f"{folder}/places.csv: {len(spots)} heights, expected three or more")
    line = np.array([facts.position(row) for row in tables.lines[border]])
    known = np.vstack([line, spots[:, :2]])
    west, south = np.floor(known.min(axis=0) - AROUND_DEGREES)
    east, north = np.ceil(known.max(axis=0) + AROUND_DEGREES)
    columns, rows = round((east - west) / CELL_DEGREES), round((north - south) / CELL_DEGREES)
    lon = west + (np.arange(columns) + 0.5) * CELL_DEGREES
    lat = north - (np.arange(rows) + 0.5) * CELL_DEGREES
    heights = _between(spots, np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2))
    _write(Path(out), heights.reshape(rows, columns), west, north)


def _between(spots: Floats, points: Floats) -> Floats:
    """Heights at points (degrees); east–west distances shortened by the latitude."""
    scale = np.array([np.cos(np.radians(spots[:, 1].mean())), 1.0])
    linear = LinearNDInterpolator(spots[:, :2] * scale, spots[:, 2])(points * scale)
    nearest = KDTree(spots[:, :2] * scale).query(points * scale)[1]
    return np.asarray(np.where(np.isnan(linear), spots[nearest, 2], linear))


def _write(out: Path, heights: Floats, west: float, north: float) -> None:
    aside = out.with_name(f".aside.{out.name}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        aside,
        "w",
        driver="GTiff",
        width=heights.shape[1],
        height=heights.shape[0],
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=from_origin(west, north, CELL_DEGREES, CELL_DEGREES),
        nodata=NODATA,
        compress="deflate",
        predictor=2,
        tiled=True,
    ) as raster:
        raster.write(np.round(heights).astype(np.int16), 1)
        raster.units = ["m"]
        raster.descriptions = ["elevation between towns"]
        raster.update_tags(TIFFTAG_IMAGEDESCRIPTION=LABEL)
    aside.replace(out)
