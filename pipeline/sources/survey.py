"""OSM files read three times: relations, ways by their tags, nodes; each once.

Osmium filters by tag in compiled code and writes what passes as lines of text, a piece of the file
at a time, so that Python looks at what matters alone. Ways, and where every node lies, are kept on
disk until it is known on which ground they are wanted.
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
from pipeline.sources.blobs import Blobs, blobs, pieces
from pipeline.sources.wanted import NEAR_WAYS, NODES, VERTEX_KEYS, WATERS, is_wanted

LOCATION = np.dtype([("id", "<i8"), ("x", "<i4"), ("y", "<i4")])  # of osmium's index
NO_LOCATION = 2147483647
# A set of ids is a bit each in osmium, in blocks of as many; a filter takes ids of a few blocks.
BLOCK_IDS, MOST_BLOCKS = 1 << 25, 4
ANY_ID = 1 << 62
POINT = re.compile(rf"[T,](?:{'|'.join(NODES)})=")  # a line that may be of a point of interest


class UnsortedError(Exception):
    """Elements that do not rise by type and id, as all this rests on."""


@dataclass(frozen=True)
class Relation:
    """A country or a water drawn as a multipolygon; of the members, ways alone with their roles."""

    osm_id: int
    version: int
    text: str
    tags: dict[str, str]
    ways: dict[int, str]


@dataclass(frozen=True)
class Chunk:
    """Elements of a piece on disk: lines, and arrays.

    Of ways their lines, ids, and the nodes of each one after the other; of nodes where each lies,
    and the lines of those with tags that tell.
    """

    lines: Path
    arrays: Path


@dataclass(frozen=True)
class FileSurvey:
    """What one file holds: its time, countries and waters by relation id, ways, tagged nodes."""

    blobs: Blobs
    time: str
    countries: dict[int, tuple[str, Relation]]
    waters: dict[int, Relation]
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
        countries, waters = _relations(found, scratch, territories or {})
        members = {way for _, one in countries.values() for way in one.ways}
        shores = {way for one in waters.values() for way in one.ways}
        chunks, outlines = _ways(found, scratch, members, shores)
        refs = [refs for _, refs in outlines.values()]
        wanted = np.unique(np.concatenate([np.empty(0, np.int64), *refs]))
        locations, points, nodes = _nodes(found, scratch, wanted)
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return FileSurvey(
        blobs=found,
        time=header.get("osmosis_replication_timestamp", "") or header.get("timestamp", ""),
        countries=countries,
        waters=waters,
        chunks=chunks,
        outlines=outlines,
        locations=locations,
        points=points,
        nodes=nodes,
    )


def nodes_of(piece: osmium.io.FileBuffer, scratch: Path, *more: object) -> npt.NDArray[np.void]:
    """Where the nodes of a piece lie (LOCATION), by rising id; `more` is handed each node too.

    Raises UnsortedError where ids do not rise.
    """
    file = scratch / "locations"
    file.unlink(missing_ok=True)
    table = osmium.index.create_map(f"sparse_file_array,{file}")
    store = osmium.NodeLocationsForWays(table)
    with osmium.io.Reader(piece, NODE) as reader:
        osmium.apply(reader, store, *more)
    del store, table
    found = np.fromfile(file, LOCATION)
    found = found[found["id"] > 0]
    _refuse_unsorted(found["id"])
    return found


def lines_of(
    piece: osmium.io.FileBuffer, kind: int, scratch: Path, *filters: object
) -> Iterable[str]:
    """The elements of a kind in a piece that pass the filters, as lines of OPL."""
    file = scratch / "lines.opl"
    with (
        osmium.io.Reader(piece, kind) as reader,
        osmium.SimpleWriter(opl_file(file), overwrite=True) as writer,
    ):
        osmium.apply(reader, *filters, writer)
    with file.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.rstrip("\n")


def opl_file(path: Path) -> osmium.io.File:
    """A file of OPL that keeps the version of elements alone."""
    return osmium.io.File(str(path), "opl,add_metadata=version")


def osm_id(line: str) -> int:
    """Id of the element of a line."""
    return int(line[1 : line.index(" ")])


def version(line: str) -> int:
    """Version of the element of a line; 0 where it has none."""
    return int(opl.field(line, "v") or 0)


def _relations(
    found: Blobs, scratch: Path, territories: Mapping[int, str]
) -> tuple[dict[int, tuple[str, Relation]], dict[int, Relation]]:
    keys = osmium.filter.KeyFilter(*CODE_KEYS, *WATERS, *(("type",) if territories else ()))
    countries: dict[int, tuple[str, Relation]] = {}
    waters: dict[int, Relation] = {}
    for piece, _ in pieces(found, RELATION):
        for line in lines_of(piece, RELATION, scratch, keys):
            tags = opl.tags(opl.field(line, "T"), {})
            code = country_code(tags, osm_id(line), territories)
            wet = tags.get("type") == "multipolygon" and is_wanted(tags, WATERS)
            if code is not None or wet:
                ways = {ref: role for one, ref, role in _members(line) if one == "w"}
                one = Relation(osm_id(line), version(line), opl.field(line, "T"), tags, ways)
                if code is not None:
                    countries[one.osm_id] = (code, one)
                else:
                    waters[one.osm_id] = one
    return countries, waters


def _members(line: str) -> list[opl.Member]:
    return opl.members(opl.field(line, "M"))


def _ways(
    found: Blobs, scratch: Path, members: set[int], shores: set[int]
) -> tuple[list[Chunk], dict[int, tuple[dict[str, str], Ints]]]:
    """Ways with a key that is wanted, countries' outlines and shores: on disk, outlines at hand."""
    tagged = osmium.filter.KeyFilter(*NEAR_WAYS)
    named = np.array(sorted(members | shores), dtype=np.int64)
    chunks: list[Chunk] = []
    outlines: dict[int, tuple[dict[str, str], Ints]] = {}
    last = 0
    for piece, begin, end in _ranged(pieces(found, WAY)):
        lines = {osm_id(line): line for line in lines_of(piece, WAY, scratch, tagged)}
        _refuse_unsorted(np.fromiter(lines, np.int64, len(lines)), last)
        last = max(lines, default=last)
        for some in _by_block(named[(named >= begin) & (named < end)]):
            chosen = osmium.filter.IdFilter(some.tolist())
            for line in lines_of(piece, WAY, scratch, chosen):
                lines.setdefault(osm_id(line), line)
        if lines:
            chunks.append(_chunk(dict(sorted(lines.items())), scratch, len(chunks)))
        for way in members & lines.keys():
            line = lines[way]
            outlines[way] = (opl.tags(opl.field(line, "T"), {}), _refs([line])[1])
    return chunks, outlines


