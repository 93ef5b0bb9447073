"""What tags say of a way, case by case."""

import pytest

from pipeline.network import numbers, point_kinds, tags
from tests.tagged import kinds, one

ACCESS = {
    "highway=primary": ("road", "primary", "open", True),
    "highway=primary_link": ("road", "primary", "open", True),
    "highway=motorway": ("road", "motorway", "open", False),
    "highway=trunk & motorroad=yes": ("road", "trunk", "open", False),
    "highway=trunk & foot=no": ("road", "trunk", "open", False),
    "highway=track & motor_vehicle=no": ("foot_only", "path", "open", True),
    "highway=track & vehicle=no": ("foot_only", "path", "open", True),
    "highway=track & motorcar=no": ("road", "restricted", "open", True),
    "highway=track & vehicle=no & motor_vehicle=yes": ("road", "track", "open", True),
    "highway=track & motor_vehicle=yes & motorcar=no": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=no & hgv=yes": ("road", "restricted", "open", True),
    "highway=primary & access=no & hgv=designated": ("road", "restricted", "open", False),
    "highway=primary & access=no & bus=yes & foot=yes": ("road", "restricted", "open", True),
    "highway=service & access=bus": ("road", "restricted", "open", False),
    "highway=busway": ("road", "restricted", "open", False),
    "highway=primary & access=no & access:conditional=yes@(06:00-22:00)": (
        "road",
        "primary",
        "open",
        True,
    ),
    "highway=primary & motor_vehicle:conditional=no @ (22:00-06:00)": (
        "road",
        "primary",
        "open",
        True,
    ),
    "highway=primary & opening_hours=off": ("road", "primary", "closed", False),
    "highway=residential;service": ("road", "residential", "open", True),
    "highway=nonsense; track": ("road", "track", "open", True),
    "highway=track & abandoned=yes": ("road", "track", "disused", True),
    "highway=primary & construction=yes": ("road", "primary", "closed", True),
    "highway=primary & construction=minor": ("road", "primary", "open", True),
    "highway=primary & destroyed=yes": ("road", "primary", "closed", True),
    "highway=Primary": ("road", "primary", "open", True),
    "highway=yes": ("road", "road", "open", True),
    "highway=path & access=yes": ("foot_only", "path", "open", True),
    "highway=footway & access=permissive": ("foot_only", "footway", "open", True),
    "highway=path & access=unknown": ("foot_only", "path", "open", True),
    "highway=path & motor_vehicle=yes": ("road", "track", "open", True),
    "highway=pedestrian & hgv=delivery": ("foot_only", "pedestrian", "open", True),
    "highway=service & motor_vehicle=delivery": ("road", "restricted", "open", True),
    "railway=rail & usage=tourism": ("rail", "preserved", "open", False),
    "railway=disused & disused=narrow_gauge": ("rail", "narrow_gauge", "disused", False),
    "route=ferry & motor_vehicle=yes & disused=yes": ("road", "ferry", "disused", True),
    "disused:route=ferry & motor_vehicle=yes": ("road", "ferry", "disused", True),
    "route=bicycle;ferry & motor_vehicle=yes": ("road", "ferry", "open", True),
    "highway=tertiary & highway:disused=yes": ("road", "tertiary", "disused", True),
    "railway=rail & disused=yes": ("rail", "rail", "disused", False),
    "railway=rail & abandoned=yes": ("rail", "rail", "disused", False),
    "railway=narrow_gauge & railway:disused=yes": ("rail", "narrow_gauge", "disused", False),
    "railway=tram": ("rail", "tram", "open", False),
    "railway=preserved": ("rail", "preserved", "open", False),
    "railway=rail & railway:preserved=yes": ("rail", "preserved", "open", False),
    "route=ferry & motor_vehicle=permit": ("road", "restricted", "open", True),
    "route=ferry & ferry=trunk": ("road", "ferry", "open", True),
    "ferry=yes": ("foot_only", "ferry", "open", True),
    "highway=service & access=no": ("road", "service", "closed", False),
    "highway=service & access=no & foot=yes": ("foot_only", "path", "open", True),
    "highway=service & access=no & vehicle=yes": ("road", "service", "open", False),
    "highway=service & access=private": ("road", "restricted", "open", True),
    "highway=service & access=customers": ("road", "service", "open", True),
    "highway=service & access=yes & motor_vehicle=permit": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=forestry": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=agricultural;forestry": ("road", "restricted", "open", True),
    "highway=track & motor_vehicle=agricultural; destination": ("road", "track", "open", True),
    "highway=track & vehicle=agricultural & foot=no": ("road", "restricted", "open", False),
    "highway=footway": ("foot_only", "footway", "open", True),
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
        *("railway=abandoned", "railway=platform", "railway=construction", "railway=subway"),
        *("highway=footway & foot=no", "highway=track & motor_vehicle=no & foot=private"),
        *("route=bus", "boundary=administrative", "highway=ferry", "highway=restricted"),
        *("highway=_link", "highway="),
    ],
)
def test_what_is_no_way(text: str) -> None:
    assert kinds(text) == []


