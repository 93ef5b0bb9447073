"""Anchors of a border file from the data: a point on both sides of each piece of a line."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge

from pipeline.core.antimeridian import any_meets, around, leaping
from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84

AWAY_M = (1000.0, 500.0, 250.0, 100.0, 50.0, 20.0)  # from the line, tried in this order
ALONG = (0.5, 0.3, 0.7, 0.15, 0.85)  # share of a piece's length
MOST_PIECES = 12  # of a line that get their own anchors, the longest first
MEET_DEGREES = 5e-4  # ends of lines nearer than this meet there
RAY_M = 1000.0  # length over which the direction of a line from its end is taken

Pair = tuple[str, str]
Point = tuple[float, float]
Anchors = dict[str, list[Point]]
Hint = tuple[LineString, str, str]  # a way in degrees, the codes on its left and right


def find(
    pair: Pair,
    courses: Mapping[Pair, Sequence[LineString]],
    outlines: Mapping[str, BaseGeometry],
    hints: Sequence[Hint] = (),
) -> Anchors:
    """Points next to the line, with the country that each is in.

    Parameters
    ----------
    pair
        The two countries.
    courses
        Ways that two countries share, in degrees, by pair of codes in alphabetical order.
    outlines
        Closed outlines by country code, in degrees.
    hints
        Ways with tags for the countries on their left and right.

    Returns
    -------
    dict of str to list of (longitude, latitude)
        For both countries, and for those whose lines meet this one.

    Raises
    ------
    InputError
        If neither closed outlines, tags nor lines that meet show which country is on which side.
    """
    if any_meets([way for ways in courses.values() for way in ways]):
        return _across(pair, courses, outlines, hints)
    return _found(pair, courses, outlines, hints)


def _found(
    pair: Pair,
    courses: Mapping[Pair, Sequence[LineString]],
    outlines: Mapping[str, BaseGeometry],
    hints: Sequence[Hint],
) -> Anchors:
    every = shapely.STRtree([way for ways in courses.values() for way in ways])
    found: Anchors = {}
    own = _key(*pair)
    ends = _ends(courses[own])
    others = [
        key
        for key, ways in courses.items()
        if key != own and set(key) & set(pair) and _meets(_ends(ways), ends)
    ]
    for key in (own, *others):
        for piece in _pieces(courses[key])[:MOST_PIECES]:
            sides = (
                _sides(piece, key, every, outlines)
                or _by_hints(piece, key, hints, every)
                or _by_meeting(piece, key, courses, every)
            )
            for code, at in sides.items():
                found.setdefault(code, []).append(at)
    missing = [code for code in pair if code not in found]
    if missing:
        raise InputError(
            f"the files do not show which country is on which side of the line {'–'.join(pair)}, "
            f"expected the whole outline of {pair[0]} or {pair[1]} in them, or "
            "ANCHORS='"
            f"{pair[0]}:<longitude>,<latitude> {pair[1]}:<longitude>,<latitude>'"
        )
    return found


def _across(
    pair: Pair,
    courses: Mapping[Pair, Sequence[LineString]],
    outlines: Mapping[str, BaseGeometry],
    hints: Sequence[Hint],
) -> Anchors:
    """The same near the antimeridian: longitudes are counted from this line."""
    middle = float(courses[_key(*pair)][0].coords[0][0])

    def near(shapes: Sequence[BaseGeometry]) -> list[Any]:
        return list(
            shapely.transform(np.array(shapes, dtype=object), lambda at: around(at, middle))
        )

    keys = [key for key, ways in courses.items() for _ in ways]
    ways = near([way for some in courses.values() for way in some])
    moved: dict[Pair, list[LineString]] = {}
    for key, way, leaps in zip(keys, ways, leaping(ways).tolist(), strict=True):
        if not leaps:
            moved.setdefault(key, []).append(way)
    found = _found(
        pair,
        moved,
        {code: shapely.union_all(near([shape])) for code, shape in outlines.items()},
        [
            (way, left, right)
            for way, (_, left, right) in zip(near([way for way, *_ in hints]), hints, strict=True)
        ],
    )
    return {
        code: [(round((lon + 180) % 360 - 180, 6), lat) for lon, lat in points]
        for code, points in found.items()
    }


def _pieces(ways: Sequence[LineString]) -> list[LineString]:
    """Pieces of a line, the longest first."""
    merged = linemerge(list(ways)) if len(ways) > 1 else ways[0]
    pieces = list(merged.geoms) if merged.geom_type == "MultiLineString" else [merged]
    return sorted(pieces, key=lambda piece: (-piece.length, piece.coords[0]))


def _ends(ways: Sequence[LineString]) -> list[Point]:
    return [
        (piece.coords[end][0], piece.coords[end][1])
        for piece in _pieces(ways)
        if not piece.is_closed
        for end in (0, -1)
    ]


def _meets(ends: Sequence[Point], others: Sequence[Point]) -> bool:
    return any(
        abs(a[0] - b[0]) < MEET_DEGREES and abs(a[1] - b[1]) < MEET_DEGREES
        for a, b in itertools.product(ends, others)
    )


def _beside(piece: LineString, every: shapely.STRtree) -> Iterator[tuple[Point, Point]]:
    """Points left and right of a piece with no other line between them, the farthest first."""
    for away_m, share in itertools.product(AWAY_M, ALONG):
        length = piece.length
        a, b = (piece.interpolate(np.clip(share + step, 0, 1) * length) for step in (-0.001, 0.001))
        middle = piece.interpolate(share * length)
        azimuth = WGS84.inv(a.x, a.y, b.x, b.y)[0]
        sides = [WGS84.fwd(middle.x, middle.y, azimuth + turn, away_m)[:2] for turn in (-90, 90)]
        left, right = around(np.array(sides), middle.x).tolist()
        between = LineString([left, right])
        met = [every.geometries[row] for row in every.query(between, predicate="intersects")]
        crossings = sum(len(shapely.get_coordinates(between.intersection(one))) for one in met)
        if crossings == 1:
            yield (
                (round(left[0], 6), round(left[1], 6)),
                (round(right[0], 6), round(right[1], 6)),
            )


def _sides(
    piece: LineString, pair: Pair, every: shapely.STRtree, outlines: Mapping[str, BaseGeometry]
) -> dict[str, Point]:
    """A point in each country next to a piece, by a closed outline."""
    known = [code for code in pair if code in outlines]
    for left, right in _beside(piece, every) if known else ():
        for first, second in (pair, pair[::-1]):
            right_of = [_inside(outlines, first, left), _inside(outlines, second, right)]
            wrong_of = [_inside(outlines, first, right), _inside(outlines, second, left)]
            if True in right_of and False not in right_of and True not in wrong_of:
                return {first: left, second: right}
    return {}


def _inside(outlines: Mapping[str, BaseGeometry], code: str, at: Point) -> bool | None:
    """Whether a point is in a country; None if the country's outline is not complete."""
    return bool(shapely.contains_xy(outlines[code], *at)) if code in outlines else None


