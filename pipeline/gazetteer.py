"""The embedded source: public facts on towns, highways, crossings and posts, as an OSM PBF.

What comes out is a schematic network of towns and numbered highways, not a street map. It carries
ordinary OpenStreetMap tags only, so that everything behind it is the path that real data take.
"""

import hashlib
import math
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from shapely import LineString

from pipeline import errors, facts, osmfile
from pipeline.errors import InputError
from pipeline.facts import Facts, Point, Row
from pipeline.geo import WGS84

STATEMENT = "schematic network of towns and numbered highways, not a street map"
ATTRIBUTION = (
    "Places: GeoNames (geonames.org), CC BY 4.0",
    "Fence intervals: Reveal from The Center for Investigative Reporting and OpenStreetMap"
    " contributors (revealnews.org/wall), Open Database License 1.0",
    "Border lines and via points: US Census Bureau TIGER/Line 2023, Natural Earth; public domain",
    "Every other source, row by row: README.md beside the tables",
)
COUNTRY_NAMES = {"BZ": "Belize", "GT": "Guatemala", "MX": "Mexico", "US": "United States"}

# The control stands this far from the line, on the side of the crossing's `place_from`: clear of
# the line, and well within the 1 km in which a control is taken for a crossing's own.
CONTROL_M = 200.0
# A post is set on the drawn line of its road when it lies no farther from it: positions are good
# to 1 km, at worst 10 km, and most roads are drawn straight from town to town.
POST_TO_ROAD_M = 10_000.0
# A post keeps this far from the towns at the ends of its link, or it would close their junction.
POST_TO_TOWN_M = 300.0
# A crossing that no link passes becomes a stub; its ends lie deep enough to count (1 km), and it
# grows until they do. Candidate ends are tried all round, by the degree of 72 bearings.
STUB_KM = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
STUB_DEPTH_M = 1_200.0
STUB_BEARINGS = 72
# A stub ends in the crossing's own place where that is deep enough and no farther than this.
STUB_TO_PLACE_M = 6_000.0

ROAD_POST_TAGS = {
    "interior_checkpoint": {"police": "checkpoint"},
    "police": {"police": "checkpoint"},
    "military": {"military": "checkpoint"},
    "customs": {"amenity": "customs"},
}
# What has no road directs others, or is the office of a crossing whose control is drawn on its way:
# none of these is a post of its own.
OFFICE_TAGS = {
    "border_control": {"office": "government", "government": "border_control"},
    "customs": {"office": "government", "government": "border_control"},
    "migration_center": {"office": "government", "government": "immigration"},
    "military": {"landuse": "military", "military": "office"},
    "police": {"office": "government"},
}
# A vehicle barrier (posts, rails, crossed beams) stops cars and lets walkers through: OSM's
# row of bollards.
BARRIER_TAGS = {
    "fence": {"barrier": "fence"},
    "wall": {"barrier": "wall"},
    "vehicle_barrier": {"barrier": "bollard", "foot": "yes", "motor_vehicle": "no"},
}


@dataclass(frozen=True)
class Drawing:
    """OSM elements by keys made of the gazetteer's own ids.

    A node is its point and tags; a way its nodes' keys and tags; a relation its ways' keys and
    tags.
    """

    nodes: dict[str, tuple[Point, dict[str, str]]] = field(default_factory=dict)
    ways: dict[str, tuple[list[str], dict[str, str]]] = field(default_factory=dict)
    relations: dict[str, tuple[list[str], dict[str, str]]] = field(default_factory=dict)

    def node(self, key: str, point: Point, tags: dict[str, str] | None = None) -> str:
        """Add the node if its key is new; its key comes back."""
        self.nodes.setdefault(key, (point, tags or {}))
        return key

    def points(self, way: str) -> list[Point]:
        """Where the nodes of `way` lie, in order."""
        return [self.nodes[key][0] for key in self.ways[way][0]]


