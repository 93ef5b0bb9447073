"""Outlines of extracts in `.poly` files, as they lie beside what mirrors cut."""

from collections.abc import Iterator
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import InputError


def read_poly(path: Path) -> BaseGeometry:
    """The outline in a .poly file (OpenStreetMap wiki, Osmosis/Polygon Filter File Format).

    Parameters
    ----------
    path
        Sections of a name, lines of longitude and latitude, and `END`; a name that begins with
        `!` is a hole. The first line names the whole.

    Returns
    -------
    BaseGeometry
        In degrees (EPSG:4326).

    Raises
    ------
    InputError
        Where a line holds no two numbers, or a section has fewer than three points.
    """
    shape: BaseGeometry = shapely.Polygon()
    for name, points in _sections(path):
        if len(points) < 3:
            raise InputError(
                f"{path}: section {name}: got {len(points)} points, expected 3 or more"
            )
        ring = shapely.make_valid(shapely.Polygon(points))
        shape = shape.difference(ring) if name.startswith("!") else shape.union(ring)
    return shape


def _sections(path: Path) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    name, points = "", list[tuple[float, float]]()
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], start=2):
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
            try:
                points.append((float(words[0]), float(words[1])))
            except (ValueError, IndexError) as error:
                expected = "expected longitude and latitude"
                raise InputError(f"{path}: line {number}: got {text!r}, {expected}") from error
