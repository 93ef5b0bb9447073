"""Where data end: how deep they reach, which ends are open, and what is then not stated."""

from pathlib import Path

import osmium
import pandas as pd
import pytest
import shapely
from osmium.osm import NODE, RELATION, WAY
from pyproj import Transformer

from pipeline.core import store
from pipeline.measures import crossing_figures, depth
from pipeline.network import reach, zones
from pipeline.sources.gazetteer import gazetteer
from pipeline.stages.chokepoints import chokepoints
from pipeline.stages.network import network
from tests.frames import cells
from tests.world import World, border_toml, degrees, draw, run, world

ROOT = Path(__file__).parents[1]
STUB = "0,-0.4 0,0 0,0.05 0,20 trunk"
POST = {"0,0.05": "barrier=border_control"}


def cordons(found: World, mode: str = "road") -> pd.DataFrame:
    """The headline rows of one mode by depth."""
    toml, folder = str(found.folder / "aa-bb.toml"), found.folder
    chokepoints(str(folder / "network"), str(folder / "crossings"), toml, str(folder / "cuts"))
    rows = store.read(folder / "cuts", "cordons")
    rows = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
    return rows.set_index("depth_km")


def reach_km(found: World) -> dict[str, float]:
    table = store.read(found.folder / "network", "reach")
    whole = table[table["whole"]]
    return dict(zip(whole["side"], whole["reach_km"].round(2), strict=True))


def test_a_stub_is_a_crossing_and_the_cut_from_it_an_upper_bound(tmp_path: Path) -> None:
    found = world(tmp_path, STUB, points=POST)
    assert found.roads()["status"].tolist() == ["official"]
    rows = cordons(found)
    assert (rows["min_cut_links"][10.0], rows["is_upper_bound"][10.0]) == (1, True)
    assert rows["why_absent"][25.0] == "data on the BB side reach 20 km"
    assert rows["why_absent"][-10.0] == "data on the AA side reach 0.4 km"
    absent = rows[rows["min_cut_links"].isna()]
    assert absent["cordon_links"].isna().all() and not absent["is_upper_bound"].any()
    issues = store.read(found.folder / "network", "data_issues")
    assert issues.loc[issues["severity"] == "high", "kind"].tolist() == ["data_end"]


def test_what_rests_on_short_stubs_is_left_out_of_the_low_end(tmp_path: Path) -> None:
    """A track that ends 20 m past the line, and one that only links two stubs 300 m inside."""
    found = world(
        tmp_path, "0,-0.4 0,20 trunk", "3,-0.02 3,20 track", "6,-0.3 6,20 track",
        "9,-0.3 9,0.3 9.6,0.3 9.6,-0.3 track", depths_km=[10],
    )  # fmt: skip
    roads = found.roads()
    assert roads["class"].tolist() == ["trunk", *["track"] * 4]
    assert roads["certain"].tolist() == [True, False, True, False, False]
    rows = pd.DataFrame(crossing_figures.counts(found.crossings))
    rows = rows[(rows["mode"] == "road") & (rows["status"] == "open")].set_index("count")
    assert cells(rows, "crossings", "value", "low", "high") == [5, 2, 5]
    assert cells(rows, "lanes", "value", "low", "high") == [12, 6, 12]


