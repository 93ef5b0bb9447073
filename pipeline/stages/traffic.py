"""Held against the world: whether shares of demand rank crossings as observed traffic does.

The choice model and its rate are picked on the western half of the counted places and reported on
the eastern half, beside two naive guesses: by minutes alone, and with lanes, each of which is an
alternative of its own then (the size of an aggregate alternative, Ben-Akiva & Lerman 1985). Bridges
that opened between two counts are predicted from the network without them and the count before.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core import borderfile, geo, parameters, store
from pipeline.core.errors import InputError
from pipeline.core.types import Floats, Ints
from pipeline.travel import tables as travelled
from pipeline.travel.assemble import Travel
from pipeline.travel.choice import Choice
from pipeline.travel.routing import Network

MEASURES = ("personal_vehicles", "trucks")
YEAR = parameters.whole("traffic_year")
NEAR_KM = parameters.number("counted_bridge_km")
AROUND_KM = parameters.number("baseline_population_km")
RATES_PER_MINUTE = parameters.numbers("logit_rates_tried_per_minute")
FITTED_MODELS = ("through", "local")
DRAWS = parameters.whole("bootstrap_draws")
SEED = 1
FACTS = {
    "crossings": ("id", "border", "lon", "lat", "mode", "opened_year", "bts_port_code"),
    "traffic": ("scope", "code", "year", "measure", "value"),
}
Row = dict[str, object]


def traffic(
    network_dir: str,
    crossings_dir: str,
    travel_dir: str,
    facts_dir: str,
    border_toml: str,
    out_dir: str,
) -> None:
    """Write tables traffic_fit and traffic_openings; empty where nothing is counted."""
    border = borderfile.read(border_toml)
    found = travelled.on_network(travel_dir, "road", network_dir, crossings_dir)
    known, counts = (_facts(Path(facts_dir), name) for name in FACTS)
    here = known[(known["border"] == border.border) & (known["mode"] == "road")]
    here = here.assign(crossing=_nearest(found.network, here))
    here = here[here["crossing"] >= 0]
    chosen = {model: travelled.choice(travel_dir, "road", model) for model in FITTED_MODELS}
    chosen = {model: one for model, one in chosen.items() if len(one.weight)}
    fits: list[Row] = []
    openings: list[Row] = []
    for measure in MEASURES:
        of_measure = counts[counts["measure"] == measure]
        units = _units(here, of_measure)
        if len(units) and chosen:
            rows, (guess, model, rate) = _fits(found, chosen, units)
            fits += [{"measure": measure, **row} for row in rows]
            size = _sizes(found.network)[guess]
            told = _openings(chosen[model], rate, size, here, of_measure)
            openings += [{"measure": measure, **row} for row in told]
    tables = {"traffic_fit": pd.DataFrame(fits), "traffic_openings": pd.DataFrame(openings)}
    store.write(out_dir, tables)


def _facts(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    try:
        frame = pd.read_csv(path, dtype={"code": str})
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable ({error})") from error
    missing = sorted(set(FACTS[name]) - set(frame.columns))
    if missing:
        raise InputError(f"{path}: no column {missing[0]}, expected {', '.join(FACTS[name])}")
    return frame


def _nearest(network: Network, known: pd.DataFrame) -> Ints:
    """Row of the nearest crossing to each of `known` within NEAR_KM, or -1."""
    points = network.crossings.geometry
    if not len(points) or not len(known):
        return np.full(len(known), -1, dtype=np.int64)
    k, c = (rows.ravel() for rows in np.indices((len(known), len(points))))
    lon, lat = known["lon"].to_numpy(), known["lat"].to_numpy()
    km = geo.distance_m(lon[k], lat[k], points.x.to_numpy()[c], points.y.to_numpy()[c]) / 1000
    km = km.reshape(len(known), len(points))
    return np.where(km.min(axis=1) <= NEAR_KM, km.argmin(axis=1), -1).astype(np.int64)


def _units(here: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """What was counted in YEAR, a row each: its crossings (rows of the network's) and the count.

    A bridge where bridges are counted, else the port, which is all crossings that name it.
    """
    in_year = counts[counts["year"] == YEAR]
    single = in_year[in_year["scope"] == "crossing"].set_index("code")["value"]
    port = in_year[in_year["scope"] == "port"].set_index("code")["value"]
    rows: list[Row] = []
    for code, group in here.groupby("bts_port_code"):
        if group["id"].isin(single.index).any():
            continue
        key = f"{code:g}" if isinstance(code, float) else str(code)
        if key in port.index:
            rows.append({"crossings": group["crossing"].tolist(), "value": float(port[key])})
    for bridge in here.itertuples():
        if bridge.id in single.index:
            rows.append({"crossings": [bridge.crossing], "value": float(single[bridge.id])})
    return pd.DataFrame(rows, columns=["crossings", "value"])


def _sizes(network: Network) -> dict[str, Floats]:
    """How much a crossing weighs by its size, by guess."""
    lanes = network.crossings["lanes"].to_numpy(dtype=np.float64)
    return {"logit": np.ones(len(lanes)), "logit with lanes": lanes}


def _fits(
    found: Travel, chosen: dict[str, Choice], units: pd.DataFrame
) -> tuple[list[Row], tuple[str, str, float]]:
    """Rows of traffic_fit, and the guess, its model and its rate that do best in the west."""
    network = found.network
    km = network.crossings["border_km"].to_numpy()
    middle_km = units["crossings"].map(lambda rows: float(km[rows].mean()))
    west = (middle_km <= middle_km.median()).to_numpy()
    observed = units["value"].to_numpy()
    tried = {
        (guess, model, rate): _per_unit(units, shares(one, rate, size))
        for guess, size in _sizes(network).items()
        for model, one in chosen.items()
        for rate in RATES_PER_MINUTE
    }
    fitted = {
        guess: max(
            (key for key in tried if key[0] == guess),
            key=lambda key: rank_of(tried[key][west], observed[west]),
        )
        for guess in _sizes(network)
    }
    by_minutes = chosen[fitted["logit"][1]]
    first: Floats = np.bincount(
        by_minutes.first, weights=by_minutes.weight, minlength=len(network.crossings)
    ).astype(np.float64)
    guesses = {
        **{guess: tried[key] for guess, key in fitted.items()},
        "first choice": _per_unit(units, first),
        "lanes": _per_unit(units, network.crossings["lanes"].to_numpy(dtype=np.float64)),
        "population": _per_unit(units, _population(found)),
    }
    rows: list[Row] = []
    for guess, values in guesses.items():
        picked = fitted.get(guess, fitted["logit"] if guess == "first choice" else None)
        for half, rows_in in (("west", west), ("east", ~west)):
            low, high = rank_interval(values[rows_in], observed[rows_in])
            rows.append(
                {
                    "guess": guess,
                    "half": half,
                    "demand": picked[1] if picked else None,
                    "rate_per_minute": picked[2] if picked and guess in fitted else None,
                    "counted": int(rows_in.sum()),
                    "rank_correlation": rank_of(values[rows_in], observed[rows_in]),
                    "low": low,
                    "high": high,
                }
            )
    best = max(fitted.values(), key=lambda key: rank_of(tried[key][west], observed[west]))
    return rows, best


def shares(chosen: Choice, rate: float, size: Floats) -> Floats:
    """Share of demand by each crossing, p ~ size * exp(-rate * minutes)."""
    slower = chosen.minutes - chosen.minutes.min(axis=0)
    odds = size[:, None] * np.exp(-rate * slower)
    return np.asarray(odds / odds.sum(axis=0) @ chosen.weight)


def _per_unit(units: pd.DataFrame, values: Floats) -> Floats:
    return np.array([values[rows].sum() for rows in units["crossings"]], dtype=np.float64)


def _population(found: Travel) -> Floats:
    """Square root of the product of inhabitants near each crossing on either side."""
    network, settled = found.network, found.settled
    near = []
    points = network.crossings.geometry
    sides = sorted(set(settled["side"]))
    for side in sides:
        ours = settled[settled["side"] == side]
        c, p = (rows.ravel() for rows in np.indices((len(points), len(ours))))
        ends = [frame.to_numpy()[rows] for frame, rows in (
            (points.x, c), (points.y, c), (ours.geometry.x, p), (ours.geometry.y, p))]  # fmt: skip
        within = (geo.distance_m(*ends) <= AROUND_KM * 1000).reshape(len(points), len(ours))
        near.append(within @ ours["population"].to_numpy())
    near.sort(key=lambda people: -float(people.sum()))
    return np.sqrt(near[0] * near[1]) if len(near) > 1 else np.zeros(len(points))


def rank_of(values: Floats, observed: Floats) -> float:
    """Spearman's rank correlation; 0 where either does not vary."""
    return float(_rank_correlations(values[None], observed[None])[0])


def _rank_correlations(values: Floats, observed: Floats) -> Floats:
    """Spearman's rank correlation of each row; 0 where either does not vary, or is below three."""
    if values.shape[1] < 3:
        return np.zeros(len(values))
    a, b = (_ranks(rows) for rows in (values, observed))
    spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    found: Floats = np.zeros(len(a))
    np.divide((a * b).sum(axis=1), spread, out=found, where=spread > 0)
    return found


def _ranks(rows: Floats) -> Floats:
    """Ranks within each row, from their mean; equal values share the mean of theirs."""
    before = (rows[:, :, None] > rows[:, None, :]).sum(axis=2)
    beside = (rows[:, :, None] == rows[:, None, :]).sum(axis=2)
    return np.asarray(before + (beside - rows.shape[1]) / 2, dtype=np.float64)


def rank_interval(values: Floats, observed: Floats) -> tuple[float, float]:
    """95 % interval of the rank correlation by drawing places again and again."""
    random = np.random.default_rng(SEED)
    draws = random.integers(0, len(values), (DRAWS, len(values)))
    found = _rank_correlations(values[draws], observed[draws])
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def _openings(
    chosen: Choice, rate: float, size: Floats, here: pd.DataFrame, counts: pd.DataFrame
) -> Iterator[Row]:
    """Rows of traffic_openings: bridges opened between two counts of single bridges.

    The new one gets the model's share; the others share the rest as counted before, each changed
    as the model changes it (pivot-point analysis, Ben-Akiva & Lerman 1985).
    """
    single = counts[counts["scope"] == "crossing"]
    table = single.pivot_table(index="code", columns="year", values="value").fillna(0.0)
    years = sorted(int(year) for year in table.columns)
    opened = here.set_index("id")["opened_year"]
    row_of = here.set_index("id")["crossing"]
    counted = [code for code in table.index if code in row_of.index]
    for bridge in sorted(opened.index[opened > min(years, default=9999)]):
        # An opening late in the year shows in the next count.
        before = max(year for year in years if year < opened[bridge])
        after = min((year for year in years if year > opened[bridge]), default=None)
        if after is None or bridge not in counted or not table.loc[bridge, after]:
            continue
        later = opened.index[opened > after]
        compared = [code for code in counted if code not in set(later) and code != bridge]
        rows = row_of[[*compared, bridge]].to_numpy()
        shut = row_of[[code for code in later if code != bridge]].to_numpy()
        without, with_it = (
            shares_among(chosen, rate, size, closed, rows)
            for closed in (np.append(shut, row_of[bridge]), shut)
        )
        seen = [table.loc[[*compared, bridge], year].to_numpy() for year in (before, after)]
        seen = [values / values.sum() for values in seen]
        predicted = pivoted_shares(seen[0], without, with_it)
        change, guess = seen[1] - seen[0], predicted - seen[0]
        yield {
            "bridge": bridge,
            "opened": int(opened[bridge]),
            "before": before,
            "after": after,
            "bridges": len(rows),
            "predicted_share": float(predicted[-1]),
            "observed_share": float(seen[1][-1]),
            "predicted_change": float(guess[-1]),
            "observed_change": float(change[-1]),
            "mean_error": float(np.abs(guess - change).mean()),
            "no_change_error": float(np.abs(change).mean()),
        }


def pivoted_shares(seen: Floats, without: Floats, with_it: Floats) -> Floats:
    """Shares after the last bridge opened: those counted before, changed as the model's are."""
    grown = np.divide(with_it, without, out=np.ones(len(seen)), where=without > 0)
    others = (seen * grown)[:-1]
    total = others.sum()
    left = others * (1 - with_it[-1]) / total if total > 0 else others
    return np.append(left, with_it[-1])


def shares_among(chosen: Choice, rate: float, size: Floats, shut: Ints, rows: Ints) -> Floats:
    """Logit shares of these crossings among themselves when others are shut."""
    minutes = chosen.minutes.copy()
    minutes[shut.astype(np.int64)] = np.inf
    has = np.isfinite(minutes).any(axis=0)
    odds = size[:, None] * np.exp(-rate * (minutes[:, has] - minutes[:, has].min(axis=0)))
    share = (odds / odds.sum(axis=0) @ chosen.weight[has])[rows]
    return np.asarray(share / share.sum())
