"""Lines that divide countries: the border, lines with third countries, and their extensions."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from shapely.geometry import LineString

from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Floats
from pipeline.network.boundary_ways import Pair
from pipeline.network.course import TOUCH_M
from pipeline.network.line import Line

FRAME_SHARE = 0.05  # distance of the frame from the data, as a share of their extent


@dataclass(frozen=True)
class Divider:
    """A line in the plane that divides two countries.

    `kind` is border (the line, gaps closed), third (a line with or between other countries) or
    beyond (the line extended past its end, where the data do not say which countries it divides);
    `drawn` is true if the line is in the data.
    """

    pair: Pair
    course: LineString
    kind: Literal["border", "third", "beyond"]
    drawn: bool


def frame_around(line: Line, lon: Floats, lat: Floats, border: BorderFile) -> shapely.Polygon:
    """A box around data, line and anchors, in the plane.

    Parameters
    ----------
    line
        The border line.
    lon, lat
        Points that it must contain, (n,) degrees.
    border
        The border file, with its anchors.

    Returns
    -------
    Polygon
        In planar metres, FRAME_SHARE of the extent larger than its content.
    """
    anchors = [point for points in border.anchors.values() for point in points]
    degrees = np.vstack([np.column_stack([lon, lat]), np.array(anchors).reshape(-1, 2)])
    course = [np.asarray(piece.coords) for piece in line.chain]
    points = np.vstack([line.projection.plane(*degrees.T), *course])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = max(1000.0, FRAME_SHARE * float((high - low).max()))
    (west, south), (east, north) = low - margin, high + margin
    return shapely.Polygon([(west, south), (east, south), (east, north), (west, north)])


def dividers_of(line: Line, frame: shapely.Polygon) -> tuple[list[Divider], list[str]]:
    """The line, third lines that touch it, and the lines that close gaps and lead to the frame.

    Parameters
    ----------
    line
        The border line.
    frame
        The box of `frame_around`.

    Returns
    -------
    dividers, notes : list of Divider, list of str
        Each divider once; assumptions, in words.
    """
    notes = list(line.course.notes)
    dividers = [Divider(line.pair, piece, "border", drawn=True) for piece in line.chain]
    open_ = [piece for piece in line.chain if not piece.is_closed]
    ends = _loose_ends(line.chain)
    for end in ends:
        touching = [third for third in line.third if _end_at(third[1], end) is not None]
        for owners, course in touching:
            dividers.append(Divider(owners, course, "third", drawn=True))
            far = shapely.Point(course.coords[-1 if _end_at(course, end) == 0 else 0])
            if not any(far.distance(other) <= TOUCH_M for other in ends):
                onward = _onward(course, far, frame)
                dividers.append(Divider(owners, onward, "third", drawn=False))
        prolonged = _prolonged(line.pair, open_, end, touching, frame)
        if prolonged is not None:
            dividers.append(prolonged)
            notes.append(
                f"the line {'–'.join(prolonged.pair)} was extended straight to the edge of the "
                "data; land of another country may be counted there"
            )
    drawn = shapely.union_all([d.course for d in dividers if d.drawn])
    trimmed = [d if d.drawn else replace(d, course=_to_first(d.course, drawn)) for d in dividers]
    unique = {(d.pair, d.course.wkb): d for d in trimmed}
    return list(unique.values()), list(dict.fromkeys(notes))


def _loose_ends(chain: tuple[LineString, ...]) -> list[shapely.Point]:
    """Ends of the line's pieces that meet no other piece."""
    found = []
    for piece in chain:
        for at in () if piece.is_closed else (piece.coords[0], piece.coords[-1]):
            end = shapely.Point(at)
            others = (other for other in chain if other is not piece)
            if not any(other.distance(end) <= TOUCH_M for other in others):
                found.append(end)
    return found


def _end_at(line: LineString, point: shapely.Point) -> int | None:
    """0 or -1 if the line's first or last vertex is at the point, otherwise None."""
    for end in (0, -1):
        if not line.is_closed and shapely.Point(line.coords[end]).distance(point) <= TOUCH_M:
            return end
    return None


def _outward(line: LineString, end: shapely.Point) -> Floats:
    """Unit vector of the line's direction at `end`, over its last 2 % (at least 1 km)."""
    at = line.project(end)
    step = max(1000.0, 0.02 * line.length)
    back = line.interpolate(at - step if at > line.length / 2 else at + step)
    vector = np.array([end.x - back.x, end.y - back.y])
    return np.asarray(vector / np.linalg.norm(vector))


def _onward(line: LineString, end: shapely.Point, frame: shapely.Polygon) -> LineString:
    reach = 2 * frame.length
    direction = _outward(line, end)
    return LineString(
        [(end.x, end.y), (end.x + reach * direction[0], end.y + reach * direction[1])]
    )


def _prolonged(
    pair: Pair,
    open_: list[LineString],
    end: shapely.Point,
    touching: list[tuple[Pair, LineString]],
    frame: shapely.Polygon,
) -> Divider | None:
    """The line that the data lack at an end: the border, or the third of three lines that meet."""
    last = min(open_, key=lambda piece: piece.distance(end))
    if not touching:
        return Divider(pair, _onward(last, end, frame), "beyond", drawn=False)
    owners = {country for line_pair, _ in touching for country in line_pair}
    if len(touching) != 1:
        return None
    here = touching[0][0]
    missing = tuple(sorted(owners.symmetric_difference(pair) | (set(pair) - set(here))))
    if len(missing) != 2:
        return None
    lean = _outward(last, end) + _outward(touching[0][1], end)
    norm = float(np.linalg.norm(lean))
    direction = lean / norm if norm > 1e-6 else _outward(last, end)
    far = 2 * frame.length * direction
    course = LineString([(end.x, end.y), (end.x + far[0], end.y + far[1])])
    return Divider((missing[0], missing[1]), course, "third", drawn=False)


def _to_first(course: LineString, drawn: shapely.Geometry) -> LineString:
    """The part of an extended line up to the first drawn line that it meets."""
    start = shapely.Point(course.coords[0])
    meets = course.intersection(drawn)
    along = [course.project(shapely.Point(xy)) for xy in shapely.get_coordinates(meets)]
    beyond = [at for at in along if at > TOUCH_M]
    if not beyond:
        return course
    stop = course.interpolate(min(beyond) + 0.01)
    return LineString([start, stop])
