"""The embedded source: its tables, the PBF drawn from them, and how far it reaches."""

import csv
import itertools
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from shapely import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from pipeline.core import borderfile
from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84
from pipeline.network import point_kinds, tags
from pipeline.sources.gazetteer import columns, facts, gazetteer
from pipeline.sources.gazetteer.facts import Facts

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "raw" / "gazetteer"
SHARED = Path(__file__).parents[2] / "shared" / "data"
BORDERS = ("us-mx", "mx-gt")
PROJECTIONS = {
    "us-mx": "+proj=lcc +lat_1=25 +lat_2=33 +lat_0=29 +lon_0=-107",
    "mx-gt": "+proj=lcc +lat_1=14.5 +lat_2=19 +lat_0=16 +lon_0=-92",
}
COUNTRIES = {"US": "United States of America", "MX": "Mexico", "GT": "Guatemala", "BZ": "Belize"}

Tags = dict[str, str]
Rows = list[dict[str, str]]
Edit = Callable[[Rows], None]


class Drawn:
    """What a PBF holds, read by pyosmium alone."""

    def __init__(self, path: Path) -> None:
        self.order: list[tuple[str, int]] = []
        self.nodes: dict[int, tuple[tuple[float, float], Tags]] = {}
        self.ways: dict[int, tuple[list[int], Tags]] = {}
        self.relations: dict[int, tuple[list[int], Tags]] = {}
        for element in osmium.FileProcessor(str(path)):
            own = dict(element.tags)
            self.order.append((element.type_str(), element.id))
            if element.is_node():
                where = element.location.lon, element.location.lat
                self.nodes[element.id] = where, own
            elif element.is_way():
                self.ways[element.id] = [node.ref for node in element.nodes], own
            else:
                self.relations[element.id] = [member.ref for member in element.members], own

    def line(self, way: int) -> LineString:
        return LineString([self.nodes[node][0] for node in self.ways[way][0]])

    def network(self) -> list[int]:
        return [way for way, (_, own) in self.ways.items() if tags.kinds(own)]

    def border(self) -> list[int]:
        return [way for way, (_, own) in self.ways.items() if "boundary" in own]

    def at(self, point: tuple[float, float]) -> set[int]:
        return {
            node
            for node, (where, _) in self.nodes.items()
            if np.allclose(where, point, rtol=0, atol=1e-9)
        }


