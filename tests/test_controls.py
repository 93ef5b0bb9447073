"""Where posts stand on the network: ways drawn in metres, a post, and the places by hand."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from pipeline.core.geo import Projection
from pipeline.network import controls, segments

PLATE = "+proj=eqc +datum=WGS84"  # alike in x and y, so that metres are what is drawn
PLANE = Projection(Transformer.from_crs("EPSG:4326", PLATE, always_xy=True), PLATE, 0.0)
Point = tuple[float, float]


@dataclass(frozen=True)
class Drawn:
    """Ways (`x,y x,y class`), controls by their place, and where each must stand.

    A control is a node of a way where `own` says so, else it stands beside. `area` is the shape of
    the first: its corners, or the ends of a line.
    """

    ways: tuple[str, ...]
    at: tuple[Point, ...]
    right: tuple[list[Point], ...]
    kind: str = "border_control"
    own: bool = False
    element: str = "n"
    area: str | None = None
    new: int | None = None  # vertices that are inserted
    loose: tuple[Point, ...] = field(default=())  # nodes that no way has


def degrees(points: list[Point]) -> np.ndarray:
    return PLANE.degrees(np.array(points, dtype=float))


def course_of(words: list[str]) -> list[Point]:
    return [(float(x), float(y)) for x, y in (word.split(",") for word in words)]


def stood(case: Drawn) -> tuple[list[list[Point]], int]:
    """The places of each post, the nearest first, and how many vertices are new."""
    vertex: dict[Point, int] = {at: row for row, at in enumerate(case.loose)}
    rows, classes = [], []
    for way, text in enumerate(case.ways):
        *course, class_ = text.split()
        points = course_of(course)
        at = [vertex.setdefault(point, len(vertex)) for point in points]
        rows += [(way, number, a, b) for number, (a, b) in enumerate(pairwise(at))]
        classes.append(class_)
    lon, lat = degrees(list(vertex)).T
    vertices = pd.DataFrame({"osm_id": np.arange(len(vertex)) + 100, "lon": lon, "lat": lat})
    drawn = pd.DataFrame(rows, columns=["way", "segment", "a", "b"])
    ids = [f"p{row}" for row in range(len(case.at))]
    numbers = [vertex[at] + 100 if case.own else row for row, at in enumerate(case.at)]
    posts = pd.DataFrame({"id": ids, "element": case.element, "osm_id": numbers, "kind": case.kind})
    posts["lon"], posts["lat"] = degrees(list(case.at)).T
    shapes: dict[str, BaseGeometry] = {}
    if case.area:
        corners = degrees(course_of(case.area.split()))
        shapes["p0"] = shapely.Polygon(corners) if len(corners) > 2 else shapely.LineString(corners)
    class_of = np.array(classes, dtype=object)
    more, pieces, places = controls.at_posts(vertices, drawn, posts, shapes, class_of, PLANE)
    assert set(np.flatnonzero(more["at_post"])) == set(places["vertex"])
    assert set(places["vertex"]) <= {*pieces["a"], *pieces["b"]}  # on a way, not beside it
    assert (more["osm_id"][len(vertices) :] == segments.INSERTED).all()
    assert len(pieces) == len(drawn) + len(more) - len(vertices)
    xy = PLANE.plane(more["lon"].to_numpy(), more["lat"].to_numpy())
    found = [places.loc[places["post"] == row, "vertex"] for row in range(len(posts))]
    return [[(x, y) for x, y in xy[at]] for at in found], len(more) - len(vertices)


STREET = "0,0 1000,0 residential"
MAIN = "0,150 1000,150 primary"
OWN = {
    "the first node of a way": Drawn((STREET, MAIN), ((0, 0),), ([(0, 0)],), own=True, new=0),
    "its last node": Drawn((MAIN, STREET), ((1000, 0),), ([(1000, 0)],), own=True, new=0),
    "a node between, which a toll booth may be": Drawn(
        ("0,0 400,0 1000,0 residential", MAIN), ((400, 0),), ([(400, 0)],), kind="toll", own=True,
        new=0),
    "a node of a street near the main road": Drawn(
        (MAIN, "0,110 300,110 residential"), ((300, 110),), ([(300, 110)],), own=True, new=0),
    "a node that no way has stands beside": Drawn(
        (STREET,), ((300, 40),), ([(300, 0)],), own=True, new=1, loose=((300, 40),)),
    "a way of the same number is no node": Drawn(
        ("0,0 300,40 1000,40 path", MAIN), ((300, 40),), ([(300, 40), (300, 150)],), own=True,
        element="w", new=1),
    "a node of which the number is known and a post beside": Drawn(
        ("0,0 400,0 1000,0 residential",), ((400, 0), (1000, 0)), ([(400, 0)], [(1000, 0)]),
        own=True, new=0),
}  # fmt: skip
LANES = {
    "a lane's node controls the road beside": Drawn(
        ("400,0 400,50 400,90 service", "0,0 400,0 1000,0 secondary"), ((400, 50),),
        ([(400, 50), (400, 0)],), own=True, new=0),
    "as the first of all nodes": Drawn(
        ("300,40 400,40 service", "0,0 1000,0 secondary"), ((300, 40),),
        ([(300, 40), (300, 0)],), own=True, new=1),
    "the largest road": Drawn(
        ("300,40 400,40 service", "0,0 1000,0 tertiary", "0,-10 1000,-10 primary"), ((400, 40),),
        ([(400, 40), (400, -10)],), own=True, new=1),
    "no road more than 60 m away": Drawn(
        ("300,61 400,61 service", "0,0 1000,0 secondary"), ((400, 61),), ([(400, 61)],), own=True,
        new=0),
    "a toll booth on a lane controls the lane": Drawn(
        ("300,40 400,40 service", "0,0 1000,0 secondary"), ((400, 40),), ([(400, 40)],),
        kind="toll", own=True, new=0),
    "where the lane leaves the road it is on the road": Drawn(
        ("400,0 400,90 service", "0,0 400,0 1000,0 secondary", "0,20 1000,20 primary"),
        ((400, 0),), ([(400, 0)],), own=True, new=0),
    "a street's node near the main road": Drawn(
        ("400,0 400,90 residential", "0,20 1000,20 primary"), ((400, 0),), ([(400, 0)],),
        own=True, new=0),
}  # fmt: skip
BESIDE = {
    "the place across": Drawn((STREET,), ((300, 99),), ([(300, 0)],), new=1),
    "the way's end where it lies beyond": Drawn((STREET,), ((1060, 60),), ([(1000, 0)],), new=0),
    "before the way begins": Drawn((STREET,), ((-60, 60),), ([(0, 0)],), new=0),
    "near the end of a piece": Drawn(
        ("0,0 100,0 1000,0 residential",), ((95, 50),), ([(95, 0)],), new=1),
    "a vertex across": Drawn(
        ("0,0 300,0 1000,0 residential",), ((300, 50),), ([(300, 0)],), new=0),
    "the nearest way": Drawn(
        ("0,0 1000,0 track", "0,90 1000,90 path"), ((300, 60),), ([(300, 90)],), new=1),
    "the nearest way where it is also the nearest of the largest roads": Drawn(
        (STREET, "0,90 1000,90 residential"), ((300, 60),), ([(300, 90)],), new=1),
    "the nearest way and the main road": Drawn((STREET, MAIN), ((300, 0.5),),
                                               ([(300, 0), (300, 150)],), new=2),
    "the main road alone": Drawn(
        ("0,-120 1000,-120 track", MAIN), ((300, -10),), ([(300, 150)],), new=1),
    "the largest road within 200 m": Drawn(
        ("0,120 1000,120 residential", "0,180 1000,180 primary"), ((300, 0),), ([(300, 180)],),
        new=1),
    "the nearest of the largest": Drawn(
        ("0,180 1000,180 primary", "0,120 1000,120 primary"), ((300, 0),), ([(300, 120)],), new=1),
    "no way that only serves what stands there": Drawn(
        ("0,120 1000,120 living_street", "0,-120 1000,-120 service"), ((300, 0),), ([],), new=0),
    "the least of roads": Drawn(
        ("0,120 1000,120 residential", "0,-110 1000,-110 track"), ((300, 0),), ([(300, 120)],),
        new=1),
    "no road beyond": Drawn(("0,201 1000,201 primary",), ((300, 0),), ([],), new=0),
    "police stops no one": Drawn((STREET,), ((300, 40),), ([],), kind="police", new=0),
    "two posts across from each other are at one place": Drawn(
        (STREET,), ((300, 40), (300, -60)), ([(300, 0)], [(300, 0)]), new=1),
    "two posts along one piece": Drawn(
        (STREET,), ((700, 40), (300, -60)), ([(700, 0)], [(300, 0)]), new=2),
}  # fmt: skip
SHAPES = {
    "the middle of the way through a yard": Drawn(
        (STREET,), ((300, 50),), ([(320, 0)],), area="300,-50 340,-50 340,99 300,99",
        new=1),
    "where most of the way is within, the first piece": Drawn(
        ("0,0 300,0 1000,0 residential",), ((300, 50),), ([(270, 0)],),
        area="240,-50 310,-50 310,99 240,99", new=1),
    "or the second": Drawn(
        ("0,0 300,0 1000,0 residential",), ((300, 50),), ([(330, 0)],),
        area="290,-50 360,-50 360,99 290,99", new=1),
    "every way through it, and none beside": Drawn(
        (STREET, "320,-500 320,500 track", "0,120 1000,120 primary"), ((300, 50),),
        ([(320, 0), (320, 20)],), area="300,-40 340,-40 340,80 300,80", new=2),
    "a line across the road": Drawn(
        (STREET,), ((300, 50),), ([(300, 0)],), area="300,-20 300,20", new=1),
    "the middle of a wall along the way": Drawn(
        (STREET,), ((300, 50),), ([(320, 0)],), area="280,40 360,40 360,99 280,99",
        new=1),
    "the corner of one that turns from it": Drawn(
        (STREET,), ((300, 50),), ([(280, 0)],), area="280,40 360,60 360,99 280,99",
        new=1),
}  # fmt: skip
CASES = {
    f"{group}: {name}": case
    for group, cases in {"own": OWN, "lane": LANES, "beside": BESIDE, "shape": SHAPES}.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", CASES)
def test_a_post_stands(name: str) -> None:
    case = CASES[name]
    found, new = stood(case)
    assert [len(places) for places in found] == [len(places) for places in case.right]
    for places, right in zip(found, case.right, strict=True):
        assert np.allclose(np.reshape(places, (-1, 2)), np.reshape(right, (-1, 2)), atol=1e-3)
    assert new == case.new
