"""Known answers to where ways cross a border, drawn and run through the real stages."""

from pathlib import Path

import numpy as np
import pytest

from tests.world import degrees, of_mode, table, world

WEAVE = "-20,-5 -10,-0.5 -8,0.5 -6,-0.5 -4,0.5 -2,-0.5"


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


@pytest.mark.parametrize(
    ("bend", "end", "length_m", "side"),
    [
        ("45,34", "50,30", 10_000, "AA"),
        ("45,26", "50,30", 10_000, "BB"),
        # One segment, both of whose ends are on the line.
        ("40.1,30.1", "40.2,30", 200, "AA"),
        ("40.1,29.9", "40.2,30", 200, "BB"),
    ],
)
def test_a_road_between_two_places_on_a_bent_line_lies_where_its_middle_does(
    tmp_path: Path, bend: str, end: str, length_m: float, side: str
) -> None:
    line = f"-60,30 40,30 {bend} {end} 60,30"
    found = world(tmp_path, f"35,20 40,30 {end} 55,40 primary", borders={"AA BB": [line]})
    between = found.links[found.links["length_m"].between(length_m - 1, length_m + 1)]
    assert between["side"].tolist() == [side]
    assert set(found.links["side"]) == {"AA", "BB"}


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
    assert "gap of 6.0 km in the line bridged by a straight line" in found.provenance["line"]


def test_a_mode_with_no_links_has_no_crossings(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-30 0,-1 primary")
    assert not len(found.crossings)
    assert not len(found.members)


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
