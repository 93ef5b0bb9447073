"""Any border from extracts: its file from the data, overlapping extracts, what is refused."""

import json
import re
from pathlib import Path
from typing import Any

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from pipeline.core import borderfile
from pipeline.core.errors import InputError
from pipeline.sources.extracts import clip, download, geofabrik
from pipeline.world import extracts
from pipeline.world.border import border
from tests import planet, world
from tests.file_server import FileServer
from tests.overpass_server import Extract, Server

DATA = Path(__file__).parents[2] / "shared" / "data"
ADMIN = {"boundary": "administrative", "admin_level": "2"}
# Two squares of 40 km that share the meridian 9° east, from 47° to 47.36° north.
EAST, WEST, SOUTH, NORTH = 9.5, 8.5, 47.0, 47.36
Ways = dict[int, tuple[list[tuple[float, float]], dict[str, str]]]
ROADS: Ways = {
    number: ([(8.9, 47.0 + number * 0.03), (9.1, 47.0 + number * 0.03)], {"highway": "primary"})
    for number in range(1, 9)
}


def extract(
    path: Path,
    ways: Ways,
    time: str = "",
    places: dict[str, tuple[float, float]] | None = None,
    east: dict[str, str] | None = None,
    shared_elsewhere: int = 0,
) -> Path:
    """A drawn extract: countries AA (west) and BB (east) with whole outlines, and these ways.

    `east` are tags of the eastern relation where it is no country of its own; so many ways of the
    line are `shared_elsewhere`, named and not in the file.
    """
    line = {
        101: [(9.0, SOUTH), (9.0, 47.18), (9.0, NORTH)],
        102: [(9.0, NORTH), (WEST, NORTH), (WEST, SOUTH), (9.0, SOUTH)],
        103: [(9.0, NORTH), (EAST, NORTH), (EAST, SOUTH), (9.0, SOUTH)],
    }
    every = ways | {way: (points, ADMIN) for way, points in line.items()}
    numbers: dict[tuple[float, float], int] = {}
    for points, _ in every.values():
        for at in points:
            numbers.setdefault(at, 1000 + round(at[0] * 1e4) * 1_000_000 + round(at[1] * 1e4))
    path.parent.mkdir(parents=True, exist_ok=True)
    header = osmium.io.Header()
    if time:
        header.set("osmosis_replication_timestamp", time)
    towns = {at: (name, 1 + n) for n, (name, at) in enumerate((places or {}).items())}
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for at, (name, number) in towns.items():
            tags = {"place": "town", "name": name, "population": str(1000 * number)}
            writer.add_node(Node(id=number, version=1, location=at, tags=tags))
        for at, number in sorted(numbers.items(), key=lambda pair: pair[1]):
            writer.add_node(Node(id=number, version=1, location=at))
        for way, (points, tags) in sorted(every.items()):
            nodes = [numbers[at] for at in points]
            writer.add_way(Way(id=way, version=1, nodes=nodes, tags=tags))
        for number, (code, members) in enumerate((("aa", (101, 102)), ("BB", (101, 103))), start=1):
            tags = ADMIN | {"type": "boundary", "name": f"{code.upper()}land"}
            tags |= east if east and code == "BB" else {"ISO3166-1": code}
            elsewhere = range(900, 900 + shared_elsewhere)
            of = [("w", way, "outer") for way in (*members, *elsewhere)]
            writer.add_relation(Relation(id=number, version=1, members=of, tags=tags))
    return path


def made(tmp_path: Path, *files: Path, **more: object) -> borderfile.BorderFile:
    border("AA", "bb", tmp_path / "raw", tmp_path / "borders", *files, **more)  # type: ignore[arg-type]
    return borderfile.read(tmp_path / "borders" / f"{more.get('name') or 'aa-bb'}.toml")


def ways_of(path: Path) -> set[int]:
    return {way.id for way in osmium.FileProcessor(str(path), osmium.osm.WAY)}


