"""OpenStreetMap files read into arrays: ways with their vertices, tagged points, country lines.

Reading is osmium's; what is kept is what the stages need. Nothing here knows about borders beyond
the tags that make a country (https://wiki.openstreetmap.org/wiki/Tag:boundary=administrative).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE, RELATION, WAY

from pipeline.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# A way is read if it has one of these keys: networks, country lines, posts drawn as buildings.
WAY_KEYS = ("highway", "railway", "route", "disused:railway", "disused:highway", "boundary")
POST_KEYS = ("barrier", "amenity", "office", "government", "police", "military", "checkpoint")
NODE_KEYS = ("place", *POST_KEYS)
NETWORK_KEYS = WAY_KEYS[:-1]
UNDEFINED = 2147483647  # libosmium's mark for a vertex whose node is not in the file
SCALE = 1e-7  # degrees per unit of OSM's integer coordinates


@dataclass(frozen=True)
class Vertices:
    """Distinct nodes of the ways, by rising id: OSM id, longitude, latitude (EPSG:4326)."""

    osm_id: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class Ways:
    """Ways: id, tags, and rows of `Vertices`: way k has `vertex[start[k]:start[k + 1]]`."""

    osm_id: Ints
    tags: list[dict[str, str]]
    start: Ints
    vertex: Ints


@dataclass(frozen=True)
class Point:
    """A tagged node, or a tagged building at the middle of its vertices (`element` n or w)."""

    element: str
    osm_id: int
    lon: float
    lat: float
    tags: dict[str, str]


@dataclass(frozen=True)
class Extract:
    """What an OSM file holds: network ways, boundary ways, points, and who owns which border way.

    `countries` maps an ISO 3166-1 code to the ids of the ways in that country's relation;
    `timestamp` is the file's own, if it states one.
    """

    vertices: Vertices
    ways: Ways
    boundaries: Ways
    points: list[Point]
    countries: dict[str, set[int]]
    timestamp: str | None


def read(path: str | Path) -> Extract:
    """The extract at `path` (.osm.pbf, .osm, .osm.gz, .osm.bz2).

    Raises InputError for a file that is missing, empty, cut off or no OSM file, for ways whose
    nodes are missing, coordinates out of range, and ids that stand twice.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty, expected OpenStreetMap data")
    try:
        _refuse_repeated_nodes(path)
        ways, points, countries = _elements(path)
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    _refuse_repeated(path, "way", np.array([way[0] for way in ways], dtype=np.int64))
    network = [way for way in ways if any(key in way[1] for key in NETWORK_KEYS)]
    lines = [way for way in ways if "boundary" in way[1]]
    for way in (*network, *lines):
        _refuse_missing(path, way)
    vertices = _vertices([*network, *lines])
    return Extract(
        vertices=vertices,
        ways=_ways(network, vertices),
        boundaries=_ways(lines, vertices),
        points=points + _buildings(ways),
        countries=countries,
        timestamp=header.get("osmosis_replication_timestamp") or None,
    )


Raw = tuple[int, dict[str, str], list[int], list[int], list[int]]


def _elements(path: Path) -> tuple[list[Raw], list[Point], dict[str, set[int]]]:
    """Ways (id, tags, refs, x, y), tagged nodes, and the ways of each country's relation."""
    ways: list[Raw] = []
    points: list[Point] = []
    countries: dict[str, set[int]] = {}
    for element in _filtered(path):
        tags = dict(element.tags)
        if element.is_way():
            nodes = [(node.ref, node.x, node.y) for node in element.nodes]
            refs, xs, ys = (list(part) for part in zip(*nodes, strict=True)) if nodes else ([],) * 3
            ways.append((element.id, tags, refs, xs, ys))
        elif element.is_node():
            if not element.location.valid():
                raise InputError(
                    f"{path}: node {element.id} has no valid coordinates, "
                    "expected degrees within ±180 and ±90"
                )
            points.append(Point("n", element.id, element.lon, element.lat, tags))
        elif _is_country(tags):
            code = tags["ISO3166-1"] if "ISO3166-1" in tags else tags["ISO3166-1:alpha2"]
            members = {member.ref for member in element.members if member.type == "w"}
            countries.setdefault(code, set()).update(members)
    return ways, points, countries


def _filtered(path: Path) -> Iterator[Any]:
    """Elements with a key that matters; osmium does the choosing, in compiled code."""
    wanted = osmium.filter.KeyFilter(*WAY_KEYS, *POST_KEYS).enable_for(WAY | RELATION)
    tagged = osmium.filter.KeyFilter(*NODE_KEYS).enable_for(NODE)
    reader = osmium.FileProcessor(str(path), NODE | WAY | RELATION).with_locations()
    yield from reader.with_filter(wanted).with_filter(tagged)


def _is_country(tags: dict[str, str]) -> bool:
    """Whether a relation is a country: extracts hold others with the same administrative tags."""
    return (
        tags.get("type") == "boundary"
        and tags.get("admin_level") == "2"
        and ("ISO3166-1" in tags or "ISO3166-1:alpha2" in tags)
    )


def _refuse_repeated_nodes(path: Path) -> None:
    ids = np.fromiter((node.id for node in osmium.FileProcessor(str(path), NODE)), np.int64)
    if not len(ids):
        raise InputError(f"{path}: holds no nodes, expected OpenStreetMap data")
    _refuse_repeated(path, "node", ids)


def _refuse_repeated(path: Path, element: str, ids: Ints) -> None:
    if np.all(np.diff(ids) > 0):
        return
    ordered = np.sort(ids)
    repeated = ordered[1:][np.diff(ordered) == 0]
    if len(repeated):
        raise InputError(f"{path}: {element} {repeated[0]} stands twice, expected distinct ids")


def _refuse_missing(path: Path, way: Raw) -> None:
    missing = sum(x == UNDEFINED for x in way[3])
    if missing:
        raise InputError(
            f"{path}: way {way[0]} has {missing} of {len(way[2])} nodes that are missing or out of "
            "range, expected whole ways with their nodes before them"
        )


def _vertices(ways: list[Raw]) -> Vertices:
    ids = np.array([ref for way in ways for ref in way[2]], dtype=np.int64)
    xs = np.array([x for way in ways for x in way[3]], dtype=np.float64)
    ys = np.array([y for way in ways for y in way[4]], dtype=np.float64)
    osm_id, first = np.unique(ids, return_index=True)
    return Vertices(osm_id, np.round(xs[first] * SCALE, 7), np.round(ys[first] * SCALE, 7))


def _ways(ways: list[Raw], vertices: Vertices) -> Ways:
    ways = sorted(ways, key=lambda way: way[0])
    lengths = np.array([len(way[2]) for way in ways], dtype=np.int64)
    refs = np.array([ref for way in ways for ref in way[2]], dtype=np.int64)
    return Ways(
        osm_id=np.array([way[0] for way in ways], dtype=np.int64),
        tags=[way[1] for way in ways],
        start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        vertex=np.searchsorted(vertices.osm_id, refs).astype(np.int64),
    )


def _buildings(ways: list[Raw]) -> list[Point]:
    """Posts drawn as closed ways, each at the mean of its vertices."""
    buildings = []
    for osm_id, tags, refs, xs, ys in ways:
        drawn = len(refs) > 3 and refs[0] == refs[-1] and UNDEFINED not in xs
        if drawn and any(key in tags for key in POST_KEYS) and "boundary" not in tags:
            lon, lat = float(np.mean(xs[1:])) * SCALE, float(np.mean(ys[1:])) * SCALE
            buildings.append(Point("w", osm_id, lon, lat, tags))
    return buildings
