"""Networks on which posts are placed: links between zones, and existing posts."""

import hashlib
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters
from pipeline.core.types import Bools, Ints
from pipeline.graph import flow
from pipeline.graph.arcs import Arcs
from pipeline.graph.placement_field import Field
from pipeline.measures.depth import Variant
from pipeline.measures.depth import network as variant_links
from pipeline.network import link_arcs, standing_posts
from pipeline.network.zones import ZonePair

DEPTHS_KM = parameters.numbers("placement_depths_km")
INLAND_KM = parameters.number("inland_km")
COMBINED = "combined"


@dataclass(frozen=True)
class Network:
    """The links that posts are placed on, and their arcs.

    Attributes
    ----------
    links : DataFrame
        link_id, from_node, to_node, oneway, takes (a post), length_m, name; index from 0.
    arcs : Arcs
        Between rows of table nodes, over rows of `links`.
    held : ndarray of bool, shape (n_nodes,)
        Nodes at ends of links.
    """

    links: pd.DataFrame
    arcs: Arcs
    held: Bools


@dataclass(frozen=True)
class Between:
    """The field between two zones, and the links of the network.

    Attributes
    ----------
    field : Field
        Arcs; their links are rows of `links`. An existing post stops all travellers who pass it.
    links : DataFrame
        The links of the network, index from 0: link_id and the columns of ways.
    forward : ndarray of bool, shape (n_arcs,)
        Whether the arc has the direction of its link.
    """

    field: Field
    links: pd.DataFrame
    forward: Bools


def asked(pairs: dict[float, ZonePair], reach_km: float) -> list[ZonePair]:
    """The zones at the depths for which posts are placed.

    The last of DEPTHS_KM stands for the greatest depth behind the line that the data reach; the
    first is also used before the line.

    Parameters
    ----------
    pairs : dict of float to ZonePair
        Zones by signed depth in km.
    reach_km : float
        How deep the data reach behind the line.

    Returns
    -------
    list of ZonePair
        From the depth before the line on, without depths that have no zones.
    """
    *given, last = DEPTHS_KM
    deepest = max((km for km in pairs if 0 < km <= min(last, reach_km)), default=last)
    wanted = {-given[0], *given, deepest}
    return [pairs[km] for km in sorted(wanted) if km in pairs]


def network(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    extra: pd.DataFrame,
    sides: tuple[str, str],
    mode: str,
    *,
    walking: bool,
) -> Network:
    """The links on which posts are placed: directed, transit excluded, as for F(D).

    Parameters
    ----------
    nodes, links : DataFrame
        Tables of the network.
    extra : DataFrame
        Table placement_links.
    sides : tuple of str
        Country codes.
    mode : str
        road, rail, or combined: both, with the transfers.
    walking : bool
        Whether walks count.

    Returns
    -------
    Network
    """
    modes = ("road", "rail") if mode == COMBINED else (mode,)
    parts = [variant_links(nodes, links, sides, Variant(one, True, False)) for one in modes]
    ways = pd.concat(parts, ignore_index=True)
    ways = ways.assign(takes=True, name=ways["name"].fillna(ways["ref"]))
    kinds = [kind for kind, counts in (("walk", walking), ("transfer", mode == COMBINED)) if counts]
    more = extra[extra["kind"].isin(kinds)]
    inside = set(nodes.loc[nodes["side"].isin([*sides, "border"]), "node_id"]) if len(more) else ()
    more = more[more["from_node"].isin(inside) & more["to_node"].isin(inside)]
    more = more.assign(oneway=False, takes=more["kind"] != "transfer", length_m=0.0, name=None)
    columns = ["link_id", "from_node", "to_node", "oneway", "takes", "length_m", "name"]
    both = [part for part in (ways[columns], more[columns]) if len(part)]
    found = pd.concat(both, ignore_index=True) if both else ways[columns]
    arcs = link_arcs.arcs(nodes, found, directed=True)
    held = np.zeros(len(nodes), dtype=bool)
    held[arcs.tail] = held[arcs.head] = True
    return Network(found, arcs, held)


