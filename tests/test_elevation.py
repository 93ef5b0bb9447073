"""Elevation from a bucket on loopback: mosaicked, clipped, sea distinguished from missing tiles."""

import json
import os
import re
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
import rasterio.shutil
import shapely
from rasterio.transform import from_origin

from pipeline.core.errors import InputError
from pipeline.sources.elevation import elevation
from pipeline.sources.elevation.coastline import is_sea
from tests.file_server import FileServer
from tests.test_clip import write

BORDER = """name = "Aland – Bland"
from = "AA"
to = "BB"
corridor_km = 30
target = [9.5, 47.1]

[anchors]
AA = [[8.9, 47.0]]
BB = [[9.1, 47.0]]
"""
TILES = {(8, 46), (9, 46), (8, 47)}  # 9° east, 47° north is sea
CELL = 1 / 1200


def height(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 100 * (lon - 8) + 10 * (lat - 46) + 1


def centres(transform: "rasterio.Affine", shape: tuple[int, int]) -> list[npt.NDArray[np.float64]]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return [np.asarray(part) for part in transform * (columns + 0.5, rows + 0.5)]


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    names = []
    for lon, lat in sorted(TILES):
        name = elevation.tile_name(lon, lat, 30)
        names.append(name)
        transform = from_origin(lon - CELL / 2, lat + 1 + CELL / 2, CELL, CELL)
        (folder / name).mkdir(parents=True)
        x, y = centres(transform, (1200, 1200))
        facts = {"width": 1200, "height": 1200, "count": 1, "dtype": "float32"}
        more = {"crs": "EPSG:4326", "transform": transform, "compress": "deflate"}
        path = folder / name / f"{name}.tif"
        with rasterio.open(path, "w", driver="COG", blocksize=256, **facts, **more) as raster:
            raster.write(height(x, y).astype(np.float32), 1)
    (folder / "tileList.txt").write_text("\n".join(names) + "\n")
    return folder


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "aa-bb.toml").write_text(BORDER)
    # The coast of a sea that begins at the corner of three tiles of land: land on its left.
    coast = [(40.0, 47.02), (6.0, 47.02), (5.0, 47.02), (5.0, 48.2)]
    write(tmp_path / "aa-bb.osm.pbf", {2: (coast, {"natural": "coastline"})})
    return tmp_path / "aa-bb.osm.pbf"


def fetch(server: FileServer, raw: Path) -> Path:
    os.environ["DEM_URL"] = server.url
    out = raw.with_name("aa-bb.dem.tif")
    elevation.elevation(str(raw), str(raw.with_name("aa-bb.toml")), str(out))
    return out


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEM_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(elevation, "TRIES", 1)


def test_heights_of_the_corridor(bucket: Path, raw: Path) -> None:
    with FileServer(bucket) as server:
        out = fetch(server, raw)
        spans = [span for _, path, span, _ in server.asked if path.endswith(".tif")]
    assert any(spans), "read by ranges"
    with rasterio.open(out) as raster:
        heights = raster.read(1)
        x, y = centres(raster.transform, heights.shape)
        assert raster.profile["tiled"]
        assert raster.compression.name == "deflate"
        assert raster.overviews(1) == elevation.OVERVIEWS
        assert raster.nodata == elevation.NODATA
    sea = (x > 9 - CELL / 2) & (y > 47 + CELL / 2)
    found = heights != elevation.NODATA
    land = found & ~sea
    assert np.allclose(heights[land], height(x, y)[land], atol=1e-3)
    assert np.all(heights[found & sea] == 0)
    # On the line's latitudes the corridor is as wide as stated, with the margin of a fetch.
    row = np.abs(y[:, 0] - 46.9).argmin()
    reach_km = np.abs(x[row][found[row]] - 9).max() * 76.1
    assert 34.5 < reach_km < 37
    assert found.mean() < 0.8
    assert elevation.tile_name(9, 47, 30) in out.with_suffix(".json").read_text()


