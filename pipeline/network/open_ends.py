"""Which ends of the network are open: what lies behind them is unknown."""

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats, Ints

TOLERANCE_KM = 1e-6


def open_ends(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    table: pd.DataFrame,
    sides: tuple[str, str],
    through_km: float,
) -> Bools:
    """Which nodes are open ends of the data.

    Parameters
    ----------
    nodes, links
        Tables of the network stage; `open_ended` of the nodes marks those where a way lacks nodes.
    table
        Reach by side and window.
    sides
        Codes of the `from` and the `to` side.
    through_km
        Depth of a through way: a side whose reach is smaller has only stubs, and each of its dead
        ends is open.

    Returns
    -------
    Bools
        For each node: true if a way lacks nodes there; if it is a dead end at or beyond the reach
        of its window; or if it is a dead end on a side that has only stubs, or on the line before
        such a side.
    """
    ends = pd.concat([links["from_node"], links["to_node"]])
    row = pd.Index(nodes["node_id"]).get_indexer(ends)
    dead_end = (np.bincount(row, minlength=len(nodes)) == 1) | (road_degree(nodes, links) == 1)
    side, depth_km = nodes["side"].to_numpy(), nodes["depth_km"].abs().to_numpy(float)
    reach_km = {code: _reach_at(table, code, nodes["border_km"].to_numpy(float)) for code in sides}
    found = nodes["open_ended"].to_numpy().copy()
    for code in sides:
        here = dead_end & (side == code)
        found |= here & (depth_km >= reach_km[code] - TOLERANCE_KM)
        found |= here & (reach_km[code] < through_km)
    # A road that ends on the line was cut there if the side that it leads to has only stubs.
    link_side = np.tile(links["side"].to_numpy(), 2)
    on_line = (nodes["kind"] == "border").to_numpy() & dead_end
    for code, other in (sides, sides[::-1]):
        from_here = np.zeros(len(nodes), dtype=bool)
        from_here[row[link_side == code]] = True
        found |= on_line & from_here & (reach_km[other] < through_km)
    return np.asarray(found, dtype=bool)


def road_degree(nodes: pd.DataFrame, links: pd.DataFrame) -> Ints:
    """The number of ends of road links at each node.

    Parameters
    ----------
    nodes
        Table with node_id.
    links
        Table with mode, from_node and to_node.

    Returns
    -------
    ndarray of int
        One for each row of `nodes`.
    """
    roads = links[links["mode"] == "road"]
    ends = pd.concat([roads["from_node"], roads["to_node"]])
    row = pd.Index(nodes["node_id"]).get_indexer(ends)
    return np.bincount(row, minlength=len(nodes)).astype(np.int64)


def _reach_at(table: pd.DataFrame, side: str, border_km: Floats) -> Floats:
    """Reach of a side at places along the line: that of the window, otherwise that of the side."""
    mine = table[table["side"] == side]
    whole_km = mine.loc[mine["whole"], "reach_km"].max()
    windows = mine[~mine["whole"]].set_index("from_km")["reach_km"]
    window_km = parameters.number("reach_window_km")
    at = pd.Series(border_km // window_km * window_km)
    return np.asarray(at.map(windows).fillna(whole_km), dtype=np.float64)
