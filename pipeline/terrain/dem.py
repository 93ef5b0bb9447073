"""Read elevation models in any projection, unit and resolution as metres on a border's grid."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.enums import Resampling
from rasterio.transform import Affine, from_origin
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from pipeline.core import parameters
from pipeline.core.errors import InputError, quoted
from pipeline.core.types import Floats, Singles

Bounds = tuple[float, float, float, float]  # west, south, east, north

LEAST_CELL_M = parameters.number("least_cell_m")
MOST_CELL_M = parameters.number("most_cell_m")
FINEST_M = 0.01  # a file that states finer cells has a wrong georeference
BLOCK = 256  # cells per side of a block that is warped at once
METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0}
FEET = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048}
SURVEY_FEET = {"us-ft": 1200 / 3937, "us survey foot": 1200 / 3937, "ftus": 1200 / 3937}
UNITS = METRES | FEET | SURVEY_FEET
# No land lies outside these heights: the shore of the Dead Sea, with mines; Mount Everest.
LOWEST_M, HIGHEST_M = -500.0, 9000.0
DEEPEST_M = -12_000.0  # below the deepest ocean trench, a value cannot be a height


@dataclass(frozen=True)
class Grid:
    """Square cells in planar metres, north up: the north-western corner and the size."""

    definition: str
    cell_m: float
    west: float
    north: float
    rows: int
    columns: int

    @property
    def transform(self) -> Affine:
        """From column and row to planar metres."""
        return from_origin(self.west, self.north, self.cell_m, self.cell_m)

    def part(self, bounds: Bounds) -> tuple[slice, slice]:
        """Rows and columns of the cells that touch the bounds (west, south, east, north)."""
        west, south, east, north = bounds
        first = max(0, math.floor((self.north - north) / self.cell_m))
        last = min(self.rows, math.ceil((self.north - south) / self.cell_m))
        left = max(0, math.floor((west - self.west) / self.cell_m))
        right = min(self.columns, math.ceil((east - self.west) / self.cell_m))
        return slice(first, max(first, last)), slice(left, max(left, right))

    def cut(self, part: tuple[slice, slice]) -> "Grid":
        """The grid of a part of this grid."""
        rows, columns = part
        return Grid(
            self.definition,
            self.cell_m,
            self.west + columns.start * self.cell_m,
            self.north - rows.start * self.cell_m,
            rows.stop - rows.start,
            columns.stop - columns.start,
        )


@dataclass(frozen=True)
class Heights:
    """An open elevation model, warped to `grid`.

    `native_m` is the size of the model's own cells, `metres_per_unit` the unit of its band.
    """

    grid: Grid
    native_m: float
    warped: Any
    band: int
    metres_per_unit: float
    path: str
    description: str

    def read(self, part: tuple[slice, slice]) -> Singles:
        """Heights in metres of a part of the grid; NaN if unknown or sea floor.

        They are read in fixed blocks of the grid, since the result of warping depends a little on
        the window. Several global models (ETOPO, GEBCO, SRTM15+) include the sea floor, which is
        not walkable.

        Parameters
        ----------
        part
            Rows and columns of the grid.

        Returns
        -------
        Singles
            Heights in metres, one for each cell of the part.

        Raises
        ------
        InputError
            If a height is neither land nor sea floor.
        """
        rows, columns = part
        found = np.empty((rows.stop - rows.start, columns.stop - columns.start), dtype=np.float32)
        for top in range(rows.start - rows.start % BLOCK, rows.stop, BLOCK):
            for left in range(columns.start - columns.start % BLOCK, columns.stop, BLOCK):
                height = min(BLOCK, self.grid.rows - top)
                width = min(BLOCK, self.grid.columns - left)
                block = self.warped.read(self.band, window=Window(left, top, width, height))
                first, last = max(top, rows.start), min(top + height, rows.stop)
                west, east = max(left, columns.start), min(left + width, columns.stop)
                found[
                    first - rows.start : last - rows.start,
                    west - columns.start : east - columns.start,
                ] = block[first - top : last - top, west - left : east - left]
        found *= np.float32(self.metres_per_unit)
        wrong = found[(found < DEEPEST_M) | (found > HIGHEST_M)]
        if len(wrong):
            raise InputError(
                f"{self.path}: got a height of {wrong[0]:g} m, expected {DEEPEST_M:g} to "
                f"{HIGHEST_M:g} m (a unit or a nodata value that the file does not state?)"
            )
        found[found < LOWEST_M] = np.nan
        return found


@contextmanager
def opened(
    path: str | Path,
    definition: str,
    bounds: Bounds,
    cell_m: float | None = None,
) -> Iterator[Heights]:
    """Open the elevation model at `path` on a grid over planar `bounds` (west, south, east, north).

    Cells have the size of the model's cells, within the smallest and largest walking cell. A finer
    model is averaged, since walking does not depend on smaller detail and the work grows with the
    square of the resolution. A coarser model is resampled, since a cell of several km would hide a
    road next to a post.

    Parameters
    ----------
    path
        A raster that rasterio reads.
    definition
        PROJ string of the plane.
    bounds
        West, south, east, north in planar metres.
    cell_m
        Size of the cells; None to choose it from the model's own. Corners of cells are multiples of
        it.

    Yields
    ------
    Heights
        The open model.

    Raises
    ------
    InputError
        If the file is not a GeoTIFF, has no CRS or an unusable one, has several bands but not
        exactly one that is described as heights, has an unknown unit, or lies elsewhere.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file, expected an elevation model")
    try:
        # No other format: some are texts that name further files and addresses to read.
        with rasterio.open(path, driver="GTiff") as source:
            band = _band(source, path)
            metres_per_unit = _unit(source, band, path)
            native_m = _native_m(source, definition, bounds, path)
            grid = _grid(definition, bounds, cell_m or _walking_cell_m(native_m))
            scale = str(min(1.0, native_m / grid.cell_m))
            with WarpedVRT(
                source,
                crs=definition,
                transform=grid.transform,
                width=grid.columns,
                height=grid.rows,
                resampling=Resampling.bilinear,
                tolerance=0.01,
                dtype="float32",
                nodata=math.nan,
                src_nodata=source.nodatavals[band - 1],
                XSCALE=scale,
                YSCALE=scale,
            ) as warped:
                label = source.tags().get("TIFFTAG_IMAGEDESCRIPTION", "none stated")
                yield Heights(grid, native_m, warped, band, metres_per_unit, str(path), label)
    except rasterio.errors.RasterioIOError as error:
        raise InputError(f"{path}: not a readable GeoTIFF ({error})") from error


