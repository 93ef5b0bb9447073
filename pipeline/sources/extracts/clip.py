"""Stage 1, by extracts: clip them to a border's corridor, streaming, and merge what is left.

The tests that every element of an extract must pass are osmium's, in compiled code; what remains
is judged by geometry (`trim`). Memory does not grow with the extract but with the corridor: two
bit sets over all node ids (at most 1.6 GB each at 13 billion ids) beside the piece at hand.
"""

import shutil
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import osmium
import shapely
from osmium.osm import NODE, RELATION, WAY
from shapely.geometry.base import BaseGeometry
from tqdm import tqdm

from pipeline.core import borderfile, errors
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.sources.record import put, record_of, sha256_of
from pipeline.sources.trim import (
    Members,
    border_lines,
    country_members,
    keep_whole,
    trim,
    water_members,
    ways_of_several,
)
from pipeline.sources.wanted import DEEP_WAYS, NEAR_WAYS, NODES, Ground, ground, is_wanted

# A way can cross the ground with no node on it: ways with a node this near to it are looked at.
CHORD_DEGREES = 0.1
PIECE = 1 << 21  # node locations read at a time, 32 MB
NODE_BYTES = 16  # of a location on disk
LOCATION = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
UNDEFINED = 2147483647  # libosmium's mark for no location
SCALE = 1e-7


def clip(border_toml: str, extracts: str, out: str) -> None:
    """Write what is wanted of the border's extracts in the folder `extracts` to the file `out`.

    Each element comes once, in its latest version where extracts overlap; a record is written
    beside. Raises InputError where an extract is missing or not readable, or holds no border.
    """
    border = borderfile.read(border_toml)
    target = Path(out)
    paths = _paths(border, Path(extracts))
    began = datetime.now(UTC)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".clip-") as name:
        scratch = Path(name)
        _refuse_full_disk(scratch, paths)
        try:
            countries = {path: country_members(path) for path in paths}
            lines = border_lines(countries, (border.from_, border.to))
            area = ground(lines, border.big_roads_km)
            parts = [
                rough_clip(path, countries[path], area, scratch / f"{number}.osm.pbf")
                for number, path in enumerate(tqdm(paths, unit="extract", disable=None))
            ]
            rough = merge(parts, scratch / "merged.osm.pbf")
            stated = [header_of(path) for path in paths]
            time = min(header.get("osmosis_replication_timestamp", "") for header in stated)
            aside = scratch / target.name
            counts = trim(rough, area, (border.from_, border.to), aside, time)
        except RuntimeError as error:
            raise InputError(f"{extracts}: not readable as OpenStreetMap data ({error})") from error
        record = record_of(aside, began, time, counts, _asked(border, paths, stated))
        put(aside, target, border.border, record)


def rough_clip(path: Path, countries: Members, area: Ground, out: Path) -> Path:
    """Write ways with a node on or near the ground, whole, tagged nodes, relations with their ways.

    Relations are those of countries, and of waters near the ground.
    """
    kept = osmium.IdTracker()
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        locations = Path(scratch) / "locations"
        table = osmium.index.create_map(f"sparse_file_array,{locations}")
        store = osmium.NodeLocationsForWays(table)
        store.ignore_errors()
        osmium.apply(osmium.io.Reader(str(path), NODE), store)
        del store, table
        for shape, wanted in ((area.near, NEAR_WAYS), (area.deep, DEEP_WAYS)):
            inside = _nodes_inside(locations, shape.buffer(CHORD_DEGREES))
            _keep_ways(path, wanted, inside, kept)
            if shape is area.near:
                _keep_waters(path, inside, kept)
            del inside
            if area.near.equals(area.deep):
                break
    for way in ways_of_several(countries):
        kept.add_way(way)
    _keep_nodes_of_borders(path, countries, kept)
    _keep_points(path, area.deep, kept)
    for relation in countries:
        kept.add_relation(relation)
    with osmium.SimpleWriter(str(out), overwrite=True) as writer:
        osmium.apply(osmium.io.Reader(str(path), NODE | WAY | RELATION), kept.id_filter(), writer)
    return out


def merge(parts: list[Path], out: Path) -> Path:
    """One sorted file of several, each element in its latest version; streaming."""
    if len(parts) == 1:
        return parts[0]
    every = [osmium.FileProcessor(str(part)) for part in parts]
    with osmium.SimpleWriter(str(out), overwrite=True) as writer:
        for same in osmium.zip_processors(*every):
            writer.add(max((one for one in same if one), key=lambda one: one.version))
    return out


