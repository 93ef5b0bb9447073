"""Stage 1, elevation: the Copernicus model of the corridor, read by window from its tiles.

Tiles of one degree are cloud-optimised GeoTIFFs in a public bucket; only the blocks that the
corridor needs are read (https://copernicus-dem-90m.s3.amazonaws.com/readme.html: tiles that are
wholly sea do not exist, heights are metres above EGM2008).
"""

import json
import math
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
import requests
import shapely
from rasterio.enums import Resampling
from rasterio.errors import RasterioIOError
from rasterio.features import geometry_mask
from rasterio.transform import Affine, from_origin
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry
from tqdm import tqdm

from pipeline.core import borderfile, files, folders, http
from pipeline.core.errors import InputError, quoted
from pipeline.core.types import Floats
from pipeline.sources.elevation.coastline import coastline, is_sea
from pipeline.sources.outlines import border_lines
from pipeline.sources.survey import survey
from pipeline.sources.wanted import fetch_area

# For each model: its bucket, cells per degree, and the number in its tiles' names (tenths of an arc
# second).
MODELS = {"GLO-90": ("copernicus-dem-90m", 1200, 30), "GLO-30": ("copernicus-dem-30m", 3600, 10)}
BUCKET = "https://{}.s3.amazonaws.com"  # unless DEM_URL names another place for the model's tiles
NODATA = -32767.0
SEA_M = 0.0
BLOCK = 240  # cells; divides a tile of either model, so that each block is written once
OVERVIEWS = [2, 4, 8, 16, 32]
TIMEOUT_S = 60
TRIES = 5
WAIT_S = 1.0  # before the second try
LICENCE = (
    "produced using Copernicus WorldDEM © DLR e.V. 2010-2014 and © Airbus Defence and Space GmbH "
    "2014-2018 provided under COPERNICUS by the European Union and ESA; all rights reserved"
)


def elevation(raw: str, border_toml: str, out: str, model: str = "GLO-90") -> None:
    """Write heights in metres in the corridor around the line of the OSM file `raw` to `out`.

    The output is a GeoTIFF in EPSG:4326, tiled, compressed, with overviews; outside the corridor it
    has no data. A tile that the bucket does not list is sea if the coastline of the OSM file says
    so. Otherwise its heights are no data, and the record and a warning name it (the 30 m model
    leaves out whole countries). A tile that the bucket lists but does not deliver is an error
    (InputError); the earlier output then stays.
    """
    if model not in MODELS:
        raise InputError(f"elevation model {model!r}, expected one of {sorted(MODELS)}")
    border = borderfile.read(border_toml)
    bucket, per_degree, number = MODELS[model]
    server = (os.environ.get("DEM_URL") or BUCKET.format(bucket)).rstrip("/")
    with folders.temporary("elevation") as scratch:
        lines = border_lines([survey(Path(raw), scratch)], (border.from_, border.to))
    area = fetch_area(lines, border.corridor_km).deep
    listed = tile_list(server)
    target = Path(out)
    settings = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_HTTP_MAX_RETRY": str(TRIES),
        "GDAL_HTTP_RETRY_DELAY": "1",
        "GDAL_HTTP_TIMEOUT": str(TIMEOUT_S),
        "GDAL_HTTP_USERAGENT": http.user_agent(),
        "VSI_CACHE": "FALSE",
    }
    with files.whole(target) as aside:
        with rasterio.Env(**settings):
            sea, missing = mosaic(
                aside, area, per_degree, number, server, listed, coastline(Path(raw))
            )
            with rasterio.open(aside, "r+") as raster:
                raster.build_overviews(OVERVIEWS, Resampling.average)
        record = {
            "url": http.without_secrets(server),
            "model": f"Copernicus DEM {model}",
            "fetched": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "tiles_of_sea": sea,
            "tiles_missing": missing,
            "bytes": aside.stat().st_size,
            "sha256": files.sha256(aside),
            "licence": LICENCE,
        }
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        files.write_text(target.with_suffix(".json"), text)
    if missing:
        other = next(name for name in MODELS if name != model)
        sys.stderr.write(
            f"warning: {out}: {model} has no tile {', '.join(missing)}, and by the coastline it is "
            f"not sea: no heights there; ELEVATION={other} may have it\n"
        )