def gazetteer(folder: str, border: str, out: str) -> None:
    """Draw the tables in `folder` for one border and write them to `out`, an `.osm.pbf`.

    `<border>.record.json` beside it says what it is: sources, licences, counts, hashes. Equal
    tables give equal bytes, whatever the order of their rows. Raises InputError that names file,
    line and column where a row cannot be read or drawn.
    """
    tables = facts.read(folder)
    lines = _lines(tables, border)
    drawing = Drawing()
    draw_borders(drawing, tables, lines)
    draw_places(drawing, tables, border)
    draw_links(drawing, tables, border, lines)
    draw_stubs(drawing, tables, lines)
    draw_controls(drawing, tables, border)
    draw_posts(drawing, tables, border)
    draw_barriers(drawing, tables, border)
    written = osmfile.write(Path(out), drawing.nodes, drawing.ways, drawing.relations)
    osmfile.write_record(Path(out), border, {**_record(tables, border), **written})


def _lines(tables: Facts, border: str) -> dict[str, LineString]:
    """The border's line, and those of third countries: they share an end with it."""
    if border not in tables.lines:
        path, known = tables.folder / "border_vertices.csv", sorted(tables.lines)
        raise InputError(f"{path}: no border {border}, expected one of {known}")
    points = {name: [_point(row) for row in rows] for name, rows in tables.lines.items()}
    for name, line in points.items():
        if len(line) < 2:
            raise tables.wrong("border_vertices", tables.lines[name][0], "seq", 0, "two or more")
    ends = {points[border][0], points[border][-1]}
    return {
        name: LineString(line)
        for name, line in points.items()
        if name == border or ends & {line[0], line[-1]}
    }


def _point(row: Row) -> Point:
    return row["lon"], row["lat"]


def draw_borders(drawing: Drawing, tables: Facts, lines: dict[str, LineString]) -> None:
    """Boundary ways, cut where river and land meet, as members of both countries' relations.

    A crossing is the node of its vertex; two at one vertex are two nodes. Every other vertex is
    one node for all lines, so that they meet at a tripoint.
    """
    members: dict[str, list[str]] = {}
    for name in lines:
        rows, at = tables.lines[name], _crossings_at(tables, name)
        begin = 0
        for i in range(1, len(rows)):
            if i == len(rows) - 1 or rows[i]["kind"] != rows[begin]["kind"]:
                keys = [key for row in rows[begin : i + 1] for key in _vertex(drawing, row, at)]
                tags = {"boundary": "administrative", "admin_level": "2"}
                tags |= {"waterway": "river"} if rows[begin]["kind"] == "river" else {}
                way = f"border {name} from {rows[begin]['lon']} {rows[begin]['lat']}"
                drawing.ways[way] = keys, tags
                for country in name.upper().split("-"):
                    members.setdefault(country, []).append(way)
                begin = i
    for country, ways in members.items():
        tags = {"type": "boundary", "boundary": "administrative", "admin_level": "2"}
        tags |= {"ISO3166-1": country, "name": COUNTRY_NAMES.get(country, country)}
        drawing.relations[f"country {country}"] = ways, tags


def _crossings_at(tables: Facts, line: str) -> dict[Point, list[str]]:
    """The ids of the line's crossings by their point, which must be a vertex."""
    vertices = {_point(row) for row in tables.lines[line]}
    at: dict[Point, list[str]] = {}
    for key, row in tables.crossings.items():
        if row["border"] == line:
            if _point(row) not in vertices:
                expected = f"a vertex of {line} in border_vertices.csv"
                raise tables.wrong("crossings", row, "lon", _point(row), expected)
            at.setdefault(_point(row), []).append(key)
    return at


def _vertex(drawing: Drawing, row: Row, at: dict[Point, list[str]]) -> list[str]:
    point = _point(row)
    keys = [f"crossing {crossing}" for crossing in at.get(point, ())]
    return [drawing.node(key, point) for key in keys or [f"vertex {point[0]} {point[1]}"]]


