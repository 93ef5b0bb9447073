"""The way round that is drawn: its line, and what a reader should know about it."""

import numpy as np
import pandas as pd
import shapely

from pipeline import routing
from pipeline.borderfile import BorderFile
from pipeline.routing import Bools, Floats, Graph, Network, Route

# A way deeper than this share of the data's reach is said to touch the rim: a way beyond it could
# be shorter, and is not in the data.
RIM_SHARE = 0.95
TRACK_CLASSES = ("track", "path", "footway", "bridleway")


def open_arcs(network: Network, border: BorderFile, *, third_open: bool = False) -> Bools:
    """Which arcs may be used when a way need not keep to one crossing."""
    side = network.links["side"].to_numpy()[network.link]
    return third_open | np.isin(side, (border.from_, border.to, "border"))


def free_graph(
    network: Network, border: BorderFile, arcs: Bools, *, reverse: bool = False
) -> Graph:
    """The searchable graph of these arcs, with the waits at crossings."""
    minutes = free_minutes(network, border)
    return routing.graph_of(network, np.flatnonzero(arcs), minutes, reverse=reverse)


def free_minutes(network: Network, border: BorderFile) -> Floats:
    """Minutes of every arc, with the wait on those that leave or enter a crossing.

    The wait stands on the `to` side of the gates, off the shallow pieces, and is met once.
    """
    wait = np.zeros(len(network.nodes))
    wait[network.gate_node] = network.wait_minutes[network.gate_crossing]
    side = network.links["side"].to_numpy()[network.link]
    beyond = (side == border.to) & ~network.shallow
    wait = wait[network.tail] + wait[network.head]
    return np.asarray(network.minutes + np.where(beyond, wait, 0.0))


def described(
    network: Network,
    border: BorderFile,
    drawn: Route | None,
    ends: tuple[int, int] | None,
    closed: Bools,
) -> dict[str, object]:
    """Columns of bypasses that tell of the way drawn, and of one through third countries.

    `ends` are the rows of nodes that it joins, if there are such, `closed` the arcs it avoids.
    """
    passed = network.links.iloc[drawn.link if drawn else []]
    through = _third_way(network, border, ends, closed) if ends else None
    quicker = through is not None and (drawn is None or through.minutes < drawn.minutes)
    return {
        "touches_rim": _touches_rim(network, border, passed),
        "uses_informal": bool(
            (network.crossings["status"].iloc[crossings_on(network, passed)] != "official").any()
        ),
        "uses_track": bool(passed["class"].isin(TRACK_CLASSES).any()),
        "drawn_minutes": drawn.minutes if drawn else None,
        "uses_third": quicker,
        "third_minutes": through.minutes if through and quicker else None,
        "geometry": _line(network, drawn),
    }


def crossings_on(network: Network, passed: pd.DataFrame) -> list[int]:
    """Rows of crossings whose gates the links of a way touch, in order, each once."""
    node_ids = network.nodes["node_id"].to_numpy()[network.gate_node]
    at_gate = dict(zip(node_ids, network.gate_crossing.tolist(), strict=True))
    ends = passed[["from_node", "to_node"]].to_numpy().ravel()
    return list(dict.fromkeys(at_gate[node] for node in ends if node in at_gate))


def ratio(minutes: float | None, direct_minutes: float | None) -> float | None:
    """Detour ratio, or none where either is none or nothing is travelled."""
    return minutes / direct_minutes if minutes is not None and direct_minutes else None


def _third_way(
    network: Network, border: BorderFile, ends: tuple[int, int], closed: Bools
) -> Route | None:
    """The fastest way if third countries were open, where it leads through one."""
    home = open_arcs(network, border)
    if home.all():
        return None
    found = routing.walk(network, free_graph(network, border, ~closed), *ends)
    third = np.zeros(len(network.links), dtype=bool)
    third[network.link[~home]] = True
    return found if found is not None and third[found.link].any() else None


def _touches_rim(network: Network, border: BorderFile, passed: pd.DataFrame) -> bool:
    for side in (border.from_, border.to):
        deepest_km, passed_km = (
            links.loc[links["side"] == side, ["depth_min_km", "depth_max_km"]].abs().max(axis=None)
            for links in (network.links, passed)
        )
        rim_km = min(deepest_km, border.corridor_km, border.reach_km.get(side, np.inf))
        if passed_km >= RIM_SHARE * rim_km:
            return True
    return False


def _line(network: Network, drawn: Route | None) -> shapely.MultiLineString:
    if drawn is None:
        return shapely.MultiLineString()
    shapes = network.links.geometry.iloc[drawn.link]
    ways = zip(shapes, drawn.forward, strict=True)
    return shapely.MultiLineString([line if on else line.reverse() for line, on in ways])
