"""What parts land from sea and country from country in an OpenStreetMap file, and nothing else.

Coasts are ways tagged `natural=coastline`, with land on their left
(https://wiki.openstreetmap.org/wiki/Tag:natural=coastline).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from osmium.osm import NODE, RELATION, WAY

from pipeline.core.country import country_code
from pipeline.core.errors import InputError
from pipeline.core.types import Floats, Ints
from pipeline.network import normalise
from pipeline.network.read import MISSING, Extract, Vertices, Ways

COAST = {"natural": "coastline"}


@dataclass(frozen=True)
class Outlines:
    """An extract with its boundaries alone, and coasts, each (n, 2) degrees, land on the left."""

    extract: Extract
    coasts: list[Floats]


def read(path: str | Path, territories: Mapping[int, str] | None = None) -> Outlines:
    """The outlines in the file at `path`: the ways that two countries share, and coasts.

    Parameters
    ----------
    path
        OSM file, as `pipeline.network.read` takes it.
    territories
        Relations by id that count as countries whatever their tags, with the code of each.

    Returns
    -------
    Outlines
        A way that lacks nodes is cut there.

    Raises
    ------
    InputError
        For a file that is missing or cannot be read, and as `normalise.is_plain`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    try:
        with normalise.newest(path) as source:
            countries = _countries(source, territories or {})
            owners = Counter(way for named in countries.values() for way in named)
            shared = [way for way, count in owners.items() if count > 1]
            bounds = _ways(source, osmium.filter.IdFilter(sorted(shared))) if shared else []
            coasts = _ways(source, osmium.filter.TagFilter(*COAST.items()))
            vertices = _vertices(source, [refs for _, _, refs in [*bounds, *coasts]])
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
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
    return Outlines(
        extract, [run for _, _, refs in coasts for run in _runs(_rows(refs, vertices), vertices)]
    )


Way = tuple[int, dict[str, str], Ints]


def _countries(path: Path, territories: Mapping[int, str]) -> dict[str, set[int]]:
    """The ways that each country's relation names."""
    found: dict[str, set[int]] = {}
    keys = osmium.filter.KeyFilter("type")
    for relation in osmium.FileProcessor(str(path), RELATION).with_filter(keys):
        code = country_code({tag.k: tag.v for tag in relation.tags}, relation.id, territories)
        if code is not None:
            members = {member.ref for member in relation.members if member.type == "w"}
            found.setdefault(code, set()).update(members)
    return found


def _ways(path: Path, chosen: Any) -> list[Way]:
    """The ways that a filter chooses, by rising id, each once."""
    found = {}
    for way in osmium.FileProcessor(str(path), WAY).with_filter(chosen):
        refs = np.array([node.ref for node in way.nodes], dtype=np.int64)
        found[way.id] = (way.id, {tag.k: tag.v for tag in way.tags}, refs)
    return [found[osm_id] for osm_id in sorted(found)]


def _vertices(path: Path, refs: list[Ints]) -> Vertices:
    """The nodes of the ways, by rising id, those that the file holds."""
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *refs]))
    found = {}
    ids = osmium.filter.IdFilter(wanted.tolist())
    for node in osmium.FileProcessor(str(path), NODE).with_filter(ids):
        if node.location.valid():
            found[node.id] = (node.location.lon, node.location.lat)
    osm_id = np.array(sorted(found), dtype=np.int64)
    degrees = np.array([found[key] for key in osm_id.tolist()]).reshape(-1, 2)
    return Vertices(osm_id, degrees[:, 0], degrees[:, 1])


def _rows(refs: Ints, vertices: Vertices) -> Ints:
    """Rows of vertices, MISSING where there is none."""
    if not len(vertices.osm_id):
        return np.full(len(refs), MISSING)
    row = np.minimum(np.searchsorted(vertices.osm_id, refs), len(vertices.osm_id) - 1)
    return np.where(vertices.osm_id[row] == refs, row, MISSING)


def _runs(row: Ints, vertices: Vertices) -> Iterator[Floats]:
    """Degrees of a way's vertices, a run for each stretch that has them all."""
    for part in np.split(row, np.flatnonzero(row < 0)):
        held = part[part >= 0]
        if len(held) > 1:
            yield np.column_stack([vertices.lon[held], vertices.lat[held]])


def _table(ways: list[Way], vertices: Vertices) -> Ways:
    refs = np.concatenate([np.empty(0, np.int64), *(refs for _, _, refs in ways)])
    counts = np.array([len(refs) for _, _, refs in ways], dtype=np.int64)
    return Ways(
        osm_id=np.array([osm_id for osm_id, _, _ in ways], dtype=np.int64),
        tags=[tags for _, tags, _ in ways],
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        vertex=_rows(refs, vertices),
    )
