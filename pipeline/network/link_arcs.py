"""Links as arcs between numbered nodes, as searches for flows and paths need them."""

import numpy as np
import pandas as pd

from pipeline.graph.arcs import Arcs

FLOW_COLUMNS = ["walkable", "oneway", "lanes_forward", "lanes_backward", "depth_max_km"]


def arcs(nodes: pd.DataFrame, links: pd.DataFrame, *, directed: bool) -> Arcs:
    """The arcs of `links`: one for a one-way link, otherwise two; two for all if undirected.

    Links keep their order: all forward arcs, then all backward arcs. Every end must be in `nodes`.

    Parameters
    ----------
    nodes
        Table with node_id.
    links
        Table with from_node, to_node and oneway.
    directed
        Whether one-way tags apply.

    Returns
    -------
    Arcs
        Tails and heads are rows of `nodes`, links are rows of `links`.
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
    """The open links of the network of road, rail or foot, without restricted roads.

    On foot, one-way tags are ignored, and a road for forestry only may be used.

    Parameters
    ----------
    links
        Table links.
    mode
        road, rail or foot.

    Returns
    -------
    DataFrame
        Rows of `links`, index kept.
    """
    links = links[links["state"] == "open"]
    if mode == "foot":
        return links[links["walkable"]].assign(oneway=False)
    return links[(links["mode"] == mode) & (links["class"] != "restricted")]


def numbered(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables with the columns that flows need: nodes named by row number, words as codes.

    So a selection from a million links is fast.

    Parameters
    ----------
    nodes
        Table nodes.
    links
        Table links.

    Returns
    -------
    nodes, links : DataFrame
        Nodes with side, depth_km and node_id (row number); links with FLOW_COLUMNS, with ends as
        row numbers and words as categories.
    """
    index = pd.Index(nodes["node_id"])
    few = pd.DataFrame(nodes[["side", "depth_km"]]).assign(node_id=np.arange(len(nodes)))
    ends = {end: index.get_indexer(links[end]) for end in ("from_node", "to_node")}
    words = {word: links[word].astype("category") for word in ("mode", "class", "state", "side")}
    return few, pd.DataFrame(links[FLOW_COLUMNS]).assign(**ends, **words)
