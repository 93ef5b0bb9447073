"""Links as arcs between numbered nodes, the form that flow and path searches take."""

import numpy as np
import pandas as pd

from pipeline.graph.arcs import Arcs

FLOW_COLUMNS = ["walkable", "oneway", "lanes_forward", "lanes_backward", "depth_max_km"]


def arcs(nodes: pd.DataFrame, links: pd.DataFrame, *, directed: bool) -> Arcs:
    """The arcs of `links`: one for a one-way link, two for any other; two for all if undirected.

    Link order is kept: all forward arcs, then all backward ones. Every end must be in `nodes`.
    """
    index = pd.Index(nodes["node_id"])
    start = index.get_indexer(links["from_node"]).astype(np.int64)
    end = index.get_indexer(links["to_node"]).astype(np.int64)
    both = np.flatnonzero(~links["oneway"].to_numpy() | (not directed)).astype(np.int64)
    rows = np.arange(len(links), dtype=np.int64)
    return Arcs(
        n_nodes=len(nodes),
        tail=np.concatenate([start, end[both]]),
        head=np.concatenate([end, start[both]]),
        link=np.concatenate([rows, both]),
        forward=np.concatenate([np.ones(len(rows), bool), np.zeros(len(both), bool)]),
    )


def of_mode(links: pd.DataFrame, mode: str) -> pd.DataFrame:
    """The open links that make up the network of road, rail or foot; no restricted roads.

    On foot a one-way tag binds nobody, and a road kept for forestry may be walked.
    """
    links = links[links["state"] == "open"]
    if mode == "foot":
        return links[links["walkable"]].assign(oneway=False)
    return links[(links["mode"] == mode) & (links["class"] != "restricted")]


def numbered(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables, row by row, with what flows need: nodes named by their row, words as codes.

    Choosing from a million links is quick then.
    """
    index = pd.Index(nodes["node_id"])
    few = pd.DataFrame(nodes[["side", "depth_km"]]).assign(node_id=np.arange(len(nodes)))
    ends = {end: index.get_indexer(links[end]) for end in ("from_node", "to_node")}
    words = {word: links[word].astype("category") for word in ("mode", "class", "state", "side")}
    return few, pd.DataFrame(links[FLOW_COLUMNS]).assign(**ends, **words)
