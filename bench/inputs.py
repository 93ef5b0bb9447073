"""What is measured on: networks made by rule, and ways of real extracts."""

from pathlib import Path
from typing import Any

import numpy as np
import osmium
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from pipeline.network import tags

Arrays = dict[str, Any]

# Lengths in whole units of 2^-10 m add up without rounding, so that results must be identical.
UNIT_M = 2.0**-10
MORE_THAN_TREE = 0.1  # sparse: links beyond a spanning tree, as a share of the nodes


def dense(n_nodes: int) -> Arrays:
    """A town: a square grid of streets of 50 to 200 m."""
    side = round(n_nodes**0.5)
    node = np.arange(side**2).reshape(side, side)
    start = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    end = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    length_m = np.random.default_rng(1).integers(50 * 1024, 200 * 1024, len(start)) * UNIT_M
    return {"n_nodes": np.array(side**2), "start": start, "end": end, "length_m": length_m}


def sparse(n_nodes: int) -> Arrays:
    """Open country: a spanning tree of a grid drawn at random, and a few links more."""
    grid = dense(n_nodes)
    start, end, size = grid["start"], grid["end"], int(grid["n_nodes"])
    rng = np.random.default_rng(2)
    lot = 1 + rng.permutation(len(start)).astype(np.float64)
    tree = minimum_spanning_tree(coo_array((lot, (start, end)), shape=(size, size)))
    kept = np.isin(lot, tree.data)
    more = rng.permutation(np.flatnonzero(~kept))[: round(MORE_THAN_TREE * size)]
    kept[more] = True
    return grid | {key: grid[key][kept] for key in ("start", "end", "length_m")}


def ways_only(raw: Path, out: Path) -> None:
    """The roads and paths of an OSM file with their nodes, as OSM XML, so that all read the same.

    Other packages take every way of a file for a road.
    """
    with osmium.BackReferenceWriter(str(out), str(raw), overwrite=True) as writer:
        for way in osmium.FileProcessor(str(raw), osmium.osm.WAY):
            found = tags.kinds(dict(way.tags))
            if "highway" in way.tags and any(kind.mode != "rail" for kind in found):
                writer.add(way)
