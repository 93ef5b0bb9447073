"""Hostile files beside the map: border files, tables of facts, answers, records, outlines, relief.

Each function makes a case of its seed, hands it to the project's own reader, and asserts what must
hold of what that gives; a refusal is the reader's InputError.
"""

import copy
import gzip
import json
import math
import random
import re
import shutil
import string
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from pipeline.core import borderfile
from pipeline.core.errors import InputError
from pipeline.core.geo import fit_projection
from pipeline.core.poly import read_poly
from pipeline.sources import record
from pipeline.sources.gazetteer import columns, facts
from pipeline.sources.overpass import overpass, questions
from pipeline.sources.overpass.client import Answer
from pipeline.sources.overpass.questions import RefusedError
from pipeline.terrain import dem
from tests.fuzz_osm import NUMBERS, TEXTS

FACTS = Path(__file__).parents[1] / "data" / "raw" / "gazetteer"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, -(2**63), 1e308, -0.0, 5e-324, math.inf, math.nan,
    "", "x", [], {}, [[]], [None], {"a": []}, [1, 2, 3], "2026-01-01", *TEXTS, *NUMBERS,
)  # fmt: skip


def removed(folder: Path) -> None:
    """Remove the files of a case."""
    shutil.rmtree(folder)


# Border files -----------------------------------------------------------------------------------

BORDER = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 30
through_km = 1
origin_km = 10
depths_km = [10, 25]
target = [0.0, 0.45]
big_roads_km = 25
extracts = ["europe/andorra"]
anchors = { AA = [[0.0, -0.1]], BB = [[0.0, 0.1]] }
reach_km = { AA = 20 }
relations = { AA = 7 }
pairs = [{ name = "a", origin = [0.0, -0.1], destination = [0.0, 0.1] }]
cities = [{ name = "a", at = [0.0, 0.1], population = 5000, side = "AA" }]
"""
TOML = (
    *("0", "-1", "1e400", "inf", "nan", "true", "9" * 40, "''", "'AA'", "[]", "[[]]", "{}"),
    *("''''''", "[nan, 0.0]", "[0.0, 91.0]", "['a', 'b']", "[10, 10]", "[1e-320]"),
    *("{ AA = 'x' }", "1979-05-27", "{ AA = [[0.0]] }", "{ AA = [], BB = [] }", "[{}]"),
    *("[{ name = 1 }]", "{ AA = 1, BB = 1 }", "{ 'A\\\\n' = 5 }", "['../../etc']", "['/a']"),
    *("5000.1", "1e-9", "0x7f", "'\\u202e'", '"\\u001b[2J"', "{ AA = -5 }", "{ AA = true }"),
    *('"AA\\n"', '["europe/andorra\\n"]'),
    *("[[[[[[]]]]]]", "07:32:00", "+99999999999999999999", '"\u202e"'),
)  # fmt: skip


def border_file(folder: Path, seed: int) -> None:
    """A border file, or the data's own, with lines changed, lost, doubled or of other bytes."""
    choose = random.Random(seed)
    path, own = folder / "aa-bb.toml", folder / "own.toml"
    path.write_bytes(_harmed(BORDER, choose))
    if choose.random() < 0.3:
        path.write_text(BORDER, encoding="utf-8")
        own.write_bytes(_harmed("through_km = 1\norigin_km = 5\nreach_km = { AA = 3 }\n", choose))
    found = borderfile.read(path, own)
    lengths = (found.corridor_km, found.through_km, found.origin_km, found.big_roads_km)
    for km in (*lengths, *found.depths_km, *found.reach_km.values()):
        assert 0 < km <= 5000
    assert list(found.depths_km) == sorted(set(found.depths_km))
    assert found.from_ != found.to
    for lon, lat in (found.target, *(at for rows in found.anchors.values() for at in rows)):
        assert abs(lon) <= 180
        assert abs(lat) <= 90
    for name in found.extracts:
        assert all(part[0].isalnum() for part in name.split("/")), name
    assert all(found.anchors[code] for code in (found.from_, found.to))


def _harmed(text: str, choose: random.Random) -> bytes:
    lines = text.splitlines()
    for _ in range(choose.randint(0, 3)):
        at, how = choose.randrange(len(lines)), choose.randrange(6)
        key, _, value = lines[at].partition(" = ")
        if how == 0:
            lines[at] = f"{key} = {choose.choice(TOML)}"
        elif how == 1 and len(lines) > 1:
            del lines[at]
        elif how == 2:
            lines.insert(at, choose.choice((lines[at], f"{choose.choice(TEXTS[:6])!r} = 1", "[x]")))
        elif how == 3:
            lines[at] = f"{choose.choice(string.ascii_letters)}{key} = {value}"
        elif how == 4 and value:
            numbers = re.sub(r"\d+", lambda m: choose.choice((m[0], "-1", "999999", "0")), value)
            lines[at] = f"{key} = {numbers}"
        else:
            letters = list(lines[at])
            letters[choose.randrange(len(letters))] = choose.choice("\x00\x1b\u202e'\"[]{}=#\n")
            lines[at] = "".join(letters)
    content = "\n".join(lines).encode("utf-8")
    return content[: choose.randrange(len(content))] if choose.random() < 0.05 else content