def tile_list(server: str) -> set[str]:
    """Names of the tiles that the bucket holds."""

    def unlike(answer: requests.Response) -> str | None:
        names = answer.text.split()
        if names and all(name.startswith("Copernicus_DSM_COG") for name in names):
            return None
        return f"got {quoted(answer.text)}, expected names of tiles"

    patience = http.Patience(TRIES, WAIT_S)
    return set(http.ask("GET", f"{server}/tileList.txt", patience, refuse=unlike).text.split())


def mosaic(
    aside: Path,
    area: BaseGeometry,
    per_degree: int,
    number: int,
    server: str,
    listed: set[str],
    coast: Floats,
) -> tuple[list[str], list[str]]:
    """Write the heights on the area, tile by tile.

    Returns
    -------
    tuple of two lists
        Names of the tiles that are not listed: first those that are sea, then those that are
        missing.
    """
    west, south, east, north = (math.floor(edge) for edge in area.bounds)
    wide, high = east - west + 1, north - south + 1
    cell = 1 / per_degree
    # The cells of a tile are centred on whole multiples of the cell size, so they reach half a cell
    # over its edge.
    grid = from_origin(west - cell / 2, north + 1 + cell / 2, cell, cell)
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "width": wide * per_degree,
        "height": high * per_degree,
        "crs": "EPSG:4326",
        "transform": grid,
        "nodata": NODATA,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "predictor": 3,
        "bigtiff": "if_safer",
        "sparse_ok": True,
    }
    sea: list[str] = []
    missing: list[str] = []
    degrees = [
        (lon, lat)
        for lat in range(north, south - 1, -1)
        for lon in range(west, east + 1)
        if area.intersects(shapely.box(lon, lat, lon + 1, lat + 1))
    ]
    with rasterio.open(aside, "w", **profile) as raster:
        for lon, lat in tqdm(degrees, unit="tile", disable=None, desc="elevation"):
            name = tile_name(lon, lat, number)
            column, row = (lon - west) * per_degree, (north - lat) * per_degree
            window = Window(column, row, per_degree, per_degree)
            transform = from_origin(lon - cell / 2, lat + 1 + cell / 2, cell, cell)
            inside = geometry_mask([area], (per_degree, per_degree), transform, invert=True)
            if not inside.any():
                continue
            if name in listed:
                heights = _read(f"{server}/{name}/{name}.tif", transform, inside)
            elif is_sea(area.intersection(shapely.box(lon, lat, lon + 1, lat + 1)), coast):
                sea.append(name)
                heights = np.full(inside.shape, SEA_M, dtype=np.float32)
            else:
                missing.append(name)
                continue
            raster.write(np.where(inside, heights, np.float32(NODATA)), 1, window=window)
    return sea, missing


def tile_name(lon: int, lat: int, number: int) -> str:
    """The name of the tile whose south-western corner is at these whole degrees."""
    ns, ew = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"Copernicus_DSM_COG_{number}_{ns}{abs(lat):02d}_00_{ew}{abs(lon):03d}_00_DEM"


def _read(url: str, transform: Affine, inside: np.ndarray) -> np.ndarray:
    """Heights on the grid of a whole degree; only cells in the corridor are read."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    window = Window(columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
    found = np.full(inside.shape, NODATA, dtype=np.float32)
    if url.startswith("https:"):  # GDAL would follow a redirect to http
        http.ask("HEAD", url, http.Patience(TRIES, WAIT_S))
    try:
        # No other format: some are texts that name further files and addresses to read.
        with rasterio.open(f"/vsicurl/{url}", driver="GTiff") as source:
            same = source.shape == inside.shape
            # Beyond 50° the tiles' cells are wider than they are high.
            how = Resampling.nearest if same else Resampling.bilinear
            with WarpedVRT(
                source,
                crs="EPSG:4326",
                transform=transform,
                height=inside.shape[0],
                width=inside.shape[1],
                resampling=how,
                nodata=NODATA,
            ) as view:
                part = view.read(1, window=window)
    except RasterioIOError as error:
        message = http.without_secrets(f"{url}: a tile that is listed cannot be read ({error})")
        raise InputError(message) from error
    found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = part
    return found