def draw_places(drawing: Drawing, tables: Facts, border: str) -> None:
    """A node for each place of this border's network; a junction has no `place` tag."""
    for key, row in tables.places.items():
        if row["network"] == border:
            tags = {"name": row["name"]}
            tags |= {"ele": str(row["elevation_m"])} if row["elevation_m"] is not None else {}
            if row["kind"] != "junction":
                tags["place"] = row["kind"]
                tags |= {"population": str(row["population"])} if row["population"] else {}
            drawing.node(f"place {key}", _point(row), tags)


def draw_links(drawing: Drawing, tables: Facts, border: str, lines: dict[str, LineString]) -> None:
    """A way for each link of this border's network; it touches a line at its crossing only."""
    for key, row in tables.links.items():
        if row["network"] != border:
            continue
        for column in ("from_place", "to_place"):
            if f"place {row[column]}" not in drawing.nodes:
                raise tables.wrong("links", row, column, row[column], f"a place of {border}")
        crossing = tables.crossings.get(row["crossing_id"] or "")
        keys = [f"place {row['from_place']}"]
        for number, point in enumerate(row["via"] or []):
            own = crossing is not None and point == _point(crossing)
            name = f"crossing {row['crossing_id']}" if own else f"link {key} via {number}"
            keys.append(drawing.node(name, point))
        keys.append(f"place {row['to_place']}")
        if crossing and f"crossing {crossing['id']}" not in keys:
            raise tables.wrong("links", row, "via", row["via"], f"the point of {crossing['id']}")
        drawing.ways[f"link {key}"] = keys, _link_tags(row, crossing)
        _keeps_its_side(tables, row, drawing.points(f"link {key}"), lines)


def _link_tags(row: Row, crossing: Row | None) -> dict[str, str]:
    """`distance` is the measured length of the road itself, in km: the drawn line is shorter."""
    tags = _named(row["ref"]) | {"distance": f"{row['length_km']:g}"}
    if row["mode"] == "rail":
        tags["railway"] = "disused" if "disused" in row["ref"] else "rail"
        tags |= {"tracks": str(row["lanes"])} if row["lanes"] else {}
    elif row["mode"] == "ferry":
        motor = "yes" if row["carries"] == "motor_vehicle" else "no"
        tags |= {"route": "ferry", "foot": "yes", "motor_vehicle": motor}
    elif crossing and crossing["mode"] == "foot":
        tags["highway"] = "footway"
    else:
        tags |= {"highway": row["osm_class"], "oneway": "yes" if row["oneway"] else "no"}
        tags |= {"lanes": str(row["lanes"])} if row["lanes"] else {}
    if crossing and crossing["status"] == "informal":
        tags |= {"informal": "yes", "name": crossing["name"]}
    return tags


def _named(ref: str) -> dict[str, str]:
    """Numbered roads become `ref`, joined by `;`; what has no number is the `name`."""
    parts = [part.strip() for part in ref.replace("(disused)", "").split("/")]
    numbers = [part for part in parts if re.search(r"\d", part)]
    names = [part for part in parts if part not in numbers]
    tags = {"ref": ";".join(numbers)} if numbers else {}
    return tags | ({"name": " / ".join(names)} if names else {})


def _keeps_its_side(
    tables: Facts, row: Row, points: list[Point], lines: dict[str, LineString]
) -> None:
    crossing = tables.crossings.get(row["crossing_id"] or "")
    for name, line in lines.items():
        own = crossing is not None and crossing["border"] == name
        allowed = np.array(_point(crossing) if crossing and own else (np.inf, np.inf))
        for met in shapely.get_coordinates(LineString(points).intersection(line)):
            if not np.allclose(met, allowed, rtol=0, atol=1e-9):
                found = f"a way that meets {name} at {met[0]:.4f} {met[1]:.4f}"
                raise tables.wrong("links", row, "via", found, "to meet it at its crossing only")


