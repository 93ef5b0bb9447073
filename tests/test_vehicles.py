"""Who may pass a way and when, and what a barrier on one of its nodes changes."""

from dataclasses import replace

import pytest

from pipeline.network import access, tags
from tests.tagged import one

VEHICLES = {
    "highway=primary": ("car, goods, bus, bicycle, foot", None),
    "highway=motorway": ("car, goods, bus", None),
    "highway=trunk & motorroad=yes": ("car, goods, bus", None),
    "highway=path": ("bicycle, foot", None),
    "highway=busway": ("bus", None),
    "highway=primary & motorcar=no": ("goods, bus, bicycle, foot", None),
    "highway=primary & access=no & hgv=designated": ("goods", None),
    "highway=primary & motor_vehicle=no & hgv=yes": ("goods, bicycle, foot", None),
    "highway=primary & vehicle=no & psv=yes": ("bus, foot", None),
    "highway=primary & access=psv": ("bus", None),
    "highway=primary & hgv=no & foot=no": ("car, bus, bicycle", None),
    "highway=service & access=private": ("", None),
    "highway=service & access=private & foot=yes": ("foot", None),
    "highway=primary & access=no & access:conditional=yes@(06:00-22:00)": (
        "car, goods, bus, bicycle, foot", "06:00-22:00"),
    "highway=primary & motor_vehicle:conditional=no @ (22:00-06:00)": (
        "car, goods, bus, bicycle, foot", "car, goods, bus: closed 22:00-06:00"),
    "highway=primary & access:conditional=no @ (Nov-Apr)": (
        "car, goods, bus, bicycle, foot", "closed Nov-Apr"),
    "highway=primary & hgv:conditional=no @ (weight>7.5)": ("car, goods, bus, bicycle, foot", None),
    "highway=primary & access=no & motor_vehicle:conditional=yes @ (permit)": ("", None),
    "highway=primary & access=no & access:conditional=yes @ (24/7)": (
        "car, goods, bus, bicycle, foot", None),
    "highway=primary & opening_hours=Mo-Fr 08:00-18:00": (
        "car, goods, bus, bicycle, foot", "Mo-Fr 08:00-18:00"),
    "highway=primary & opening_hours=24/7": ("car, goods, bus, bicycle, foot", None),
    "highway=primary & opening_hours=Mo-Su,PH 00:00-24:00": (
        "car, goods, bus, bicycle, foot", None),
    "highway=primary & opening_hours=24/7 closed": ("", None),
    "highway=primary & opening_hours=off \"until further notice\"": ("", None),
    "highway=primary & access=no & access:conditional=yes @ (06:00-10:00); yes @ (16:00-20:00)": (
        "car, goods, bus, bicycle, foot", "06:00-10:00 & 16:00-20:00"),
    "highway=primary & access:conditional=no @ (Mo-Sa 07:00-16:00; PH off)": (
        "car, goods, bus, bicycle, foot", "closed Mo-Sa 07:00-16:00; PH off"),
    "highway=primary & seasonal=summer": ("car, goods, bus, bicycle, foot", "summer"),
    "highway=primary & ice_road=yes": ("car, goods, bus, bicycle, foot", "winter"),
    "highway=motorway & access=yes": ("car, goods, bus", None),
    "highway=primary & access=No": ("", None),
    "highway=primary & goods=no": ("car, goods, bus, bicycle, foot", None),
    "highway=primary & tourist_bus=no": ("car, goods, bus, bicycle, foot", None),
    "highway=primary & access=no & goods=yes": ("goods", None),
    "highway=path & vehicle=yes": ("car, goods, bus, bicycle, foot", None),
    "highway=primary & motor_vehicle=hgv;psv": ("goods, bus, bicycle, foot", None),
    "highway=primary & vehicle=no & motor_vehicle=psv": ("bus, foot", None),
    "highway=primary & access=no & access:conditional=yes @ (weight<3.5)": ("car", None),
    "highway=primary & access=no & access:conditional=yes @ (weight>3.5)": ("", None),
    "highway=primary & motorcar:conditional=no @ (weight<3.5)": (
        "car, goods, bus, bicycle, foot", None),
}  # fmt: skip


@pytest.mark.parametrize("text", VEHICLES)
def test_who_may_pass_and_when(text: str) -> None:
    kind = one(text)
    assert (access.names(kind.free), kind.hours) == VEHICLES[text]
    assert access.bits(access.names(kind.free)) == kind.free
    assert kind.always & ~kind.free == 0
    assert (kind.always == kind.free) == (kind.hours is None)


