"""F_walk: the minimum cut if walkers may also cross the line between its crossings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, schema
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools
from pipeline.measures.depth import Variant, network, sizes
from pipeline.measures.depth_variants import guarded
from pipeline.network import target_part, zones
from pipeline.network.zones import ZonePair
from pipeline.terrain import kilometres
from pipeline.terrain.pace import FASTEST_KM_PER_H
from pipeline.travel import snap

WITHIN_MINUTES = parameters.wholes("walk_minutes")
MODES = ("road", "foot")  # people board a train at stations, not where they meet the railway
# Roads farther from the line cannot be the start of the longest walk.
ROAD_KM = max(WITHIN_MINUTES) / 60 * FASTEST_KM_PER_H
SPACING_M = parameters.number("foot_cut_spacing_m")
ENDS = ["from_node", "to_node", "oneway"]
# Columns that are needed to split a link, and for the zones of its parts.
SPLIT = ["link_id", "mode", "side", *ENDS, "length_m", "minutes", "depth_min_km", "depth_max_km"]

Sizes = dict[Variant, dict[float, int | None]]


class Case(NamedTuple):
    """The column of walk_km with the minutes, and the posts whose links are left out.

    `posts` are at all of their nodes (`standing_posts.at_nodes`). Links with a post are left out
    after the ends of walks have been placed; the result is G(D) with walking.
    """

    minutes: str
    posts: pd.DataFrame | None = None


def walked(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    line: gpd.GeoDataFrame,
    walk_km: pd.DataFrame,
    provenance: pd.DataFrame,
    border: BorderFile,
    cases: Sequence[Case],
) -> list[dict[int, Sizes]]:
    """F_walk of road and foot by signed depth, for each of WITHIN_MINUTES, with headline choices.

    Every km of the line that can be crossed on foot in that time is one additional two-way link. It
    joins the roads on both sides that lie nearest to the middle of the km.

    Parameters
    ----------
    nodes, links, line : geopandas.GeoDataFrame
        Tables nodes, links and border, EPSG:4326.
    walk_km, provenance : pandas.DataFrame
        Tables walk_km, with minutes on foot, and provenance.
    border : BorderFile
        The border.
    cases : sequence of Case
        The cases to compute: column of minutes, and with or without posts.

    Returns
    -------
    list of dict of int to dict
        For each case, by minutes: the cut of each mode by signed depth in km; None if it is not
        stated.
    """
    pairs = zones.zone_pairs(nodes, links, border)
    plane = kilometres.plane(provenance)
    found: list[dict[int, Sizes]] = [{within: {} for within in WITHIN_MINUTES} for _ in cases]
    for mode in MODES:
        variant = Variant(mode, directed=True, third_open=False)
        used = network(nodes, links, (border.from_, border.to), variant)
        used = gpd.GeoDataFrame(used[[*SPLIT, "geometry"]].reset_index(drop=True))
        laid = snap.in_plane(used)
        reach = zones.reach_of(border, mode)
        for column in dict.fromkeys(case.minutes for case in cases):
            km = walk_km[walk_km[column] <= max(WITHIN_MINUTES)]
            middles = kilometres.middles(line, plane, km["border_km"].to_numpy(float), SPACING_M)
            minutes = km[column].to_numpy(float)
            points, ways, walks, there = _with_walks(nodes, used, laid, pairs, middles, border)
            for case, sizes_of in zip(cases, found, strict=True):
                if case.minutes != column:
                    continue
                free = ways if case.posts is None else ways[~guarded(ways, case.posts)]
                for within in WITHIN_MINUTES:
                    walkable = walks[minutes[walks.index] <= within]
                    both = pd.concat([free, walkable], ignore_index=True).astype({"oneway": bool})
                    sizes_of[within][variant] = sizes(points, both, there, reach, variant)
    return found


def _with_walks(
    nodes: gpd.GeoDataFrame,
    used: gpd.GeoDataFrame,
    laid: snap.InPlane,
    pairs: list[ZonePair],
    middles: gpd.GeoSeries,
    border: BorderFile,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[ZonePair]]:
    """Nodes and links with added nodes where walks begin or end, the walks, and the zones.

    Walks have the same columns as links; their index is the row of their middle.
    """
    ends = [_landed(used, side, middles) for side in (border.from_, border.to)]
    points, split, landed = snap.onto_links(nodes, used, pd.concat(ends), ROAD_KM, laid=laid)
    pairs = [_with_landings(pair, nodes, used, landed, len(points)) for pair in pairs]
    names = landed.assign(node_id=points["node_id"].to_numpy()[landed["node"]])
    both = names.pivot_table(index="walk", columns="side", values="node_id", aggfunc="first")
    walks = both.reindex(columns=[border.from_, border.to]).dropna()
    walks = walks.set_axis(ENDS[:2], axis=1).assign(oneway=False)
    return points, pd.DataFrame(split[ENDS]), walks, pairs


def _landed(used: gpd.GeoDataFrame, side: str, middles: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Points where walks begin or end on a side, to be placed on the nearest road."""
    there = middles if (used["side"] == side).any() else middles[:0]
    return gpd.GeoDataFrame(
        {"walk": np.arange(len(there)), "side": side},
        geometry=there.to_numpy(),
        crs=schema.CRS,
    )


def _with_landings(
    pair: ZonePair, nodes: pd.DataFrame, used: pd.DataFrame, landed: pd.DataFrame, n_nodes: int
) -> ZonePair:
    """The zones over the nodes and the new nodes; a new node is in a zone if its whole link is."""
    index = pd.Index(nodes["node_id"])
    new = landed[landed["node"] >= len(nodes)]
    on = used.loc[new["link"], ["from_node", "to_node", "depth_min_km", "depth_max_km"]]
    start, end = (index.get_indexer(on[name]) for name in ENDS[:2])
    low, high = on["depth_min_km"].to_numpy(float), on["depth_max_km"].to_numpy(float)
    shallow_km = np.where(low < 0, high, low)
    (_, from_km), (_, to_km) = pair.least_km.items()
    source, sink = (
        _widened(mask, n_nodes, new["node"], mask[start] & mask[end] & deep)
        for mask, deep in (
            (pair.origin, target_part.at_least(shallow_km, -from_km)),
            (pair.destination, target_part.at_least(shallow_km, to_km)),
        )
    )
    elsewhere = _widened(pair.elsewhere, n_nodes, new["node"][:0], pair.elsewhere[:0])
    return replace(pair, origin=source, destination=sink, elsewhere=elsewhere)


def _widened(mask: Bools, n_nodes: int, rows: pd.Series, values: Bools) -> Bools:
    wide = np.zeros(n_nodes, dtype=bool)
    wide[: len(mask)] = mask
    wide[rows] = values
    return wide