def _ranged(
    every: Iterable[tuple[osmium.io.FileBuffer, int]],
) -> Iterator[tuple[osmium.io.FileBuffer, int, int]]:
    """Pieces of ways with the range of ids, end excluded, that each may hold."""
    before: osmium.io.FileBuffer | None = None
    begin = 0
    for piece, _ in every:
        first = next((way.id for way in osmium.FileProcessor(piece, WAY)), begin)
        if before is not None:
            yield before, begin, first
        before, begin = piece, first
    if before is not None:
        yield before, begin, ANY_ID


def _by_block(ids: Ints) -> list[Ints]:
    """Ids in groups, each of few blocks of osmium's sets: so a filter takes little memory."""
    blocks = ids // BLOCK_IDS
    start = np.unique(blocks, return_index=True)[1]
    return [part for part in np.split(ids, start[MOST_BLOCKS::MOST_BLOCKS]) if len(part)]


def _chunk(lines: dict[int, str], scratch: Path, number: int) -> Chunk:
    chunk = Chunk(scratch / f"ways-{number}.opl", scratch / f"ways-{number}.npz")
    chunk.lines.write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")
    counts, refs = _refs(lines.values())
    with chunk.arrays.open("wb") as file:
        np.savez(file, ids=np.fromiter(lines, np.int64, len(lines)), counts=counts, refs=refs)
    return chunk


def _refs(lines: Iterable[str]) -> tuple[Ints, Ints]:
    """How many nodes each way has, and the nodes of all, one way after the other."""
    fields = [line[line.rindex(" N") + 2 :] for line in lines]
    counts = np.array([field.count("n") for field in fields], dtype=np.int64)
    text = ",".join(field for field in fields if field).replace("n", "")
    refs = np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)
    return counts, refs


def _nodes(
    found: Blobs, scratch: Path, wanted: Ints
) -> tuple[npt.NDArray[np.void], dict[int, str], list[Chunk]]:
    """Where the wanted nodes lie, lines of points of interest, and all nodes on disk."""
    telling = osmium.filter.KeyFilter(*VERTEX_KEYS)
    parts: list[npt.NDArray[np.void]] = []
    points: dict[int, str] = {}
    chunks: list[Chunk] = []
    last = 0
    for piece, _ in pieces(found, NODE):
        chunk = Chunk(scratch / f"nodes-{len(chunks)}.opl", scratch / f"nodes-{len(chunks)}")
        with osmium.SimpleWriter(opl_file(chunk.lines), overwrite=True) as writer:
            nodes = nodes_of(piece, scratch, telling, writer)
        if len(nodes):
            _refuse_unsorted(nodes["id"][:1], last)
            last = int(nodes["id"][-1])
        nodes = nodes[nodes["x"] != NO_LOCATION]
        nodes.tofile(chunk.arrays)
        chunks.append(chunk)
        parts.append(nodes[np.isin(nodes["id"], wanted)])
        with chunk.lines.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if POINT.search(line) and is_wanted(opl.tags(opl.field(line, "T"), {}), NODES):
                    points[osm_id(line)] = line.rstrip("\n")
    return np.concatenate([np.empty(0, LOCATION), *parts]), points, chunks


def ways_of_several(countries: Collection[set[int]]) -> set[int]:
    """Ways that stand in more than one of the sets."""
    seen: set[int] = set()
    several: set[int] = set()
    for ways in countries:
        several |= seen & ways
        seen |= ways
    return several


def _refuse_unsorted(ids: Ints, last: int = 0) -> None:
    if len(ids) and (ids[0] <= last or np.any(np.diff(ids) <= 0)):
        raise UnsortedError
