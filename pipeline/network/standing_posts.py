"""Posts at every node of the network that they stand at, and which of them check who passes."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.core import parameters, store

UNGUARDED_POSTS = parameters.texts("posts_that_check_no_one")


def read(network_dir: str | Path) -> gpd.GeoDataFrame:
    """Posts at their nodes, from what the network stage wrote.

    Parameters
    ----------
    network_dir
        Folder of the stage, with tables posts, post_nodes and nodes.

    Returns
    -------
    GeoDataFrame
        As `at_nodes` gives them.

    Raises
    ------
    InputError
        If a table is missing or does not meet its schema.
    """
    posts, post_nodes, nodes = (
        store.read(network_dir, name) for name in ("posts", "post_nodes", "nodes")
    )
    return at_nodes(gpd.GeoDataFrame(posts), post_nodes, nodes)


def at_nodes(
    posts: gpd.GeoDataFrame, post_nodes: pd.DataFrame, nodes: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Posts with a row for each node that they stand at, by which links carry posts.

    Parameters
    ----------
    posts, post_nodes, nodes
        Tables of these names.

    Returns
    -------
    GeoDataFrame
        Columns of `posts`, with `node_id` and `mode` those of the node; index reset. A post drawn
        as an area over two roads has at least two rows, one that stands beside all ways has none.
    """
    at = post_nodes.merge(posts.reset_index(names="row")[["row", "post_id"]], on="post_id")
    at = at.sort_values(["row", "node_id"], kind="stable")
    node_id = at["node_id"].to_numpy()
    mode = nodes.set_index("node_id")["mode"].reindex(node_id).to_numpy()
    return posts.loc[at["row"]].reset_index(drop=True).assign(node_id=node_id, mode=mode)


def checking(posts: pd.DataFrame) -> pd.DataFrame:
    """The posts that check who passes.

    Parameters
    ----------
    posts
        Table posts, or what `at_nodes` gives.

    Returns
    -------
    DataFrame
        Rows without the kinds in parameter `posts_that_check_no_one`: a toll booth is no post.
    """
    return posts[~posts["kind"].isin(UNGUARDED_POSTS)]
