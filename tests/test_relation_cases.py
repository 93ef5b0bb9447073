"""What only a relation says, a gate in a cut, and a road of which one side holds a stub."""

from pathlib import Path

from pipeline.core import store
from pipeline.stages.chokepoints import chokepoints
from tests.frames import cells
from tests.world import World, border_toml, draw, of_mode, run


def with_relation(folder: Path, *ways: str, members: dict[int, str], **tags: str) -> World:
    """The stages run on drawn ways and one relation more: its members' roles by way."""
    raw = draw(folder, *ways)
    held = "".join(f'<member type="way" ref="{w}" role="{role}"/>' for w, role in members.items())
    tag_lines = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    more = f'<relation id="90" version="1">{held}{tag_lines}</relation></osm>'
    raw.write_text(raw.read_text("utf-8").replace("</osm>", more), encoding="utf-8")
    return run(raw, border_toml(folder))


FERRY = ("0,-40 0,-0.2 primary", "0,-0.2 0,0.2", "0,0.2 0,40 primary")


def test_a_way_without_tags_is_a_ferry_by_its_relation(tmp_path: Path) -> None:
    line = {"type": "route", "route": "ferry"}
    cars = with_relation(tmp_path / "cars", *FERRY, members={2: ""}, **line, motor_vehicle="yes")
    assert cars.roads()[["class", "status"]].to_numpy().tolist() == [["ferry", "unmarked"]]
    # Cars are carried where a tag says so, walkers where none says no.
    walkers = with_relation(tmp_path / "walkers", *FERRY, members={2: ""}, **line)
    assert walkers.roads().empty
    assert of_mode(walkers, "foot")["class"].tolist() == ["ferry"]
    bus = with_relation(tmp_path / "bus", *FERRY, members={2: ""}, type="route", route="bus")
    assert bus.roads().empty


def test_a_control_is_a_multipolygon_with_a_hole(tmp_path: Path) -> None:
    yard = "-0.2,-0.4 0.2,-0.4 0.2,-0.1 -0.2,-0.1 -0.2,-0.4"
    hole = "0.1,-0.3 0.15,-0.3 0.15,-0.2 0.1,-0.2 0.1,-0.3"
    ways = ("0,-40 0,40 primary", yard, hole, "3,-40 3,40 primary")
    found = with_relation(
        tmp_path, *ways, members={2: "outer", 3: "inner"}, type="multipolygon", amenity="customs"
    )
    assert found.roads()["status"].tolist() == ["official", "unmarked"]
    assert found.posts["post_id"].tolist() == ["r90"]


def test_a_locked_gate_takes_its_road_out_of_the_cut(tmp_path: Path) -> None:
    roads = ("0,-40 0,2 0,40 primary", "3,-40 3,40 primary")
    for gate, cut in (("barrier=gate locked=yes", 1), ("barrier=gate", 2)):
        at = tmp_path / str(cut)
        raw, toml = draw(at, *roads, points={"0,2": gate}), border_toml(at)
        run(raw, toml)
        known, met, out = (str(at / name) for name in ("network", "crossings", "chokepoints"))
        chokepoints(known, met, str(toml), out)
        rows = store.read(out, "cordons")
        rows = rows[rows["mode"].eq("road") & rows["directed"] & ~rows["third_open"]]
        assert rows.set_index("depth_km")["min_cut_links"][[10.0, 25.0]].tolist() == [cut, cut]


def test_a_stub_is_a_crossing_and_its_cut_an_upper_bound(tmp_path: Path) -> None:
    """Data end 400 m past the line on one side, as country extracts are cut."""
    raw = draw(tmp_path, "0,-0.4 0,0.05 0,20 trunk", points={"0,0.05": "barrier=border_control"})
    toml = border_toml(tmp_path)
    found = run(raw, toml)
    road = found.roads()
    assert road[["status", "open_ended"]].to_numpy().tolist() == [["official", True]]
    known, met, out = (str(tmp_path / name) for name in ("network", "crossings", "chokepoints"))
    chokepoints(known, met, str(toml), out)
    rows = store.read(out, "cordons")
    rows = rows[rows["mode"].eq("road") & rows["directed"] & ~rows["third_open"]]
    rows = rows.set_index("depth_km")
    assert cells(rows, 10.0, "min_cut_links", "is_upper_bound") == [1, True]
    absent = rows.loc[[-25.0, -10.0, 25.0]]
    assert absent["min_cut_links"].isna().all()
    assert absent["why_absent"].str.len().gt(0).all()
