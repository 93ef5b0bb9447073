"""Bypass: the effect of closing one crossing on travellers, and the way round each chokepoint.

Demand leads from places on the `from` side to places on the `to` side through exactly one crossing.
The fastest way through each crossing is known (modules `gate_matrices`, `choice`), so the effect of
closing any set of crossings is one minimum over the remaining ones.
"""

import numpy as np
import pandas as pd

from pipeline.core import store
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.types import Floats, Ints
from pipeline.network import reach
from pipeline.travel import (
    choice,
    demand,
    detour,
    free_arcs,
    interior_detour,
    mode_network,
    routing,
    third_country,
    trucks,
)
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice
from pipeline.travel.free_arcs import Free
from pipeline.travel.mode_network import Network

# A link of kind cut_edge has no way round by definition.
ZONE_KINDS = ("crossing", "cut", "post")
Row = dict[str, object]
# Columns of trucks: empty in the rows of a crossing that none of them passes.
TRUCK_SHARES = (
    *("truck_first_choice_share", "truck_logit_share", "truck_extra_minutes"),
    *("truck_cut_off_share", "truck_next_choice"),
    *("truck_sure_first_choice_share", "truck_sure_extra_minutes"),
)
TRUCK_BYPASSES = (
    *("truck_direct_minutes", "truck_bypass_minutes", "truck_next_choice"),
    *("truck_sure_direct_minutes", "truck_sure_bypass_minutes"),
)


