"""Which country a point lies in, found from the border line, the third lines, and anchors.

Extracts hold neither country's whole outline, so the land is divided by the lines that are there;
where one ends on land it is prolonged straight, and that is noted.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString
from shapely.ops import polygonize

from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.geo import Projection
from pipeline.core.types import Floats, Texts
from pipeline.network.course import TOUCH_M, Pair
from pipeline.network.line import Line

RIM_SHARE = 0.05  # how far the outer frame lies outside the data, as a share of their extent
PROBES = 400  # points beside a prolonged line that find the faces on either side of it


@dataclass(frozen=True)
class Divider:
    """A line in the plane that divides two countries.

    `kind` is border (the line, gaps closed), third (a line with or between others) or beyond (the
    line prolonged past its end, where nobody knows whose ground it parts); `drawn` if it stands
    in the data.
    """

    pair: Pair
    course: LineString
    kind: Literal["border", "third", "beyond"]
    drawn: bool


@dataclass(frozen=True)
class Ground:
    """The plane parted by `dividers` into `faces`, each with the country in `labels`, or None.

    `notes` say what the data left open.
    """

    pair: Pair
    projection: Projection
    dividers: tuple[Divider, ...]
    faces: npt.NDArray[np.object_]
    labels: Texts
    notes: tuple[str, ...]


def divide(line: Line, lon: Floats, lat: Floats, border: BorderFile, path: str) -> Ground:
    """The area around the line that holds the points and the border file's anchors, by country.

    Parameters
    ----------
    line
        The border line.
    lon, lat
        Points that it must hold, (n,) degrees.
    border
        The border file, with its anchors.
    path
        The file to name in messages.

    Returns
    -------
    Ground
        Faces in planar metres, each with the code of its country.

    Raises
    ------
    InputError
        Where no line separates the anchors of two countries.
    """
    rim = _rim(line, lon, lat, border)
    dividers, notes = _dividers(line, rim)
    faces, labels = _label(dividers, rim, border, line.projection, path)
    return Ground(line.pair, line.projection, tuple(dividers), faces, labels, tuple(notes))


def labels(ground: Ground, plane: Floats) -> Texts:
    """Country code of each planar point, None where no anchor and no line tells.

    Parameters
    ----------
    ground
        The plane parted by the dividers.
    plane
        (n, 2) planar metres. Points on a dividing line fall to either side.

    Returns
    -------
    ndarray of object
        (n,) country codes or None.
    """
    found = np.full(len(plane), None, dtype=object)
    for face, label in zip(ground.faces, ground.labels, strict=True):
        shapely.prepare(face)
        inside = shapely.intersects_xy(face, plane[:, 0], plane[:, 1])
        found[inside & (found == None)] = label  # noqa: E711 (array comparison)
    return found


def countries(ground: Ground, plane: Floats) -> Texts:
    """Country code of each planar point, as `labels` finds it.

    Parameters
    ----------
    ground
        The plane parted by the dividers.
    plane
        (n, 2) planar metres.

    Returns
    -------
    ndarray of object
        (n,) country codes.

    Raises
    ------
    InputError
        For a point whose ground no anchor and no line tells.
    """
    found = labels(ground, plane)
    untold = np.flatnonzero(found == None)  # noqa: E711
    if len(untold):
        lon, lat = ground.projection.degrees(plane[untold[:1]])[0]
        raise InputError(
            f"the country of the ground at {lon:.4f}, {lat:.4f} does not follow from the border "
            "lines in the data, expected an anchor of the border file there"
        )
    return found


def _rim(line: Line, lon: Floats, lat: Floats, border: BorderFile) -> shapely.Polygon:
    """A box round data, line and anchors, in the plane."""
    anchors = [point for points in border.anchors.values() for point in points]
    degrees = np.vstack([np.column_stack([lon, lat]), np.array(anchors).reshape(-1, 2)])
    course = [np.asarray(piece.coords) for piece in line.chain]
    points = np.vstack([line.projection.plane(*degrees.T), *course])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = max(1000.0, RIM_SHARE * float((high - low).max()))
    (west, south), (east, north) = low - margin, high + margin
    return shapely.Polygon([(west, south), (east, south), (east, north), (west, north)])


def _dividers(line: Line, rim: shapely.Polygon) -> tuple[list[Divider], list[str]]:
    """The line, the third lines that touch it, and what closes gaps and leads on to the frame."""
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
                onward = _onward(course, far, rim)
                dividers.append(Divider(owners, onward, "third", drawn=False))
        prolonged = _prolonged(line.pair, open_, end, touching, rim)
        if prolonged is not None:
            dividers.append(prolonged)
            notes.append(
                f"the line {'–'.join(prolonged.pair)} was prolonged straight to the rim where the "
                "data end; foreign ground may be counted there"
            )
    drawn = shapely.union_all([d.course for d in dividers if d.drawn])
    trimmed = [d if d.drawn else replace(d, course=_to_first(d.course, drawn)) for d in dividers]
    unique = {(d.pair, d.course.wkb): d for d in trimmed}
    return list(unique.values()), notes


def _loose_ends(chain: tuple[LineString, ...]) -> list[shapely.Point]:
    """Ends of the line's pieces that no other piece meets."""
    found = []
    for piece in chain:
        for at in () if piece.is_closed else (piece.coords[0], piece.coords[-1]):
            end = shapely.Point(at)
            others = (other for other in chain if other is not piece)
            if not any(other.distance(end) <= TOUCH_M for other in others):
                found.append(end)
    return found