@pytest.mark.parametrize(
    ("text", "permitted"),
    [
        ("highway=primary & access=no & motor_vehicle:conditional=yes @ (permit)",
         "car, goods, bus"),
        ("highway=primary & access=no & access:conditional=private @ (22:00-06:00)",
         "car, goods, bus, bicycle, foot"),
        ("highway=primary & motor_vehicle=private & motor_vehicle:conditional=no @ (22:00-06:00)",
         "car, goods, bus"),
        ("highway=primary & access=no", ""),
    ],
)  # fmt: skip
def test_who_may_pass_with_a_permit(text: str, permitted: str) -> None:
    assert access.names(one(text).permitted) == permitted


@pytest.mark.parametrize(
    ("text", "permitted"),
    [
        ("barrier=bollard & bollard=rising", "car, goods, bus"),
        ("barrier=gate & bollard=removable", "car, goods, bus"),
        ("barrier=bollard & bollard=rising & motor_vehicle=no", ""),
        ("barrier=bollard", ""),
    ],
)
def test_a_bollard_that_goes_down_lets_pass_whom_it_is_lowered_for(
    text: str, permitted: str
) -> None:
    tagged = dict(part.split("=") for part in text.split(" & "))
    found = access.of_node(tagged)
    assert found is not None
    assert access.names(found.permitted) == permitted


def test_two_things_in_a_row_let_pass_whom_both_let_pass() -> None:
    day = access.Access(access.CAR | access.BUS, access.GOODS, access.BUS, "car: 08:00-18:00")
    summer = access.Access(access.CAR | access.GOODS | access.BUS, 0, access.CAR, "summer")
    found = access.both(day, summer)
    assert (found.free, found.permitted) == (access.CAR | access.BUS, access.GOODS)
    assert found.always == access.NOBODY
    assert found.hours == "car: 08:00-18:00 & summer"
    closed = access.both(day, access.Access(access.FOOT, 0, access.FOOT, None))
    assert closed == access.Access(access.NOBODY, access.NOBODY, access.NOBODY, None)


BARRIERS = {
    "barrier=gate": None,
    "barrier=lift_gate & access=yes": None,
    "barrier=gate & access=no": ("", "closed"),
    "barrier=gate & locked=yes": ("", "closed"),
    "barrier=gate & locked=yes & foot=yes": ("foot", "open"),
    "barrier=block": ("", "closed"),
    "barrier=jersey_barrier": ("", "closed"),
    "barrier=bollard": ("bicycle, foot", "open"),
    "barrier=kissing_gate": ("foot", "open"),
    "barrier=gate & access=private": ("", "open"),
    "barrier=gate & motor_vehicle=no": ("bicycle, foot", "open"),
    "barrier=gate & motorcar=no": ("goods, bus, bicycle, foot", "open"),
    "barrier=boulder": ("", "closed"),
    "barrier=wicket_gate": ("bicycle, foot", "open"),
    "barrier=bollard & access=yes": None,
    "barrier=bollard & bollard=rising": ("bicycle, foot", "open"),
    "barrier=gate & access=delivery": ("", "open"),
    "barrier=border_control & border_control=small_border_traffic": ("", "open"),
    "barrier=border_control & opening_hours=Mo-Su off": ("", "closed"),
    "highway=gate & access=no": ("", "closed"),
    "motorcar=no": ("goods, bus, bicycle, foot", "open"),
    "barrier=sump_buster": ("goods, bus, bicycle, foot", "open"),
    "barrier=gate & opening_hours=07:00-19:00": ("car, goods, bus, bicycle, foot", "open"),
    "access=no": ("", "closed"),
    "amenity=parking & access=no": None,
    "highway=crossing & bicycle=no": None,
}


@pytest.mark.parametrize("text", BARRIERS)
def test_a_barrier_on_a_node_binds_the_way(text: str) -> None:
    pairs = [part.partition("=") for part in text.split(" & ")]
    node = access.of_node({key: value for key, _, value in pairs})
    if BARRIERS[text] is None:
        assert node is None
        return
    assert node is not None
    kind = tags.narrowed(one("highway=primary"), node)
    assert (access.names(kind.free), kind.state) == BARRIERS[text]
    assert (kind.class_ == "restricted") == (
        kind.mode == "road" and kind.state == "open" and "car" not in access.names(kind.free)
    )


def test_a_barrier_changes_no_railway_nothing_closed_and_nothing_that_passes_it() -> None:
    wall, stile, gate = (
        access.of_node({"barrier": kind}) for kind in ("wall", "stile", "cycle_barrier")
    )
    assert wall is not None and stile is not None and gate is not None
    for text in ("railway=rail", "highway=primary & access=no", "highway=footway"):
        kind = one(text)
        assert tags.narrowed(kind, stile) is kind
    assert tags.narrowed(one("railway=rail"), wall).state == "open"
    # A path that bicycles alone may pass leads nobody on foot.
    no_walkers = replace(gate, free=access.BICYCLE, always=access.BICYCLE)
    assert tags.narrowed(one("highway=path"), no_walkers).state == "closed"
