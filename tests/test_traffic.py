"""Shares compared with counts: drawn counts with known answers, and the table that is shipped."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from pipeline.core import borderfile, store
from pipeline.core.errors import InputError
from pipeline.core.types import Floats
from pipeline.measures import rank_correlation, traffic_fit, traffic_openings
from pipeline.measures.traffic_fit import Fit
from pipeline.stages import traffic
from pipeline.travel import choice, demand, mode_network
from pipeline.travel.assemble import travel
from tests.frames import cell, cells
from tests.test_closures import BESIDE, WAYS, run
from tests.test_closures_real import ROOT

NAMES = ("traffic_fit", "traffic_openings", "sector_fit", "sector_shares")


def held(folder: Path, facts: Path) -> dict[str, pd.DataFrame]:
    """The stage's tables for the drawn border of the closures."""
    run(folder, *WAYS, *BESIDE)
    stages = str(folder / "network"), str(folder / "crossings")
    reached = str(folder / "travel")
    toml, out = (str(folder / name) for name in ("aa-bb.toml", "traffic"))
    traffic.traffic(*stages, reached, str(facts), toml, out)
    return {name: store.read(folder / "traffic", name) for name in NAMES}


def counted(folder: Path, *rows: tuple[str, int, float]) -> Path:
    """Facts that count cars at x1, x2 (opened in 2012) and x3, which stand where they are drawn."""
    run(folder / "drawn", *WAYS, *BESIDE)
    known = store.read(folder / "drawn" / "crossings", "crossings")
    table = pd.DataFrame({"id": known["crossing_id"], "border": "aa-bb", "mode": "road"})
    table = table.assign(lon=known.geometry.x, lat=known.geometry.y, bts_port_code=1)
    table["opened_year"] = table["id"].map({"x2": 2012})
    facts = folder / "facts"
    facts.mkdir()
    table.to_csv(facts / "crossings.csv", index=False)
    counts = pd.DataFrame(rows, columns=["code", "year", "value"])
    counts = counts.assign(scope="crossing", measure="personal_vehicles")
    counts.to_csv(facts / "traffic.csv", index=False)
    columns = ["border", "sector", "seq", "from_lon", "to_lon", "year", "apprehensions"]
    pd.DataFrame(columns=columns).to_csv(facts / "apprehensions.csv", index=False)
    return facts


def test_a_bridge_that_opened_is_predicted_from_the_network_without_it(tmp_path: Path) -> None:
    counts = [("x1", 2010, 50.0), ("x3", 2010, 50.0), ("x1", 2018, 60.0), ("x2", 2018, 20.0)]
    facts = counted(tmp_path, *counts, ("x3", 2018, 20.0))
    found = held(tmp_path / "us", facts)
    row = found["traffic_openings"].iloc[0]
    assert (row["bridge"], row["before"], row["after"], row["bridges"]) == ("x2", 2010, 2018, 3)
    assert row["observed_share"] == row["observed_change"] == pytest.approx(0.2)
    assert 0 < row["predicted_share"] < 1 / 3
    assert row["predicted_change"] == row["predicted_share"]
    assert row["no_change_error"] == pytest.approx((0.1 + 0.2 + 0.3) / 3)
    fit = found["traffic_fit"]
    assert set(fit.loc[fit["kind"] == "model", "demand"]) == {"through"}
    assert {traffic_fit.USED, "first choice", "lanes", "population"} <= set(fit["guess"])
    assert fit.groupby(["guess"])["counted"].sum().eq(3).all()


def test_where_nothing_is_counted_there_is_no_row(tmp_path: Path) -> None:
    found = held(tmp_path, ROOT / "data" / "raw" / "gazetteer")
    assert [len(table) for table in found.values()] == [0, 0, 0, 0]


def test_facts_that_lack_a_column_are_refused(tmp_path: Path) -> None:
    facts = counted(tmp_path, ("x1", 2018, 1.0))
    (facts / "traffic.csv").write_text("scope,code\n")
    with pytest.raises(InputError, match="no column measure"):
        held(tmp_path / "us", facts)


