"""A border file from data: names, anchors, target, depths, cities, pairs, and its text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from msgspec.structs import replace
from scipy.spatial import KDTree
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile, City, Pair
from pipeline.core.geo import distance_m
from pipeline.core.types import Floats
from pipeline.network import anchors as checks
from pipeline.network import line as lines
from pipeline.network import read
from pipeline.network.sides import Territories, divide, labels
from pipeline.sources.outlines import courses_of_pairs, held_ways, outline
from pipeline.sources.overlap import countries, newest_first
from pipeline.sources.survey import FileSurvey, Relation
from pipeline.world import anchors
from pipeline.world.places import NAMES, Place, by_size, places_of

DEPTHS_KM = parameters.numbers("depths_km")
MOST_CITIES = parameters.whole("most_cities")
Point = tuple[float, float]


@dataclass(frozen=True)
class Known:
    """What several files contain about countries: names, shared lines, outlines, places.

    `on_land` are the ways of each country's outline that are not tagged as at sea.
    `held` gives, for the ways that two relations share, how many are in the files and how many the
    relations name.
    """

    names: dict[str, str]
    courses: dict[tuple[str, str], list[LineString]]
    outlines: dict[str, BaseGeometry]
    on_land: dict[str, list[LineString]]
    places: list[Place]
    hints: list[anchors.Hint]
    held: dict[tuple[str, str], tuple[int, int]]


def known(files: Sequence[FileSurvey]) -> Known:
    """What the first passes through the files found about countries."""
    found = countries(newest_first(files))
    names = {
        code: next((one.tags[key] for key in NAMES if one.tags.get(key)), code)
        for code, one in found.values()
    }
    whole = {code: outline(files, set(one.ways), maritime=True) for code, one in found.values()}
    held = {way for file in files for way in file.outlines}
    partial = {code for code, one in found.values() if not held.issuperset(one.ways)}
    return Known(
        names,
        courses_of_pairs(files, found),
        checks.closed_outlines(whole, partial),
        {code: outline(files, set(one.ways)) for code, one in found.values()},
        places_of(files),
        _hints(files, found),
        held_ways(files, found),
    )


def draft(
    pair: tuple[str, str],
    name: str,
    found: Known,
    corridor_km: float,
    given: Mapping[str, Sequence[Point]] | None = None,
) -> BorderFile:
    """A border file with what is known before the corridor is cut; `given` are anchors.

    Raises InputError if anchors are not given and the files do not show them.
    """
    at = {code: list(points) for code, points in (given or {}).items()}
    at = at or anchors.find(pair, found.courses, found.outlines, found.hints)
    return BorderFile(
        border=name,
        name=f"{found.names[pair[0]]} – {found.names[pair[1]]}",
        from_=pair[0],
        to=pair[1],
        corridor_km=corridor_km,
        through_km=parameters.number("through_km"),
        origin_km=parameters.number("origin_km"),
        depths_km=DEPTHS_KM,
        target=at[pair[1]][0],
        anchors={code: tuple(points) for code, points in sorted(at.items())},
        reach_km=dict.fromkeys(pair, corridor_km),
        pairs=(),
        big_roads_km=corridor_km,
    )


def finished(border: BorderFile, found: Known, raw: str) -> BorderFile:
    """The draft with target, depths, cities and pairs, which depend on the data in the corridor.

    Raises InputError if an anchor lies in another country's outline, or too far from the line.
    """
    extract = read.read(raw, {relation: code for code, relation in border.relations.items()})
    line = lines.assemble(extract, (border.from_, border.to), border.corridor_km, raw)
    checks.refuse_misplaced(border, line, found.outlines, raw)
    places = found.places
    lon, lat = np.array([place.at for place in places]).reshape(-1, 2).T
    km = _away_km(line, lon, lat)
    near = km <= parameters.number("border_far_km")
    places = [place for place, keep in zip(places, near, strict=True) if keep]
    km, lon, lat = km[near], lon[near], lat[near]
    points = (np.append(extract.vertices.lon, lon), np.append(extract.vertices.lat, lat))
    territories = divide(line, *points, border, raw)
    side = labels(territories, territories.projection.plane(lon, lat))
    side = np.array([_owner(found, place, code) for place, code in zip(places, side, strict=True)])
    inside = km <= border.corridor_km
    largest = {
        code: [places[row] for row in by_size(places, np.flatnonzero((side == code) & inside))]
        for code in line.pair
    }
    beyond = {
        code: [
            places[row]
            for row in by_size(places, np.flatnonzero((side == code) & ~inside))
            if places[row].city and places[row].people > 0
        ][:MOST_CITIES]
        for code in line.pair
    }
    cities = [City(p.name, p.at, p.people, code) for code, some in beyond.items() for p in some]
    unique = {city.name: city for city in reversed(cities)}
    target = next(iter(largest[border.to]), None)
    pairs: tuple[Pair, ...] = ()
    if all(largest.values()):
        a, b = (largest[code][0] for code in line.pair)
        pairs = (Pair(f"{a.name} – {b.name}", a.at, b.at),)
    deepest = _deepest_km(extract, line, territories)
    small = []
    for code in line.pair:
        if code in found.outlines:
            # Lines at sea do not show how deep the land is; all corners of a country inside
            # another lie on the line, and its roads do not.
            corners = shapely.get_coordinates(found.on_land[code])
            land_km = float(_away_km(line, *corners.T).max(initial=0.0))
            deepest[code] = max(deepest[code], land_km)
            small.append(deepest[code])
    origin_km = min([border.origin_km, *(_half(km) for km in small)])
    return replace(
        border,
        target=target.at if target else border.target,
        origin_km=origin_km,
        depths_km=_depths(max(deepest.values()), border.corridor_km, origin_km),
        cities=tuple(city for city in cities if unique[city.name] is city),
        pairs=pairs,
    )


def text(border: BorderFile, extracts: Sequence[str], heading: str) -> str:
    """The border file as TOML; `heading` is its first line, a comment."""
    rows = [
        f"# {heading}",
        f"name = {_quoted(border.name)}",
        f"from = {_quoted(border.from_)}",
        f"to = {_quoted(border.to)}",
        f"corridor_km = {border.corridor_km:g}",
        f"big_roads_km = {border.big_roads_km:g}",
        f"origin_km = {border.origin_km:g}",
        f"depths_km = [{', '.join(f'{km:g}' for km in border.depths_km)}]",
        f"target = {_point(border.target)}",
    ]
    if extracts:
        rows.append(f"extracts = [{', '.join(_quoted(name) for name in extracts)}]")
    if border.relations:
        named = (f"{code} = {relation}" for code, relation in sorted(border.relations.items()))
        rows.append(f"relations = {{{', '.join(named)}}}")
    rows += ["", "[anchors]"]
    for code, points in border.anchors.items():
        rows.append(f"{code} = [{', '.join(_point(at) for at in points)}]")
    for city in border.cities:
        rows += ["", "[[cities]]", f"name = {_quoted(city.name)}", f"at = {_point(city.at)}"]
        rows += [f"population = {city.population:.0f}", f"side = {_quoted(city.side)}"]
    for pair in border.pairs:
        rows += ["", "[[pairs]]", f"name = {_quoted(pair.name)}"]
        rows += [f"origin = {_point(pair.origin)}", f"destination = {_point(pair.destination)}"]
    return "\n".join([*rows, ""])


def _deepest_km(
    extract: read.Extract, line: lines.Line, territories: Territories
) -> dict[str, float]:
    """How far from the line the roads of either country reach, of those that the corridor holds."""
    roads = [row for row, tags in enumerate(extract.ways.tags) if "highway" in tags]
    start = extract.ways.start
    vertex = np.concatenate(
        [extract.ways.vertex[start[row] : start[row + 1]] for row in roads] or [np.zeros(0, int)]
    )
    vertex = np.unique(vertex[vertex >= 0])
    lon, lat = extract.vertices.lon[vertex], extract.vertices.lat[vertex]
    km = lines.nearest(line, lon, lat)[0]
    land = labels(territories, territories.projection.plane(lon, lat))
    return {code: float(km[land == code].max(initial=0.0)) for code in line.pair}


def _owner(found: Known, place: Place, side: str | None) -> str | None:
    """The country of a place: by a closed outline if there is one, otherwise by the line."""
    for code, shape in found.outlines.items():
        if shapely.contains_xy(shape, *place.at):
            return code
    return None if side in found.outlines else side


def _depths(deepest_km: float, corridor_km: float, origin_km: float) -> tuple[float, ...]:
    """The usual depths as far as the data reach, and half the depth of a smaller country."""
    shown = {km for km in DEPTHS_KM if km <= min(deepest_km, corridor_km)}
    return tuple(sorted({*shown, origin_km} if origin_km < DEPTHS_KM[0] or not shown else shown))


def _half(km: float) -> float:
    """Half of a depth, rounded as a person would write it; never zero."""
    return max(float(f"{km / 2:.1g}"), 0.1)


def _away_km(line: lines.Line, lon: Floats, lat: Floats) -> Floats:
    """Geodesic distance from the nearest vertex of the line: exact at any distance."""
    vertices = np.vstack([np.asarray(piece.coords)[:, :2] for piece in line.shape.geoms])
    if not len(lon):
        return np.zeros(0)
    row = KDTree(_space(*vertices.T)).query(_space(lon, lat))[1]
    return distance_m(lon, lat, *vertices[row].T) / 1000


def _space(lon: Floats, lat: Floats) -> Floats:
    a, b = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _hints(
    files: Sequence[FileSurvey], found: Mapping[int, tuple[str, Relation]]
) -> list[anchors.Hint]:
    """Border ways with tags for the countries on their left and right, longest first."""
    code_of = {code: code for code, _ in found.values()}
    for code, one in found.values():
        names = [value for key, value in one.tags.items() if key.split(":")[0] == "name"]
        code_of |= dict.fromkeys(names, code)
    hints: list[anchors.Hint] = []
    for file in files:
        for way, (tags, _) in file.outlines.items():
            sides = [code_of.get(tags.get(f"{hand}:country", "")) for hand in ("left", "right")]
            if sides[0] and sides[1] and sides[0] != sides[1]:
                hints += [(one, sides[0], sides[1]) for one in outline([file], {way})]
    return sorted(hints, key=lambda hint: (-hint[0].length, hint[0].coords[0]))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _point(at: Point) -> str:
    return f"[{at[0]:.6f}, {at[1]:.6f}]"
