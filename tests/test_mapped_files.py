"""OpenStreetMap files and borders as people really have them: read right, or refused with a
message."""

import bz2
import re
from itertools import chain
from pathlib import Path

import osmium
import pytest

from pipeline.core import store
from pipeline.core.errors import InputError
from pipeline.network import numbers, read
from pipeline.stages.network import network
from pipeline.stages.obstacles import obstacles
from tests.world import World, border_toml, degrees, draw, run, world

TWO = ("0,-40 0,40 primary", "5,-40 5,40 primary")


def roads(raw: Path) -> int:
    return len(run(raw, border_toml(raw.parent)).roads())


def changed(folder: Path, old: str, new: str) -> Path:
    """Two roads over the border, with a change to the text of their file."""
    raw = draw(folder, *TWO)
    text = raw.read_text(encoding="utf-8")
    assert old in text
    raw.write_text(text.replace(old, new, 1), encoding="utf-8")
    return raw


def issues(found: World) -> dict[str, str]:
    rows = store.read(found.folder / "network", "data_issues")
    return dict(zip(rows["issue_id"], rows["text"], strict=True))


SECOND = '<way id="2" version="1">'


@pytest.mark.parametrize(
    "deleted",
    ['<way id="2" version="1" visible="false">', "<way id='2' version='3' visible='false'>",
     '<way id="2" version="1" action="delete">', "<way action='delete' id='2' version='1'>"],
)  # fmt: skip
def test_a_deleted_road_is_no_road(tmp_path: Path, deleted: str) -> None:
    assert roads(changed(tmp_path, SECOND, deleted)) == 1


def test_of_several_versions_the_newest_counts(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO)
    text = raw.read_text(encoding="utf-8")
    start = text.index(SECOND)
    way = text[start : text.index("</way>", start) + 6]
    newer = way.replace('version="1"', 'version="2"').replace('"primary"', '"footway"')
    for order in (way + newer, newer + way):
        raw.write_text(text.replace(way, order), encoding="utf-8")
        assert roads(raw) == 1
    gone = way.replace('version="1"', 'version="7" visible="false"')
    raw.write_text(text.replace(way, way + gone), encoding="utf-8")
    assert roads(raw) == 1


def test_ids_of_an_editor_are_read_and_stay_apart_from_the_server_s(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO)
    text = raw.read_text(encoding="utf-8")
    for key in ("id", "ref"):
        text = text.replace(f' {key}="', f' {key}="-')
    raw.write_text(text, encoding="utf-8")
    assert roads(raw) == 2


def test_the_order_of_elements_and_the_packing_matter_to_no_stage(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO, "-9,0.1 9,0.1 barrier=fence", "-9,1 9,1 waterway=river")
    folder = tmp_path / "network"
    network(str(raw), str(border_toml(tmp_path)), str(folder))
    obstacles(str(folder), str(tmp_path / "sorted"))
    head, *lines = raw.read_text(encoding="utf-8").split("<osm ")[1].split("\n<")
    elements = ("\n<" + "\n<".join(lines[:-1])).replace("\n</", "</").strip().split("\n<")
    blocks: list[str] = []
    for part in elements:
        if part.lstrip("<").startswith(("node", "way", "relation")):
            blocks.append("")
        blocks[-1] += f"<{part.lstrip('<')}\n"
    backward = f"<osm {head}\n" + "".join(reversed(blocks)) + "</osm>"
    raw.write_text(backward, encoding="utf-8")
    assert roads(raw) == 2
    network(str(raw), str(border_toml(tmp_path)), str(folder))
    obstacles(str(folder), str(tmp_path / "unsorted"))
    made = [(tmp_path / name / "barriers.parquet").read_bytes() for name in ("sorted", "unsorted")]
    assert made[0] == made[1]
    assert set(store.read(tmp_path / "sorted", "barriers")["kind"]) == {"fence", "river"}
    packed = tmp_path / "packed" / "drawn.osm.bz2"
    packed.parent.mkdir()
    packed.write_bytes(bz2.compress(raw.read_bytes()))
    assert roads(packed) == 2


