"""Crossings of random roads: the definition word by word, and changes without effect.

`WIDER=20 pytest tests/test_crossing_laws.py` draws twenty times as many.
"""

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.geo import distance_m
from pipeline.measures import crossing_merge
from tests.world import World, border_toml, draw, run, world

WIDER = int(os.environ.get("WIDER", "1"))
MEASURES = ["mode", "status", "counted", "class", "n_links", "lanes", "border_km", "span_m"]


def measures(found: World, columns: list[str] = MEASURES) -> pd.DataFrame:
    rows = found.crossings[columns].copy()
    for column in ("border_km", "span_m"):
        rows[column] = rows[column].round(3 if column == "border_km" else 0) + 0.0
    return rows.sort_values(columns).reset_index(drop=True)


STEP = st.tuples(st.sampled_from([0.1, 0.4, 2.0]), st.integers(-30, 30).filter(bool))
ROADS = st.lists(st.lists(STEP, min_size=2, max_size=9), min_size=5, max_size=5)
APART_KM = 22


@settings(max_examples=5 * WIDER, deadline=None, suppress_health_check=list(HealthCheck))
@given(roads=ROADS)
def test_winding_roads_against_the_definition_word_for_word(
    tmp_path_factory: pytest.TempPathFactory, roads: list[list[tuple[float, int]]]
) -> None:
    courses = [
        [
            (float(x_km), depth / 10)
            for x_km, (_, depth) in zip(np.cumsum([s for s, _ in steps]), steps, strict=True)
        ]
        for steps in roads
    ]
    starts = [APART_KM * row - 55 for row in range(len(courses))]
    ways = [
        " ".join([*(f"{start + x:g},{y:g}" for x, y in course), "primary"])
        for start, course in zip(starts, courses, strict=True)
    ]
    # Both sides are mapped far deeper than the roads that are looked at: their ends are no stubs.
    deep = ("59,-3 59,-40 primary", "59,3 59,40 primary")
    found = world(tmp_path_factory.mktemp("winding"), *ways, *deep)
    for counted in (True, False):
        expected = [
            60 + start + x
            for start, course in zip(starts, courses, strict=True)
            for x in by_hand(course, counted=counted)
        ]
        got = found.roads(counted=counted)["border_km"]
        assert got.tolist() == pytest.approx(expected, abs=0.002)


def by_hand(road: list[tuple[float, float]], *, counted: bool) -> list[float]:
    """Where a road crosses y = 0: hits, joined over shallow pieces."""
    hits, pieces = [], [abs(road[0][1])]
    for (x_a, y_a), (x_b, y_b) in itertools.pairwise(road):
        if y_a * y_b < 0:
            hits.append(x_a + (x_b - x_a) * y_a / (y_a - y_b))
            pieces.append(0.0)
        pieces[-1] = max(pieces[-1], abs(y_b))
    groups: list[list[int]] = []
    for hit in range(len(hits)):
        joined = hit > 0 and pieces[hit] < 1
        groups = [*groups[:-1], [*groups[-1], hit]] if joined else [*groups, [hit]]
    deep_sides = [
        {piece % 2 for piece in range(group[0], group[-1] + 2) if pieces[piece] >= 1}
        for group in groups
    ]
    kept = [
        (hits[group[0]], hits[group[-1]])
        for group, sides in zip(groups, deep_sides, strict=True)
        if (len(sides) == 2) == counted
    ]
    return [(low + high) / 2 for low, high in kept]


SPOT = st.tuples(st.sampled_from([0, 0.1, 0.2, 1, 3]), st.sampled_from([-12, -3, -0.5, 0, 0.5, 3]))
WORDS = st.sampled_from(
    ["primary", "track", "rail", "path", "primary oneway=yes lanes=3", "track access=no"]
)
WAYS = st.lists(st.tuples(st.lists(SPOT, min_size=2, max_size=4), WORDS), min_size=1, max_size=7)
Drawn = list[tuple[list[tuple[float, float]], str]]


