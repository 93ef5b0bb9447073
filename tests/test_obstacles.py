"""What hinders walking, read from OSM files written by hand."""

from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from pipeline.core import store
from pipeline.core.errors import InputError
from pipeline.stages import obstacles
from tests import ground
from tests.drawn import DEGREES_PER_KM

RIVER = {"waterway": "river", "name": "Río"}


def raw(path: Path, *ways: tuple[dict[str, str], list[tuple[float, float]]],
        water: bool = False) -> Path:  # fmt: skip
    """An OSM file of ways over (km, depth); with a lake of two ways as a relation, if asked."""
    nodes: dict[tuple[float, float], int] = {}
    drawn = list(ways)
    if water:
        drawn += [({}, [(20, 1), (24, 1), (24, 3)]), ({}, [(24, 3), (20, 3), (20, 1)])]
    for _, points in drawn:
        for point in points:
            nodes.setdefault(point, len(nodes) + 1)
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for point, number in nodes.items():
            writer.add_node(Node(id=number, location=ground.at(*point)))
        for number, (tags, points) in enumerate(drawn, start=1):
            refs = [nodes[point] for point in points]
            writer.add_way(Way(id=number, nodes=refs, tags=tags))
        if water:
            members = [("w", len(ways) + k, "outer") for k in (1, 2)]
            tags = {"type": "multipolygon", "natural": "water", "name": "Lago"}
            writer.add_relation(Relation(id=7, members=members, tags=tags))
    return path


@pytest.fixture
def network(tmp_path: Path) -> Path:
    places: dict[str, ground.Place] = {"a": (10, -5), "b": (20, -5), "far": (30, -200)}
    return ground.network(tmp_path / "n", places, "a-b", "b-far", posts={"far": "checkpoint"})


def kinds(tmp_path: Path, file: Path, network: Path) -> dict[str, str]:
    ground.surroundings(network, file)
    obstacles.obstacles(str(network), str(tmp_path / "o"))
    found = store.read(tmp_path / "o", "barriers")
    return dict(zip(found["barrier_id"], found["kind"], strict=True))


def test_each_kind_and_what_is_none(tmp_path: Path, network: Path) -> None:
    line = [(5.0, 1.0), (6.0, 1.0)]
    found = kinds(tmp_path, raw(
        tmp_path / "a.osm.pbf",
        (RIVER, line), ({"waterway": "canal"}, line), ({"barrier": "fence"}, line),
        ({"barrier": "wall"}, line), ({"barrier": "bollard"}, line),
        (RIVER | {"intermittent": "yes"}, line), (RIVER | {"tunnel": "yes"}, line),
        ({"waterway": "stream"}, line), ({"barrier": "hedge"}, line), ({"highway": "path"}, line),
        ({"boundary": "administrative", "waterway": "river"}, line),
    ), network)  # fmt: skip
    assert found == {"w1": "river", "w2": "canal", "w3": "fence", "w4": "wall",
                     "w5": "vehicle_barrier", "w11": "river"}  # fmt: skip


def test_near_the_line_or_near_a_post_only(tmp_path: Path, network: Path) -> None:
    found = kinds(tmp_path, raw(
        tmp_path / "a.osm.pbf",
        (RIVER, [(5, -50), (9, -50)]), (RIVER, [(5, -80), (9, -80)]),
        (RIVER, [(30, -195), (35, -195)]), (RIVER, [(60, -195), (65, -195)]),
        (RIVER, [(30, -120), (30, -59)]),  # comes near with one end
    ), network)  # fmt: skip
    assert set(found) == {"w1", "w3", "w5"}


def test_water_is_an_area_of_a_way_or_of_a_relation(tmp_path: Path, network: Path) -> None:
    pond = [(40.0, 1.0), (41.0, 1.0), (41.0, 2.0), (40.0, 1.0)]
    file = raw(tmp_path / "a.osm.pbf", ({"natural": "water"}, pond), water=True)
    assert kinds(tmp_path, file, network) == {}
    waters = store.read(tmp_path / "o", "waters").set_index("water_id")
    assert list(waters["name"]) == ["Lago", None]
    assert list(waters.index) == ["r7", "w1"]
    degree = DEGREES_PER_KM
    assert waters.geometry["r7"].area == pytest.approx(4 * 2 * degree**2)


def test_fences_of_gardens_are_left_out(tmp_path: Path, network: Path) -> None:
    fence = {"barrier": "fence"}
    file = raw(
        tmp_path / "a.osm.pbf",
        (fence, [(5, 1), (5.2, 1)]), (fence, [(5.2, 1), (5.2, 1.2)]),  # 400 m with the other
        (fence, [(7, 1), (7.2, 1)]), ({"barrier": "wall"}, [(9, 1), (9.4, 1)]),
        (RIVER, [(8, 1), (8.1, 1)]),
    )  # fmt: skip
    assert set(kinds(tmp_path, file, network)) == {"w1", "w2", "w4", "w5"}


def test_no_obstacles_is_legal(tmp_path: Path, network: Path) -> None:
    file = raw(tmp_path / "a.osm.pbf", ({"highway": "path"}, [(1, 1), (2, 2)]))
    assert kinds(tmp_path, file, network) == {}
    assert store.read(tmp_path / "o", "waters").empty


def test_a_file_that_is_none_is_reported_in_one_line(tmp_path: Path, network: Path) -> None:
    (tmp_path / "a.osm.pbf").write_text("no map")
    with pytest.raises(InputError, match=r"a\.osm\.pbf: not readable as OpenStreetMap data"):
        kinds(tmp_path, tmp_path / "a.osm.pbf", network)
