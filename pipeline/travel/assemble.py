"""The network of a mode with the places on it, from which every question on travel starts."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipeline.core.borderfile import BorderFile
from pipeline.travel import data_edge, demand, mode_network, snap
from pipeline.travel.mode_network import Network


@dataclass(frozen=True)
class Travel:
    """A mode's network, the settlements on it or beyond the data, and how many are too far away."""

    network: Network
    settled: gpd.GeoDataFrame
    left_out: int


def travel(
    tables: dict[str, pd.DataFrame],
    mode: str,
    border: BorderFile,
    links: pd.DataFrame,
    laid: snap.InPlane | None = None,
) -> Travel:
    """Make a mode's network with the places on it.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables nodes, places, crossings and crossing_links.
    mode : str
        road or rail.
    border : BorderFile
        The border file; its cities beyond the data enter at the edge of the data.
    links : GeoDataFrame
        The links that travel may use, numbered from 0.
    laid : InPlane, optional
        The same links in the plane, if already computed.

    Returns
    -------
    Travel
        The network and the settlements on it.
    """
    settlements = demand.settlements(tables["places"])
    nodes, parts, settled = snap.onto_links(tables["nodes"], links, settlements, laid=laid)
    left_out = len(settlements) - len(settled)
    nodes, parts, settled = data_edge.enter(nodes, parts, settled, border)
    joins = tables["crossings"], tables["crossing_links"]
    network = mode_network.assemble(nodes, parts, *joins, mode, border)
    return Travel(network, settled, left_out)
