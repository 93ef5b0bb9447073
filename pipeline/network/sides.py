"""Find the country of a point from the border line, the third lines, and anchors.

Extracts do not hold the whole outline of either country, so the land is divided by the lines that
they hold. A line that ends on land is extended straight, and a note says so.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString
from shapely.ops import polygonize

from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.geo import Projection
from pipeline.core.types import Floats, Texts
from pipeline.network.boundary_ways import Pair
from pipeline.network.dividers import Divider, dividers_of, frame_around
from pipeline.network.line import Line

PROBES = 400  # points next to an extended line that find the faces on either side of it


@dataclass(frozen=True)
class Territories:
    """The plane divided by `dividers` into `faces`, each with the country in `labels`, or None.

    `notes` list assumptions where the data are incomplete.
    """

    pair: Pair
    projection: Projection
    dividers: tuple[Divider, ...]
    faces: npt.NDArray[np.object_]
    labels: Texts
    notes: tuple[str, ...]


def divide(line: Line, lon: Floats, lat: Floats, border: BorderFile, path: str) -> Territories:
    """Divide the area around the line, the points and the border file's anchors by country.

    Parameters
    ----------
    line
        The border line.
    lon, lat
        Points that the area must contain, (n,) degrees.
    border
        The border file, with its anchors.
    path
        The file to name in messages.

    Returns
    -------
    Territories
        Faces in planar metres, each with the code of its country.

    Raises
    ------
    InputError
        If no line separates the anchors of two countries.
    """
    frame = frame_around(line, lon, lat, border)
    dividers, notes = dividers_of(line, frame)
    faces, labels = _label(dividers, frame, border, line.projection, path)
    return Territories(line.pair, line.projection, tuple(dividers), faces, labels, tuple(notes))


def labels(territories: Territories, plane: Floats) -> Texts:
    """Country code of each planar point; None if it follows from no anchor and no line.

    Parameters
    ----------
    territories
        The plane divided into countries.
    plane
        (n, 2) planar metres. A point on a dividing line gets either side.

    Returns
    -------
    ndarray of object
        (n,) country codes or None.
    """
    found = np.full(len(plane), None, dtype=object)
    for face, label in zip(territories.faces, territories.labels, strict=True):
        shapely.prepare(face)
        inside = shapely.intersects_xy(face, plane[:, 0], plane[:, 1])
        found[inside & (found == None)] = label  # noqa: E711 (array comparison)
    return found


def countries(territories: Territories, plane: Floats) -> Texts:
    """Country code of each planar point; an error if one is unknown.

    Parameters
    ----------
    territories
        The plane divided into countries.
    plane
        (n, 2) planar metres.

    Returns
    -------
    ndarray of object
        (n,) country codes.

    Raises
    ------
    InputError
        If the country of a point follows from no anchor and no line.
    """
    found = labels(territories, plane)
    unknown = np.flatnonzero(found == None)  # noqa: E711
    if len(unknown):
        lon, lat = territories.projection.degrees(plane[unknown[:1]])[0]
        raise InputError(
            f"the country of the land at {lon:.4f}, {lat:.4f} does not follow from the border "
            "lines in the data, expected an anchor of the border file there"
        )
    return found


def _label(
    dividers: list[Divider],
    frame: shapely.Polygon,
    border: BorderFile,
    projection: Projection,
    path: str,
) -> tuple[npt.NDArray[np.object_], Texts]:
    """Faces of the plane and their countries: by an anchor, otherwise by a line between two."""
    courses = [d.course for d in dividers]
    noded = shapely.union_all([*(c.intersection(frame) for c in courses), frame.exterior])
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
                    "border line, expected one on either side"
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


def _beside(course: LineString, faces: npt.NDArray[np.object_]) -> set[tuple[int, int]]:
    """Pairs of faces that lie on either side of a line, by points next to its segments."""
    points = shapely.get_coordinates(course)
    middle = (points[:-1] + points[1:]) / 2
    run = points[1:] - points[:-1]
    length = np.linalg.norm(run, axis=1)
    if len(points) == 2:  # extended: one long segment that may pass several faces
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
