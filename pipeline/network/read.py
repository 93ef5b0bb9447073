"""Read OpenStreetMap files into arrays: ways with their vertices, tagged points, country lines.

Osmium reads the file (module `scan`); only what the stages need is kept. This module uses no
knowledge about borders except the tags of a country
(https://wiki.openstreetmap.org/wiki/Tag:boundary=administrative).
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
import pandas as pd
from shapely.geometry.base import BaseGeometry

from pipeline.core import folders
from pipeline.core.disk_room import room
from pipeline.core.errors import InputError
from pipeline.core.types import Floats, Ints
from pipeline.network import areas, edits, members, missing
from pipeline.network.elements import Point, Way, parsed
from pipeline.network.issues import Issue, Severity
from pipeline.network.scan import (
    SCALE,
    WAY_KEYS,
    NotPlainError,
    located,
    places_on_ways,
    scanned,
    ways_of_ids,
)
from pipeline.sources import normalise, plain_map

NETWORK_KEYS = WAY_KEYS[:-1]
MISSING = -1


@dataclass(frozen=True)
class Vertices:
    """Distinct nodes of the ways, by rising id: OSM id, longitude, latitude (EPSG:4326)."""

    osm_id: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class Ways:
    """Ways: id, tags, and rows of `Vertices`: way k has `vertex[start[k]:start[k + 1]]`.

    A row is MISSING if the file lacks the node, or the node has no coordinates: the way is cut
    there.
    """

    osm_id: Ints
    tags: list[dict[str, str]]
    start: Ints
    vertex: Ints


@dataclass(frozen=True)
class Extract:
    """Content of an OSM file: network ways, boundary ways, points, countries of border ways.

    `countries` maps a code to the ids of the ways that the country's relation names; `boundaries`
    are the ways that two relations name, whatever their own tags are. `cut` holds the rows of
    vertices next to which a way of the network lacks nodes. `shapes` are posts drawn as areas or
    lines (EPSG:4326), by element letter and id. `doubts` are issues found while reading. `edits` is
    the last edit of each way for which the file states it, as `edits.table` returns it. `timestamp`
    is the time that the file states, if any.
    """

    vertices: Vertices
    ways: Ways
    boundaries: Ways
    points: list[Point]
    shapes: dict[str, BaseGeometry]
    countries: dict[str, set[int]]
    cut: Ints
    doubts: list[Issue]
    edits: pd.DataFrame
    timestamp: str | None


def read(path: str | Path, territories: Mapping[int, str] | None = None) -> Extract:
    """Read the extract at `path`.

    Parameters
    ----------
    path
        OSM file: .osm.pbf, .osm, .osm.gz or .osm.bz2, with elements in any order. Deleted elements
        are left out, and of several versions the newest counts.
    territories
        Codes, by relation id, of relations that count as countries whatever their tags are.

    Returns
    -------
    Extract
        Arrays and tags; EPSG:4326.

    Raises
    ------
    InputError
        If the file is missing, empty, cut off, not an OSM file, a file of changes, or an answer
        that says that it is not whole; or if a tagged node has no coordinates.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty, expected OpenStreetMap data")
    try:
        with (
            folders.temporary("osm") as scratch,
            room(scratch),
        ):
            newest = scratch / "newest.osm.pbf"
            plain = plain_map.is_plain(path)
            source = path if plain else normalise.rewritten(path, newest)
            try:
                return _extract(path, source, scratch, territories or {})
            except NotPlainError:
                source = normalise.rewritten(path, newest)
                return _extract(path, source, scratch, territories or {})
    except (RuntimeError, EOFError, zlib.error, ValueError, osmium.InvalidLocationError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error


def without_tags(extract: Extract) -> Extract:
    """The extract without the tags of its ways, to save memory after they have been read.

    Parameters
    ----------
    extract
        As `read` returns it.

    Returns
    -------
    Extract
        The courses of the ways are kept.
    """
    return replace(extract, ways=replace(extract.ways, tags=[]))


def _extract(path: Path, source: Path, scratch: Path, territories: Mapping[int, str]) -> Extract:
    """The content of `source`, which is the file at `path` or its newest state."""
    nodes, opl, timestamp = scanned(source, scratch)
    if not len(nodes) and not opl.stat().st_size:
        raise InputError(f"{path}: holds no nodes, expected OpenStreetMap data")
    nodes = located(nodes)
    with opl.open(encoding="utf-8", newline="\n") as lines:
        elements = parsed(path, lines, territories)
    ids = np.sort(np.array([way.osm_id for way in elements.ways], dtype=np.int64))
    if (np.diff(ids) == 0).any():
        raise NotPlainError(f"way {ids[1:][np.diff(ids) == 0][0]}")
    in_groups = {osm_id for group in elements.groups for osm_id in group.ways}
    named = {way.osm_id: way for way in ways_of_ids(source, in_groups)}
    every = members.with_ferries(elements.ways, elements.groups, named)
    network = [way for way in every if not way.tags.keys().isdisjoint(NETWORK_KEYS)]
    shared = _shared(elements.countries)
    borders = [way for way in elements.ways if way.osm_id in shared]
    borders += ways_of_ids(source, shared - {way.osm_id for way in borders})
    used = [*network, *borders]
    refs = _refs(used)
    if (_rows(nodes, refs) < 0).any():
        nodes = np.unique(np.concatenate([nodes, places_on_ways(source, scratch)]))
    vertices = _vertices(refs, nodes)
    ways, boundaries = _ways(network, vertices), _ways(borders, vertices)
    shapes, drawn = members.shapes(
        elements.ways, elements.groups, named, partial(_course, nodes=nodes)
    )
    return Extract(
        vertices=vertices,
        ways=ways,
        boundaries=boundaries,
        points=elements.points
        + areas.points(elements.ways, partial(_course, nodes=nodes), elements.points)
        + drawn,
        shapes=shapes,
        countries=elements.countries,
        cut=missing.cut_vertices(ways.start, ways.vertex),
        doubts=[
            *_missing(vertices, ways, "medium", "an open end"),
            *_missing(vertices, boundaries, "high", "that the line runs straight"),
        ],
        edits=edits.table([way.osm_id for way in elements.ways], elements.versions, elements.days),
        timestamp=timestamp or None,
    )


def _missing(places: Vertices, ways: Ways, severity: Severity, assumed: str) -> Iterator[Issue]:
    course = (ways.osm_id, ways.start, ways.vertex)
    return missing.issues(places.lon, places.lat, *course, severity, assumed)


def _shared(countries: dict[str, set[int]]) -> set[int]:
    """Ways that two or more countries name."""
    owners = Counter(way for ways in countries.values() for way in ways)
    return {way for way, count in owners.items() if count > 1}


def _refs(ways: list[Way]) -> Ints:
    """Node ids of the ways, one way after the other."""
    text = ",".join(way.refs for way in ways if way.refs).replace("n", "")
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)


