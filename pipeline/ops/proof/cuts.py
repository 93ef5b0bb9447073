"""Checks of cuts: they have as many links as F(D), and closing them leaves no way."""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Bools
from pipeline.ops.proof.gather import PROFILE, Problems, Proof, at, network, where, zone_masks


def cut_is_f(proof: Proof) -> Problems:
    """Both cuts of every F(D) have F(D) links, open to their mode and marked in_min_cut."""
    cuts = proof.layers["cut_links"]
    links = proof.layers["links"].set_index("link_id")
    sizes = cuts.groupby([*PROFILE, "end"])["link_id"].nunique()
    for _, row in proof.stated.iterrows():
        key = tuple(row[PROFILE])
        for end in ("from", "to"):
            size = sizes.get((*key, end), 0)
            if size != row["min_cut_links"]:
                found = f"the cut nearest `{end}` has {size} links"
                yield f"{where(row)}: {found}, F is {row['min_cut_links']:g}"
    for mode, rows in cuts.groupby("mode"):
        usable = network(proof, str(mode))[links.index.get_indexer(pd.Index(rows["link_id"]))]
        outside = rows[~usable]
        yield from at(outside, "its cut has a link that is not open to its mode")
    own = cuts["directed"].astype(bool) & (cuts["mode"] != "foot")
    marked = links["in_min_cut"].loc[cuts.loc[own, "link_id"]].to_numpy(bool)
    yield from at(cuts[own][~marked], "a link of its cut is not marked in_min_cut")


def separates(proof: Proof) -> Problems:
    """Both zones contain network, and closing each of the cuts leaves no way between them."""
    ids = pd.Index(proof.layers["links"]["link_id"])
    cuts = {
        key: ids.get_indexer(group["link_id"])
        for key, group in proof.layers["cut_links"].groupby([*PROFILE, "end"])
    }
    none = np.zeros(0, dtype=np.int64)
    for _, row in proof.stated.iterrows():
        before, behind = zone_masks(proof, row["depth_km"])
        usable = network(proof, row["mode"])
        held = np.zeros(len(proof.depth_km), dtype=bool)
        held[proof.start[usable]] = held[proof.end[usable]] = True
        if not ((held & before).any() and (held & behind).any()):
            yield f"{where(row)}: F is stated, but one of its zones contains no network"
        for end in ("from", "to"):
            left = usable.copy()
            left[cuts.get((*row[PROFILE], end), none)] = False
            if (_reached(proof, left, before, row) & behind).any():
                yield f"{where(row)}: a way is left when the cut nearest `{end}` is closed"


def _reached(proof: Proof, left: Bools, before: Bools, row: pd.Series) -> Bools:
    """Nodes that the remaining links `left` reach from the zone `before` the border."""
    n = len(proof.depth_km)
    oneway = proof.layers["links"]["oneway"].to_numpy(bool)
    back = left if row["mode"] == "foot" or not row["directed"] else left & ~oneway
    sources = np.flatnonzero(before)
    tails = np.concatenate([proof.start[left], proof.end[back], np.full(len(sources), n)])
    heads = np.concatenate([proof.end[left], proof.start[back], sources])
    arcs = sparse.csr_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(n + 1, n + 1))
    reached = np.zeros(n + 1, dtype=bool)
    reached[csgraph.breadth_first_order(arcs, n, return_predecessors=False)] = True
    return reached[:n]
