"""Networks on which posts are placed: what leads from zone to zone, and what stands there."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters
from pipeline.core.types import Bools, Ints
from pipeline.graph import flow
from pipeline.graph.placement_field import Field
from pipeline.measures.depth import Variant
from pipeline.measures.depth import network as variant_links
from pipeline.measures.depth_variants import guarded
from pipeline.network import link_arcs
from pipeline.network.zones import ZonePair

INLAND_KM = parameters.number("inland_km")
COMBINED = "combined"


@dataclass(frozen=True)
class Between:
    """The field between two zones, and which rows of the links its links are.

    Attributes
    ----------
    field : Field
        Arcs; links are rows of `links`.
    links : DataFrame
        The links of the network, index from 0: link_id and what ways are made of.
    forward : ndarray of bool, shape (n_arcs,)
        The arc runs as its link does.
    """

    field: Field
    links: pd.DataFrame
    forward: Bools


def network(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    extra: pd.DataFrame,
    sides: tuple[str, str],
    mode: str,
    *,
    walking: bool,
) -> pd.DataFrame:
    """The links that posts are placed on: directed, third countries excluded, as F(D) has them.

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
        The walks count.

    Returns
    -------
    DataFrame
        link_id, from_node, to_node, oneway, takes (a post), length_m, name; index from 0.
    """
    modes = ("road", "rail") if mode == COMBINED else (mode,)
    parts = [variant_links(nodes, links, sides, Variant(one, True, False)) for one in modes]
    ways = pd.concat(parts, ignore_index=True)
    ways = ways.assign(takes=True, name=ways["name"].fillna(ways["ref"]))
    kinds = [kind for kind, counts in (("walk", walking), ("transfer", mode == COMBINED)) if counts]
    more = extra[extra["kind"].isin(kinds)]
    inside = set(nodes.loc[nodes["side"].isin([*sides, "border"]), "node_id"])
    more = more[more["from_node"].isin(inside) & more["to_node"].isin(inside)]
    more = more.assign(oneway=False, takes=more["kind"] != "transfer", length_m=0.0, name=None)
    columns = ["link_id", "from_node", "to_node", "oneway", "takes", "length_m", "name"]
    both = [part for part in (ways[columns], more[columns]) if len(part)]
    return pd.concat(both, ignore_index=True) if both else ways[columns]


def between(
    nodes: pd.DataFrame, links: pd.DataFrame, pair: ZonePair, posts: pd.DataFrame, chance: float
) -> Between:
    """The field between the zones of a depth, with posts that stand there.

    Parameters
    ----------
    nodes : DataFrame
        Table nodes.
    links : DataFrame
        What `network` gave.
    pair : ZonePair
        The zones.
    posts : DataFrame
        Posts that stand, at all of their nodes (`standing_posts.at_nodes`).
    chance : float
        Chance that each stops whom it meets.

    Returns
    -------
    Between
        A link that carries a post takes no other; who comes to its node meets it, once.
    """
    arcs = link_arcs.arcs(nodes, links, directed=True)
    joined, kept = flow.between(arcs, pair.origin, pair.destination)
    takes = links["takes"].to_numpy(bool) & ~guarded(links, posts)
    stands = nodes["node_id"].isin(posts["node_id"].dropna()).to_numpy()
    field = Field(
        n_nodes=joined.n_nodes,
        tail=joined.tail,
        head=joined.head,
        link=joined.link,
        takes=takes[joined.link],
        chance=np.where(stands[arcs.head[kept]], chance, 0.0),
    )
    return Between(field, links, joined.forward)


def of_years(posts: gpd.GeoDataFrame, years: tuple[int, ...]) -> gpd.GeoDataFrame:
    """Posts on a road, away from the line, that stand since given years.

    Parameters
    ----------
    posts : GeoDataFrame
        Posts at all of their nodes (`standing_posts.at_nodes`).
    years : tuple of int
        The years.

    Returns
    -------
    GeoDataFrame
        Rows of it. A control at the line bears the year of its crossing: it is left out.
    """
    inland = posts["depth_km"].abs() >= INLAND_KM
    since = posts["since_year"].isin(years)
    return posts[inland & since & posts["mode"].eq("road") & posts["node_id"].notna()]


def standing_between(
    nodes: pd.DataFrame, links: pd.DataFrame, pair: ZonePair, posts: pd.DataFrame
) -> int:
    """How many posts stand on links between the zones.

    Parameters
    ----------
    nodes, links, pair, posts
        As of `between`.

    Returns
    -------
    int
    """
    arcs = link_arcs.arcs(nodes, links, directed=True)
    _, kept = flow.between(arcs, pair.origin, pair.destination)
    ends = np.unique(np.concatenate([arcs.tail[kept], arcs.head[kept]]))
    met = posts["node_id"].isin(nodes["node_id"].iloc[ends])
    return int(posts.loc[met, "post_id"].nunique())


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
    told: list[dict[str, object]] = []
    for way in ways:
        rows = found.links.iloc[found.field.link[way]]
        lines = shapes.loc[rows["link_id"]].to_numpy()
        told.append(
            {
                "length_m": float(rows["length_m"].sum()),
                "link_ids": " ".join(rows["link_id"]),
                "geometry": shapely.multilinestrings(list(lines)),
            }
        )
    return told