def test_places_may_stand_on_the_ways_alone(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO)
    made = tmp_path / "located" / "drawn.osm.pbf"
    made.parent.mkdir()
    places = osmium.FileProcessor(str(raw)).with_locations()
    form = osmium.io.File(str(made), "pbf,locations_on_ways=true")
    with osmium.SimpleWriter(form) as writer:
        for one in places:
            if not one.is_node():
                writer.add(one)
    assert roads(made) == 2


def test_a_geometry_answer_of_a_server_is_a_map(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO)
    at = {node.id: node.location for node in osmium.FileProcessor(str(raw), osmium.osm.NODE)}
    text = raw.read_text(encoding="utf-8")
    text = text[: text.index("<node")] + text[text.index("<way") :]
    for ref, place in at.items():
        located = f'<nd ref="{ref}" lat="{place.lat}" lon="{place.lon}"/>'
        text = text.replace(f'<nd ref="{ref}"/>', located)
    raw.write_text(text, encoding="utf-8")
    assert roads(raw) == 2
    # Members of relations bear their places too, and elements of an editor may be among the ways.
    member = 'role="outer"><nd lat="0" lon="0"/></member>'
    text = text.replace('role="outer"/>', member)
    raw.write_text(text, encoding="utf-8")
    assert roads(raw) == 2
    raw.write_text(re.sub(r'(id|ref)="(\d)', r'\1="-\2', text), encoding="utf-8")
    assert roads(raw) == 2


def test_a_file_that_holds_everything_twice_is_read_once(tmp_path: Path) -> None:
    raw, made = draw(tmp_path, *TWO), tmp_path / "twice" / "drawn.osm.pbf"
    made.parent.mkdir()
    with osmium.SimpleWriter(str(made)) as writer:
        for one in chain(osmium.FileProcessor(str(raw)), osmium.FileProcessor(str(raw))):
            writer.add(one)
    assert roads(made) == 2