def test_ranking_all_resamples_at_once_gives_what_one_by_one_gives() -> None:
    random = np.random.default_rng(3)
    observed: Floats = random.integers(0, 9, 12).astype(np.float64)
    values: Floats = observed + random.integers(0, 9, 12).astype(np.float64)
    low, high = rank_correlation.interval(values, observed)
    draws = np.random.default_rng(rank_correlation.SEED).integers(
        0, 12, (rank_correlation.DRAWS, 12)
    )
    one_by_one = [
        spearmanr(values[rows], observed[rows]).statistic
        if np.ptp(values[rows]) and np.ptp(observed[rows])
        else 0.0
        for rows in draws
    ]
    assert (low, high) == pytest.approx(tuple(np.quantile(one_by_one, [0.025, 0.975])))
    rank = rank_correlation.rank_correlation(values, observed)
    assert rank == pytest.approx(spearmanr(values, observed).statistic)
    assert low < rank < high


def test_what_does_not_vary_ranks_nothing() -> None:
    observed = np.array([3.0, 1.0, 2.0])
    assert rank_correlation.rank_correlation(observed, np.exp(observed)) == pytest.approx(1.0)
    assert rank_correlation.rank_correlation(np.ones(3), observed) == 0.0
    assert rank_correlation.rank_correlation(observed[:2], observed[:2]) == 0.0


def test_sectors_are_ranked_by_what_passes_them(tmp_path: Path) -> None:
    facts = counted(tmp_path, ("x1", 2018, 1.0))
    run(tmp_path / "seen", *WAYS, *BESIDE)
    seen = store.read(tmp_path / "seen" / "crossings", "crossings")
    seen = seen.set_index("crossing_id").geometry.x.sort_values()
    lon = seen.to_numpy()
    edges = [lon[0] - 1, *((lon[:-1] + lon[1:]) / 2), lon[-1] + 1]
    sector = pd.DataFrame({"border": "aa-bb", "sector": seen.index, "seq": [1, 2, 3]})
    sector = sector.assign(from_lon=edges[:-1], to_lon=edges[1:])
    caught = {2010: {"x1": 50, "x2": 10, "x3": 30}, 2017: {"x1": 60, "x2": 20, "x3": 25}}
    years = [sector.assign(year=year, apprehensions=sector["sector"].map(of))
             for year, of in caught.items()]  # fmt: skip
    pd.concat(years).to_csv(facts / "apprehensions.csv", index=False)
    found = held(tmp_path / "us", facts)
    share = found["sector_shares"].set_index(["year", "guess", "sector"])["share"]
    assert share[2010, "apprehensions", "x1"] == pytest.approx(5 / 9)
    assert share.groupby(["year", "guess"]).sum().to_numpy() == pytest.approx(1.0)
    fit = found["sector_fit"].set_index(["year", "guess"])["rank_correlation"]
    assert fit[2017, "count before"] == pytest.approx(1.0)
    # Demand by logit: x1 most, then x3, then x2, as in either year.
    assert fit[2010, "through demand"] == pytest.approx(1.0)


def test_shares_sum_to_one_and_a_shut_crossing_has_none(tmp_path: Path) -> None:
    run(tmp_path, *WAYS, *BESIDE)
    border = borderfile.read(tmp_path / "aa-bb.toml")
    tables = {name: store.read(tmp_path / "network", name) for name in ("nodes", "links", "places")}
    tables |= {
        name: store.read(tmp_path / "crossings", name) for name in ("crossings", "crossing_links")
    }
    found = travel(tables, "road", border, mode_network.usable(tables["links"], "road"))
    wanted = demand.demand(found.settled, found.network, border, "through")
    chosen = choice.choose(found.network, wanted)
    share = choice.logit_shares(chosen, np.ones(3), 0.1)
    assert share.sum() == pytest.approx(1.0)
    assert share[0] > share[2] > share[1]
    closed = traffic_openings.among(
        chosen, Fit("logit", 0.1, np.ones(3)), np.array([0]), np.arange(3)
    )
    assert closed[0] == 0.0
    assert closed.sum() == pytest.approx(1.0)
    # Twice the lanes, twice the odds.
    wide = choice.logit_shares(chosen, np.array([2.0, 1.0, 1.0]), 0.1)
    assert wide[0] / wide[1] == pytest.approx(2 * share[0] / share[1])
    assert wide.sum() == pytest.approx(1.0)