def test_a_border_file_is_made_of_the_data(tmp_path: Path) -> None:
    places = {"Upper": (9.2, 47.1), "Lower": (8.8, 47.2), "Hill": (9.3, 47.2)}
    found = made(tmp_path, extract(tmp_path / "one.osm.pbf", ROADS, places=places))
    assert (found.from_, found.to, found.name) == ("AA", "BB", "AAland – BBland")
    assert found.anchors["AA"][0][0] < 9 < found.anchors["BB"][0][0]
    assert found.target == (9.3, 47.2)  # the most inhabitants
    assert found.pairs[0].name == "Lower – Hill"
    assert found.depths_km == (10.0, 25.0)
    assert ways_of(tmp_path / "raw/aa-bb.osm.pbf") == {*ROADS, 101, 102, 103}


def test_countries_and_territories_are_named_by_relations(tmp_path: Path) -> None:
    """A territory's relation stands in the border file, so that every stage knows its code."""
    east = {"admin_level": "3", "ISO3166-2": "CC-BB"}
    file = extract(tmp_path / "one.osm.pbf", ROADS, east=east)
    border("1", "2", tmp_path / "raw", tmp_path / "borders", file)
    found = borderfile.read(tmp_path / "borders/aa-bb.toml")
    assert (found.from_, found.to, dict(found.relations)) == ("AA", "BB", {"BB": 2})
    drawn = world.run(tmp_path / "raw/aa-bb.osm.pbf", tmp_path / "borders/aa-bb.toml", tmp_path)
    assert len(drawn.roads()) == len(ROADS)
    with pytest.raises(InputError, match="no relation of country bb; countries found: AA"):
        made(tmp_path, file, force=True)


def test_a_line_that_only_begins_in_the_files_is_refused(tmp_path: Path) -> None:
    file = extract(tmp_path / "one.osm.pbf", ROADS, shared_elsewhere=40)
    with pytest.raises(InputError, match=r"one\.osm\.pbf: AA–BB: 1 of 41 ways of the line are in"):
        made(tmp_path, file)
    assert not list((tmp_path / "borders").glob("*"))