def header_of(path: Path) -> dict[str, str]:
    """What the header of an OSM file says of its time and of where its updates are."""
    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    names = [f"osmosis_replication_{name}" for name in ("timestamp", "base_url", "sequence_number")]
    return {name: header.get(name) for name in names if header.get(name)}


def _paths(border: BorderFile, extracts: Path) -> list[Path]:
    if not border.extracts:
        raise InputError(f"{border.border}.toml: key extracts is missing, expected some names")
    paths = [extracts / f"{name}.osm.pbf" for name in border.extracts]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected an extract")
    return paths


def _refuse_full_disk(scratch: Path, paths: list[Path]) -> None:
    """A PBF holds a node in 8 bytes or more, and its location takes 16 here, one at a time."""
    needed = sum(path.stat().st_size for path in paths) // 2
    needed += 2 * max(path.stat().st_size for path in paths)
    free = shutil.disk_usage(scratch).free
    if free < needed:
        raise InputError(
            f"{scratch.parent}: {free / 1e9:.1f} GB free, expected {needed / 1e9:.1f} GB to clip"
        )


def _nodes_inside(locations: Path, shape: BaseGeometry) -> osmium.IdTracker:
    """The nodes of a table of locations that lie in the shape."""
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    inside = osmium.IdTracker()
    with locations.open("rb") as file:
        while len(piece := np.fromfile(file, LOCATION, PIECE)):
            lon, lat = piece["x"] * SCALE, piece["y"] * SCALE
            near = (piece["x"] != UNDEFINED) & (lon >= west) & (lon <= east)
            near &= (lat >= south) & (lat <= north)
            rows = np.flatnonzero(near)
            rows = rows[shapely.contains_xy(shape, lon[rows], lat[rows])]
            for osm_id in piece["id"][rows].tolist():
                inside.add_node(osm_id)
    return inside


def _keep_ways(
    path: Path,
    wanted: Mapping[str, tuple[str, ...]],
    inside: osmium.IdTracker,
    kept: osmium.IdTracker,
) -> None:
    """Keep the wanted ways that have one of the nodes, with all of theirs."""
    ways = osmium.FileProcessor(str(path), WAY).with_filter(osmium.filter.KeyFilter(*wanted))
    for way in ways.with_filter(inside.contains_filter()):
        if is_wanted(dict(way.tags), wanted):
            kept.add_way(way.id)
            kept.add_references(way)


def _keep_waters(path: Path, inside: osmium.IdTracker, kept: osmium.IdTracker) -> None:
    """Keep the waters of which a way has one of the nodes, with all their ways."""
    waters = water_members(path)
    shores = osmium.filter.IdFilter(set().union(*waters.values()))
    met = osmium.FileProcessor(str(path), WAY).with_filter(shores)
    near = {way.id for way in met.with_filter(inside.contains_filter())} if waters else set()
    wet = [water for water, ways in waters.items() if not near.isdisjoint(ways)]
    for water in wet:
        kept.add_relation(water)
    keep_whole(path, set().union(*(waters[water] for water in wet)), kept)


def _keep_nodes_of_borders(path: Path, countries: Members, kept: osmium.IdTracker) -> None:
    shared = ways_of_several(countries)
    if shared:
        chosen = osmium.filter.IdFilter(shared)
        for way in osmium.FileProcessor(str(path), WAY).with_filter(chosen):
            kept.add_references(way)


def _keep_points(path: Path, deep: BaseGeometry, kept: osmium.IdTracker) -> None:
    shapely.prepare(deep)
    tagged = osmium.filter.KeyFilter(*NODES)
    for node in osmium.FileProcessor(str(path), NODE).with_filter(tagged):
        if is_wanted(dict(node.tags), NODES) and shapely.contains_xy(deep, node.lon, node.lat):
            kept.add_node(node.id)


def _asked(
    border: BorderFile, paths: list[Path], stated: list[dict[str, str]]
) -> dict[str, object]:
    """Where the raw file came from: each extract with its own time and sum."""
    extracts = [
        f"{name} {header.get('osmosis_replication_timestamp', 'of unknown time')} "
        f"{path.stat().st_size} bytes sha256 {sha256_of(path)} "
        f"{header.get('osmosis_replication_base_url', '')}".strip()
        for name, path, header in zip(border.extracts, paths, stated, strict=True)
    ]
    return {"url": "extracts", "extracts": extracts, "big_roads_km": border.big_roads_km}


if __name__ == "__main__":
    errors.run(clip, sys.argv[1:], "BORDER_TOML EXTRACTS_DIR OUT")
