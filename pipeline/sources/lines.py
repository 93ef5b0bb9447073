"""Elements of a piece of an OSM file, filtered by osmium, as lines of OPL and as arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE

from pipeline.core import opl
from pipeline.core.types import Ints
from pipeline.sources import location_file, osm_writer
from pipeline.sources.text_lines import Bytes, TextLines
from pipeline.sources.ways_by_id import MOST_ID

LOCATION = np.dtype([("id", "<i8"), ("x", "<i4"), ("y", "<i4")])  # of osmium's index
NO_LOCATION = 2147483647
BATCH = 100_000  # nodes written at a time
DEGREE = 10_000_000  # of osmium's units


# Text in which a space stands for all but digits and signs.
SEPARATED = np.full(256, ord(" "), dtype=np.uint8)
SEPARATED[np.frombuffer(b"-0123456789", np.uint8)] = np.frombuffer(b"-0123456789", np.uint8)


class UnsortedError(Exception):
    """Elements are not in rising order of type and id, which this package needs."""


@dataclass(frozen=True)
class Chunk:
    """Elements of a piece, stored on disk as lines and arrays.

    For ways: lines, and what `WayArrays` has. For nodes: their locations, and the lines of nodes
    with relevant tags.
    """

    lines: Path
    arrays: Path


@dataclass(frozen=True)
class WayArrays:
    """Ids of ways, the number of nodes of each, the nodes of all, and where they begin in lines."""

    ids: Ints
    counts: Ints
    refs: Ints
    at: Ints


def located_nodes(
    piece: osmium.io.FileBuffer, lines: Path, *filters: object
) -> npt.NDArray[np.void]:
    """The locations of the nodes of a piece (LOCATION), by rising id.

    Nodes that pass the filters are written as lines to `lines`. Raises UnsortedError if ids do not
    rise.
    """
    file = lines.with_suffix(".locations")
    with (
        location_file.noted(file) as store,
        osmium.io.Reader(piece, NODE) as reader,
        osm_writer.written(opl_file(lines), overwrite=True) as writer,
    ):
        osmium.apply(reader, store, *filters, writer)
    found = np.fromfile(file, LOCATION)
    file.unlink()
    found = found[found["id"] > 0]
    refuse_unsorted(found["id"])
    return found


def write_lines(piece: osmium.io.FileBuffer, kind: int, out: Path, *filters: object) -> None:
    """Write the elements of a kind that pass the filters, as lines of OPL."""
    with (
        osmium.io.Reader(piece, kind) as reader,
        osm_writer.written(opl_file(out), overwrite=True) as writer,
    ):
        osmium.apply(reader, *filters, writer)


def lines_of(
    piece: osmium.io.FileBuffer, kind: int, aside: Path, *filters: object
) -> Iterator[str]:
    """The elements of a kind that pass the filters, as lines of OPL.

    They are written to the file `aside` first, which is removed.
    """
    write_lines(piece, kind, aside, *filters)
    with aside.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.rstrip("\n")
    aside.unlink()


def way_arrays(lines: TextLines) -> WayArrays:
    """Ids and nodes of the ways in lines; the list of nodes is the last field of a line."""
    text = lines.text
    space = np.flatnonzero(text == ord(" "))
    nodes = space[text[space + 1] == ord("N")] + 2
    refs, counts = _numbers(text, nodes, lines.start[1:] - 1, ord("n"))
    return WayArrays(ids_of(lines, ord("w"), space), counts, refs, nodes)


def ids_of(lines: TextLines, letter: int, space: Ints | None = None) -> Ints:
    """The ids in lines of elements of one kind; `space` are the places of all spaces, if known."""
    space = np.flatnonzero(lines.text == ord(" ")) if space is None else space
    begin = lines.start[:-1]
    return _numbers(lines.text, begin, space[np.searchsorted(space, begin)], letter)[0]


def _numbers(text: Bytes, begin: Ints, end: Ints, letter: int) -> tuple[Ints, Ints]:
    """Numbers between these places of a text, and how many for each; each follows the letter."""
    edge = np.zeros(len(text) + 1, dtype=np.int8)
    edge[begin] = 1
    edge[end] -= 1
    part = text[np.cumsum(edge[:-1], dtype=np.int8).view(bool)]
    at = np.flatnonzero(part == letter)
    ends = np.cumsum(end - begin)
    counts = np.diff(np.searchsorted(at, np.append(0, ends)))
    found = np.fromstring(SEPARATED[part].tobytes(), np.int64, sep=" ") if len(at) else at
    return found, counts


def write_nodes(
    file: BinaryIO, nodes: npt.NDArray[np.void], whole_lines: Mapping[int, str]
) -> None:
    """Write nodes (LOCATION) as lines of OPL: the line in `whole_lines`, or id and place."""
    known = np.fromiter(whole_lines, np.int64, len(whole_lines))
    for begin in range(0, len(nodes), BATCH):
        some = nodes[begin : begin + BATCH]
        text = _as_text(some)
        done = 0
        for row in np.flatnonzero(np.isin(some["id"], known)).tolist():
            file.write(text[done:row].data)
            file.write(f"{without_version(whole_lines[int(some['id'][row])])}\n".encode())
            done = row + 1
        file.write(text[done:].data)


def _as_text(nodes: npt.NDArray[np.void]) -> npt.NDArray[np.uint8]:
    """A row of text for each node, `n0012 x009.5000000 y-47.1000000`, made digit by digit."""
    width = len(str(nodes["id"].max(initial=0)))
    line = f"n{'0' * width} x0000.0000000 y0000.0000000\n".encode()
    text = np.tile(np.frombuffer(line, np.uint8), (len(nodes), 1))
    _put_digits(text, 1, width, nodes["id"])
    for axis, at in (("x", width + 3), ("y", width + 17)):
        value = nodes[axis].astype(np.int64)
        text[value < 0, at] = ord("-")
        _put_digits(text, at + 1, 3, abs(value) // DEGREE)
        _put_digits(text, at + 5, 7, abs(value) % DEGREE)
    return text


def _put_digits(text: npt.NDArray[np.uint8], at: int, width: int, values: Ints) -> None:
    for column in range(at + width - 1, at - 1, -1):
        values, digit = np.divmod(values, 10)
        text[:, column] = ord("0") + digit


def without_version(line: str) -> str:
    """The line without version and time of the last edit, which no later step needs for nodes."""
    return line[: line.index(" ")] + line[line.index(" T") :]


def opl_file(path: Path) -> osmium.io.File:
    """A file of OPL that keeps only version and time of the metadata."""
    return osmium.io.File(str(path), "opl,add_metadata=version+timestamp")


def osm_id(line: str) -> int:
    """The id of the element of a line."""
    return int(line[1 : line.index(" ")])


def version(line: str) -> int:
    """The version of the element of a line; 0 if it has none."""
    return int(opl.field(line, "v") or 0)


def refuse_unsorted(ids: Ints, last: int = -1) -> None:
    """UnsortedError unless ids rise, the first of them above `last`.

    RuntimeError for an id that is none of OpenStreetMap's: sets of ids would outgrow the memory.
    """
    if len(ids) and (ids[0] <= last or np.any(np.diff(ids) <= 0)):
        raise UnsortedError
    if len(ids) and ids[-1] >= MOST_ID:
        raise RuntimeError(f"an element has the id {ids[-1]}, expected one below {MOST_ID}")