def written(ways: Drawn, north: int = 1) -> list[str]:
    return [" ".join([*(f"{x:g},{north * y:g}" for x, y in way), text]) for way, text in ways]


@settings(max_examples=5 * WIDER, deadline=None, suppress_health_check=list(HealthCheck))
@given(ways=WAYS, seed=st.integers(0, 9))
def test_the_order_numbers_and_direction_of_ways_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, ways: Drawn, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("same")
    generator = np.random.default_rng(seed)
    turned = [
        (way[::-1], text.replace("oneway=yes", "oneway=-1"))
        for way, text in (ways[row] for row in generator.permutation(len(ways)))
    ]
    line = {"AA BB": ["60,0 0,0", "-60,0 0,0"]}
    one = world(folder / "one", *written(ways))
    other = world(folder / "other", *written(turned), borders=line)
    pd.testing.assert_frame_equal(measures(one), measures(other))
    same_links(one, other, 1)


@settings(max_examples=4 * WIDER, deadline=None, suppress_health_check=list(HealthCheck))
@given(ways=WAYS)
def test_a_mirror_image_swaps_the_sides_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, ways: Drawn
) -> None:
    folder = tmp_path_factory.mktemp("mirror")
    one = world(folder / "one", *written(ways))
    other = world(folder / "other", *written(ways, north=-1))
    pd.testing.assert_frame_equal(measures(one), measures(other))
    same_links(one, other, -1)


def same_links(one: World, other: World, north: int) -> None:
    """Links alike but for their ids and the way they are drawn; `north` -1 mirrors the sides."""
    swap = {"AA": "BB", "BB": "AA"} if north < 0 else {}
    tables = []
    for found, mirror in ((one, {}), (other, swap)):
        links = found.links.copy()
        links["side"] = links["side"].replace(mirror)
        depths = links[["depth_min_km", "depth_max_km"]] * (-1 if mirror else 1)
        links["low"], links["high"] = depths.min(axis=1), depths.max(axis=1)
        links["lanes_both"] = links["lanes_forward"] + links["lanes_backward"]
        columns = ["mode", "state", "class", "side", "oneway", "lanes_both", "low", "high"]
        links = links[[*columns, "length_m", "minutes"]].round(3)
        links[["low", "high"]] += 0.0
        tables.append(links.sort_values([*links.columns]).reset_index(drop=True))
    pd.testing.assert_frame_equal(tables[0], tables[1], atol=0.002, check_exact=False)


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    ways = ["0,-30 0,30 primary", "1,-30 1,30 rail", "0,5 1,5 service"]
    border = border_toml(tmp_path)
    contents = []
    for _ in range(2):
        run(draw(tmp_path, *ways), border)
        tables = sorted(tmp_path.rglob("*.parquet"))
        contents.append([table.read_bytes() for table in tables])
    assert contents[0] == contents[1]
    assert len(contents[0]) > 10


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 15)), max_size=12))
@settings(max_examples=40)
def test_no_two_crossings_of_a_site_lie_farther_apart_than_it_may(
    at: list[tuple[float, float]],
) -> None:
    """And no two sites could be one: complete linkage, not a chain that swallows a valley."""
    rows = pd.DataFrame({"geometry": [shapely.Point(*(km / 111.32 for km in one)) for one in at]})
    site = crossing_merge.sites_of(rows)
    lon, lat = shapely.get_coordinates(rows["geometry"].to_numpy()).T
    spread_km = {
        pair: max(
            distance_m(*(np.full(1, v) for v in (lon[a], lat[a], lon[b], lat[b])))[0] / 1000
            for a in np.flatnonzero(site == pair[0])
            for b in np.flatnonzero(site == pair[1])
        )
        for pair in itertools.combinations_with_replacement(range(site.max(initial=-1) + 1), 2)
    }
    assert all(
        km <= crossing_merge.SITE_KM for (one, other), km in spread_km.items() if one == other
    )
    assert all(
        km > crossing_merge.SITE_KM for (one, other), km in spread_km.items() if one != other
    )
