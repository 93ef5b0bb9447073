"""Check the points of a border file against the border line and the countries' outlines."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.antimeridian import eastward, leaping, split
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.geo import distance_m
from pipeline.network.line import Line
from pipeline.network.read import Extract

Point = tuple[float, float]


def closed_outlines(
    courses: Mapping[str, Collection[LineString]], partial: Collection[str] = ()
) -> dict[str, BaseGeometry]:
    """The area inside each country's outline, if the data hold a whole ring of it.

    Parameters
    ----------
    courses
        The ways of each country's outline in degrees, by country code. A ring that is a whole
        outline of another country is a hole: San Marino in Italy.
    partial
        Codes of countries whose relations name ways that the data lack. For example, an extract of
        Gibraltar holds only the border line of Spain's outline; the ring that this line closes is
        Gibraltar.

    Returns
    -------
    dict of str to BaseGeometry
        Polygons in degrees by code; no entry for a country without a whole ring.
    """
    rings: dict[str, list[BaseGeometry]] = {
        code: [shapely.normalize(ring) for ring in _rings(ways)] for code, ways in courses.items()
    }
    owners: dict[bytes, set[str]] = {}
    for code, found in rings.items():
        for ring in found:
            owners.setdefault(ring.wkb, set()).add(code)
    whole: dict[str, BaseGeometry] = {}
    for code, found in rings.items():
        length = sum(way.length for way in courses[code])
        own = [
            ring
            for ring in found
            # A ring that two countries share belongs to the country that has no other line.
            if owners[ring.wkb] == {code}
            or (code not in partial and np.isclose(float(shapely.length(ring)), length))
        ]
        if own:
            whole[code] = shapely.union_all(own)
    return whole


def _rings(ways: Collection[LineString]) -> list[BaseGeometry]:
    """The closed rings that a country's ways form, also across the antimeridian."""
    if not leaping(list(ways)).any():
        return list(shapely.polygonize(list(ways)).geoms)
    counted_on = [shapely.transform(way, eastward) for way in ways]
    return [split(ring) for ring in shapely.polygonize(counted_on).geoms]


def outlines_of(extract: Extract) -> dict[str, BaseGeometry]:
    """The area inside each country's outline, if the raw file holds a whole ring of it.

    Parameters
    ----------
    extract
        Content of the raw file.

    Returns
    -------
    dict of str to BaseGeometry
        As `closed_outlines` returns them. The ring of a small neighbour is not given to a country
        whose relation names ways that the file lacks.
    """
    there = set(extract.boundaries.osm_id.tolist())
    partial = {code for code, named in extract.countries.items() if named - there}
    return closed_outlines(_courses_of(extract), partial)


def refuse_misplaced(
    border: BorderFile, line: Line, outlines: Mapping[str, BaseGeometry], path: str
) -> None:
    """Check the border file's points against the data.

    Parameters
    ----------
    border
        The border file; its anchors and target are checked.
    line
        The border line.
    outlines
        Closed outlines by country code, as `closed_outlines` returns them.
    path
        The file of the data, for messages.

    Raises
    ------
    InputError
        If an anchor lies in another country's closed outline and not in its own (the message says
        so if two anchors are swapped); or if an anchor or the target lies too far from the line
        (with a hint if longitude and latitude seem to be exchanged).
    """
    points = [(code, at) for code, found in border.anchors.items() for at in found]
    wrong = [(code, at, where) for code, at in points if (where := _elsewhere(code, at, outlines))]
    for code, at, where in wrong:
        back = [one for one, _, other in wrong if one == where and other == code]
        swapped = f"; the anchors of {code} and {where} are swapped" if back else ""
        raise InputError(
            f"{border.border}.toml: anchors.{code}: {_text(at)} lies in {where} by its outline in "
            f"{path}, expected a point in {code}{swapped}"
        )
    limit_km = _limit_km(border)
    named = [(f"anchors.{code}", at) for code, at in points if code in line.pair]
    for key, at in [*named, ("target", border.target)]:
        km = _away_km(line, at)
        if km > limit_km:
            hint = ""
            if abs(at[0]) <= 90 and (other := _away_km(line, (at[1], at[0]))) < limit_km:
                hint = (
                    f"; {_text((at[1], at[0]))} lies {other:,.0f} km from it: are longitude and "
                    "latitude exchanged?"
                )
            raise InputError(
                f"{border.border}.toml: {key}: {_text(at)} lies {km:,.0f} km from the line, "
                f"expected at most {limit_km:,.0f} km{hint}"
            )


def _courses_of(extract: Extract) -> dict[str, list[LineString]]:
    """The ways of each country's outline in degrees; a way that lacks nodes closes no outline."""
    ways = extract.boundaries
    row_of = {osm_id: row for row, osm_id in enumerate(ways.osm_id.tolist())}
    found: dict[str, list[LineString]] = {}
    for code, members in extract.countries.items():
        found[code] = []
        for row in sorted(row_of[way] for way in members & row_of.keys()):
            vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
            if len(vertex) > 1 and (vertex >= 0).all():
                at = np.column_stack([extract.vertices.lon[vertex], extract.vertices.lat[vertex]])
                found[code].append(LineString(at))
    return found


def _elsewhere(code: str, at: Point, outlines: Mapping[str, BaseGeometry]) -> str | None:
    """The other country whose closed outline contains a point that lies outside its own."""
    inside = {owner for owner, shape in outlines.items() if shapely.contains_xy(shape, *at)}
    return None if code in inside or not inside else min(inside)


def _limit_km(border: BorderFile) -> float:
    return max(
        parameters.number("point_corridors") * border.corridor_km,
        parameters.number("point_least_km"),
    )


def _away_km(line: Line, at: Point) -> float:
    """Geodesic distance to the nearest vertex of the line, which is right at any distance."""
    vertices = np.vstack([np.asarray(piece.coords)[:, :2] for piece in line.shape.geoms])
    lon, lat = (np.full(len(vertices), part) for part in at)
    return float(distance_m(lon, lat, *vertices.T).min() / 1000)


def _text(at: Iterable[float]) -> str:
    return ", ".join(f"{part:.4f}" for part in at)