def _counts(ways: list[Way]) -> Ints:
    return np.array([way.refs.count("n") for way in ways], dtype=np.int64)


def _rows(nodes: npt.NDArray[np.void], ids: Ints) -> Ints:
    """Row of each node by id; -1 if it is missing or its coordinates are out of range."""
    if not len(nodes):
        return np.full(len(ids), MISSING)
    row = np.minimum(np.searchsorted(nodes["osm_id"], ids), len(nodes) - 1)
    there = nodes["osm_id"][row] == ids
    there &= np.abs(nodes["x"][row] * SCALE) <= 180
    there &= np.abs(nodes["y"][row] * SCALE) <= 90
    return np.where(there, row, -1)


def _vertices(refs: Ints, nodes: npt.NDArray[np.void]) -> Vertices:
    osm_id = np.unique(refs)
    row = _rows(nodes, osm_id)
    osm_id, row = osm_id[row >= 0], row[row >= 0]
    lon, lat = (np.round(nodes[axis][row] * SCALE, 7) for axis in ("x", "y"))
    return Vertices(osm_id, lon, lat)


def _ways(ways: list[Way], vertices: Vertices) -> Ways:
    ways = sorted(ways, key=lambda way: way.osm_id)
    refs = _refs(ways)
    row = np.minimum(np.searchsorted(vertices.osm_id, refs), max(len(vertices.osm_id) - 1, 0))
    there = vertices.osm_id[row] == refs if len(vertices.osm_id) else np.zeros(len(refs), bool)
    return Ways(
        osm_id=np.array([way.osm_id for way in ways], dtype=np.int64),
        tags=[way.tags for way in ways],
        start=np.concatenate([[0], np.cumsum(_counts(ways))]).astype(np.int64),
        vertex=np.where(there, row, MISSING).astype(np.int64),
    )


def _course(way: Way, nodes: npt.NDArray[np.void]) -> Floats | None:
    """Vertices of a way in degrees; None if one is missing."""
    row = _rows(nodes, _refs([way]))
    if (row < 0).any():
        return None
    return np.column_stack([nodes[axis][row] * SCALE for axis in ("x", "y")])
