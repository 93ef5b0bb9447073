"""The tables of the embedded source: a bad row is named, and all rows agree with geography."""

import csv
import itertools
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84
from pipeline.sources.gazetteer import columns, facts, gazetteer
from pipeline.sources.gazetteer.facts import Facts
from tests.embedded import (
    BORDERS,
    FOLDER,
    ROOT,
    Drawn,
    countries,
    lines_of,
)


@pytest.fixture(scope="module")
def tables() -> Facts:
    return facts.read(FOLDER)


Rows = list[dict[str, str]]
Edit = Callable[[Rows], None]


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


def test_every_source_has_a_name_once() -> None:
    named = [row["source"] for row in rows_of("sources")[1] if row["name"]]
    used = {
        one
        for table in (*columns.COLUMNS, "reference", "traffic", "apprehensions")
        for row in rows_of(table)[1]
        for one in row.get("source", "").split(";")
        if one and not one.startswith("gc*")  # a great circle times a factor
    }
    assert used == set(named)
    assert len(named) == len(set(named))


@pytest.mark.parametrize("border", BORDERS)
def test_row_order_changes_no_byte(border: str, embedded_maps: Path, tmp_path: Path) -> None:
    for seed, table in enumerate(columns.COLUMNS):
        change(tmp_path, table, random.Random(seed).shuffle)
    shuffled = tmp_path / f"{border}.osm.pbf"
    gazetteer.gazetteer(str(tmp_path), border, str(shuffled))
    assert shuffled.read_bytes() == (embedded_maps / f"{border}.osm.pbf").read_bytes()


def test_another_place_renumbers_nothing(embedded_maps: Path, tmp_path: Path) -> None:
    def add(rows: Rows) -> None:
        rows.append({**rows[0], "id": "aa-new", "name": "New", "lon": "-90.1", "lat": "15.1"})

    change(tmp_path, "places", add)
    out = tmp_path / "mx-gt.osm.pbf"
    gazetteer.gazetteer(str(tmp_path), "mx-gt", str(out))
    before, after = Drawn(embedded_maps / "mx-gt.osm.pbf"), Drawn(out)
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
    "lost quote": (
        "crossings", put("x-roma", "confidence", "x\n" * 2000), "(6,002 characters), expected one"
    ),
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
