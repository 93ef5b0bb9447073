"""Stage 3: where links of a mode pass from one side of the border to the other."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import parameters, schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Ints
from pipeline.network import link_arcs, reach, tags

MERGE_M = parameters.number("merge_m")
OTHER_MERGES_M = parameters.numbers("other_merges_m")
CONTROL_M = parameters.number("control_m")
CONTROLS = parameters.texts("control_kinds")
# A road bridge may be walked too; a crossing of the mode foot is one that can only be walked, but
# what lies behind it may be any way that can be.
NETWORKS = {"road": ("road",), "rail": ("rail",), "foot": ("road", "foot_only")}
OWN = {"road": "road", "rail": "rail", "foot": "foot_only"}


def crossings(network: str, border_toml: str, out: str, data_toml: str | None = None) -> None:
    """Write crossings, crossing_links and crossing_merges of a network to the folder `out`."""
    border = reach.settled(network, border_toml, data_toml)
    nodes, links, posts = (store.read(network, name) for name in ("nodes", "links", "posts"))
    found = [crossings_of(mode, nodes, links, posts, border) for mode in NETWORKS]
    parts = zip(*found, strict=True)
    rows, members, merges = (pd.concat(part, ignore_index=True) for part in parts)
    tables = {"crossings": rows, "crossing_links": members, "crossing_merges": merges}
    store.write(out, tables | {"crossing_issues": schema.empty("crossing_issues")})


def crossings_of(
    mode: str, nodes: pd.DataFrame, links: pd.DataFrame, posts: pd.DataFrame, border: BorderFile
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The rows of crossings (grazes included: counted is false), crossing_links, crossing_merges.

    A hit that links in use lead through is open; one that is passed only with a closed or disused
    link, there or before ground is deep, is closed, and merged with none that is open.
    """
    network = links[links["mode"].isin(NETWORKS[mode]) & (links["walkable"] | (mode != "foot"))]
    network = network.reset_index(drop=True)
    own = network["mode"] == OWN[mode]
    in_use = network["state"] == "open"
    every_hit = _meeting(joined_hits(nodes, network, border), network[own])
    open_hits = _meeting(joined_hits(nodes, network[in_use], border), network[own & in_use])
    passed = set(open_hits.loc[open_hits["counted"], "node_id"])
    meets_shut = every_hit["node_id"].isin(_meeting(every_hit, network[own & ~in_use])["node_id"])
    shut = (every_hit["counted"] | meets_shut) & ~every_hit["node_id"].isin(passed)
    shut_hits = every_hit[shut]
    open_hits = open_hits[~open_hits["node_id"].isin(set(shut_hits["node_id"]))]
    controls = _controls(open_hits, network[in_use], posts)
    found = {}
    for merge_m in (MERGE_M, *OTHER_MERGES_M):
        open_, shut = merged(open_hits, merge_m), merged(shut_hits, merge_m).assign(post=None)
        open_["post"] = open_["node_id"].map(controls)
        hits = pd.concat([open_.assign(shut=False), shut.assign(shut=True)], ignore_index=True)
        found[merge_m] = _tables(mode, hits, network, nodes, posts)
    counts = [(mode, merge_m, _open_ones(rows)) for merge_m, (rows, _) in found.items()]
    merges = pd.DataFrame(counts, columns=["mode", "merge_m", "crossings"])
    return *found[MERGE_M], merges


def _open_ones(rows: pd.DataFrame) -> int:
    """Crossings that count and are open to all."""
    return int(
        (rows["counted"] & (rows["status"] != "closed") & (rows["class"] != "restricted")).sum()
    )


