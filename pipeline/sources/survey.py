"""OSM files read three times: relations, ways by their tags, nodes; each once.

Osmium filters by tag in compiled code and writes what passes as lines of text, a piece of the file
at a time, so that Python looks at what matters alone. Ways, and where every node lies, are kept on
disk until it is known in which area they are wanted.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE, RELATION, WAY

from pipeline.core import opl
from pipeline.core.country import CODE_KEYS, country_code
from pipeline.core.errors import InputError
from pipeline.core.types import Ints
from pipeline.sources.blobs import Blobs, Piece, blobs, pieces
from pipeline.sources.id_set import distinct
from pipeline.sources.lines import (
    LOCATION,
    NO_LOCATION,
    lines_at,
    lines_of,
    nodes_of,
    osm_id,
    refuse_unsorted,
    version,
    way_arrays,
    write_lines,
)
from pipeline.sources.wanted import (
    NEAR_GROUPS,
    NEAR_WAYS,
    NODES,
    VERTEX_KEYS,
    is_group,
    is_wanted,
)

# A set of ids is a bit each in osmium, in blocks of as many; a filter takes ids of a few blocks.
BLOCK_IDS, MOST_BLOCKS = 1 << 25, 4
ANY_ID = 1 << 62
GROUP_KEYS = dict.fromkeys(key for tags in NEAR_GROUPS.values() for key in tags)
POINT = re.compile(rf"[T,](?:{'|'.join(NODES)})=")  # a line that may be of a point of interest


@dataclass(frozen=True)
class Relation:
    """A country, or a group of ways that is one thing; of the members, ways with their roles."""

    osm_id: int
    version: int
    text: str
    tags: dict[str, str]
    ways: dict[int, str]


@dataclass(frozen=True)
class Chunk:
    """Elements of a piece on disk: lines, and arrays.

    Of ways their lines, ids, and the nodes of each one after the other; of nodes where each lies,
    and the lines of those with tags that matter.
    """

    lines: Path
    arrays: Path


@dataclass(frozen=True)
class FileSurvey:
    """What one file holds: its time, countries and groups by relation id, ways, tagged nodes."""

    blobs: Blobs
    time: str
    countries: dict[int, tuple[str, Relation]]
    groups: dict[int, Relation]
    chunks: list[Chunk]
    outlines: dict[int, tuple[dict[str, str], Ints]]
    locations: npt.NDArray[np.void]
    points: dict[int, str]
    nodes: list[Chunk]


def survey(path: Path, scratch: Path, territories: Mapping[int, str] | None = None) -> FileSurvey:
    """Read relations, then ways, then nodes of the countries' outlines and tagged nodes.

    Parameters
    ----------
    path
        An .osm.pbf file, sorted by type and id.
    scratch
        A folder for what does not fit in memory; it must outlive what is returned.
    territories
        Codes of relations by id that count as countries beside those of `admin_level=2`.

    Raises
    ------
    InputError
        If the file cannot be read.
    UnsortedError
        If elements do not rise by type and id.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    found = blobs(path)
    try:
        countries, groups = _relations(found, scratch, territories or {})
        members = {way for _, one in countries.values() for way in one.ways}
        parts = {way for one in groups.values() for way in one.ways}
        chunks, outlines = _ways(found, scratch, members, parts)
        refs = [refs for _, refs in outlines.values()]
        wanted = distinct(np.concatenate([np.empty(0, np.int64), *refs]))
        locations, points, nodes = _nodes(found, scratch, wanted)
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return FileSurvey(
        blobs=found,
        time=header.get("osmosis_replication_timestamp", "") or header.get("timestamp", ""),
        countries=countries,
        groups=groups,
        chunks=chunks,
        outlines=outlines,
        locations=locations,
        points=points,
        nodes=nodes,
    )


def _relations(
    found: Blobs, scratch: Path, territories: Mapping[int, str]
) -> tuple[dict[int, tuple[str, Relation]], dict[int, Relation]]:
    keys = osmium.filter.KeyFilter(*CODE_KEYS, *GROUP_KEYS, *(("type",) if territories else ()))
    countries: dict[int, tuple[str, Relation]] = {}
    groups: dict[int, Relation] = {}
    for piece in pieces(found, RELATION):
        for line in lines_of(piece.all, RELATION, scratch, keys):
            tags = opl.tags(opl.field(line, "T"), {})
            code = country_code(tags, osm_id(line), territories)
            if code is not None or is_group(tags, NEAR_GROUPS):
                ways = {ref: role for one, ref, role in _members(line) if one == "w"}
                one = Relation(osm_id(line), version(line), opl.field(line, "T"), tags, ways)
                if code is not None:
                    countries[one.osm_id] = (code, one)
                else:
                    groups[one.osm_id] = one
    return countries, groups


def _members(line: str) -> list[opl.Member]:
    return opl.members(opl.field(line, "M"))


