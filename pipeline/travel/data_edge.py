"""Where travel to or from a city enters the network: around it, or at the edge of the data."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from pipeline.core import borderfile, geo, parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph.disjoint import Ends
from pipeline.travel import mode_network, routing
from pipeline.travel.demand import DEEP_KM, IRREGULAR
from pipeline.travel.free_arcs import EDGE_SHARE
from pipeline.travel.mode_network import Network

CITY_KM = parameters.number("city_radius_km")
AROUND_MINUTES = parameters.number("route_end_minutes")
CIRCUITY = parameters.number("circuity_beyond_data")
BEYOND_KMH = parameters.number("speed_beyond_data_kmh")


@dataclass(frozen=True)
class City:
    """Nodes where ways to or from a city enter the network, and how: `within` or `data_edge`."""

    ends: Ends
    entry: str


def city(
    network: Network,
    border: BorderFile,
    minutes: Floats,
    place: tuple[float, float],
    side: str,
    *,
    reverse: bool,
) -> City | None:
    """Where a city's ways begin (`reverse`: end) on one side of the border; None if nowhere.

    For a city within CITY_KM of the side's network: all nodes within AROUND_MINUTES of the nodes
    there, each with its minutes (`minutes` are those of all arcs). Otherwise: the nodes at the
    depth that the data reach, and the nodes on the line of a third country that is not in the data,
    each with the minutes of travel along the geodesic.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    border : BorderFile
        The border file.
    minutes : ndarray of float
        Minutes of all arcs, including waits.
    place : tuple of float
        Longitude and latitude of the city's centre, degrees.
    side : str
        Country in which the city lies.
    reverse : bool
        Whether ways end there instead of beginning.

    Returns
    -------
    City or None
        Nodes with the minutes to or from the city, and how its travel enters.
    """
    links = network.links
    ours = ((links["side"] == side) & (links["class"] != mode_network.BEYOND)).to_numpy()
    if not ours.any():
        return None
    arcs = np.flatnonzero(ours[network.link])
    on_side = np.unique(np.concatenate([network.tail[arcs], network.head[arcs]]))
    on_side = on_side[(network.nodes["side"] == side).to_numpy()[on_side]]
    km = _km(network.nodes, on_side, place)
    near = on_side[km <= CITY_KM]
    if len(near):
        searched = routing.graph_of(network, arcs, minutes, reverse=reverse)
        away = dijkstra(searched.matrix, indices=near, min_only=True, limit=AROUND_MINUTES)
        around = on_side[np.isfinite(away[on_side])]
        return City(Ends(around, away[around]), "within")
    nodes = _at_edge(network.nodes, links[links["class"] != mode_network.BEYOND], border, side)
    if not len(nodes):
        return None
    beyond_km = _km(network.nodes, nodes, place) * CIRCUITY
    return City(Ends(nodes, beyond_km / BEYOND_KMH * 60), "data_edge")


def enter(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    settled: gpd.GeoDataFrame,
    border: BorderFile,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Add the cities of the border file that lie outside the data to the network as places.

    Each city is a node, a row of `settled` with infinite depth, and one-way links between the node
    and the nodes where the data end on its side. These links lead out of the city on the `from`
    side and into it on the other side, so that no other way can pass through it. A city within
    CITY_KM of its side's network lies inside the data and is not added; only a city for irregular
    movement is added even then, at the nearest node. No city is added if the links of the mode end
    at a smaller depth than that of through demand: then the mode ends there, not the data.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        The network, with the places on it.
    settled : GeoDataFrame
        Places on the network, with `node` and `snap_km`.
    border : BorderFile
        The border file.

    Returns
    -------
    nodes, links, settled : GeoDataFrame
        The same with the cities, the links to them (class mode_network.BEYOND) and their places.
    """
    for number, known in enumerate(border.cities):
        ours = links[(links["side"] == known.side) & (links["class"] != mode_network.BEYOND)]
        on_side = np.flatnonzero(_met(nodes, ours) & (nodes["side"] == known.side).to_numpy())
        outside = len(on_side) and _km(nodes, on_side, known.at).min() > CITY_KM
        if known.irregular and len(on_side) and not outside:
            nearest = int(on_side[_km(nodes, on_side, known.at).argmin()])
            settled = _appended(settled, [_place(number, known, nearest, border)])
            continue
        if not outside or _edge_km(ours, border, known.side) < DEEP_KM:
            continue
        own = links[links["class"] != mode_network.BEYOND]
        edge = _at_edge(nodes, own, border, known.side)
        if not len(edge):
            continue
        node_id, point = f"city.{number}", shapely.Point(known.at)
        out = known.side == border.from_
        row: dict[str, object] = {"node_id": node_id, "mode": links["mode"].iloc[0], "kind": "city"}
        row |= {"side": known.side, "open_ended": False, "geometry": point}
        added = _beyond(nodes, edge, known.at, node_id, links["mode"].iloc[0], known.side, out=out)
        place = _place(number, known, len(nodes), border)
        nodes, links, settled = (
            _appended(frame, more)
            for frame, more in ((nodes, [row]), (links, added), (settled, [place]))
        )
    return nodes, links, settled


