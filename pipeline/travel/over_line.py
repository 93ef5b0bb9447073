"""All ways over a border: by its crossings, and on foot where there is a road on each side."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, schema
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints
from pipeline.travel import data_edge, demand, gate_matrices, mode_network, routing, snap
from pipeline.travel.demand import Demand
from pipeline.travel.mode_network import Network

ROAD_KM = parameters.number("day_march_km")


@dataclass(frozen=True)
class Landings:
    """The network with places where walkers leave it and join it.

    Attributes
    ----------
    network : Network
        Roads with a node at every place where walks begin or end, every settlement, and every entry
        from beyond the data.
    settled : GeoDataFrame
        Settlements on it.
    walk : ndarray of int, shape (n_walks,)
        Rows of those given walks that have a road on both sides.
    before, behind : ndarray of int, shape (n_walks,)
        Nodes where the walks begin and end.
    """

    network: Network
    settled: gpd.GeoDataFrame
    walk: Ints
    before: Ints
    behind: Ints


@dataclass(frozen=True)
class Reached:
    """Minutes and posts of the fastest ways, and minutes of the fastest ways without a post.

    Each has shape (n_places, n_crossings + n_walks); infinite if there is no way.
    """

    minutes: Floats
    posts: Floats
    clean_minutes: Floats


def with_landings(
    tables: dict[str, pd.DataFrame], border: BorderFile, middles: gpd.GeoSeries
) -> Landings:
    """Roads with nodes at the nearest places on both sides, where walks begin and end.

    Parameters
    ----------
    tables : dict of DataFrame
        nodes, links, places, crossings and crossing_links, as stages write them.
    border : BorderFile
        The border.
    middles : GeoSeries of Point, EPSG:4326
        Places on the line where walkers may cross it.

    Returns
    -------
    Landings
    """
    roads = mode_network.usable(tables["links"], "road")
    sides = [side for side in (border.from_, border.to) if (roads["side"] == side).any()]
    walks = [
        gpd.GeoDataFrame(
            {"walk": np.arange(len(middles)), "side": side},
            geometry=middles.to_numpy(),
            crs=schema.CRS,
        )
        for side in sides
    ]
    landed = snap.nearest(roads, pd.concat(walks), ROAD_KM) if walks else pd.DataFrame()
    near = [
        walk[walk["walk"].isin(_of_side(landed, side))]
        for walk, side in zip(walks, sides, strict=True)
    ]
    settlements = demand.settlements(tables["places"])
    # All at once: a link that is already split must not be split again.
    stopping = pd.concat([*near, settlements], ignore_index=True)
    nodes, parts, stopped = snap.onto_links(tables["nodes"], roads, stopping, ROAD_KM)
    walking = stopped[stopped["walk"].notna()] if near else stopped[:0]
    settled = stopped[stopped["walk"].isna()] if near else stopped
    settled = settled[settled["snap_km"] <= snap.SNAP_KM]
    settled = settled.drop(columns=["walk"], errors="ignore").reset_index(drop=True)
    nodes, parts, settled = data_edge.enter(nodes, parts, settled, border)
    joins = tables["crossings"], tables["crossing_links"]
    network = mode_network.assemble(nodes, parts, *joins, "road", border)
    ends = [
        walking[walking["side"] == side].set_index("walk")["node"] if near else pd.Series(dtype=int)
        for side in (border.from_, border.to)
    ]
    both = ends[0].index.intersection(ends[1].index).sort_values()
    return Landings(
        network=network,
        settled=settled,
        walk=both.to_numpy(dtype=np.int64),
        before=ends[0].loc[both].to_numpy(dtype=np.int64),
        behind=ends[1].loc[both].to_numpy(dtype=np.int64),
    )


def _of_side(landed: pd.DataFrame, side: str) -> "pd.Series[int]":
    return landed.loc[landed["side"] == side, "walk"]


def legs(found: Landings, wanted: Demand, met: Bools) -> tuple[Reached, Reached]:
    """Ways from origins to every place where the line is crossed, and from there to destinations.

    Parameters
    ----------
    found : Landings
        The network.
    wanted : Demand
        The demand with the places.
    met : ndarray of bool, shape (n_arcs,)
        Whether a post is on the arc, or at its head.

    Returns
    -------
    Reached
        From origins (rows) to places on the line.
    Reached
        To destinations (rows) from places on the line, including waits at crossings.
    """
    network = found.network
    counted = replace(network, km=met.astype(np.float64))
    clean = replace(network, on_from=network.on_from & ~met, on_to=network.on_to & ~met)
    sides = []
    for ahead, places in ((True, wanted.origin), (False, wanted.destination)):
        minutes, n_posts = _reached(counted, found, places, ahead=ahead)
        clean_minutes, _ = _reached(clean, found, places, ahead=ahead)
        sides.append(Reached(minutes, np.where(np.isfinite(n_posts), n_posts, 0.0), clean_minutes))
    return sides[0], sides[1]


def _reached(
    network: Network, found: Landings, places: Ints, *, ahead: bool
) -> tuple[Floats, Floats]:
    """Minutes and `km` between places and crossings, then between places and walks."""
    gates = (
        gate_matrices.to_gates(network, places)
        if ahead
        else gate_matrices.from_gates(network, places)
    )
    by_gate = (gates.minutes, gates.km) if ahead else (gates.minutes.T, gates.km.T)
    minutes, km = (_by_crossing(network, part, by_gate[0]) for part in by_gate)
    if not len(found.walk):
        return minutes, km
    keep = network.on_from & ~_gate(network)[network.tail]
    if not ahead:
        keep = network.on_to & ~_gate(network)[network.head]
    graph = routing.graph_of(network, np.flatnonzero(keep), reverse=not ahead)
    ends, walk = np.unique(found.before if ahead else found.behind, return_inverse=True)
    ways = routing.search(network, graph, places, ends)
    return np.hstack([minutes, ways.minutes[:, walk]]), np.hstack([km, ways.km[:, walk]])


def _by_crossing(network: Network, values: Floats, minutes: Floats) -> Floats:
    """For each crossing the values by the gate with the fewest minutes."""
    result = np.full((len(values), len(network.crossings)), np.inf)
    least = np.full_like(result, np.inf)
    for gate, crossing in enumerate(network.gate_crossing.tolist()):
        quicker = minutes[:, gate] < least[:, crossing]
        least[quicker, crossing] = minutes[quicker, gate]
        result[quicker, crossing] = values[quicker, gate]
    return result


def _gate(network: Network) -> Bools:
    marks = np.zeros(len(network.nodes), dtype=bool)
    marks[network.gate_node] = True
    return marks
