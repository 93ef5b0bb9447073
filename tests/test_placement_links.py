"""Walks and transfers that posts are placed beside, from tables alone."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.core import schema
from pipeline.measures import placement_links
from tests import drawn

# Roads at 3 and -2 km along the line; a railway 1 km deep; a road on the line itself.
PLACES: drawn.Places = {
    "a": (0, -2), "b": (10, -2), "c": (0, 3), "d": (10, 3), "e": (0, -1), "f": (10, -1),
    "x": (20, 0), "g": (20, -2), "h": (20, 3),
}  # fmt: skip
LINKS = ("a-b", "c-d", "e-f rail", "g-x", "x-h")


def at(*km: tuple[float, float]) -> gpd.GeoSeries:
    """Points so many km along the line and off it."""
    return gpd.GeoSeries(
        [Point(x * drawn.DEGREES_PER_KM, y * drawn.DEGREES_PER_KM) for x, y in km], crs=schema.CRS
    )


def ends(found: gpd.GeoDataFrame) -> dict[str, tuple[str, str]]:
    rows = found[["link_id", "from_node", "to_node"]].itertuples(index=False)
    return {link: (start, end) for link, start, end in rows}


def test_a_walk_joins_the_nearer_ends_of_the_nearest_roads() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS)
    walked = pd.DataFrame({"border_km": [2, 4, 5, 6, 19], "walk_minutes": [50.0, 60, 70, 80, 90]})
    middles = at((2, 0), (4.9, 0), (5.1, 0), (9, 0), (19.9, 0))
    found = placement_links.walks(nodes, links, ("AA", "BB"), middles, walked)
    assert ends(found) == {
        "walk.2": ("a", "c"), "walk.4": ("a", "c"), "walk.5": ("b", "d"), "walk.6": ("b", "d"),
        # Of a road that ends on the line the other end.
        "walk.19": ("g", "h"),
    }  # fmt: skip
    assert found["minutes"].tolist() == [50, 60, 70, 80, 90]
    assert set(found["kind"]) == {"walk"}
    line = found.geometry.iloc[0]
    assert line.coords[0] == pytest.approx((0, -2 * drawn.DEGREES_PER_KM))
    assert line.coords[1] == pytest.approx((0, 3 * drawn.DEGREES_PER_KM))


def test_a_walk_without_a_road_on_one_side_is_none() -> None:
    nodes, links = drawn.draw(PLACES, "a-b", "e-f rail")
    walked = pd.DataFrame({"border_km": [2], "walk_minutes": [50.0]})
    found = placement_links.walks(nodes, links, ("AA", "BB"), at((2, 0)), walked)
    assert len(found) == 0
    assert len(placement_links.walks(nodes, links, ("AA", "BB"), at(), walked[:0])) == 0


def stations(*rows: tuple[str, float, float, str]) -> gpd.GeoDataFrame:
    names = {"station_id": [name for name, *_ in rows], "side": [side for *_, side in rows]}
    return gpd.GeoDataFrame(names, geometry=at(*((x, y) for _, x, y, _ in rows)))


def test_a_transfer_joins_road_and_railway_of_the_stations_side() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS, "c-d rail")
    given = stations(("s1", 1, -1, "AA"), ("s2", 9, 2.9, "BB"), ("s3", 9, -1, "AA"))
    found = placement_links.transfers(nodes, links, given, 20.0)
    # Where road and railway share the node there is nothing to join.
    assert ends(found) == {"transfer.s1": ("a", "e"), "transfer.s3": ("b", "f")}
    assert found["minutes"].tolist() == [20.0, 20.0]
    assert set(found["kind"]) == {"transfer"}
    assert len(placement_links.transfers(nodes, links, given[:0], 20.0)) == 0
