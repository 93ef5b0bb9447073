"""Stage 7c, on foot: how much less closing crossings stops when people may walk round them."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.types import Floats
from pipeline.graph import interdiction, interdiction_game
from pipeline.terrain import walk_around
from pipeline.travel import choice
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice
from pipeline.travel.limits import DETOUR_LIMIT, OTHER_LIMITS, limit_name

MODE = "road"  # a railway is boarded at stations
WITHIN_MINUTES = parameters.wholes("walk_minutes")
# Demand is stopped when no way is left within so many times its fastest; infinite: no way at all.
LIMITS = (*sorted((DETOUR_LIMIT, *OTHER_LIMITS)), np.inf)
SHARES = parameters.numbers("stopped_shares")
SAME = 1e-9  # shares nearer than this are one

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

    Who comes to a closed crossing that can be walked round within the time walks, which adds those
    minutes to his way, and travels on. Where there is no elevation model, or no demand, the first
    is empty and the second says why.
    """
    best = store.read(closures_dir, "closures")
    best = best[(best["mode"] == MODE) & (best["aim"] == "stop")]
    walk_km = store.read(terrain_dir, "walk_km")
    rows: list[Row] = []
    why = None if len(walk_km) else "no elevation model"
    why = why or (None if len(best) else "no through demand by road, or no crossing")
    unknown: Row = dict.fromkeys(("stoppable_share", "closings_low", "closings"))
    counts = [row | unknown | {"why_absent": why} for row in _asked()]
    if why is None:
        chosen = travelled.choice(travel_dir, MODE, "through")
        crossings = travelled.crossings(travel_dir, MODE, crossings_dir)
        nodes = store.read(network_dir, "nodes")
        walks = walk_around.minutes(crossings["border_km"], nodes, walk_km)
        for k, closed in best.groupby("k")["crossing_id"]:
            is_closed = crossings["crossing_id"].isin(closed).to_numpy()
            rows += _walked(chosen, is_closed, walks, int(str(k)))
        counts = list(closing_counts(chosen, walks))
    out = {"closures_on_foot": rows, "closing_counts_on_foot": counts}
    store.write(out_dir, {name: pd.DataFrame(table) for name, table in out.items()})


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
    """For each time that people would walk, how much closings can stop, and the fewest that do."""
    fastest = choice.fastest(chosen)
    keys = _asked()
    for within, limit in product(WITHIN_MINUTES, LIMITS):
        afoot = np.where(walks <= within, walks, np.inf)
        round_it = (chosen.minutes + afoot[:, None]).min(axis=0)
        # Who walks round some crossing in time is stopped by closing none, however many close.
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
                "why_absent": None if enough else f"closing all stops {most:.1%} of demand",
            }


def _walked(
    chosen: Choice, is_closed: "np.ndarray[tuple[int], np.dtype[np.bool_]]", walks: Floats, k: int
) -> Iterator[Row]:
    """A row for each time that people would walk; at the first of them none would."""
    before = choice.fastest(chosen)
    for within in (0, *WITHIN_MINUTES):
        extra = np.where(is_closed, np.where(walks <= within, walks, np.inf), 0.0)
        if not within:
            extra = np.where(is_closed, np.inf, 0.0)
        after = (chosen.minutes + extra[:, None]).min(axis=0)
        yield {
            "mode": MODE,
            "k": k,
            "within_minutes": within,
            "walked_round": int((np.isfinite(extra) & is_closed).sum()),
            "demand_stopped_share": float(chosen.weight[after > DETOUR_LIMIT * before].sum()),
            "cut_off_share": float(chosen.weight[~np.isfinite(after)].sum()),
        }
