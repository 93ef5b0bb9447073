"""Checks of what the posts of given years leave open: numbers of ways, and drawn ways."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.types import Bools
from pipeline.ops.proof.companions import most_ways
from pipeline.ops.proof.gather import Problems, Proof, network, zone_masks
from pipeline.ops.proof.posts import UNGUARDED_POSTS, checked, guarded

MODE = "road"
# Nearer to the line a post belongs to its crossing.
INLAND_KM = 10.0


def programme(proof: Proof) -> Problems:
    """Posts of the years, and the ways past none, past these, and past all that are mapped."""
    table = proof.layers["programme"]
    counts = ["ways", "ways_left", "ways_left_all"]
    for _, row in table.iterrows():
        name = f"programme, {row['depth_km']:+g} km"
        explained = pd.notna(row["why_absent"]) and row["why_absent"] != ""
        if row[counts].isna().any() != explained:
            yield f"{name}: expected counts or a reason why there are none"
        added = _of_years(proof, row["years"])
        if row["posts"] != len(added):
            yield f"{name}: {row['posts']} posts are of these years, computed again {len(added)}"
        if explained:
            continue
        before, behind = zone_masks(proof, row["depth_km"])
        roads = network(proof, MODE)
        for column, closed in zip(counts, _closed(proof, added), strict=True):
            found = most_ways(proof, roads & ~closed, before, behind, MODE)
            if found != row[column]:
                yield f"{name}: {column} is {row[column]:g}, computed again {found}"
        met = _between(proof, roads, before, behind)
        if row["posts_mapped"] != met:
            yield f"{name}: {row['posts_mapped']} posts are between, computed again {met}"
        yield from _drawn(proof, row, _closed(proof, added)[1])


def _of_years(proof: Proof, years: str) -> set[str]:
    """Posts of these years that check travellers on a road, away from the line."""
    posts, nodes = proof.layers["posts"], proof.layers["nodes"]
    since = pd.to_numeric(posts["since_year"]).isin([int(year) for year in str(years).split()])
    inland = posts.loc[since & (posts["depth_km"].abs() >= INLAND_KM), "post_id"]
    at = proof.layers["post_nodes"].merge(nodes[["node_id", "mode"]], on="node_id")
    return set(at.loc[at["post_id"].isin(inland) & (at["mode"] == MODE), "post_id"])


def _closed(proof: Proof, added: set[str]) -> tuple[Bools, Bools, Bools]:
    """Masks of links with a post: none, of the programme, and any that checks travellers."""
    at, nodes = proof.layers["post_nodes"], proof.layers["nodes"]
    here = nodes["node_id"].isin(at.loc[at["post_id"].isin(added), "node_id"]).to_numpy()
    here &= checked(proof)
    carried = np.asarray(here[proof.start] | here[proof.end])
    return np.zeros(len(carried), dtype=bool), carried, guarded(proof)


def _between(proof: Proof, roads: Bools, before: Bools, behind: Bools) -> int:
    """Posts on roads between the zones."""
    here = roads & ~(before[proof.start] & before[proof.end])
    here &= ~(behind[proof.start] & behind[proof.end])
    oneway = proof.layers["links"]["oneway"].to_numpy(bool)
    # A one-way road out of the zone behind, or into the one before, is on no way.
    here &= ~(oneway & (behind[proof.start] | before[proof.end]))
    nodes, posts = proof.layers["nodes"]["node_id"], proof.layers["posts"]
    ends = nodes.iloc[np.unique(np.concatenate([proof.start[here], proof.end[here]]))]
    checking = posts.loc[~posts["kind"].isin(UNGUARDED_POSTS), "post_id"]
    at = proof.layers["post_nodes"]
    at = at[at["post_id"].isin(checking) & at["node_id"].isin(ends)]
    return int(at["post_id"].nunique())


def _drawn(proof: Proof, row: "pd.Series[Any]", carried: Bools) -> Problems:
    """As many ways are drawn as are left; they pass no post of the programme and share no link."""
    paths = proof.layers["open_paths"]
    paths = paths[(paths["model"] == "programme") & (paths["depth_km"] == row["depth_km"])]
    listed = pd.Series(" ".join(paths["link_ids"]).split(), dtype=object)
    index = pd.Index(proof.layers["links"]["link_id"])
    passed = carried[index.get_indexer(listed)]
    expected = row["ways_left"] if row["posts"] else 0
    wrong = listed.duplicated().any() or passed.any() or (paths["stopped"] != 0).any()
    if len(paths) != expected or wrong:
        found = f"{len(paths)} ways are drawn, expected {expected:g} that share no link and no post"
        yield f"programme, {row['depth_km']:+g} km: {found}"
