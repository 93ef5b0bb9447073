"""Routes: how many ways there are between cities on both sides, and what avoiding posts costs."""

from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.borderfile import BorderFile, Pair
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.types import Bools, Floats, Ints
from pipeline.graph import flow
from pipeline.graph.arcs import Arcs
from pipeline.graph.disjoint import Ends, Routes, Streets, disjoint
from pipeline.measures import depth_variants
from pipeline.network import reach, standing_posts
from pipeline.travel import choice, data_edge, demand, detour, free_arcs
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice
from pipeline.travel.free_arcs import Free
from pipeline.travel.limits import DETOUR_LIMIT, OTHER_LIMITS
from pipeline.travel.mode_network import Network
from pipeline.travel.routing import Route

# Routes count as long as their mean time is at most this many times the fastest.
RATIOS = tuple(sorted({DETOUR_LIMIT, *OTHER_LIMITS}))
WITHIN = {ratio: f"within_{ratio:g}".replace(".", "_") for ratio in RATIOS}
CLEAN_RATIO = parameters.number("clean_ratio")
TINY_MINUTES = 1e-6
INLAND_KM = parameters.number("inland_km")

Row = dict[str, object]


def routes(
    network_dir: str,
    crossings_dir: str,
    travel_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write tables routes and route_pairs (of the border file's pairs) and evasion (of demand).

    Transit through third countries is excluded; all crossings may be used, official ones with their
    waiting time. A city outside the data enters at the edge of the data (module `data_edge`).
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    posts, standing = store.read(network_dir, "posts"), standing_posts.read(network_dir)
    drawn: list[gpd.GeoDataFrame] = []
    pairs: list[Row] = []
    evasions: list[Row] = []
    for mode in VEHICLE_MODES:
        network = travelled.network(travel_dir, mode, network_dir, crossings_dir)
        guarded = _guarded(network, standing)
        terms = free_arcs.free(network, border, posts)
        for pair in border.pairs:
            row, lines = _pair(network, border, pair, guarded, terms)
            pairs.append({"mode": mode, "pair": pair.name, **row})
            drawn += lines
        inland = standing["depth_km"].abs() >= INLAND_KM
        inland_arcs = depth_variants.guarded(network.links, standing[inland])
        by_posts = {"all": guarded, "inland": inland_arcs[network.link]}
        evasions += _evasions(network, travel_dir, by_posts)
    rows = pd.concat(drawn) if drawn else pd.DataFrame()
    found_pairs = pd.DataFrame(pairs)
    store.write(
        out_dir, {"routes": rows, "route_pairs": found_pairs, "evasion": pd.DataFrame(evasions)}
    )


def _guarded(network: Network, posts: pd.DataFrame) -> Bools:
    """Which arcs pass a post or an official crossing (which counts as a post)."""
    at_post = depth_variants.guarded(network.links, posts)[network.link]
    official = np.flatnonzero((network.crossings["status"] == "official").to_numpy())
    at_gate = np.zeros(len(network.nodes), dtype=bool)
    at_gate[network.gate_node[np.isin(network.gate_crossing, official)]] = True
    return np.asarray(at_post | at_gate[network.tail] | at_gate[network.head])


def _pair(
    network: Network, border: BorderFile, pair: Pair, guarded: Bools, terms: Free
) -> tuple[Row, list[gpd.GeoDataFrame]]:
    """The row of a pair, and its routes."""
    ends = [
        data_edge.city(network, border, terms.minutes, place, side, reverse=reverse)
        for place, side, reverse in (
            (pair.origin, border.from_, False),
            (pair.destination, border.to, True),
        )
    ]
    start, end = ends
    if start is None or end is None:
        return _absent(f"no {network.mode} network on one of the two sides"), []
    arcs = np.flatnonzero(terms.home)
    found = _disjoint(network, terms.minutes, arcs, start.ends, end.ends, ratio=RATIOS[-1])
    row: Row = {"origin_entry": start.entry, "destination_entry": end.entry}
    if not len(found.total):
        return _absent("no way") | row, []
    clean_arcs = arcs[~guarded[arcs]]
    clean = _disjoint(network, terms.minutes, clean_arcs, start.ends, end.ends, most=1)
    fastest = float(found.total[0])
    clean_minutes = float(clean.total[0]) if len(clean.total) else None
    together = found.total / np.arange(1, len(found.total) + 1)
    row |= {WITHIN[ratio]: int((together <= ratio * fastest + 1e-9).sum()) for ratio in RATIOS}
    row |= {
        "fastest_minutes": fastest,
        "routes_in_all": _greatest(network, arcs, start.ends, end.ends),
        "meets_post": clean_minutes is None or clean_minutes > fastest + TINY_MINUTES,
        "clean_minutes": clean_minutes,
        "evasion_price": detour.ratio(clean_minutes, fastest),
        "why_absent": None,
    }
    return row, [_drawn(network, pair, arcs, found)]


def _absent(why: str) -> Row:
    numbers = (*WITHIN.values(), "routes_in_all")
    minutes = ("fastest_minutes", "clean_minutes", "evasion_price")
    nothing: Row = dict.fromkeys((*numbers, *minutes, "origin_entry", "destination_entry"))
    return nothing | {"meets_post": False, "why_absent": why}


def _disjoint(
    network: Network,
    minutes: Floats,
    arcs: Ints,
    start: Ends,
    end: Ends,
    *,
    most: int | None = None,
    ratio: float = np.inf,
) -> Routes:
    """Disjoint routes over these arcs of the network."""
    streets = Streets(
        len(network.nodes),
        network.tail[arcs],
        network.head[arcs],
        network.link[arcs],
        minutes[arcs],
    )
    return disjoint(streets, start, end, most=most, ratio=ratio)


def _greatest(network: Network, arcs: Ints, start: Ends, end: Ends) -> int:
    """Disjoint routes of any length: the greatest flow."""
    masks = [np.zeros(len(network.nodes), dtype=bool) for _ in range(2)]
    for mask, at in zip(masks, (start, end), strict=True):
        mask[at.node] = True
    used = Arcs(
        len(network.nodes),
        network.tail[arcs],
        network.head[arcs],
        network.link[arcs],
        network.forward[arcs],
    )
    between, kept = flow.between(used, *masks)
    return flow.value(between, np.ones(len(kept), dtype=np.int64))


def _drawn(network: Network, pair: Pair, arcs: Ints, found: Routes) -> gpd.GeoDataFrame:
    """Rows of routes: those that together stay within the last ratio, fastest first."""
    rows: list[Row] = []
    ids = network.crossings["crossing_id"]
    marginal = np.diff(found.total, prepend=0.0)
    for number, chosen in enumerate(found.arcs):
        passed = Route(
            float(found.minutes[number]),
            network.link[arcs[chosen]],
            network.forward[arcs[chosen]],
        )
        links = network.links.iloc[passed.link]
        crossed = detour.crossings_on(network, links)
        rows.append(
            {
                "mode": network.mode,
                "pair": pair.name,
                "route_no": number + 1,
                "minutes": passed.minutes,
                "ratio_to_fastest": passed.minutes / found.total[0] if found.total[0] else 1.0,
                "total_minutes": found.total[number],
                "marginal_minutes": marginal[number],
                "length_km": float(links["length_m"].sum() / 1000),
                "crossing_id": ids.iloc[crossed[0]] if crossed else None,
                "geometry": detour.line(network, passed),
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=network.crossings.crs)


def _evasions(network: Network, travel_dir: str, guarded: dict[str, Bools]) -> Iterator[Row]:
    """Rows of evasion: the extra time of each demand model to avoid each kind of post."""
    reasons = travelled.why_absent(travel_dir, network.mode)
    for model in demand.MODELS:
        chosen = travelled.choice(travel_dir, network.mode, model)
        wanted = travelled.as_demand(chosen)
        for posts, arcs in guarded.items():
            clean = replace(
                network,
                on_from=network.on_from & ~arcs,
                on_to=network.on_to & ~arcs,
                shallow=network.shallow & ~arcs,
            )
            absent = reasons[model] or (None if arcs.any() else "there is no such post in the data")
            figures = (
                _absent_evasion() if absent else _evasion(chosen, choice.choose(clean, wanted))
            )
            row: Row = {"mode": network.mode, "demand": model, "posts": posts}
            yield {**row, **figures, "why_absent": absent}


def _absent_evasion() -> Row:
    return dict.fromkeys(
        ("meets_post_share", "clean_share", "no_clean_way_share", "evasion_price", "extra_minutes")
    )


def _evasion(chosen: Choice, clean: Choice) -> Row:
    """Both are for the same demand; pairs are matched by their ends."""
    fastest = choice.fastest(chosen)
    ends = pd.MultiIndex.from_arrays([chosen.origin, chosen.destination])
    known = pd.Series(
        choice.fastest(clean), index=pd.MultiIndex.from_arrays([clean.origin, clean.destination])
    )
    evading = known[~known.index.duplicated()].reindex(ends).fillna(np.inf).to_numpy()
    weight = chosen.weight
    has = np.isfinite(evading)
    ratio = np.divide(evading, fastest, out=np.ones(len(fastest)), where=has & (fastest > 0))
    return {
        "meets_post_share": float(weight[evading > fastest + TINY_MINUTES].sum()),
        "clean_share": float(weight[has & (ratio <= CLEAN_RATIO)].sum()),
        "no_clean_way_share": float(weight[~has].sum()),
        "evasion_price": choice.mean(ratio[has], weight[has]),
        "extra_minutes": choice.mean((evading - fastest)[has], weight[has]),
    }