def test_stubs_on_both_sides_cross_and_no_cut_is_stated(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-0.3 0,0.6 primary", "9,-0.2 9,0.3 track")
    assert len(found.roads()) == 2
    assert cordons(found)["min_cut_links"].isna().all()


def test_a_bend_over_the_line_into_unmapped_ground_is_no_stub(tmp_path: Path) -> None:
    found = world(tmp_path, "-3,20 -2,0.5 -1,-0.3 0,0.5 3,20 primary")
    assert not len(found.roads())


def test_a_dead_end_of_a_mapped_side_is_no_open_end(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-30 0,30 primary", "9,-30 9,0.4 track")
    assert found.roads()["border_km"].round().tolist() == [60]


@pytest.mark.parametrize("longer", [2 / 3, 1, 4 / 3])
def test_moving_open_ends_by_a_third_changes_no_crossing(tmp_path: Path, longer: float) -> None:
    """Twelve stubs of 40 to 700 m and a street between two of them, on a side that is mapped."""
    ends = [-longer * (0.04 + 0.06 * k) for k in range(12)]
    stubs = [f"{3 * k},20 {3 * k},{end:g} tertiary" for k, end in enumerate(ends)]
    street = "0,0.5 33,0.5 residential"
    found = world(tmp_path, *stubs, street, "-9,1 -9,20 track")
    assert len(found.roads()) == 12


def test_a_clip_that_kept_whole_ways_reaches_to_where_junctions_end(tmp_path: Path) -> None:
    """A grid clipped at 30 km: long roads to 60 km are whole, nothing joins them there."""
    xs, ys = range(-20, 21, 4), range(-40, 31, 5)
    crosswise = [" ".join(f"{x},{y}" for x in xs) + " tertiary" for y in ys if y]
    lengthwise = [" ".join([*(f"{x},{y}" for y in ys), f"{x},60"]) + " secondary" for x in xs]
    found = world(tmp_path, *lengthwise, *crosswise, depths_km=[10, 25, 50])
    assert reach_km(found)["BB"] <= 30
    rows = cordons(found)
    assert rows["min_cut_links"][25.0] == len(lengthwise)
    assert "data on the BB side reach" in rows["why_absent"][50.0]


def test_a_declared_reach_counts_before_the_measured_one_and_the_difference_is_reported(
    tmp_path: Path,
) -> None:
    raw = draw(tmp_path, "0,-40 0,40 primary")
    data = tmp_path / "data.toml"
    data.write_text("[reach_km]\nBB = 20\nAA = 90\n", encoding="utf-8")
    found = run(raw, border_toml(tmp_path), data_toml=data)
    assert reach_km(found) == {"AA": 90, "BB": 20}
    issues = store.read(tmp_path / "network", "data_issues").set_index("element")
    assert issues["severity"].to_dict() == {"side AA": "high", "side BB": "low"}


def test_an_outline_beside_the_file_tells_the_reach(tmp_path: Path) -> None:
    raw = draw(tmp_path, "0,-60 0,60 primary", "5,-60 5,60 track")
    (west, south), (east, north) = degrees("-90,-15"), degrees("90,45")
    corners = [(west, south), (east, south), (east, north), (west, north)]
    ring = "\n".join(f"   {lon:.6f}   {lat:.6f}" for lon, lat in corners)
    (tmp_path / "aa-bb.poly").write_text(f"drawn\n1\n{ring}\nEND\nEND\n", encoding="utf-8")
    found = reach_km(run(raw, border_toml(tmp_path)))
    assert found["AA"] == pytest.approx(15, rel=0.2)
    assert found["BB"] == pytest.approx(45, rel=0.2)


def test_the_record_of_the_fetch_tells_the_reach(tmp_path: Path) -> None:
    raw = draw(tmp_path, "0,-60 0,60 primary")
    (tmp_path / "aa-bb.record.json").write_text('{"big_roads_km": 50}', encoding="utf-8")
    found = run(raw, border_toml(tmp_path, depths_km=[10, 25, 50]))
    assert reach_km(found) == {"AA": 50, "BB": 50}
    assert cordons(found)["why_absent"].isna().all()
    on_foot = cordons(found, "foot")["why_absent"]
    assert on_foot[50.0] == "data on the BB side reach 25 km"
    assert on_foot[[-25.0, 25.0]].isna().all()


def test_an_enclave_of_a_kilometre_is_deep_enough_to_be_crossed_into(tmp_path: Path) -> None:
    ring = "10,-20 10,-21 11,-21 11,-20 10,-20"
    anchors = {"AA": ["0,-50"], "BB": ["10.5,-20.5"]}
    found = world(tmp_path, "10.5,-30 10.5,30 primary", borders={"AA BB": [ring]}, anchors=anchors)
    assert len(found.roads()) == 2


CUT_AT_KM = 75
CORRIDOR = ("+proj=laea +lon_0=-107 +lat_0=30", {10.0: 36, 50.0: 32})


def clip(raw: Path, target: Path) -> None:
    """What lies within CUT_AT_KM of the line that two relations share, ways kept whole."""
    plane = Transformer.from_crs("EPSG:4326", CORRIDOR[0], always_xy=True)
    owned = [{m.ref for m in one.members if m.type == "w"}
             for one in osmium.FileProcessor(str(raw), RELATION)
             if one.tags.get("ISO3166-1") in ("US", "MX")]  # fmt: skip
    courses = {
        way.id: shapely.LineString([plane.transform(n.lon, n.lat) for n in way.nodes])
        for way in osmium.FileProcessor(str(raw), NODE | WAY).with_locations()
        if way.is_way()
    }
    line = shapely.union_all([courses[way] for way in owned[0] & owned[1]])
    shapely.prepare(line)
    kept = osmium.IdTracker()
    for one in osmium.FileProcessor(str(raw)):
        if one.is_node():
            at = shapely.Point(plane.transform(one.location.lon, one.location.lat))
            near = bool(one.tags) and at.distance(line) <= 1000 * CUT_AT_KM
            if near:
                kept.add_node(one.id)
        elif one.is_relation():
            kept.add_relation(one.id)
        elif courses[one.id].distance(line) <= 1000 * CUT_AT_KM:
            kept.add_way(one.id)
            kept.add_references(one)
    with osmium.SimpleWriter(str(target)) as writer:
        for one in osmium.FileProcessor(str(raw)).with_filter(kept.id_filter()):
            writer.add(one)


def test_a_clip_of_a_real_corridor_states_no_smaller_cut(tmp_path: Path) -> None:
    """Taken at face value a clip at 75 km would give 8 at +100 km, where 31 is true.

    The whole file gives 36, 32 and 31 at 10, 50 and 100 km, undirected.
    """
    raw = tmp_path / "us-mx.osm.pbf"
    gazetteer.gazetteer(str(ROOT / "data" / "raw" / "gazetteer"), "us-mx", str(raw))
    clip(raw, tmp_path / "clip.osm.pbf")
    toml = tmp_path / "us-mx.toml"
    whole = (ROOT / "pipeline" / "borders" / "us-mx.toml").read_text("utf-8")
    whole = whole.replace("_km = 250", "_km = 190")  # nothing deeper is asked for
    toml.write_text(f"depths_km = [10, 50, 100]\n{whole}", encoding="utf-8")
    network(str(tmp_path / "clip.osm.pbf"), str(toml), str(tmp_path / "n"))
    border = reach.settled(str(tmp_path / "n"), str(toml))
    nodes, links = (store.read(tmp_path / "n", name) for name in ("nodes", "links"))
    variant = depth.Variant("road", directed=False, third_open=False)
    used = depth.network(nodes, links, (border.from_, border.to), variant)
    pairs = zones.zone_pairs(nodes, links, border)
    found = depth.profile(nodes, used, pairs, zones.reach_of(border, "road"), variant)
    stated = {one.depth_km: one.min_cut_links for one in found if one.why_absent is None}
    assert stated == CORRIDOR[1]
    absent = [one.why_absent or "" for one in found if one.depth_km not in stated]
    assert all(reason.startswith("data on the") for reason in absent)
