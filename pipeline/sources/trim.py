"""The last step of every fetch: what is wanted on the ground, whole, sorted, each element once.

Both ways of fetching bring somewhat more than asked, each in its own manner. What is kept is
decided here, by geometry, for both alike.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from osmium.osm import NODE, RELATION, WAY
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from pipeline.core.country import country_code
from pipeline.core.errors import InputError
from pipeline.sources.wanted import DEEP_WAYS as DEEP
from pipeline.sources.wanted import NEAR_WAYS, NODES, WATERS, Ground, is_wanted

BATCH = 50_000  # ways whose geometry is tested at a time; some 100 MB

Members = dict[int, tuple[str, set[int]]]


def trim(
    rough: Path, ground: Ground, pair: tuple[str, str], out: Path, time: str
) -> dict[str, int]:
    """Write the wanted elements of the sorted OSM file `rough` to `out`.

    Ways that touch the ground are kept whole with their nodes, and every way of the border between
    the `pair` (ISO 3166-1 codes). Relations are those of countries and of waters with a way on
    `ground.near`, the latter with all their ways; they have the members that are there. Who edited
    and when is left out. `time` is the data's own, for the header. Returns the number of nodes,
    ways and relations. Raises InputError for a way whose nodes are missing.
    """
    countries = country_members(rough)
    shared = border_ways(countries, pair)
    waters = water_members(rough)
    shores = set().union(*waters.values())
    kept = osmium.IdTracker()
    ways: set[int] = set()
    met: set[int] = set()
    for way, refs, near, wanted in _touching(
        rough, ground, shared, ways_of_several(countries), shores
    ):
        if near and way in shores:
            met.add(way)
        if wanted:
            kept.add_way(way)
            ways.add(way)
            for ref in refs:
                kept.add_node(ref)
    wet = {water for water, members in waters.items() if not met.isdisjoint(members)}
    ways |= keep_whole(rough, set().union(*(waters[water] for water in wet)) - ways, kept)
    for node in _points(rough, ground.deep):
        kept.add_node(node)
    with _writer(out, time) as writer:
        osmium.apply(osmium.io.Reader(str(rough), NODE | WAY), kept.id_filter(), writer)
        for relation in osmium.FileProcessor(str(rough), RELATION):
            if relation.id in countries or relation.id in wet:
                there = [m for m in relation.members if m.type == "w" and m.ref in ways]
                if there:
                    members = [(m.type, m.ref, m.role) for m in there]
                    writer.add_relation(relation.replace(members=members))
    return count(out)


def country_members(path: Path) -> Members:
    """Code and member ways of each country's relation in the file, by the relation's id."""
    found: Members = {}
    tagged = osmium.filter.KeyFilter("ISO3166-1", "ISO3166-1:alpha2")
    for relation in osmium.FileProcessor(str(path), RELATION).with_filter(tagged):
        code = country_code(dict(relation.tags))
        if code is not None:
            found[relation.id] = (code, {m.ref for m in relation.members if m.type == "w"})
    return found


def water_members(path: Path) -> dict[int, set[int]]:
    """Member ways of each water of the file that is drawn as a multipolygon, by its id."""
    tagged = osmium.filter.KeyFilter(*WATERS)
    return {
        relation.id: {m.ref for m in relation.members if m.type == "w"}
        for relation in osmium.FileProcessor(str(path), RELATION).with_filter(tagged)
        if relation.tags.get("type") == "multipolygon" and is_wanted(dict(relation.tags), WATERS)
    }


def border_lines(countries: Mapping[Path, Members], pair: tuple[str, str]) -> list[LineString]:
    """The ways on land that two countries share, in degrees, from whichever extracts hold them.

    Raises InputError where no extract holds a way of the border with its nodes.
    """
    every = {
        key: value
        for number, found in enumerate(countries.values())
        for key, value in ((number * 2**40 + osm_id, one) for osm_id, one in found.items())
    }
    shared = border_ways(every, pair)
    refs: dict[int, list[int]] = {}
    for path in countries if shared else ():
        chosen = osmium.filter.IdFilter(shared)
        for way in osmium.FileProcessor(str(path), WAY).with_filter(chosen):
            if way.tags.get("maritime") != "yes":
                refs[way.id] = [node.ref for node in way.nodes]
    wanted = {ref for nodes in refs.values() for ref in nodes}
    at: dict[int, tuple[float, float]] = {}
    for path in countries if wanted else ():
        chosen = osmium.filter.IdFilter(wanted)
        for node in osmium.FileProcessor(str(path), NODE).with_filter(chosen):
            at[node.id] = (node.lon, node.lat)
    courses = [[at[ref] for ref in nodes if ref in at] for _, nodes in sorted(refs.items())]
    lines = [LineString(points) for points in courses if len(set(points)) > 1]
    if not lines:
        found = sorted({code for members in countries.values() for code, _ in members.values()})
        raise InputError(
            f"{', '.join(path.name for path in countries)}: no way of the border "
            f"{'–'.join(pair)}; countries found: {', '.join(found) or 'none'}"
        )
    return lines


def border_ways(countries: Members, pair: tuple[str, str]) -> set[int]:
    """Ways that are members of both countries' relations."""
    owned = [
        set().union(*(ways for code, ways in countries.values() if code == one)) for one in pair
    ]
    return owned[0] & owned[1]


