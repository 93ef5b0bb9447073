"""OpenStreetMap files read into arrays: ways with their vertices, tagged points, country lines.

Reading is osmium's; what is kept is what the stages need. Nothing here knows about borders beyond
the tags that make a country (https://wiki.openstreetmap.org/wiki/Tag:boundary=administrative).

Python that looks at one vertex after the other would take most of the time. So osmium reads the
file once, all in compiled code, and writes two scratch files that arrays are read from: its index
of node locations, and the elements that matter in OPL, a line for each
(https://osmcode.org/opl-file-format/).
"""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE, NOTHING, RELATION, WAY

from pipeline.core.country import country_code
from pipeline.core.errors import InputError
from pipeline.core.types import Floats, Ints

# A way is read if it has one of these keys: networks, country lines, posts drawn as buildings.
WAY_KEYS = ("highway", "railway", "route", "disused:railway", "disused:highway", "boundary")
POST_KEYS = ("barrier", "amenity", "office", "government", "police", "military", "checkpoint")
NODE_KEYS = ("place", "railway", *POST_KEYS)
STATIONS = ("station", "halt")  # values of railway that are places, not ways
NETWORK_KEYS = WAY_KEYS[:-1]
SCALE = 1e-7  # degrees per unit of OSM's integer coordinates
LOCATION = np.dtype([("osm_id", "<i8"), ("x", "<i4"), ("y", "<i4")])  # of osmium's index
ESCAPED = re.compile(r"%([0-9a-f]+)%")


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
        with tempfile.TemporaryDirectory(prefix="osm.") as scratch:
            nodes, opl, timestamp = _scanned(path, Path(scratch))
            nodes = _located(path, nodes)
            with opl.open(encoding="utf-8", newline="\n") as lines:
                elements = _parsed(path, lines)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    _refuse_repeated(path, "way", np.array([way.osm_id for way in elements.ways], dtype=np.int64))
    network = [way for way in elements.ways if not way.tags.keys().isdisjoint(NETWORK_KEYS)]
    lines_of_countries = [way for way in elements.ways if "boundary" in way.tags]
    used = [*network, *lines_of_countries]
    refs = _refs(used)
    vertices = _vertices(path, used, refs, nodes)
    return Extract(
        vertices=vertices,
        ways=_ways(network, vertices),
        boundaries=_ways(lines_of_countries, vertices),
        points=elements.points + _buildings(elements.ways, nodes),
        countries=elements.countries,
        timestamp=timestamp or None,
    )


def header_box(path: str | Path) -> tuple[float, float, float, float] | None:
    """West, south, east and north in the header of an OSM file, None where it states none."""
    with osmium.io.Reader(str(path), NOTHING) as reader:
        box = reader.header().box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return low.lon, low.lat, high.lon, high.lat


class Way(NamedTuple):
    """A way as read; `refs` are its nodes in OPL: `n12,n13`."""

    osm_id: int
    tags: dict[str, str]
    refs: str


class Elements(NamedTuple):
    """The elements that matter."""

    ways: list[Way]
    points: list[Point]
    countries: dict[str, set[int]]


def _scanned(path: Path, scratch: Path) -> tuple[npt.NDArray[np.void], Path, str]:
    """Where every node of the file lies, a file of OPL with the elements that matter, its time."""
    index = osmium.index.create_map(f"sparse_file_array,{scratch / 'nodes'}")
    locations = osmium.NodeLocationsForWays(index)
    locations.apply_nodes_to_ways = False
    wanted = osmium.filter.KeyFilter(*WAY_KEYS, *POST_KEYS).enable_for(WAY | RELATION)
    tagged = osmium.filter.KeyFilter(*NODE_KEYS).enable_for(NODE)
    opl = scratch / "elements.opl"
    with (
        osmium.io.Reader(str(path), NODE | WAY | RELATION) as reader,
        osmium.SimpleWriter(osmium.io.File(str(opl), "opl,add_metadata=none")) as writer,
    ):
        timestamp = reader.header().get("osmosis_replication_timestamp")
        osmium.apply(reader, locations, wanted, tagged, writer)
    nodes = np.fromfile(scratch / "nodes", LOCATION)
    return nodes[nodes["osm_id"] > 0], opl, timestamp