def draw_stubs(drawing: Drawing, tables: Facts, lines: dict[str, LineString]) -> None:
    """A short way through the line for each crossing that no link passes.

    It ends in the crossing's places where they are near and deep, else loose. A closed crossing
    is `access=no`; an informal one is open to permit holders.
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
    """The node that the stub ends in on the side of `place`: the place, or a loose, deep end."""
    at, home = _point(crossing), _point(tables.places[place])
    line = lines[crossing["border"]]
    near = _metres([at, home])[-1] <= STUB_TO_PLACE_M
    if near and _is_deep(line, home) and _is_clear(at, home, lines):
        return f"place {place}"
    for km in STUB_KM:
        found: list[tuple[float, Point]] = []
        for bearing in np.arange(STUB_BEARINGS) * (360 / STUB_BEARINGS):
            lon, lat, _ = WGS84.fwd(*at, bearing, km * 1000)
            end = round(float(lon), 5), round(float(lat), 5)
            clear = _is_clear(at, end, lines) and _same_side(line, end, home)
            if clear and _is_deep(line, end):
                found.append((_nearest(_coordinates(line), end)[1], end))
        if found:
            return drawing.node(f"stub {crossing['id']} {place}", max(found)[1])
    expected = f"ground {STUB_DEPTH_M / 1000} km deep within {STUB_KM[-1]} km of it"
    raise tables.wrong("crossings", crossing, "lon", at, expected)


def _is_deep(line: LineString, point: Point) -> bool:
    return _nearest(_coordinates(line), point)[1] >= STUB_DEPTH_M


def _is_clear(at: Point, end: Point, lines: dict[str, LineString]) -> bool:
    """Whether the straight way from a crossing meets no line once it has left it."""
    left = 0.999 * at[0] + 0.001 * end[0], 0.999 * at[1] + 0.001 * end[1]
    return not any(LineString([left, end]).intersects(line) for line in lines.values())


def _same_side(line: LineString, one: Point, other: Point) -> bool:
    """Whether the straight way between two points passes the line an even number of times."""
    return len(shapely.get_coordinates(LineString([one, other]).intersection(line))) % 2 == 0


def _coordinates(line: LineString) -> list[Point]:
    return [(float(lon), float(lat)) for lon, lat in line.coords]


def _nearest(points: list[Point], point: Point) -> tuple[float, float]:
    """Metres along the line through `points` to its nearest point, and from there to `point`.

    The nearest point is found on a plane true to scale around `point`, then measured on WGS84.
    """
    scale = np.array([math.cos(math.radians(point[1])), 1.0])
    plane = np.array(points) * scale
    steps = np.diff(plane, axis=0)
    offsets = np.array(point) * scale - plane[:-1]
    lengths = np.maximum((steps**2).sum(axis=1), 1e-18)
    shares = np.clip((offsets * steps).sum(axis=1) / lengths, 0, 1)
    feet = plane[:-1] + shares[:, None] * steps
    segment = int(((feet - np.array(point) * scale) ** 2).sum(axis=1).argmin())
    lon, lat = (feet[segment] / scale).tolist()
    along = _metres([*points[: segment + 1], (lon, lat)])
    return along[-1], _metres([(lon, lat), point])[-1]


def _metres(points: list[Point]) -> list[float]:
    """Geodesic metres along `points` from the first to each."""
    lon, lat = zip(*points, strict=True)
    return [0.0, *np.cumsum(WGS84.line_lengths(lon, lat)).tolist()]


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


def draw_controls(drawing: Drawing, tables: Facts, border: str) -> None:
    """One `barrier=border_control` node on the way of each official crossing, near the line."""
    for key, row in tables.links.items():
        crossing = tables.crossings.get(row["crossing_id"] or "")
        if row["network"] != border or crossing is None or crossing["status"] != "official":
            continue
        way = f"link {key}"
        at = drawing.ways[way][0].index(f"crossing {crossing['id']}")
        towards = -CONTROL_M if crossing["place_from"] == row["from_place"] else CONTROL_M
        tags = {"barrier": "border_control", "name": crossing["name"]}
        tags |= {"alt_name": crossing["name_other_side"]}
        tags |= {"start_date": str(crossing["opened_year"])} if crossing["opened_year"] else {}
        along = _metres(drawing.points(way))[at] + towards
        _insert(drawing, way, f"control {crossing['id']}", along, tags)


def _insert(drawing: Drawing, way: str, key: str, along_m: float, tags: dict[str, str]) -> None:
    """Put a new node on the way's drawn line, this far from its beginning."""
    points = drawing.points(way)
    metres = _metres(points)
    after = int(np.clip(np.searchsorted(metres, along_m), 1, len(points) - 1))
    point = _at(points, metres, along_m)
    drawing.ways[way][0].insert(after, drawing.node(key, point, tags))


