"""The last step of every fetch: keep the wanted elements of the area, whole, sorted, each once.

Both ways of fetching return somewhat more than requested. Here geometry decides what is kept, in
the same way for both.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
import shapely
from osmium.osm import NODE, RELATION, WAY
from shapely.geometry.base import BaseGeometry

from pipeline.core import folders
from pipeline.core.errors import InputError
from pipeline.core.types import Bools, Ints
from pipeline.sources import osm_writer, text_lines
from pipeline.sources.collect import Elements, collect
from pipeline.sources.lines import LOCATION, write_nodes
from pipeline.sources.overlap import ways_of
from pipeline.sources.part import ways_about
from pipeline.sources.selected import SCALE
from pipeline.sources.survey import Relation, survey
from pipeline.sources.wanted import DEEP_GROUPS, Area, is_group

FAST = "pbf_compression_level=1"  # writing takes a fifth less time, the file is 2 % larger
BATCH = 50_000  # ways whose geometry is tested at a time; about 100 MB


def trim(rough: Path, area: Area, pair: tuple[str, str], out: Path, time: str) -> dict[str, int]:
    """Write the wanted elements of the sorted OSM file `rough` to `out`.

    Parameters
    ----------
    rough
        An .osm.pbf file whose ways have all their nodes.
    area
        The area for each kind of element.
    pair
        ISO 3166-1 codes of the two countries whose border is kept whole.
    out
        The file to write.
    time
        The time of the data, for the header.

    Returns
    -------
    dict of str to int
        How many nodes, ways and relations were written.

    Raises
    ------
    InputError
        If nodes of a way are missing.
    """
    with folders.temporary(".trim", out.parent) as scratch:
        elements = collect([survey(rough, scratch)], area)
        missing = elements.row < 0
        if missing.any():
            row = np.searchsorted(elements.start, np.flatnonzero(missing)[0], "right") - 1
            raise InputError(
                f"{rough}: way {elements.way_ids[row]} lacks some of its nodes, expected whole ways"
            )
        return write(elements, area, pair, out, time)


def write(
    elements: Elements, area: Area, pair: tuple[str, str], out: Path, time: str
) -> dict[str, int]:
    """Write the elements that are wanted in one border's area.

    Ways that touch the area, and all ways of the border between the `pair`, are kept whole with
    their nodes. Kept relations are countries, and groups (controls, ferry lines, waters) with a way
    in the area where they are wanted; groups keep all their ways. A relation lists the members that
    the files hold. For ways, version and time of the last edit are kept if the files state them;
    the names of mappers are left out.

    Returns
    -------
    dict of str to int
        How many nodes, ways and relations were written.
    """
    parts = np.array(
        sorted({way for one in elements.groups.values() for way in one.ways}), dtype=np.int64
    )
    near, deep, kept = _touching(elements, area, np.isin(elements.way_ids, parts))
    shared = set[int].intersection(*(ways_of(elements.countries, code) for code in pair))
    kept |= np.isin(elements.way_ids, np.array(sorted(shared), dtype=np.int64))
    met, met_deep = (set(elements.way_ids[there].tolist()) for there in (near, near | deep))
    groups = [
        one
        for one in elements.groups.values()
        if not (met_deep if is_group(one.tags, DEEP_GROUPS) else met).isdisjoint(one.ways)
    ]
    whole = {way for one in groups for way in one.ways}
    kept |= np.isin(elements.way_ids, np.array(sorted(whole), dtype=np.int64))
    ways = set(elements.way_ids[kept].tolist())
    relations = sorted(
        [*(one for _, one in elements.countries.values()), *groups], key=lambda one: one.osm_id
    )
    lines = [_relation(one, ways) for one in relations if not ways.isdisjoint(one.ways)]
    points = _points(elements, area.deep)
    used = np.zeros(len(elements.nodes), dtype=bool)
    row = elements.row[np.repeat(kept, np.diff(elements.start))]
    used[row[row >= 0]] = True
    text = out.with_name(f".{out.name}.opl")
    nodes = _with_points(elements.nodes[used], points)
    counts = {"nodes": len(nodes), "ways": int(kept.sum()), "relations": len(lines)}
    try:
        with text.open("wb") as file:
            write_nodes(file, nodes, elements.tagged | points)
            for part in text_lines.parts(elements.way_lines, np.flatnonzero(kept)):
                file.write(part.data)
            file.writelines(f"{line}\n".encode() for line in lines)
        del nodes, used, row  # osmium needs the room for its buffers
        _convert(text, out, time)
    finally:
        text.unlink(missing_ok=True)
    return counts


def count(path: Path) -> dict[str, int]:
    """Count the elements of a file; raises InputError unless their ids rise."""
    counts = {}
    for name, kind in (("nodes", NODE), ("ways", WAY), ("relations", RELATION)):
        ids = np.fromiter((one.id for one in osmium.FileProcessor(str(path), kind)), np.int64)
        if not np.all(np.diff(ids) > 0):
            raise InputError(f"{path}: {name} are not sorted or occur twice, expected each once")
        counts[name] = len(ids)
    return counts


def _touching(elements: Elements, area: Area, parts: Bools) -> tuple[Bools, Bools, Bools]:
    """Which ways touch the near and the deep area, and which are wanted where they touch.

    For the deep area this is only computed for ways that are wanted there, and for `parts` of
    groups.
    """
    near = np.zeros(len(elements.way_ids), dtype=bool)
    deep = np.zeros(len(elements.way_ids), dtype=bool)
    for shape in (area.near, area.deep):
        shapely.prepare(shape)
    same = area.near is area.deep or area.near.equals(area.deep)
    about = ways_about(elements, area.deep)
    for begin in range(0, len(about), BATCH):
        shapes, rows = _shapes(elements, about[begin : begin + BATCH])
        near[rows] = shapely.intersects(area.near, shapes)
        asked = (elements.deep | parts)[rows] & ~near[rows]
        if not same:
            deep[rows[asked]] = shapely.intersects(area.deep, shapes[asked])
    return near, deep, (near & (elements.near | elements.deep)) | (deep & elements.deep)


def _shapes(elements: Elements, ways: Ints) -> tuple[npt.NDArray[np.object_], Ints]:
    """Lines in degrees of the ways at these rows that have two nodes or more, and their rows."""
    taken = elements.start[ways + 1] - elements.start[ways]
    first = np.repeat(elements.start[ways] - np.cumsum(taken) + taken, taken)
    row = elements.row[first + np.arange(taken.sum())]
    way = np.repeat(ways, taken)[row >= 0]
    row = row[row >= 0]
    rows, count = np.unique(way, return_counts=True)
    enough = count > 1
    inside = np.repeat(enough, count)
    at = np.column_stack([elements.nodes[axis][row[inside]] * SCALE for axis in ("x", "y")])
    number = np.repeat(np.arange(enough.sum()), count[enough])
    return np.asarray(shapely.linestrings(at, indices=number)), rows[enough]


def _points(elements: Elements, deep: BaseGeometry) -> dict[int, str]:
    """Tagged nodes in the area."""
    shapely.prepare(deep)
    inside = np.asarray(shapely.contains_xy(deep, *elements.places.T), dtype=bool)
    return dict(itertools.compress(elements.points.items(), inside.tolist()))


def _with_points(nodes: npt.NDArray[np.void], points: Mapping[int, str]) -> npt.NDArray[np.void]:
    """Nodes of ways and points by rising id; a point's location is read from its line."""
    ids = np.array(sorted(points), dtype=np.int64)
    apart = np.zeros(len(ids), LOCATION)
    apart["id"] = ids
    every = np.concatenate([nodes, apart[~np.isin(ids, nodes["id"])]])
    return every[np.argsort(every["id"])]


def _relation(one: Relation, ways: set[int]) -> str:
    members = ",".join(f"w{way}@{_escaped(role)}" for way, role in one.ways.items() if way in ways)
    return f"r{one.osm_id} T{one.text} M{members}"


def _escaped(role: str) -> str:
    return "".join(c if c.isalnum() or c in "_:-" else f"%{ord(c):x}%" for c in role)


def _convert(text: Path, out: Path, time: str) -> None:
    header = osmium.io.Header()
    header.set("generator", "pipeline")
    header.set("sorting", "Type_then_ID")
    header.set("osmosis_replication_timestamp", time)
    file = osmium.io.File(str(out), f"pbf,add_metadata=version+timestamp,{FAST}")
    with (
        osmium.io.Reader(osmium.io.File(str(text), "opl")) as reader,
        osm_writer.written(file, header=header, overwrite=True) as writer,
    ):
        osmium.apply(reader, writer)
