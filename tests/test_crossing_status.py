"""Mode, class and status of a crossing by tags and controls."""

from pathlib import Path

from tests.world import shifted, world

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
