"""An OSM PBF file in pieces that fit in memory; osmium decodes each piece separately.

A PBF is a sequence of blobs: a header, then blobs of some thousand elements each
(https://wiki.openstreetmap.org/wiki/PBF_Format). A few blobs after a copy of the header are a valid
PBF. So memory does not grow with the file. If the file says that it is sorted, blobs without an
element of the wanted kind are not even decompressed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import osmium
from osmium.osm import NODE, RELATION, WAY

from pipeline.core.errors import InputError

PIECE_BYTES = 4_000_000  # of a piece, compressed as in the file: about half a million nodes
SHARED_BY = 4  # where there are several pieces, their number is a multiple of it
MOST_HEADER = 64 * 1024  # bytes of a blob's own header, by the format
ORDER = {NODE: 0, WAY: 1, RELATION: 2}
LETTERS = "nwr"
WIRE_VARINT, WIRE_BYTES = 0, 2


@dataclass(frozen=True)
class Blobs:
    """The positions of a file's blobs: (offset, bytes), the header first; and the kinds they hold.

    `begins` has the number of the first blob of nodes, of ways and of relations, then the number of
    blobs; None if the file does not say that it is sorted.
    """

    path: Path
    header: tuple[int, int]
    data: list[tuple[int, int]]
    begins: tuple[int, int, int, int] | None


@dataclass(frozen=True)
class Piece:
    """Some blobs of a file, by their positions: the process that decodes them reads them itself."""

    path: Path
    header: tuple[int, int]
    data: tuple[tuple[int, int], ...]


def blobs(path: Path) -> Blobs:
    """Find the blobs of a PBF file; only their headers are read.

    Raises InputError if the file is missing, empty, cut off, or not a PBF.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    found: list[tuple[str, int, int]] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        while (at := file.tell()) < size:
            head = file.read(4)
            length = struct.unpack(">I", head)[0] if len(head) == 4 else 0
            if not 0 < length <= MOST_HEADER:
                raise _unreadable(path, at, "no header of a blob")
            kind, data = _blob_header(file.read(length))
            if kind not in ("OSMHeader", "OSMData") or file.tell() + data > size:
                raise _unreadable(path, at, "a blob that is cut off or of no known kind")
            found.append((kind, at, 4 + length + data))
            file.seek(data, 1)
    if not found or found[0][0] != "OSMHeader":
        raise _unreadable(path, 0, "no header of the file")
    rows = [(at, length) for kind, at, length in found if kind == "OSMData"]
    header = found[0][1:]
    whole = Blobs(path, header, rows, None)
    try:
        begins = _begins(whole) if _says_sorted(path) else None
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return Blobs(path, header, rows, begins)


def pieces(found: Blobs, kind: int) -> Iterator[Piece]:
    """Pieces of a file that hold all its elements of a kind, alike in size."""
    first, last = 0, len(found.data)
    if found.begins is not None:
        row = ORDER[kind]
        first, last = found.begins[row], found.begins[row + 1]
        # A blob may hold the last of one kind and the first of the next.
        first = max(0, first - 1) if row else first
    sizes = np.array([size for _, size in found.data[first:last]], dtype=np.int64)
    count = -(-int(sizes.sum()) // PIECE_BYTES)
    count = count if count <= 2 else -(-count // SHARED_BY) * SHARED_BY
    middle = np.cumsum(sizes) - sizes / 2
    number = (middle * count // max(sizes.sum(), 1)).astype(np.int64)
    for rows in np.split(np.arange(first, last), np.flatnonzero(np.diff(number)) + 1):
        if len(rows):
            data = found.data[rows[0] : rows[-1] + 1]
            yield Piece(found.path, found.header, tuple(data))


def opened(piece: Piece) -> osmium.io.FileBuffer:
    """A piece as a PBF of its own for osmium."""
    with piece.path.open("rb") as file:
        data = b"".join(_bytes(file, at) for at in (piece.header, *piece.data))
    return osmium.io.FileBuffer(data, "pbf")


def _bytes(file: BinaryIO, at: tuple[int, int]) -> bytes:
    file.seek(at[0])
    return file.read(at[1])


def _says_sorted(path: Path) -> bool:
    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    declared = (header.get("sorting", ""), header.get("pbf_optional_feature_0", ""))
    return any("Type_then_ID" in one for one in declared)


def _begins(found: Blobs) -> tuple[int, int, int, int]:
    """The first blob of each kind by binary search; the first element of a blob tells its kind."""
    starts = [0]
    for row in (1, 2):
        low, high = starts[-1], len(found.data)
        while low < high:
            middle = (low + high) // 2
            if _first_kind(found, middle) < row:
                low = middle + 1
            else:
                high = middle
        starts.append(low)
    return starts[0], starts[1], starts[2], len(found.data)


def _first_kind(found: Blobs, row: int) -> int:
    for one in osmium.FileProcessor(opened(Piece(found.path, found.header, (found.data[row],)))):
        return LETTERS.index(one.type_str())
    return 0


def _blob_header(data: bytes) -> tuple[str, int]:
    """The type of a blob and the bytes it takes: fields 1 and 3 of the message BlobHeader."""
    at, kind, size = 0, "", -1
    try:
        while at < len(data):
            key, at = _varint(data, at)
            number, at = _varint(data, at)
            if key & 7 == WIRE_BYTES:
                if key >> 3 == 1:
                    kind = data[at : at + number].decode("ascii", "replace")
                at += number
            elif key & 7 != WIRE_VARINT:
                return "", -1
            elif key >> 3 == 3:
                size = number
    except IndexError:
        return "", -1
    return (kind, size) if size >= 0 else ("", -1)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _unreadable(path: Path, at: int, found: str) -> InputError:
    return InputError(
        f"{path}: not readable as OpenStreetMap data: {found} at byte {at}, expected an .osm.pbf"
    )