def test_rails_in_a_street_are_both() -> None:
    assert [kind.mode for kind in kinds("railway=rail & highway=tertiary")] == ["rail", "road"]


ONEWAY = {
    "highway=primary": 0,
    "highway=motorway": 1,
    "highway=motorway & oneway=no": 0,
    "highway=motorway & oneway=-1": -1,
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
    "highway=primary & motor_vehicle:backward=no": 1,
    "highway=primary & vehicle:forward=no": -1,
    "route=ferry & motor_vehicle=yes & oneway=yes": 1,
    "railway=rail & oneway=yes": 1,
}


@pytest.mark.parametrize("text", ONEWAY)
def test_direction_comes_from_the_tag_the_roundabout_or_the_motorway(text: str) -> None:
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
    "lanes=2;3": (2, 1, 1),
    "lanes=4 & lanes:forward=1": (4, 1, 3),
    "lanes=3 & lanes:backward=2": (3, 1, 2),
    "lanes=5 & lanes:both_ways=1": (5, 2, 2),
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
    "highway=primary & maxspeed=MX:urban": 50,
    "highway=primary & maxspeed=GR:Urban": 50,
    "highway=primary & maxspeed=50 MPH": 80.4672,
    "highway=primary & maxspeed=50|30": 30,
    "highway=primary & maxspeed=fr:50": 50,
    "highway=primary & maxspeed=zone:20": 20,
    "highway=primary & maxspeed=~50": 50,
    "highway=primary & maxspeed=50 (posted)": 50,
    "highway=residential & maxspeed=GB:nsl_single": 30,
    "highway=residential & maxspeed=FR:urban": 30,
    "highway=primary & maxspeed=DE:zone:30": 30,
    "highway=motorway & maxspeed=AT:motorway": 100,
    "highway=service & maxspeed=walk": 5,
    "highway=primary & maxspeed:forward=30 & maxspeed:backward=30": 30,
    "highway=primary & maxspeed:forward=90 & maxspeed:backward=60": 60,
    "highway=primary & maxspeed=80 & maxspeed:backward=60": 60,
    "route=ferry & motor_vehicle=yes & maxspeed=20 knots": 37.04,
    "highway=primary & maxspeed=40;60": 40,
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
    "office=government & government=immigration": "immigration",
    "amenity=border_control": "border_control",
    "amenity=customs & disused=yes": None,
    "checkpoint=hiking & information=guidepost": None,
    "checkpoint=needle_punch": None,
    "barrier=gate": None,
    "place=city": None,
}


@pytest.mark.parametrize("text", POSTS)
def test_what_is_a_post(text: str) -> None:
    pairs = [part.partition("=") for part in text.split(" & ")]
    assert point_kinds.post_kind({key: value for key, _, value in pairs}) == POSTS[text]


@pytest.mark.parametrize("kind", ["city", "town", "village", "hamlet"])
def test_what_is_a_place(kind: str) -> None:
    assert point_kinds.place_kind({"place": kind}) == kind
    assert point_kinds.place_kind({"place": "suburb"}) is None
    assert point_kinds.place_kind({"natural": kind}) is None


UNREADABLE = {
    "lanes=two & maxspeed=fast": ["lanes", "maxspeed"],
    "lanes=2;3 & maxspeed=MX:urban": [],
    "maxspeed=none & lanes=2": [],
    "maxspeed:forward=5000": ["maxspeed:forward"],
    "gauge=broad": ["gauge"],
    "gauge=1435;1520": [],
    "gauge=1.435": ["gauge"],
    "maxspeed=GB:nsl_single": [],
    "maxspeed=default": [],
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_numbers_that_cannot_be_read_are_named(text: str) -> None:
    pairs = [part.partition("=") for part in text.split(" & ")]
    assert numbers.unreadable({key: value for key, _, value in pairs}) == UNREADABLE[text]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("highway=service & area=yes", "area"),
        ("highway=primary & junction=roundabout", "roundabout"),
        ("highway=primary & area=no", "way"),
    ],
)
def test_aprons_and_roundabouts_are_no_ways_of_their_own(text: str, form: str) -> None:
    assert one(text).form == form


@pytest.mark.parametrize(
    ("text", "gauge"),
    [("gauge=1435", "1435"), ("gauge=1520;1435", "1435;1520"), ("gauge=standard", "1435"),
     ("gauge=narrow", None), ("usage=main", None)],
)  # fmt: skip
def test_gauges(text: str, gauge: str | None) -> None:
    assert one(f"railway=rail & {text}").gauge == gauge


@pytest.mark.parametrize(
    ("text", "year"),
    [("2014", 2014), ("2014-07", 2014), (" 2014-07-08 ", 2014), ("before 2014", None),
     ("~2014", None), ("2010..2014", None), ("14", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_year_is_read_from_a_date_that_names_one(text: str | None, year: int | None) -> None:
    assert numbers.year(text) == year
