"""The way round that is drawn: its line, and what a reader should know about it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from pipeline.borderfile import BorderFile
from pipeline.movement import routing
from pipeline.movement.routing import Bools, Floats, Graph, Network, Route

# A way deeper than this share of the data's reach is said to touch the rim: a way beyond it could
# be shorter, and is not in the data.
RIM_SHARE = 0.95
TRACK_CLASSES = ("track", "path", "footway", "bridleway")


@dataclass(frozen=True)
class Free:
    """How arcs may be used by ways that need not keep to one crossing.

    `home` arcs lie in neither's third country. `minutes` hold the waits: on arcs of the `to` side
    at the gates, off the shallow pieces, so that each crossing's is met once.
    """

    home: Bools
    minutes: Floats


def free(network: Network, border: BorderFile) -> Free:
    """Which arcs may be used where third countries are shut, and the minutes of all arcs."""
    home = network.links["side"].isin((border.from_, border.to, "border")).to_numpy()
    beyond = (network.links["side"] == border.to).to_numpy()[network.link] & ~network.shallow
    wait = np.zeros(len(network.nodes))
    wait[network.gate_node] = network.wait_minutes[network.gate_crossing]
    wait = wait[network.tail] + wait[network.head]
    return Free(home[network.link], network.minutes + np.where(beyond, wait, 0.0))


def free_graph(network: Network, terms: Free, arcs: Bools, *, reverse: bool = False) -> Graph:
    """The searchable graph of these arcs."""
    return routing.graph_of(network, np.flatnonzero(arcs), terms.minutes, reverse=reverse)


def described(
    network: Network,
    border: BorderFile,
    terms: Free,
    drawn: Route | None,
    ends: tuple[int, int] | None,
    closed: Bools,
) -> dict[str, object]:
    """Columns of bypasses that tell of the way drawn, and of one through third countries.

    `ends` are the rows of nodes that it joins, if there are such, `closed` the arcs it avoids.
    """
    passed = network.links.iloc[drawn.link if drawn else []]
    through = _third_way(network, terms, ends, closed) if ends else None
    quicker = through is not None and (drawn is None or through.minutes < drawn.minutes)
    return {
        "touches_rim": _touches_rim(network, border, passed, ends),
        "uses_informal": bool(
            (network.crossings["status"].iloc[crossings_on(network, passed)] != "official").any()
        ),
        "uses_track": bool(passed["class"].isin(TRACK_CLASSES).any()),
        "drawn_minutes": drawn.minutes if drawn else None,
        "uses_third": quicker,
        "third_minutes": through.minutes if through and quicker else None,
        "geometry": line(network, drawn),
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


def _third_way(network: Network, terms: Free, ends: tuple[int, int], closed: Bools) -> Route | None:
    """The fastest way if third countries were open, where it leads through one."""
    if terms.home.all():
        return None
    found = routing.walk(network, free_graph(network, terms, ~closed), *ends)
    third = np.zeros(len(network.links), dtype=bool)
    third[network.link[~terms.home]] = True
    return found if found is not None and third[found.link].any() else None


def _touches_rim(
    network: Network, border: BorderFile, passed: pd.DataFrame, ends: tuple[int, int] | None
) -> bool:
    """Whether a way, or an end that none leads to, lies as deep as the data reach."""
    for side in (border.from_, border.to):
        deepest_km, passed_km = (
            links.loc[links["side"] == side, ["depth_min_km", "depth_max_km"]].abs().max(axis=None)
            for links in (network.links, passed)
        )
        rim_km = min(deepest_km, border.corridor_km, border.reach_km.get(side, np.inf))
        stops = network.nodes.iloc[list(ends or ())]
        end_km = stops.loc[stops["side"] == side, "depth_km"].abs().max()
        if np.fmax(passed_km, end_km) >= RIM_SHARE * rim_km:
            return True
    return False


def line(network: Network, drawn: Route | None) -> shapely.MultiLineString:
    """The course of a way, link by link; empty where there is none."""
    if drawn is None:
        return shapely.MultiLineString()
    shapes = network.links.geometry.iloc[drawn.link]
    ways = zip(shapes, drawn.forward, strict=True)
    return shapely.MultiLineString([line if on else line.reverse() for line, on in ways])
