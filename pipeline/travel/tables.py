"""The output of stage travel on disk, and how later stages read it.

The folder holds a folder for each network (road, rail, combined) with its tables and arrays. Arrays
are mapped into memory, so that a stage reads only the parts that it uses. Nodes and shapes of links
that the network stage has already written are not written again.
"""

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.core import store
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Ints
from pipeline.network.zones import ZonePair
from pipeline.travel import interior_detour, snap
from pipeline.travel.assemble import Travel
from pipeline.travel.choice import Choice
from pipeline.travel.demand import Demand
from pipeline.travel.mode_network import Network, Shapes

ARCS = (
    *("tail", "head", "link", "forward", "minutes", "km", "on_from", "on_to", "shallow"),
    "pointer",
)
GATES = ("gate_node", "gate_crossing", "wait_minutes")
CHOICES = ("minutes", "km", "origin", "destination", "weight", "first", "second")
PLACES = ["place_id", "name", "kind", "side", "population", "depth_km", "node", "snap_km"]
LINKS = (
    *("link_id", "mode", "class", "state", "side", "walkable", "informal", "oneway"),
    *("lanes_forward", "lanes_backward", "length_m", "minutes", "depth_min_km", "depth_max_km"),
)


def write(
    folder: Path,
    network: Network,
    n_given: int,
    settled: gpd.GeoDataFrame,
    demands: pd.DataFrame,
    chosen: dict[str, Choice],
) -> None:
    """Write a network, the places on it and the choices of demand.

    Parameters
    ----------
    folder : Path
        Folder of this network within the folder of the stage.
    network : Network
        The network. Its links have `shape`, the row of the link of the network stage that they are
        part of (missing if they are not a road or railway), and `share_from`, `share_to`, their
        position on it.
    n_given : int
        Number of its first nodes, which the network stage has written.
    settled : GeoDataFrame
        Places with `node`, a row of the network's nodes, and `snap_km`.
    demands : DataFrame
        Rows of table travel_demand, one for each choice.
    chosen : dict of str to Choice
        By the name of the demand.

    Returns
    -------
    None
        The folder is written whole, with its stamp.
    """
    index = pd.Index(network.nodes["node_id"])
    links = network.links
    laid: dict[str, pd.Series | np.ndarray] = {
        "row": np.arange(len(links)),
        "shape": links["shape"].fillna(-1).astype(np.int64),
        "share_from": links["share_from"].fillna(0.0),
        "share_to": links["share_to"].fillna(1.0),
    }
    laid |= {end: index.get_indexer(links[end]) for end in ("from_node", "to_node")}
    added = network.nodes.iloc[n_given:]
    tables: dict[str, pd.DataFrame] = {
        "travel_nodes": added.assign(row=np.arange(n_given, len(index))),
        "travel_links": pd.DataFrame(links)[list(LINKS)].assign(**laid),
        "travel_places": settled[[*PLACES, "geometry"]],
        "travel_crossings": pd.DataFrame(network.crossings)[["crossing_id"]],
        "travel_demand": demands,
    }
    arrays = {name: getattr(network, name) for name in (*ARCS, *GATES)}
    for demand, found in chosen.items():
        arrays |= {_named(demand, name): getattr(found, name) for name in CHOICES}
    store.write(folder, tables, arrays)


def network(travel_dir: str, name: str, network_dir: str, crossings_dir: str) -> Network:
    """Read a network with the places on it as nodes.

    Parameters
    ----------
    travel_dir, network_dir, crossings_dir : str
        Folders of the stages.
    name : str
        The network: road, rail or combined.

    Returns
    -------
    Network
        Its links have no column `geometry`; shapes are read when they are needed.

    Raises
    ------
    InputError
        If a table or an array is missing or cannot be read.
    """
    folder = Path(travel_dir) / name
    given = store.read(network_dir, "nodes")
    added = store.read(folder, "travel_nodes").drop(columns="row")
    nodes = pd.concat([given, added], ignore_index=True) if len(added) else given
    links = store.read(folder, "travel_links")
    node_id = nodes["node_id"].to_numpy()
    links = links.assign(**{end: node_id[links[end]] for end in ("from_node", "to_node")})
    arrays = {field: store.array(folder, field) for field in (*ARCS, *GATES)}
    return Network(
        mode=name,
        nodes=nodes,
        links=links,
        crossings=crossings(travel_dir, name, crossings_dir),
        shapes=_shapes(network_dir, links),
        **arrays,
    )