# Tables of facts --------------------------------------------------------------------------------


def facts_folder(folder: Path, seed: int) -> None:
    """The gazetteer's tables, one of them with cells, rows or bytes that should not be."""
    choose = random.Random(seed)
    for path in FACTS.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = lines if path.stem in ("places", "crossings", "links") else lines[:8]
        (folder / path.name).write_text("\n".join(kept) + "\n", encoding="utf-8")
    path = folder / f"{choose.choice(sorted(columns.COLUMNS))}.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    for _ in range(choose.randint(0, 2)):
        at, how = choose.randrange(len(rows)), choose.randrange(5)
        if how == 0:
            value = choose.choice((*TEXTS, *NUMBERS, "²", "1e3", " 5", "5 ", "XX"))
            quoted = value.replace('"', '""')
            rows[at][choose.randrange(len(rows[at]))] = f'"{quoted}"'
        elif how == 1:
            rows.insert(at, choose.choice(rows))
        elif how == 2:
            rows[at].append("more")
        elif how == 3:
            rows[at][-1] = choose.choice(('"', '"a"b', "\x00", "\r"))
        else:
            del rows[at]
            rows = rows or [[""]]
    content = "\n".join(map(",".join, rows)).encode()
    if choose.random() < 0.1:
        content = content[:200] + choose.choice((b"\xff\xfe", b"\xc3", b"\x00")) + content[200:]
    path.write_bytes(content)
    found = facts.read(folder)
    for place in found.places.values():
        assert abs(place["lon"]) <= 180
        assert abs(place["lat"]) <= 90
    for link in found.links.values():
        assert {link["from_place"], link["to_place"]} <= found.places.keys()


# Answers of servers -----------------------------------------------------------------------------


def _good_answer() -> dict[str, Any]:
    nodes = [{"type": "node", "id": n, "lon": n / 10, "lat": 0.0} for n in range(1, 5)]
    nodes[1]["tags"] = {"barrier": "border_control"}
    way = {"type": "way", "id": 9, "nodes": [1, 2, 3, 4], "tags": {"boundary": "administrative"}}
    relations = [
        {
            "type": "relation",
            "id": number,
            "members": [{"type": "way", "ref": 9, "role": "outer"}],
            "tags": {"type": "boundary", "boundary": "administrative", "admin_level": "2"}
            | {"ISO3166-1": code},
        }
        for number, code in ((20, "AA"), (21, "BB"))
    ]
    found: list[dict[str, Any]] = [*nodes, way, *relations]
    total = {"type": "count", "id": 0, "tags": {"total": str(len(found))}}
    return {
        "version": 0.6,
        "osm3s": {"timestamp_osm_base": "2026-01-01T00:00:00Z"},
        "elements": [*found, total],
    }


def _spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, by the keys that lead to it."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in inner:
            found += _spots(part, (*path, key))
    return found


def _with_harm(value: Any, choose: random.Random) -> Any:
    value = copy.deepcopy(value)
    for _ in range(choose.randint(0, 3)):
        spots = _spots(value)
        if not spots:
            return value
        *way, last = choose.choice(spots)
        at = value
        for key in way:
            at = at[key]
        if choose.random() < 0.3:
            del at[last]
        else:
            at[last] = copy.deepcopy(choose.choice(VALUES))
    return value


def server_answer(folder: Path, seed: int) -> None:
    """An answer of an Overpass server with values that are lost or of another kind."""
    choose = random.Random(seed)
    answer = _with_harm(_good_answer(), choose)
    try:
        found = questions.elements(answer)
        time = questions.timestamp(answer)
    except RefusedError as error:
        raise InputError(str(error)) from error
    lines = questions.border_lines(found, ("AA", "BB"), "server")
    assert lines
    path = folder / "answer.json.gz"
    path.write_bytes(gzip.compress(json.dumps(answer).encode()))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        assert overpass.gather([Answer(path, None, time, len(found))], Path(scratch)).stat().st_size


