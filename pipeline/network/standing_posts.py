"""Posts at every node where they stand, and which of them check travellers."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.core import parameters, store

UNGUARDED_POSTS = parameters.texts("posts_that_check_no_one")


def read(network_dir: str | Path) -> gpd.GeoDataFrame:
    """Read the posts at their nodes from the output of the network stage.

    Parameters
    ----------
    network_dir
        Folder of the stage, with tables posts, post_nodes and nodes.

    Returns
    -------
    GeoDataFrame
        As `at_nodes` returns them.

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
    """Posts with a row for each node where they stand; so links with posts can be found.

    Parameters
    ----------
    posts, post_nodes, nodes
        Tables of these names.

    Returns
    -------
    GeoDataFrame
        Columns of `posts`, with `node_id` and `mode` of the node; the index is new. A post drawn as
        an area over two roads has at least two rows; a post that is on no way has none.
    """
    at = post_nodes.merge(posts.reset_index(names="row")[["row", "post_id"]], on="post_id")
    at = at.sort_values(["row", "node_id"], kind="stable")
    node_id = at["node_id"].to_numpy()
    mode = nodes.set_index("node_id")["mode"].reindex(node_id).to_numpy()
    return posts.loc[at["row"]].reset_index(drop=True).assign(node_id=node_id, mode=mode)


def checking(posts: pd.DataFrame) -> pd.DataFrame:
    """The posts that check travellers.

    Parameters
    ----------
    posts
        Table posts, or the result of `at_nodes`.

    Returns
    -------
    DataFrame
        Rows without the kinds in parameter `posts_that_check_no_one`, such as toll booths.
    """
    return posts[~posts["kind"].isin(UNGUARDED_POSTS)]