def test_a_new_bridge_takes_from_the_others_as_the_model_says_and_the_count_before() -> None:
    seen, without = np.array([0.6, 0.4, 0.0]), np.array([0.5, 0.5, 0.0])
    # The model halves the first and leaves the second: 0.3 and 0.4 share what the new one leaves.
    after = traffic_openings.pivoted(seen, without, np.array([0.25, 0.5, 0.25]))
    assert after.tolist() == pytest.approx([0.75 * 3 / 7, 0.75 * 4 / 7, 0.25])
    same = traffic_openings.pivoted(seen, without, without)
    assert same.tolist() == pytest.approx(seen.tolist())


def test_only_a_bridge_that_is_counted_before_and_after_it_opened_is_predicted() -> None:
    """c opens after the last count, d is not counted, e is counted as empty after it opened."""
    here = pd.DataFrame({"id": list("abcde"), "crossing": range(5),
                         "opened_year": [float("nan"), 2012, 2020, 2013, 2011]})  # fmt: skip
    values = {"a": (50.0, 60.0), "b": (0.0, 30.0), "c": (0.0, 8.0), "e": (10.0, 0.0)}
    counts = pd.DataFrame([
        {"scope": "crossing", "code": code, "year": year, "value": value}
        for code, pair in values.items() for year, value in zip((2010, 2018), pair, strict=True)
    ])  # fmt: skip
    minutes = np.array([[10.0], [10.0], [10.0], [10.0], [20.0]])
    none = np.zeros(1, np.int64)
    chosen = choice.Choice(minutes, np.zeros((2, 1)), none, none, np.ones(1), 0.0, none, none)
    fit = Fit("logit", 0.1, np.array([1.0, 2.0, 1.0, 1.0, 1.0]))
    (row,) = traffic_openings.openings(chosen, fit, here, counts)
    # Of a, e and b, as if c were closed: b has two of the weights 1, e^-1 and 2.
    share = 2 / (3 + np.exp(-1))
    assert (row["bridge"], row["bridges"], row["before"], row["after"]) == ("b", 3, 2010, 2018)
    assert row["predicted_share"] == pytest.approx(share)
    assert row["observed_share"] == pytest.approx(30 / 90)
    guess, seen = np.array([50 / 60, 10 / 60]) * (1 - share), np.array([60 / 90, 0])
    before = np.array([50 / 60, 10 / 60])
    errors = [*np.abs((guess - before) - (seen - before)), abs(share - 30 / 90)]
    assert row["mean_error"] == pytest.approx(np.mean(errors))
    assert row["no_change_error"] == pytest.approx(np.mean([*np.abs(seen - before), 30 / 90]))


def test_a_counted_place_is_a_bridge_or_else_the_port_of_all_crossings_that_name_it() -> None:
    here = pd.DataFrame({"id": ["a", "b", "c", "d", "e", "f"], "crossing": [4, 3, 2, 1, 0, 5],
                         "bts_port_code": [10.0, 10.0, 20.0, 20.0, 30.0, 40.0]})  # fmt: skip
    rows = [
        *(("port", code, 2018, value) for code, value in (("10", 7.0), ("20", 9.0), ("40", 1.0))),
        *(("port", code, 2010, value) for code, value in (("10", 5.0), ("30", 3.0))),
        *(("crossing", "c", year, value) for year, value in ((2018, 6.0), (2010, 2.0))),
        *(("crossing", code, 2018, 1.0) for code in ("z", "d")),
        ("crossing", "e", 2017, 8.0),
    ]
    counts = pd.DataFrame(rows, columns=["scope", "code", "year", "value"])
    found = traffic_fit.units(here, counts)
    # Bridges of port 20 are counted one by one; port 30 is not counted in the year of the fit.
    assert found.to_dict(orient="list") == {
        "crossings": [[4, 3], [5], [2], [1]], "value": [7.0, 1.0, 6.0, 1.0],
        "prior": [5.0, 0.0, 2.0, 0.0],
    }  # fmt: skip
    text = here.assign(bts_port_code=["10", "10", "20", "20", "30", "40"])
    assert traffic_fit.units(text, counts).equals(found)
    assert not len(traffic_fit.units(here, counts[:0]))


