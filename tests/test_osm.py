"""Reading OSM files: the same as osmium tells vertex by vertex, whatever texts and order hold."""

from pathlib import Path

import numpy as np
import osmium
import pytest

from pipeline.core.errors import InputError
from pipeline.network import read, scan
from pipeline.sources import lines

DATA = Path(__file__).parents[2] / "shared" / "data"
# What OPL must escape, what ends a line elsewhere, and what is beyond 16 bits.
HOSTILE = "A, b=c % d@e %20% é😀\u0085\u2028 \t x;"


def xml(path: Path, *elements: str) -> Path:
    path.write_text(f'<osm version="0.6">{"".join(elements)}</osm>', encoding="utf-8")
    return path


def node(osm_id: int, lon: float = 0.0, lat: float = 0.0, **tags: str) -> str:
    return f'<node id="{osm_id}" lat="{lat}" lon="{lon}">{_tags(tags)}</node>'


def way(osm_id: int, *nodes: int, **tags: str) -> str:
    refs = "".join(f'<nd ref="{ref}"/>' for ref in nodes)
    return f'<way id="{osm_id}">{refs}{_tags(tags or {"highway": "road"})}</way>'


def _tags(tags: dict[str, str]) -> str:
    text = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    return text.replace("\t", "&#9;")  # XML takes a tab in an attribute for a space


@pytest.mark.parametrize(
    "name", ["osm-liechtenstein-2022.osm.pbf", "osm-tijuana-2018.osm", "ne-us-mx.osm.pbf"]
)
def test_it_reads_what_osmium_tells_element_by_element(name: str) -> None:
    if not (DATA / name).is_file():
        pytest.skip(f"no file {name} beside the checkout")
    extract = read.read(DATA / name)
    at = {}
    ways, points = {}, {}
    for element in osmium.FileProcessor(str(DATA / name)):
        if element.is_node():
            at[element.id] = (element.lon, element.lat)
            if any(key in element.tags for key in (scan.NODE_KEYS if len(element.tags) else ())):
                points[element.id] = (element.lon, element.lat, dict(element.tags))
        elif element.is_way() and any(key in element.tags for key in read.NETWORK_KEYS):
            ways[element.id] = (dict(element.tags), [ref.ref for ref in element.nodes])
    found, where = extract.ways, extract.vertices
    assert found.osm_id.tolist() == sorted(ways)
    for row, osm_id in enumerate(found.osm_id.tolist()):
        vertex = found.vertex[found.start[row] : found.start[row + 1]]
        assert (found.tags[row], where.osm_id[vertex].tolist()) == ways[osm_id]
    assert np.all(np.diff(where.osm_id) > 0)
    for osm_id, lon, lat in zip(where.osm_id.tolist(), where.lon, where.lat, strict=True):
        assert (lon, lat) == at[osm_id]
    nodes = {point.osm_id: point for point in extract.points if point.element == "n"}
    assert {i: (p.lon, p.lat, p.tags) for i, p in nodes.items()} == points


def test_hostile_tags_come_back_as_they_are(tmp_path: Path) -> None:
    tags = {"highway": "road", "name": HOSTILE, "note": "", HOSTILE: HOSTILE}
    path = xml(tmp_path / "x.osm", node(1), node(2, 1), way(5, 1, 2, **tags))
    assert read.read(path).ways.tags == [tags]


def test_order_in_the_file_does_not_matter(tmp_path: Path) -> None:
    elements = [node(9), node(2, 1.5), way(7, 9, 2), way(5, 2, 9)]
    for name, order in (("a", (0, 1, 2, 3)), ("b", (3, 1, 2, 0)), ("c", (2, 3, 0, 1))):
        extract = read.read(xml(tmp_path / f"{name}.osm", *(elements[k] for k in order)))
        assert extract.vertices.osm_id.tolist() == [2, 9]
        assert extract.vertices.lon.tolist() == [1.5, 0]
        assert extract.ways.osm_id.tolist() == [5, 7]
        assert extract.ways.vertex.tolist() == [0, 1, 1, 0]


