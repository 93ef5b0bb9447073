"""How well the demand model, and baselines, rank the crossings by counted traffic.

Every model is fitted on the western half of the counted places and reported for both halves; the
eastern half is the hold-out half. Models distribute through demand among the crossings by logit of
minutes, with each crossing weighted by its size (the size of an aggregate alternative, Ben-Akiva &
Lerman 1985).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.core import geo, parameters
from pipeline.core.types import Bools, Floats
from pipeline.measures.rank_correlation import interval, rank_correlation
from pipeline.travel.assemble import Travel
from pipeline.travel.choice import LOGIT_RATE_PER_MINUTE, Choice, logit_shares
from pipeline.travel.mode_network import Network

YEAR = parameters.whole("traffic_year")
PRIOR_YEAR = parameters.whole("traffic_prior_year")
AROUND_KM = parameters.number("baseline_population_km")
METROPOLITAN = parameters.number("metropolitan_people")
RATES_PER_MINUTE = parameters.numbers("logit_rates_tried_per_minute")
DEMAND = "through"
USED = "logit with lanes, as used"

Row = dict[str, object]


@dataclass(frozen=True)
class Fit:
    """The model that ranks the western half best: its name, its rate, and sizes of crossings."""

    guess: str
    rate: float
    size: Floats


def units(here: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """The counted places in the year of the fit, one per row.

    Parameters
    ----------
    here : pandas.DataFrame
        Known crossings with `crossing`, a row of the network's.
    counts : pandas.DataFrame
        Counts of one measure: scope, code, year, value.

    Returns
    -------
    pandas.DataFrame
        `crossings` (rows of the network's), `value`, and `prior`, the count of the earlier year
        (zero if nothing was counted). A place is a bridge if bridges are counted, otherwise the
        port, which is all crossings that name it.
    """
    by_year = {
        (year, scope): rows.set_index("code")["value"]
        for (year, scope), rows in counts.groupby(["year", "scope"])
    }
    nothing = pd.Series(dtype=float)
    single, port = (by_year.get((YEAR, scope), nothing) for scope in ("crossing", "port"))
    before = {scope: by_year.get((PRIOR_YEAR, scope), nothing) for scope in ("crossing", "port")}
    rows: list[Row] = []
    for code, group in here.groupby("bts_port_code"):
        if group["id"].isin(single.index).any():
            continue
        key = f"{code:g}" if isinstance(code, float) else str(code)
        if key in port.index:
            rows.append({"crossings": group["crossing"].tolist(), "value": float(port[key]),
                         "prior": float(before["port"].get(key, 0.0))})  # fmt: skip
    for bridge, crossing in zip(here["id"], here["crossing"], strict=True):
        if bridge in single.index:
            rows.append({"crossings": [crossing], "value": float(single[bridge]),
                         "prior": float(before["crossing"].get(bridge, 0.0))})  # fmt: skip
    return pd.DataFrame(rows, columns=["crossings", "value", "prior"])


def fits(found: Travel, chosen: Choice, counted: pd.DataFrame) -> tuple[list[Row], Fit]:
    """Rows of table traffic_fit, and the model that ranks the western half best.

    Parameters
    ----------
    found : Travel
        The road network with its crossings, and settlements on it.
    chosen : Choice
        Ways of through demand over the crossings.
    counted : pandas.DataFrame
        As from `units`.

    Returns
    -------
    tuple of (list of dict, Fit)
        A row for each model or baseline and half: models at the rate that ranks the western half
        best, the model as used for headlines, and baselines that do not use ways.
    """
    km = found.network.crossings["border_km"].to_numpy()
    middle_km = counted["crossings"].map(lambda rows: float(km[rows].mean()))
    west = (middle_km <= middle_km.median()).to_numpy()
    observed = counted["value"].to_numpy(dtype=np.float64)
    models = _models(found, chosen, counted)
    fitted = {guess: _rate(one, size, counted, west) for guess, (one, size) in models.items()}
    values = {
        guess: _per_unit(counted, logit_shares(one, size, fitted[guess]))
        for guess, (one, size) in models.items()
    }
    lanes = _lanes(found.network)
    values[USED] = _per_unit(counted, logit_shares(chosen, lanes))
    values["first choice"] = _per_unit(counted, _first(chosen, len(km)))
    rates: dict[str, float | None] = {**fitted, USED: LOGIT_RATE_PER_MINUTE, "first choice": None}
    baselines = _baselines(found, counted)
    rows = [
        {"guess": guess, "kind": kind, "demand": DEMAND if kind == "model" else None,
         "rate_per_minute": rates.get(guess)} | row
        for kind, guesses in (("model", values), ("baseline", baselines))
        for guess, one in guesses.items()
        for row in _halves(one, observed, west)
    ]  # fmt: skip
    best = max(fitted, key=lambda guess: rank_correlation(values[guess][west], observed[west]))
    return rows, Fit(best, fitted[best], models[best][1])


def _rate(one: Choice, size: Floats, counted: pd.DataFrame, west: Bools) -> float:
    """The rate at which the model ranks the western half best; of equal rates the first."""
    observed = counted["value"].to_numpy(dtype=np.float64)[west]
    ranks = [
        rank_correlation(_per_unit(counted, logit_shares(one, size, rate))[west], observed)
        for rate in RATES_PER_MINUTE
    ]
    return RATES_PER_MINUTE[int(np.argmax(ranks))]


def _models(
    found: Travel, chosen: Choice, counted: pd.DataFrame
) -> dict[str, tuple[Choice, Floats]]:
    """Demand and sizes of crossings, by model."""
    lanes = _lanes(found.network)
    prior = _prior(counted, len(lanes))
    models = {
        "logit": (chosen, np.ones(len(lanes))),
        "logit with lanes": (chosen, lanes),
        # A crossing without earlier counts of this kind, such as trucks, is not open to it.
        "logit with lanes, where counted before": (chosen, lanes * (prior > 0)),
        "logit with the count before": (chosen, prior),
        "logit of metropolitan pairs": (_metropolitan(found, chosen), np.ones(len(lanes))),
    }
    return {
        guess: (one, size)
        for guess, (one, size) in models.items()
        if len(one.weight) and size.any()
    }


def _metropolitan(found: Travel, chosen: Choice) -> Choice:
    """The pairs whose ends both have many inhabitants."""
    people = found.settled.groupby("node")["population"].max()
    large = [
        people.reindex(ends).fillna(0.0).to_numpy() >= METROPOLITAN
        for ends in (chosen.origin, chosen.destination)
    ]
    return _only(chosen, large[0] & large[1])


def _only(chosen: Choice, kept: Bools) -> Choice:
    weight = chosen.weight[kept]
    return replace(
        chosen,
        minutes=chosen.minutes[:, kept],
        km=chosen.km[:, kept],
        origin=chosen.origin[kept],
        destination=chosen.destination[kept],
        weight=weight / weight.sum() if len(weight) else weight,
        first=chosen.first[kept],
        second=chosen.second[kept],
    )


def _baselines(found: Travel, counted: pd.DataFrame) -> dict[str, Floats]:
    """Baselines that need no network."""
    lanes, people = _lanes(found.network), _population(found)
    return {
        "lanes": _per_unit(counted, lanes),
        "population": _per_unit(counted, people),
        "lanes and population": _per_unit(counted, lanes * people),
        "count before": counted["prior"].to_numpy(dtype=np.float64),
    }


def _halves(values: Floats, observed: Floats, west: Bools) -> list[Row]:
    rows: list[Row] = []
    for half, kept in (("west", west), ("east", ~west)):
        low, high = interval(values[kept], observed[kept])
        rows.append(
            {
                "half": half,
                "counted": int(kept.sum()),
                "rank_correlation": rank_correlation(values[kept], observed[kept]),
                "low": low,
                "high": high,
            }
        )
    return rows


def _first(chosen: Choice, crossings: int) -> Floats:
    counted = np.bincount(chosen.first, weights=chosen.weight, minlength=crossings)
    return np.asarray(counted, dtype=np.float64)


def _per_unit(counted: pd.DataFrame, values: Floats) -> Floats:
    return np.array([values[rows].sum() for rows in counted["crossings"]], dtype=np.float64)


def _prior(counted: pd.DataFrame, crossings: int) -> Floats:
    """The earlier count of each crossing; that of a port is divided equally."""
    found = np.zeros(crossings)
    for rows, prior in zip(counted["crossings"], counted["prior"], strict=True):
        found[rows] += prior / len(rows)
    return found


def _lanes(network: Network) -> Floats:
    return np.asarray(network.crossings["lanes"], dtype=np.float64)


def _population(found: Travel) -> Floats:
    """Square root of the product of the inhabitants near each crossing on the two sides."""
    network, settled = found.network, found.settled
    near = []
    points = network.crossings.geometry
    for side in sorted(set(settled["side"])):
        ours = settled[settled["side"] == side]
        c, p = (rows.ravel() for rows in np.indices((len(points), len(ours))))
        ends = [frame.to_numpy()[rows] for frame, rows in (
            (points.x, c), (points.y, c), (ours.geometry.x, p), (ours.geometry.y, p))]  # fmt: skip
        within = (geo.distance_m(*ends) <= AROUND_KM * 1000).reshape(len(points), len(ours))
        near.append(within @ ours["population"].to_numpy())
    near.sort(key=lambda people: -float(people.sum()))
    return np.sqrt(near[0] * near[1]) if len(near) > 1 else np.zeros(len(points))