def on_network(travel_dir: str, name: str, network_dir: str, crossings_dir: str) -> Travel:
    """Read a network and the settlements on it.

    Parameters
    ----------
    travel_dir, name, network_dir, crossings_dir
        As for `network`.

    Returns
    -------
    Travel
        The network and settlements; the number of settlements that are too far away is in table
        travel_demand.
    """
    found = network(travel_dir, name, network_dir, crossings_dir)
    return Travel(found, places(travel_dir, name), 0)


def crossings(travel_dir: str, name: str, crossings_dir: str) -> gpd.GeoDataFrame:
    """The crossings that demand may use, in the order of the rows of a choice's minutes.

    Parameters
    ----------
    travel_dir, crossings_dir : str
        Folders of the stages.
    name : str
        The network: road, rail or combined.

    Returns
    -------
    GeoDataFrame
        Rows of table crossings.
    """
    ids = store.read(Path(travel_dir) / name, "travel_crossings")["crossing_id"]
    known = store.read(crossings_dir, "crossings")
    return gpd.GeoDataFrame(known[known["crossing_id"].isin(ids)].reset_index(drop=True))


def places(travel_dir: str, name: str) -> gpd.GeoDataFrame:
    """The settlements on a network.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    name : str
        The network: road, rail or combined.

    Returns
    -------
    GeoDataFrame
        Places with `population`, `node` (row of the network's nodes) and `snap_km`; cities beyond
        the data have infinite depth.
    """
    return gpd.GeoDataFrame(store.read(Path(travel_dir) / name, "travel_places"))


def zone_pairs(travel_dir: str, nodes: pd.DataFrame, border: BorderFile) -> dict[float, ZonePair]:
    """Origin and destination zones by signed depth, as in module interior_detour.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    nodes : DataFrame
        Nodes of a network; those of the network stage come first, and none of the others is in a
        zone.
    border : BorderFile
        The border file that the stage read.

    Returns
    -------
    dict of float to ZonePair
        Masks over `nodes` by signed depth in km; origin_km deep on both sides at 0.
    """
    known = store.array(travel_dir, "target_parts")
    masks = np.zeros((len(known), len(nodes)), dtype=bool)
    masks[:, : known.shape[1]] = known
    depths_km = sorted({border.origin_km, *border.depths_km})
    return interior_detour.by_depth(nodes, dict(zip(depths_km, masks, strict=True)), border)


def why_absent(travel_dir: str, name: str) -> dict[str, str | None]:
    """By name of the demand: why there is no demand, or no demand that has a way.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    name : str
        The network: road, rail or combined.

    Returns
    -------
    dict of str to str or None
        None if there is demand.
    """
    demands = store.read(Path(travel_dir) / name, "travel_demand")
    return dict(zip(demands["demand"], demands["why_absent"], strict=True))


def choice(travel_dir: str, name: str, demand: str) -> Choice:
    """The choice of a demand on a network, mapped into memory.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    name : str
        The network: road, rail or combined.
    demand : str
        The demand: through, local, uniform or irregular; through_<minutes of a transfer> on the
        combined network.

    Returns
    -------
    Choice
        Changes to its arrays stay in memory.
    """
    folder = Path(travel_dir) / name
    shares = store.read(folder, "travel_demand").set_index("demand")["unreachable_share"]
    share = shares[demand]
    arrays = {field: store.array(folder, _named(demand, field)) for field in CHOICES}
    return Choice(unreachable_share=None if pd.isna(share) else float(share), **arrays)


def as_demand(chosen: Choice) -> Demand:
    """The pairs of a choice as demand, for use on another network.

    Parameters
    ----------
    chosen : Choice
        Pairs that have a way.

    Returns
    -------
    Demand
        The same pairs, in their order, with their weights, but without facts.
    """
    origin, i = np.unique(chosen.origin, return_inverse=True)
    destination, j = np.unique(chosen.destination, return_inverse=True)
    return Demand(origin, destination, (i, j), chosen.weight, {})


def _named(demand: str, field: str) -> str:
    return f"{demand}_{field}"


def _shapes(network_dir: str, links: pd.DataFrame) -> Shapes:
    """A function that returns lines of these links, cut from those of the network stage."""
    row, share_from, share_to = (
        links[column].to_numpy() for column in ("shape", "share_from", "share_to")
    )
    lines = cache(lambda: store.geometries(network_dir, "links"))

    def shapes(wanted: Ints) -> npt.NDArray[np.object_]:
        whole = shapely.from_wkb(lines().take(row[wanted]).to_numpy())
        return np.array(
            [
                snap.part(line, *ends)
                for line, *ends in zip(whole, share_from[wanted], share_to[wanted], strict=True)
            ],
            dtype=object,
        )

    return shapes
