"""Tiles that hold the ground of a border, and the extracts that it lies in."""

import csv

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from pipeline.core import borderfile
from pipeline.core.geo import WGS84
from pipeline.sources import wanted
from pipeline.sources.overpass import tiles
from tests.overpass_client import BORDER, make_impatient


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    make_impatient(monkeypatch)


COURSES = st.lists(
    st.tuples(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8)), min_size=2, max_size=6, unique=True
).map(lambda points: LineString([(9 + x, 47 + y) for x, y in points]))


@given(COURSES, st.sampled_from([25.0, 60.0]))
@settings(max_examples=25, deadline=None)
def test_tiles_hold_the_ground_and_keep_the_limit(line: LineString, deep_km: float) -> None:
    area = wanted.fetch_area([line], deep_km)
    found = tiles.tiles(area)
    limit_km2 = {True: tiles.LIMIT_KM2, False: tiles.DEEP_LIMIT_KM2}
    assert all(tiles.area_km2(one.outline) <= limit_km2[one.every_class] for one in found)
    assert shapely.union_all([tile.outline for tile in found]).covers(area.deep)
    every = shapely.union_all([tile.outline for tile in found if tile.every_class])
    assert every.covers(area.near)
    # Not much more is asked for than what is wanted, and not in crumbs.
    asked = sum(tiles.area_km2(tile.outline) for tile in found)
    assert asked < 1.3 * tiles.area_km2(area.deep)
    assert len(found) < 4 + 4 * asked / tiles.LIMIT_KM2
    assert len({tile.name for tile in found}) == len(found)
    parts = tiles.halves(found[0])
    assert shapely.union_all([part.outline for part in parts]).covers(found[0].shape)
    assert all(tiles.area_km2(part.shape) < tiles.area_km2(found[0].shape) for part in parts)


@pytest.mark.parametrize("deep_km", [250.0, 400.0])
def test_a_long_border_takes_no_more_questions_than_stated(
    deep_km: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of 2,600 km: away from it, where few classes are asked for, tiles grow."""
    monkeypatch.setattr(tiles, "LIMIT_KM2", 2500.0)
    line = LineString([(-117.1, 32.5), (-111.1, 31.3), (-106.5, 31.8), (-102, 29.5), (-97.2, 25.9)])
    area = wanted.fetch_area([line], deep_km)
    found = tiles.tiles(area)
    assert len(found) <= tiles.MOST_TILES
    assert shapely.union_all([tile.outline for tile in found]).covers(area.deep)
    edges = [np.abs(np.diff(one.outline.exterior.coords, axis=0)).max() for one in found]
    assert max(edges) <= tiles.EDGE_DEGREES + 1e-9


@pytest.mark.parametrize("deep_km", [100.0, 400.0])
def test_the_ground_reaches_as_deep_as_stated(deep_km: float) -> None:
    line = LineString([(9.0, 47.0), (9.5, 47.2)])
    area = wanted.fetch_area([line], deep_km)
    for shape, km in ((area.near, wanted.ALL_CLASSES_KM), (area.deep, deep_km)):
        for azimuth in range(160, 340, 7):
            lon, lat, _ = WGS84.fwd(9.0, 47.0, azimuth, km * 1000)
            assert shape.contains(shapely.Point(lon, lat))
        lon, lat, _ = WGS84.fwd(9.0, 47.0, 270, (km + wanted.MARGIN_KM + 2) * 1000)
        assert not shape.contains(shapely.Point(lon, lat))


# Points of each region, the one nearest to the line where it lies at the edge.
REGIONS = {
    "north-america/mexico": [(-106.08, 28.63), (-93.12, 16.75)],
    "north-america/us/california": [(-117.16, 32.9)],
    "north-america/us/arizona": [(-112.07, 33.45)],
    "north-america/us/new-mexico": [(-106.7, 32.3)],
    "north-america/us/texas": [(-98.49, 29.42)],
    "north-america/us/nevada": [(-114.633, 35.0018)],
    "north-america/us/utah": [(-113.5, 37.0)],
    "north-america/us/oklahoma": [(-99.2, 34.21), (-103.0, 36.5)],
    "north-america/us/louisiana": [(-93.84, 29.75)],
    "central-america/guatemala": [(-90.51, 14.63)],
    "central-america/belize": [(-88.77, 17.25)],
    "central-america/el-salvador": [(-89.19, 13.69)],
    "central-america/honduras": [(-88.03, 15.5)],
    "central-america/nicaragua": [(-87.58, 13.06), (-86.75, 13.75)],
    "central-america/cuba": [(-84.95, 21.85)],
}


@pytest.mark.parametrize("border", ["us-mx", "mx-gt"])
def test_a_border_names_the_extracts_that_its_ground_lies_in(border: str) -> None:
    folder = BORDER.parents[2] / "data" / "raw" / "gazetteer"
    rows = csv.DictReader((folder / "border_vertices.csv").open(encoding="utf-8"))
    course = [(float(row["lon"]), float(row["lat"])) for row in rows if row["border"] == border]
    file = borderfile.read(BORDER.with_name(f"{border}.toml"))
    deep = wanted.fetch_area([LineString(course)], file.big_roads_km).deep
    met = {
        name
        for name, points in REGIONS.items()
        if any(deep.contains(shapely.Point(point)) for point in points)
    }
    assert set(file.extracts) == met
