"""Checks of G(D) and H(D): both computed again, by scipy's maximum flow, from the layers alone."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Bools
from pipeline.ops.proof.gather import (
    DEPTH_TOLERANCE_KM,
    Problems,
    Proof,
    network,
    where,
    zone_masks,
)
from pipeline.ops.proof.posts import guarded


def unguarded(proof: Proof) -> Problems:
    """G(D): the number of ways between the zones without the links that have a post."""
    free = ~guarded(proof)
    for _, row in _stated(proof, "unguarded_links").iterrows():
        before, behind = zone_masks(proof, row["depth_km"])
        found = most_ways(proof, network(proof, row["mode"]) & free, before, behind, row["mode"])
        if found != row["unguarded_links"]:
            yield f"{where(row)}: G is {row['unguarded_links']:g}, computed again {found}"


def second_line(proof: Proof) -> Problems:
    """H(D): the number of ways from the strip behind the line to the zone at depth D."""
    strip = proof.depth_km >= -DEPTH_TOLERANCE_KM
    strip &= proof.depth_km <= proof.origin_km + DEPTH_TOLERANCE_KM
    for _, row in _stated(proof, "second_line_links").iterrows():
        _, behind = zone_masks(proof, row["depth_km"])
        found = most_ways(proof, network(proof, row["mode"]), strip, behind, row["mode"])
        if found != row["second_line_links"]:
            yield f"{where(row)}: H is {row['second_line_links']:g}, computed again {found}"


def _stated(proof: Proof, column: str) -> pd.DataFrame:
    """Rows of cordons with the figure: directed, transit through third countries excluded."""
    cordons = proof.layers["cordons"]
    headline = cordons["directed"].astype(bool) & ~cordons["third_open"].astype(bool)
    return cordons[headline & cordons[column].notna()]


def most_ways(proof: Proof, usable: Bools, before: Bools, behind: Bools, mode: str) -> int:
    """Most link-disjoint ways from the zone `before` to the zone `behind`, by maximum flow."""
    oneway = proof.layers["links"]["oneway"].to_numpy(bool)
    back = usable if mode == "foot" else usable & ~oneway
    n = len(proof.depth_km)
    # Each zone is merged to one node.
    node = np.arange(n)
    node[before], node[behind] = n, n + 1
    tail = node[np.concatenate([proof.start[usable], proof.end[back]])]
    head = node[np.concatenate([proof.end[usable], proof.start[back]])]
    between = tail != head
    ones = np.ones(int(between.sum()), dtype=np.int32)
    size = n + 2
    arcs = sparse.coo_array((ones, (tail[between], head[between])), shape=(size, size)).tocsr()
    return int(csgraph.maximum_flow(arcs, n, n + 1).flow_value)
