"""Scan OpenStreetMap files with osmium: locations of nodes, and the relevant elements in OPL.

A loop in Python over all vertices would take most of the time. So osmium reads the file once, in
compiled code, and writes two scratch files from which arrays are read: its index of node locations,
and the relevant elements in OPL, one per line (https://osmcode.org/opl-file-format/).
"""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import NODE, NOTHING, RELATION, WAY

from pipeline.network.areas import POST_KEYS
from pipeline.network.elements import Way
from pipeline.sources import location_file, osm_writer
from pipeline.sources.wanted import PASSED
from pipeline.sources.ways_by_id import ways_by_id

# A way is read if it has one of these keys: for networks, country lines, posts drawn as buildings.
WAY_KEYS = (
    *("highway", "railway", "route", "ferry", "disused:railway", "disused:highway"),
    *("abandoned:highway", "disused:route", "abandoned:route", "boundary"),
)
# Nodes that may stop somebody although they are not barriers are read, too (PASSED).
NODE_KEYS = (*("place", "railway", *PASSED, *(f"{key}:conditional" for key in PASSED), *POST_KEYS),)
SCALE = 1e-7  # degrees per unit of OSM's integer coordinates
LOCATION = np.dtype([("osm_id", "<i8"), ("x", "<i4"), ("y", "<i4")])  # of osmium's index
LOCATED = re.compile(r"n(\d+)x(-?[\d.e-]+)y(-?[\d.e-]+)")


class NotPlainError(Exception):
    """An element occurs twice or has a negative id: the file must be rewritten first."""


def ways_of_ids(source: Path, ids: set[int]) -> list[Way]:
    """The ways with these ids, whatever their tags; ways that the file lacks are left out.

    Parameters
    ----------
    source : Path
        A file of OpenStreetMap data with one version of each element.
    ids : set of int
        OSM ids of ways.

    Returns
    -------
    list of Way
        In the order of the file.
    """
    found = []
    for way in ways_by_id(source, ids):
        refs = ",".join(f"n{node.ref}" for node in way.nodes)
        found.append(Way(way.id, {tag.k: tag.v for tag in way.tags}, refs))
    return found


def places_on_ways(source: Path, scratch: Path) -> npt.NDArray[np.void]:
    """Coordinates of nodes that are stored in the ways: such files may lack nodes without tags.

    Such files are written by `osmium add-locations-to-ways`, and by Overpass with `out geom`.

    Parameters
    ----------
    source : Path
        A file of OpenStreetMap data.
    scratch : Path
        Folder for scratch files.

    Returns
    -------
    ndarray of LOCATION
        By rising id: osm_id, and x and y in units of SCALE degrees.
    """
    opl = scratch / "located.opl"
    form = osmium.io.File(str(opl), "opl,add_metadata=none,locations_on_ways=true")
    with (
        osmium.io.Reader(str(source), WAY) as reader,
        osm_writer.written(form, overwrite=True) as writer,
    ):
        osmium.apply(reader, osmium.filter.KeyFilter(*WAY_KEYS), writer)
    found = []
    with opl.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if "x" in line:
                nodes = line.rstrip("\n").rsplit(" N", 1)[-1]
                found += [(int(n), *map(_units, xy)) for n, *xy in LOCATED.findall(nodes)]
    return np.array(sorted(set(found)), dtype=LOCATION)


def _units(degrees: str) -> int:
    return round(float(degrees) / SCALE)


def header_box(path: str | Path) -> tuple[float, float, float, float] | None:
    """West, south, east and north in the header of an OSM file; None if it states no box.

    Parameters
    ----------
    path
        A file of OpenStreetMap data, in any format that osmium reads.

    Returns
    -------
    tuple of float or None
        Degrees.
    """
    with osmium.io.Reader(str(path), NOTHING) as reader:
        box = reader.header().box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return low.lon, low.lat, high.lon, high.lat


def scanned(path: Path, scratch: Path) -> tuple[npt.NDArray[np.void], Path, str]:
    """The locations of all nodes, a file of OPL with the relevant elements, and the file's time.

    Parameters
    ----------
    path : Path
        A file of OpenStreetMap data.
    scratch : Path
        Folder for scratch files.

    Returns
    -------
    nodes : ndarray of LOCATION
        osm_id, and x and y in units of SCALE degrees, in the order of osmium's index.
    opl : Path
        The relevant elements, one per line.
    timestamp : str
        From the file's header; empty if it states none.
    """
    wanted = osmium.filter.KeyFilter(*WAY_KEYS, "place", *POST_KEYS).enable_for(WAY | RELATION)
    tagged = osmium.filter.KeyFilter(*NODE_KEYS).enable_for(NODE)
    opl = scratch / "elements.opl"
    with (
        location_file.noted(scratch / "nodes") as locations,
        osmium.io.Reader(str(path), NODE | WAY | RELATION) as reader,
        osm_writer.written(
            osmium.io.File(str(opl), "opl,add_metadata=version+timestamp"), overwrite=True
        ) as writer,
    ):
        locations.apply_nodes_to_ways = False
        timestamp = reader.header().get("osmosis_replication_timestamp")
        osmium.apply(reader, locations, wanted, tagged, writer)
    nodes = np.fromfile(scratch / "nodes", LOCATION)
    (scratch / "nodes").unlink()
    return nodes[nodes["osm_id"] > 0], opl, timestamp


def located(nodes: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """The nodes by rising id.

    Parameters
    ----------
    nodes : ndarray of LOCATION
        As `scanned` returns them.

    Returns
    -------
    ndarray of LOCATION

    Raises
    ------
    NotPlainError
        If a node occurs twice with different coordinates.
    """
    if np.all(np.diff(nodes["osm_id"]) > 0):
        return nodes
    nodes = np.unique(nodes)
    twice = np.flatnonzero(np.diff(nodes["osm_id"]) == 0)
    if len(twice):
        raise NotPlainError(f"node {nodes['osm_id'][twice[0]]}")
    return nodes