def ways_of_several(countries: Members) -> set[int]:
    """Ways that are members of more than one country's relation."""
    seen: set[int] = set()
    several: set[int] = set()
    for _, ways in countries.values():
        several |= seen & ways
        seen |= ways
    return several


def count(path: Path) -> dict[str, int]:
    """How many elements the file holds; InputError if ids do not rise, each standing once."""
    counts = {}
    for name, kind in (("nodes", NODE), ("ways", WAY), ("relations", RELATION)):
        ids = np.fromiter((one.id for one in osmium.FileProcessor(str(path), kind)), np.int64)
        if not np.all(np.diff(ids) > 0):
            raise InputError(f"{path}: {name} are not sorted or stand twice, expected each once")
        counts[name] = len(ids)
    return counts


Drawn = tuple[int, list[int], bool, bool, bool, str]  # id, nodes, deep, border, by its tags, WKB


def _touching(
    rough: Path, ground: Ground, shared: set[int], borders: set[int], shores: set[int]
) -> Iterable[tuple[int, list[int], bool, bool]]:
    """Ids and node refs of ways, whether they touch the near ground, and whether to keep them.

    Those to keep, and the `shores` that touch.
    """
    near, deep = _prepared(ground.near), _prepared(ground.deep)
    draw = osmium.geom.WKBFactory()
    batch: list[Drawn] = []
    for way in (
        osmium.FileProcessor(str(rough), NODE | WAY)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(WAY))
    ):
        tags = dict(way.tags)
        of_deep = way.id in borders or is_wanted(tags, DEEP)
        tagged = of_deep or is_wanted(tags, NEAR_WAYS)
        if tagged or way.id in shores:
            refs = [node.ref for node in way.nodes]
            if len(set(refs)) > 1:
                wkb = _drawn(draw, way, rough)
                batch.append((way.id, refs, of_deep, way.id in shared, tagged, wkb))
        if len(batch) >= BATCH:
            yield from _inside(batch, near, deep)
            batch = []
    yield from _inside(batch, near, deep)


def _drawn(draw: Any, way: Any, path: Path) -> str:
    try:
        return str(draw.create_linestring(way, use_nodes=osmium.geom.ALL))
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InputError(
            f"{path}: way {way.id} has nodes that are missing, expected whole ways ({error})"
        ) from error


def _inside(
    batch: list[Drawn], near: BaseGeometry, deep: BaseGeometry
) -> Iterable[tuple[int, list[int], bool, bool]]:
    shapes = shapely.from_wkb([way[5] for way in batch])
    close = shapely.intersects(near, shapes)
    touch = close.copy()
    of_deep = np.array([way[2] for way in batch], dtype=bool)
    touch[of_deep] |= shapely.intersects(deep, shapes[of_deep]) if len(batch) else False
    return [
        (way, refs, bool(by), bool(tagged and inside) or border)
        for (way, refs, _, border, tagged, _), by, inside in zip(batch, close, touch, strict=True)
        if inside or border
    ]


def keep_whole(path: Path, ways: set[int], kept: osmium.IdTracker) -> set[int]:
    """Keep these ways with their nodes; those that are there."""
    found: set[int] = set()
    if ways:
        chosen = osmium.filter.IdFilter(ways)
        for way in osmium.FileProcessor(str(path), WAY).with_filter(chosen):
            kept.add_way(way.id)
            kept.add_references(way)
            found.add(way.id)
    return found


def _points(rough: Path, deep: BaseGeometry) -> list[int]:
    """Ids of the wanted tagged nodes on the ground."""
    tagged = osmium.filter.KeyFilter(*NODES)
    found = [
        (node.id, node.lon, node.lat)
        for node in osmium.FileProcessor(str(rough), NODE).with_filter(tagged)
        if is_wanted(dict(node.tags), NODES)
    ]
    ids, lon, lat = (list(part) for part in zip(*found, strict=True)) if found else ([], [], [])
    inside = shapely.contains_xy(_prepared(deep), lon, lat)
    return [int(osm_id) for osm_id, there in zip(ids, inside, strict=True) if there]


def _prepared(shape: BaseGeometry) -> BaseGeometry:
    shapely.prepare(shape)
    return shape


def _writer(path: Path, time: str) -> osmium.SimpleWriter:
    header = osmium.io.Header()
    header.set("generator", "pipeline")
    header.set("sorting", "Type_then_ID")
    header.set("osmosis_replication_timestamp", time)
    file = osmium.io.File(str(path), "pbf,add_metadata=false")
    return osmium.SimpleWriter(file, header=header, overwrite=True)