def test_a_border_file_that_is_there_is_used_as_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its corridor is cut anew; a line says so."""
    made(tmp_path, extract(tmp_path / "one.osm.pbf", {1: ROADS[1]}))
    there = tmp_path / "borders/aa-bb.toml"
    edited = there.read_text().replace("corridor_km = 100", "corridor_km = 15")
    edited = edited.replace("big_roads_km = 100", "big_roads_km = 15")
    far: Ways = {30: ([(9.48, 47.1), (9.48, 47.2)], {"highway": "primary"})}
    file = extract(tmp_path / "two.osm.pbf", ROADS | far)
    for words in (("AA", "bb"), ("1", "BB")):
        there.write_text(edited)
        capsys.readouterr()
        border(*words, tmp_path / "raw", tmp_path / "borders", file)
        printed = capsys.readouterr()
        assert printed.out == "aa-bb\n"
        assert "aa-bb.toml is used as it stands; FORCE=1 writes it anew\n" in printed.err
        assert there.read_text() == edited
        assert ways_of(tmp_path / "raw/aa-bb.osm.pbf") == {*ROADS, 101, 102, 103}
        record = json.loads((tmp_path / "raw/aa-bb.record.json").read_text())
        assert (record["cut_to_km"], record["ways"]) == (15, len(ROADS) + 3)
    assert made(tmp_path, file, corridor=50.0, force=True).corridor_km == 50
    assert made(tmp_path, file, name="other").border == "other"


def test_a_border_file_that_is_there_needs_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path, extract(tmp_path / "one.osm.pbf", ROADS))
    monkeypatch.setenv("OVERPASS_URL", "http://127.0.0.1:9/api")
    capsys.readouterr()
    made(tmp_path, source="overpass")
    assert capsys.readouterr().out == "aa-bb\n"
    with pytest.raises(InputError, match=r"FILES is empty.*SOURCE=geofabrik"):
        made(tmp_path)
    there = tmp_path / "borders/aa-bb.toml"
    without = [line for line in there.read_text().splitlines() if "extracts" not in line]
    there.write_text("\n".join(without))
    with pytest.raises(InputError, match=r"aa-bb\.toml: key extracts is missing.*FORCE=1"):
        made(tmp_path, source="geofabrik")


@pytest.mark.parametrize(
    ("edit", "more", "message"),
    [
        (("", ""), {"corridor": 50.0}, r"corridor_km: got 100, expected 50 as CORRIDOR= says"),
        (("", ""), {"anchors": "AA:8.9,47.2 BB:9.1,47.2"}, r"key anchors: expected the points of"),
        (("corridor_km", "corridor"), {}, r"unknown key corridor.*; FORCE=1 writes it anew"),
        (
            ('from = "AA"\nto = "BB"', 'from = "BB"\nto = "AA"'),
            {},
            r"goes from BB to AA, expected from AA to BB: FORCE=1 writes it anew, NAME= another",
        ),
    ],
)
def test_a_border_file_of_another_border_stays(
    tmp_path: Path, edit: tuple[str, str], more: dict[str, Any], message: str
) -> None:
    file = extract(tmp_path / "one.osm.pbf", ROADS)
    made(tmp_path, file)
    there = tmp_path / "borders/aa-bb.toml"
    there.write_text(there.read_text().replace(*edit, 1))
    paths = [there, tmp_path / "raw/aa-bb.osm.pbf", tmp_path / "raw/aa-bb.record.json"]
    before = [path.read_bytes() for path in paths]
    for words in (("AA", "BB"), ("1", "2")):
        with pytest.raises(InputError, match=rf"aa-bb\.toml.*{message}"):
            border(*words, tmp_path / "raw", tmp_path / "borders", file, **more)
        assert [path.read_bytes() for path in paths] == before


def test_what_a_newer_extract_no_longer_holds_stays_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever comes first; what lies beyond the newer extract comes from the older one."""
    beyond: Ways = {
        20 + n: ([(9.2 + n * 0.02, 47.05), (9.2 + n * 0.02, 47.3)], {"highway": "track"})
        for n in range(8)
    }
    newer = {way: one for way, one in ROADS.items() if way != 4}
    newer[5] = (ROADS[5][0], {"highway": "trunk"})
    old = extract(tmp_path / "old.osm.pbf", ROADS | beyond, "2024-01-01T00:00:00Z")
    new = extract(tmp_path / "new.osm.pbf", newer, "2025-01-01T00:00:00Z")
    for files in ((old, new), (new, old)):
        made(tmp_path, *files, force=True)
        raw = tmp_path / "raw/aa-bb.osm.pbf"
        assert ways_of(raw) == {*newer, *beyond, 101, 102, 103}
        tags = {
            way.id: way.tags["highway"]
            for way in osmium.FileProcessor(str(raw), osmium.osm.WAY)
            if "highway" in way.tags
        }
        assert tags[5] == "trunk"
        printed = capsys.readouterr().err
        assert "2024-01-01" in printed
        assert "2025-01-01" in printed


def test_an_outline_beside_an_extract_says_what_it_covers(tmp_path: Path) -> None:
    old = extract(tmp_path / "old.osm.pbf", ROADS, "2024-01-01T00:00:00Z")
    newer = {way: one for way, one in ROADS.items() if way not in (2, 7)}
    new = extract(tmp_path / "new.osm.pbf", newer, "2025-01-01T00:00:00Z")
    ring = "\n".join(f"  {x} {y}" for x, y in ((8, 46), (10, 46), (10, 47.15), (8, 47.15)))
    (tmp_path / "new.poly").write_text(f"new\nsouth\n{ring}\nEND\nEND\n")
    made(tmp_path, old, new)
    assert ways_of(tmp_path / "raw/aa-bb.osm.pbf") >= {7}
    assert 2 not in ways_of(tmp_path / "raw/aa-bb.osm.pbf")


