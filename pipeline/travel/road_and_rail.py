"""Road and rail as one network, joined at stations where travellers may change between them.

Searches, crossings, demand and cuts use it like a network of one mode.
"""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.modes import COMBINED, VEHICLE_MODES
from pipeline.core.types import Bools, Ints
from pipeline.travel import data_edge, demand, mode_network, snap
from pipeline.travel.mode_network import Network

MODE = COMBINED
RAIL_KM = parameters.number("station_to_rail_km")
ROAD_KM = parameters.number("station_to_road_km")


@dataclass(frozen=True)
class Combined:
    """Nodes and links of both modes and of the transfers, and settlements on the roads.

    `left_out` is the number of settlements that are too far away.

    Every link has mode MODE; a transfer has class `transfer` and takes 0 minutes. `stations` has
    `joins`, `rail_km` and `road_km`; distances beyond snap.SNAP_KM are missing.
    """

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    crossings: pd.DataFrame
    crossing_links: pd.DataFrame
    settled: gpd.GeoDataFrame
    left_out: int
    stations: gpd.GeoDataFrame


def combine(
    tables: dict[str, pd.DataFrame],
    border: BorderFile,
    laid: dict[str, snap.InPlane] | None = None,
) -> Combined:
    """Combine nodes, links, places, stations, crossings and crossing_links to one network.

    Settlements are placed on roads only: people next to the tracks also board at a station. Travel
    of cities beyond the data enters by road.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables nodes, links, places, stations, crossings and crossing_links.
    border : BorderFile
        The border file.
    laid : dict of str to InPlane, optional
        The links of each mode in the plane, if already computed.

    Returns
    -------
    Combined
        One network of both modes, with transfers at the stations.
    """
    links = tables["links"]
    stations = tables["stations"].reset_index(drop=True)
    nodes, rails, on_rail = snap.onto_links(
        tables["nodes"],
        mode_network.usable(links, "rail"),
        stations.assign(row=stations.index),
        laid=(laid or {}).get("rail"),
    )
    settlements = demand.settlements(tables["places"])
    # In one go: a link that is split already must not be split again.
    stopping = pd.concat([stations.assign(row=stations.index), settlements], ignore_index=True)
    nodes, roads, stopped = snap.onto_links(
        nodes, mode_network.usable(links, "road"), stopping, laid=(laid or {}).get("road")
    )
    on_road, settled = stopped[stopped["row"].notna()], stopped[stopped["row"].isna()]
    settled = settled.drop(columns="row").reset_index(drop=True)
    left_out = len(settlements) - len(settled)
    nodes, roads, settled = data_edge.enter(nodes, roads, settled, border)
    at = {
        way: found.set_index(found["row"].astype(np.int64))[["node", "snap_km"]]
        for way, found in (("rail", on_rail), ("road", on_road))
    }
    stations["rail_km"], stations["road_km"] = (
        at[way]["snap_km"].reindex(stations.index) for way in ("rail", "road")
    )
    stations["joins"] = (stations["rail_km"] <= RAIL_KM) & (stations["road_km"] <= ROAD_KM)
    joining = stations[stations["joins"]]
    ends = [at[way]["node"].reindex(joining.index).to_numpy(np.int64) for way in VEHICLE_MODES]
    both = pd.concat([roads, rails, _transfers(nodes, joining, *ends)], ignore_index=True)
    crossings = tables["crossings"]
    crossings = crossings.assign(own=crossings["mode"], mode=crossings["mode"].map(_combined))
    return Combined(
        nodes=nodes,
        links=gpd.GeoDataFrame(both.assign(mode=MODE), geometry="geometry", crs=links.crs),
        crossings=crossings,
        crossing_links=tables["crossing_links"],
        settled=settled,
        left_out=left_out,
        stations=stations,
    )


def is_transfer(links: pd.DataFrame) -> Bools:
    """Which links are transfers between road and rail.

    Parameters
    ----------
    links : DataFrame
        Links of a combined network.

    Returns
    -------
    ndarray of bool
        One for each link.
    """
    return np.asarray(links["class"] == "transfer", dtype=bool)


def network(both: Combined, border: BorderFile) -> Network:
    """The network for searches if a transfer takes no time.

    Parameters
    ----------
    both : Combined
        Roads, railways and transfers.
    border : BorderFile
        The border file.

    Returns
    -------
    Network
        Transfers are arcs of 0 minutes.
    """
    return mode_network.assemble(
        both.nodes, both.links, both.crossings, both.crossing_links, MODE, border
    )


def changing(network: Network, transfer_minutes: float) -> Network:
    """The network with the given minutes for each transfer.

    Parameters
    ----------
    network : Network
        As `network` returns it.
    transfer_minutes : float
        Minutes of a transfer.

    Returns
    -------
    Network
        The same network with other minutes of transfers.
    """
    change = is_transfer(network.links)[network.link]
    return replace(network, minutes=np.where(change, transfer_minutes, network.minutes))


def demand_name(transfer_minutes: float) -> str:
    """The name of through demand with this time for a transfer.

    Parameters
    ----------
    transfer_minutes : float
        Minutes of a transfer.

    Returns
    -------
    str
        Such as through_60.
    """
    return f"through_{transfer_minutes:g}"


def _combined(mode: str) -> str:
    return MODE if mode in VEHICLE_MODES else mode


def _transfers(
    nodes: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, road: Ints, rail: Ints
) -> gpd.GeoDataFrame:
    """A two-way link for each station between its node on the road and its node on the railway."""
    points = shapely.get_coordinates(nodes.geometry.to_numpy())
    node_id = nodes["node_id"].to_numpy()
    return gpd.GeoDataFrame(
        {
            "link_id": "transfer." + stations["station_id"].to_numpy(),
            "class": "transfer",
            "state": "open",
            "from_node": node_id[road],
            "to_node": node_id[rail],
            "oneway": False,
            "walkable": True,
            "informal": False,
            "lanes_forward": 1,
            "lanes_backward": 1,
            "length_m": (stations["rail_km"] + stations["road_km"]).to_numpy() * 1000,
            "minutes": 0.0,
            "side": stations["side"].to_numpy(),
            "depth_min_km": stations["depth_km"].to_numpy(),
            "depth_max_km": stations["depth_km"].to_numpy(),
        },
        geometry=shapely.linestrings(np.stack([points[road], points[rail]], axis=1)),
        crs=nodes.crs,
    )
