"""Clipping extracts: the same as Overpass gives, whole ways, each element once."""

import json
import re
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Relation, Way

from pipeline.core.errors import InputError
from pipeline.network import read, surroundings
from pipeline.sources import id_set, trim, wanted
from pipeline.sources.extracts import clip
from pipeline.sources.overpass import overpass
from tests.extracts import small_extract
from tests.overpass_server import Extract, Server

BORDERS = Path(__file__).parents[1] / "pipeline" / "borders"
BORDER = """name = "Aland – Bland"
from = "AA"
to = "BB"
corridor_km = 25
big_roads_km = 60
extracts = {extracts}
target = [9.5, 47.1]

[anchors]
AA = [[8.9, 47.0]]
BB = [[9.1, 47.0]]
"""
EDITED = "2021-03-05T10:00:00Z"  # when all ways were
KM = 1 / 76  # degrees of longitude at 47° north


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("extract") / "small.osm.pbf")


def test_the_same_by_overpass_and_by_extract(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every element alike, with an area so small that most of the extract lies outside.

    Only an extract says which version a way has and when it was edited.
    """
    monkeypatch.setattr(wanted, "ALL_CLASSES_KM", 1.0)
    monkeypatch.setattr(wanted, "MARGIN_KM", 0.5)
    monkeypatch.setattr(wanted, "SIMPLE_M", 50.0)
    text = (BORDERS / "at-li.toml").read_text()
    text = re.sub(r"extracts = .*", 'extracts = ["europe/liechtenstein"]\nbig_roads_km = 4', text)
    border = tmp_path / "at-li.toml"
    border.write_text(text)
    (tmp_path / "extracts/europe").mkdir(parents=True)
    (tmp_path / "extracts/europe/liechtenstein.osm.pbf").write_bytes(small.read_bytes())
    by_extract, by_overpass = tmp_path / "x/at-li.osm.pbf", tmp_path / "o/at-li.osm.pbf"
    clip.clip(str(border), str(tmp_path / "extracts"), str(by_extract))
    by_overpass.parent.mkdir()
    with Server(Extract(small)) as server:
        monkeypatch.setenv("OVERPASS_URL", server.url)
        overpass.overpass(str(border), str(by_overpass))
    assert unversioned(by_extract) == unversioned(by_overpass)
    whole, found = read.read(small), read.read(by_extract)
    assert set(found.ways.osm_id) <= set(found.edits["osm_way"])
    assert found.edits["edited"].astype(str).between("2006", "2022-07-24").all()
    assert not len(read.read(by_overpass).edits)
    assert 100 < len(found.ways.osm_id) < 0.7 * len(whole.ways.osm_id)
    classes = {tags.get("highway") for tags in found.ways.tags}
    assert "unclassified" in classes
    waters = water_members(by_extract)
    assert 1 < len(waters) < len(water_members(small))
    assert all(set(ways) <= set(ids(by_extract)) for ways in waters.values())
    far = [tags for tags in found.ways.tags if tags.get("highway") in wanted.DEEP_WAYS["highway"]]
    assert len(far) > 20
    record = json.loads((by_extract.parent / "at-li.record.json").read_text())
    assert record["extracts"][0].startswith("europe/liechtenstein 2022-07-24T20:21:51Z")
    assert record["osm_timestamp"] == "2022-07-24T20:21:51Z"


def unversioned(path: Path) -> str:
    """The elements of a file as text, without who edited when."""
    text = path.with_suffix(".opl")
    with (
        osmium.io.Reader(str(path)) as reader,
        osmium.SimpleWriter(osmium.io.File(str(text), "opl,add_metadata=none")) as writer,
    ):
        osmium.apply(reader, writer)
    return text.read_text(encoding="utf-8")


def water_members(path: Path) -> dict[int, set[int]]:
    return {
        one.id: {member.ref for member in one.members if member.type == "w"}
        for one in osmium.FileProcessor(str(path), osmium.osm.RELATION)
        if one.tags.get("natural") == "water"
    }


def ids(path: Path) -> list[int]:
    return [way.id for way in osmium.FileProcessor(str(path), osmium.osm.WAY)]


def write(
    path: Path,
    ways: dict[int, tuple[list[tuple[float, float]], dict[str, str]]],
    waters: dict[int, list[tuple[int, str]]] | None = None,
) -> None:
    """An extract with a border along 9° east, and these ways (km from the line, degrees north).

    `waters` are the ways of multipolygons with their roles.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    line = [(0.0, 46.8), (0.0, 47.0), (0.0, 47.2)]
    every = ways | {1: (line, {"boundary": "administrative", "admin_level": "2"})}
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for osm_id, (points, _) in sorted(every.items()):
            for number, (km, lat) in enumerate(points):
                at = (9 + km * KM, lat)
                writer.add_node(Node(id=osm_id * 100 + number, version=1, location=at))
        for osm_id, (points, tags) in sorted(every.items()):
            nodes = [osm_id * 100 + number for number in range(len(points))]
            version = int(tags.get("version", 1))
            writer.add_way(
                Way(id=osm_id, version=version, timestamp=EDITED, nodes=nodes, tags=tags)
            )
        for number, code in enumerate(("AA", "BB"), 1):
            tags = {"type": "boundary", "boundary": "administrative", "admin_level": "2"}
            members = [("w", 1, "outer"), ("w", 999_999, "outer")]
            writer.add_relation(
                Relation(id=number, members=members, tags=tags | {"ISO3166-1": code})
            )
        for number, shores in (waters or {}).items():
            members = [("w", way, role) for way, role in shores]
            tags = {"type": "multipolygon", "natural": "water"}
            writer.add_relation(Relation(id=number, members=members, tags=tags))


def clipped(
    tmp_path: Path, extracts: dict[str, dict[int, tuple[list[tuple[float, float]], dict[str, str]]]]
) -> read.Extract:
    for name, ways in extracts.items():
        write(tmp_path / f"extracts/{name}.osm.pbf", ways)
    border = tmp_path / "aa-bb.toml"
    border.write_text(BORDER.format(extracts=json.dumps(list(extracts))))
    clip.clip(str(border), str(tmp_path / "extracts"), str(tmp_path / "out/aa-bb.osm.pbf"))
    return read.read(tmp_path / "out/aa-bb.osm.pbf")


def test_what_is_kept_and_what_is_not(tmp_path: Path) -> None:
    track, primary = {"highway": "track"}, {"highway": "primary"}
    extract = clipped(
        tmp_path,
        {
            "one": {
                2: ([(24, 47.0), (200, 47.0)], track),  # begins near, goes far: whole
                3: ([(40, 47.0), (41, 47.0)], track),  # far, small
                4: ([(40, 47.0), (41, 47.0)], primary),  # far, big
                5: ([(80, 47.0), (81, 47.0)], primary),  # too far
                6: ([(-35, 47.0), (35, 47.0)], track),  # passes through, both ends outside
                7: ([(1, 47.0), (2, 47.0)], {"building": "yes"}),
                8: ([(50, 47.0), (51, 47.0)], {"railway": "rail"}),
            }
        },
    )
    assert set(extract.ways.osm_id.tolist()) == {2, 4, 6, 8}
    assert extract.countries == {"AA": {1}, "BB": {1}}
    assert extract.boundaries.osm_id.tolist() == [1]
    ends = extract.ways.start[1:] - extract.ways.start[:-1]
    assert np.all(ends == 2)


Course = tuple[list[tuple[float, float]], dict[str, str]]
# A lake of two bows, of which one lies outside the ground, with an island; and one that is far.
LAKE: dict[int, Course] = {
    2: ([(20, 47.0), (20, 47.1), (45, 47.1)], {}),
    3: ([(45, 47.1), (45, 47.0), (20, 47.0)], {}),
    4: ([(22, 47.04), (24, 47.04), (24, 47.06), (22, 47.04)], {"highway": "track"}),
    5: ([(50, 47.0), (51, 47.0), (51, 47.1), (50, 47.0)], {}),
}
WATERS = {8: [(2, "outer"), (3, "outer"), (4, "inner")], 9: [(5, "outer")]}


def joined(raw: Path, name: str = "lake") -> Path:
    """The extract with the ends of the lake's bows made one node each, as they are in truth."""
    out = raw.with_name(f"{name}.osm.pbf")
    same = {302: 200, 300: 202, 403: 400, 503: 500}
    with osmium.SimpleWriter(str(out), overwrite=True) as writer:
        for one in osmium.FileProcessor(str(raw)):
            if one.is_way():
                writer.add_way(one.replace(nodes=[same.get(n.ref, n.ref) for n in one.nodes]))
            else:
                writer.add(one)
    return out


def test_waters_are_whole_by_either_way_of_fetching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "extracts").mkdir()
    write(tmp_path / "extracts/drawn.osm.pbf", LAKE, WATERS)
    path = joined(tmp_path / "extracts/drawn.osm.pbf")
    border = tmp_path / "aa-bb.toml"
    border.write_text(BORDER.format(extracts='["lake"]'))
    clip.clip(str(border), str(tmp_path / "extracts"), str(tmp_path / "x/aa-bb.osm.pbf"))
    (tmp_path / "o").mkdir()
    extract = Extract(path)
    extract.time = "2026-01-01T00:00:00Z"
    with Server(extract) as server:
        monkeypatch.setenv("OVERPASS_URL", server.url)
        overpass.overpass(str(border), str(tmp_path / "o/aa-bb.osm.pbf"))
    for found in (tmp_path / "x/aa-bb.osm.pbf", tmp_path / "o/aa-bb.osm.pbf"):
        assert ids(found) == [1, 2, 3, 4]
        assert water_members(found) == {8: {2, 3, 4}}
        areas = surroundings.read(found).water_areas
        assert list(areas["id"]) == ["r8"]
        lake = areas.geometry.iloc[0]
        assert len(lake.geoms[0].interiors) == 1
        assert lake.covers(shapely.Point(9 + 40 * KM, 47.05))
        assert not lake.covers(shapely.Point(9 + 23.5 * KM, 47.05))


