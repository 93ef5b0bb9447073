"""The border line of an extract: its course, its kilometres, and how far a point lies from it."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString
from shapely.ops import linemerge

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84, Projection, densify, distance_m, fit_projection
from pipeline.core.types import Floats
from pipeline.network.read import Extract

SPACING_M = 1000.0  # longest segment of the line in the plane; keeps the projected line true
JOIN_KM = 5.0  # two pieces of a line with a third country nearer than this are one line
RULER_M = 1000 * parameters.number("ruler_km")
# Column of table border, and what claims call that ruler.
((RULER_COLUMN, RULER_KM),) = parameters.spelled("ruler_{ruler_km}km_length_km")
RULER = f"{RULER_KM} km"

Pair = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """A border line from its western end on.

    `shape` is the line in degrees; `chain` its pieces in the plane, in order, rings last; `third`
    the planar lines between other pairs of countries. `start`, `end` (n, 2) are the planar
    segments of the chain, `start_km` and `length_km` (n,) their place on it.
    """

    pair: Pair
    projection: Projection
    shape: MultiLineString
    chain: tuple[LineString, ...]
    third: tuple[tuple[Pair, LineString], ...]
    start: Floats
    end: Floats
    start_km: Floats
    length_km: Floats


def assemble(extract: Extract, pair: Pair, corridor_km: float, path: str) -> Line:
    """The line between two countries (ISO 3166-1 codes), found in the extract at `path`.

    Raises InputError where a country's relation or every way of the border is missing.
    """
    pieces = _ordered(_pieces(extract, pair, path))
    points = np.vstack([np.asarray(piece.coords) for piece in pieces])
    projection = fit_projection(*_corridor_rim(points, corridor_km))
    start, end, start_km, length_km = _segments(pieces, projection)
    return Line(
        pair=pair,
        projection=projection,
        shape=MultiLineString(pieces),
        chain=tuple(_planar(piece, projection) for piece in pieces),
        third=tuple(_third_lines(extract, pair, projection)),
        start=start,
        end=end,
        start_km=start_km,
        length_km=length_km,
    )


def nearest(line: Line, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Geodesic distance in km from the drawn line, and border_km of the nearest point of it."""
    point = line.projection.plane(lon, lat)
    segments = np.asarray(shapely.linestrings(np.stack([line.start, line.end], axis=1)))
    tree = shapely.STRtree(segments)
    segment = tree.nearest(shapely.points(point))
    a, b = line.start[segment], line.end[segment]
    along = np.einsum("ij,ij->i", point - a, b - a) / np.einsum("ij,ij->i", b - a, b - a)
    share = np.clip(along, 0, 1)
    foot = line.projection.degrees(a + share[:, None] * (b - a))
    km = distance_m(lon, lat, foot[:, 0], foot[:, 1]) / 1000
    return km, line.start_km[segment] + share * line.length_km[segment]


def ruler_length_km(line: Line, ruler_m: float = RULER_M) -> float:
    """Length of the drawn line measured with a ruler: comparable between unlike drawings.

    The divider walks along each piece, from its first point to the first one a ruler's length
    away (or up to a fortieth more: points stand so close), and so on (Richardson's method); each
    step counts as long as it is, the rest at the end too.
    """
    total = 0.0
    for piece in line.shape.geoms:
        dense = densify(np.asarray(piece.coords), ruler_m / 40)
        at, window = 0, 100
        while at < len(dense) - 1:
            ahead = dense[at : at + window]
            onward = distance_m(*np.broadcast_to(dense[at], ahead.shape).T, *ahead.T)
            far = np.flatnonzero(onward >= ruler_m)
            if len(far):
                total, at, window = total + float(onward[far[0]]), at + int(far[0]), 100
            elif at + window < len(dense):
                window *= 2
            else:
                total += float(onward[-1])
                break
    return total / 1000


def vertex_spacing_m(line: Line) -> float:
    """Median distance between the line's own vertices."""
    spacings = []
    for piece in line.shape.geoms:
        points = np.asarray(piece.coords)
        spacings.append(distance_m(*points[:-1].T, *points[1:].T))
    return float(np.median(np.concatenate(spacings)))


def _pieces(extract: Extract, pair: Pair, path: str) -> list[LineString]:
    """The border ways of the pair merged into pieces, in degrees."""
    for country in pair:
        if country not in extract.countries:
            found = ", ".join(sorted(extract.countries)) or "none"
            raise InputError(
                f"{path}: holds no way of the border: no relation of country {country} (boundary, "
                f"admin_level=2, ISO3166-1={country}); countries found: {found}"
            )
    pieces = _shared(extract, pair)
    if not pieces:
        raise InputError(
            f"{path}: holds no way of the border, expected ways that are members of both the "
            f"{pair[0]} and the {pair[1]} relation"
        )
    return pieces


