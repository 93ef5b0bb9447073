"""Stage 7c, on foot: how much less closures stop if people can walk round the crossings."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from pipeline.core import numbers, parameters, store
from pipeline.core.types import Bools, Floats
from pipeline.graph import interdiction, interdiction_game
from pipeline.terrain import walk_around
from pipeline.travel import choice
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice
from pipeline.travel.demand import STOPPED
from pipeline.travel.limits import DETOUR_LIMIT, OTHER_LIMITS, limit_name

MODE = "road"  # a railway is boarded at stations
FIGURES = ("walked_round", "demand_stopped_share", "cut_off_share")
WITHIN_MINUTES = parameters.wholes("walk_minutes")
# Demand is stopped if no way is left within this many times its fastest; infinite: no way at all.
LIMITS = (*sorted((DETOUR_LIMIT, *OTHER_LIMITS)), np.inf)
SHARES = parameters.numbers("stopped_shares")
SAME = 1e-9  # shares that differ by less are equal

Row = dict[str, object]


def onfoot(
    network_dir: str,
    crossings_dir: str,
    travel_dir: str,
    closures_dir: str,
    terrain_dir: str,
    out_dir: str,
) -> None:
    """Write closures_on_foot, the best sets of closures, and closing_counts_on_foot, how many stop.

    Travellers who reach a closed crossing walk round it if that takes at most the given time, which
    adds these minutes to their way, and travel on. The sets are those that stop most of through
    demand; what they stop of irregular demand is given too. Without an elevation model or such
    demand, rows have no share and give the reason; where no set is known, the first table is empty.
    """
    best = store.read(closures_dir, "closures")
    best = best[(best["mode"] == MODE) & (best["aim"] == "stop")]
    crossings = travelled.crossings(travel_dir, MODE, crossings_dir)
    walk_km = store.read(terrain_dir, "walk_km")
    walks = walk_around.minutes(crossings["border_km"], store.read(network_dir, "nodes"), walk_km)
    no_model = None if len(walk_km) else "no elevation model"
    closed = {
        int(str(k)): crossings["crossing_id"].isin(ids).to_numpy()
        for k, ids in best.groupby("k")["crossing_id"]
    }
    rows = [
        row
        for demand, chosen, why in _demands(travel_dir)
        for row in _stopped(demand, chosen, closed, walks, (why, no_model))
    ]
    why = no_model or (None if closed else "no through demand by road, or no crossing")
    counts = _counts(travelled.choice(travel_dir, MODE, "through"), walks, why)
    out = {"closures_on_foot": rows, "closing_counts_on_foot": list(counts)}
    store.write(out_dir, {name: pd.DataFrame(table) for name, table in out.items()})


def _demands(travel_dir: str) -> Iterator[tuple[str, Choice, str | None]]:
    """Each model of demand with its choice, or the reason if there is no such demand."""
    reasons = travelled.why_absent(travel_dir, MODE)
    for demand in STOPPED:
        yield demand, travelled.choice(travel_dir, MODE, demand), reasons[demand]


def _stopped(
    demand: str,
    chosen: Choice,
    closed: dict[int, Bools],
    walks: Floats,
    absent: tuple[str | None, str | None],
) -> Iterator[Row]:
    """Rows of closures_on_foot for one demand; `absent` is the reason if there are no shares."""
    no_demand, no_model = absent
    for k, is_closed in closed.items():
        for within in (0, *WITHIN_MINUTES):
            # If no one walks, the elevation model does not matter.
            why = no_demand or (no_model if within else None)
            stopped = dict.fromkeys(FIGURES) if why else _walked(chosen, is_closed, walks, within)
            key: Row = {"mode": MODE, "demand": demand, "k": k, "within_minutes": within}
            yield {**key, **stopped, "why_absent": why}


def _counts(chosen: Choice, walks: Floats, why: str | None) -> Iterator[Row]:
    """Rows of closing_counts_on_foot, or why there is no number."""
    if why is None:
        yield from closing_counts(chosen, walks)
        return
    unknown: Row = dict.fromkeys(("stoppable_share", "closings_low", "closings"))
    yield from (row | unknown | {"why_absent": why} for row in _asked())


def _asked() -> Iterator[Row]:
    """The key of each row of closing_counts_on_foot."""
    for within, limit, share in product(WITHIN_MINUTES, LIMITS, SHARES):
        yield {
            "mode": MODE,
            "within_minutes": within,
            "detour_limit": limit_name(limit),
            "stopped_share": share,
        }


def closing_counts(chosen: Choice, walks: Floats) -> Iterator[Row]:
    """For each walking time: how much closures can stop, and the fewest that do."""
    fastest = choice.fastest(chosen)
    keys = _asked()
    for within, limit in product(WITHIN_MINUTES, LIMITS):
        afoot = np.where(walks <= within, walks, np.inf)
        round_it = (chosen.minutes + afoot[:, None]).min(axis=0)
        # A traveller who can walk round one of the crossings in time is not stopped by any
        # closures.
        slow = round_it > limit * fastest if np.isfinite(limit) else np.isinf(round_it)
        game = interdiction_game.limit(chosen.minutes[:, slow], chosen.weight[slow], limit)
        most = float(chosen.weight[slow].sum())
        for share in SHARES:
            enough = share <= most + SAME
            low, high, _ = interdiction.fewest(game, share / most) if enough else (0, 0, None)
            yield next(keys) | {
                "stoppable_share": most,
                "closings_low": low if enough else None,
                "closings": high if enough else None,
                "why_absent": None
                if enough
                else f"closing all stops {numbers.percent(most, 1)} of demand",
            }


def _walked(
    chosen: Choice, is_closed: Bools, walks: Floats, within: int
) -> dict[str, float | int | None]:
    """What closing these crossings stops if people walk up to this many minutes; 0: no one."""
    before = choice.fastest(chosen)
    afoot = np.where(walks <= within, walks, np.inf) if within else np.full(len(walks), np.inf)
    extra = np.where(is_closed, afoot, 0.0)
    after = (chosen.minutes + extra[:, None]).min(axis=0)
    return {
        "walked_round": int((np.isfinite(extra) & is_closed).sum()),
        "demand_stopped_share": float(chosen.weight[after > DETOUR_LIMIT * before].sum()),
        "cut_off_share": float(chosen.weight[~np.isfinite(after)].sum()),
    }
