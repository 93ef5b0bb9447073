"""Outlines of extracts in `.poly` files, which servers publish next to their extracts."""

import math
from collections.abc import Iterator
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import InputError, quoted


def read_poly(path: Path) -> BaseGeometry:
    """The outline in a .poly file (OpenStreetMap wiki, Osmosis/Polygon Filter File Format).

    Parameters
    ----------
    path
        The file. Its first line is a name. Sections follow: a name, lines of longitude and
        latitude, and `END`; a section whose name begins with `!` is a hole.

    Returns
    -------
    BaseGeometry
        In degrees (EPSG:4326).

    Raises
    ------
    InputError
        If a line does not hold longitude and latitude, a section has fewer than three points, or
        the sections enclose no area.
    """
    shape: BaseGeometry = shapely.Polygon()
    for name, points in _sections(path):
        if len(points) < 3:
            raise InputError(
                f"{path}: section {quoted(name)}: got {len(points)} points, expected 3 or more"
            )
        ring = shapely.make_valid(shapely.Polygon(points))
        shape = shape.difference(ring) if name.startswith("!") else shape.union(ring)
    if not shape.area:
        raise InputError(f"{path}: encloses no area, expected an outline")
    return shape


def _sections(path: Path) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    name, points = "", list[tuple[float, float]]()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8 ({error})") from error
    for number, text in enumerate(lines[1:], start=2):
        words = text.split()
        if not words:
            continue
        if words == ["END"]:
            if name:
                yield name, points
            name, points = "", []
        elif not name:
            name = text.strip()
        else:
            points.append(_point(path, number, text))


def _point(path: Path, number: int, text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(word) for word in text.split()[:2])
    except ValueError:
        lon = lat = math.nan
    if abs(lon) <= 180 and abs(lat) <= 90:
        return lon, lat
    expected = "expected longitude and latitude in degrees"
    raise InputError(f"{path}: line {number}: got {quoted(text)}, {expected}")