def _located(path: Path, nodes: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """The nodes by rising id."""
    if not len(nodes):
        raise InputError(f"{path}: holds no nodes, expected OpenStreetMap data")
    _refuse_repeated(path, "node", nodes["osm_id"])
    return nodes if np.all(np.diff(nodes["osm_id"]) > 0) else np.sort(nodes, order="osm_id")


def _parsed(path: Path, lines: Iterable[str]) -> Elements:
    """Ways, tagged nodes, and the ways of each country's relation, from their lines of OPL."""
    found = Elements([], [], {})
    known: dict[str, str] = {}
    for line in lines:
        fields = line.rstrip("\n").split(" ")
        osm_id, tags = int(fields[0][1:]), _tags(fields[1][1:], known)
        if line[0] == "w":
            found.ways.append(Way(osm_id, tags, fields[2][1:]))
        elif line[0] == "n":
            found.points.append(_point(path, osm_id, tags, fields[2][1:], fields[3][1:]))
        elif (code := country_code(tags, osm_id)) is not None:
            members = [member.split("@")[0] for member in fields[2][1:].split(",")]
            ways = {int(member[1:]) for member in members if member.startswith("w")}
            found.countries.setdefault(code, set()).update(ways)
    return found


def _tags(text: str, known: dict[str, str]) -> dict[str, str]:
    """Tags from OPL; `known` holds texts met before, since most are met by the thousand."""
    tags = {}
    for pair in text.split(",") if text else ():
        key, value = pair.split("=")
        if "%" in pair:
            key, value = (ESCAPED.sub(_character, part) for part in (key, value))
        tags[known.setdefault(key, key)] = known.setdefault(value, value)
    return tags


def _character(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


def _point(path: Path, osm_id: int, tags: dict[str, str], lon: str, lat: str) -> Point:
    if not (lon and lat and abs(float(lon)) <= 180 and abs(float(lat)) <= 90):
        raise InputError(
            f"{path}: node {osm_id} has no valid coordinates, expected degrees within ±180 and ±90"
        )
    return Point("n", osm_id, float(lon), float(lat), tags)


def _refuse_repeated(path: Path, element: str, ids: Ints) -> None:
    if np.all(np.diff(ids) > 0):
        return
    ordered = np.sort(ids)
    repeated = ordered[1:][np.diff(ordered) == 0]
    if len(repeated):
        raise InputError(f"{path}: {element} {repeated[0]} stands twice, expected distinct ids")


def _refs(ways: list[Way]) -> Ints:
    """Node ids of the ways, one way after the other."""
    text = ",".join(way.refs for way in ways if way.refs).replace("n", "")
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)


def _counts(ways: list[Way]) -> Ints:
    return np.array([way.refs.count("n") for way in ways], dtype=np.int64)


def _rows(nodes: npt.NDArray[np.void], ids: Ints) -> Ints:
    """Row of each node by id, -1 where it is missing or its coordinates are out of range."""
    row = np.minimum(np.searchsorted(nodes["osm_id"], ids), len(nodes) - 1)
    there = nodes["osm_id"][row] == ids
    there &= np.abs(nodes["x"][row] * SCALE) <= 180
    there &= np.abs(nodes["y"][row] * SCALE) <= 90
    return np.where(there, row, -1)


def _vertices(path: Path, ways: list[Way], refs: Ints, nodes: npt.NDArray[np.void]) -> Vertices:
    osm_id = np.unique(refs)
    row = _rows(nodes, osm_id)
    if (row < 0).any():
        missing = np.isin(refs, osm_id[row < 0])
        way = np.repeat(np.arange(len(ways)), _counts(ways))
        first = way[missing].min()
        raise InputError(
            f"{path}: way {ways[first].osm_id} has {missing[way == first].sum()} of "
            f"{(way == first).sum()} nodes that are missing or out of range, "
            "expected whole ways with their nodes"
        )
    lon, lat = (np.round(nodes[axis][row] * SCALE, 7) for axis in ("x", "y"))
    return Vertices(osm_id, lon, lat)


def _ways(ways: list[Way], vertices: Vertices) -> Ways:
    ways = sorted(ways, key=lambda way: way.osm_id)
    return Ways(
        osm_id=np.array([way.osm_id for way in ways], dtype=np.int64),
        tags=[way.tags for way in ways],
        start=np.concatenate([[0], np.cumsum(_counts(ways))]).astype(np.int64),
        vertex=np.searchsorted(vertices.osm_id, _refs(ways)).astype(np.int64),
    )


def _buildings(ways: list[Way], nodes: npt.NDArray[np.void]) -> list[Point]:
    """Posts and stations drawn as closed ways, each at the mean of its vertices."""
    buildings = []
    for way in ways:
        is_station = way.tags.get("railway") in STATIONS
        is_post = not way.tags.keys().isdisjoint(POST_KEYS)
        if not (is_post or is_station) or "boundary" in way.tags:
            continue
        refs = _refs([way])
        row = _rows(nodes, refs)
        if len(refs) > 3 and refs[0] == refs[-1] and (row >= 0).all():
            lon, lat = (float(np.mean(nodes[axis][row[1:]])) * SCALE for axis in ("x", "y"))
            buildings.append(Point("w", way.osm_id, lon, lat, way.tags))
    return buildings