def test_a_way_of_one_node_and_of_none(tmp_path: Path) -> None:
    found = read.read(xml(tmp_path / "x.osm", node(1), way(5), way(6, 1))).ways
    assert (found.osm_id.tolist(), found.start.tolist()) == ([5, 6], [0, 0, 1])


def test_a_post_drawn_as_a_building_stands_in_its_middle(tmp_path: Path) -> None:
    corners = [node(1), node(2, 2), node(3, 2, 4), node(4, 0, 4)]
    post = way(8, 1, 2, 3, 4, 1, building="yes", amenity="police")
    elsewhere = way(9, 1, 2, 77, 1, amenity="police")
    points = read.read(xml(tmp_path / "x.osm", *corners, post, elsewhere)).points
    assert [(p.element, p.osm_id, p.lon, p.lat) for p in points] == [("w", 8, 1.0, 2.0)]


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ([], "holds no nodes"),
        ([node(1), node(1, 1)], "node 1 occurs twice with different content"),
        ([node(1), node(2, 1), way(5, 1, 2), way(5, 2, 1)], "way 5 occurs twice with different"),
        ([node(1, 181, place="town")], "node 1 has no valid coordinates"),
        (['<node id="1"><tag k="place" v="town"/></node>', node(2)], "node 1 has no valid"),
        ([node(1, float("nan"))], "not readable as OpenStreetMap data"),
    ],
)
def test_bad_data_are_named(tmp_path: Path, elements: list[str], message: str) -> None:
    path = xml(tmp_path / "x.osm", *elements)
    with pytest.raises(InputError, match=rf"x\.osm: {message}"):
        read.read(path)


def test_a_way_that_lacks_nodes_is_cut_there_and_reported(tmp_path: Path) -> None:
    road = way(5, 1, 2, 77, 3, 4, highway="road")
    elsewhere = way(6, 88, 99, boundary="protected_area")
    found = read.read(xml(tmp_path / "x.osm", *map(node, (1, 2, 3, 4)), road, elsewhere))
    assert found.ways.vertex.tolist() == [0, 1, read.MISSING, 2, 3]
    assert found.vertices.osm_id[found.cut].tolist() == [2, 3]
    assert [(one.element, one.kind) for one in found.doubts] == [("w5", "missing_nodes")]
    assert found.doubts[0].found == "the file lacks 1 of 5 nodes of way 5"


def test_a_node_off_the_globe_is_one_that_is_missing(tmp_path: Path) -> None:
    path = xml(tmp_path / "x.osm", node(1), node(2, 1), node(3, 200), way(5, 1, 2, 3))
    assert read.read(path).doubts[0].found == "the file lacks 1 of 3 nodes of way 5"


def test_the_same_element_twice_is_one(tmp_path: Path) -> None:
    path = xml(tmp_path / "x.osm", node(1), node(3, 2), node(3, 2), way(5, 1, 3), way(5, 1, 3))
    found = read.read(path)
    assert found.ways.osm_id.tolist() == [5]
    assert found.vertices.lon.tolist() == [0, 2]


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    """A run of many borders reads thousands of files: a file that stays open still takes disk
    space."""
    elements = [node(1), node(2, 0.1), way(3, 1, 2, highway="primary")]
    raw = xml(tmp_path / "raw.osm", *elements)
    open_files = Path("/dev/fd")
    read.read(raw)
    before = len(list(open_files.iterdir()))
    for number in range(3):
        read.read(raw)
        piece = osmium.io.FileBuffer(raw.read_bytes(), "osm")
        nodes = lines.located_nodes(piece, tmp_path / f"{number}.opl")
        assert nodes["id"].tolist() == [1, 2]
    assert len(list(open_files.iterdir())) == before
