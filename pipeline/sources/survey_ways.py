"""The second reading of an OSM file: ways by their tags, and ways that relations name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import WAY

from pipeline.core import opl
from pipeline.core.spread import Spread
from pipeline.core.types import Ints
from pipeline.sources import text_lines
from pipeline.sources.blobs import Blobs, Piece, opened, pieces
from pipeline.sources.lines import Chunk, refuse_unsorted, way_arrays, write_lines
from pipeline.sources.text_lines import text_of
from pipeline.sources.wanted import NEAR_WAYS
from pipeline.sources.ways_by_id import BLOCK_IDS, MOST_ID

MOST_BLOCKS = 4  # of ids that a filter holds for a piece of the file


@dataclass(frozen=True)
class WayPiece:
    """A piece with ways: the range of ids that it may hold, end excluded, and those asked by id.

    `named` are ids of outlines and of groups, `members` those of outlines alone.
    """

    number: int
    piece: Piece
    named: Ints
    members: Ints


def ways_of(
    found: Blobs, scratch: Path, members: set[int], parts: set[int], spread: Spread
) -> tuple[list[Chunk], dict[int, tuple[dict[str, str], Ints]]]:
    """Ways with a key that is wanted, outlines of countries, and ways of groups: on disk.

    Outlines are also returned in memory.
    """
    every = list(pieces(found, WAY))
    with_ways = [
        (piece, first)
        for piece, first in zip(every, spread(_first_way, every), strict=True)
        if first is not None
    ]
    ends = [*(first for _, first in with_ways), MOST_ID][1:]
    named, outer = (np.array(sorted(ids), dtype=np.int64) for ids in (members | parts, members))

    def way_pieces() -> Iterator[WayPiece]:
        begin = 0
        for number, ((piece, _), end) in enumerate(zip(with_ways, ends, strict=True)):
            yield WayPiece(number, piece, *(_between(ids, begin, end) for ids in (named, outer)))
            begin = end

    chunks: list[Chunk] = []
    outlines: dict[int, tuple[dict[str, str], Ints]] = {}
    last = -1
    for ids, some, more in spread(partial(_of_piece, scratch=scratch), way_pieces()):
        refuse_unsorted(ids, last)
        last = int(ids[-1]) if len(ids) else last
        chunks += some
        outlines |= more
    return chunks, outlines


def _first_way(piece: Piece) -> int | None:
    """The id of the first way of a piece; its blobs are decoded one by one, up to that way."""
    for blob in piece.data:
        for way in osmium.FileProcessor(opened(replace(piece, data=(blob,))), WAY):
            return int(way.id)
    return None


def _between(ids: Ints, begin: int, end: int) -> Ints:
    return ids[np.searchsorted(ids, begin) : np.searchsorted(ids, end)]


def _of_piece(
    one: WayPiece, scratch: Path
) -> tuple[Ints, list[Chunk], dict[int, tuple[dict[str, str], Ints]]]:
    """Ids of the ways of a piece with a key that is wanted, what was kept on disk, outlines."""
    chunks: list[Chunk] = []
    outlines: dict[int, tuple[dict[str, str], Ints]] = {}
    data = opened(one.piece)

    def kept(wanted: object) -> Ints:
        name = f"ways-{one.number}-{len(chunks)}"
        chunk = Chunk(scratch / f"{name}.opl", scratch / f"{name}.npz")
        write_lines(data, WAY, chunk.lines, wanted)
        lines = text_lines.read(chunk.lines)
        found = way_arrays(lines)
        if len(found.ids):
            with chunk.arrays.open("wb") as file:
                np.savez(file, **vars(found))
            chunks.append(chunk)
        ends = np.cumsum(found.counts)
        for row in np.flatnonzero(np.isin(found.ids, one.members)).tolist():
            outline = found.refs[ends[row] - found.counts[row] : ends[row]].copy()
            tags = opl.tags(opl.field(text_of(lines, row), "T"), {})
            outlines[int(found.ids[row])] = (tags, outline)
        return found.ids

    ids = kept(osmium.filter.KeyFilter(*NEAR_WAYS))
    for some in _by_block(one.named[~np.isin(one.named, ids)]):
        kept(osmium.filter.IdFilter(some.tolist()))
    return ids, chunks, outlines


def _by_block(ids: Ints) -> list[Ints]:
    """Ids in groups, each within few blocks of osmium's sets: a filter then needs little memory."""
    blocks = ids // BLOCK_IDS
    start = np.unique(blocks, return_index=True)[1]
    return [part for part in np.split(ids, start[MOST_BLOCKS::MOST_BLOCKS]) if len(part)]
