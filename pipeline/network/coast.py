"""What parts land from sea and country from country in an OpenStreetMap file, and nothing else.

Coasts are ways tagged `natural=coastline`, with land on their left
(https://wiki.openstreetmap.org/wiki/Tag:natural=coastline).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import NODE, RELATION, WAY

from pipeline.core.errors import InputError
from pipeline.core.types import Floats, Ints
from pipeline.network.read import Extract, Vertices, Ways

COAST = {"natural": "coastline"}


@dataclass(frozen=True)
class Outlines:
    """An extract with its boundaries alone, and coasts, each (n, 2) degrees, land on the left."""

    extract: Extract
    coasts: list[Floats]


def read(path: str | Path) -> Outlines:
    """The outlines in the file at `path`, which osmium goes through twice.

    Raises InputError for a file that is missing or cannot be read, and for ways whose nodes are
    missing.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    try:
        ways, countries = _ways_and_countries(path)
        vertices = _vertices(path, [refs for _, _, refs in ways])
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    for osm_id, _, refs in ways:
        missing = np.setdiff1d(refs, vertices.osm_id)
        if len(missing):
            raise InputError(
                f"{path}: way {osm_id} has {len(missing)} of {len(refs)} nodes that are missing, "
                "expected whole ways with their nodes"
            )
    bounds = [way for way in ways if "boundary" in way[1]]
    extract = Extract(
        vertices=vertices,
        ways=_table([], vertices),
        boundaries=_table(bounds, vertices),
        points=[],
        shapes={},
        countries=countries,
        cut=np.empty(0, np.int64),
        doubts=[],
        timestamp=None,
    )
    return Outlines(extract, [_points(refs, vertices) for _, tags, refs in ways if _coast(tags)])


Way = tuple[int, dict[str, str], Ints]


def _coast(tags: dict[str, str]) -> bool:
    return tags.items() >= COAST.items()


def _ways_and_countries(path: Path) -> tuple[list[Way], dict[str, set[int]]]:
    ways: list[Way] = []
    countries: dict[str, set[int]] = {}
    keys = osmium.filter.KeyFilter("boundary", *COAST)
    for element in osmium.FileProcessor(str(path), WAY | RELATION).with_filter(keys):
        tags = {tag.k: tag.v for tag in element.tags}
        if element.is_relation():
            code = tags.get("ISO3166-1", tags.get("ISO3166-1:alpha2"))
            country = tags.get("type") == "boundary" and tags.get("admin_level") == "2"
            if country and code is not None:
                members = {member.ref for member in element.members if member.type == "w"}
                countries.setdefault(code, set()).update(members)
        elif "boundary" in tags or _coast(tags):
            refs = np.array([node.ref for node in element.nodes], dtype=np.int64)
            ways.append((element.id, tags, refs))
    return sorted(ways, key=lambda way: way[0]), countries


def _vertices(path: Path, refs: list[Ints]) -> Vertices:
    """The nodes of the ways, by rising id, those that the file holds."""
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *refs]))
    found = {}
    ids = osmium.filter.IdFilter(wanted.tolist())
    for node in osmium.FileProcessor(str(path), NODE).with_filter(ids):
        found[node.id] = (node.location.lon, node.location.lat)
    osm_id = np.array(sorted(found), dtype=np.int64)
    degrees = np.array([found[key] for key in osm_id.tolist()]).reshape(-1, 2)
    return Vertices(osm_id, degrees[:, 0], degrees[:, 1])


def _points(refs: Ints, vertices: Vertices) -> Floats:
    row = np.searchsorted(vertices.osm_id, refs)
    return np.column_stack([vertices.lon[row], vertices.lat[row]])


def _table(ways: list[Way], vertices: Vertices) -> Ways:
    refs = [np.empty(0, np.int64), *(refs for _, _, refs in ways)]
    return Ways(
        osm_id=np.array([osm_id for osm_id, _, _ in ways], dtype=np.int64),
        tags=[tags for _, tags, _ in ways],
        start=np.cumsum([len(part) for part in refs]).astype(np.int64),
        vertex=np.searchsorted(vertices.osm_id, np.concatenate(refs)).astype(np.int64),
    )
