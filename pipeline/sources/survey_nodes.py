"""The third reading of an OSM file: the locations of all nodes, and nodes with relevant tags."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE

from pipeline.core import opl
from pipeline.core.spread import Spread
from pipeline.core.types import Ints
from pipeline.sources.blobs import Blobs, Piece, opened, pieces
from pipeline.sources.lines import (
    LOCATION,
    NO_LOCATION,
    Chunk,
    UnsortedError,
    located_nodes,
    osm_id,
)
from pipeline.sources.wanted import NODES, VERTEX_KEYS, is_wanted

WANTED = "wanted.npy"  # ids of nodes that are looked for in every piece
POINT = re.compile(rf"[T,](?:{'|'.join(NODES)})=")  # a line that may be a point of interest


def nodes_of(
    found: Blobs, scratch: Path, wanted: Ints, spread: Spread
) -> tuple[npt.NDArray[np.void], dict[int, str], list[Chunk]]:
    """Locations of the wanted nodes, lines of points of interest, and all nodes on disk."""
    parts: list[npt.NDArray[np.void]] = []
    points: dict[int, str] = {}
    chunks: list[Chunk] = []
    last = 0
    np.save(scratch / WANTED, wanted)
    work = partial(_of_piece, scratch=scratch)
    for first, end, chunk, some, more in spread(work, enumerate(pieces(found, NODE))):
        if 0 < first <= last:
            raise UnsortedError
        last = end or last
        chunks.append(chunk)
        parts.append(some)
        points |= more
    return np.concatenate([np.empty(0, LOCATION), *parts]), points, chunks


def _of_piece(
    numbered: tuple[int, Piece], scratch: Path
) -> tuple[int, int, Chunk, npt.NDArray[np.void], dict[int, str]]:
    """The first and last id of a piece, its nodes on disk, the wanted ones, and points of interest.

    Ids are 0 where it has no nodes.
    """
    number, piece = numbered
    chunk = Chunk(scratch / f"nodes-{number}.opl", scratch / f"nodes-{number}.bin")
    nodes = located_nodes(opened(piece), chunk.lines, osmium.filter.KeyFilter(*VERTEX_KEYS))
    ends = (int(nodes["id"][0]), int(nodes["id"][-1])) if len(nodes) else (0, 0)
    nodes = nodes[nodes["x"] != NO_LOCATION]
    nodes.tofile(chunk.arrays)
    wanted = np.load(scratch / WANTED, mmap_mode="r")
    some = wanted[np.searchsorted(wanted, ends[0]) : np.searchsorted(wanted, ends[1], "right")]
    points: dict[int, str] = {}
    with chunk.lines.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if POINT.search(line) and is_wanted(opl.tags(opl.field(line, "T"), {}), NODES):
                points[osm_id(line)] = line.rstrip("\n")
    return *ends, chunk, nodes[np.isin(nodes["id"], some)], points