@pytest.fixture(scope="module")
def tables() -> Facts:
    return facts.read(FOLDER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for border in BORDERS:
        gazetteer.gazetteer(str(FOLDER), border, str(folder / f"{border}.osm.pbf"))
    return folder


@pytest.fixture(scope="module")
def drawn(folder: Path) -> dict[str, Drawn]:
    return {border: Drawn(folder / f"{border}.osm.pbf") for border in BORDERS}


def lines_of(tables: Facts, border: str) -> dict[str, LineString]:
    names = ("us-mx",) if border == "us-mx" else ("mx-gt", "mx-bz", "gt-bz")
    return {n: LineString([(v["lon"], v["lat"]) for v in tables.lines[n]]) for n in names}


def crossings_of(tables: Facts, border: str) -> dict[str, dict[str, Any]]:
    names = lines_of(tables, border)
    return {key: row for key, row in tables.crossings.items() if row["border"] in names}


@pytest.mark.parametrize("border", BORDERS)
def test_counts_match_the_tables(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    drawing = drawn[border]
    links = [row for row in tables.links.values() if row["network"] == border]
    closed = [row for row in crossings_of(tables, border).values() if row["status"] == "closed"]
    gates = 1 if border == "us-mx" else 0  # the San Miguel gate, informal and with no link
    assert len(drawing.network()) == len(links) + len(closed) + gates
    places = [row for row in tables.places.values() if row["network"] == border]
    kinds = Counter(own["place"] for _, own in drawing.nodes.values() if "place" in own)
    assert kinds == Counter(row["kind"] for row in places if row["kind"] != "junction")
    rivers = [row for row in tables.barriers if row["kind"] == "river"]
    barriers = [row for row in tables.barriers if row["border"] == border and row not in rivers]
    assert sum("barrier" in own for _, own in drawing.ways.values()) == len(barriers)
    modes = Counter(row["mode"] for row in links)
    found = Counter(
        "rail" if "railway" in own else "ferry" if "route" in own else "road"
        for _, own in (drawing.ways[way] for way in drawing.network())
        if "distance" in own
    )
    assert found == +Counter(
        rail=modes["rail"], ferry=modes["ferry"], road=modes["road"] + modes["track"]
    )


@pytest.mark.parametrize("border", BORDERS)
def test_pbf_is_sorted_whole_and_recorded(
    border: str, folder: Path, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    assert drawing.order == sorted(drawing.order, key=lambda e: ("nwr".index(e[0]), e[1]))
    assert len(set(drawing.order)) == len(drawing.order)
    used = {node for nodes, _ in drawing.ways.values() for node in nodes}
    assert used <= set(drawing.nodes)
    assert {way for ways, _ in drawing.relations.values() for way in ways} <= set(drawing.ways)
    record = json.loads((folder / f"{border}.record.json").read_text(encoding="utf-8"))
    assert record["nodes"] == len(drawing.nodes)
    assert record["bytes"] == (folder / f"{border}.osm.pbf").stat().st_size
    assert "not a street map" in record["statement"]
    assert any("CC BY 4.0" in text for text in record["attribution"])
    assert any("Open Database License" in text for text in record["attribution"])
    assert not list(folder.glob(".aside*"))


@pytest.mark.parametrize("border", BORDERS)
def test_every_crossing_is_on_the_border_and_on_a_way(
    border: str, tables: Facts, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    on_network = {node: way for way in drawing.network() for node in drawing.ways[way][0]}
    found = set()
    for row in crossings_of(tables, border).values():
        here = drawing.at((row["lon"], row["lat"])) & on_border & set(on_network)
        assert len(here) == 1, row["id"]
        found |= here
        own = drawing.ways[on_network[next(iter(here))]][1]
        state = {kind.state for kind in tags.kinds(own)}
        assert (state == {"open"}) == (row["status"] != "closed"), row["id"]
        assert (own.get("informal") == "yes") == (row["status"] == "informal"), row["id"]
    assert len(found) == len(crossings_of(tables, border))


@pytest.mark.parametrize("border", BORDERS)
def test_no_way_meets_a_line_elsewhere(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    drawing = drawn[border]
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    for way in drawing.network():
        shared = [drawing.nodes[n][0] for n in drawing.ways[way][0] if n in on_border]
        assert len(shared) <= 1
        for line in lines_of(tables, border).values():
            for met in shapely.get_coordinates(drawing.line(way).intersection(line)):
                assert any(np.allclose(met, point, rtol=0, atol=1e-7) for point in shared), way


@pytest.mark.parametrize("border", BORDERS)
def test_ways_keep_clear_of_the_lines(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    """No way comes within 10 m of a line, but within 300 m of its crossing, when projected."""
    drawing = drawn[border]
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    lines = projected([ln.segmentize(0.005) for ln in lines_of(tables, border).values()], border)
    ways = drawing.network()
    drawn_ways = projected([drawing.line(way).segmentize(0.005) for way in ways], border)
    for way, shape in zip(ways, drawn_ways, strict=True):
        points = [Point(drawing.nodes[n][0]) for n in drawing.ways[way][0] if n in on_border]
        near = shapely.unary_union(projected(points, border).buffer(300)) if points else Point()
        rest = shape.difference(near)
        assert rest.is_empty or lines.distance(rest).min() > 10, drawing.ways[way][1]


@pytest.mark.parametrize("border", BORDERS)
def test_one_control_at_every_official_crossing(
    border: str, tables: Facts, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    controls = {
        node: own
        for node, (_, own) in drawing.nodes.items()
        if own.get("barrier") == "border_control"
    }
    official = [r for r in crossings_of(tables, border).values() if r["status"] == "official"]
    assert len(controls) == len(official)
    on_way = {node: way for way in drawing.network() for node in drawing.ways[way][0]}
    for row in official:
        crossing = next(iter(drawing.at((row["lon"], row["lat"])) & set(on_way)))
        nodes, _ = drawing.ways[on_way[crossing]]
        mine = [n for n in nodes if n in controls]
        assert [controls[n]["name"] for n in mine] == [row["name"]]
        where = drawing.nodes[mine[0]][0]
        assert WGS84.inv(*where, row["lon"], row["lat"])[2] == pytest.approx(200, abs=1)
        assert abs(nodes.index(mine[0]) - nodes.index(crossing)) == 1


@pytest.mark.parametrize("border", BORDERS)
def test_posts_stand_on_roads_and_headquarters_are_no_posts(
    border: str, tables: Facts, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    on_way = {node for way in drawing.network() for node in drawing.ways[way][0]}
    by_name = {own["name"]: node for node, (_, own) in drawing.nodes.items() if "operator" in own}
    seen = 0
    for row in tables.posts.values():
        if tables.places[row["near_place"]]["network"] != border:
            continue
        seen += 1
        node = by_name[row["name"]]
        where, own = drawing.nodes[node]
        assert (point_kinds.post_kind(own) is not None) == bool(row["on_link"]), row["id"]
        assert (node in on_way) == bool(row["on_link"]), row["id"]
        assert WGS84.inv(*where, row["lon"], row["lat"])[2] <= 10_000, row["id"]
        if "headquarters" in row["name"]:
            assert own["office"] == "government"
    assert seen == len(by_name)


def test_third_lines_meet_at_the_tripoint(drawn: dict[str, Drawn]) -> None:
    drawing = drawn["mx-gt"]
    tripoint = drawing.at((-89.16, 17.814))
    assert len(tripoint) == 1
    meeting = [way for way in drawing.border() if drawing.ways[way][0][0] in tripoint]
    meeting += [way for way in drawing.border() if drawing.ways[way][0][-1] in tripoint]
    assert len(meeting) == 3
    of = {own["ISO3166-1"]: set(ways) for ways, own in drawing.relations.values()}
    assert set(of) == {"MX", "GT", "BZ"}
    for one, other in itertools.combinations(sorted(of), 2):
        assert len(of[one] & of[other] & set(meeting)) == 1
    assert set(drawing.border()) == set().union(*of.values())


@pytest.mark.parametrize("border", BORDERS)
def test_each_border_way_is_in_exactly_two_countries(border: str, drawn: dict[str, Drawn]) -> None:
    members = Counter(way for ways, _ in drawn[border].relations.values() for way in ways)
    assert set(members) == set(drawn[border].border())
    assert set(members.values()) == {2}


@pytest.mark.parametrize("border", BORDERS)
def test_a_stub_is_deep_on_both_sides(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    drawing = drawn[border]
    stubs = [way for way in drawing.network() if "distance" not in drawing.ways[way][1]]
    line = lines_of(tables, border)[border]
    dense = np.array(line.segmentize(0.001).coords)
    for way in stubs:
        nodes, _ = drawing.ways[way]
        assert len(nodes) == 3
        ends = [drawing.nodes[nodes[0]][0], drawing.nodes[nodes[2]][0]]
        for end in ends:
            near = dense[np.abs(dense - end).max(axis=1) < 0.1]
            metres = WGS84.inv(*near.T, *np.broadcast_to(end, near.shape).T)[2]
            assert metres.min() > 1000
        met = shapely.get_coordinates(LineString(ends).intersection(line))
        assert len(met) % 2 == 1  # the ends lie on either side
    assert bool(stubs) == (border == "us-mx")


def test_two_crossings_at_one_point_are_two_nodes(tmp_path: Path) -> None:
    def move(rows: Rows) -> None:
        at = {row["id"]: row for row in rows}
        new, old = at["x-roma"], at["x-roma-suspension"]
        old["lon"], old["lat"] = new["lon"], new["lat"]

    change(tmp_path, "crossings", move)
    out = tmp_path / "us-mx.osm.pbf"
    gazetteer.gazetteer(str(tmp_path), "us-mx", str(out))
    drawing = Drawn(out)
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    both = drawing.at((-99.019, 26.404)) & on_border
    assert len(both) == 2
    on_network = [set(drawing.ways[way][0]) & both for way in drawing.network()]
    assert sorted(map(len, filter(None, on_network))) == [1, 1]


def rows_of(table: str) -> tuple[list[str], Rows]:
    with (FOLDER / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def change(folder: Path, table: str, edit: Edit) -> None:
    """A copy of the gazetteer in `folder` with one table edited."""
    for path in FOLDER.glob("*.csv"):
        if not (folder / path.name).exists():
            shutil.copy(path, folder)
    header, rows = rows_of(table)
    edit(rows)
    with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("border", BORDERS)
def test_row_order_changes_no_byte(border: str, folder: Path, tmp_path: Path) -> None:
    for seed, table in enumerate(columns.COLUMNS):
        change(tmp_path, table, random.Random(seed).shuffle)
    shuffled = tmp_path / f"{border}.osm.pbf"
    gazetteer.gazetteer(str(tmp_path), border, str(shuffled))
    assert shuffled.read_bytes() == (folder / f"{border}.osm.pbf").read_bytes()


def test_another_place_renumbers_nothing(folder: Path, tmp_path: Path) -> None:
    def add(rows: Rows) -> None:
        rows.append({**rows[0], "id": "aa-new", "name": "New", "lon": "-90.1", "lat": "15.1"})

    change(tmp_path, "places", add)
    out = tmp_path / "mx-gt.osm.pbf"
    gazetteer.gazetteer(str(tmp_path), "mx-gt", str(out))
    before, after = Drawn(folder / "mx-gt.osm.pbf"), Drawn(out)
    assert after.ways == before.ways
    assert set(before.nodes) < set(after.nodes)
    assert len(after.nodes) == len(before.nodes) + 1


def put(key: str, column: str, value: str) -> Edit:
    def edit(rows: Rows) -> None:
        next(row for row in rows if row["id"] == key)[column] = value

    return edit


def drop(rows: Rows) -> None:
    rows.pop(20)


def drop_all(rows: Rows) -> None:
    rows.clear()


def end_last_at(value: str) -> Edit:
    def edit(rows: Rows) -> None:
        rows[-1]["to_km"] = value

    return edit


BAD: dict[str, tuple[str, Edit, str]] = {
    "longitude": ("places", put("gt-bethel", "lon", "-190"), "column lon: got '-190'"),
    "nan": ("places", put("gt-bethel", "lat", "nan"), "column lat: got 'nan'"),
    "word": ("places", put("gt-bethel", "kind", "metropolis"), "column kind: got 'metropolis'"),
    "empty": ("places", put("gt-bethel", "name", ""), "column name: got ''"),
    "population": ("places", put("gt-bethel", "population", "-5"), "column population: got '-5'"),
    "lanes": ("links", put("az-92.us-sierra-vista.us-bisbee", "lanes", "two"), "column lanes"),
    "dangling": ("links", put("az-92.us-sierra-vista.us-bisbee", "to_place", "us-x"), "'us-x'"),
    "via": ("links", put("az-92.us-sierra-vista.us-bisbee", "via", "1;2"), "column via"),
    "no crossing": ("links", put("x.x-roma", "via", "-99.0 26.5"), "the point of x-roma"),
    "wrong side": ("links", put("az-92.us-sierra-vista.us-bisbee", "via", "-110.1 31.2"), "us-mx"),
    "no vertex": ("crossings", put("x-roma", "lat", "26.41"), "a vertex of us-mx"),
    "no link": ("crossings", put("x-lochiel", "status", "official"), "a link that passes it"),
    "twice": ("posts", put("p-us-i19", "id", "p-us-i25"), "column id: got 'p-us-i25'"),
    "post kind": ("posts", put("p-us-i19", "kind", "migration_center"), "column on_link"),
    "gap": ("border_vertices", drop, "column seq"),
    "beyond": ("barriers", end_last_at("4000"), "column to_km"),
    "backwards": ("barriers", end_last_at("1"), "column to_km"),
    "no rows": ("posts", drop_all, "got no rows"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named(case: str, tmp_path: Path) -> None:
    table, edit, message = BAD[case]
    change(tmp_path, table, edit)
    out = tmp_path / "us-mx.osm.pbf"
    out.write_text("the last good one")
    with pytest.raises(InputError) as error:
        gazetteer.gazetteer(str(tmp_path), "us-mx", str(out))
    text = str(error.value)
    assert f"{table}.csv" in text
    assert message in text
    assert "expected" in text
    assert "\n" not in text
    if case != "no rows":
        line = int(text.split("line ")[1].split(",", maxsplit=1)[0])
        written = (tmp_path / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        assert 2 <= line <= len(written)
    assert out.read_text() == "the last good one"


def test_a_bad_file_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("id,name\n")
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "gazetteer",
        str(tmp_path),
        "us-mx",
        "out.osm.pbf",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    with pytest.raises(InputError, match="no border xx-yy, expected one of"):
        gazetteer.gazetteer(str(FOLDER), "xx-yy", str(tmp_path / "x.osm.pbf"))


# The tables against the world ---------------------------------------------------------------------


def countries() -> dict[str, BaseGeometry]:
    path = SHARED / "countries.gpkg"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there: sides cannot be checked")
    frame = gpd.read_file(path).set_index("name")
    return {code: frame.geometry[name] for code, name in COUNTRIES.items()}


# Where the ends of the lines are prolonged to, over sea, and a point in each country.
FRAME = box(-130, 10, -80, 45)
PROLONGED: dict[str, list[list[tuple[float, float]]]] = {
    "us-mx": [[(-117.124, 32.534), (-130, 32.534)], [(-97.14, 25.957), (-80, 25.957)]],
    "mx-gt": [
        [(-92.225, 14.541), (-97, 10)],
        [(-88.304, 18.481), (-80, 18.481)],
        [(-88.914, 15.894), (-80, 15.894)],
    ],
}
INSIDE: dict[str, dict[str, tuple[float, float]]] = {
    "us-mx": {"US": (-104, 40), "MX": (-104, 25)},
    "mx-gt": {"MX": (-93, 17), "GT": (-90.5, 14.6), "BZ": (-88.7, 17.2)},
}


def regions(tables: Facts, border: str) -> dict[str, shapely.Polygon]:
    """The ground of each country on a border, as our own lines divide it."""
    cuts = [*lines_of(tables, border).values(), *map(LineString, PROLONGED[border])]
    noded = shapely.unary_union([FRAME.boundary, *cuts])
    found = list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    assert len(found) == len(INSIDE[border])
    return {
        country: next(part for part in found if part.contains(Point(point)))
        for country, point in INSIDE[border].items()
    }


@pytest.mark.parametrize("border", BORDERS)
def test_places_and_posts_lie_on_their_side_of_the_lines(border: str, tables: Facts) -> None:
    ground = regions(tables, border)
    seen = 0
    for row in [*tables.places.values(), *tables.posts.values()]:
        network = row.get("network") or tables.places[row["near_place"]]["network"]
        if network == border:
            assert ground[row["country"]].contains(Point(row["lon"], row["lat"])), row["id"]
            seen += 1
    assert seen > 200


def test_places_and_posts_lie_in_their_country(tables: Facts) -> None:
    """Within 2 km, by which the outlines at 1:10m lie off near the rivers and coasts."""
    outlines = countries()
    for row in [*tables.places.values(), *tables.posts.values()]:
        way = shapely.shortest_line(Point(row["lon"], row["lat"]), outlines[row["country"]]).coords
        (lon, lat), (lon_there, lat_there) = way[0][:2], way[-1][:2]
        assert WGS84.inv(lon, lat, lon_there, lat_there)[2] < 2000, row["id"]


def test_lengths_are_possible(tables: Facts) -> None:
    for row in tables.links.values():
        ends = [tables.places[row[column]] for column in ("from_place", "to_place")]
        straight = WGS84.inv(ends[0]["lon"], ends[0]["lat"], ends[1]["lon"], ends[1]["lat"])[2]
        assert row["length_km"] * 1000 >= straight * 0.995, row["id"]


def test_borders_run_from_end_to_end_at_the_stated_km(tables: Facts) -> None:
    for name in BORDERS:
        vertices = [(row["lon"], row["lat"]) for row in tables.lines[name]]
        line = LineString(vertices)
        assert line.is_simple
        assert len(set(vertices)) == len(vertices)
        km = (
            np.concatenate(
                [
                    [0],
                    np.cumsum(
                        WGS84.line_lengths([v[0] for v in vertices], [v[1] for v in vertices])
                    ),
                ]
            )
            / 1e3
        )
        at = dict(zip(vertices, km, strict=True))
        for row in tables.crossings.values():
            if row["border"] == name:
                assert row["border_km"] == pytest.approx(at[row["lon"], row["lat"]], abs=0.11)
        stretches = [  # km from and to of each run of river vertices
            (float(km[run[0]]), float(km[run[-1] + 1]))
            for run in runs([row["kind"] == "river" for row in tables.lines[name][:-1]])
        ]
        rivers = [r for r in tables.barriers if r["border"] == name and r["kind"] == "river"]
        assert len(stretches) == len(rivers)
        for (begin, end), row in zip(stretches, rivers, strict=True):
            assert (row["from_km"], row["to_km"]) == pytest.approx((begin, end), abs=0.06)


def runs(flags: list[bool]) -> list[list[int]]:
    """Positions of each unbroken run of true values."""
    grouped = itertools.groupby(enumerate(flags), key=lambda item: item[1])
    return [[position for position, _ in run] for flag, run in grouped if flag]


# How far the network reaches ----------------------------------------------------------------------

# Natural Earth's extracts end here; so does the ground that is compared. In Mexico on mx-gt the
# roads that count lead to the Isthmus: those over a line of depth are counted west of Yucatán.
GROUND = {"us-mx": box(-118.5, 24.5, -96, 34.5), "mx-gt": box(-98, 13.5, -87.5, 19.5)}
WEST_OF = {("mx-gt", "MX"): -92.0}
EDGES_KM = (0, 25, 50, 75, 100, 125, 150, 200, 250, 300, 350, 400)


@pytest.fixture(scope="module")
def reach(drawn: dict[str, Drawn], tables: Facts) -> dict[tuple[str, str, int], list[float]]:
    """By border, country and far edge of a band of depth (km): 1,000 km² of land; road km and
    links per 1,000 km² of the gazetteer, road km of Natural Earth (1:10m, an independent map);
    roads over the far edge, of both.
    """
    result = {}
    for border in BORDERS:
        path = SHARED / f"ne-{border}.osm.pbf"
        if not path.is_file():
            pytest.skip(f"{path.name} is not there: reach cannot be checked")
        roads = [
            projected([d.line(w) for w, (_, own) in d.ways.items() if is_road(own)], border)
            for d in (drawn[border], Drawn(path))
        ]
        line = projected([lines_of(tables, border)[border].segmentize(0.01)], border).iloc[0]
        buffers = [line.buffer(km * 1000, quad_segs=32) for km in EDGES_KM]
        for country in border.upper().split("-"):
            outline = countries()[country].intersection(GROUND[border]).segmentize(0.05)
            land = projected([outline], border).iloc[0]
            west = box(-125, 10, WEST_OF.get((border, country), -80), 40).segmentize(0.05)
            counted = land.intersection(projected([west], border).iloc[0])
            for far, inner, outer in zip(EDGES_KM[1:], buffers, buffers[1:], strict=False):
                band = outer.difference(inner).intersection(land)
                edge = outer.boundary.intersection(counted)
                thousands = band.area / 1e9
                if thousands < 1:
                    continue
                inside = [road.intersection(band).length for road in roads]
                result[border, country, far] = [
                    thousands,
                    inside[0].sum() / 1000 / thousands,
                    (inside[0] > 0).sum() / thousands,
                    inside[1].sum() / 1000 / thousands,
                    *(road.intersects(edge).sum() for road in roads),
                ]
    return result


def is_road(own: Tags) -> bool:
    return any(kind.mode == "road" and kind.class_ != "ferry" for kind in tags.kinds(own))


def projected(shapes: Sequence[BaseGeometry], border: str) -> gpd.GeoSeries:
    return gpd.GeoSeries(shapes, crs=4326).to_crs(PROJECTIONS[border])


# The depths that must hold, and one deeper where the gazetteer is the thinner map.
HOLDS = {
    ("us-mx", "US"): ([25, 50, 75, 100], 125),
    ("us-mx", "MX"): ([25, 50, 75, 100], 200),
    ("mx-gt", "GT"): ([25, 50, 75, 100, 125, 150], 200),
    ("mx-gt", "MX"): ([100, 125, 150, 200, 250, 300, 350, 400], None),
}


@pytest.mark.parametrize(("border", "country"), HOLDS)
def test_reach_is_as_stated(
    border: str, country: str, reach: dict[tuple[str, str, int], list[float]]
) -> None:
    """Up to `reach_km` as many roads pass each depth as on the other map; deeper, fewer."""
    depths, beyond = HOLDS[border, country]
    path = ROOT / "pipeline" / "borders" / f"{border}.toml"
    stated = borderfile.read(path, FOLDER / f"{border}.toml")
    assert stated.reach_km[country] == depths[-1]
    for depth in depths:
        own, other = reach[border, country, depth][4:]
        assert own >= other, depth
    if beyond is not None:
        own, other = reach[border, country, beyond][4:]
        assert own < other


def test_readme_states_the_reach_measured(
    reach: dict[tuple[str, str, int], list[float]],
) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for (border, country, far), found in reach.items():
        near = EDGES_KM[EDGES_KM.index(far) - 1]
        row = f"| {border} | {country} | {near}–{far} | {found[0]:.1f} | {found[1]:.0f} | "
        row += f"{found[2]:.2f} | {found[3]:.0f} | {found[4]} | {found[5]} |"
        assert row in text