def _shared(extract: Extract, pair: Pair) -> list[LineString]:
    """Land ways in both countries' relations, merged end to end."""
    shared = extract.countries[pair[0]] & extract.countries[pair[1]]
    ways = extract.boundaries
    lines = []
    for row in np.flatnonzero(np.isin(ways.osm_id, list(shared))):
        vertex = ways.vertex[ways.start[row] : ways.start[row + 1]]
        points = np.column_stack([extract.vertices.lon[vertex], extract.vertices.lat[vertex]])
        moves = np.append(True, np.any(np.diff(points, axis=0) != 0, axis=1))
        points = points[moves[: len(points)]]
        if ways.tags[row].get("maritime") != "yes" and len(points) > 1:
            lines.append(LineString(points))
    merged = linemerge(lines) if len(lines) > 1 else MultiLineString(lines)
    return list(merged.geoms) if merged.geom_type == "MultiLineString" else [merged]


def _third_lines(
    extract: Extract, pair: Pair, projection: Projection
) -> list[tuple[Pair, LineString]]:
    """Planar lines between any two countries of the extract but the pair itself."""
    codes = sorted(extract.countries)
    lines = []
    for first, a in enumerate(codes):
        for b in codes[first + 1 :]:
            if {a, b} != set(pair):
                pieces = _shared(extract, (a, b))
                lines += [((a, b), piece) for piece in _joined(pieces)]
    return [(owners, _planar(piece, projection)) for owners, piece in lines]


def _joined(pieces: list[LineString]) -> list[LineString]:
    """Pieces whose ends are nearer than JOIN_KM, made one."""
    open_, rings = [p for p in pieces if not p.is_closed], [p for p in pieces if p.is_closed]
    chains: list[list[LineString]] = []
    for piece in _ordered(open_):
        gap = np.inf
        if chains:
            gap = _gap_m(chains[-1][-1].coords[-1], piece.coords[0])
        if gap <= JOIN_KM * 1000:
            chains[-1].append(piece)
        else:
            chains.append([piece])
    return [LineString([p for part in chain for p in part.coords]) for chain in chains] + rings


def _ordered(pieces: list[LineString]) -> list[LineString]:
    """Open pieces from the western end on, each turned to continue the one before; then rings."""
    left = sorted((p for p in pieces if not p.is_closed), key=lambda p: min(p.coords))
    rings = sorted((p for p in pieces if p.is_closed), key=lambda p: min(p.coords))
    chain: list[LineString] = []
    at = min((end for p in left for end in (p.coords[0], p.coords[-1])), default=(0.0, 0.0))
    while left:
        gaps = [
            (_gap_m(at, p.coords[end]), row, end) for row, p in enumerate(left) for end in (0, -1)
        ]
        _, row, end = min(gaps)
        piece = left.pop(row)
        chain.append(piece if end == 0 else piece.reverse())
        at = chain[-1].coords[-1]
    return chain + rings


def _gap_m(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return float(WGS84.inv(a[0], a[1], b[0], b[1])[2])


def _corridor_rim(line: Floats, corridor_km: float) -> tuple[Floats, Floats]:
    """Points on the line, and points a corridor's width from it all round."""
    lon, lat = [line[:, 0]], [line[:, 1]]
    for azimuth in range(0, 360, 30):
        away = np.full(len(line), corridor_km * 1000)
        there = WGS84.fwd(line[:, 0], line[:, 1], np.full(len(line), float(azimuth)), away)
        lon.append(np.asarray(there[0]))
        lat.append(np.asarray(there[1]))
    return np.concatenate(lon), np.concatenate(lat)


def _planar(piece: LineString, projection: Projection) -> LineString:
    dense = densify(np.asarray(piece.coords), SPACING_M)
    return LineString(projection.plane(*dense.T))


def _segments(
    chain: list[LineString], projection: Projection
) -> tuple[Floats, Floats, Floats, Floats]:
    """Planar ends of the line's segments with the kilometre at their start and their length."""
    starts, ends, lengths = [], [], []
    for piece in chain:
        dense = densify(np.asarray(piece.coords), SPACING_M)
        plane = projection.plane(*dense.T)
        metres = distance_m(*dense[:-1].T, *dense[1:].T)
        kept = metres > 0
        starts.append(plane[:-1][kept])
        ends.append(plane[1:][kept])
        lengths.append(metres[kept] / 1000)
    length_km = np.concatenate(lengths)
    start_km = np.concatenate([[0.0], np.cumsum(length_km)[:-1]])
    return np.vstack(starts), np.vstack(ends), start_km, length_km