def _ways(
    found: Blobs, scratch: Path, members: set[int], parts: set[int]
) -> tuple[list[Chunk], dict[int, tuple[dict[str, str], Ints]]]:
    """Ways with a key that is wanted, outlines of countries, and ways of groups: on disk.

    Outlines are at hand, too.
    """
    tagged = osmium.filter.KeyFilter(*NEAR_WAYS)
    named = np.array(sorted(members | parts), dtype=np.int64)
    chunks: list[Chunk] = []
    outlines: dict[int, tuple[dict[str, str], Ints]] = {}
    last = 0

    def kept(piece: osmium.io.FileBuffer, wanted: object) -> Ints:
        chunk = Chunk(*(scratch / f"ways-{len(chunks)}.{kind}" for kind in ("opl", "npz")))
        write_lines(piece, WAY, chunk.lines, wanted)
        ids, counts, refs = way_arrays(chunk.lines)
        if len(ids):
            with chunk.arrays.open("wb") as file:
                np.savez(file, ids=ids, counts=counts, refs=refs)
            chunks.append(chunk)
        rows = np.flatnonzero(np.isin(ids, named))
        ends = np.cumsum(counts)
        for row, line in lines_at(chunk.lines, rows):
            if (way := int(ids[row])) in members:
                outline = refs[ends[row] - counts[row] : ends[row]].copy()
                outlines[way] = (opl.tags(opl.field(line, "T"), {}), outline)
        return ids

    for piece, begin, end in _ranged(pieces(found, WAY)):
        ids = kept(piece, tagged)
        refuse_unsorted(ids, last)
        last = int(ids[-1]) if len(ids) else last
        missing = named[(named >= begin) & (named < end) & ~np.isin(named, ids)]
        for some in _by_block(missing):
            kept(piece, osmium.filter.IdFilter(some.tolist()))
    return chunks, outlines


def _ranged(every: Iterable[Piece]) -> Iterator[tuple[osmium.io.FileBuffer, int, int]]:
    """Pieces that hold ways, with the range of ids, end excluded, that each may hold."""
    before: osmium.io.FileBuffer | None = None
    begin = 0
    for piece in every:
        ways = (way.id for part in (piece.first, piece.all) for way in _ways_in(part))
        first = next(ways, None)
        if first is None:
            continue
        if before is not None:
            yield before, begin, first
        before, begin = piece.all, first
    if before is not None:
        yield before, begin, ANY_ID


def _ways_in(part: osmium.io.FileBuffer) -> osmium.FileProcessor:
    return osmium.FileProcessor(part, WAY)


def _by_block(ids: Ints) -> list[Ints]:
    """Ids in groups, each of few blocks of osmium's sets: so a filter takes little memory."""
    blocks = ids // BLOCK_IDS
    start = np.unique(blocks, return_index=True)[1]
    return [part for part in np.split(ids, start[MOST_BLOCKS::MOST_BLOCKS]) if len(part)]


def _nodes(
    found: Blobs, scratch: Path, wanted: Ints
) -> tuple[npt.NDArray[np.void], dict[int, str], list[Chunk]]:
    """Where the wanted nodes lie, lines of points of interest, and all nodes on disk."""
    parts: list[npt.NDArray[np.void]] = []
    points: dict[int, str] = {}
    chunks: list[Chunk] = []
    last = 0
    for piece in pieces(found, NODE):
        chunk = Chunk(*(scratch / f"nodes-{len(chunks)}.{kind}" for kind in ("opl", "bin")))
        nodes = nodes_of(piece.all, scratch, chunk.lines, osmium.filter.KeyFilter(*VERTEX_KEYS))
        refuse_unsorted(nodes["id"][:1], last)
        last = int(nodes["id"][-1]) if len(nodes) else last
        nodes = nodes[nodes["x"] != NO_LOCATION]
        nodes.tofile(chunk.arrays)
        chunks.append(chunk)
        parts.append(nodes[np.isin(nodes["id"], wanted)])
        with chunk.lines.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if POINT.search(line) and is_wanted(opl.tags(opl.field(line, "T"), {}), NODES):
                    points[osm_id(line)] = line.rstrip("\n")
    return np.concatenate([np.empty(0, LOCATION), *parts]), points, chunks


def countries_of(path: Path, scratch: Path) -> dict[int, str]:
    """Codes of the countries of which a file holds the relation, by its id; one reading.

    Raises InputError if the file cannot be read.
    """
    try:
        found, _ = _relations(blobs(path), scratch, {})
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return {relation: code for relation, (code, _) in found.items()}


def ways_of_several(countries: Collection[set[int]]) -> set[int]:
    """Ways that stand in more than one of the sets."""
    seen: set[int] = set()
    several: set[int] = set()
    for ways in countries:
        several |= seen & ways
        seen |= ways
    return several