def _meeting(hits: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The hits at which one of the links begins or ends."""
    return hits[hits["node_id"].isin({*links["from_node"], *links["to_node"]})]


def joined_hits(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile) -> pd.DataFrame:
    """Nodes on the line that links meet, with the group that shallow pieces join them to.

    The network is cut at the line; a piece that is nowhere `through_km` deep joins the hits that
    bound it into one. Columns node_id, border_km, group, touches_from and touches_to (a piece that
    is so deep on that side begins at the hit itself), counted (the group touches both).
    """
    ends = pd.concat([links["from_node"], links["to_node"]], ignore_index=True)
    met = (nodes["kind"] == "border") & nodes["node_id"].isin(set(ends))
    hits = nodes.loc[met, ["node_id", "border_km"]].reset_index(drop=True)
    piece, count = _pieces(nodes, links)
    depth_km, side = _piece_depths(links, piece, count)
    hit = pd.Index(hits["node_id"]).get_indexer(ends)
    touched = np.tile(piece, 2)[hit >= 0]
    hit = hit[hit >= 0]
    joins = depth_km[touched] < reach.through_km(border, side)[touched]
    size = len(hits) + count
    edges = (np.ones(int(joins.sum()), bool), (hit[joins], len(hits) + touched[joins]))
    group = connected_components(coo_array(edges, shape=(size, size)), directed=False)[1]
    hits = hits.assign(group=group[: len(hits)], counted=True)
    for column, country in (("touches_from", border.from_), ("touches_to", border.to)):
        deep = np.unique(hit[~joins & (side[touched] == country)])
        hits[column] = np.isin(np.arange(len(hits)), deep)
        hits["counted"] &= hits["group"].isin(hits["group"].iloc[deep])
    return hits


def _pieces(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[Ints, int]:
    """The piece of each link once the network is cut at the lines, and how many there are."""
    arcs = link_arcs.arcs(nodes, links, directed=True)
    end = np.concatenate([arcs.tail[: len(links)], arcs.head[: len(links)]])
    row = np.tile(np.arange(len(links)), 2)
    whole = ~nodes["kind"].isin(["border", "third_border", "beyond"]).to_numpy()[end]
    size = len(nodes) + len(links)
    pairs = (np.ones(int(whole.sum()), bool), (end[whole], len(nodes) + row[whole]))
    label = connected_components(coo_array(pairs, shape=(size, size)), directed=False)[1]
    distinct, piece = np.unique(label[len(nodes) :], return_inverse=True)
    return piece.astype(np.int64), len(distinct)


def _piece_depths(
    links: pd.DataFrame, piece: Ints, count: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_]]:
    """Depth in km that each piece reaches, on whichever side, and its side.

    Endless in a third country, and where the data end: what lies behind an open end is unknown.
    """
    depth = np.fmax(-links["depth_min_km"].to_numpy(), links["depth_max_km"].to_numpy())
    reached = np.zeros(count)
    endless = np.isnan(depth) | links["open_ended"].to_numpy()
    np.maximum.at(reached, piece, np.where(endless, np.inf, depth))
    side = np.full(count, None, dtype=object)
    side[piece] = links["side"].to_numpy()
    return reached, side


def merged(hits: pd.DataFrame, merge_m: float = MERGE_M) -> pd.DataFrame:
    """Hits with the number of their crossing: groups merged from the western end.

    A crossing takes in groups until it would be longer than `merge_m`, so that chaining cannot
    swallow kilometres; a group lies at the middle of its hits. Grazes merge only with grazes.
    """
    groups = hits.groupby("group").agg(
        low=("border_km", "min"), high=("border_km", "max"), counted=("counted", "first")
    )
    groups["at"] = (groups["low"] + groups["high"]) / 2
    groups = groups.reset_index().sort_values(["counted", "at", "group"], kind="stable")
    number, start, before = 0, -np.inf, None
    numbers = {}
    for group, at, counted in groups[["group", "at", "counted"]].itertuples(index=False):
        if counted != before or (at - start) * 1000 > merge_m:
            number, start, before = number + 1, at, counted
        numbers[group] = number
    return hits.assign(crossing=hits["group"].map(numbers).astype("int64"))


def _controls(hits: pd.DataFrame, links: pd.DataFrame, posts: pd.DataFrame) -> dict[str, str]:
    """Post by hit: on the hit itself, or along its links before the first junction.

    The way leads outward through nodes where only two links meet, no farther than CONTROL_M.
    """
    posts = posts[posts["kind"].isin(CONTROLS) & posts["node_id"].notna()]
    control = dict(zip(posts["node_id"], posts["post_id"], strict=True))
    # What lies deeper than the way is long is not met on it: most of the network need not be told.
    least_m = 1000 * links[["depth_min_km", "depth_max_km"]].abs().min(axis=1)
    near = links.loc[~(least_m > 1.01 * CONTROL_M), ["link_id", "from_node", "to_node", "length_m"]]
    leaving: dict[str, list[tuple[str, str, float]]] = {}
    for link_id, start, end, length_m in near.itertuples(index=False):
        leaving.setdefault(start, []).append((link_id, end, length_m))
        leaving.setdefault(end, []).append((link_id, start, length_m))
    found = {node: _first_control(node, leaving, control) for node in hits["node_id"]}
    return {node: post for node, post in found.items() if post is not None}


def _first_control(
    hit: str, leaving: dict[str, list[tuple[str, str, float]]], control: dict[str, str]
) -> str | None:
    if hit in control:
        return control[hit]
    for link, node, walked_m in leaving[hit]:
        at, by, metres = node, link, walked_m
        while metres <= CONTROL_M:
            if at in control:
                return control[at]
            onward = [step for step in leaving[at] if step[0] != by]
            if len(onward) != 1:
                break
            by, at, metres = onward[0][0], onward[0][1], metres + onward[0][2]
    return None


def _tables(
    mode: str, hits: pd.DataFrame, links: pd.DataFrame, nodes: pd.DataFrame, posts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The hits as rows of crossings, and the links that meet the line at each."""
    if not len(hits):
        return schema.empty("crossings"), schema.empty("crossing_links")
    hits = hits.sort_values(["border_km", "node_id"], kind="stable")
    hits["crossing_id"] = (
        mode + "-" + hits.groupby(["shut", "crossing"])["node_id"].transform("first")
    )
    meeting = pd.concat(
        [links.assign(node_id=links[end]) for end in ("from_node", "to_node")], ignore_index=True
    )
    meeting = meeting.merge(hits, on="node_id", how="inner")
    meeting["rank"] = meeting["class"].map(tags.RANK)
    both_ways = meeting["lanes_forward"] + meeting["lanes_backward"]
    one_track = pd.Series(1, index=meeting.index)
    meeting["lanes"] = meeting["lanes"].fillna(one_track if mode == "rail" else both_ways)
    by_hit = meeting.groupby(["crossing_id", "node_id"])["lanes"].min()
    best = meeting.sort_values(["rank", "link_id"], kind="stable").groupby("crossing_id")
    row = hits.groupby("crossing_id").agg(
        counted=("counted", "first"),
        low=("border_km", "min"),
        high=("border_km", "max"),
        shut=("shut", "first"),
        node_id=("node_id", "first"),
        post=("post", "first"),
    )
    row["class"] = best["class"].first()
    row[["n_links", "lanes"]] = _ways_through(hits, by_hit)
    row["walkable"] = meeting.groupby("crossing_id")["walkable"].any()
    row["informal"] = meeting.groupby("crossing_id")["informal"].any()
    named = row["post"].map(posts.set_index("post_id")["name"])
    row["name"] = named.fillna(best["name"].first()).fillna(best["ref"].first())
    statuses = [row["shut"], row["post"].notna(), row["informal"]]
    row["status"] = np.select(statuses, ["closed", "official", "informal"], "unmarked")
    row["border_km"] = (row["low"] + row["high"]) / 2
    row["span_m"] = (row["high"] - row["low"]) * 1000
    row["geometry"] = row["node_id"].map(nodes.set_index("node_id")["geometry"])
    rows = row.assign(mode=mode).reset_index()
    columns = [column.name for column in schema.TABLES["crossings"].columns]
    members = meeting[["crossing_id", "link_id", "node_id"]].drop_duplicates(
        ["crossing_id", "link_id"]
    )
    return rows[[*columns, "geometry"]], members


def _ways_through(hits: pd.DataFrame, lanes: pd.Series) -> pd.DataFrame:
    """n_links and lanes by crossing: on the side where fewer lead from its groups to deep ground.

    A road that weaves over the line meets it often and is one way; where nothing leads to deep
    ground on a side (a graze), every hit counts there. `lanes` is by crossing_id and node_id.
    """
    key = ["crossing_id", "group"]
    at = hits.set_index(["crossing_id", "node_id"]).assign(n_links=1, lanes=lanes).reset_index()
    every = at.groupby(key)[["n_links", "lanes"]].sum()
    fewest = every
    for side in ("touches_from", "touches_to"):
        there = at[at[side]].groupby(key)[["n_links", "lanes"]].sum()
        fewest = np.minimum(fewest, there.reindex(every.index).fillna(every))
    return fewest.groupby("crossing_id").sum()
