"""Heights between towns, from the gazetteer's own tables."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from pipeline.core.errors import InputError
from pipeline.sources.gazetteer import spotheights

TABLES = Path(__file__).parents[1] / "data" / "raw" / "gazetteer"


def test_towns_stand_at_their_height_and_ground_between_them(tmp_path: Path) -> None:
    spotheights.spotheights(str(TABLES), "mx-gt", str(tmp_path / "mx-gt.dem.tif"))
    places = pd.read_csv(TABLES / "places.csv", comment="#")
    towns = places[(places["network"] == "mx-gt") & places["elevation_m"].notna()]
    with rasterio.open(tmp_path / "mx-gt.dem.tif") as raster:
        assert raster.units == ("m",)
        assert raster.crs.to_epsg() == 4326
        assert "not how rugged" in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        heights = raster.read(1, masked=True)
        found = np.array([v[0] for v in raster.sample(towns[["lon", "lat"]].to_numpy())])
        west, south, east, north = raster.bounds
    assert not heights.mask.any()
    # A cell's middle lies up to 0.7 km from the town, on slopes of 3 km in 20.
    assert np.abs(found - towns["elevation_m"]).max() < 120
    assert np.abs(found - towns["elevation_m"]).median() < 5
    assert heights.min() >= towns["elevation_m"].min()
    assert heights.max() <= towns["elevation_m"].max()
    line = pd.read_csv(TABLES / "border_vertices.csv", comment="#")
    line = line[line["border"] == "mx-gt"]
    assert line["lon"].between(west + 0.6, east - 0.6).all()
    assert line["lat"].between(south + 0.6, north - 0.6).all()


def test_row_order_does_not_matter(tmp_path: Path) -> None:
    shuffled = shutil.copytree(TABLES, tmp_path / "tables", ignore=shutil.ignore_patterns("*.*i*"))
    header, *rows = (TABLES / "places.csv").read_text("utf-8").splitlines(keepends=True)
    (shuffled / "places.csv").write_text(header + "".join(reversed(rows)), encoding="utf-8")
    for folder, name in ((TABLES, "a"), (shuffled, "b")):
        spotheights.spotheights(str(folder), "us-mx", str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_border_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"border_vertices\.csv: no border zz-yy, expected one of"):
        spotheights.spotheights(str(TABLES), "zz-yy", str(tmp_path / "a"))
    assert not list(tmp_path.iterdir())
