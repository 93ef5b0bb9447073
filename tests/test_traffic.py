"""Shares held against counts: drawn counts with known answers, and the table that is shipped."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, spearmanr

from pipeline.core import borderfile, store
from pipeline.core.errors import InputError
from pipeline.stages import traffic
from pipeline.travel import choice, demand, routing
from pipeline.travel.assemble import travel
from tests.test_closures import BESIDE, WAYS, run
from tests.test_closures_real import ROOT

NAMES = ("traffic_fit", "traffic_openings")


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
    assert set(fit["guess"]) == {"logit", "logit with lanes", "first choice", "lanes",
                                 "population"}  # fmt: skip
    assert fit.groupby(["guess"])["counted"].sum().eq(3).all()


def test_where_nothing_is_counted_there_is_no_row(tmp_path: Path) -> None:
    found = held(tmp_path, ROOT / "data" / "raw" / "gazetteer")
    assert [len(table) for table in found.values()] == [0, 0]


def test_facts_that_lack_a_column_are_refused(tmp_path: Path) -> None:
    facts = counted(tmp_path, ("x1", 2018, 1.0))
    (facts / "traffic.csv").write_text("scope,code\n")
    with pytest.raises(InputError, match="no column measure"):
        held(tmp_path / "us", facts)


def test_rank_correlation_and_its_interval() -> None:
    random = np.random.default_rng(3)
    observed = random.random(30)
    values = observed + random.random(30)
    low, high = traffic.rank_interval(values, observed)
    rank = traffic.rank_of(values, observed)
    assert rank == pytest.approx(spearmanr(values, observed)[0])
    assert low < rank < high
    assert kendalltau(values, observed)[0] < rank
    assert traffic.rank_of(observed, np.exp(observed)) == pytest.approx(1.0)
    assert traffic.rank_of(np.ones(5), observed[:5]) == 0.0


def test_shares_sum_to_one_and_a_shut_crossing_has_none(tmp_path: Path) -> None:
    run(tmp_path, *WAYS, *BESIDE)
    border = borderfile.read(tmp_path / "aa-bb.toml")
    tables = {name: store.read(tmp_path / "network", name) for name in ("nodes", "links", "places")}
    tables |= {
        name: store.read(tmp_path / "crossings", name) for name in ("crossings", "crossing_links")
    }
    found = travel(tables, "road", border, routing.usable(tables["links"], "road"))
    wanted = demand.demand(found.settled, found.network, border, "through")
    chosen = choice.choose(found.network, wanted)
    share = traffic.shares(chosen, 0.1, np.ones(3))
    assert share.sum() == pytest.approx(1.0)
    assert share[0] > share[2] > share[1]
    shut = traffic.shares_among(chosen, 0.1, np.ones(3), np.array([0]), np.arange(3))
    assert shut[0] == 0.0
    assert shut.sum() == pytest.approx(1.0)
    # Twice the lanes, twice the odds.
    wide = traffic.shares(chosen, 0.1, np.array([2.0, 1.0, 1.0]))
    assert wide[0] / wide[1] == pytest.approx(2 * share[0] / share[1])
    assert wide.sum() == pytest.approx(1.0)


def test_a_new_bridge_takes_from_the_others_as_the_model_says_and_the_count_before() -> None:
    seen, without = np.array([0.6, 0.4, 0.0]), np.array([0.5, 0.5, 0.0])
    # The model halves the first and leaves the second: 0.3 and 0.4 share what the new one leaves.
    after = traffic.pivoted_shares(seen, without, np.array([0.25, 0.5, 0.25]))
    assert after.tolist() == pytest.approx([0.75 * 3 / 7, 0.75 * 4 / 7, 0.25])
    same = traffic.pivoted_shares(seen, without, without)
    assert same.tolist() == pytest.approx(seen.tolist())