def _by_hints(
    piece: LineString, pair: Pair, hints: Sequence[Hint], every: shapely.STRtree
) -> dict[str, Point]:
    """The same by a way of the piece whose tags state the countries on its left and right."""
    for way, left, right in hints:
        if {left, right} == set(pair) and way.distance(piece) < 1e-9:
            for one, other in _beside(way, every):
                return {left: one, right: other}
    return {}


def _by_meeting(
    piece: LineString,
    pair: Pair,
    courses: Mapping[Pair, Sequence[LineString]],
    every: shapely.STRtree,
) -> dict[str, Point]:
    """The same by a place where three lines meet: a country is between its two lines there."""
    for end in (0, -1) if not piece.is_closed else ():
        at = (piece.coords[end][0], piece.coords[end][1])
        course = piece if end == 0 else piece.reverse()
        for third in {code for key in courses for code in key} - set(pair):
            rays = [_ray(courses.get(_key(code, third), ()), at) for code in pair]
            if any(ray is None for ray in rays):
                continue
            own = _azimuth(course)
            first, second = ((own - ray) % 360 for ray in rays if ray is not None)
            beside = next(_beside(course, every), None)
            if beside is not None and first != second:
                # Azimuths grow clockwise: the first line found counter-clockwise is on the left.
                left, right = pair if first < second else pair[::-1]
                return {left: beside[0], right: beside[1]}
    return {}


def _key(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _ray(ways: Sequence[LineString], at: Point) -> float | None:
    """Azimuth in which a line leaves a point, if it ends there."""
    for piece in _pieces(ways) if ways else ():
        for course in (piece, piece.reverse()):
            if not piece.is_closed and _meets([(course.coords[0][0], course.coords[0][1])], [at]):
                return _azimuth(course)
    return None


def _azimuth(course: LineString) -> float:
    """Azimuth of a line over its first kilometre or so."""
    a = course.coords[0]
    onward = min(course.length, RAY_M / 111_000)
    b = course.interpolate(onward)
    return float(WGS84.inv(a[0], a[1], b.x, b.y)[0])