def test_a_lake_whose_shore_is_far_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "extracts/far.osm.pbf", {5: LAKE[5]}, {9: WATERS[9]})
    border = tmp_path / "aa-bb.toml"
    border.write_text(BORDER.format(extracts='["far"]'))
    clip.clip(str(border), str(tmp_path / "extracts"), str(tmp_path / "out/aa-bb.osm.pbf"))
    assert ids(tmp_path / "out/aa-bb.osm.pbf") == [1]
    assert water_members(tmp_path / "out/aa-bb.osm.pbf") == {}


def test_extracts_that_overlap_give_each_element_once_and_the_latest(tmp_path: Path) -> None:
    old, new = {"highway": "primary", "version": "1"}, {"highway": "trunk", "version": "2"}
    extract = clipped(
        tmp_path,
        {
            "one": {2: ([(1, 47.0), (2, 47.0)], new), 3: ([(-3, 47.0), (-2, 47.0)], old)},
            "two": {2: ([(1, 47.0), (2, 47.0)], old), 4: ([(3, 47.0), (4, 47.0)], old)},
        },
    )
    assert extract.ways.osm_id.tolist() == [2, 3, 4]
    assert extract.ways.tags[0]["highway"] == "trunk"
    # Of who edited when no more is kept than the version and the day, for the ways.
    edits = extract.edits.set_index("osm_way")
    assert edits["version"].to_dict() | {1: 1} == {1: 1, 2: 2, 3: 1, 4: 1}
    assert set(edits["edited"]) == {EDITED[:10]}
    counts = trim.count(tmp_path / "out/aa-bb.osm.pbf")
    assert counts == {"nodes": 9, "ways": 4, "relations": 2}