def record_beside(folder: Path, seed: int) -> None:
    """The record of a fetch with other values, or no JSON at all."""
    choose = random.Random(seed)
    good = {"url": "https://example.org", "big_roads_km": 25.0, "tiles": 3, "of": ["a", "b"],
            "fetched": "2026-01-01T00:00:00Z"}  # fmt: skip
    path = folder / "aa-bb.record.json"
    text = json.dumps(_with_harm(good, choose))
    if choose.random() < 0.3:
        text = choose.choice((text[: choose.randrange(len(text))], "[1]", "", "[" * 100_000))
    path.write_text(text, encoding="utf-8")
    texts = record.texts(path)
    km = record.big_roads_km(path)
    assert km is None or 0 < km <= 5000
    assert all(isinstance(value, str) for value in texts.values())


def outline(folder: Path, seed: int) -> None:
    """A .poly file with sections, numbers or ends that are lost or absurd."""
    choose = random.Random(seed)
    lines = ["name", "1", " 9.0 47.0", " 9.5 47.0", " 9.5 47.5", " 9.0 47.5", "END",
             "!2", " 9.1 47.1", " 9.2 47.1", " 9.2 47.2", "END", "END"]  # fmt: skip
    for _ in range(choose.randint(0, 3)):
        at, how = choose.randrange(len(lines)), choose.randrange(4)
        if how == 0:
            del lines[at]
            lines = lines or [""]
        elif how == 1:
            lines[at] = f" {choose.choice(NUMBERS)} {choose.choice(NUMBERS)}"
        elif how == 2:
            lines[at] = choose.choice(TEXTS)
        else:
            lines.insert(at, lines[choose.randrange(len(lines))])
    content = "\n".join(lines).encode()
    path = folder / "aa-bb.poly"
    path.write_bytes(content + (b"\xff" if choose.random() < 0.05 else b""))
    shape = read_poly(path)
    assert shape.is_valid
    assert not shape.is_empty
    west, south, east, north = shape.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90


# Relief -----------------------------------------------------------------------------------------

PLANE = fit_projection(np.array([10.0, 10.5, 11.0]), np.array([45.0, 45.1, 45.0]))
MIDDLE = PLANE.plane(np.array([10.5]), np.array([45.0]))[0]
BOUNDS = (MIDDLE[0] - 1500, MIDDLE[1] - 1500, MIDDLE[0] + 1500, MIDDLE[1] + 1500)
CRSES = ("EPSG:4326", "EPSG:32632", "EPSG:3857", "EPSG:4326", "EPSG:32632", "EPSG:3035", None,
         "EPSG:27700", "EPSG:5773", "LOCAL_CS[\"mine\"]")  # fmt: skip
FILLS: tuple[Callable[[Any], Any], ...] = (
    lambda noise: 500 + 300 * noise, lambda noise: noise * 0 + np.nan,
    lambda noise: -9000 + 10 * noise, lambda noise: 1e20 * noise, lambda noise: noise * 0 - 32768,
    lambda noise: np.where(noise > 0.5, np.inf, 300),
    lambda noise: np.where(noise > 0.5, np.nan, 5),
    lambda noise: np.where(noise > 0.9, -9999, 300),
)  # fmt: skip


def elevation(folder: Path, seed: int) -> None:
    """A tiny elevation model: of one cell, empty, of sea floor, of no or another CRS, cut off."""
    choose = random.Random(seed)
    path, size = folder / "aa-bb.dem.tif", choose.choice((1, 2, 7, 60))
    crs = choose.choice(CRSES)
    span = choose.choice((1e-9, 0.1, 2.0, 360.0)) if crs == "EPSG:4326" else 2e5
    west, north = (10.5 - span / 2, 45 + span / 2) if crs == "EPSG:4326" else (5.5e5, 5.05e6)
    noise = np.random.default_rng(seed).random((size, size))
    bands = choose.choice((1, 1, 1, 1, 3))
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=bands, crs=crs,
        dtype=choose.choice(("float32", "float64", "int16")),
        transform=from_origin(west, north, span / size, span / size),
        nodata=choose.choice((None, None, -9999, 0)),
    ) as made:  # fmt: skip
        values = choose.choice(FILLS)(noise)
        with np.errstate(invalid="ignore"):
            made.write(np.broadcast_to(values, (bands, size, size)).astype(made.dtypes[0]))
        if choose.random() < 0.3:
            made.units = [choose.choice(("ft", "metre", "furlong", "M", "\x1b[2J"))] * bands
    if choose.random() < 0.2:
        content = bytearray(path.read_bytes())
        for _ in range(choose.randint(1, 30)):
            content[choose.randrange(len(content))] = choose.randrange(256)
        path.write_bytes(content[: choose.randint(1, len(content))])
    with dem.opened(path, PLANE.definition, BOUNDS) as heights:
        assert heights.grid.rows * heights.grid.columns < 10_000_000
        found = heights.read((slice(0, heights.grid.rows), slice(0, heights.grid.columns)))
    known = found[~np.isnan(found)]
    assert ((known >= dem.LOWEST_M) & (known <= dem.HIGHEST_M)).all()
