"""Checks of placements: what the posts guarantee equals what the traveller's best answer allows.

Both are computed again from the layers alone. Moving posts stop every way with at least the stated
probability: a shortest path proves it. No posts do better against the ways that stay open, in the
shares in which they are used: posts on the most used links prove it. If both values are equal,
neither can be improved (duality of linear programs).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Bools, Floats, Ints
from pipeline.ops.proof.gather import Problems, Proof, network, zone_masks
from pipeline.ops.proof.posts import checked, guarded

GAP = 1e-6
NETWORK = ["mode", "depth_km", "walking", "existing"]
QUESTION = [*NETWORK, "chance", "n_posts"]
# Changes between road and rail belong to the network that joins both; no post can be there.
COMBINED = ("road", "rail")
# A post that stops everyone has no logarithm: this probability is used instead.
MOST_CHANCE = 0.99
NO_LIMIT = 1_000_000  # posts, or ways; more than are ever asked for


@dataclass(frozen=True)
class Ways:
    """The network of one question: arcs by rows of nodes and links, and where posts are."""

    tail: Ints
    head: Ints
    link: Ints
    takes: Bools
    met: Bools
    before: Bools
    behind: Bools


def randomised(proof: Proof) -> Problems:
    """Moving posts guarantee the value, and the ways left open allow no more than it."""
    link_ids = links_of(proof)["link_id"]
    for name, key, ways, posts in asked(proof, "randomised"):
        share = posts.groupby("link_id")["share"].sum().reindex(link_ids).fillna(0.0)
        value = float(posts["value"].iloc[0])
        if share.sum() > key["n_posts"] + GAP or (share > 1 + GAP).any():
            yield f"{name}: there are {share.sum():g} posts, expected at most {key['n_posts']}"
        weight = key["chance"] * (ways.met + share.to_numpy()[ways.link] * ways.takes)
        least = _shortest(ways, weight)
        if least < value - GAP:
            yield f"{name}: a way meets {least:.6f}, the value is {value:.6f}"
    yield from _answers(proof)


def _answers(proof: Proof) -> Problems:
    """The ways that stay open give the traveller at least the value."""
    paths = proof.layers["open_paths"]
    paths = paths[paths["model"] == "randomised"]
    placed = proof.layers["placements"].drop_duplicates(["model", *QUESTION])
    values = placed[placed["model"] == "randomised"].set_index(QUESTION)["value"]
    for found, group in paths.groupby(QUESTION):
        key = dict(zip(QUESTION, found, strict=True))
        name, ways = name_of(key), ways_of(proof, key)
        value = values.get(found)
        if value is None:
            yield f"{name}: ways stay open, but no post is placed"
            continue
        index = pd.Index(links_of(proof)["link_id"])
        passed, standing = np.zeros(len(index)), 0.0
        for _, path in group.iterrows():
            rows = index.get_indexer(str(path["link_ids"]).split())
            met = followed(ways, rows)
            if met is None:
                yield f"{name}: path {path['path_no']} does not lead from one zone to the other"
                continue
            if abs(path["stopped"] - min(value, 1.0)) > GAP:
                yield f"{name}: path {path['path_no']} stops otherwise than the value"
            standing += float(path["share"]) * met
            np.add.at(passed, rows, float(path["share"]))
        takes = np.zeros(len(index), dtype=bool)
        takes[ways.link[ways.takes]] = True
        often = np.sort(np.where(takes, passed, 0.0))[::-1][: key["n_posts"]]
        won = min(key["chance"] * (standing + often.sum()), 1.0)
        if abs(group["share"].sum() - 1) > GAP or won > value + GAP:
            yield f"{name}: posts achieve {won:.6f} against the ways left, the value is {value:.6f}"


def fixed(proof: Proof) -> Problems:
    """Fixed posts stop every way with the stated probability."""
    link_ids = links_of(proof)["link_id"]
    for name, key, ways, posts in asked(proof, "fixed"):
        value = float(posts["value"].iloc[0])
        stands = link_ids.isin(posts["link_id"]).to_numpy()
        if stands.sum() > key["n_posts"] or (posts["share"] != 1).any():
            yield f"{name}: there are {stands.sum()} posts, expected at most {key['n_posts']}"
        met = _shortest(ways, (ways.met + stands[ways.link] * ways.takes).astype(np.float64))
        chance = min(key["chance"], MOST_CHANCE)
        if abs(1 - (1 - chance) ** met - value) > GAP:
            yield f"{name}: a way meets {met:g} posts, the value is {value:.6f}"


def asked(proof: Proof, model: str) -> Iterator[tuple[str, dict[str, Any], Ways, pd.DataFrame]]:
    """Each question of a model: its name, what it asks, its network, and where posts are."""
    placed = proof.layers["placements"]
    for asked_network, all_posts in placed[placed["model"] == model].groupby(NETWORK):
        ways = ways_of(proof, dict(zip(NETWORK, asked_network, strict=True)))
        for found, posts in all_posts.groupby(QUESTION):
            key = dict(zip(QUESTION, found, strict=True))
            yield f"{model}, {name_of(key)}", key, ways, posts


def name_of(key: dict[str, Any]) -> str:
    """A name for a question, such as road +50 km, posts that stand: none, chance 1, 5 posts."""
    how = "walking, " if key["walking"] else ""
    return (
        f"{key['mode']} {key['depth_km']:+g} km, {how}posts that stand: {key['existing']}, "
        f"chance {key['chance']:g}, {key['n_posts']} posts"
    )


def links_of(proof: Proof) -> pd.DataFrame:
    """Links, then those that only placements use."""
    columns = ["link_id", "from_node", "to_node"]
    both = (proof.layers["links"][columns], proof.layers["placement_links"][columns])
    return pd.concat(both, ignore_index=True)


def ways_of(proof: Proof, key: dict[str, Any]) -> Ways:
    """The arcs of a question; its posts and their chance may be missing in QUESTION."""
    links, extra, nodes = links_of(proof), proof.layers["placement_links"], proof.layers["nodes"]
    mode = str(key["mode"])
    usable = np.zeros(len(links) - len(extra), dtype=bool)
    for one in COMBINED if mode == "combined" else (mode,):
        usable |= network(proof, one)
    walk = extra["kind"].eq("walk").to_numpy() & bool(key["walking"])
    change = extra["kind"].eq("transfer").to_numpy() & (mode == "combined")
    oneway = np.append(proof.layers["links"]["oneway"].to_numpy(bool), np.zeros(len(extra), bool))
    index = pd.Index(nodes["node_id"])
    start, end = (index.get_indexer(links[name]) for name in ("from_node", "to_node"))
    sides = [proof.from_country, proof.to_country, "border"]
    inside = nodes["side"].isin(sides).to_numpy()
    chosen = np.append(usable, walk | change) & inside[start] & inside[end]
    ahead, back = np.flatnonzero(chosen), np.flatnonzero(chosen & ~oneway)
    tail = np.concatenate([start[ahead], end[back]])
    head = np.concatenate([end[ahead], start[back]])
    link = np.concatenate([ahead, back])
    carries = np.zeros(len(links), dtype=bool)
    stands = np.zeros(len(nodes), dtype=bool)
    if key["existing"] == "mapped":
        stands = checked(proof)
        carries[: len(usable)] = guarded(proof)
        carries[len(usable) :] = (stands[start] | stands[end])[len(usable) :]
    free = ~carries
    free[len(usable) :] &= ~extra["kind"].eq("transfer").to_numpy()
    before, behind = zone_masks(proof, key["depth_km"])
    return Ways(tail, head, link, free[link], stands[head], before, behind)


def merged(ways: Ways) -> tuple[Ints, Ints, Bools]:
    """Tail and head of the arcs that a way may need, each zone one node, and which arcs they are.

    The zone before is the node after the last, the zone behind the one after that.
    """
    n = len(ways.before)
    node = np.arange(n)
    node[ways.before], node[ways.behind] = n, n + 1
    tail, head = node[ways.tail], node[ways.head]
    kept = (tail != head) & (head != n) & (tail != n + 1)
    return tail[kept], head[kept], kept


def most_past(ways: Ways) -> int:
    """The most ways that meet the fewest posts and share no link that has or may take a post.

    0 if a way uses no such link, since the number has then no limit.
    """
    tail, head, kept = merged(ways)
    met = ways.met[kept].astype(np.float64)
    away = _least(tail, head, met, len(ways.before))
    near = np.isfinite(away[tail])
    near[near] = away[head[near]] > away[tail[near]] + met[near] - GAP
    limit = np.where((ways.takes | ways.met)[kept], 1, NO_LIMIT)
    table = pd.DataFrame({"tail": tail, "head": head, "limit": limit})[near]
    most = table.groupby(["tail", "head"], as_index=False)["limit"].sum()
    size = (len(away),) * 2
    limits = most["limit"].clip(upper=NO_LIMIT).to_numpy(np.int32)
    graph = sparse.csr_array((limits, (most["tail"], most["head"])), shape=size)
    found = int(csgraph.maximum_flow(graph, size[0] - 2, size[0] - 1).flow_value)
    return found if found < NO_LIMIT else 0


def _shortest(ways: Ways, weight: Floats) -> float:
    """Least weight of a way from zone to zone; arcs within a zone cost nothing."""
    tail, head, kept = merged(ways)
    return float(_least(tail, head, weight[kept], len(ways.before))[-1])


def _least(tail: Ints, head: Ints, weight: Floats, n: int) -> Floats:
    """Least weight of a way from the zone before to each node, and last to the zone behind."""
    table = pd.DataFrame({"tail": tail, "head": head, "weight": weight})
    least = table.groupby(["tail", "head"], as_index=False)["weight"].min()
    pointer = np.searchsorted(least["tail"].to_numpy(), np.arange(n + 3))
    graph = sparse.csr_array(
        (least["weight"].to_numpy(), least["head"].to_numpy(), pointer), shape=(n + 2, n + 2)
    )
    return np.asarray(csgraph.dijkstra(graph, indices=[n])[0])


def followed(ways: Ways, rows: Ints) -> float | None:
    """Posts on the links in this order, from zone to zone; None if they are not connected."""
    arcs: dict[int, list[int]] = {}
    for arc in np.flatnonzero(np.isin(ways.link, rows)).tolist():
        arcs.setdefault(int(ways.link[arc]), []).append(arc)
    at: dict[int | None, float] = {None: 0.0}
    for row in rows.tolist():
        reached: dict[int | None, float] = {}
        for arc in arcs.get(int(row), []):
            tail, head = int(ways.tail[arc]), int(ways.head[arc])
            came = at.get(tail) if None not in at else (0.0 if ways.before[tail] else None)
            if came is not None:
                met = came + float(ways.met[arc])
                reached[head] = min(met, reached.get(head, np.inf))
        at = reached
    ends = [met for node, met in at.items() if node is not None and ways.behind[node]]
    return min(ends) if ends else None