def _at(points: list[Point], metres: list[float], along_m: float) -> Point:
    lon, lat = zip(*points, strict=True)
    return (
        round(float(np.interp(along_m, metres, lon)), 7),
        round(float(np.interp(along_m, metres, lat)), 7),
    )


def draw_posts(drawing: Drawing, tables: Facts, border: str) -> None:
    """Posts as nodes of their road; what has no road (headquarters, centres) is an office."""
    for key, row in tables.posts.items():
        tags = {"name": row["name"], "operator": row["authority"].replace("/", ";")}
        tags |= {"start_date": str(row["since_year"])} if row["since_year"] else {}
        if row["on_link"] is None:
            if tables.places[row["near_place"]]["network"] == border:
                drawing.node(f"post {key}", _point(row), tags | OFFICE_TAGS[row["kind"]])
        elif row["kind"] not in ROAD_POST_TAGS:
            raise tables.wrong("posts", row, "on_link", row["on_link"], f"none for {row['kind']}")
        elif f"link {row['on_link']}" in drawing.ways:
            way = f"link {row['on_link']}"
            _set_on_road(drawing, way, f"post {key}", row, tags | ROAD_POST_TAGS[row["kind"]])


def _set_on_road(drawing: Drawing, way: str, key: str, post: Row, tags: dict[str, str]) -> None:
    points = drawing.points(way)
    along_m, off_m = _nearest(points, _point(post))
    if off_m > POST_TO_ROAD_M:
        drawing.node(key, _point(post), tags)
        return
    length_m = _metres(points)[-1]
    margin_m = min(POST_TO_TOWN_M, length_m / 2)
    _insert(drawing, way, key, min(max(along_m, margin_m), length_m - margin_m), tags)


def draw_barriers(drawing: Drawing, tables: Facts, border: str) -> None:
    """Fences, walls and vehicle barriers as ways of their own, drawn along the line."""
    line = [_point(row) for row in tables.lines[border]]
    metres = _metres(line)
    for row in tables.barriers:
        if row["border"] != border or row["kind"] == "river":
            continue
        if row["to_km"] * 1000 > metres[-1]:
            expected = f"at most the line's length, {metres[-1] / 1000:.1f}"
            raise tables.wrong("barriers", row, "to_km", row["to_km"], expected)
        begin, end = row["from_km"] * 1000, row["to_km"] * 1000
        inner = [point for point, m in zip(line, metres, strict=True) if begin < m < end]
        points = [_at(line, metres, begin), *inner, _at(line, metres, end)]
        way = f"barrier {border} {row['kind']} {row['from_km']:g}"
        keys = [drawing.node(f"{way} {number}", point) for number, point in enumerate(points)]
        dated = {"start_date": f"before {row['year'] + 1}"} if row["year"] else {}
        drawing.ways[way] = keys, BARRIER_TAGS[row["kind"]] | dated


def _record(tables: Facts, border: str) -> dict[str, object]:
    names = sorted(f"{table}.csv" for table in facts.COLUMNS)
    hashes = {name: hashlib.sha256((tables.folder / name).read_bytes()) for name in names}
    return {
        "border": border,
        "statement": STATEMENT,
        "attribution": ATTRIBUTION,
        "drawn_from": {name: f"sha256 {hashed.hexdigest()}" for name, hashed in hashes.items()},
    }


if __name__ == "__main__":
    errors.run(gazetteer, sys.argv[1:], "FACTS_DIR BORDER OUT.osm.pbf")
