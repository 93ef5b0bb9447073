"""The four kinds of chokepoint: crossing, cut, cut_edge and post; each is a set of links to close.

Every function returns one dict for each chokepoint: the columns of table `chokepoints`, but with
`rows` (its links as rows of `links`) instead of link_ids.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.core.modes import NOT_PASSED, VEHICLE_MODES
from pipeline.core.types import Floats, Ints
from pipeline.graph.severed import severed
from pipeline.measures.cut_sites import sites
from pipeline.measures.depth import Found, Variant, network
from pipeline.network import link_arcs
from pipeline.travel import snap

Chokepoints = list[dict[str, Any]]

PLACE_KM = parameters.number("place_snap_km")
SETTLEMENTS = ("city", "town", "village", "hamlet", "isolated_dwelling")
# Walkers may leave paths, so the closure of a single path does not cut off a settlement.
SEVERING_MODES = VEHICLE_MODES
SEVERED = ("severed_places", "severed_population", "severed_km", "severed_side")


def crossings_to_close(
    crossings: gpd.GeoDataFrame,
    crossing_links: pd.DataFrame,
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
) -> Chokepoints:
    """Kind `crossing`: every counted crossing that is open, with its links on both sides.

    Parameters
    ----------
    crossings
        Table crossings, EPSG:4326.
    crossing_links
        Table crossing_links.
    nodes
        Table nodes, EPSG:4326.
    links
        Table links; its index identifies rows.

    Returns
    -------
    list of dict
        Rows of table chokepoints, with the rows of `links` to close for each, and points in
        EPSG:4326.
    """
    open_ones = crossings[crossings["counted"] & ~crossings["status"].isin(NOT_PASSED)]
    row_of = pd.Series(links.index, index=links["link_id"])
    point_of = nodes.set_index("node_id").geometry
    joined = dict(list(crossing_links.groupby("crossing_id")))
    result = []
    for crossing in records(open_ones):
        crossing_id = crossing["crossing_id"]
        joins = joined[crossing_id]
        points = point_of[sorted(set(joins["node_id"]))].to_numpy()
        rows = row_of[joins["link_id"]].to_numpy()
        row = _chokepoint("crossing", crossing["mode"], crossing_id, rows)
        result.append(row | {"depth_km": 0.0, "name": crossing["name"], "geometry": points})
    return result


def cuts_to_close(profiles: dict[Variant, list[Found]], links: gpd.GeoDataFrame) -> Chokepoints:
    """Kind `cut`: sites of the headline cuts nearest to either interior, each set of links once.

    A site that belongs to cuts at several depths gets the smallest of them.

    Parameters
    ----------
    profiles
        F(D) by variant; only directed ones without transit through third countries are used.
    links
        Table links, EPSG:4326; cuts are rows of it by position.

    Returns
    -------
    list of dict
        As from `crossings_to_close`; depth_km is signed.
    """
    result: dict[tuple[str, bytes], dict[str, Any]] = {}
    headline = [
        (variant.mode, found)
        for variant, depths in profiles.items()
        if variant.directed and not variant.third_open
        for found in sorted(depths, key=lambda found: (abs(found.depth_km), -found.depth_km))
    ]
    for mode, found in headline:
        for end, cut in (("from", found.cut_from), ("to", found.cut_to)):
            closed = links.iloc[cut]
            site = sites(closed)
            for k in range(site.max(initial=-1) + 1):
                rows = cut[site == k]
                if (mode, rows.tobytes()) in result:
                    continue
                ways = closed[site == k]
                where = f"{found.depth_km:+g}.{end}.{ways['link_id'].min()}"
                result[mode, rows.tobytes()] = _chokepoint("cut", mode, where, rows) | {
                    "depth_km": found.depth_km,
                    "name": _label(ways),
                    "geometry": _middles(ways),
                }
    return list(result.values())


def cut_edges_to_close(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    crossings: gpd.GeoDataFrame,
    crossing_links: pd.DataFrame,
    sides: tuple[str, str],
) -> Chokepoints:
    """Kind `cut_edge`: links whose closure cuts off a settlement from all crossings of a mode.

    Transit through third countries is excluded, and one-way tags are ignored. A settlement is
    placed at the nearest point of a link on its side within PLACE_KM; a settlement along the link
    itself is cut off when the link's near end is closed. Settlements that no crossing reaches even
    with every link open do not count.

    Parameters
    ----------
    nodes
        Table nodes, EPSG:4326.
    links
        Table links, EPSG:4326.
    places
        Table places, EPSG:4326, with kind and population.
    crossings
        Table crossings; the counted ones that are not closed are used.
    crossing_links
        Table crossing_links.
    sides
        Codes of the `from` and the `to` country.

    Returns
    -------
    list of dict
        As from `crossings_to_close`, with severed_places, severed_population (None if no population
        is tagged), severed_km and severed_side.
    """
    result = []
    places = places[places["kind"].isin(SETTLEMENTS)]
    for mode in SEVERING_MODES:
        used = network(nodes, links, sides, Variant(mode, directed=False, third_open=False))
        open_ones = crossings[
            (crossings["mode"] == mode)
            & crossings["counted"]
            & ~crossings["status"].isin(NOT_PASSED)
        ]
        joins = crossing_links[crossing_links["crossing_id"].isin(open_ones["crossing_id"])]
        arcs = link_arcs.arcs(nodes, used.assign(oneway=True), directed=True)
        held = np.unique(np.concatenate([arcs.tail, arcs.head]))
        gates = np.intersect1d(np.flatnonzero(nodes["node_id"].isin(joins["node_id"])), held)
        at_node, along = _settled(nodes, used, places)
        km = np.column_stack([np.zeros((len(used), 3)), used["length_m"].to_numpy() / 1000])
        found = severed(arcs.tail, arcs.head, gates, at_node, along + km)
        sums = found.sums + along[found.link]
        for link, far, behind in zip(found.link, found.far, sums, strict=True):
            settlements, tagged, people, length_km = behind
            if not settlements:
                continue
            edge = used.iloc[[link]]
            span = edge[["depth_min_km", "depth_max_km"]].to_numpy(float)[0]
            result.append(
                _chokepoint("cut_edge", mode, edge["link_id"].iloc[0], edge.index.to_numpy())
                | {
                    "depth_km": span[np.argmin(np.abs(span))],
                    "name": _label(edge),
                    "severed_places": int(settlements),
                    "severed_population": people if tagged else None,
                    "severed_km": length_km,
                    "severed_side": nodes["side"].iloc[far],
                    "geometry": _middles(edge),
                }
            )
    return result


def posts_to_close(posts: gpd.GeoDataFrame, links: gpd.GeoDataFrame) -> Chokepoints:
    """Kind `post`: every post on a network, with the open links that meet at it.

    Parameters
    ----------
    posts
        Posts at all of their nodes, as from `standing_posts.at_nodes`.
    links
        Table links of the network.

    Returns
    -------
    list of dict
        As from `crossings_to_close`; depth_km is signed.
    """
    result = []
    standing = posts[posts["node_id"].notna() & posts["mode"].notna()]
    for mode, ours in standing.groupby("mode"):
        used = link_arcs.of_mode(links, str(mode))
        ends = used.melt(value_vars=["from_node", "to_node"], ignore_index=False)["value"]
        ends = ends[ends.isin(ours["node_id"])]
        at = {node: rows.index.to_numpy() for node, rows in ends.groupby(ends)}
        for post_id, stands in ours.groupby("post_id", sort=False):
            met = [at[node] for node in stands["node_id"] if node in at]
            if met:
                row = _chokepoint("post", str(mode), str(post_id), np.unique(np.concatenate(met)))
                post = stands.iloc[0]
                more = {"depth_km": post["depth_km"], "name": post["name"]}
                result.append(row | more | {"geometry": [post["geometry"]]})
    return result


def _chokepoint(kind: str, mode: str, where: str, rows: Ints) -> dict[str, Any]:
    # Ids of crossings and posts already contain their mode or kind.
    key = where if kind == "crossing" else f"{mode}.{where}"
    row = {"chokepoint_id": f"{kind}.{key}", "mode": mode, "kind": kind, "rows": np.asarray(rows)}
    return row | dict.fromkeys(SEVERED)


def _label(links: gpd.GeoDataFrame) -> str | None:
    """Reference numbers of the ways, or names if they have none, in order."""
    labels = links["ref"].where(links["ref"].notna(), links["name"]).dropna()
    return "; ".join(sorted(set(labels))) or None


def _middles(links: gpd.GeoDataFrame) -> npt.NDArray[Any]:
    lines = links.geometry.to_numpy()
    return np.asarray(shapely.line_interpolate_point(lines, 0.5, normalized=True))


def _settled(
    nodes: gpd.GeoDataFrame, used: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> tuple[Floats, Floats]:
    """Settlements, settlements with a population, inhabitants and 0 km at each node and link.

    A settlement at the end of a link counts for the node, any other settlement for its link.
    """
    used = used.reset_index(drop=True)
    found = snap.nearest(used, places, PLACE_KM)
    people = found["population"].to_numpy(float)
    known = ~np.isnan(people)
    rows = np.column_stack(
        [np.ones(len(found)), known, np.nan_to_num(people), np.zeros(len(found))]
    )
    link = found["link"].to_numpy()
    length_m = used["length_m"].to_numpy()[link]
    along_m = found["share"].to_numpy() * length_m
    at_start, at_end = along_m < snap.END_M, along_m > length_m - snap.END_M
    end = np.where(at_start, used["from_node"].to_numpy()[link], used["to_node"].to_numpy()[link])
    inside = ~(at_start | at_end)
    at_node, along = np.zeros((len(nodes), 4)), np.zeros((len(used), 4))
    np.add.at(along, link[inside], rows[inside])
    index = pd.Index(nodes["node_id"])
    np.add.at(at_node, index.get_indexer(end[~inside]), rows[~inside])
    return at_node, along
