"""Ways that lack some of their nodes: they are cut there, and an issue says so.

A simple clip keeps a way that leaves its box, but not all of the way's nodes.
"""

from collections.abc import Iterator

import numpy as np

from pipeline.core.types import Floats, Ints
from pipeline.network.issues import Issue, Severity


def cut_vertices(start: Ints, vertex: Ints) -> Ints:
    """Rows of the vertices next to which a way lacks a node.

    Parameters
    ----------
    start, vertex
        As in `read.Ways`: way k has `vertex[start[k]:start[k + 1]]`, -1 where one is missing.

    Returns
    -------
    ndarray of int
        Rows of vertices, ascending, each once.
    """
    lacks = vertex < 0
    # Neighbours in the array may belong to two ways.
    first, last = start[:-1][np.diff(start) > 0], start[1:][np.diff(start) > 0] - 1
    before, after = np.zeros_like(lacks), np.zeros_like(lacks)
    before[1:], after[:-1] = lacks[:-1], lacks[1:]
    before[first], after[last] = False, False
    return np.unique(vertex[(before | after) & ~lacks])


def issues(
    lon: Floats,
    lat: Floats,
    osm_id: Ints,
    start: Ints,
    vertex: Ints,
    severity: Severity,
    assumed: str,
) -> Iterator[Issue]:
    """An issue for each way that lacks nodes, at its first existing node.

    Parameters
    ----------
    lon, lat
        Places of the vertices (EPSG:4326).
    osm_id, start, vertex
        Ways, as in `read.Ways`. A way without any existing node has no place and is left out, as if
        the file did not hold it.
    severity
        Severity of the issue for these ways.
    assumed
        What is assumed at the cut.

    Yields
    ------
    Issue
        One for each way, by row.
    """
    lacks = vertex < 0
    if not len(lacks):
        return
    counts = np.diff(start)
    way = np.repeat(np.arange(len(counts)), counts)
    for row in np.unique(way[lacks]):
        own = vertex[start[row] : start[row + 1]]
        held = own[own >= 0]
        if not len(held):
            continue
        yield Issue(
            kind="missing_nodes",
            severity=severity,
            element=f"w{osm_id[row]}",
            lon=float(lon[held[0]]),
            lat=float(lat[held[0]]),
            found=f"the file lacks {len(own) - len(held)} of {len(own)} nodes of way {osm_id[row]}",
            assumed=f"{assumed} where they are missing",
            may_change="what lies behind: whether the way continues, and cuts that it belongs to",
        )
