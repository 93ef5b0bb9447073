"""Files that cover the same area: for an element in several files, the newest file counts.

An element in an area that a newer file covers, but which that file does not hold, was deleted and
must not come back from an older file. A `.poly` next to a file states the area it covers (format of
Osmosis, https://wiki.openstreetmap.org/wiki/Osmosis/Polygon_Filter_File_Format). Without it the
area is found from the data: the newer file covers a place if it holds nearly all elements that the
older file holds around that place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline.core import opl
from pipeline.core.progress import warn
from pipeline.core.types import Bools, Floats, Ints
from pipeline.sources.lines import version
from pipeline.sources.survey import FileSurvey, Relation
from pipeline.sources.text_lines import TextLines, text_of

SCALE = 1e-7


class Kept(Protocol):
    """The elements that are kept from one file (see `collect.Kept`)."""

    @property
    def way_ids(self) -> Ints: ...  # noqa: D102
    @property
    def counts(self) -> Ints: ...  # noqa: D102
    @property
    def refs(self) -> Ints: ...  # noqa: D102
    @property
    def nodes(self) -> npt.NDArray[np.void]: ...  # noqa: D102


@dataclass(frozen=True)
class Gone:
    """Ids of ways and points of older files that newer ones no longer hold."""

    ways: Ints
    points: set[int]


def newest_first(files: Sequence[FileSurvey]) -> list[FileSurvey]:
    """The files with the newest data first; in the given order if a time is not known."""
    if all(file.time for file in files):
        return sorted(files, key=lambda file: file.time, reverse=True)
    return list(files)


def countries(files: Sequence[FileSurvey]) -> dict[int, tuple[str, Relation]]:
    """Each country's relation from the newest file that holds it, with the ways of all files.

    A clipped file holds only part of the members. A way that a newer file holds, but not as a
    member, is no longer a member.
    """
    found: dict[int, tuple[str, Relation]] = {}
    known: set[int] = set()
    for file in files:
        for osm_id, (code, one) in file.countries.items():
            if osm_id not in found:
                found[osm_id] = (code, one)
                continue
            before = found[osm_id][1]
            had = known | before.ways.keys()
            more = {way: role for way, role in one.ways.items() if way not in had}
            merged = Relation(osm_id, before.version, before.text, before.tags, before.ways | more)
            found[osm_id] = (found[osm_id][0], merged)
        known |= file.outlines.keys()
    return found


def ways_of(found: Mapping[int, tuple[str, Relation]], code: str) -> set[int]:
    """Member ways of a country's relations, by its code."""
    return {way for owner, one in found.values() if owner == code for way in one.ways}


def chosen(files: Sequence[FileSurvey], ids: Sequence[Ints], lines: TextLines) -> Ints:
    """Rows of the ways to keep by rising id: the newest file first, then the latest version.

    `files` are given with the newest first; `ids` of each file's ways, and `lines` of all, are in
    that order.
    """
    every = np.concatenate(ids) if ids else np.empty(0, np.int64)
    rank = np.repeat(np.arange(len(ids)), [len(one) for one in ids])
    times = [file.time for file in files]
    if not all(times) or len(set(times)) < len(times):
        age = np.array([sorted(set(times), reverse=True).index(time) for time in times])
        age = age if all(times) else np.zeros(len(times), np.int64)
        versions = np.array(
            [version(text_of(lines, row)) for row in range(len(every))], dtype=np.int64
        )
        order = np.lexsort([rank, -versions, age[rank] if len(rank) else rank, every])
    else:
        order = np.lexsort([rank, every])
    first_of = np.append(True, np.diff(every[order]) != 0)[: len(order)]
    return np.asarray(order[first_of])


def first(nodes: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Nodes by rising id; for equal ids the first one."""
    ids = nodes["id"]
    if np.all(ids[1:] > ids[:-1]):  # as those of one file are
        return nodes
    return nodes[np.unique(ids, return_index=True)[1]]


def gone(files: Sequence[FileSurvey], kept: Sequence[Kept]) -> Gone:
    """Elements that newer files cover but do not hold; a warning names the dates of both files."""
    ways: list[Ints] = [np.empty(0, np.int64)]
    points: set[int] = set()
    for old in range(1, len(files)):
        for new in range(old):
            if not files[new].time > files[old].time > "":
                continue
            shared = np.isin(kept[old].way_ids, kept[new].way_ids)
            if not shared.any():
                continue
            missing = _missing(files[new], files[old], kept[old], shared)
            ways.append(missing.ways)
            points |= missing.points
            _warn(files[new], files[old], int(shared.sum()), missing)
    return Gone(np.unique(np.concatenate(ways)), points)


def _missing(new: FileSurvey, old: FileSurvey, kept: Kept, shared: Bools) -> Gone:
    """Elements of the older file that the newer file covers but does not hold."""
    point_ids = np.array(sorted(old.points), dtype=np.int64)
    at = np.vstack([_middles(kept), _places(old, point_ids)])
    is_way = np.arange(len(at)) < len(kept.way_ids)
    there = np.concatenate([shared, np.isin(point_ids, np.array(sorted(new.points), np.int64))])
    from pipeline.sources.coverage import covered  # noqa: PLC0415 (scipy takes memory, few overlap)

    known = covered(new, at, there) & ~there
    ids = np.concatenate([kept.way_ids, point_ids])
    return Gone(ids[known & is_way], set(ids[known & ~is_way].tolist()))


def _middles(kept: Kept) -> Floats:
    """The middle of each way, the mean of those nodes that the file holds, in degrees."""
    way = np.repeat(np.arange(len(kept.way_ids)), kept.counts)
    row = np.minimum(np.searchsorted(kept.nodes["id"], kept.refs), max(len(kept.nodes) - 1, 0))
    found = kept.nodes["id"][row] == kept.refs if len(kept.nodes) else np.zeros(len(row), bool)
    size = len(kept.way_ids)
    count = np.bincount(way[found], minlength=size).astype(float)
    count[count == 0] = np.nan
    sums = [
        np.bincount(way[found], weights=kept.nodes[axis][row[found]] * SCALE, minlength=size)
        for axis in ("x", "y")
    ]
    return np.column_stack([one / count for one in sums])


def _places(file: FileSurvey, ids: Ints) -> Floats:
    lines = [file.points[osm_id] for osm_id in ids.tolist()]
    at = [(opl.field(line, "x"), opl.field(line, "y")) for line in lines]
    return np.array([(float(x), float(y)) if x else (np.nan, np.nan) for x, y in at]).reshape(-1, 2)


def _warn(new: FileSurvey, old: FileSurvey, shared: int, missing: Gone) -> None:
    warn(
        f"{old.blobs.path.name} ({old.time}) and {new.blobs.path.name} ({new.time}) overlap: "
        f"{shared} ways stand in both, the newer file counts; {len(missing.ways)} ways and "
        f"{len(missing.points)} points that it no longer holds are left out"
    )
