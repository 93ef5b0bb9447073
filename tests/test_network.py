"""Known nodes and links for drawn ways, run through the real stage."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline.network import contract, read
from pipeline.network import segments as pieces
from pipeline.network.contract import nodes_and_links
from tests.frames import cells
from tests.world import (
    WGS84,
    World,
    border_toml,
    country_tags,
    degrees,
    draw,
    position,
    run,
    world,
    write,
)


def between(found: World, one: str, other: str) -> pd.DataFrame:
    """Links between two nodes, however drawn."""
    links = found.links
    forth = (links["from_node"] == one) & (links["to_node"] == other)
    back = (links["from_node"] == other) & (links["to_node"] == one)
    return links[forth | back]


def names(found: World, kind: str) -> list[str]:
    return sorted(found.nodes.loc[found.nodes["kind"] == kind, "node_id"])


def test_a_link_runs_from_junction_to_junction(tmp_path: Path) -> None:
    found = world(tmp_path, "0,3 1,3 2,3 primary", "2,3 3,3 secondary lanes=4", "2,3 2,4 4,4 track",
                  "3,3 4,3 primary name=Main lanes=3")  # fmt: skip
    assert found.links["link_id"].tolist() == ["w1.0", "w2.0", "w3.0"]
    assert names(found, "junction") == ["n3"]
    assert names(found, "end") == ["n1", "n6", "n7"]
    # A link is of the worst class of its ways, has the fewest lanes, and the longest name.
    link = found.links.iloc[1]
    assert (link["class"], link["lanes"], link["name"]) == ("secondary", 3, "Main")
    assert link["length_m"] == pytest.approx(2000, rel=1e-4)
    assert len(link["geometry"].coords) == 3


def test_ids_are_those_of_osm(tmp_path: Path) -> None:
    nodes: dict[int, tuple[tuple[float, float], dict[str, str]]] = {
        n: (degrees(f"{n % 10},3"), {}) for n in (70, 81, 82, 95)
    }
    nodes |= {n: (degrees(f"{x},0"), {}) for n, x in ((1, -60), (2, 60))}
    ways = {900: ([70, 81, 82], {"highway": "track"}), 901: ([95, 81], {"railway": "rail"}),
            905: ([95, 81], {"highway": "path"}), 999: ([1, 2], {"boundary": "x"})}  # fmt: skip
    raw = write(tmp_path / "raw.osm", nodes, ways, {
        n: ([999], country_tags(code)) for n, code in enumerate(("AA", "BB"))})  # fmt: skip
    found = run(raw, border_toml(tmp_path))
    assert found.links["link_id"].tolist() == ["r901.0", "w900.0", "w900.1", "w905.0"]
    assert found.nodes["node_id"].tolist() == ["n70", "n81", "n82", "n95", "r81", "r95"]


def test_lengths_are_geodesic_and_added_vertices_are_not_drawn(tmp_path: Path) -> None:
    found = world(tmp_path, "0,1 30,1.5 31,9 track", depths_km=[40], origin_km=40)
    assert len(found.links) == 1
    course = [degrees(point) for point in ("0,1", "30,1.5", "31,9")]
    assert list(found.links["geometry"][0].coords) == course
    length_m = WGS84.line_length(*np.array(course).T)
    assert found.links["length_m"][0] == pytest.approx(length_m, rel=1e-8)
    assert found.links["minutes"][0] == pytest.approx(length_m / 1000 / 15 * 60, rel=1e-8)


def test_a_link_is_cut_at_every_depth_exactly(tmp_path: Path) -> None:
    depths_km = [0.5, 10, 20.25, 25]
    found = world(tmp_path, "0,-30 0,30 track", "5,-10 5,10 track", depths_km=depths_km)
    at = position(found.nodes).join(found.nodes.set_index("node_id")[["kind", "depth_km"]])
    cut = at[at["kind"] == "depth"]
    signed = sorted([*depths_km, *(-km for km in depths_km)])
    own = [*signed, -0.5, 0.5]
    assert sorted(cut["depth_km"]) == sorted(own)  # ends at 10 km are no cuts, but are that deep
    assert np.allclose(cut["y_km"], cut["depth_km"], atol=0.002)
    assert sorted(at.loc[at["x_km"] == 5, "depth_km"]) == pytest.approx([-10, -0.5, 0, 0.5, 10])


def test_a_road_along_a_depth_is_not_cut_to_pieces(tmp_path: Path) -> None:
    found = world(tmp_path, "0,10 20,10 track", "25,9 35,11 45,9 track")
    lengths_m = found.links.groupby(found.links["link_id"].str.split(".").str[0])["length_m"]
    assert lengths_m.sum().tolist() == pytest.approx([20_000, 20_396], rel=1e-3)
    assert lengths_m.count()["w2"] == 3


def test_directions_follow_the_tags(tmp_path: Path) -> None:
    found = world(
        tmp_path,
        "0,3 1,3 motorway oneway=no",
        "0,3 0.5,3.5 1,3 track oneway=yes",
        "0,3 0.5,2.5 1,3 track oneway=-1 lanes=3",
        "1,3 2,3 primary lanes:forward=2 lanes:backward=1",
    ).links.set_index("link_id")
    assert found["oneway"].to_dict() == {"w1.0": False, "w2.0": True, "w3.0": True, "w4.0": False}
    against = found.loc["w3.0"]
    assert (against["from_node"], against["to_node"]) == ("n2", "n1")
    assert (against["lanes_forward"], against["lanes_backward"]) == (3, 0)
    assert against["geometry"].coords[0] == degrees("1,3")
    assert cells(found, "w4.0", "lanes_forward", "lanes_backward") == [2, 1]


def test_one_way_stretches_join_only_head_to_tail(tmp_path: Path) -> None:
    one = "primary oneway=yes"
    found = world(tmp_path, f"0,3 1,3 {one}", f"2,3 1,3 {one}", f"0,5 1,5 {one}",
                  "2,5 1,5 primary oneway=-1", f"0,7 1,7 {one}", "1,7 2,7 primary")  # fmt: skip
    assert found.links["link_id"].tolist() == ["w1.0", "w2.0", "w3.0", "w5.0", "w6.0"]
    assert names(found, "junction") == ["n2", "n8"]


def test_a_roundabout_is_one_way(tmp_path: Path) -> None:
    ring = "0,3 1,3 1,4 0,4 0,3 tertiary junction=roundabout"
    found = world(tmp_path, ring, "-1,3 0,3 tertiary", "1,4 2,4 tertiary")
    assert between(found, "n1", "n3")["oneway"].tolist() == [True, True]
    assert {*between(found, "n1", "n3")["from_node"]} == {"n1", "n3"}


def test_parallel_links_stay_two(tmp_path: Path) -> None:
    found = world(tmp_path, "0,3 1,3 2,3 track", "0,3 1,4 2,3 track", "0,3 2,3 track",
                  "0,3 0,9 path", "2,3 2,9 path", "0,3 2,3 footway")  # fmt: skip
    assert len(between(found, "n1", "n3")) == 4


def test_what_crosses_without_a_shared_node_does_not_meet(tmp_path: Path) -> None:
    found = world(tmp_path, "0,3 2,3 primary bridge=yes layer=1", "1,2 1,4 track",
                  "0,7 1,7 2,7 primary", "1,6 1,7' 1,8 track")  # fmt: skip
    assert len(found.links) == 4
    assert not names(found, "junction")


def test_a_level_crossing_joins_no_road_to_a_railway(tmp_path: Path) -> None:
    found = world(tmp_path, "0,3 1,3 2,3 primary", "1,2 1,3 1,4 rail")
    assert found.links["mode"].tolist() == ["rail", "road"]
    assert len(found.nodes) == 4


def test_a_path_may_leave_a_road_anywhere(tmp_path: Path) -> None:
    found = world(tmp_path, "0,3 1,3 2,3 primary", "1,3 1,4 footway").links
    assert found["link_id"].tolist() == ["w1.0", "w1.1", "w2.0"]
    assert found["mode"].tolist() == ["road", "road", "foot_only"]


def test_state_and_mode_part_links(tmp_path: Path) -> None:
    found = world(tmp_path, "0,3 1,3 primary", "1,3 2,3 primary access=no", "2,3 3,3 path",
                  "3,3 4,3 motorway", "0,5 1,5 rail", "1,5 2,5 railway=disused").links  # fmt: skip
    assert found.set_index("link_id")[["mode", "state", "walkable"]].to_numpy().tolist() == [
        ["rail", "open", False], ["rail", "disused", False], ["road", "open", True],
        ["road", "closed", False], ["foot_only", "open", True], ["road", "open", False],
    ]  # fmt: skip


ODD = {
    "a ring": ("0,3 1,3 1,4 0,3 track", [3414]),
    "a ring on a stalk": ("0,3 1,3 1,4 0,3 track|0,3 0,4 track", [1000, 3414]),
    "there and back": ("0,3 1,3 0,3 track", [2000]),
    "no length": ("0,3 0,3 track|1,3 2,3 track", [1000]),
    "no length, two nodes": ("0,3 0,3' track|0,3' 1,3 track", [1000]),
    "a repeated node": ("0,3 1,3 1,3 2,3 track", [2000]),
    "a figure of eight": ("0,3 1,3 1,4 0,3 -1,3 -1,4 0,3 track", [3414, 3414]),
    "one node": ("0,3 track|1,3 2,3 track", [1000]),
    "drawn twice": ("0,3 1,3 track|0,3 1,3 track", [2000]),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_ways_keep_their_length(tmp_path: Path, name: str) -> None:
    ways, lengths_m = ODD[name]
    found = world(tmp_path, *ways.split("|"))
    assert sorted(found.links["length_m"]) == pytest.approx(lengths_m, rel=1e-3)


def test_a_way_that_passes_through_the_corridor_is_kept_whole(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-150 0,150 primary", "90,-150 90,150 primary", "0,51 0,60 track",
                  corridor_km=50)  # fmt: skip
    # The second passes within 30 km of the line's end; the third does not come near.
    assert found.links["length_m"].sum() == pytest.approx(600_000, rel=1e-3)


THIRD = {"AA BB": ["-60,0 40,0"], "AA CC": ["40,0 40,-80"], "BB CC": ["40,0 60,60"]}


def test_a_third_country_has_a_side_and_no_depth(tmp_path: Path) -> None:
    ways = "30,-20 45,-20 50,-20 track", "50,-60 50,70 primary", "40,0 45,0 track"
    found = world(tmp_path, *ways, borders=THIRD)
    sides = found.links.groupby("side")["length_m"].sum() / 1000
    assert sides.to_dict() == pytest.approx({"AA": 10, "BB": 40, "CC": 105}, abs=0.1)
    assert names(found, "third_border") == ["n1.0.10", "n2.0.91"]
    third = found.links[found.links["side"] == "CC"]
    assert third[["depth_min_km", "depth_max_km"]].isna().all(axis=None)
    # What touches a third line has a depth all the same.
    reaches = cells(found.links.set_index("link_id"), "w1.0", "depth_min_km", "depth_max_km")
    assert reaches == pytest.approx([-20, -20], abs=0.01)


def test_where_the_line_was_prolonged_nothing_crosses_and_the_record_says_so(
    tmp_path: Path,
) -> None:
    found = world(
        tmp_path, "0,-30 0,30 track", "50,-30 50,30 track", borders={"AA BB": ["-60,0 40,0"]}
    )
    assert found.crossings["border_km"].round(2).tolist() == [60]
    assert len(names(found, "beyond")) == 1
    assert (
        "the line AA–BB was extended straight to the edge of the data" in found.provenance["line"]
    )
    assert "gap" not in found.provenance["line"]


def test_a_prolonged_line_ends_at_the_next_line(tmp_path: Path) -> None:
    borders = {"AA BB": ["-60,0 60,0"], "AA CC": ["-60,0 -60,-60 70,-60 70,60"]}
    found = world(tmp_path, "0,-30 0,30 primary", "80,-50 80,50 primary", borders=borders)
    assert len(found.links[found.links["side"] == "CC"]) == 1
    assert not names(found, "beyond")


def test_posts_stand_on_the_network_or_beside_it(tmp_path: Path) -> None:
    points = {
        "1,3": "barrier=border_control name=A",
        "2,3.05": "amenity=customs start_date=2014-07",
        "2.5,3.05": "amenity=police",
        "3,3.25": "amenity=customs",
        "4,3": "barrier=toll_booth",
        "5,3": "office=government government=customs",
        "6,3.01": "checkpoint=immigration",
        "1,3.5": "place=town name=Ford population=1200",
        "2,3.5": "place=hamlet population=many",
        "3,3.5": "place=suburb",
    }
    found = world(tmp_path, "0,3 1,3 4,3 5,3 8,3 primary", "0,2.97 8,2.97 rail", points=points)
    on = found.posts.set_index("post_id")
    assert on["kind"].to_dict() == {
        "n2": "border_control", "n4": "customs", "n10": "customs", "n11": "police",
        "n12": "customs", "n13": "checkpoint",
    }  # fmt: skip
    assert on["since_year"].dropna().to_dict() == {"n10": 2014}
    stands = on["node_id"].notna()
    assert set(stands[stands].index) == {"n2", "n4", "n10", "n13"}
    assert on.loc["n2", "node_id"] == "n2"
    where = position(found.nodes).loc[on.loc[["n10", "n13"], "node_id"]]
    assert np.allclose(where, [[2, 3], [6, 3]], atol=0.002)
    assert set(on.loc[stands, "mode"]) == {"road"}
    assert names(found, "post") == sorted({"n2", "n3", *on.loc[stands, "node_id"]})
    places = found.places[["name", "kind", "population", "side"]].to_numpy().tolist()
    assert places[0] == ["Ford", "town", 1200, "BB"]
    assert places[1][1] == "hamlet"
    assert np.isnan(places[1][2])
    assert len(places) == 2


def test_a_post_drawn_as_a_building_stands_at_its_middle(tmp_path: Path) -> None:
    house = "1,3.02 1.02,3.02 1.02,3.04 1,3.04 1,3.02 amenity=customs"
    found = world(tmp_path, "0,3 2,3 primary", house)
    assert found.posts["post_id"].tolist() == ["w2"]
    node = found.posts["node_id"][0]
    assert position(found.nodes).loc[node].tolist() == pytest.approx([1.01, 3], abs=0.002)
    assert len(found.links) == 2


def test_two_posts_at_one_place_share_a_node(tmp_path: Path) -> None:
    points = {
        "1,3.05": "amenity=customs",
        "1,2.95": "barrier=border_control",
        "0,3": "barrier=border_control",
    }
    found = world(tmp_path, "0,3 2,3 primary", points=points)
    assert found.posts["node_id"].tolist()[0] == "n1"
    assert found.posts["node_id"].nunique() == 2


def test_provenance_says_what_was_read_and_how(tmp_path: Path) -> None:
    raw = draw(tmp_path, "0,-5 0,5 track")
    (tmp_path / "aa-bb.record.json").write_text('{"fetched": "2018-06-01"}', encoding="utf-8")
    found = run(raw, border_toml(tmp_path))
    provenance = found.provenance
    assert provenance["raw_file"] == "drawn.osm"
    assert provenance["raw_bytes"] == str(raw.stat().st_size)
    assert provenance["countries"] == "AA BB"
    assert provenance["record_fetched"] == "2018-06-01"
    assert float(provenance["projection_scale_error"]) < 0.005


def test_a_way_of_many_vertices_is_one_link() -> None:
    count = 200_001
    lon = np.linspace(0, 20, count)
    vertices = pd.DataFrame({"osm_id": np.arange(1, count + 1), "lon": lon, "lat": np.sin(lon)})
    ways = read.Ways(
        osm_id=np.array([7]),
        tags=[{"highway": "track"}],
        start=np.array([0, count]),
        vertex=np.arange(count),
    )
    segments = pieces.of_ways(ways, np.array([0]))
    nodes, links, _ = nodes_and_links(*bare(vertices, segments), TRACK)
    assert nodes["node_id"].tolist() == ["n1", f"n{count}"]
    assert shapely.get_num_coordinates(links["geometry"])[0] == count
    length_m = WGS84.line_length(lon, np.sin(lon))
    assert links["length_m"][0] == pytest.approx(length_m, rel=1e-9)


TRACK = pd.DataFrame(
    {
        "osm_id": [7], "mode": ["road"], "walkable": [True], "class": ["track"], "state": ["open"],
        "oneway": [0], "informal": [False], "lanes": [np.nan], "lanes_forward": [1],
        "lanes_backward": [1], "speed_kmh": [15.0], "name": [None], "ref": [None],
        "form": ["way"], "free": [31], "always": [31], "hours": [None], "gauge": [None],
        "truck": [2], "truck_kmh": [60.0],
        "whole": [0], "stretch": [1.0],
    }
)  # fmt: skip


def bare(vertices: pd.DataFrame, segments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Vertices and segments of a network that no border cuts."""
    marks = dict.fromkeys(contract.STAYS, False)
    vertices = vertices.assign(**marks, side="AA", depth_km=np.nan, border_km=np.nan)
    return vertices, segments.assign(side="AA", third=False)