def test_extracts_on_disk_are_found_without_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOFABRIK_URL", "http://127.0.0.1:9")
    folder = tmp_path / "raw/extracts"
    extract(folder / "region/here-latest.osm.pbf", ROADS, "2025-01-01T00:00:00Z")
    planet.write(planet.planet(((3, 3),)), folder / "elsewhere.osm.pbf")
    found = made(tmp_path, source="geofabrik")
    assert found.extracts == ("region/here-latest",)  # as it lies there
    assert not list((tmp_path / "raw").glob("*.osm.pbf"))  # the stages clip it
    toml, out = str(tmp_path / "borders/aa-bb.toml"), tmp_path / "raw/aa-bb.osm.pbf"
    geofabrik.geofabrik(toml, str(folder))
    clip.clip(toml, str(folder), str(out))
    assert ways_of(out) == {*ROADS, 101, 102, 103}


def test_extracts_are_found_by_the_list_of_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = tmp_path / "served"
    extract(served / "region/aaland-latest.osm.pbf", ROADS)
    listed = [("all", ["AA", "BB", "CC"]), ("aaland", ["AA"]), ("bbland", ["BB", "AA"])]
    features = [
        {"properties": {"id": name, "iso3166-1:alpha2": codes,
                        "urls": {"pbf": f"https://there/region/{name}-latest.osm.pbf"}}}
        for name, codes in listed
    ]  # fmt: skip
    extract(served / "region/bbland-latest.osm.pbf", {})
    (served / "index-v1-nogeom.json").write_text(json.dumps({"features": features}))
    with FileServer(served) as server:
        monkeypatch.setenv("GEOFABRIK_URL", server.url)
        monkeypatch.setattr(download, "SPARE_BYTES", 0)
        found = made(tmp_path, source="geofabrik")
        assert found.extracts == ("region/aaland", "region/bbland")
        with pytest.raises(InputError, match=r"index-v1-nogeom\.json: no extract of XX"):
            border("AA", "XX", tmp_path / "raw", tmp_path / "borders", source="geofabrik")
        for way_out in ("../../evil", "region/../../evil", "/etc/evil", ".hidden/evil"):
            features[1]["properties"]["urls"] = {"pbf": f"https://there/{way_out}-latest.osm.pbf"}
            (served / "index-v1-nogeom.json").write_text(json.dumps({"features": features}))
            with pytest.raises(InputError, match=r"got the address 'https://there/.*evil-latest"):
                extracts.extracts_of(("AA",), tmp_path / "raw/none")
    assert not list(tmp_path.parent.rglob("evil*"))


