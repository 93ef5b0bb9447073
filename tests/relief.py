"""Alpine relief by a formula, and tiles of it as the Copernicus bucket serves them.

Ridges of fractal noise on either side of a flat valley floor: steep, seamless from tile to tile,
and known everywhere without a file.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import from_origin

from pipeline.core.types import Floats
from pipeline.sources.elevation.elevation import tile_name

# Where the Rhine runs past Liechtenstein, near enough: the floor is wide.
VALLEY = [(9.55, 46.7), (9.53, 46.95), (9.48, 47.05), (9.49, 47.13), (9.51, 47.22), (9.55, 47.3),
          (9.63, 47.6)]  # fmt: skip
FLOOR_M, FLOOR_KM, RISE_KM, TOP_M = 440.0, 2.5, 7.0, 2400.0
COARSEST_KM, OCTAVES = 8.0, 7
CELL = 1 / 1200  # GLO-90
KM_PER_DEGREE = 111.2
# Beyond this the ground is at the valley's height: no corridor of these borders reaches there.
KNOWN = (9.0, 46.7, 10.1, 47.6)


def height_m(lon: Floats, lat: Floats, seed: int = 0) -> Floats:
    """Heights at points (degrees)."""
    km_per_lon = KM_PER_DEGREE * np.cos(np.radians(47.1))
    x, y = lon * km_per_lon, lat * KM_PER_DEGREE
    from_valley_km = np.abs(lon - np.interp(lat, *np.array(VALLEY).T[::-1])) * km_per_lon
    rise = np.clip((from_valley_km - FLOOR_KM) / RISE_KM, 0, 1)
    ridges, weight = np.zeros(x.shape), 0.5
    for octave in range(OCTAVES):
        size_km = COARSEST_KM / 2**octave
        ridges += weight * (1 - np.abs(2 * _noise(x / size_km, y / size_km, seed + octave) - 1))
        weight /= 2
    return np.asarray(FLOOR_M + TOP_M * rise**2 * (3 - 2 * rise) * (0.15 + 0.85 * ridges))


def _noise(x: Floats, y: Floats, seed: int) -> Floats:
    """Smooth noise from 0 to 1: random at whole numbers, S-shaped between them."""
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    u, v = ((part - np.floor(part)) for part in (x, y))
    u, v = (part**3 * (part * (6 * part - 15) + 10) for part in (u, v))
    west, east = (
        (1 - v) * _random(column + step, row, seed) + v * _random(column + step, row + 1, seed)
        for step in (0, 1)
    )
    return np.asarray((1 - u) * west + u * east)


def _random(column: npt.NDArray[np.int64], row: npt.NDArray[np.int64], seed: int) -> Floats:
    mixed = (column.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ (
        row.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(seed)
    )
    for shift in (30, 27):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(11)) / 2.0**53


def bucket(folder: Path, tiles: set[tuple[int, int]]) -> Path:
    """A folder of tiles (by their south-western corner) and the list of them."""
    names = []
    for lon, lat in sorted(tiles):
        name = tile_name(lon, lat, 30)
        names.append(name)
        transform = from_origin(lon - CELL / 2, lat + 1 + CELL / 2, CELL, CELL)
        x, y = np.meshgrid(lon + np.arange(1200) * CELL, lat + 1 - np.arange(1200) * CELL)
        west, south, east, north = KNOWN
        known = (west < x) & (x < east) & (south < y) & (y < north)
        heights = np.full(x.shape, FLOOR_M)
        heights[known] = height_m(x[known], y[known])
        (folder / name).mkdir(parents=True)
        with rasterio.open(
            folder / name / f"{name}.tif", "w", driver="COG", width=1200, height=1200, count=1,
            dtype="float32", crs="EPSG:4326", transform=transform, compress="deflate",
        ) as raster:  # fmt: skip
            raster.write(heights.astype(np.float32), 1)
    (folder / "tileList.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return folder