def between(
    nodes: pd.DataFrame, ways: Network, pair: ZonePair, posts: pd.DataFrame | None = None
) -> Between:
    """The field between the zones of a depth, with existing posts.

    Parameters
    ----------
    nodes : DataFrame
        Table nodes.
    ways : Network
        The links.
    pair : ZonePair
        The zones.
    posts : DataFrame, optional
        Existing posts at all of their nodes (`standing_posts.at_nodes`).

    Returns
    -------
    Between
        A link with a post cannot take another; a traveller who comes to the post's node passes it
        once.
    """
    stands = _stands(nodes, posts)
    joined, kept = flow.between(ways.arcs, pair.origin, pair.destination)
    takes = ways.links["takes"].to_numpy(bool) & ~_carried(ways, stands)
    field = Field(
        n_nodes=joined.n_nodes,
        tail=joined.tail,
        head=joined.head,
        link=joined.link,
        takes=takes[joined.link],
        chance=stands[ways.arcs.head[kept]].astype(np.float64),
    )
    return Between(field, ways.links, joined.forward)


def digest(found: Between) -> bytes:
    """A digest of all that the best places of posts depend on.

    Parameters
    ----------
    found : Between
        The field and its links.

    Returns
    -------
    bytes
        Equal for two fields with the same arcs, links, possible places and existing posts.
    """
    field = found.field
    used = found.links["link_id"].iloc[: int(field.link.max(initial=-1)) + 1]
    arrays = (field.tail, field.head, field.link, field.takes, field.chance)
    total = hashlib.blake2b("\n".join(used).encode())
    for array in arrays:
        total.update(array.tobytes())
    return total.digest()


def carried(nodes: pd.DataFrame, ways: Network, posts: pd.DataFrame) -> Bools:
    """Which links have, at one of their ends, a post that checks travellers.

    Parameters
    ----------
    nodes, ways, posts
        As for `between`.

    Returns
    -------
    ndarray of bool, shape (n_links,)
    """
    return _carried(ways, _stands(nodes, posts))


def _stands(nodes: pd.DataFrame, posts: pd.DataFrame | None) -> Bools:
    """Nodes where a post checks travellers."""
    if posts is None or not len(posts):
        return np.zeros(len(nodes), dtype=bool)
    return nodes["node_id"].isin(standing_posts.checking(posts)["node_id"].dropna()).to_numpy(bool)


def _carried(ways: Network, stands: Bools) -> Bools:
    ahead = np.arange(len(ways.links))  # arcs along each link come first, in its order
    return np.asarray(stands[ways.arcs.tail[ahead]] | stands[ways.arcs.head[ahead]])


def of_years(posts: gpd.GeoDataFrame, years: tuple[int, ...]) -> gpd.GeoDataFrame:
    """Posts on a road, away from the line, that were opened in given years.

    Parameters
    ----------
    posts : GeoDataFrame
        Posts at all of their nodes (`standing_posts.at_nodes`).
    years : tuple of int
        The years.

    Returns
    -------
    GeoDataFrame
        Rows of it. Controls at the line are left out, since they have the year of their crossing.
    """
    inland = posts["depth_km"].abs() >= INLAND_KM
    since = posts["since_year"].isin(years)
    return posts[inland & since & posts["mode"].eq("road") & posts["node_id"].notna()]


def standing_between(
    nodes: pd.DataFrame, ways: Network, pair: ZonePair, posts: pd.DataFrame
) -> int:
    """The number of existing posts on links between the zones.

    Parameters
    ----------
    nodes, ways, pair, posts
        As for `between`.

    Returns
    -------
    int
    """
    _, kept = flow.between(ways.arcs, pair.origin, pair.destination)
    ends = np.unique(np.concatenate([ways.arcs.tail[kept], ways.arcs.head[kept]]))
    met = standing_posts.checking(posts)
    met = met[met["node_id"].isin(nodes["node_id"].iloc[ends])]
    return int(met["post_id"].nunique())


def paths(found: Between, ways: list[Ints], shapes: gpd.GeoSeries) -> list[dict[str, object]]:
    """Length, links and line of each way.

    Parameters
    ----------
    found : Between
        The field.
    ways : list of ndarray of int
        Arcs of each way in order.
    shapes : GeoSeries of LineString
        By link_id.

    Returns
    -------
    list of dict
        length_m, link_ids and geometry.
    """
    path_rows: list[dict[str, object]] = []
    for way in ways:
        rows = found.links.iloc[found.field.link[way]]
        lines = shapes.loc[rows["link_id"]].to_numpy()
        path_rows.append(
            {
                "length_m": float(rows["length_m"].sum()),
                "link_ids": " ".join(rows["link_id"]),
                "geometry": shapely.multilinestrings(list(lines)),
            }
        )
    return path_rows
