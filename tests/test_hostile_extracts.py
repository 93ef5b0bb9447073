"""Extracts by strangers: ids that lie far apart, elements that stand twice or count down from 0."""

from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Way

from pipeline.core.errors import InputError
from pipeline.sources.extracts import clip
from pipeline.sources.ways_by_id import MOST_BLOCKS, ways_by_id
from tests import fuzz_osm

FAR = [1, 2**30, 2**50]


@pytest.mark.parametrize(
    "wanted",
    [
        {1, 2**30, 7},
        {1, 2**30, 2**50, 2**62},  # a bit for each would take more memory than there is
        {1, 2**30} | {number << 25 for number in range(4 * MOST_BLOCKS)},
    ],
)
def test_ways_are_found_by_ids_that_lie_far_apart(tmp_path: Path, wanted: set[int]) -> None:
    with osmium.SimpleWriter(str(tmp_path / "far.osm.pbf")) as writer:
        for number in FAR:
            writer.add_way(Way(id=number, nodes=[1, 2]))
    found = [way.id for way in ways_by_id(tmp_path / "far.osm.pbf", wanted)]
    assert found == [number for number in FAR if number in wanted]


def doubled(made: fuzz_osm.Drawn) -> None:
    """Each way stands twice, in two versions."""
    made.ways += [one | {"version": 2} for one in made.ways]


def counted_down(made: fuzz_osm.Drawn) -> None:
    """The ids of an editor, for elements that are new to the server."""
    for one in (*made.nodes, *made.ways, *made.relations):
        one["id"] = -one["id"]
    for way in made.ways:
        way["nodes"] = [-ref for ref in way["nodes"]]
    for relation in made.relations:
        relation["members"] = [(kind, -ref, role) for kind, ref, role in relation["members"]]


def strange(made: fuzz_osm.Drawn) -> None:
    """One node has an id that is none of OpenStreetMap's."""
    made.nodes.append(made.nodes[0] | {"id": 2**62})


def without_ways(made: fuzz_osm.Drawn) -> None:
    """Nodes and relations alone."""
    made.ways.clear()


def clipped(folder: Path, *harms: object) -> list[tuple[str, int]]:
    """Kinds of way and the number of their nodes, in a clip of a drawn extract."""
    folder.mkdir()
    raw, toml = fuzz_osm.written(folder, 3, *harms, extract=True)  # type: ignore[arg-type]
    clip.clip(str(toml), str(raw.parent), str(folder / "out" / "aa-bb.osm.pbf"))
    ways = osmium.FileProcessor(str(folder / "out" / "aa-bb.osm.pbf"), osmium.osm.WAY)
    return sorted((way.tags.get("highway", ""), len(way.nodes)) for way in ways)


@pytest.mark.parametrize("harm", [doubled, counted_down])
def test_an_extract_that_is_no_plain_map_is_made_one(tmp_path: Path, harm: object) -> None:
    assert clipped(tmp_path / "b", harm) == clipped(tmp_path / "a", lambda _: None) != []


def test_an_extract_whose_header_is_spoilt_is_refused(tmp_path: Path) -> None:
    raw, toml = fuzz_osm.written(tmp_path, 3, lambda _: None, extract=True)
    content = bytearray(raw.read_bytes())
    at = content.index(b"\x78\x9c")  # where what zlib has packed begins
    content[at + 2 : at + 6] = b"\xff" * 4
    raw.write_bytes(content)
    with pytest.raises(InputError, match=r"hostile\.osm\.pbf: not readable as OpenStreetMap data"):
        clip.clip(str(toml), str(raw.parent), str(tmp_path / "out" / "aa-bb.osm.pbf"))
    assert not list((tmp_path / "out").glob("*aa-bb*"))


def test_an_extract_without_ways_is_one_without_the_border(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"hostile\.osm\.pbf: no way of the border AA–BB"):
        clipped(tmp_path / "a", without_ways)


def test_an_id_that_is_none_of_openstreetmap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"hostile\.osm\.pbf: .*has the id 4611686018427387904"):
        clipped(tmp_path / "a", strange)
