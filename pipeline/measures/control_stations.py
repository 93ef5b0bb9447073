"""Controls on the network: at which nodes they are, and which of them form one station."""

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import parameters
from pipeline.core.geo import distance_m

APART_M = parameters.number("control_apart_m")
CONTROLS = parameters.texts("control_kinds")


def at_nodes(posts: pd.DataFrame, post_nodes: pd.DataFrame) -> dict[str, list[str]]:
    """Ids of the controls at each node of the network that has any.

    Parameters
    ----------
    posts, post_nodes
        Tables posts and post_nodes.

    Returns
    -------
    dict
        Ids of controls by node; those with a name first, since the first one names a crossing.
    """
    controls = posts.loc[posts["kind"].isin(CONTROLS), ["post_id", "name"]]
    rows = post_nodes.merge(controls, on="post_id")
    rows = rows.assign(nameless=rows["name"].isna()).sort_values(["nameless", "post_id"])
    found: dict[str, list[str]] = {}
    for node, post in rows[["node_id", "post_id"]].itertuples(index=False):
        found.setdefault(node, []).append(post)
    return found


def stations(posts: pd.DataFrame) -> dict[str, str]:
    """The station of each control: controls within APART_M of each other form one station.

    Parameters
    ----------
    posts
        Table posts.

    Returns
    -------
    dict
        By post_id, the first post_id of its station.
    """
    controls = posts[posts["kind"].isin(CONTROLS)].sort_values("post_id")
    lon, lat = shapely.get_coordinates(controls["geometry"].to_numpy()).T
    tree = shapely.STRtree(controls["geometry"].to_numpy())
    # A degree of longitude is shortest in the far north: search widely, then measure.
    wide = APART_M / 111_000 / max(np.cos(np.radians(np.abs(lat).max(initial=0.0))), 0.05)
    one, other = tree.query(controls["geometry"].to_numpy(), predicate="dwithin", distance=wide)
    near = distance_m(lon[one], lat[one], lon[other], lat[other]) <= APART_M
    size = (len(controls),) * 2
    joined = coo_array((np.ones(int(near.sum()), bool), (one[near], other[near])), shape=size)
    if controls.empty:
        return {}
    _, label = connected_components(joined, directed=False)
    first = controls["post_id"].groupby(label).transform("first")
    return dict(zip(controls["post_id"], first, strict=True))