def test_a_class_that_nobody_knows_is_left_out_and_reported(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-40 0,40 primary", "5,-40 5,40 primay", "9,-40 9,40 platform")
    assert len(found.roads()) == 1
    assert [name for name in issues(found) if "class" in name] == ["unknown_class-w2"]


@pytest.mark.parametrize(
    ("old", "new", "cause", "remedy"),
    [
        ("</osm>", "<remark> runtime error: Query timed out </remark></osm>",
         "runtime error: Query timed out", "ask it again with a longer timeout"),
        ("<osm version", "<osmChange version", "holds changes", "osmium apply-changes"),
        ("<osm version", '<osm><action type="create"><osm version', "holds changes",
         "osmium apply-changes"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE html>", "a web page", "ask again"),
        ('<?xml version="1.0" encoding="UTF-8"?>', '{"version": 0.6}', "JSON", "[out:xml]"),
        ("</osm>", "<remark>out of memory</remark></osm>", "out of memory", "a smaller area"),
    ],
)  # fmt: skip
def test_what_is_no_whole_map_is_refused_with_the_remedy(
    tmp_path: Path, old: str, new: str, cause: str, remedy: str
) -> None:
    raw = changed(tmp_path, old, new)
    if "osmChange" in new:
        raw.write_text(raw.read_text(encoding="utf-8").replace("</osm>", "</osmChange>"))
    with pytest.raises(InputError, match=cause) as error:
        network(str(raw), str(border_toml(tmp_path)), str(tmp_path / "network"))
    assert remedy in str(error.value) and "\n" not in str(error.value)


def test_a_road_that_lacks_a_node_is_cut_there_and_open(tmp_path: Path) -> None:
    raw = draw(tmp_path, "0,-40 0,-0.2 0,0.3 0,0.5 0,40 primary", "5,-40 5,40 primary")
    text = raw.read_text(encoding="utf-8")
    start = text.index('<node id="4"')
    raw.write_text(text[:start] + text[text.index("<node", start + 1) :], encoding="utf-8")
    found = run(raw, border_toml(tmp_path))
    assert len(found.roads()) == 2
    assert found.nodes["open_ended"].sum() >= 2
    assert "lacks 1 of 5 nodes of way 1" in issues(found)["missing_nodes-w1"]


def test_a_way_that_nothing_needs_may_lack_nodes(tmp_path: Path) -> None:
    raw = changed(tmp_path, "<relation", '<way id="77"><nd ref="999"/><nd ref="1"/>'
                  '<tag k="boundary" v="protected_area"/></way>\n<relation')  # fmt: skip
    found = run(raw, border_toml(tmp_path))
    assert (len(found.roads()), issues(found)) == (2, {})


def test_claims_are_no_line_unless_the_border_file_names_them(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO, borders={"AA BB": ["-60,0 60,0"], "XX YY": ["-60,3 60,3"]})
    text = raw.read_text(encoding="utf-8")
    for number, code in (("XX", "AA"), ("YY", "BB")):
        start = text.rindex("<relation", 0, text.index(f'v="{number}"'))
        claim = text[start:].replace("administrative", "claim", 1).replace(number, code, 1)
        text = text[:start] + claim
    raw.write_text(text, encoding="utf-8")
    found = run(raw, border_toml(tmp_path))
    assert found.border["length_km"][0] == pytest.approx(120, abs=0.1)
    known = read.read(raw).countries, read.read(raw, {3: "AA", 4: "BB"}).countries
    assert [len(countries["AA"] & countries["BB"]) for countries in known] == [1, 2]


def test_a_territory_is_named_by_its_relation(tmp_path: Path) -> None:
    raw = draw(tmp_path, *TWO)
    text = raw.read_text(encoding="utf-8")
    start = text.rindex("<relation", 0, text.index('k="ISO3166-1" v="BB"'))
    territory = text[start:].replace('k="admin_level" v="2"', 'k="admin_level" v="3"')
    raw.write_text(text[:start] + territory, encoding="utf-8")
    toml = border_toml(tmp_path)
    with pytest.raises(InputError, match=r"relations = \{ BB = <id> \}"):
        run(raw, toml)
    toml.write_text("relations = { BB = 2 }\n" + toml.read_text(encoding="utf-8"), encoding="utf-8")
    assert len(run(raw, toml).roads()) == 2


def test_roads_in_a_gap_of_the_line_stay_apart_and_have_their_depth(tmp_path: Path) -> None:
    three = [f"{x},-40 {x},-0.5 {x},40 primary" for x in (-7, 0, 7)]
    gap = {"AA BB": ["-60,0 -10,0", "10,0 60,0"]}
    found = world(tmp_path, *three, "0,-0.5 3,-0.5 track", borders=gap)
    assert found.roads()["border_km"].round().tolist() == [53, 60, 67]
    joint = found.nodes[found.nodes["kind"] == "junction"]
    assert joint["depth_km"].round(2).tolist() == [-0.5]
    (text,) = issues(found).values()
    assert "gap of 20.0 km" in text
    assert (found.border["parts"][0], found.border["bridged_km"].round(1)[0]) == (2, 20.0)


def test_a_gap_that_a_third_country_fills_parts_the_line(tmp_path: Path) -> None:
    """CC lies between the two pieces, as Andorra lies between those of France and Spain."""
    borders = {"AA BB": ["-60,0 -10,0", "10,0 60,0"], "AA CC": ["-10,0 0,-9 10,0"],
               "BB CC": ["-10,0 0,9 10,0"]}  # fmt: skip
    anchors = {"AA": ["0,-50"], "BB": ["0,50"], "CC": ["0,0"]}
    found = world(
        tmp_path, "0,-40 0,40 primary", "-30,-40 -30,40 primary", borders=borders, anchors=anchors
    )
    assert found.roads()["border_km"].round().tolist() == [30]
    assert found.border["length_km"][0] == pytest.approx(100, abs=0.2)
    assert not issues(found)


def test_a_bridge_over_a_stretch_at_sea_is_a_crossing(tmp_path: Path) -> None:
    line = ["-60,0 20,0", "20,0 60,0 maritime=yes"]
    found = world(tmp_path, "0,-40 0,40 primary", "40,-40 40,40 motorway", borders={"AA BB": line})
    assert len(found.roads()) == 2
    row = found.border.iloc[0]
    assert (round(row["length_km"]), round(row["sea_km"])) == (80, 40)


@pytest.mark.parametrize(
    "ways",
    [("0,-30 0,-0.001 primary", "0,0.001 0,30 primary"),
     ("0,-30 0,-0.002 primary", "-4,0.002 4,0.002 primary", "4,0.002 4,30 primary"),
     ("0,-30 0,0 primary", "0.003,0.001 0.003,30 primary"),
     ("0,-30 0,-0.001 rail", "0,0.001 0,30 rail")],
)  # fmt: skip
def test_ends_that_nearly_meet_are_reported_and_not_joined(
    tmp_path: Path, ways: tuple[str, ...]
) -> None:
    found = world(tmp_path, *ways, "9,-40 9,40 track")
    assert found.roads()["class"].tolist() == ["track"]
    (text,) = issues(found).values()
    assert "from a" in text and "do not join" in text


def test_a_road_that_ends_on_the_line_is_reported(tmp_path: Path) -> None:
    found = world(tmp_path, "0,-30 0,0 primary", "9,-40 9,40 track")
    assert found.roads()["class"].tolist() == ["track"]
    assert [name.split("-")[0] for name in issues(found)] == ["ends_on_line"]


@pytest.mark.parametrize(
    ("text", "people"),
    [("1,200", 1200), ("12.000", 12000), ("12\N{NO-BREAK SPACE}000", 12000), ("~500", 500),
     ("1.234.567", 1234567), ("3'450", 3450), ("ca. 80", 80), ("500 (2011)", 500), ("500+", 500),
     ("1200;1300", 1200), ("4500 hab.", 4500), ("0", 0), ("12000.0", 12000), ("many", None),
     ("12k", 12000), ("1,2 million", 1.2e6), ("10000–15000", 10000), ("500?", 500),
     ("12,5", None), ("-3", None), ("", None), ("9999999999", None)],
)  # fmt: skip
def test_inhabitants_as_they_are_written(text: str, people: float | None) -> None:
    assert numbers.population(text, 1e8) == people


def test_a_settlement_drawn_as_an_area_counts_once(tmp_path: Path) -> None:
    area = "2,5 4,5 4,7 2,7 2,5 place=town population=20.000"
    found = world(tmp_path / "alone", "0,-40 0,40 primary", area)
    assert found.places[["kind", "population"]].to_numpy().tolist() == [["town", 20000.0]]
    lon, lat = degrees("3,6")
    both = world(
        tmp_path / "both", "0,-40 0,40 primary", area, points={"3,6": "place=town population=many"}
    )
    assert both.places["population"].isna().tolist() == [True]
    assert both.places["geometry"].iloc[0].distance(both.places["geometry"].iloc[0]) == 0
    assert (round(lon, 3), round(lat, 3)) == (0.027, 0.054)
    assert "population=many cannot be read" in next(iter(issues(both).values()))


def test_a_stated_length_counts_before_the_drawn_one(tmp_path: Path) -> None:
    raw = draw(tmp_path, "0,-40 0,40 primary distance=120", "5,-40 5,40 primary distance=9000")
    found = run(raw, border_toml(tmp_path))
    km = found.links.groupby(found.links["link_id"].str.split(".").str[0])["length_m"].sum() / 1000
    assert km.round().tolist() == [120, 80]
    minutes = found.links.groupby(found.links["link_id"].str.split(".").str[0])["minutes"].sum()
    assert minutes.iloc[0] == pytest.approx(1.5 * minutes.iloc[1], rel=1e-3)
    assert list(issues(found)) == ["length_differs-w2"]
