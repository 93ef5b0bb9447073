"""What is fetched holds all that the reading stages look at."""

import json
from itertools import product
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from pipeline.core import parameters
from pipeline.network import (
    access,
    areas,
    elements,
    lifecycle,
    point_kinds,
    read,
    scan,
    surroundings,
    tags,
)
from pipeline.sources import wanted
from pipeline.sources.extracts import clip
from pipeline.sources.overpass import overpass
from tests.overpass_server import Extract, Server
from tests.test_clip import BORDER, KM

CLASSES = (*tags.CLASSES, *tags.BUS_ROADS, *(f"{name}_link" for name in tags.ROAD_CLASSES[:5]))
# Roads that are asked for near the line alone are lesser ones and paths.
LESSER = {name for name in (*tags.CLASSES, *tags.BUS_ROADS) if name not in wanted.BIG_ROADS}
LESSER = LESSER - {*tags.RAIL_CLASSES, "ferry"} | {"disused", "abandoned"}
VALUES = (
    *(*CLASSES, *parameters.texts("control_kinds"), *point_kinds.PLACES, *point_kinds.STATIONS),
    *("disused", "abandoned", "police", "base", "barracks", "toll_booth", "yes", "river", "water"),
    *(*surroundings.BARRIERS, *surroundings.WATERWAYS, "riverbank", "coastline"),
)
WAY_KEYS = {
    *(*scan.WAY_KEYS, *areas.POST_KEYS, *tags.WAY_KEYS, "place", "natural", "waterway"),
}


def is_read(own_tags: dict[str, str]) -> bool:
    """Whether a way with these tags alone is something to a stage that reads raw files."""
    return bool(
        tags.kinds(own_tags)
        or point_kinds.post_kind(own_tags)
        or point_kinds.station_kind(own_tags)
        or point_kinds.place_kind(own_tags)
        or surroundings.BARRIERS.get(own_tags.get("barrier", ""))
        or surroundings.WATERWAYS.get(own_tags.get("waterway", ""))
        or own_tags in ({"natural": "water"}, {"waterway": "riverbank"}, surroundings.COAST)
    )


READ = [{key: value} for key, value in product(sorted(WAY_KEYS), VALUES) if is_read({key: value})]


def test_every_way_that_is_read_is_fetched() -> None:
    assert len(READ) > 100
    missing = [own_tags for own_tags in READ if not wanted.is_wanted(own_tags, wanted.NEAR_WAYS)]
    assert missing == []


def test_far_from_the_line_only_lesser_roads_and_obstacles_are_left_out() -> None:
    left_out = [own_tags for own_tags in READ if not wanted.is_wanted(own_tags, wanted.DEEP_WAYS)]
    for ((key, value),) in (own_tags.items() for own_tags in left_out):
        lesser = value.removesuffix("_link") in LESSER | set(lifecycle.ALIASES)
        near_only = key in ("barrier", "natural", "waterway") or key.startswith("abandoned:highway")
        assert lesser or near_only or key.startswith("disused:highway"), (key, value)


def test_every_node_that_is_read_keeps_its_tags() -> None:
    """A node has all its tags if one of its keys is wanted, and is read if one is looked at."""
    assert set(scan.NODE_KEYS) <= set(wanted.VERTEX_KEYS)
    by_themselves = set(access.KEYS) & set(scan.NODE_KEYS)
    assert "motor_vehicle:conditional" in by_themselves
    for key, value in product(areas.POST_KEYS, VALUES):
        if point_kinds.post_kind({key: value}):
            assert wanted.is_wanted({key: value}, wanted.NODES), (key, value)


def test_every_relation_that_is_read_is_fetched() -> None:
    for kind, key, value in product(elements.DRAWN, areas.POST_KEYS, VALUES):
        if point_kinds.post_kind({key: value}):
            assert wanted.is_group({"type": kind, key: value}, wanted.DEEP_GROUPS), (kind, key)
    assert wanted.is_group({"type": "route", "route": "ferry"}, wanted.DEEP_GROUPS)
    assert not wanted.is_group({"type": "route", "route": "bus"}, wanted.NEAR_GROUPS)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A border along 9° east. Of ways without tags: a ferry line over it, a customs yard 45 km off.

    On a road over it stands a node that bears nothing but a condition.
    """
    path = tmp_path_factory.mktemp("wanted") / "extracts/one.osm.pbf"
    path.parent.mkdir()
    ways: dict[int, tuple[list[tuple[float, float]], dict[str, str]]] = {
        1: ([(0, 46.8), (0, 47.0), (0, 47.2)], {"boundary": "administrative", "admin_level": "2"}),
        2: ([(-1, 47.1), (1, 47.1)], {}),
        3: ([(-1, 47.0), (-0.5, 47.0), (1, 47.0)], {"highway": "primary"}),
        4: ([(45, 47.0), (46, 47.0), (46, 47.01)], {}),
        5: ([(46, 47.01), (45, 47.01), (45, 47.0)], {}),
        6: ([(45, 47.1), (46, 47.1), (46, 47.11), (45, 47.1)], {}),
    }
    at_node = {301: {"motor_vehicle:conditional": "no @ (22:00-06:00)"}}
    country = {"type": "boundary", "boundary": "administrative", "admin_level": "2"}
    groups = {
        1: ([1, 999], country | {"ISO3166-1": "AA"}),
        2: ([1, 999], country | {"ISO3166-1": "BB"}),
        3: ([2], {"type": "route", "route": "ferry", "motor_vehicle": "yes"}),
        4: ([4, 5], {"type": "multipolygon", "government": "customs"}),
        5: ([6], {"type": "multipolygon", "natural": "water"}),
    }
    with osmium.SimpleWriter(str(path)) as writer:
        for way, (points, _) in ways.items():
            for number, (km, lat) in enumerate(points):
                osm_id = way * 100 + number
                place = (9 + km * KM, lat)
                node_tags = at_node.get(osm_id, {})
                writer.add_node(Node(id=osm_id, version=1, location=place, tags=node_tags))
        for way, (points, own_tags) in ways.items():
            nodes = [way * 100 + number for number in range(len(points))]
            writer.add_way(Way(id=way, version=1, nodes=nodes, tags=own_tags))
        for osm_id, (parts, own_tags) in groups.items():
            members = [("w", way, "") for way in parts]
            writer.add_relation(Relation(id=osm_id, version=1, members=members, tags=own_tags))
    return path


@pytest.mark.parametrize("fetched", ["clip", "overpass"])
def test_relations_and_conditions_come_with_the_corridor(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fetched: str
) -> None:
    border = tmp_path / "aa-bb.toml"
    border.write_text(BORDER.format(extracts=json.dumps(["one"])))
    out = tmp_path / "aa-bb.osm.pbf"
    if fetched == "clip":
        clip.clip(str(border), str(extract.parent), str(out))
    else:
        content = Extract(extract)
        content.time = "2026-01-01T00:00:00Z"
        with Server(content) as server:
            monkeypatch.setenv("OVERPASS_URL", server.url)
            overpass.overpass(str(border), str(out))
    found = read.read(out)
    at = dict(zip(found.ways.osm_id.tolist(), found.ways.tags, strict=True))
    assert at[2] == {"route": "ferry", "motor_vehicle": "yes"}
    assert set(found.shapes) == {"r4"}
    assert [one.osm_id for one in found.points if one.element == "n"] == [301]
    # A lake that far from the line hinders nobody who walks over it.
    every = {one.id for one in osmium.FileProcessor(str(out), osmium.osm.WAY)}
    assert every == {1, 2, 3, 4, 5}
