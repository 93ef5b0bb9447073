"""What tags say of a way, case by case."""

import pytest

from pipeline.network import tags


def told(text: str) -> list[tags.Kind]:
    pairs = [part.partition("=") for part in text.split(" & ")]
    return tags.kinds({key: value for key, _, value in pairs})


def one(text: str) -> tags.Kind:
    found = told(text)
    assert len(found) == 1, found
    return found[0]


ACCESS = {
    "highway=primary": ("road", "primary", "open", True),
    "highway=primary_link": ("road", "primary", "open", True),
    "highway=motorway": ("road", "motorway", "open", False),
    "highway=trunk & motorroad=yes": ("road", "trunk", "open", False),
    "highway=trunk & foot=no": ("road", "trunk", "open", False),
    "highway=track & motor_vehicle=no": ("foot_only", "path", "open", True),
    "highway=track & vehicle=no": ("foot_only", "path", "open", True),
    "highway=track & motorcar=no": ("foot_only", "path", "open", True),
    "highway=track & vehicle=no & motor_vehicle=yes": ("road", "track", "open", True),
    "highway=track & motor_vehicle=yes & motorcar=no": ("foot_only", "path", "open", True),
    "highway=service & access=no": ("road", "service", "closed", False),
    "highway=service & access=no & foot=yes": ("foot_only", "path", "open", True),
    "highway=service & access=no & vehicle=yes": ("road", "service", "open", True),
    "highway=service & access=private": ("road", "restricted", "open", True),
    "highway=service & access=customers": ("road", "service", "open", True),
    "highway=service & access=yes & motor_vehicle=permit": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=forestry": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=agricultural;forestry": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=agricultural; destination": ("road", "track", "open", True),
    "highway=track & vehicle=agricultural & foot=no": ("road", "restricted", "open", False),
    "highway=footway": ("foot_only", "footway", "open", True),
    "highway=path & motor_vehicle=yes": ("road", "track", "open", True),
    "highway=path & access=no": ("foot_only", "path", "closed", True),
    "highway=steps & foot=yes": ("foot_only", "steps", "open", True),
    "highway=disused": ("road", "unclassified", "disused", True),
    "highway=disused & disused:highway=primary": ("road", "primary", "disused", True),
    "disused:highway=tertiary": ("road", "tertiary", "disused", True),
    "railway=rail": ("rail", "rail", "open", False),
    "railway=rail & access=no": ("rail", "rail", "closed", False),
    "railway=rail & usage=military": ("rail", "rail", "open", False),
    "railway=disused": ("rail", "rail", "disused", False),
    "railway=disused & disused:railway=narrow_gauge": ("rail", "narrow_gauge", "disused", False),
    "disused:railway=light_rail": ("rail", "light_rail", "disused", False),
    "route=ferry": ("foot_only", "ferry", "open", True),
    "route=ferry & motor_vehicle=yes": ("road", "ferry", "open", True),
    "route=ferry & motor_vehicle=yes & foot=no": ("road", "ferry", "open", False),
    "route=ferry & motorcar=designated": ("road", "ferry", "open", True),
    "route=ferry & motor_vehicle=no": ("foot_only", "ferry", "open", True),
    "route=ferry & access=no": ("foot_only", "ferry", "closed", True),
}


@pytest.mark.parametrize("text", ACCESS)
def test_mode_class_state_and_walking(text: str) -> None:
    kind = one(text)
    assert (kind.mode, kind.class_, kind.state, kind.walkable) == ACCESS[text]


@pytest.mark.parametrize(
    "text",
    [
        *("highway=construction", "highway=proposed", "highway=platform", "highway=razed"),
        *("railway=abandoned", "railway=tram", "railway=platform", "railway=construction"),
        *("highway=footway & foot=no", "highway=track & motor_vehicle=no & foot=private"),
        *("route=bus", "boundary=administrative", "highway=ferry", "highway=restricted"),
        *("highway=_link", "highway="),
    ],
)
def test_what_is_no_way(text: str) -> None:
    assert told(text) == []


def test_rails_in_a_street_are_both() -> None:
    assert [kind.mode for kind in told("railway=rail & highway=tertiary")] == ["rail", "road"]


ONEWAY = {
    "highway=primary": 0,
    "highway=motorway": 0,
    "highway=motorway_link": 0,
    "highway=primary & oneway=yes": 1,
    "highway=primary & oneway=1": 1,
    "highway=primary & oneway=true": 1,
    "highway=primary & oneway=-1": -1,
    "highway=primary & oneway=reverse": -1,
    "highway=primary & oneway=reversible": 0,
    "highway=primary & oneway=no": 0,
    "highway=primary & junction=roundabout": 1,
    "highway=primary & junction=roundabout & oneway=-1": -1,
    "highway=primary & junction=roundabout & oneway=no": 0,
    "highway=primary & junction=circular": 0,
    "highway=footway & oneway=yes": 0,
    "route=ferry & motor_vehicle=yes & oneway=yes": 1,
    "railway=rail & oneway=yes": 1,
}