def bypass(
    network_dir: str,
    crossings_dir: str,
    travel_dir: str,
    chokepoints_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write tables crossing_shares and bypasses, for road and rail; for road, cars and trucks.

    A mode with no network, no crossing or no demand is a valid empty result; table demand gives the
    reason.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    posts = store.read(network_dir, "posts")
    crossing_links = store.read(crossings_dir, "crossing_links")
    chokepoints, chokepoint_links = (
        store.read(chokepoints_dir, name) for name in ("chokepoints", "chokepoint_links")
    )
    chokepoint_of = _chokepoint_of(crossing_links, chokepoint_links)
    shares: list[Row] = []
    bypasses: list[Row] = []
    for mode in VEHICLE_MODES:
        network = travelled.network(travel_dir, mode, network_dir, crossings_dir)
        chosen = {model: travelled.choice(travel_dir, mode, model) for model in demand.MODELS}
        shares += _shares(network, chosen)
        terms = free_arcs.free(network, border, posts)
        by_demand = _demand_bypasses(network, terms, chosen["through"], chokepoint_of)
        rest = _rest(chokepoints, mode, by_demand)
        bypasses += by_demand
        pairs = travelled.zone_pairs(travel_dir, network.nodes, border)
        bypasses += interior_detour.round_ways(network, terms, pairs, rest, chokepoint_links)
    of_trucks = (
        travelled.crossings(travel_dir, trucks.NAME, crossings_dir),
        *(travelled.choice(travel_dir, trucks.NAME, name) for name in (trucks.DEMAND, trucks.SURE)),
    )
    shares = _with_trucks(shares, *of_trucks)
    _add_trucks(bypasses, chokepoint_of, *of_trucks)
    made = {"crossing_shares": shares, "bypasses": bypasses}
    store.write(out_dir, {name: pd.DataFrame(rows) for name, rows in made.items()})


def _chokepoint_of(crossing_links: pd.DataFrame, chokepoint_links: pd.DataFrame) -> dict[str, str]:
    """For each crossing, the first chokepoint that has the same links."""
    by_links: dict[frozenset[str], str] = {}
    for chokepoint, group in chokepoint_links.groupby("chokepoint_id"):
        by_links.setdefault(frozenset(group["link_id"]), str(chokepoint))
    sets = crossing_links.groupby("crossing_id")["link_id"].agg(frozenset)
    return {str(c): by_links[ids] for c, ids in sets.items() if ids in by_links}


def _shares(network: Network, chosen: dict[str, Choice]) -> list[Row]:
    """Rows of crossing_shares for through, local and uniform demand."""
    rows: list[Row] = []
    lanes = network.crossings["lanes"].to_numpy(dtype=np.float64)
    logit = choice.logit_shares(chosen["through"], lanes)
    for number, crossing_id in enumerate(network.crossings["crossing_id"]):
        row: Row = {"crossing_id": crossing_id}
        for model, prefix in (("through", ""), ("local", "local_"), ("uniform", "uniform_")):
            share, extra_minutes, cut_off_share = when_closed(chosen[model], number)
            row[f"{prefix}first_choice_share"] = share
            row[f"{prefix}extra_minutes"] = extra_minutes
            if model == "through":
                row["cut_off_share"] = cut_off_share
                row["logit_share"] = None if share is None else logit[number]
        rows.append(row)
    return rows


def _with_trucks(
    shares: list[Row], passed: pd.DataFrame, likely: Choice, sure: Choice
) -> list[Row]:
    """Rows of crossing_shares with the columns of trucks; also of crossings for goods only.

    For both readings of missing tags (travel.trucks): the share served, and the effect of closing.
    """
    ids = passed["crossing_id"].to_numpy()
    logit = choice.logit_shares(likely, passed["lanes"].to_numpy(dtype=np.float64))
    empty: Row = dict.fromkeys(TRUCK_SHARES)
    rows = {str(row["crossing_id"]): row | empty for row in shares}
    for number, crossing_id in enumerate(ids):
        row = rows.setdefault(str(crossing_id), {"crossing_id": crossing_id} | empty)
        share, extra_minutes, cut_off_share = when_closed(likely, number)
        row["truck_first_choice_share"] = share
        row["truck_logit_share"] = None if share is None else logit[number]
        row["truck_extra_minutes"], row["truck_cut_off_share"] = extra_minutes, cut_off_share
        row["truck_next_choice"] = _next_choice(likely, number, ids)
        sure_share, sure_extra_minutes, _ = when_closed(sure, number)
        row["truck_sure_first_choice_share"] = sure_share
        row["truck_sure_extra_minutes"] = sure_extra_minutes
    return list(rows.values())


def _add_trucks(
    bypasses: list[Row],
    chokepoint_of: dict[str, str],
    passed: pd.DataFrame,
    likely: Choice,
    sure: Choice,
) -> None:
    """Add the minutes of trucks to the bypass of each crossing, for both readings of tags."""
    ids = passed["crossing_id"].to_numpy()
    number_of = {chokepoint_of.get(str(one)): number for number, one in enumerate(ids)}
    for row in bypasses:
        row.update(dict.fromkeys(TRUCK_BYPASSES))
        number = number_of.get(str(row["chokepoint_id"]))
        if number is None:
            continue
        row["truck_next_choice"] = _next_choice(likely, number, ids)
        for chosen, prefix in ((likely, "truck_"), (sure, "truck_sure_")):
            served = chosen.first == number
            other = served & (chosen.second >= 0)
            for name, taken, among in (
                ("direct", chosen.first, other if other.any() else served),
                ("bypass", chosen.second, other),
            ):
                minutes = choice.by(chosen, chosen.minutes, taken)[among]
                row[f"{prefix}{name}_minutes"] = choice.mean(minutes, chosen.weight[among])


def _next_choice(
    chosen: Choice, crossing: int, ids: "np.ndarray[tuple[int], np.dtype[np.object_]]"
) -> object:
    """The crossing that most of its demand takes when it closes; None if no way is left."""
    left = (chosen.first == crossing) & (chosen.second >= 0)
    if not left.any():
        return None
    taken = np.bincount(chosen.second[left], weights=chosen.weight[left], minlength=len(ids))
    return ids[taken.argmax()]


def when_closed(chosen: Choice, crossing: int) -> tuple[float | None, float | None, float | None]:
    """Share served, mean extra minutes of those with another way, and share with no way."""
    if not len(chosen.weight):
        return None, None, None
    served = chosen.first == crossing
    other = served & (chosen.second >= 0)
    before = choice.by(chosen, chosen.minutes, chosen.first)[other]
    after = choice.by(chosen, chosen.minutes, chosen.second)[other]
    cut_off = chosen.weight[served & ~other].sum()
    extra_minutes = choice.mean(after - before, chosen.weight[other])
    return float(chosen.weight[served].sum()), extra_minutes, float(cut_off)


def _demand_bypasses(
    network: Network, terms: Free, chosen: Choice, chokepoint_of: dict[str, str]
) -> list[Row]:
    """Rows of bypasses for crossings that through demand chooses first."""
    third = third_country.minutes(network, terms, chosen)
    ids = network.crossings["crossing_id"].to_numpy()
    served = [number for number in np.unique(chosen.first) if ids[number] in chokepoint_of]
    return [
        {"chokepoint_id": chokepoint_of[ids[number]]}
        | _demand_bypass(network, terms, chosen, third, int(number))
        for number in served
    ]


def _demand_bypass(
    network: Network, terms: Free, chosen: Choice, third: Floats, crossing: int
) -> Row:
    """The bypass of those who use the crossing, drawn for the pair that loses most time."""
    served = np.flatnonzero(chosen.first == crossing)
    left = chosen.second[served] >= 0
    other = served[left]
    weight, second = chosen.weight[other], chosen.second[other]
    km = chosen.km[:, other]
    minutes = [
        choice.by(chosen, chosen.minutes, rows)[other] for rows in (chosen.first, chosen.second)
    ]
    if len(other):
        hardest_hit = other[np.argmax(weight * (minutes[1] - minutes[0]))]
    else:
        hardest_hit = served[np.argmax(chosen.weight[served])]
    ends = int(chosen.origin[hardest_hit]), int(chosen.destination[hardest_hit])
    instead = int(chosen.second[hardest_hit])
    drawn = routing.route(network, instead, *ends) if instead >= 0 else None
    taken = np.bincount(second, weights=weight, minlength=len(network.crossings))
    names = network.crossings["crossing_id"]
    direct_minutes, bypass_minutes = (choice.mean(values, weight) for values in minutes)
    return {
        "mode": network.mode,
        "measured_by": "demand",
        "direct_minutes": direct_minutes,
        "bypass_minutes": bypass_minutes,
        "extra_km": choice.mean(km[1] - km[0], weight),
        "detour_ratio": detour.ratio(bypass_minutes, direct_minutes),
        "cut_off": bool(not left.all()),
        "next_choice": names.iloc[taken.argmax()] if len(other) else None,
        **_by_third(chosen, third, served),
        **detour.described(
            network, terms, drawn, ends, mode_network.at_crossing(network, crossing)
        ),
    }


def _by_third(chosen: Choice, third: Floats, served: Ints) -> Row:
    """The bypass of the crossing's demand if transit through third countries were allowed."""
    excluded = choice.by(chosen, chosen.minutes, chosen.second)[served]
    weight, opened = chosen.weight[served], np.minimum(excluded, third[served])
    goes = third[served] < excluded
    has = np.isfinite(opened)
    return {
        "uses_third": bool(goes.any()),
        "third_share": float(weight[goes].sum() / weight.sum()),
        "third_minutes": choice.mean(opened[has], weight[has]) if goes.any() else None,
        "third_cut_off": bool(not has.all()),
    }


def _rest(chokepoints: pd.DataFrame, mode: str, measured: list[Row]) -> pd.DataFrame:
    """Chokepoints of a mode with a bypass between two zones, since no through demand uses them."""
    of_mode = chokepoints["mode"] == mode
    known = chokepoints["chokepoint_id"].isin([row["chokepoint_id"] for row in measured])
    return chokepoints[of_mode & ~known & chokepoints["kind"].isin(ZONE_KINDS)]
