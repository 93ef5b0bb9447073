"""Elevation models with other units, projections, holes or rotation: read right or refused."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
import rasterio.shutil
from pyproj import Transformer
from rasterio.transform import Affine, from_origin

from pipeline.core.errors import InputError
from pipeline.core.geo import fit_projection
from pipeline.terrain import dem

PROJECTION = fit_projection(np.array([10.0, 10.5, 11.0]), np.array([45.0, 45.1, 45.0]))
PLANE = PROJECTION.definition
MIDDLE = PROJECTION.plane(np.array([10.5]), np.array([45.0]))[0]
BOUNDS = (MIDDLE[0] - 3000, MIDDLE[1] - 2000, MIDDLE[0] + 3000, MIDDLE[1] + 2000)


def model(
    path: Path,
    transform: Affine,
    crs: str | None = "EPSG:32632",
    size: int = 200,
    values: npt.ArrayLike | None = None,
    **more: Any,
) -> Path:
    """A model whose height is 100 m and 1 m more for every 50 m eastward of UTM 618000."""
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    x, _ = transform @ np.array([columns.ravel(), rows.ravel()])
    heights = (100 + (x - 618_000) / 50).reshape(size, size) if values is None else values
    stack = np.broadcast_to(np.asarray(heights, dtype=np.float32), (size, size))
    units = more.pop("units", None)
    descriptions = more.pop("descriptions", None)
    count = len(descriptions) if descriptions else 1
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=count, dtype="float32",
        crs=crs, transform=transform, **more,
    ) as made:  # fmt: skip
        for band in range(1, count + 1):
            made.write(stack if band == count else stack * 0 + 7, band)
        if units:
            made.units = [units] * count
        if descriptions:
            made.descriptions = descriptions
    return path


def leading_elsewhere(path: Path) -> None:
    """A text by which GDAL would read another file, or an address, as if it were this one."""
    rasterio.shutil.copy(model(path.with_name("other.tif"), UTM), path, driver="VRT")
    with rasterio.open(path) as followed:
        assert followed.read(1).any()


UTM = from_origin(613_000, 4_990_000, 100, 100)


def read(path: Path, cell_m: float | None = None) -> tuple[dem.Grid, npt.NDArray[np.float32]]:
    with dem.opened(path, PLANE, BOUNDS, cell_m) as heights:
        grid = heights.grid
        return grid, heights.read((slice(0, grid.rows), slice(0, grid.columns)))


def expected(grid: dem.Grid) -> npt.NDArray[np.float64]:
    columns, rows = np.meshgrid(np.arange(grid.columns) + 0.5, np.arange(grid.rows) + 0.5)
    x, y = grid.transform @ np.array([columns.ravel(), rows.ravel()])
    utm = Transformer.from_crs(PLANE, "EPSG:32632", always_xy=True).transform(x, y)[0]
    return np.asarray(100 + (utm - 618_000) / 50).reshape(grid.rows, grid.columns)


def test_heights_are_those_of_the_ground_in_another_plane(tmp_path: Path) -> None:
    grid, found = read(model(tmp_path / "a.tif", UTM))
    assert 95 < grid.cell_m < 105
    assert grid.west % grid.cell_m == pytest.approx(0, abs=1e-6)
    assert found == pytest.approx(expected(grid), abs=0.1)


def test_a_turned_raster_is_read_where_it_lies(tmp_path: Path) -> None:
    turned = Affine.translation(618_000, 4_994_000) @ Affine.rotation(-50) @ Affine.scale(100, -100)
    grid, found = read(model(tmp_path / "a.tif", turned))
    known = ~np.isnan(found)
    assert known.mean() > 0.5
    assert found[known] == pytest.approx(expected(grid)[known], abs=0.1)


def test_a_raster_that_stands_on_its_head_is_read_where_it_lies(tmp_path: Path) -> None:
    northward = Affine.translation(613_000, 4_970_000) @ Affine.scale(100, 100)
    values = 100 + np.arange(200)[:, None] / 2.0  # 0.5 m more for every 100 m northward
    grid, found = read(model(tmp_path / "a.tif", northward, values=values))
    columns, rows = np.meshgrid(np.arange(grid.columns) + 0.5, np.arange(grid.rows) + 0.5)
    x, y = grid.transform @ np.array([columns.ravel(), rows.ravel()])
    utm = Transformer.from_crs(PLANE, "EPSG:32632", always_xy=True).transform(x, y)[1]
    true = 100 + ((utm - 4_970_000) / 100 - 0.5) / 2
    assert found.ravel() == pytest.approx(true, abs=0.1)


@pytest.mark.parametrize(
    ("unit", "metres"), [("ft", 0.3048), ("US survey foot", 0.3048006), ("m", 1)]
)
def test_feet_become_metres(tmp_path: Path, unit: str, metres: float) -> None:
    grid, found = read(model(tmp_path / "a.tif", UTM, units=unit))
    assert found == pytest.approx(expected(grid) * metres, abs=0.1)


def test_feet_of_a_vertical_reference_become_metres(tmp_path: Path) -> None:
    path = model(tmp_path / "a.tif", UTM, crs="EPSG:32632+6360")
    grid, found = read(path)
    assert found == pytest.approx(expected(grid) * 1200 / 3937, abs=0.1)


def test_whole_numbers_with_a_hole_are_metres_with_a_hole(tmp_path: Path) -> None:
    values = np.full((200, 200), 250)
    values[:, :100] = -32768
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=200, count=1, dtype="int16", nodata=-32768,
        crs="EPSG:32632", transform=from_origin(608_000, 4_994_000, 100, 100),
    ) as made:  # fmt: skip
        made.write(values.astype(np.int16), 1)
    _, found = read(path)
    assert 0.2 < np.isnan(found).mean() < 0.8
    assert found[~np.isnan(found)] == pytest.approx(250)


@pytest.mark.parametrize("hole", [-9999.0, np.nan])
def test_a_hole_is_unknown_and_its_rim_is_not_mixed_with_it(tmp_path: Path, hole: float) -> None:
    values = np.full((200, 200), 250.0)
    values[80:120, 80:120] = hole
    path = model(tmp_path / "a.tif", from_origin(608_000, 4_994_000, 100, 100), values=values,
                 nodata=hole)  # fmt: skip
    _, found = read(path)
    known = found[~np.isnan(found)]
    assert np.isnan(found).any()
    assert known == pytest.approx(250.0)


def test_a_finer_model_is_averaged(tmp_path: Path) -> None:
    values = np.indices((1000, 1000)).sum(axis=0) % 2 * 100.0
    path = model(tmp_path / "a.tif", from_origin(613_000, 4_990_000, 10, 10), size=1000,
                 values=values)  # fmt: skip
    grid, found = read(path)
    assert grid.cell_m == dem.LEAST_CELL_M
    assert np.nanmean(found) == pytest.approx(50, abs=2)
    assert np.nanstd(found) < 10


def test_a_coarse_model_does_not_set_the_walking_grid(tmp_path: Path) -> None:
    """Cells of 4 km: the grid keeps to the greatest walking cell, heights between are a slope."""
    coarse = from_origin(605_000, 5_000_000, 4000, 4000)
    with dem.opened(model(tmp_path / "a.tif", coarse, size=10), PLANE, BOUNDS) as heights:
        grid = heights.grid
        found = heights.read((slice(0, grid.rows), slice(0, grid.columns)))
        assert heights.native_m == pytest.approx(4000, rel=0.01)
    assert grid.cell_m == dem.MOST_CELL_M
    assert found == pytest.approx(expected(grid), abs=1.0)


def test_the_floor_of_the_sea_is_sea_and_no_error(tmp_path: Path) -> None:
    values = np.full((200, 200), -4000.0)
    values[:, 50:] = 12.0
    _, found = read(model(tmp_path / "a.tif", UTM, values=values))
    assert np.isnan(found).any()
    assert np.nanmin(found) >= dem.LOWEST_M
    assert np.nanmax(found) == pytest.approx(12.0)


def test_parts_are_the_whole(tmp_path: Path) -> None:
    path = model(
        tmp_path / "a.tif", UTM, values=np.random.default_rng(0).uniform(0, 900, (200, 200))
    )
    grid, whole = read(path, 97.0)
    with dem.opened(path, PLANE, BOUNDS, 97.0) as heights:
        part = grid.part((BOUNDS[0] + 1500, BOUNDS[1] + 700, BOUNDS[0] + 2500, BOUNDS[1] + 1300))
        assert np.array_equal(heights.read(part), whole[part], equal_nan=True)
        inner = grid.cut(part)
    assert inner.rows == part[0].stop - part[0].start
    assert inner.transform @ (0, 0) == pytest.approx(
        grid.transform @ (part[1].start, part[0].start)
    )


def test_the_band_of_heights_is_taken(tmp_path: Path) -> None:
    grid, found = read(model(tmp_path / "a.tif", UTM, descriptions=("slope", "Elevation")))
    assert found == pytest.approx(expected(grid), abs=0.1)


FAR = from_origin(613_000, 1_990_000, 100, 100)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: model(p, UTM, crs=None), "states no coordinate reference system"),
        (lambda p: model(p, UTM, crs="EPSG:4326"), "does not meet the border"),
        (lambda p: model(p, FAR), "does not meet the border"),
        (lambda p: model(p, UTM, units="fathom"), "unit 'fathom', expected one of"),
        (lambda p: model(p, UTM, descriptions=("a", "b")), "got 2 bands"),
        (lambda p: model(p, UTM, values=32767.0), "got a height of 32767 m"),
        (lambda p: model(p, UTM, values=-32768.0), "got a height of -32768 m"),
        (lambda p: model(p, UTM, values=-12001.0), "got a height of -12001 m"),
        # Heights of 3,000 m in feet that are not said to be feet.
        (lambda p: model(p, UTM, values=9843.0), "got a height of 9843 m"),
        (lambda p: p.write_text("<html>"), "not a readable GeoTIFF"),
        (leading_elsewhere, "not a readable GeoTIFF"),
        (lambda p: None, "no such file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, make: Any, message: str
) -> None:
    make(tmp_path / "a.tif")
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path / "a.tif")
    assert "\n" not in str(error.value)
    assert "a.tif" in str(error.value)
