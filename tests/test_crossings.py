"""Known answers to where ways cross a border, drawn and run through the real stages."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.geo import distance_m
from pipeline.measures import crossing_merge
from tests.world import World, border_toml, degrees, draw, of_mode, run, shifted, table, world

WEAVE = "-20,-5 -10,-0.5 -8,0.5 -6,-0.5 -4,0.5 -2,-0.5"
MEASURES = ["mode", "status", "counted", "class", "n_links", "lanes", "border_km", "span_m"]


def measures(found: World, columns: list[str] = MEASURES) -> pd.DataFrame:
    rows = found.crossings[columns].copy()
    for column in ("border_km", "span_m"):
        rows[column] = rows[column].round(3 if column == "border_km" else 0) + 0.0
    return rows.sort_values(columns).reset_index(drop=True)


def test_a_dual_carriageway_is_one_crossing(tmp_path: Path) -> None:
    found = world(
        tmp_path,
        "0,-30 0,30 motorway oneway=yes lanes=3",
        "0.05,30 0.05,-30 motorway oneway=yes lanes=2",
    ).roads()
    assert len(found) == 1
    assert found[["n_links", "lanes", "counted"]].to_numpy().tolist() == [[2, 5, True]]
    assert found["span_m"][0] == pytest.approx(50, abs=0.1)
    assert found["border_km"][0] == pytest.approx(60.025, abs=0.001)


def test_two_roads_are_two_crossings_of_one_site(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-5 0,5 primary", "0.249,-5 0.249,5 track", "0.6,-5 0.6,5 track")
    roads = found.roads()
    assert roads["n_links"].tolist() == [1, 1, 1]
    assert roads["class"].tolist() == ["primary", "track", "track"]
    first = roads["crossing_id"][0]
    assert roads["site_250m"].tolist() == [
        *[f"site-{first}"] * 2,
        f"site-{roads['crossing_id'][2]}",
    ]
    assert set(roads["site_10km"]) == {f"site-{first}"}


def test_counts_by_what_is_taken_for_one_crossing(tmp_path: Path) -> None:
    """Carriageways 150 and 300 m apart; a closed, a restricted one and a graze are in none."""
    found = world(
        tmp_path, "0,-5 0,5 primary oneway=yes", "0.15,5 0.15,-5 primary oneway=yes",
        "1,-5 1,5 primary oneway=yes", "1.3,5 1.3,-5 primary oneway=yes",
        "3,-5 3,5 road access=no", "6,-5 6,5 track access=forestry", "9,-5 9,0.2 track",
    )  # fmt: skip
    merges = table(found.folder / "crossings", "crossing_merges").set_index(["mode", "merge_m"])
    roads = merges["crossings"]["road"]
    assert roads.to_dict() == {100: 4, 250: 3, 500: 2}
    assert merges["crossings"]["rail"].to_dict() == {100: 0, 250: 0, 500: 0}
    rows = found.roads()
    shown = (rows["status"] != "closed") & (rows["class"] != "restricted")
    assert roads[250] == shown.sum() == rows["in_headline"].sum()
    assert len(rows) == 5


def test_sites_do_not_chain(tmp_path: Path) -> None:
    ways = [f"{x},-5 {x},5 residential" for x in (0, 0.115, 0.23, 0.345, 0.459)]
    found = world(tmp_path, *ways).roads()
    assert found["n_links"].tolist() == [1] * 5
    along_m = found.groupby("site_250m")["border_km"].agg(np.ptp) * 1000
    assert len(along_m) == 2
    assert along_m.max() <= 250


def test_a_riverside_road_that_weaves_over_and_stays_is_one_crossing_of_one_way(
    tmp_path: Path,
) -> None:
    found = world(tmp_path, f"{WEAVE} 0,0.5 10,5 primary lanes=2").roads()
    assert found[["n_links", "lanes", "counted"]].to_numpy().tolist() == [[1, 2, True]]
    assert found["span_m"][0] == pytest.approx(8000, abs=1)


def test_a_riverside_road_that_weaves_and_comes_back_is_a_graze(tmp_path: Path) -> None:
    found = world(tmp_path, f"{WEAVE} 10,-5 primary")
    assert len(found.roads()) == 0
    assert len(found.roads(counted=False)) == 1
    assert len(found.members) == 5


def test_the_stretch_between_two_hits_counts_as_deep_from_through_km_on(tmp_path: Path) -> None:
    bow = "-5,-5 0,0.9 5,-5 primary"
    assert len(world(tmp_path / "shallow", bow).roads()) == 0
    # Both hits then lead from deep ground to deep ground.
    assert len(world(tmp_path / "deep", bow, through_km=0.8).roads()) == 2


def test_a_side_road_off_a_shallow_piece_makes_it_deep(tmp_path: Path) -> None:
    found = world(tmp_path, "-5,-5 0,0.5 5,-5 primary", "0,0.5 0,20 track").roads()
    assert found["border_km"].round(2).tolist() == [59.55, 60.45]


@pytest.mark.parametrize("line", ["-60,0 60,0", "-60,0 0,0 60,0", "-60,0 60,0 60,0'"])
def test_a_node_on_the_line_is_crossed_once(tmp_path: Path, line: str) -> None:
    found = world(tmp_path, "0,-5 0,0 0,5 primary", borders={"AA BB": [line]})
    assert found.crossings["crossing_id"].tolist() == ["road-n2"]
    assert found.crossings["n_links"].tolist() == [1]
    assert found.members["link_id"].tolist() == ["w1.0", "w1.1"]


def test_two_roads_that_meet_on_the_line_cross_there(tmp_path: Path) -> None:
    found = world(tmp_path, "-5,-5 0,0 primary", "0,0 5,5 track", "3,4 0,0 service").roads()
    assert found["n_links"].tolist() == [1]  # on the side where fewer ways lead to the line


@pytest.mark.parametrize("line", ["-60,0 60,0", "-60,0 0,0 60,0"])
@pytest.mark.parametrize("road", ["-5,-5 0,0 5,-5 primary", "0,-5 0,0 primary"])
def test_a_road_that_only_touches_the_line_is_a_graze(tmp_path: Path, line: str, road: str) -> None:
    found = world(tmp_path, road, borders={"AA BB": [line]})
    assert found.crossings["counted"].tolist() == [False]


@pytest.mark.parametrize("line", ["-60,0 60,0", "60,0 10,0 3,0 0,0 -60,0"])
def test_a_road_that_runs_on_the_line_is_one_crossing_of_one_way(tmp_path: Path, line: str) -> None:
    road = "-5,-5 0,0 10,0 15,5 primary"
    found = world(tmp_path, road, borders={"AA BB": [line]})
    assert found.roads()["n_links"].tolist() == [1]
    assert found.roads()["span_m"][0] == pytest.approx(10000, abs=1)
    on_line = found.links[found.links["side"] == "border"]
    assert on_line["length_m"].sum() == pytest.approx(10000, abs=1)


def test_a_border_way_that_is_itself_a_road_belongs_to_the_network(tmp_path: Path) -> None:
    shared = {"AA BB": ["-60,0 0,0", "0,0 10,0 highway=track", "10,0 60,0"]}
    found = world(tmp_path, "-5,-5 0,0 primary", "10,0 15,5 primary", borders=shared)
    assert found.roads()[["n_links", "class"]].to_numpy().tolist() == [[1, "primary"]]
    track = found.links[found.links["class"] == "track"]
    assert set(track["side"]) == {"border"}
    assert track["length_m"].sum() == pytest.approx(10000, abs=1)


def test_rail_beside_a_road_is_a_crossing_of_its_own(tmp_path: Path) -> None:
    found = world(
        tmp_path, "0,-5 0,5 primary", "0.03,-5 0.03,5 rail passenger_lines=2", "0.06,-5 0.06,5 path"
    )
    assert found.crossings["mode"].tolist() == ["foot", "rail", "road"]
    assert found.crossings["n_links"].tolist() == [1, 1, 1]


TAGS = {
    "primary": ("road", "unmarked", "primary"),
    "primary motor_vehicle=no": ("foot", "unmarked", "path"),
    "primary access=no": ("road", "closed", "primary"),
    "primary access=no motor_vehicle=yes": ("road", "unmarked", "primary"),
    "track motor_vehicle=forestry": ("road", "unmarked", "restricted"),
    "track motor_vehicle=agricultural;forestry": ("road", "unmarked", "restricted"),
    "service access=permit": ("road", "unmarked", "restricted"),
    "track informal=yes": ("road", "informal", "track"),
    "rail": ("rail", "unmarked", "rail"),
    "railway=disused": ("rail", "closed", "rail"),
    "disused:railway=narrow_gauge": ("rail", "closed", "narrow_gauge"),
    "railway=rail access=no": ("rail", "closed", "rail"),
    "railway=tram": ("rail", "unmarked", "tram"),
    "railway=preserved": ("rail", "unmarked", "preserved"),
    "railway=rail disused=yes": ("rail", "closed", "rail"),
    "highway=disused": ("road", "closed", "unclassified"),
    "route=ferry motor_vehicle=yes": ("road", "unmarked", "ferry"),
    "route=ferry foot=yes motor_vehicle=no": ("foot", "unmarked", "ferry"),
    "route=ferry motor_vehicle=yes access=no": ("road", "unmarked", "ferry"),
    "footway": ("foot", "unmarked", "footway"),
    "footway informal=yes": ("foot", "informal", "footway"),
}
NOTHING = ("railway=abandoned", "primary motor_vehicle=no foot=no", "construction", "railway=gone")


def test_tags_say_the_mode_status_and_class_of_a_crossing(tmp_path: Path) -> None:
    ways = [f"{x},-5 {x},5 {text}" for x, text in enumerate((*TAGS, *NOTHING))]
    found = world(tmp_path, *ways).crossings.sort_values("border_km")
    got = found[["mode", "status", "class"]].itertuples(index=False, name=None)
    assert list(got) == list(TAGS.values())
    assert found["counted"].all()


CONTROLS = {
    "on the line": ("0,-5 0,0 0,5 primary", "0,0", "official"),
    "a node of the road": ("0,-5 0,0.5 0,5 primary", "0,0.5", "official"),
    "before the first junction": (
        "0,-5 0,0.5 0,0.6 0,5 primary|0,0.6 3,3 track", "0,0.5", "official"),
    "at the first junction": ("0,-5 0,0.5 0,5 primary|0,0.5 3,3 track", "0,0.5", "official"),
    "behind the first junction": (
        "0,-5 0,-0.5 0,-0.4 0,5 primary|0,-0.4 3,-3 track", "0,-0.5", "official"),
    "a path is no junction of roads": (
        "0,-5 0,-0.5 0,-0.4 0,5 primary|0,-0.4 3,-3 path", "0,-0.5", "official"),
    "on a slower way inland": (
        "0,-5 0,-0.4 0,5 primary|0,-0.4 1,-1.4 1,-3 track", "1,-1.4", "unmarked"),
    "within two kilometres": ("0,-5 0,1.99 0,5 primary", "0,1.99", "official"),
    "beyond two kilometres": ("0,-5 0,2.01 0,5 primary", "0,2.01", "unmarked"),
    "a building beside": ("0,-5 0,5 primary", "0.09,0.5", "official"),
    "a building near the main road": ("0,-5 0,5 primary", "0.19,0.5", "official"),
    "a building away": ("0,-5 0,5 primary", "0.21,0.5", "unmarked"),
    "a building 110 m from a track": ("0,-5 0,5 track", "0.11,0.5", "unmarked"),
    "on another road": ("0,-5 0,5 primary|2,-5 2,0.5 2,5 path", "2,0.5", "unmarked"),
}  # fmt: skip


def test_a_control_makes_a_crossing_official(tmp_path: Path) -> None:
    ways, points = [], {}
    for row, (roads, at, _) in enumerate(CONTROLS.values()):
        ways += [shifted(road, 4 * row) for road in roads.split("|")]
        points[shifted(at, 4 * row)] = "barrier=border_control name=Post"
    found = world(tmp_path, *ways, points=points).roads()
    expected = [status for _, _, status in CONTROLS.values()]
    assert dict(zip(CONTROLS, found["status"], strict=True)) == dict(
        zip(CONTROLS, expected, strict=True)
    )
    names = ["Post" if status == "official" else None for status in expected]
    assert found["name"].tolist() == names


def test_other_posts_make_no_crossing_official(tmp_path: Path) -> None:
    others = ["amenity=police", "office=government", "barrier=toll_booth", "military=barracks"]
    ways = [f"{x},-5 {x},0.5 {x},5 primary" for x in range(len(others))]
    points = {f"{x},0.5": tag for x, tag in enumerate(others)}
    found = world(tmp_path, *ways, points=points).roads()
    assert found["status"].tolist() == ["unmarked"] * len(others)


def test_a_control_on_the_road_is_none_of_the_railway(tmp_path: Path) -> None:
    found = world(
        tmp_path,
        *("0,-5 0,0.5 0,5 primary", "0.06,-5 0.06,5 rail"),
        points={"0,0.5": "barrier=border_control"},
    ).crossings
    assert found.set_index("mode")["status"].to_dict() == {"road": "official", "rail": "unmarked"}


CLOSED = {
    "a closed way": (["0,-5 0,5 primary access=no"], [("closed", True)]),
    "a closed bridge in an open road": (
        ["0,-5 0,-0.1 primary", "0,-0.1 0,0.1 primary access=no", "0,0.1 0,5 primary"],
        [("closed", True)]),
    "closed from the line on": (
        ["0,-5 0,0 primary", "0,0 0,5 primary access=no"], [("closed", True)]),
    "open over the line, disused before ground is deep": (
        ["0,-5 0,0.8 rail", "0,0.8 0,5 railway=disused"], [("closed", True)]),
    "open stubs over the line": (["0,-5 0,0.8 rail"], [("unmarked", False)]),
    "a stub": (["0,-5 0,-0.1 primary", "0,-0.1 0,0.1 primary access=no"], [("closed", False)]),
    "beside an open one": (
        ["0,-5 0,5 primary", "0.1,-5 0.1,5 primary access=no"],
        [("unmarked", True), ("closed", True)]),
    "open until the line, and another way on": (
        ["0,-5 0,0 primary", "0,0 0,5 primary access=no", "0,0 2,5 track"], [("unmarked", True)]),
}  # fmt: skip


def test_a_closed_crossing_is_found_and_never_open(tmp_path: Path) -> None:
    ways = [
        shifted(way, 5 * row) for row, (drawn, _) in enumerate(CLOSED.values()) for way in drawn
    ]
    found = world(tmp_path, *ways).crossings.sort_values("border_km")
    case = ((found["border_km"] - 60) / 5).round().astype(int)
    for row, (name, (_, expected)) in enumerate(CLOSED.items()):
        mine = found[case == row]
        assert list(zip(mine["status"], mine["counted"], strict=True)) == expected, name


def test_a_road_into_a_third_country_crosses_nothing(tmp_path: Path) -> None:
    borders = {"AA BB": ["-60,0 40,0"], "AA CC": ["40,0 40,-80"], "BB CC": ["40,0 60,60"]}
    ways = ["50,-30 50,50 primary", "0,-30 0,30 primary", "0,-20 50,-20 50,40 0,40 track"]
    found = world(tmp_path, *ways, borders=borders)
    assert found.crossings["crossing_id"].str.startswith("road-n2").all()
    assert found.roads()["border_km"].round(3).tolist() == [60]


def test_a_road_through_a_shallow_corner_of_a_third_country_is_no_crossing(tmp_path: Path) -> None:
    borders = {"AA BB": ["-60,0 40,0"], "AA CC": ["40,0 60,-40"], "BB CC": ["40,0 60,40"]}
    found = world(tmp_path, "40.2,-5 40.2,5 primary", borders=borders)
    assert not len(found.crossings)
    assert (found.nodes["kind"] == "third_border").sum() == 2


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("beyond", ["45,-0.5 80,-20", "40.5,-0.5 40.5,20"])
def test_deep_ground_past_another_line_is_not_deep_ground_of_the_pair(
    tmp_path: Path, beyond: str, turned: bool
) -> None:
    # Half a kilometre into AA, then on into CC, or over the line where it was only prolonged.
    road = f"30,20 39,0.5 39,-0.5 {beyond}".split()
    borders = {"AA BB": ["-60,0 40,0"]}
    if beyond.startswith("45"):
        borders |= {"AA CC": ["40,0 40,-80"], "BB CC": ["40,0 60,60"]}
    way = " ".join([*(road[::-1] if turned else road), "primary"])
    found = world(tmp_path, way, borders=borders).crossings
    assert found["counted"].tolist() == [False]


def test_an_enclave_is_entered_and_left(tmp_path: Path) -> None:
    ring = "10,-20 10,-10 25,-10 25,-20 10,-20"
    found = world(tmp_path, "20,-30 20,30 primary", borders={"AA BB": ["-60,0 60,0", ring]})
    # Kilometres of the ring follow those of the line.
    assert found.roads()["border_km"].round(1).tolist() == [80, 140, 160]
    inside = found.links[found.links["link_id"].isin(found.members["link_id"])]
    assert inside["side"].value_counts().to_dict() == {"AA": 2, "BB": 2}


def test_a_line_that_is_all_ring_needs_no_prolonging(tmp_path: Path) -> None:
    ring = "10,-20 10,-10 25,-10 25,-20 10,-20"
    anchors = {"AA": ["0,50"], "BB": ["20,-15"]}
    found = world(tmp_path, "20,-30 20,30 track", borders={"AA BB": [ring]}, anchors=anchors)
    assert len(found.roads()) == 2
    assert found.provenance["line"] == "complete between its neighbours"


def test_a_road_through_a_gap_in_the_line_crosses_it(tmp_path: Path) -> None:
    gap = {"AA BB": ["-60,0 10,0", "16,0 60,0"]}
    found = world(tmp_path, "0,-30 0,30 primary", "13,-30 13,30 primary", borders=gap)
    assert len(found.roads()) == 2
    assert "gap of 6.0 km in the line closed straight" in found.provenance["line"]


def test_a_mode_with_no_links_has_no_crossings(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-30 0,-1 primary")
    assert not len(found.crossings)
    assert not len(found.members)


STEP = st.tuples(st.sampled_from([0.1, 0.4, 2.0]), st.integers(-30, 30).filter(bool))
ROADS = st.lists(st.lists(STEP, min_size=2, max_size=9), min_size=5, max_size=5)
APART_KM = 22


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
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


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
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


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
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
    pd.testing.assert_frame_equal(*tables, atol=0.002, check_exact=False)


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


def test_crossings_stand_where_the_way_meets_the_line(tmp_path: Path) -> None:
    found = world(tmp_path, "-10,-10 10,10 primary", "5,-5 5,5 rail")
    for mode, point in (("road", "0,0"), ("rail", "5,0")):
        at = of_mode(found, mode)["geometry"].iloc[0]
        assert (at.x, at.y) == pytest.approx(degrees(point), abs=1e-6)


def test_a_road_that_weaves_over_the_line_by_the_thousand_is_one_crossing(tmp_path: Path) -> None:
    east = np.linspace(-8, 8, 10_000)
    north = 0.05 * np.sin(np.arange(len(east)) / 3)
    north[0], north[-1] = -30, 30
    points = [f"{x:.6f},{y:.6f}" for x, y in zip(east, north, strict=True)]
    ways = [" ".join(points[k : k + 2000]) + " tertiary" for k in range(0, len(points) - 1, 1999)]
    found = world(tmp_path, *ways)
    assert len(found.members) > 1000
    assert len(found.roads()) == 1


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