def _place(number: int, known: borderfile.City, node: int, border: BorderFile) -> dict[str, object]:
    """A city as a row of `settled` with infinite depth, since its travel is through travel."""
    return {
        "place_id": f"city.{number}",
        "name": known.name,
        "kind": IRREGULAR if known.irregular else "city",
        "side": known.side,
        "population": known.population,
        "node": node,
        "snap_km": 0.0,
        "depth_km": -np.inf if known.side == border.from_ else np.inf,
        "geometry": shapely.Point(known.at),
    }


def _appended(
    frame: gpd.GeoDataFrame, rows: gpd.GeoDataFrame | list[dict[str, object]]
) -> gpd.GeoDataFrame:
    more = gpd.GeoDataFrame(rows, geometry="geometry", crs=frame.crs).reindex(columns=frame.columns)
    filled = [column for column in more.columns if more[column].notna().any()]
    return gpd.GeoDataFrame(pd.concat([frame, more[filled]], ignore_index=True), crs=frame.crs)


def _beyond(
    nodes: gpd.GeoDataFrame,
    edge: Ints,
    place: tuple[float, float],
    node_id: str,
    mode: str,
    side: str,
    *,
    out: bool,
) -> gpd.GeoDataFrame:
    """One-way links between a city and the nodes where the data end."""
    points = shapely.get_coordinates(nodes.geometry.iloc[edge].to_numpy())
    ends = [np.broadcast_to(np.asarray(place), points.shape), points]
    ids = [np.full(len(edge), node_id, dtype=object), nodes["node_id"].to_numpy()[edge]]
    if not out:
        ends, ids = ends[::-1], ids[::-1]
    km = _km(nodes, edge, place) * CIRCUITY
    return gpd.GeoDataFrame(
        {
            "link_id": [f"{node_id}.{name}" for name in nodes["node_id"].to_numpy()[edge]],
            "mode": mode,
            "class": mode_network.BEYOND,
            "state": "open",
            "walkable": False,
            "informal": False,
            "from_node": ids[0],
            "to_node": ids[1],
            "oneway": True,
            "lanes_forward": 1,
            "lanes_backward": 0,
            "length_m": km * 1000,
            "minutes": km / BEYOND_KMH * 60,
            "side": side,
        },
        geometry=shapely.linestrings(np.stack(ends, axis=1)),
        crs=nodes.crs,
    )


def _km(nodes: gpd.GeoDataFrame, rows: Ints, place: tuple[float, float]) -> Floats:
    points = nodes.geometry.iloc[rows]
    lon, lat = (np.full(len(rows), degrees) for degrees in place)
    return np.asarray(geo.distance_m(points.x.to_numpy(), points.y.to_numpy(), lon, lat) / 1000)


def _edge_km(links: pd.DataFrame, border: BorderFile, side: str) -> float:
    """How deep the links of a side reach."""
    deepest_km = float(links[["depth_min_km", "depth_max_km"]].abs().max().max())
    return min(deepest_km, border.corridor_km, border.reach_km.get(side, np.inf))


def _at_edge(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile, side: str) -> Ints:
    """Nodes of a side at the edge of the data: at their depth, or where a third country begins."""
    ours = links[links["side"] == side]
    least_km = EDGE_SHARE * _edge_km(ours, border, side)
    deep = ((nodes["depth_km"].abs() >= least_km) & (nodes["side"] == side)).to_numpy()
    return np.flatnonzero(_met(nodes, ours) & (deep | _ends_at_third(nodes, links, side)))


def _met(nodes: pd.DataFrame, links: pd.DataFrame) -> Bools:
    """Nodes at the ends of these links."""
    ends = pd.unique(links[["from_node", "to_node"]].to_numpy().ravel())
    return np.asarray(nodes["node_id"].isin(ends), dtype=bool)


def _ends_at_third(nodes: pd.DataFrame, links: pd.DataFrame, side: str) -> Bools:
    """Nodes on a third country's line behind which the data hold no road of that country."""
    foreign = links[~links["side"].isin([side, "border"])]
    return np.asarray((nodes["kind"] == "third_border") & ~_met(nodes, foreign), dtype=bool)
