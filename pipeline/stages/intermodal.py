"""Intermodal: how many more ways there are if travellers can change between road and rail.

Stages chokepoints and closures have the figures of road alone and of rail alone. Here both form one
network, joined at stations (module `combined`), with the same cut, the same demand and the same
question: which crossings of both modes to close.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.core import numbers, parameters, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.frames import records
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.types import Bools
from pipeline.graph import flow, interdiction, interdiction_game
from pipeline.measures.depth import Variant
from pipeline.measures.depth import network as variant_links
from pipeline.network import link_arcs, reach, zones
from pipeline.network.zones import ZonePair
from pipeline.travel import choice, road_and_rail
from pipeline.travel import tables as travelled
from pipeline.travel.limits import DETOUR_LIMIT, limit_name
from pipeline.travel.mode_network import Network

TRANSFER_MINUTES = parameters.whole("transfer_minutes")
OTHER_TRANSFER_MINUTES = parameters.wholes("other_transfer_minutes")
SHARES = parameters.numbers("stopped_shares")
Row = dict[str, object]
FOUND = ("of", "closings_low", "closings", "closings_rail", "by_rail_share")
NOTHING: Row = dict.fromkeys(FOUND)


def intermodal(
    network_dir: str,
    crossings_dir: str,
    travel_dir: str,
    chokepoints_dir: str,
    closures_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write tables intermodal_cuts, intermodal_closures and intermodal.

    Where no station joins the two, there are no figures for both together; `why_absent` says so.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    both = travelled.network(travel_dir, road_and_rail.MODE, network_dir, crossings_dir)
    stations = store.read(travel_dir, "transfers")
    absent = _why_absent(stations)
    pairs = travelled.zone_pairs(travel_dir, both.nodes, border)
    cuts = combined_cuts(both, pairs, border, store.read(chokepoints_dir, "cordons"), absent)
    counts = store.read(closures_dir, "closure_counts")
    closures = pd.DataFrame(_closures(both, travel_dir, counts, absent))
    store.write(
        out_dir,
        {
            "intermodal_cuts": cuts,
            "intermodal_closures": closures,
            "intermodal": _sentences(stations, cuts, closures, absent),
        },
    )


def _why_absent(stations: pd.DataFrame) -> str | None:
    if not len(stations):
        return "the data map no railway station"
    if not stations["joins"].any():
        return (
            f"none of {len(stations)} stations is within {road_and_rail.RAIL_KM:g} km of a "
            f"railway in use and {road_and_rail.ROAD_KM:g} km of a road"
        )
    return None


def combined_cuts(
    both: Network,
    pairs: dict[float, ZonePair],
    border: BorderFile,
    cordons: pd.DataFrame,
    absent: str | None,
) -> pd.DataFrame:
    """Table intermodal_cuts: changes cannot be closed, so all ways may use them."""
    headline = cordons[cordons["directed"] & ~cordons["third_open"]]
    alone = {
        mode: headline[headline["mode"] == mode].set_index("depth_km")["min_cut_links"]
        for mode in VEHICLE_MODES
    }
    variant = Variant(road_and_rail.MODE, directed=True, third_open=False)
    links = variant_links(both.nodes, both.links, (border.from_, border.to), variant)
    arcs = link_arcs.arcs(both.nodes, links, directed=True)
    held = np.zeros(len(both.nodes), dtype=bool)
    held[arcs.tail] = held[arcs.head] = True
    cost = np.where(road_and_rail.is_transfer(links), len(links), 1)[arcs.link]
    rows: list[Row] = []
    for depth_km in (*(-deep for deep in reversed(border.depths_km)), *border.depths_km):
        pair = pairs[depth_km]
        why = absent or zones.why_absent(pair, held, "road or railway", border.reach_km)
        size = None
        if why is None:
            between, kept = flow.between(arcs, pair.origin, pair.destination)
            size = flow.value(between, cost[kept])
        rows.append(
            {"depth_km": pair.depth_km}
            | {f"{mode}_links": found.get(pair.depth_km) for mode, found in alone.items()}
            | {"combined_links": size, "why_absent": why}
        )
    return pd.DataFrame(rows)


def _closures(
    both: Network, travel_dir: str, counts: pd.DataFrame, absent: str | None
) -> Iterator[Row]:
    """Rows of intermodal_closures."""
    limit = counts["detour_limit"] == limit_name(DETOUR_LIMIT)
    headline = counts[(counts["demand"] == "through") & (counts["unit"] == "crossing") & limit]
    alone = headline.set_index(["mode", "stopped_share"])["closings"]
    reasons = travelled.why_absent(travel_dir, road_and_rail.MODE)
    for minutes in sorted((TRANSFER_MINUTES, *OTHER_TRANSFER_MINUTES)):
        fewest = dict.fromkeys(SHARES, NOTHING)
        why = absent
        if why is None:
            name = road_and_rail.demand_name(minutes)
            chosen = travelled.choice(travel_dir, road_and_rail.MODE, name)
            fewest = _fewest(both.crossings["mode"].eq("rail").to_numpy(), chosen)
            why = reasons[name]
        for share in SHARES:
            yield {
                "transfer_minutes": minutes,
                "stopped_share": share,
                **fewest[share],
                "road_closings": alone.get(("road", share)),
                "rail_closings": alone.get(("rail", share)),
                "why_absent": why,
            }


def _fewest(on_rail: Bools, chosen: choice.Choice) -> dict[float, Row]:
    """The fewest closings for each share to stop, and the share that crosses by rail."""
    if not len(chosen.weight):
        return dict.fromkeys(SHARES, NOTHING)
    game = interdiction_game.limit(chosen.minutes, chosen.weight, DETOUR_LIMIT)
    by_rail = float(chosen.weight[on_rail[chosen.first]].sum())
    fewest: dict[float, Row] = {}
    for share in SHARES:
        low, high, closed = interdiction.fewest(game, share)
        fewest[share] = {
            "of": len(on_rail),
            "closings_low": low,
            "closings": high,
            "closings_rail": int(on_rail[closed].sum()),
            "by_rail_share": by_rail,
        }
    return fewest


def _sentences(
    stations: pd.DataFrame, cuts: pd.DataFrame, closures: pd.DataFrame, absent: str | None
) -> pd.DataFrame:
    """Table intermodal: the sentence, and the choices it depends on."""
    facts = {
        "sentence": f"Not stated for road and rail together: {absent}."
        if absent
        else " ".join((_closures_sentence(stations, closures), _cuts_sentence(cuts))),
        "stations": f"{len(stations)}",
        "stations_that_join": f"{int(stations['joins'].sum())}",
        "within_km": f"rail {road_and_rail.RAIL_KM:g}, road {road_and_rail.ROAD_KM:g}",
        "transfer_minutes": f"{TRANSFER_MINUTES}",
        "other_transfer_minutes": " ".join(map(str, OTHER_TRANSFER_MINUTES)),
    }
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})


def _closures_sentence(stations: pd.DataFrame, closures: pd.DataFrame) -> str:
    here = closures[closures["transfer_minutes"] == TRANSFER_MINUTES]
    why = here["why_absent"].iloc[0]
    if why:
        return f"No closings of road and rail together: {why}."
    parts = [
        f"{numbers.percent(row['stopped_share'])} takes {row['closings']} crossings, "
        f"{row['closings_rail']} of them on rail ({_known(row['road_closings'])} by road alone)"
        for row in records(here)
    ]
    by_rail = numbers.percent(here["by_rail_share"].iloc[0])
    return (
        f"Changing between road and rail at {int(stations['joins'].sum())} stations, "
        f"{TRANSFER_MINUTES} minutes each, {by_rail} of through demand "
        f"crosses the line by rail; to stop {', '.join(parts)}."
    )


def _known(count: float | None) -> str:
    return "not stated" if count is None or pd.isna(count) else f"{count:g}"


def _cuts_sentence(cuts: pd.DataFrame) -> str:
    known = cuts[cuts["combined_links"].notna() & cuts["road_links"].notna()]
    apart = known["road_links"] + pd.to_numeric(known["rail_links"]).fillna(0)
    more = known[known["combined_links"] > apart]  # depths where trains can go round closed roads
    if known.empty:
        return "F(D) is not stated for both together."
    if more.empty:
        return "F(D) of both together is the sum of either alone at every depth."
    parts = ", ".join(
        f"{numbers.depth(row['depth_km'])} {row['combined_links']:g} "
        f"({row['road_links']:g} and {_known(row['rail_links'])})"
        for row in records(more)
    )
    return (
        "Where trains can go round closed roads, F(D) of both together exceeds the sum of either "
        f"alone (in brackets road, then rail): {parts}."
    )
