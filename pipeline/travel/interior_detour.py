"""The bypass of a chokepoint between the interiors on either side, independent of demand.

First, the fastest way through the chokepoint from the zone on the `from` side to the zone on the
`to` side is found. The bypass is the fastest way between the same two ends that avoids the
chokepoint. Any number of crossings may be passed, official ones with their wait; transit through
third countries is excluded.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from msgspec.structs import replace
from scipy.sparse.csgraph import dijkstra

from pipeline.core.borderfile import BorderFile
from pipeline.core.frames import records
from pipeline.core.progress import progress
from pipeline.core.types import Bools, Floats, Ints
from pipeline.network import zones
from pipeline.network.target_part import target_parts
from pipeline.network.zones import ZonePair
from pipeline.travel import detour, free_arcs, routing
from pipeline.travel.free_arcs import Free
from pipeline.travel.mode_network import Network
from pipeline.travel.routing import Graph

Row = dict[str, object]


@dataclass(frozen=True)
class Sweep:
    """Minutes between every node and a zone, the node reached in the zone, and the way to it."""

    searched: Graph
    minutes: Floats
    before: npt.NDArray[np.int32]
    nearest: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Sweeps:
    """Sweeps from the origin zone, and to the destination zone.

    `third_left`: minutes from every node to the destination zone with transit through third
    countries.
    """

    out: Sweep
    back: Sweep
    third_left: Floats


def parts(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, border: BorderFile
) -> dict[float, Bools]:
    """Which nodes are in the part of the `to` side that counts, by depth, including origin_km.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        Tables of the network stage.
    border : BorderFile
        The border file.

    Returns
    -------
    dict of float to ndarray of bool
        Masks over nodes, by depth in km, ascending.
    """
    found = target_parts(nodes, links, border.depths_km, border.target)
    if border.origin_km not in found:
        found |= target_parts(nodes, links, (border.origin_km,), border.target)
    return {depth_km: found[depth_km] for depth_km in sorted(found)}


def by_depth(
    nodes: pd.DataFrame, known: dict[float, Bools], border: BorderFile
) -> dict[float, ZonePair]:
    """The two zones by signed depth, if the parts that count are known.

    Parameters
    ----------
    nodes : DataFrame
        Nodes with `depth_km`.
    known : dict of float to ndarray of bool
        Masks over nodes, as from `parts`.
    border : BorderFile
        The border file.

    Returns
    -------
    dict of float to ZonePair
        Masks over nodes, by signed depth in km.
    """
    found = zones.pairs_of_parts(nodes, known, replace(border, depths_km=tuple(known)))
    at_line = zones.between_origins(nodes, known[border.origin_km], border)
    return {pair.depth_km: pair for pair in [*found, at_line]}


def round_ways(
    network: Network,
    terms: Free,
    by_depth: dict[float, ZonePair],
    chokepoints: pd.DataFrame,
    chokepoint_links: pd.DataFrame,
) -> list[Row]:
    """Rows of bypasses for these chokepoints.

    For a cut the zones are those of its own depth; for a post those of the next depth in use behind
    it. A chokepoint without a zone behind it, or that no way passes, has no minutes and no line.

    Parameters
    ----------
    network : Network
        The network of a mode, as `assemble` makes it.
    terms : Free
        How arcs may be used.
    by_depth : dict of float to ZonePair
        Zones by signed depth in km; 0 for crossings.
    chokepoints : DataFrame
        Rows with `chokepoint_id`, `kind` and `depth_km`.
    chokepoint_links : DataFrame
        The links that are closed with each chokepoint.

    Returns
    -------
    list of dict
        Rows of table bypasses.
    """
    arcs_of = _arcs_of(network, chokepoint_links)
    sweeps: dict[float | None, Sweeps] = {}
    rows = []
    for chokepoint in progress(records(chokepoints), "ways round"):
        name = chokepoint["chokepoint_id"]
        depth_km = _zone_depth_km(chokepoint["kind"], chokepoint["depth_km"], by_depth)
        closed = np.zeros(len(network.tail), dtype=bool)
        closed[arcs_of.get(name, [])] = True
        if depth_km is not None and depth_km not in sweeps:
            sweeps[depth_km] = _sweeps(network, terms, by_depth[depth_km])
        detour = _round_way(network, terms, closed, sweeps.get(depth_km))
        rows.append({"chokepoint_id": name, "mode": network.mode, **detour})
    return rows


def _arcs_of(network: Network, chokepoint_links: pd.DataFrame) -> dict[str, Ints]:
    """Arcs by chokepoint: the arcs of every part of its links."""
    of_link = pd.DataFrame(
        {
            "link_id": network.links["link_id"].to_numpy()[network.link],
            "arc": range(len(network.link)),
        }
    )
    joined = chokepoint_links.merge(of_link, on="link_id")
    return {str(name): group.to_numpy() for name, group in joined.groupby("chokepoint_id")["arc"]}


def _zone_depth_km(kind: str, depth_km: float, by_depth: dict[float, ZonePair]) -> float | None:
    """The signed depth of the zones on either side of a chokepoint."""
    if kind != "post":
        return depth_km if depth_km in by_depth else None
    sign = 1.0 if depth_km > 0 else -1.0
    behind = [depth for depth in by_depth if sign * depth > abs(depth_km)]
    return min(behind, key=abs, default=None)


def _sweeps(network: Network, terms: Free, pair: ZonePair) -> Sweeps:
    out = _sweep(network, terms, pair.origin, terms.home, reverse=False)
    back = _sweep(network, terms, pair.destination, terms.home, reverse=True)
    if terms.home.all():
        return Sweeps(out, back, back.minutes)
    everywhere = np.ones_like(terms.home)
    return Sweeps(
        out, back, _sweep(network, terms, pair.destination, everywhere, reverse=True).minutes
    )


def _sweep(network: Network, terms: Free, mask: Bools, arcs: Bools, *, reverse: bool) -> Sweep:
    """Search from a zone to every node over these arcs, or (`reverse`) from every node to it."""
    searched = free_arcs.free_graph(network, terms, arcs, reverse=reverse)
    sources = np.flatnonzero(mask)
    if not len(sources):
        nowhere = np.full(len(network.nodes), -1, dtype=np.int32)
        return Sweep(searched, np.full(len(nowhere), np.inf), nowhere, nowhere)
    minutes, before, nearest = dijkstra(
        searched.matrix, indices=sources, min_only=True, return_predecessors=True
    )
    return Sweep(searched, minutes, before, nearest)


def _round_way(
    network: Network,
    terms: Free,
    closed: Bools,
    sweeps: Sweeps | None,
) -> Row:
    arcs = np.flatnonzero(closed & terms.home)
    if sweeps is None or not len(arcs):
        return _absent(network, terms)
    out, back = sweeps.out, sweeps.back
    tail, head = network.tail[arcs], network.head[arcs]
    total = out.minutes[tail] + terms.minutes[arcs] + back.minutes[head]
    # A way into a dead end and out again does not count as a way through.
    total[(out.before[tail] == head) | (back.before[head] == tail)] = np.inf
    best = int(total.argmin())
    if not np.isfinite(total[best]):
        return _absent(network, terms)
    start, end = int(tail[best]), int(head[best])
    ends = int(out.nearest[start]), int(back.nearest[end])
    parts = (
        routing.trace(out.searched, out.before, start),
        arcs[[best]],
        routing.trace(back.searched, back.before, end),
    )
    direct_km = sum(network.km[part].sum() for part in parts)
    # No remaining way is faster than the fastest way when nothing is closed.
    left = terms.home & ~closed
    drawn = routing.fastest_route(network, terms.minutes, left, ends, back.minutes)
    passed = network.links.iloc[drawn.link if drawn else []]
    crossed = detour.crossings_on(network, passed)
    third = detour.third_way(network, terms, ends, closed, sweeps.third_left)
    quicker = third is not None and (drawn is None or third.minutes < drawn.minutes)
    return {
        "measured_by": "zones",
        "direct_minutes": total[best],
        "bypass_minutes": drawn.minutes if drawn else None,
        "extra_km": passed["length_m"].sum() / 1000 - direct_km if drawn else None,
        "detour_ratio": detour.ratio(drawn.minutes if drawn else None, total[best]),
        "cut_off": drawn is None,
        "next_choice": network.crossings["crossing_id"].iloc[crossed[0]] if crossed else None,
        "uses_third": quicker,
        "third_share": float(quicker),
        "third_minutes": third.minutes if third and quicker else None,
        "third_cut_off": drawn is None and third is None,
        **detour.described(network, terms, drawn, ends, closed),
    }


def _absent(network: Network, terms: Free) -> Row:
    minutes = ("direct_minutes", "bypass_minutes", "third_minutes")
    nothing = dict.fromkeys((*minutes, "extra_km", "detour_ratio", "third_share", "next_choice"))
    unclosed = np.zeros(len(network.tail), dtype=bool)
    return {
        "measured_by": "zones",
        **nothing,
        **dict.fromkeys(("cut_off", "uses_third", "third_cut_off"), False),
        **detour.described(network, terms, None, None, unclosed),
    }
