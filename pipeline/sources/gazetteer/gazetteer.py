"""The embedded source: public facts on towns, highways, crossings and posts, as an OSM PBF file.

The output is a schematic network of towns and numbered highways, not a street map. It has only
ordinary OpenStreetMap tags, so that it runs through the same stages as real data.
"""

from pathlib import Path

from shapely import LineString

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.sources import osm_file
from pipeline.sources.drawing import Drawing, Point, metres, point_at
from pipeline.sources.gazetteer import facts
from pipeline.sources.gazetteer.columns import COLUMNS
from pipeline.sources.gazetteer.facts import Facts, Row, position
from pipeline.sources.gazetteer.links import draw_links
from pipeline.sources.gazetteer.posts import draw_controls, draw_posts
from pipeline.sources.gazetteer.stubs import draw_stubs

STATEMENT = "schematic network of towns and numbered highways, not a street map"
ATTRIBUTION = (
    "Places: GeoNames (geonames.org), CC BY 4.0",
    "Fence intervals: Reveal from The Center for Investigative Reporting and OpenStreetMap"
    " contributors (revealnews.org/wall), Open Database License 1.0",
    "Border lines and via points: US Census Bureau TIGER/Line 2023, Natural Earth; public domain",
    "Every other source, row by row: README.md beside the tables",
)
COUNTRY_NAMES = {"BZ": "Belize", "GT": "Guatemala", "MX": "Mexico", "US": "United States"}

STATION_PLACES = ("city", "town")
# A vehicle barrier (posts, rails, crossed beams) stops cars and lets walkers through, like a row of
# bollards in OSM.
BARRIER_TAGS = {
    "fence": {"barrier": "fence"},
    "wall": {"barrier": "wall"},
    "vehicle_barrier": {"barrier": "bollard", "foot": "yes", "motor_vehicle": "no"},
}


def gazetteer(folder: str, border: str, out: str) -> None:
    """Draw the tables in `folder` for one border and write them to `out`, an `.osm.pbf`.

    `<border>.record.json` next to it describes it: sources, licences, counts, hashes. Equal tables
    give equal bytes, whatever the order of their rows. Raises InputError that names file, line and
    column if a row cannot be read or drawn.
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
    draw_coasts(drawing, tables, border)
    written = osm_file.write(Path(out), drawing)
    osm_file.write_record(Path(out), border, {**_record(tables, border), **written})


def _lines(tables: Facts, border: str) -> dict[str, LineString]:
    """The border's line, and the lines with third countries, which share an end with it."""
    if border not in tables.lines:
        path, known = tables.folder / "border_vertices.csv", sorted(tables.lines)
        raise InputError(f"{path}: no border {border}, expected one of {known}")
    points = {name: [position(row) for row in rows] for name, rows in tables.lines.items()}
    for name, line in points.items():
        if len(line) < 2:
            raise tables.wrong("border_vertices", tables.lines[name][0], "seq", 0, "two or more")
    ends = {points[border][0], points[border][-1]}
    return {
        name: LineString(line)
        for name, line in points.items()
        if name == border or ends & {line[0], line[-1]}
    }


def draw_borders(drawing: Drawing, tables: Facts, lines: dict[str, LineString]) -> None:
    """Draw boundary ways, cut where river and land meet, as members of both countries' relations.

    A crossing is the node at its vertex; two crossings at one vertex are two nodes. Every other
    vertex is one node for all lines, so that lines meet at a tripoint.
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
    vertices = {position(row) for row in tables.lines[line]}
    at: dict[Point, list[str]] = {}
    for key, row in tables.crossings.items():
        if row["border"] == line:
            if position(row) not in vertices:
                expected = f"a vertex of {line} in border_vertices.csv"
                raise tables.wrong("crossings", row, "lon", position(row), expected)
            at.setdefault(position(row), []).append(key)
    return at


def _vertex(drawing: Drawing, row: Row, at: dict[Point, list[str]]) -> list[str]:
    point = position(row)
    keys = [f"crossing {crossing}" for crossing in at.get(point, ())]
    return [drawing.node(key, point) for key in keys or [f"vertex {point[0]} {point[1]}"]]


def draw_places(drawing: Drawing, tables: Facts, border: str) -> None:
    """Draw a node for each place of this border's network; a junction has no `place` tag.

    No table lists stations. One is drawn in every town and city in which both a railway in use and
    a road end, since the ends of a link in links.csv are the places that it joins.
    """
    stations = _met(tables, border, "rail") & _met(tables, border, "road")
    for key, row in tables.places.items():
        if row["network"] == border:
            tags = {"name": row["name"]}
            tags |= {"ele": str(row["elevation_m"])} if row["elevation_m"] is not None else {}
            if row["kind"] != "junction":
                tags["place"] = row["kind"]
                tags |= {"population": str(row["population"])} if row["population"] else {}
            if key in stations and row["kind"] in STATION_PLACES:
                tags["railway"] = "station"
            drawing.node(f"place {key}", position(row), tags)


def _met(tables: Facts, border: str, mode: str) -> set[str]:
    """Places where a road or a railway in use of this border's network ends."""
    links = [row for row in tables.links.values() if row["network"] == border]
    used = [row for row in links if row["mode"] == mode and "disused" not in row["ref"]]
    return {row[end] for row in used for end in ("from_place", "to_place")}


def draw_barriers(drawing: Drawing, tables: Facts, border: str) -> None:
    """Draw fences, walls and vehicle barriers as separate ways along the line."""
    line = [position(row) for row in tables.lines[border]]
    length_m = metres(line)[-1]
    for row in tables.barriers:
        if row["border"] != border or row["kind"] == "river":
            continue
        if row["to_km"] * 1000 > length_m:
            expected = f"at most the line's length, {length_m / 1000:.1f}"
            raise tables.wrong("barriers", row, "to_km", row["to_km"], expected)
        begin, end = row["from_km"] * 1000, row["to_km"] * 1000
        inner = [point for point, m in zip(line, metres(line), strict=True) if begin < m < end]
        points = [point_at(line, begin), *inner, point_at(line, end)]
        way = f"barrier {border} {row['kind']} {row['from_km']:g}"
        keys = [drawing.node(f"{way} {number}", point) for number, point in enumerate(points)]
        dated = {"start_date": f"before {row['year'] + 1}"} if row["year"] else {}
        drawing.ways[way] = keys, BARRIER_TAGS[row["kind"]] | dated


def draw_coasts(drawing: Drawing, tables: Facts, border: str) -> None:
    """Draw the coasts of this border as `natural=coastline` ways, which have land on their left."""
    for (of, name), rows in tables.coasts.items():
        if of == border:
            way = f"coast {border} {name}"
            keys = [drawing.node(f"{way} {row['seq']}", position(row)) for row in rows]
            drawing.ways[way] = keys, {"natural": "coastline"}


def _record(tables: Facts, border: str) -> dict[str, object]:
    names = sorted(f"{table}.csv" for table in COLUMNS)
    return {
        "border": border,
        "statement": STATEMENT,
        "attribution": ATTRIBUTION,
        "drawn_from": {name: f"sha256 {files.sha256(tables.folder / name)}" for name in names},
    }
