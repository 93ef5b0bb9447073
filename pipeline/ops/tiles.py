"""Vector tiles to host, and a page that shows them, for more links than the report can draw.

MapLibre GL JS draws the page and reads the tiles by ranges from any static web server. It is not
part of this project: its files are copied from a folder of packages and checked by their hash.
"""

import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from pipeline.core import files, folders, parameters
from pipeline.core.errors import InputError
from pipeline.publish import basemap, handed_on, layers, profiles
from pipeline.report import assets
from pipeline.report.templates import hashes, render

# Third-party files of the page, by package and version, with their expected hashes.
VENDORED = {
    "maplibre-gl/dist/maplibre-gl.js": (
        "maplibre-gl@4.7.1", "be9633c4d870e26fb37f1cfe5c5a77181667114003ea16207ac7850d8da8add1",
    ),
    "maplibre-gl/dist/maplibre-gl.css": (
        "maplibre-gl@4.7.1", "576b085fdd9487a65a19215328c1e086c07ce5bf6da09b666b3806d3d008dae9",
    ),
    "pmtiles/dist/pmtiles.js": (
        "pmtiles@3.2.1", "367c19f8936d1d6c1b1820b0dee053f793fc29277655c3e471f5ed4d37b5f045",
    ),
}  # fmt: skip
DEPTH_KM = parameters.number("headline_depth_km")
# The least zoom at which a layer is drawn; at the greatest, a tile is some 10 km wide.
LEAST_ZOOM = {"border": 0, "links": 4, "chokepoints": 5}
GREATEST_ZOOM = 12
LAND_SHARE = 1.5  # of the line's extent: how much land is drawn on each side
# Columns in the tiles of large layers; of other layers all are kept.
KEPT = {
    "links": ["link_id", "mode", "class", "state", "name", "ref", "lanes", "in_min_cut"],
    "minimum_cut_links": ["mode", "directed", "depth_km", "end", "link_id", "name", "ref", "class"],
}
# What a popup shows of a feature, if the feature has it.
POPUP = ("name", "ref", "class", "status", "kind", "mode", "lanes", "depth_km", "min_cut_links",
        "informal_crossings", "from_km", "to_km")  # fmt: skip


def tiles(*paths: str, profile: str = "public", packages: str = "") -> None:
    """Write vector tiles (PMTiles, one file for each layer) and map.html for GeoPackages.

    `paths` are the GeoPackages and the folder, which is replaced when it is complete. `packages` is
    the folder where npm has put maplibre-gl and pmtiles; the files that the page needs are copied
    next to it after a check of their hash. Raises InputError if a hash is not the expected one.
    """
    *results, out = paths
    if profile not in profiles.PROFILES:
        raise InputError(f"PROFILE={profile}: expected {' or '.join(profiles.PROFILES)}")
    with folders.whole_folder(Path(out)) as aside:
        borders = [_border(path, aside, profile) for path in results]
        if packages:
            _vendor(Path(packages), aside / "vendor")
        _page(aside, borders, profile)


def _border(path: str, out: Path, profile: str) -> dict[str, Any]:
    """Write the tiles of a border; returns what the page needs to know about it."""
    tables = {name: layers.read(path, name) for name in (*handed_on.READ, "provenance")}
    line = tables["border"]
    border = str(line["border"].iloc[0])
    found: dict[str, pd.DataFrame] = {"border": line, **handed_on.shapes(tables, profile)}
    found["links"] = tables["links"]
    if profile == "public":
        found["links"] = profiles.public_view(tables.__getitem__)("links")
    (out / border).mkdir()
    written = []
    for name, frame in found.items():
        shown = gpd.GeoDataFrame(frame[frame["geometry"].notna()], geometry="geometry", crs=4326)
        shown = shown[[*KEPT[name], "geometry"]] if name in KEPT else shown
        if len(shown):
            _write(out / border / f"{name}.pmtiles", name, shown)
            written.append(name)
    known = dict(zip(tables["provenance"]["key"], tables["provenance"]["value"], strict=True))
    return {
        "border": border,
        "name": str(line["name"].iloc[0]),
        "layers": written,
        "bounds": [float(degrees) for degrees in line.total_bounds],
        "credit": known.get("attribution", ""),
        "land": _land(line),
    }


def _land(line: gpd.GeoDataFrame) -> Any:
    """Countries around a border as GeoJSON, as far as its network may reach."""
    west, south, east, north = map(float, line.total_bounds)
    return basemap.countries((west, south, east, north), LAND_SHARE).to_geo_dict()


def _write(path: Path, name: str, frame: gpd.GeoDataFrame) -> None:
    """One layer as PMTiles; GDAL builds them in a scratch file that must be elsewhere."""
    with folders.temporary("tiles") as scratch:
        made = scratch / path.name
        pyogrio.write_dataframe(
            frame,
            made,
            layer=name,
            driver="PMTiles",
            dataset_options={
                "MINZOOM": str(LEAST_ZOOM.get(name, 3)), "MAXZOOM": str(GREATEST_ZOOM),
                "NAME": layers.title(name),
            },
        )  # fmt: skip
        shutil.copyfile(made, path)


def _vendor(packages: Path, out: Path) -> None:
    """The third-party files, each checked by its hash."""
    out.mkdir()
    for name, (package, sha256) in VENDORED.items():
        path = packages / name
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected it from {package}")
        if (found := files.sha256(path)) != sha256:
            raise InputError(f"{path}: sha256 {found[:16]}, expected {sha256[:16]} from {package}")
        shutil.copyfile(path, out / path.name)


def _page(out: Path, borders: list[dict[str, Any]], profile: str) -> None:
    script, style = (
        Path(__file__).with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".js", ".css")
    )
    given = {"borders": borders, "depth_km": DEPTH_KM, "popup": POPUP}
    page = render(
        "tiles.html",
        title=" · ".join(border["name"] for border in borders),
        data=assets.as_json(given),
        script=script,
        style=style,
        script_hashes=hashes([script]),
        packages=sorted({package for package, _ in VENDORED.values()}),
        credit="; ".join(dict.fromkeys([*(one["credit"] for one in borders), basemap.CREDIT])),
        public=profile == "public",
    )
    files.write_text(out / "map.html", page)