def _end_at(line: LineString, point: shapely.Point) -> int | None:
    """0 or -1 where the line's first or last vertex is at the point, else None."""
    for end in (0, -1):
        if not line.is_closed and shapely.Point(line.coords[end]).distance(point) <= TOUCH_M:
            return end
    return None


def _outward(line: LineString, end: shapely.Point) -> Floats:
    """Unit vector in which the line runs as it reaches `end`, over its last 2 % (1 km at least)."""
    at = line.project(end)
    step = max(1000.0, 0.02 * line.length)
    back = line.interpolate(at - step if at > line.length / 2 else at + step)
    vector = np.array([end.x - back.x, end.y - back.y])
    return np.asarray(vector / np.linalg.norm(vector))


def _onward(line: LineString, end: shapely.Point, rim: shapely.Polygon) -> LineString:
    reach = 2 * rim.length
    direction = _outward(line, end)
    return LineString(
        [(end.x, end.y), (end.x + reach * direction[0], end.y + reach * direction[1])]
    )


def _prolonged(
    pair: Pair,
    open_: list[LineString],
    end: shapely.Point,
    touching: list[tuple[Pair, LineString]],
    rim: shapely.Polygon,
) -> Divider | None:
    """What the data lack at an end: the line itself, or the third of three lines that meet."""
    last = min(open_, key=lambda piece: piece.distance(end))
    if not touching:
        return Divider(pair, _onward(last, end, rim), "beyond", drawn=False)
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
    far = 2 * rim.length * direction
    course = LineString([(end.x, end.y), (end.x + far[0], end.y + far[1])])
    return Divider((missing[0], missing[1]), course, "third", drawn=False)


def _label(
    dividers: list[Divider],
    rim: shapely.Polygon,
    border: BorderFile,
    projection: Projection,
    path: str,
) -> tuple[npt.NDArray[np.object_], Texts]:
    """Faces of the ground and the country of each: by anchor, else by the line that parts two."""
    courses = [d.course for d in dividers]
    noded = shapely.union_all([*(c.intersection(rim) for c in courses), rim.exterior])
    faces = np.array(list(polygonize(noded)), dtype=object)
    labels = np.full(len(faces), None, dtype=object)
    known = {country for divider in dividers for country in divider.pair}
    for country, points in sorted(border.anchors.items()):
        at = shapely.points(projection.plane(*np.array(points).reshape(-1, 2).T))
        hits = shapely.STRtree(faces).query(at, predicate="within")[1] if country in known else []
        for row in hits:
            if labels[row] not in (None, country):
                raise InputError(
                    f"{path}: anchors of {labels[row]} and {country} lie on the same side of the "
                    "border line, expected them parted by it"
                )
            labels[row] = country
    beside = [_beside(course, faces) for course in courses]
    changed = True
    while changed:
        changed = False
        for divider, sides in zip(dividers, beside, strict=True):
            for one, other in sides:
                for a, b in ((one, other), (other, one)):
                    if labels[a] in divider.pair and labels[b] is None:
                        labels[b] = divider.pair[1 - divider.pair.index(labels[a])]
                        changed = True
    return faces, labels


def _to_first(course: LineString, drawn: shapely.Geometry) -> LineString:
    """A prolonged line as far as the first drawn line that it meets."""
    start = shapely.Point(course.coords[0])
    meets = course.intersection(drawn)
    along = [course.project(shapely.Point(xy)) for xy in shapely.get_coordinates(meets)]
    beyond = [at for at in along if at > TOUCH_M]
    if not beyond:
        return course
    stop = course.interpolate(min(beyond) + 0.01)
    return LineString([start, stop])


def _beside(course: LineString, faces: npt.NDArray[np.object_]) -> set[tuple[int, int]]:
    """Pairs of faces that lie on either side of a line, by points beside its segments."""
    points = shapely.get_coordinates(course)
    middle = (points[:-1] + points[1:]) / 2
    run = points[1:] - points[:-1]
    length = np.linalg.norm(run, axis=1)
    if len(points) == 2:  # prolonged: one long segment that may pass several faces
        share = (np.arange(PROBES) + 0.5)[:, None] / PROBES
        middle, run = points[0] + share * run, np.repeat(run, PROBES, axis=0)
        length = np.repeat(length, PROBES)
    offset = np.column_stack([-run[:, 1], run[:, 0]]) / length[:, None]
    offset *= np.minimum(0.5, length / 100)[:, None]
    tree = shapely.STRtree(faces)
    sides = []
    for beside in (middle + offset, middle - offset):
        face = np.full(len(beside), -1)
        row, hit = tree.query(shapely.points(beside), predicate="within")
        face[row] = hit
        sides.append(face)
    return {(int(a), int(b)) for a, b in zip(*sides, strict=True) if a >= 0 and b >= 0 and a != b}
