"""Closures: which k crossings to close for most effect, and how many stop a share of demand.

The effect of a set of closed crossings is one minimum over the ways through the open ones (module
`choice`). Module `interdiction` finds the best sets. Demand counts as stopped when no way within
the detour limit (a multiple of its fastest way) is left.
"""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.types import Floats, Ints
from pipeline.graph import interdiction, interdiction_game
from pipeline.graph.interdiction_game import Best
from pipeline.measures.crossing_merge import sites_of
from pipeline.travel import closing_pairs, demand, trucks
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice
from pipeline.travel.closing import LOST_MINUTES, effect
from pipeline.travel.limits import DETOUR_LIMIT, OTHER_LIMITS, limit_name

SHARES = parameters.numbers("stopped_shares")

Row = dict[str, object]


def closures(
    crossings_dir: str,
    travel_dir: str,
    out_dir: str,
) -> None:
    """Write tables closures (best sets, through demand) and closure_counts, for road and rail.

    Table closures also has rows for trucks. From tables closing_minutes and closing_demand the
    effect of any set of closures can be computed.

    A mode with no crossing or no demand has no closures; `closure_counts.why_absent` says why.
    """
    best: list[pd.DataFrame] = []
    counts: list[Row] = []
    pairs: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    for mode in VEHICLE_MODES:
        crossings = travelled.crossings(travel_dir, mode, crossings_dir)
        reasons = travelled.why_absent(travel_dir, mode)
        for model in demand.MODELS:
            chosen = travelled.choice(travel_dir, mode, model)
            if model == "through":
                best += _closures(mode, crossings, chosen)
                ids = crossings["crossing_id"].tolist()
                pairs.append(closing_pairs.tables(mode, ids, chosen))
            counts += _counts(mode, crossings, model, chosen, reasons[model])
    passed = travelled.crossings(travel_dir, trucks.NAME, crossings_dir)
    likely, sure = (
        travelled.choice(travel_dir, trucks.NAME, name) for name in (trucks.DEMAND, trucks.SURE)
    )
    best += _closures(trucks.NAME, passed, likely, sure)
    rows = pd.concat(best) if best else pd.DataFrame()
    minutes, weights = (pd.concat(tables) for tables in zip(*pairs, strict=True))
    store.write(
        out_dir,
        {
            "closures": rows,
            "closure_counts": pd.DataFrame(counts),
            "closing_minutes": minutes,
            "closing_demand": weights,
        },
    )


def _closures(
    mode: str, crossings: gpd.GeoDataFrame, chosen: Choice, sure: Choice | None = None
) -> Iterator[pd.DataFrame]:
    """Rows of closures: for both aims and each k, the crossings of the best set.

    For trucks, with the effect of the same set on trucks that use only roads known to allow them.
    """
    if not len(chosen.weight):
        return
    weight = chosen.weight
    aims = {
        "stop": interdiction_game.limit(chosen.minutes, weight, DETOUR_LIMIT),
        "delay": interdiction_game.delay(chosen.minutes, weight, LOST_MINUTES),
    }
    curves = {aim: interdiction.curve(game) for aim, game in aims.items()}
    for aim, game in aims.items():
        total = float(game.value.sum())
        others = [best.closed for other in aims if other != aim for best in curves[other]]
        for best in interdiction.improved(game, curves[aim], others):
            here = crossings.iloc[best.closed]
            yield gpd.GeoDataFrame(
                {
                    "mode": mode,
                    "aim": aim,
                    "k": len(best.closed),
                    "crossing_id": here["crossing_id"].to_numpy(),
                    **effect(chosen, best.closed),
                    **_surely(sure, best.closed),
                    "exact": best.exact,
                    "gap": _gap(best, total),
                },
                geometry=here.geometry.to_numpy(),
                crs=crossings.crs,
            )


def _surely(sure: Choice | None, closed: Ints) -> dict[str, float | None]:
    """The effect of a set on trucks that use only roads known to allow them; NaN if none do."""
    if sure is None or not len(sure.weight):
        return {"sure_stopped_share": np.nan, "sure_extra_minutes": np.nan}
    lost = effect(sure, closed)
    return {
        "sure_stopped_share": lost["demand_stopped_share"],
        "sure_extra_minutes": lost["mean_extra_minutes"],
    }


def _gap(best: Best, total: float) -> float:
    return (best.bound - best.value) / total if total else 0.0


def _counts(
    mode: str, crossings: gpd.GeoDataFrame, model: str, chosen: Choice, absent: str | None
) -> Iterator[Row]:
    """Rows of closure_counts: k50, k90, k100 by crossing and by site."""
    site = sites_of(crossings)
    units = {"crossing": chosen.minutes, "site": _by_site(chosen.minutes, site)}
    # As many sites as crossings are the crossings themselves: what is known of these holds.
    known: dict[tuple[int, float, float], tuple[int, int]] = {}
    for unit, minutes in units.items():
        headline = model == "through" and unit == "crossing"
        for ratio in (DETOUR_LIMIT, *(OTHER_LIMITS if headline else ()), np.inf):
            game = interdiction_game.limit(minutes, chosen.weight, ratio)
            for share in SHARES:
                asked = (len(minutes), ratio, share)
                if asked not in known:
                    low, high, _ = interdiction.fewest(game, share)
                    known[asked] = low, high
                low, high = known[asked]
                yield {
                    "mode": mode,
                    "demand": model,
                    "unit": unit,
                    "detour_limit": limit_name(ratio),
                    "stopped_share": share,
                    "of": len(minutes),
                    "closings_low": None if absent else low,
                    "closings": None if absent else high,
                    "why_absent": absent,
                }


def _by_site(minutes: Floats, site: Ints) -> Floats:
    """Minutes through each site: through its fastest crossing, as all are closed together."""
    found = np.full((int(site.max(initial=-1)) + 1, minutes.shape[1]), np.inf)
    np.minimum.at(found, site, minutes)
    return found