def test_a_tile_that_is_not_listed_is_sea_only_where_the_coastline_says_so(
    bucket: Path, raw: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a coastline, an area that the model leaves out is unknown, and a warning says so."""
    write(raw, {2: ([(1, 47.0), (2, 47.0)], {"highway": "track"})})
    with FileServer(bucket) as server:
        out = fetch(server, raw)
    name = elevation.tile_name(9, 47, 30)
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["tiles_missing"] == [name]
    assert record["tiles_of_sea"] == []
    with rasterio.open(out) as raster:
        heights = raster.read(1)
        x, y = centres(raster.transform, heights.shape)
    assert np.all(heights[(x > 9) & (y > 47.01)] == elevation.NODATA)
    error = capfd.readouterr().err
    assert error.startswith("warning: ")
    assert name in error
    assert "ELEVATION=GLO-30 may have it" in error


@pytest.mark.parametrize(
    ("at", "sea"),
    [((5, 5), True), ((5, -5), False), ((-40, 1), True), ((30, 0.5), True), ((16, -8), False)],
)
def test_the_nearest_coast_tells_land_from_sea(at: tuple[float, float], sea: bool) -> None:
    """A coast from the south-east to the west: land on its left, that is south, also at a bend."""
    turns = np.array([(20.0, -3.0), (12.0, 0.0), (0.0, 0.0), (-30.0, 0.0)])
    segments = np.stack([turns[:-1], turns[1:]], axis=1)
    assert is_sea(shapely.Point(at).buffer(0.1), segments) == sea
    assert is_sea(shapely.Point(at).buffer(0.1), segments[::-1, ::-1]) == (not sea)
    assert not is_sea(shapely.Point(at).buffer(0.1), segments[:0])


def fails(fault: str, _: str, path: str) -> str | None:
    return fault if "N46_00_E009" in path else None


def test_a_listed_tile_that_fails_is_an_error(bucket: Path, raw: Path) -> None:
    with FileServer(bucket) as server:
        out = fetch(server, raw)
        good = out.read_bytes()
        assert fetch(server, raw).read_bytes() == good
        for fault in ("404", "cut"):
            failing = partial(fails, fault)
            # Another address, since GDAL remembers what it has read from the first.
            with (
                FileServer(bucket, failing) as other,
                pytest.raises(InputError, match=r"N46_00_E009.*cannot be read"),
            ):
                fetch(other, raw)
            assert out.read_bytes() == good
    assert not list(raw.parent.glob(".aside*"))


def test_a_tile_that_leads_to_another_file_is_not_followed(bucket: Path, raw: Path) -> None:
    name = elevation.tile_name(9, 46, 30)
    tile, other = bucket / name / f"{name}.tif", raw.with_name("other.tif")
    tile.rename(other)
    rasterio.shutil.copy(other, tile, driver="VRT")
    led = re.sub("<SourceFilename.*?>.*?<", f'<SourceFilename relativeToVRT="0">{other}<',
                 tile.read_text())  # fmt: skip
    tile.write_text(led)
    with rasterio.open(tile) as followed:
        assert followed.read(1).any()
    with (
        FileServer(bucket) as server,
        pytest.raises(InputError, match=r"N46_00_E009.*cannot be read"),
    ):
        fetch(server, raw)


def test_a_page_instead_of_the_list_is_refused(bucket: Path, raw: Path) -> None:
    (bucket / "tileList.txt").write_text("<html>busy</html>")
    with FileServer(bucket) as server, pytest.raises(InputError, match="expected names of tiles"):
        fetch(server, raw)


def test_names_of_tiles() -> None:
    assert elevation.tile_name(-120, 30, 30) == "Copernicus_DSM_COG_30_N30_00_W120_00_DEM"
    assert elevation.tile_name(9, -1, 10) == "Copernicus_DSM_COG_10_S01_00_E009_00_DEM"