def _band(source: Any, path: str | Path) -> int:
    """The only band, or the only band that is described as heights."""
    if source.count == 1:
        return 1
    named = [
        number
        for number, text in enumerate(source.descriptions, start=1)
        if any(word in (text or "").lower() for word in ("elev", "height", "dem", "altitude"))
    ]
    if len(named) != 1:
        raise InputError(
            f"{path}: got {source.count} bands of which {len(named)} are described as elevation, "
            "expected one band"
        )
    return named[0]


def _unit(source: Any, band: int, path: str | Path) -> float:
    """Metres in one unit of the band: as the band states, else as a vertical CRS states, else 1."""
    stated = (source.units[band - 1] or "").strip().lower()
    if stated and stated not in UNITS:
        raise InputError(f"{path}: unit {quoted(stated)}, expected one of {sorted(UNITS)}")
    if stated:
        return UNITS[stated]
    if source.crs:
        for part in CRS.from_user_input(source.crs.to_wkt()).sub_crs_list:
            if part.is_vertical:
                return float(part.axis_info[0].unit_conversion_factor)
    return 1.0


def _native_m(source: Any, definition: str, bounds: Bounds, path: str | Path) -> float:
    """Size of the model's own cells in planar metres, measured within the bounds."""
    if source.crs is None:
        raise InputError(f"{path}: states no coordinate reference system, expected one")
    try:
        crs = CRS.from_user_input(source.crs.to_wkt())
        plane = Transformer.from_crs(crs, CRS(definition), always_xy=True)
    except (CRSError, ProjError) as error:
        raise InputError(f"{path}: CRS cannot be used ({error}), expected another") from error
    pixels = _meeting(source, plane, bounds)
    if not len(pixels):
        (west, south), (east, north) = _corners(source)
        raise InputError(
            f"{path}: covers x {west:g} to {east:g}, y {south:g} to {north:g} of its CRS "
            f"({crs.name}), which does not meet the border, expected a model of the border's area"
        )
    here, right, below = (
        np.array(plane.transform(*(source.transform @ (pixels[0] + step))))
        for step in np.array([[0, 0], [1, 0], [0, 1]])
    )
    native_m = float(np.sqrt(np.linalg.norm(right - here) * np.linalg.norm(below - here)))
    if not FINEST_M <= native_m < math.inf:
        raise InputError(f"{path}: cells of {native_m:g} m, expected {FINEST_M:g} m or more")
    return native_m


def _walking_cell_m(native_m: float) -> float:
    return min(MOST_CELL_M, max(LEAST_CELL_M, round(native_m)))


def _meeting(source: Any, plane: Transformer, bounds: Bounds) -> Floats:
    """Several pixels (column, row) of the model within the planar bounds."""
    lattice = np.stack(np.meshgrid(*[np.linspace(0, 1, 33)] * 2), axis=-1).reshape(-1, 2)
    pixels = lattice * [source.width, source.height]
    west, south, east, north = bounds
    x, y = plane.transform(*(source.transform @ pixels.T))
    inside = (west <= x) & (x <= east) & (south <= y) & (y <= north)
    if inside.any():
        return np.asarray(pixels[inside])
    over = lattice * [east - west, north - south] + [west, south]
    x, y = plane.transform(over[:, 0], over[:, 1], direction="INVERSE")
    pixels = np.column_stack(~source.transform @ np.array([x, y]))
    inside = ((pixels >= 0) & (pixels <= [source.width, source.height])).all(axis=1)
    return np.asarray(pixels[inside])


def _corners(source: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    columns, rows = np.array([0, 1, 0, 1]) * source.width, np.array([0, 0, 1, 1]) * source.height
    x, y = source.transform @ np.array([columns, rows])
    return (x.min(), y.min()), (x.max(), y.max())


def _grid(definition: str, bounds: Bounds, cell_m: float) -> Grid:
    west, south, east, north = (edge / cell_m for edge in bounds)
    left, top = math.floor(west), math.ceil(north)
    return Grid(
        definition,
        cell_m,
        left * cell_m,
        top * cell_m,
        top - math.floor(south),
        math.ceil(east) - left,
    )
