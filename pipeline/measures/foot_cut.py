"""F_walk: the minimum cut when walkers may pass the line between its crossings as well."""

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
MODES = ("road", "foot")  # a railway is boarded at stations, not where a walker meets it
# No road that the longest walk may begin at lies farther from the line.
ROAD_KM = max(WITHIN_MINUTES) / 60 * FASTEST_KM_PER_H
SPACING_M = parameters.number("foot_cut_spacing_m")
ENDS = ["from_node", "to_node", "oneway"]
# What splitting a link asks of it, and the zones over its parts.
SPLIT = ["link_id", "mode", "side", *ENDS, "length_m", "minutes", "depth_min_km", "depth_max_km"]

Sizes = dict[Variant, dict[float, int | None]]


class Case(NamedTuple):
    """The column of walk_km that holds the minutes, and the posts whose links are left out.

    `posts` are at all of their nodes (`standing_posts.at_nodes`). Links that carry one are left out
    once walkers have their ends: what remains is G(D) with walking.
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
    """F_walk of road and foot by signed depth, for each of WITHIN_MINUTES; headline choices.

    Every km of the line that can be walked through in that time is one link more, both ways, from
    the road on one side that lies nearest to the middle of the km to the nearest on the other.

    Parameters
    ----------
    nodes, links, line : geopandas.GeoDataFrame
        Tables nodes, links and border, EPSG:4326.
    walk_km, provenance : pandas.DataFrame
        Tables walk_km, with minutes on foot, and provenance.
    border : BorderFile
        The border.
    cases : sequence of Case
        What to measure: minutes, and with or without posts.

    Returns
    -------
    list of dict of int to dict
        For each case, by minutes: the cut of each mode by signed depth in km, None where it is not
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
    """Nodes and links with a node where a walk may begin or end, the walks, and the zones.

    Walks have the same columns as links, and the row of their middle as index.
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
    """Where walkers set out or arrive on a side, to be put on its nearest road."""
    there = middles if (used["side"] == side).any() else middles[:0]
    return gpd.GeoDataFrame(
        {"walk": np.arange(len(there)), "side": side},
        geometry=there.to_numpy(),
        crs=schema.CRS,
    )


def _with_landings(
    pair: ZonePair, nodes: pd.DataFrame, used: pd.DataFrame, landed: pd.DataFrame, n_nodes: int
) -> ZonePair:
    """The zones over the nodes and those new on a link, which are as deep as all of it is."""
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
