"""Short ways over the border at known crossings that no link passes."""

import numpy as np
import shapely
from shapely import LineString

from pipeline.core import parameters
from pipeline.core.geo import WGS84
from pipeline.sources.drawing import Drawing, Point, metres, nearest
from pipeline.sources.gazetteer.facts import Facts, Row, position

STUB_KM = parameters.numbers("gazetteer_stub_km")
STUB_DEPTH_M = parameters.number("gazetteer_stub_depth_m")
STUB_BEARINGS = 72
STUB_TO_PLACE_M = parameters.number("gazetteer_stub_to_place_m")


def draw_stubs(drawing: Drawing, tables: Facts, lines: dict[str, LineString]) -> None:
    """Draw a short way over the line for each crossing that no link passes.

    It ends at the crossing's places if they are near and deep enough, otherwise at a free point. A
    closed crossing is `access=no`; an informal crossing is open to permit holders.
    """
    passed = {row["crossing_id"] for row in tables.links.values()}
    for key, row in tables.crossings.items():
        if row["border"] not in lines or key in passed:
            continue
        if row["status"] == "official":
            raise tables.wrong("crossings", row, "status", "official", "a link that passes it")
        ends = [
            _stub_end(drawing, tables, row, row[place], lines)
            for place in ("place_from", "place_to")
        ]
        drawing.ways[f"stub {key}"] = [ends[0], f"crossing {key}", ends[1]], _stub_tags(row)


def _stub_end(
    drawing: Drawing, tables: Facts, crossing: Row, place: str, lines: dict[str, LineString]
) -> str:
    """The node at which the stub ends on the side of `place`: the place, or a free, deep point."""
    at, home = position(crossing), position(tables.places[place])
    line = lines[crossing["border"]]
    near = metres([at, home])[-1] <= STUB_TO_PLACE_M
    if near and _is_deep(line, home) and _is_clear(at, home, lines):
        return f"place {place}"
    for km in STUB_KM:
        found: list[tuple[float, Point]] = []
        for bearing in np.arange(STUB_BEARINGS) * (360 / STUB_BEARINGS):
            lon, lat, _ = WGS84.fwd(*at, bearing, km * 1000)
            end = round(float(lon), 5), round(float(lat), 5)
            clear = _is_clear(at, end, lines) and _same_side(line, end, home)
            if clear and _is_deep(line, end):
                found.append((nearest(_coordinates(line), end)[1], end))
        if found:
            return drawing.node(f"stub {crossing['id']} {place}", max(found)[1])
    expected = f"land {STUB_DEPTH_M / 1000} km deep within {STUB_KM[-1]} km of it"
    raise tables.wrong("crossings", crossing, "lon", at, expected)


def _is_deep(line: LineString, point: Point) -> bool:
    return nearest(_coordinates(line), point)[1] >= STUB_DEPTH_M


def _is_clear(at: Point, end: Point, lines: dict[str, LineString]) -> bool:
    """Whether the straight way from a crossing meets no line after it has left the crossing."""
    left = 0.999 * at[0] + 0.001 * end[0], 0.999 * at[1] + 0.001 * end[1]
    return not any(LineString([left, end]).intersects(line) for line in lines.values())


def _same_side(line: LineString, one: Point, other: Point) -> bool:
    """Whether the straight way between two points crosses the line an even number of times."""
    return len(shapely.get_coordinates(LineString([one, other]).intersection(line))) % 2 == 0


def _coordinates(line: LineString) -> list[Point]:
    return [(float(lon), float(lat)) for lon, lat in line.coords]


def _stub_tags(crossing: Row) -> dict[str, str]:
    tags = {"name": crossing["name"]}
    closed = crossing["status"] == "closed"
    if crossing["mode"] == "rail":
        tags["railway"] = "disused" if closed else "rail"
    elif crossing["mode"] == "ferry":
        tags["route"] = "ferry"
    else:
        tags["highway"] = "footway" if crossing["mode"] == "foot" else "track"
    return tags | ({"access": "no"} if closed else {"informal": "yes", "motor_vehicle": "permit"})
