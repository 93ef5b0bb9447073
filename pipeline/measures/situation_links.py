"""Apply a situation file to links: those at a crossing are closed, restricted or opened.

Minimum cuts, routes and posts use links, travel uses crossings: both must agree.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core.modes import NOT_PASSED
from pipeline.travel import stubs

Tables = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]


def laid_over(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    crossing_links: pd.DataFrame,
    before: pd.DataFrame,
    after: pd.DataFrame,
) -> Tables:
    """Nodes, links and crossing_links with the situation applied.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        Tables of the network stage.
    crossing_links : DataFrame
        Table of the crossings stage.
    before, after : DataFrame
        Table crossings as mapped, and as from `situation.laid_over`.

    Returns
    -------
    tuple of DataFrame
        The three tables. On a way that is closed or restricted, only a stub next to the line
        changes. A closed crossing that is opened is opened together with all closed links connected
        to it.
    """
    held = ["status", "class", "vehicles"]
    differs = (before[held].fillna("") != after[held].fillna("")).any(axis=1)
    changed = after[differs].set_index("crossing_id")
    was_closed = before.set_index("crossing_id").loc[changed.index, "status"].eq("closed")
    opened = changed[was_closed & ~changed["status"].isin(NOT_PASSED)]
    links = _opened(links, crossing_links, opened)
    mine = crossing_links["crossing_id"].isin(changed.index)
    nodes, links, cut = stubs.cut_off(nodes, links, crossing_links[mine])
    joins = pd.concat([crossing_links[~mine], cut], ignore_index=True)
    return nodes, _stubs_changed(links, cut, changed), joins


def _opened(
    links: gpd.GeoDataFrame, crossing_links: pd.DataFrame, opened: pd.DataFrame
) -> gpd.GeoDataFrame:
    """The links, with closed links opened that are connected to an opened crossing."""
    at = crossing_links[crossing_links["crossing_id"].isin(opened.index)]
    is_closed = links[links["state"].eq("closed")]
    if not len(at) or not len(is_closed):
        return links
    names, number = np.unique(
        np.concatenate([is_closed["from_node"], is_closed["to_node"]]), return_inverse=True
    )
    start, end = number.reshape(2, -1)
    joint = coo_array((np.ones(len(start)), (start, end)), shape=(len(names), len(names)))
    piece = connected_components(joint, directed=False)[1]
    reached = np.unique(piece[np.isin(names, at["node_id"])])
    ids = is_closed.loc[np.isin(piece[start], reached), "link_id"]
    chosen = links["link_id"].isin(ids)
    return links.assign(state=links["state"].mask(chosen, "open"))


def _stubs_changed(
    links: gpd.GeoDataFrame, cut: pd.DataFrame, changed: pd.DataFrame
) -> gpd.GeoDataFrame:
    """The links with the state of their stubs set by the crossings."""
    crossing = cut.drop_duplicates("link_id").set_index("link_id")["crossing_id"]
    of_stub = links["link_id"].map(crossing)
    is_stub = of_stub.notna()
    status, klass, vehicles = (
        of_stub.map(changed[column]) for column in ("status", "class", "vehicles")
    )
    barred = is_stub & status.isin(NOT_PASSED)
    road = is_stub & links["mode"].eq("road") & ~barred
    was_restricted = links["class"].eq("restricted")
    only = road & klass.eq("restricted")
    freed = road & was_restricted & ~only
    named = vehicles.where(is_stub, links["vehicles"]).fillna("")
    on_foot = named.str.split(", ").map(lambda names: "foot" in names)
    goods = named.str.split(", ").map(lambda names: "goods" in names)
    trucks = links["trucks"].astype(object).mask(road, np.where(goods, "yes", "no"))
    truck_minutes = links["truck_minutes"].fillna(links["minutes"]).where(trucks != "no")
    return links.assign(**{
        "state": links["state"].mask(barred, "closed"),
        "class": links["class"].mask(only, "restricted").mask(freed, "track"),
        "vehicles": named,
        "trucks": trucks,
        "truck_minutes": truck_minutes,
        "at_all_times": links["at_all_times"].where(~is_stub, named),
        "walkable": links["walkable"] & (~is_stub | on_foot | links["mode"].eq("rail")),
    })  # fmt: skip