@pytest.mark.parametrize("text", ONEWAY)
def test_direction_comes_from_the_tag_or_the_roundabout_never_from_the_class(text: str) -> None:
    assert one(text).oneway == ONEWAY[text]


LANES = {
    "": (None, 1, 1),
    "lanes=2": (2, 1, 1),
    "lanes=3": (3, 2, 2),
    "lanes=1": (1, 1, 1),
    "lanes=1.5": (1.5, 1, 1),
    "lanes=3 & lanes:forward=2 & lanes:backward=1": (3, 2, 1),
    "lanes=2 & oneway=yes": (2, 2, 0),
    "lanes=2 & oneway=-1": (2, 0, 2),
    "oneway=yes": (None, 1, 0),
    "lanes=5 & oneway=yes & lanes:forward=4": (5, 4, 0),
    "lanes=2;3": (5, 3, 3),
    "lanes=many": (None, 1, 1),
    "lanes=0": (None, 1, 1),
    "lanes=-2": (None, 1, 1),
    "lanes=nan": (None, 1, 1),
    "lanes=inf": (None, 1, 1),
    "lanes=1e9": (None, 1, 1),
    "lanes:forward=0": (None, 1, 1),
}


@pytest.mark.parametrize("text", LANES)
def test_lanes_of_each_direction(text: str) -> None:
    kind = one(f"highway=primary & {text}" if text else "highway=primary")
    assert (kind.lanes, kind.lanes_forward, kind.lanes_backward) == LANES[text]


def test_a_motorway_has_two_lanes_a_direction_where_none_are_tagged() -> None:
    assert one("highway=motorway & oneway=yes").lanes_forward == 2
    assert one("highway=trunk_link").lanes_backward == 2


def test_tracks_are_the_lanes_of_a_railway() -> None:
    assert one("railway=rail & tracks=2 & lanes=7").lanes == 2


SPEED = {
    "highway=primary": 70,
    "highway=primary & maxspeed=50": 50,
    "highway=primary & maxspeed=50 km/h": 50,
    "highway=primary & maxspeed=30 mph": 48.28032,
    "highway=primary & maxspeed=30mph": 48.28032,
    "highway=primary & maxspeed=none": 70,
    "highway=primary & maxspeed=signals": 70,
    "highway=primary & maxspeed=0": 70,
    "highway=primary & maxspeed=5000": 70,
    "highway=primary & maxspeed=MX:urban": 70,
    "highway=primary & maxspeed=40;60": 70,
    "highway=motorway": 100,
    "highway=path": 4.5,
    "highway=path & maxspeed=50": 4.5,
    "highway=track & motor_vehicle=no": 4.5,
    "route=ferry & motor_vehicle=yes": 10,
    "route=ferry": 10,
    "railway=rail & maxspeed=120": 120,
}


@pytest.mark.parametrize("text", SPEED)
def test_speed(text: str) -> None:
    assert one(text).speed_kmh == pytest.approx(SPEED[text])


def test_every_class_has_a_speed_and_a_rank() -> None:
    ridden = (*tags.ROAD_CLASSES, *tags.RAIL_CLASSES)
    assert set(tags.SPEED_KMH) == set(ridden)
    assert [tags.RANK[name] for name in tags.CLASSES] == sorted(tags.RANK.values())


POSTS = {
    "barrier=border_control": "border_control",
    "amenity=customs": "customs",
    "government=customs & office=government": "customs",
    "office=government & government=border_control": None,
    "office=government": None,
    "barrier=checkpoint": "checkpoint",
    "checkpoint=immigration": "checkpoint",
    "military=checkpoint": "checkpoint",
    "police=checkpoint": "checkpoint",
    "amenity=police": "police",
    "military=barracks": "military",
    "military=danger_area": None,
    "barrier=toll_booth": "toll",
    "barrier=gate": None,
    "place=city": None,
}


@pytest.mark.parametrize("text", POSTS)
def test_what_is_a_post(text: str) -> None:
    pairs = [part.partition("=") for part in text.split(" & ")]
    assert tags.post_kind({key: value for key, _, value in pairs}) == POSTS[text]


@pytest.mark.parametrize("kind", ["city", "town", "village", "hamlet"])
def test_what_is_a_place(kind: str) -> None:
    assert tags.place_kind({"place": kind}) == kind
    assert tags.place_kind({"place": "suburb"}) is None
    assert tags.place_kind({"natural": kind}) is None


@pytest.mark.parametrize(
    ("text", "year"),
    [("2014", 2014), ("2014-07", 2014), (" 2014-07-08 ", 2014), ("before 2014", None),
     ("~2014", None), ("2010..2014", None), ("14", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_year_is_read_from_a_date_that_names_one(text: str | None, year: int | None) -> None:
    assert tags.year(text) == year