def test_a_border_is_found_on_an_overpass_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its corridor is fetched at once: target and pairs are among what it holds."""
    places = {"Lower": (8.8, 47.2), "Hill": (9.3, 47.2)}
    drawn = Extract(extract(tmp_path / "one.osm.pbf", ROADS, places=places))
    drawn.time = "2025-01-01T00:00:00Z"
    drawn.elements["relation", 1]["tags"]["ISO3166-1"] = "AA"  # a server compares letter by letter
    with Server(drawn) as server:
        monkeypatch.setenv("OVERPASS_URL", server.url)
        found = made(tmp_path, source="overpass")
    assert set(found.anchors) == {"AA", "BB"}
    assert found.anchors["AA"][0][0] < 9 < found.anchors["BB"][0][0]
    assert (found.target, found.depths_km) == (places["Hill"], (10.0, 25.0))
    assert [pair.name for pair in found.pairs] == ["Lower – Hill"]
    assert ways_of(tmp_path / "raw/aa-bb.osm.pbf") == {*ROADS, 101, 102, 103}
    with pytest.raises(InputError, match=r"FILES is empty.*SOURCE=geofabrik"):
        made(tmp_path, source="gazetteer")
    with pytest.raises(InputError, match="12: expected an ISO 3166-1 code"):
        border("12", "BB", tmp_path / "raw", tmp_path / "borders", source="overpass")


def test_anchors_that_are_given_are_held_against_the_data(tmp_path: Path) -> None:
    file = extract(tmp_path / "one.osm.pbf", ROADS)
    given = "AA:8.9,47.1 BB:9.1,47.1"
    assert made(tmp_path, file, anchors=given).anchors["BB"] == ((9.1, 47.1),)
    with pytest.raises(InputError, match=r"AA: 9\.1000, 47\.1000 lies in BB .* swapped"):
        made(tmp_path, file, anchors="AA:9.1,47.1 BB:8.9,47.1", force=True)
    with pytest.raises(InputError, match=r"AA: 47\.1000, 8\.9000 lies [\d,]+ km .*exchanged"):
        made(tmp_path, file, anchors="AA:47.1,8.9 BB:9.1,47.1", force=True)
    with pytest.raises(InputError, match=r"AA: 8\.9000, 57\.1000 lies 1,08\d km from the line"):
        made(tmp_path, file, anchors="AA:8.9,57.1 BB:9.1,47.1", force=True)


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        (("Aland", "BB"), {}, r"FROM: got 'Aland', expected an ISO 3166-1 code of two letters"),
        (("AA", ""), {}, r"TO: got '', expected an ISO 3166-1 code of two letters"),
        (("AA", "aa"), {}, r"FROM and TO are both AA, expected two countries"),
        (("AA", "BB"), {"corridor": -5.0}, r"CORRIDOR: got '-5', expected kilometres, above 0"),
        (("AA", "BB"), {"name": "A B"}, r"NAME: got 'A B', expected small letters"),
        (("AA", "BB"), {"anchors": "AA=9,47"}, r"ANCHORS: got 'AA=9,47', expected CODE:longitude"),
        (
            ("AA", "BB"),
            {"anchors": "AA:9.1,97.1"},
            r"got 'AA:9.1,97.1', expected .* degrees within",
        ),
        (("AA", "BB"), {"anchors": "AA:9.1,4.7.1"}, r"ANCHORS: got 'AA:9.1,4.7.1', expected CODE"),
        (("AA", "BB"), {"anchors": "AA:nan,47"}, r"ANCHORS: got 'AA:nan,47', expected CODE"),
        (
            ("AA", "BB"),
            {"anchors": "AA:9.1,47.1 BB:9.2,47.1"},
            r"lies in BB by its .*one\.",
        ),
        (("77", "BB"), {}, r"one\.osm\.pbf: no relation of country 77; countries found: AA, BB"),
    ],
)
def test_a_wrong_word_is_reported_with_what_is_expected(
    tmp_path: Path, words: tuple[str, str], more: dict[str, Any], message: str
) -> None:
    file = extract(tmp_path / "one.osm.pbf", ROADS)
    with pytest.raises(InputError, match=message) as error:
        border(*words, tmp_path / "raw", tmp_path / "borders", file, **more)
    assert ".border-" not in str(error.value)
    assert not list((tmp_path / "borders").glob("*"))
    assert not list((tmp_path / "raw").glob("*.osm.pbf"))


def test_a_country_that_is_not_there_is_reported_with_those_that_are(tmp_path: Path) -> None:
    file = extract(tmp_path / "one.osm.pbf", ROADS)
    with pytest.raises(InputError, match="no relation of country CC; countries found: AA, BB"):
        border("CC", "BB", tmp_path / "raw", tmp_path / "borders", file)
    assert not list((tmp_path / "borders").glob("*"))


@pytest.mark.parametrize(
    ("file", "pair", "places"),
    [
        ("osm-andorra-2025", ("ES", "AD"), ("Andorra la Vella", "")),
        ("osm-andorra-2025", ("AD", "FR"), ("", "")),
        ("osm-liechtenstein-2022", ("CH", "LI"), ("Vaduz", "")),
    ],
)
def test_true_extracts(tmp_path: Path, file: str, pair: tuple[str, str], places: object) -> None:
    path = DATA / f"{file}.osm.pbf"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there: the folder shared/data lies outside the checkout")
    border(*pair, tmp_path, tmp_path, path)
    found = borderfile.read(tmp_path / f"{'-'.join(pair).lower()}.toml")
    assert set(pair) < found.anchors.keys()
    assert re.search("(Spain|France|Liechtenstein)", found.name)
