"""The profile of one network: F(D) over signed depth, its cuts, its witness, and the cordons.

F(D) is a maximum flow (Ford & Fulkerson 1956). So by Menger's theorem (1927) there are both cuts of
F(D) links and F(D) link-disjoint paths.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core.types import Bools, Ints
from pipeline.graph import flow
from pipeline.graph.arcs import Arcs
from pipeline.network import link_arcs
from pipeline.network.target_part import TOLERANCE_KM
from pipeline.network.zones import ZonePair, why_absent

# The name of a way of each mode in messages that there is none.
WAY = {"road": "road", "rail": "railway", "foot": "way that may be walked"}


@dataclass(frozen=True)
class Variant:
    """A network to cut: mode, whether one-way tags apply, whether transit is allowed."""

    mode: str
    directed: bool
    third_open: bool


@dataclass(frozen=True)
class Found:
    """F(D) at one depth. Links are rows of `links`; a path is links in order with directions.

    If F(D) cannot be stated, `why_absent` says why, `min_cut_links` and `cordon_links` are None,
    and all lists are empty; the cordon is left out too, since a count that falls because the data
    thin out says nothing. `is_upper_bound` is true if open ends represent a zone that the data do
    not reach.
    """

    depth_km: float
    cordon_links: int | None
    why_absent: str | None
    min_cut_links: int | None
    min_cut_lanes: int | None
    cut_from: Ints
    cut_to: Ints
    in_some_cut: Ints
    paths: list[tuple[Ints, Bools]]
    is_upper_bound: bool = False


def network(
    nodes: pd.DataFrame, links: pd.DataFrame, sides: tuple[str, str], variant: Variant
) -> pd.DataFrame:
    """The links of a variant: of its mode and, without transit, on `sides`; the index is kept.

    Parameters
    ----------
    nodes
        Table nodes with node_id and side.
    links
        Table links.
    sides
        Codes of the `from` and the `to` country.
    variant
        The mode, and whether transit through third countries is allowed.

    Returns
    -------
    DataFrame
        Rows of `links`.
    """
    links = link_arcs.of_mode(links, variant.mode)
    if variant.third_open:
        return links
    open_sides = {*sides, "border"}
    left_out = set(nodes.loc[~nodes["side"].isin(open_sides), "node_id"])
    leads_there = links["from_node"].isin(left_out) | links["to_node"].isin(left_out)
    return links[links["side"].isin(open_sides) & ~leads_there]


def profile(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    pairs: list[ZonePair],
    reach_km: dict[str, float],
    variant: Variant,
) -> list[Found]:
    """F(D) of a variant's links (index: row of `links`) at every depth of `pairs`.

    Parameters
    ----------
    nodes
        Table nodes.
    links
        The links of the variant, as from `network`.
    pairs
        The two zones of each depth, masks over `nodes`.
    reach_km
        By country code, how deep the data are complete, km.
    variant
        The mode, and whether one-way tags apply.

    Returns
    -------
    list of Found
        One for each of `pairs`, with cuts and link-disjoint paths; absent, with the reason, if F(D)
        cannot be stated.
    """
    arcs, held = _arcs(nodes, links, variant)
    lanes = _lanes(links, arcs, variant.directed)
    rows = links.index.to_numpy()
    found = []
    for pair in pairs:
        reason = why_absent(pair, held, WAY[variant.mode], reach_km)
        if reason is not None:
            found.append(_absent(pair.depth_km, reason))
            continue
        between, kept = flow.between(arcs, pair.origin, pair.destination)
        solved = flow.solve(between)
        found.append(
            Found(
                depth_km=pair.depth_km,
                cordon_links=cordon(nodes, links, arcs, pair.depth_km),
                why_absent=None,
                min_cut_links=solved.value,
                min_cut_lanes=None if variant.mode == "foot" else flow.value(between, lanes[kept]),
                cut_from=rows[flow.cut_nearest_source(solved)],
                cut_to=rows[flow.cut_nearest_sink(solved)],
                in_some_cut=rows[flow.in_some_cut(solved)],
                paths=[
                    (rows[between.link[path]], between.forward[path]) for path in flow.paths(solved)
                ],
                is_upper_bound=pair.is_upper_bound,
            )
        )
    return found


def sizes(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    pairs: list[ZonePair],
    reach_km: dict[str, float],
    variant: Variant,
) -> dict[float, int | None]:
    """F(D) by depth, as in `profile`, but without cuts and paths.

    Parameters
    ----------
    nodes, links, pairs, reach_km, variant
        As for `profile`.

    Returns
    -------
    dict of float to int or None
        Links by signed depth in km; None if F(D) cannot be stated.
    """
    arcs, held = _arcs(nodes, links, variant)
    found: dict[float, int | None] = {}
    for pair in pairs:
        if why_absent(pair, held, WAY[variant.mode], reach_km) is not None:
            found[pair.depth_km] = None
            continue
        between, kept = flow.between(arcs, pair.origin, pair.destination)
        found[pair.depth_km] = flow.value(between, np.ones(len(kept), dtype=np.int64))
    return found


def cordon(nodes: pd.DataFrame, links: pd.DataFrame, arcs: Arcs, depth_km: float) -> int:
    """C(d): the number of links over the line of signed depth d towards the `to` side.

    Parameters
    ----------
    nodes
        Table nodes with depth_km.
    links
        Links with depth_max_km; `arcs` refers to their rows.
    arcs
        Arcs over rows of `nodes` and `links`.
    depth_km
        Signed depth in km.

    Returns
    -------
    int
        Each link counts once.
    """
    start_km = nodes["depth_km"].to_numpy(float)[arcs.tail]
    deepest_km = links["depth_max_km"].to_numpy(float)[arcs.link]
    over = (start_km <= depth_km + TOLERANCE_KM) & (deepest_km > depth_km + TOLERANCE_KM)
    return len(np.unique(arcs.link[over]))


def _arcs(nodes: pd.DataFrame, links: pd.DataFrame, variant: Variant) -> tuple[Arcs, Bools]:
    """The arcs of a variant, and which nodes they use."""
    arcs = link_arcs.arcs(nodes, links, directed=variant.directed)
    held = np.zeros(len(nodes), dtype=bool)
    held[arcs.tail] = held[arcs.head] = True
    return arcs, held


def _lanes(links: pd.DataFrame, arcs: Arcs, directed: bool) -> Ints:
    """Lanes of each arc; if undirected, both arcs of a link get those of its wider direction."""
    ahead, back = links["lanes_forward"].to_numpy(), links["lanes_backward"].to_numpy()
    if not directed:
        ahead = back = np.maximum(ahead, back)
    return np.asarray(np.where(arcs.forward, ahead[arcs.link], back[arcs.link]), dtype=np.int64)


def _absent(depth_km: float, reason: str) -> Found:
    none = np.empty(0, np.int64)
    return Found(depth_km, None, reason, None, None, none, none, none, [])