@pytest.mark.parametrize(
    ("top", "number"), [(500, 300), (1_000_000, 90_000), (13_000_000_000, 400)]
)
def test_a_set_of_ids_holds_what_was_added(top: int, number: int) -> None:
    """Groups that are listed, groups that are marked by bits, and ids as far apart as in truth."""
    rng = np.random.default_rng(top)
    ids = np.unique(rng.integers(1, top, number))
    grown = id_set.Growing()
    for part in np.array_split(ids, 3):
        grown.add(part)
    asked = np.concatenate([rng.integers(-3, top + 100_000, 5_000), ids[::7], [0, top * 2]])
    assert np.array_equal(id_set.holds(grown.whole(), asked), np.isin(asked, ids))
    assert not id_set.holds(id_set.Growing().whole(), asked).any()


def test_a_missing_extract_and_one_without_the_border_are_reported(tmp_path: Path) -> None:
    border = tmp_path / "ch-li.toml"
    border.write_text(BORDER.format(extracts='["one"]'))
    with pytest.raises(InputError, match=r"one\.osm\.pbf: no such file"):
        clip.clip(str(border), str(tmp_path), str(tmp_path / "out.osm.pbf"))
    write(tmp_path / "one.osm.pbf", {})
    text = BORDER.format(extracts='["one"]').replace('"AA"', '"CC"').replace("AA =", "CC =")
    border.write_text(text)
    with pytest.raises(InputError, match="no way of the border CC–BB; countries found: AA, BB"):
        clip.clip(str(border), str(tmp_path), str(tmp_path / "out.osm.pbf"))
    (tmp_path / "one.osm.pbf").write_bytes((tmp_path / "one.osm.pbf").read_bytes()[:-100])
    with pytest.raises(InputError, match="not readable"):
        clip.clip(str(border), str(tmp_path), str(tmp_path / "out.osm.pbf"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ch-li.toml", "one.osm.pbf"]
