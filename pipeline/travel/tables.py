"""What stage travel keeps on disk, and how the stages after it read it.

A folder holds a folder for each network (road, rail, combined) with its tables and arrays, arrays
mapped into memory: a stage reads what it uses. Nodes and shapes of links that the network stage
has written already are not written again.
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
    """Write a network, the places on it and what demand chooses.

    Parameters
    ----------
    folder : Path
        Folder of this network within that of the stage.
    network : Network
        Its links have `shape`, the row of the network stage's links that they lie on (missing for
        those that are no road or railway), and `share_from`, `share_to`, how far along.
    n_given : int
        How many of its nodes the network stage has written: the first ones.
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
        Which network: road, rail or combined.

    Returns
    -------
    Network
        Its links have no column `geometry`; shapes are read when they are asked for.

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
        As `network` takes them.

    Returns
    -------
    Travel
        How many settlements are too far off stands in table travel_demand.
    """
    found = network(travel_dir, name, network_dir, crossings_dir)
    return Travel(found, places(travel_dir, name), 0)


def crossings(travel_dir: str, name: str, crossings_dir: str) -> gpd.GeoDataFrame:
    """The crossings that demand may take, in the order of the rows of a choice's minutes.

    Parameters
    ----------
    travel_dir, crossings_dir : str
        Folders of the stages.
    name : str
        Which network: road, rail or combined.

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
        Which network: road, rail or combined.

    Returns
    -------
    GeoDataFrame
        Places with `population`, `node` (row of the network's nodes) and `snap_km`; the cities
        beyond the data among them have infinite depth.
    """
    return gpd.GeoDataFrame(store.read(Path(travel_dir) / name, "travel_places"))


def zone_pairs(travel_dir: str, nodes: pd.DataFrame, border: BorderFile) -> dict[float, ZonePair]:
    """Origin and destination zones by signed depth, as module interior_detour has them.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    nodes : DataFrame
        Nodes of a network; those that the network stage wrote come first, and none of the others
        lies in a zone.
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
    """Why there is no demand, or none that has a way, by the name of the demand.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    name : str
        Which network: road, rail or combined.

    Returns
    -------
    dict of str to str or None
        None where there is demand.
    """
    demands = store.read(Path(travel_dir) / name, "travel_demand")
    return dict(zip(demands["demand"], demands["why_absent"], strict=True))


def choice(travel_dir: str, name: str, demand: str) -> Choice:
    """What a demand chooses on a network, mapped into memory.

    Parameters
    ----------
    travel_dir : str
        Folder of the stage.
    name : str
        Which network: road, rail or combined.
    demand : str
        Which demand: through, local, uniform or irregular; through_<minutes of a change> on the
        combined network.

    Returns
    -------
    Choice
        What is written to its arrays stays in memory.
    """
    folder = Path(travel_dir) / name
    shares = store.read(folder, "travel_demand").set_index("demand")["unreachable_share"]
    share = shares[demand]
    arrays = {field: store.array(folder, _named(demand, field)) for field in CHOICES}
    return Choice(unreachable_share=None if pd.isna(share) else float(share), **arrays)


def as_demand(chosen: Choice) -> Demand:
    """The pairs of a choice as demand, to be asked again of another network.

    Parameters
    ----------
    chosen : Choice
        Pairs that have a way.

    Returns
    -------
    Demand
        The same pairs, in their order, with their weights; it has no facts.
    """
    origin, i = np.unique(chosen.origin, return_inverse=True)
    destination, j = np.unique(chosen.destination, return_inverse=True)
    return Demand(origin, destination, (i, j), chosen.weight, {})


def _named(demand: str, field: str) -> str:
    return f"{demand}_{field}"


def _shapes(network_dir: str, links: pd.DataFrame) -> Shapes:
    """The lines of rows of these links, cut out of the network stage's when they are asked for."""
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
