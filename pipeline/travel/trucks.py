"""The road network for a truck: where it may go, how fast, and the waits at controls.

Many roads have no tags about trucks. Two readings give bounds: *likely*, a truck uses every road
that no tag forbids; *sure*, it uses only roads that a tag or their class allows, and crossings that
are open to goods at any hour.
"""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.network import access
from pipeline.travel import assemble
from pipeline.travel.assemble import Travel
from pipeline.travel.mode_network import BEYOND, Network

NAME = "truck"  # name of the network in stage travel
DEMAND, SURE = "through", "through_sure"  # names of its demand by the two readings
WAIT_MINUTES = parameters.number("truck_wait_minutes")


def usable(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The open roads that no tag forbids to the truck, with the truck's minutes.

    Parameters
    ----------
    links : GeoDataFrame
        Table links.

    Returns
    -------
    GeoDataFrame
        Rows of it, numbered from 0. A road that is restricted to goods or buses is like any other
        road for a truck that may use it.
    """
    open_roads = links["mode"].eq("road") & links["state"].eq("open")
    chosen = links[open_roads & links["trucks"].ne("no")].reset_index(drop=True)
    built = chosen["class"].astype(object).where(chosen["class"] != "restricted", "service")
    return chosen.assign(**{"class": built, "minutes": chosen["truck_minutes"]})


def travel(tables: dict[str, pd.DataFrame], border: BorderFile) -> Travel:
    """The truck's network with the places on it.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables nodes, links, places, crossings and crossing_links.
    border : BorderFile
        The border file.

    Returns
    -------
    Travel
        As for a mode, with the crossings that goods may pass, each with the wait of trucks or that
        of a situation file.
    """
    crossings = tables["crossings"]
    goods = crossings["vehicles"].map(access.bits).to_numpy(dtype=np.int64) & access.GOODS
    passed = crossings[(goods > 0) | crossings["mode"].ne("road")]
    found = assemble.travel(
        tables | {"crossings": passed}, "road", border, usable(gpd.GeoDataFrame(tables["links"]))
    )
    official = found.network.crossings["status"].eq("official").to_numpy()
    stated = found.network.crossings["truck_wait_minutes"].to_numpy(np.float64)
    waits = np.where(np.isnan(stated), np.where(official, WAIT_MINUTES, 0.0), stated)
    return replace(found, network=replace(found.network, mode=NAME, wait_minutes=waits))


def sure(network: Network) -> Network:
    """The same network with only those roads that a tag or their class allows.

    Parameters
    ----------
    network : Network
        As `travel` returns it.

    Returns
    -------
    Network
        Nodes, links and crossings are the same; arcs of roads about which nothing is known, and of
        crossings that are closed to goods at some hours, cannot be used.
    """
    links = network.links
    known = (links["trucks"].eq("yes") | links["class"].eq(BEYOND)).to_numpy()
    hours = network.crossings["hours"].notna().to_numpy()
    is_closed = np.zeros(len(network.nodes), dtype=bool)
    is_closed[network.gate_node[hours[network.gate_crossing]]] = True
    open_arc = known[network.link] & ~is_closed[network.tail] & ~is_closed[network.head]
    return replace(network, on_from=network.on_from & open_arc, on_to=network.on_to & open_arc)
