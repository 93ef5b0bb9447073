"""Links of a cut that are one site."""

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from pipeline.core import schema
from pipeline.measures.cut_sites import sites
from tests import drawn
from tests.two_roads import PLACES


def line(*points: tuple[float, float], ends: tuple[str, str]) -> dict[str, Any]:
    return {"geometry": LineString(points), "from_node": ends[0], "to_node": ends[1]}


def site_numbers(*lines: dict[str, Any]) -> list[int]:
    numbers: list[int] = sites(gpd.GeoDataFrame(list(lines), crs=schema.CRS)).tolist()
    return numbers


@pytest.mark.parametrize("latitude", [0.0, 60.0])
def test_links_nearer_than_250_m_are_one_site_and_chain(latitude: float) -> None:
    east = drawn.DEGREES_PER_KM / np.cos(np.radians(latitude))

    def road(km: float, name: str) -> dict[str, Any]:
        north = latitude + 5 * drawn.DEGREES_PER_KM
        return line((km * east, latitude), (km * east, north), ends=(name, f"{name}'"))

    assert site_numbers(road(0, "a"), road(0.24, "b"), road(0.48, "c"), road(0.75, "d")) == [
        0,
        0,
        0,
        1,
    ]
    assert site_numbers(road(0, "a"), road(0.26, "b")) == [0, 1]


def test_distance_is_the_same_at_every_latitude_of_one_cut() -> None:
    """Between the equator and 75° a degree of longitude shrinks to a quarter of its length."""

    def road(latitude: float, km: float) -> dict[str, Any]:
        x = km * drawn.DEGREES_PER_KM / np.cos(np.radians(latitude))
        name = f"{latitude} {km}"
        return line((x, latitude), (x, latitude - 0.001), ends=(name, f"{name}'"))

    roads = [road(latitude, km) for latitude in (0, 60, 75) for km in (30.24, 30.0, 50.26, 50.0)]
    assert site_numbers(*roads) == [0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8]
    assert site_numbers(*roads[:2]) == [0, 0]
    assert site_numbers(*roads[4:6]) == [0, 0]


def test_links_that_draw_near_in_the_far_south_are_one_site() -> None:
    x = 0.24 * drawn.DEGREES_PER_KM / np.cos(np.radians(60))
    assert site_numbers(
        line((0, -60), (0, -10), ends=("a", "b")), line((x, -60), (40, -10), ends=("c", "d"))
    ) == [0, 0]


def test_links_that_share_a_node_are_one_site() -> None:
    assert site_numbers(
        line((0, 0), (1, 1), ends=("a", "b")),
        line((5, 5), (6, 6), ends=("c", "d")),
        line((1, 1), (2, 0), ends=("b", "e")),
    ) == [0, 1, 0]


def test_no_links_are_no_sites() -> None:
    assert len(sites(drawn.draw(PLACES, "s-a")[1].iloc[:0])) == 0
