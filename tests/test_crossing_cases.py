"""Crossings as they are really mapped: barriers, access, controls, ferries, aprons, tracks.

Every case is drawn on a stretch of its own of one border, so that the stages run once.
"""

from dataclasses import dataclass

import pandas as pd
import pytest

from tests.world import World, shifted, world

APART_KM = 3
EVERYBODY = "car, goods, bus, bicycle, foot"


@dataclass(frozen=True)
class Case:
    """Ways and tagged points near km 0, and the right crossings there: mode, status, class."""

    ways: tuple[str, ...]
    right: list[tuple[str, str, str]]
    points: tuple[tuple[str, str], ...] = ()
    vehicles: str | None = None
    hours: str | None = None
    n_links: int | None = None
    lanes: int | None = None


def road(status: str, class_: str = "primary") -> list[tuple[str, str, str]]:
    return [("road", status, class_)]


ROAD = "0,-5 0,-0.1 0,5 primary"
GATE = "0,-0.1"
CONTROL = "0,-0.15"
ACCESS = {
    "hours in the way's condition": Case(
        ("0,-5 0,5 primary access=no access:conditional=yes@(06:00-22:00)",),
        road("unmarked"), vehicles=EVERYBODY, hours="06:00-22:00"),
    "closed at night for motors": Case(
        ("0,-5 0,5 secondary motor_vehicle:conditional=no@(22:00-06:00)",),
        road("unmarked", "secondary"), vehicles=EVERYBODY,
        hours="car, goods, bus: closed 22:00-06:00"),
    "a gate with opening hours": Case(
        (ROAD,), road("unmarked"), ((GATE, "barrier=gate opening_hours=07:00-19:00"),),
        vehicles=EVERYBODY, hours="07:00-19:00"),
    "a gate that nobody may pass": Case(
        (ROAD,), road("closed"), ((GATE, "barrier=gate access=no"),), vehicles=""),
    "a locked lift gate": Case(
        (ROAD,), road("closed"), ((GATE, "barrier=lift_gate locked=yes"),), vehicles=""),
    "an ordinary gate": Case(
        (ROAD,), road("unmarked"), ((GATE, "barrier=gate"),), vehicles=EVERYBODY),
    "a block": Case((ROAD,), road("closed"), ((GATE, "barrier=block"),), vehicles=""),
    "boulders of debris": Case((ROAD,), road("closed"), ((GATE, "barrier=debris"),), vehicles=""),
    "bollards leave a path": Case(
        (ROAD,), [("foot", "unmarked", "primary")], ((GATE, "barrier=bollard"),),
        vehicles="bicycle, foot"),
    "a closed control": Case(
        (ROAD,), road("closed"), ((GATE, "barrier=border_control access=no"),), vehicles=""),
    "access=no on a bare node": Case((ROAD,), road("closed"), ((GATE, "access=no"),), vehicles=""),
    "a gate for owners": Case(
        (ROAD,), road("unmarked", "restricted"), ((GATE, "barrier=gate access=private"),),
        vehicles=""),
    "a gate for lorries": Case(
        (ROAD,), road("official", "restricted"),
        ((GATE, "barrier=gate motor_vehicle=no hgv=yes"), (CONTROL, "barrier=border_control")),
        vehicles="goods, bicycle, foot"),
    "a bridge for lorries": Case(
        ("0,-5 0,5 primary access=no hgv=designated",), road("unmarked", "restricted"),
        vehicles="goods"),
    "no cars": Case(
        ("0,-5 0,5 primary motorcar=no",), road("unmarked", "restricted"),
        vehicles="goods, bus, bicycle, foot"),
    "buses alone": Case(
        ("0,-5 0,5 primary access=no bus=yes",), road("unmarked", "restricted"), vehicles="bus"),
    "hours of the way and of a gate, each stated once": Case(
        ("0,-5 0,-0.1 0,5 primary opening_hours=06:00-22:00",), road("unmarked"),
        ((GATE, "barrier=gate opening_hours=08:00-18:00"),),
        vehicles=EVERYBODY, hours="06:00-22:00 & 08:00-18:00"),
    "a rising bollard lets motors in by permit": Case(
        (ROAD,), road("unmarked", "restricted"), ((GATE, "barrier=bollard bollard=rising"),),
        vehicles="bicycle, foot"),
    "a bare node that no car may pass": Case(
        (ROAD,), road("unmarked", "restricted"), ((GATE, "motorcar=no"),),
        vehicles="goods, bus, bicycle, foot"),
    "a bare node with hours": Case(
        (ROAD,), road("unmarked"), ((GATE, "access:conditional=no@(22:00-06:00)"),),
        vehicles=EVERYBODY, hours="closed 22:00-06:00"),
    "a path that is open to all": Case(
        ("0,-5 0,5 path access=yes",), [("foot", "unmarked", "path")], vehicles="bicycle, foot"),
    "a road that is only proposed": Case(("0,-5 0,5 primary proposed=yes",), []),
    "a road that is being built": Case(
        ("0,-5 0,5 primary construction=yes",), road("closed"), vehicles=""),
    "past a road out of use by permit alone": Case(
        ("0,-5 0,0 primary", "0,0 0,5 highway=disused", "0,0 0.5,5 track access=private"),
        road("unmarked", "restricted"), vehicles=""),
    "two classes in a list": Case(
        ("0,-5 0,5 residential;service",), road("unmarked", "residential"), vehicles=EVERYBODY),
}  # fmt: skip
FERRIES = {
    "for permit holders": Case(
        ("0,-5 0,-0.2 primary", "0,-0.2 0,0.2 route=ferry motor_vehicle=permit",
         "0,0.2 0,5 primary"), road("unmarked", "restricted"), vehicles="bicycle, foot"),
    "known by its importance": Case(
        ("0,-5 0,-0.2 primary", "0,-0.2 0,0.2 route=ferry ferry=secondary", "0,0.2 0,5 primary"),
        road("unmarked", "ferry"), vehicles=EVERYBODY),
    "a cable ferry on a road": Case(
        ("0,-5 0,-0.2 primary", "0,-0.2 0,0.2 tertiary route=ferry", "0,0.2 0,5 primary"),
        road("unmarked", "ferry"), vehicles=EVERYBODY),
}  # fmt: skip
RAILWAYS = {
    "preserved": Case(("0,-5 0,5 railway=preserved",), [("rail", "unmarked", "preserved")]),
    "a tram": Case(("0,-5 0,5 railway=tram",), [("rail", "unmarked", "tram")]),
    "rails out of use": Case(("0,-5 0,5 rail disused=yes",), [("rail", "closed", "rail")]),
    "rails given up": Case(("0,-5 0,5 rail abandoned=yes",), [("rail", "closed", "rail")]),
    "two tracks of one number": Case(
        ("0,-5 0,5 rail ref=7", "0.2,-5 0.2,5 rail ref=7"), [("rail", "unmarked", "rail")],
        n_links=2),
    "two tracks joined by switches": Case(
        ("0,-5 0,0.8 0,5 rail", "0.1,-5 0.1,0.5 0,0.8 rail"), [("rail", "unmarked", "rail")]),
    "two tracks joined by switches beyond a siding": Case(
        ("0,-5 0,0.4 0,0.8 0,5 rail", "0,0.4 -0.5,0.6 rail", "0.1,-5 0.1,0.5 0,0.8 rail"),
        [("rail", "unmarked", "rail")], n_links=2),
    "two railways side by side": Case(
        ("0,-5 0,5 rail ref=7", "0.1,-5 0.1,5 rail ref=8"), [("rail", "unmarked", "rail")] * 2),
    "two tracks that nothing joins": Case(
        ("0,-5 0,1.5 0,5 rail", "0.1,-5 0.1,1.2 0,1.5 rail"), [("rail", "unmarked", "rail")] * 2),
}  # fmt: skip
APRONS = {
    "an apron round the road": Case(
        ("0,-5 0,-0.1 0,0.1 0,5 primary lanes=2",
         "0,-0.1 0.05,-0.1 0.05,0.1 0,0.1 -0.05,0.1 -0.05,-0.1 0,-0.1 service area=yes"),
        road("unmarked"), n_links=1, lanes=2),
    "an apron that the roads only touch": Case(
        ("0,-5 0,-0.1 primary", "0,0.1 0,5 primary",
         "0,-0.1 0.05,-0.1 0.05,0.1 0,0.1 -0.05,0.1 -0.05,-0.1 0,-0.1 service area=yes"),
        road("unmarked", "service"), n_links=1, lanes=2),
    "a roundabout on the line": Case(
        ("0,-5 0,-0.1 primary", "0,0.1 0,5 primary",
         "0,-0.1 0.1,0 0,0.1 -0.1,0 0,-0.1 primary junction=roundabout lanes=1"),
        road("unmarked"), n_links=1, lanes=2),
}  # fmt: skip
YARD = "-0.05,-0.3 0.45,-0.3 0.45,-0.05 -0.05,-0.05 -0.05,-0.3"
CONTROLS = {
    "a yard that the road runs through": Case(
        ("0,-5 0,5 primary", f"{YARD} amenity=customs"), road("official")),
    "a yard beside another street": Case(
        ("0,-5 0,5 primary", "0.7,-5 0.7,5 residential", f"{YARD} amenity=customs"),
        [*road("official"), ("road", "unmarked", "residential")]),
    "an office 150 m from the road": Case(
        ("0,-5 0,5 primary",), road("official"), (("0.15,-0.1", "amenity=customs"),)),
    "an office with hours beside the road": Case(
        ("0,-5 0,5 primary",), road("official"),
        (("0.05,-0.1", "amenity=customs opening_hours=05:00-23:00"),),
        vehicles=EVERYBODY, hours="05:00-23:00"),
    "a control that is always open and an office that is not": Case(
        (ROAD,), road("official"),
        ((GATE, "barrier=border_control"),
         ("0.05,-0.3", "amenity=customs opening_hours=05:30-23:00")),
        vehicles=EVERYBODY, hours="05:30-23:00"),
    "an office that is always open": Case(
        ("0,-5 0,5 primary",), road("official"),
        (("0.05,-0.1", "amenity=customs opening_hours=24/7"),), vehicles=EVERYBODY),
    "immigration": Case(
        (ROAD,), road("official"), ((GATE, "office=government government=immigration"),)),
    "a checkpoint": Case((ROAD,), road("official"), ((GATE, "barrier=checkpoint"),)),
    "a line across the road": Case(
        ("0,-5 0,5 primary", "-0.02,-0.2 0.02,-0.2 barrier=border_control"), road("official")),
    "behind a side road": Case(
        ("0,-5 0,-0.15 0,-0.08 0,5 primary", "0,-0.08 0.4,-0.08 service"), road("official"),
        (("0,-0.15", "barrier=border_control"),)),
    "booths of two lanes": Case(
        ("0,-5 0,-1 primary", "0,-1 0,0.3 service", "0,-1 0.03,-0.3 0.03,0.3 service",
         "0,0.3 0,5 primary", "0.03,0.3 0,5 service"),
        road("official", "service"),
        (("0,-1", "highway=crossing"), ("0.03,-0.3", "barrier=border_control"),
         ("0.01,-0.31", "barrier=border_control"))),
    "a booth on the second lane alone": Case(
        ("0,-5 0,-1 0,-0.2 0,5 primary", "0,-1 0.02,-0.6 0,-0.2 service"), road("official"),
        (("0.02,-0.6", "barrier=border_control"),)),
    "a checkpoint of a hiking game": Case(
        ("0,-5 0,-0.1 0,5 path",), [("foot", "unmarked", "path")], ((GATE, "checkpoint=hiking"),)),
    "a track 220 m from the post": Case(
        (ROAD, "0.22,-5 0.22,5 track"),
        [*road("official"), ("road", "unmarked", "track")],
        ((GATE, "barrier=border_control"),)),
    "a service lane past the same control": Case(
        ("0,-5 0,-0.5 0,5 primary", "0,-0.5 0.04,-0.4 0.04,5 service"), road("official"),
        ((("0,-0.5"), "barrier=border_control"),), n_links=2),
}  # fmt: skip
ROADS = {
    "carriageways of one road": Case(
        ("0,-5 0,5 trunk oneway=yes", "0.1,5 0.1,-5 trunk oneway=yes"),
        road("unmarked", "trunk"), n_links=2),
    "carriageways of two numbers": Case(
        ("0,-5 0,5 trunk oneway=yes ref=1", "0.1,5 0.1,-5 trunk oneway=yes ref=2"),
        road("unmarked", "trunk") * 2),
    "carriageways of two classes": Case(
        ("0,-5 0,5 trunk oneway=yes", "0.1,5 0.1,-5 residential oneway=yes"),
        [*road("unmarked", "trunk"), *road("unmarked", "residential")]),
    "two roads with two carriageways each": Case(
        ("0,-5 0,5 trunk oneway=yes", "0.03,5 0.03,-5 trunk oneway=yes",
         "0.1,-5 0.1,5 trunk oneway=yes", "0.13,5 0.13,-5 trunk oneway=yes"),
        road("unmarked", "trunk") * 2),
    "one way on either side alike": Case(
        ("0,-5 0,5 primary oneway=yes", "0.1,-5 0.1,5 primary oneway=yes"),
        road("unmarked") * 2),
    "two roads 60 m apart": Case(
        ("0,-5 0,5 residential", "0.06,-5 0.06,5 residential"),
        road("unmarked", "residential") * 2),
    "a motorway's link beside it": Case(
        ("0,-5 0,5 motorway", "0.1,5 0.1,-5 motorway_link oneway=yes"),
        road("unmarked", "motorway"), n_links=2),
}  # fmt: skip
CASES = ACCESS | FERRIES | RAILWAYS | APRONS | CONTROLS | ROADS
STARTS = {name: APART_KM * row - 66 for row, name in enumerate(CASES)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> World:
    ways: list[str] = []
    points: dict[str, str] = {}
    for name, case in CASES.items():
        ways += [shifted(way, STARTS[name]) for way in case.ways]
        points |= {shifted(at, STARTS[name]): tags for at, tags in case.points}
    line = {"AA BB": [f"-80,0 {APART_KM * len(CASES) - 50},0"]}
    folder = tmp_path_factory.mktemp("cases")
    reach_km = {"AA": 100.0, "BB": 100.0}  # the ends of the drawn roads are ends, not the data's
    return world(folder, *ways, points=points, borders=line, reach_km=reach_km)


@pytest.mark.parametrize("name", CASES)
def test_case(found: World, name: str) -> None:
    case, rows = CASES[name], found.crossings
    x_km = rows["border_km"] - 80 - STARTS[name]
    mine: pd.DataFrame = rows[rows["counted"] & x_km.between(-1, 1)].sort_values("border_km")
    got = mine[["mode", "status", "class"]].itertuples(index=False, name=None)
    assert list(got) == case.right
    if case.vehicles is not None:
        assert mine["vehicles"].tolist() == [case.vehicles]
        assert mine["hours"].tolist() == [case.hours]
    if case.n_links is not None:
        assert mine["n_links"].tolist() == [case.n_links]
    if case.lanes is not None:
        assert mine["lanes"].tolist() == [case.lanes]


def test_headline_and_hours(found: World) -> None:
    rows = found.crossings[found.crossings["counted"]]
    kept = rows[rows["in_headline"]]
    assert not set(kept["class"]) & {"restricted", "tram", "preserved"}
    assert "closed" not in set(kept["status"])
    assert set(rows.loc[rows["by_hours"], "hours"]) == {
        "06:00-22:00", "07:00-19:00", "car, goods, bus: closed 22:00-06:00",
        "06:00-22:00 & 08:00-18:00", "closed 22:00-06:00", "05:00-23:00", "05:30-23:00",
    }  # fmt: skip