@pytest.mark.parametrize("seed", [1, 2])
def test_models_and_baselines_rank_as_worked_out_one_by_one(seed: int) -> None:
    """Sixteen crossings along the equator, places on either side, one port of three crossings."""
    random = np.random.default_rng(seed)
    n, pairs = 16, 30
    lon = np.arange(n) / 10  # 11 km from one to the next
    lanes = random.integers(1, 5, n).astype(np.float64)
    people = random.choice([2e4, 5e4, 3e5], 24)
    at = random.uniform(-0.1, 1.6, 24)
    side = np.array(["AA", "BB"] * 12)
    places = gpd.GeoDataFrame({"node": np.arange(24), "side": side, "population": people},
                              geometry=gpd.points_from_xy(at, np.zeros(24)), crs=4326)  # fmt: skip
    crossings = gpd.GeoDataFrame({"lanes": lanes, "border_km": 11 * np.arange(n)}, crs=4326,
                                 geometry=gpd.points_from_xy(lon, np.zeros(n)))  # fmt: skip
    origin = random.choice(np.arange(0, 24, 2), pairs)
    destination = random.choice(np.arange(1, 24, 2), pairs)
    minutes = 60 * (np.abs(lon[:, None] - at[origin]) + np.abs(lon[:, None] - at[destination]))
    minutes += random.uniform(0, 9, minutes.shape)
    weight = people[origin] * people[destination] / (people[origin] * people[destination]).sum()
    first = minutes.argmin(axis=0)
    none = np.zeros((2, pairs))
    chosen = choice.Choice(minutes, none, origin, destination, weight, 0.0, first, first)
    found = cast(Any, SimpleNamespace(network=SimpleNamespace(crossings=crossings), settled=places))
    units = [[row] for row in range(3, n)]
    units.insert(5, [0, 1, 2])
    counted = pd.DataFrame({"crossings": units, "value": random.permutation(len(units)) + 1.0,
                            "prior": random.permutation(len(units)).astype(float)})  # fmt: skip
    rows, best = traffic_fit.fits(found, chosen, counted)
    table = pd.DataFrame(rows).set_index(["guess", "half"])

    def shares(size: Floats, rate: float, of: Floats) -> Floats:
        odds = [size * np.exp(-rate * column) for column in minutes.T]
        each = [one / one.sum() * w for one, w in zip(odds, of, strict=True)]
        return np.asarray(np.sum(each, axis=0))

    def ranked(values: Floats, half: str) -> float:
        middle = np.array([np.mean(unit) for unit in units])
        kept = (middle <= np.median(middle)) == (half == "west")
        sums = np.array([values[unit].sum() for unit in units])
        return round(float(spearmanr(sums[kept], counted["value"][kept]).statistic), 12)

    prior = np.zeros(n)
    for unit, before in zip(units, counted["prior"], strict=True):
        prior[unit] = before / len(unit)
    large = (people[origin] >= 1e5) & (people[destination] >= 1e5)
    near = [np.array([people[(side == one) & (np.abs(at - x) * 111.3195 <= 15)].sum() for x in lon])
            for one in ("AA", "BB")]  # fmt: skip
    models = {
        "logit": (np.ones(n), weight),
        "logit with lanes": (lanes, weight),
        "logit with lanes, where counted before": (lanes * (prior > 0), weight),
        "logit with the count before": (prior, weight),
        "logit of metropolitan pairs": (np.ones(n), np.where(large, weight, 0.0)),
    }
    west = {}
    for guess, (size, of) in models.items():
        ranks = [ranked(shares(size, rate, of), "west") for rate in traffic_fit.RATES_PER_MINUTE]
        west[guess] = max(ranks)
        rate = traffic_fit.RATES_PER_MINUTE[ranks.index(max(ranks))]
        for half in ("west", "east"):
            assert cells(table, (guess, half), "rate_per_minute", "rank_correlation") == [
                rate, pytest.approx(ranked(shares(size, rate, of), half)),
            ]  # fmt: skip
    values = {
        traffic_fit.USED: shares(lanes, 0.1, weight),
        "first choice": np.bincount(first, weight, n),
        "lanes": lanes,
        "population": np.sqrt(near[0] * near[1]),
        "lanes and population": lanes * np.sqrt(near[0] * near[1]),
        "count before": prior,
    }
    for guess, one in values.items():
        for half in ("west", "east"):
            found_rank = cell(table, (guess, half), "rank_correlation")
            assert found_rank == pytest.approx(ranked(one, half))
    assert set(table.index.get_level_values(0)) == {*models, *values}
    assert [cell(table, ("logit", half), "counted") for half in ("west", "east")] == [7, 7]
    assert best.guess == max(west, key=lambda guess: west[guess])
