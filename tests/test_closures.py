"""What the closures stage writes, on drawn borders with known answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.core import schema, store
from pipeline.stages import closures
from pipeline.travel import closing, closing_pairs
from pipeline.travel.choice import Choice
from tests import drawn
from tests.frames import cell, row_of
from tests.test_bypass import BORDER, PLACES, SETTLED
from tests.test_demand import places
from tests.test_interdiction import only_swapped
from tests.test_routing import cross
from tests.travelled import travelled

# 60 minutes by x1; by x2 twice as far; x3 beside x1 is no longer.
WAYS = ("a-c1", "c1-b", "a-m", "m-c2", "c2-p", "p-b")
BESIDE = ("a-c3", "c3-b")
Places = dict[str, tuple[float, float] | tuple[float, float, str]]


def run(
    folder: Path,
    *ways: str,
    where: Places | None = None,
    settled: tuple[object, ...] = SETTLED,
    trucks: str = "yes",
) -> dict[str, pd.DataFrame]:
    """The stage's tables for a drawn network, written and read as in the flow."""
    where = where or PLACES | {"c3": (5, 0)}
    nodes, links = drawn.draw(where, *ways)
    links["trucks"] = trucks
    groups = {f"x{name[1:]}": name for name in where if name.startswith("c")}
    crossings, joins = cross(nodes, links, groups)
    tables = {"nodes": nodes, "links": links, "places": places(*settled)}  # type: ignore[arg-type]
    tables["reach"] = schema.empty("reach")
    store.write(folder / "network", tables)
    store.write(folder / "crossings", {"crossings": crossings, "crossing_links": joins})
    (folder / "aa-bb.toml").write_text(BORDER)
    at = (folder / name for name in ("network", "crossings", "aa-bb.toml", "travel"))
    travelled(*at)
    stages = ("crossings", "travel", "closures")
    closures.closures(*(str(folder / name) for name in stages))
    found = {name: store.read(folder / "closures", name) for name in ("closures", "closure_counts")}
    # Sets for trucks, who find the same roads here, are those of tests/test_trucks.py.
    by_car = found["closures"]["mode"] != "truck"
    return found | {"closures": found["closures"][by_car].reset_index(drop=True)}


def counts(found: pd.DataFrame, **wanted: str) -> list[int]:
    """Closings for half, nine tenths and all of it."""
    chosen = {"mode": "road", "demand": "through", "unit": "crossing", "detour_limit": "1.5"}
    for column, value in (chosen | wanted).items():
        found = found[found[column] == value]
    assert found["closings_low"].tolist() == found["closings"].tolist()
    by_share = found.sort_values("stopped_share")
    return [int(closings) for closings in by_share["closings"]]


def test_best_sets_and_what_they_do(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS)
    rows = found["closures"].set_index(["aim", "k", "crossing_id"]).sort_index()
    assert [key[2] for key in rows.index if key[:2] == ("stop", 1)] == ["x1"]
    assert [key[2] for key in rows.index if key[:2] == ("delay", 2)] == ["x1", "x2"]
    first, both = row_of(rows, ("stop", 1, "x1")), row_of(rows, ("delay", 2, "x2"))
    direct = first["mean_extra_minutes"] + 0.0
    assert first["demand_stopped_share"] == 1.0
    assert first["cut_off_share"] == 0.0
    assert 0 < direct < 200
    assert both["cut_off_share"] == 1.0
    assert both["mean_extra_minutes"] == pytest.approx(direct + closing.LOST_MINUTES)
    assert rows["exact"].all()
    assert (rows["gap"] == 0).all()


def test_where_no_truck_may_pass_cars_have_their_closures(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS, trucks="no")["closures"]
    assert len(found)
    assert found["sure_stopped_share"].isna().all()
    assert found["sure_extra_minutes"].isna().all()


def test_trucks_that_may_pass_all_roads_have_the_closures_of_cars(tmp_path: Path) -> None:
    by_car = run(tmp_path, *WAYS)["closures"]
    every = store.read(tmp_path / "closures", "closures")
    by_truck = every[every["mode"] == "truck"]
    key = ["aim", "k", "crossing_id"]
    effects = ["demand_stopped_share", "mean_extra_minutes"]
    assert by_truck[key].to_numpy().tolist() == by_car[key].to_numpy().tolist()
    expected = by_car[effects].to_numpy()
    assert by_truck[effects].to_numpy() == pytest.approx(expected)
    sure = by_truck[["sure_stopped_share", "sure_extra_minutes"]].to_numpy()
    assert sure == pytest.approx(expected)


def test_sets_are_those_of_through_demand_by_inhabitants(tmp_path: Path) -> None:
    """A town by x1 has nine times the people of one by x2, beyond what is local; each is alone."""
    where: Places = {"a": (0, -60), "e": (20, -60), "c1": (0, 0), "c2": (20, 0), "b": (10, 60)}
    towns = (("A", 0.0, -60.0, "town", 9000.0), ("E", 20.0, -60.0, "town", 1000.0),
             ("B", 10.0, 60.0, "town", 1000.0))  # fmt: skip
    found = run(tmp_path, "a-c1", "c1-b", "e-c2", "c2-b", where=where, settled=towns)["closures"]
    rows = found.set_index(["aim", "k", "crossing_id"])
    for aim in ("stop", "delay"):
        assert cell(rows, (aim, 1), "demand_stopped_share").to_dict() == {"x1": pytest.approx(0.9)}
    (handed_on,) = store.read(tmp_path / "closures", "closing_demand").to_dict("records")
    assert (handed_on["pair_weights"], handed_on["kept_share"]) == ("0.9 0.1", 1.0)


def test_a_set_that_is_not_shown_to_be_best_says_how_far_it_may_be_off(tmp_path: Path) -> None:
    """Closing one of two crossings side by side stops nobody; the linear bound allows half."""
    with only_swapped():
        found = run(tmp_path, *WAYS, *BESIDE)["closures"]
    stop = found[found["aim"] == "stop"].groupby("k")[["exact", "gap"]].first()
    assert stop["exact"].tolist() == [False, True, True]
    assert stop["gap"].tolist() == pytest.approx([0.5, 0, 0], abs=1e-4)
    delay = found[found["aim"] == "delay"].groupby("k")["gap"].first()
    assert (delay.loc[[1, 2]] > 0).all()
    assert (delay <= 1).all()


def test_crossings_side_by_side_count_as_one_site(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS, *BESIDE)["closure_counts"]
    assert counts(found) == [2, 2, 2]
    assert counts(found, unit="site") == [1, 1, 1]
    assert counts(found, detour_limit="no way") == [3, 3, 3]
    assert counts(found, unit="site", detour_limit="no way") == [2, 2, 2]
    assert set(found["of"][(found["mode"] == "road") & (found["unit"] == "site")]) == {2}


def test_a_looser_limit_never_needs_fewer_closings(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS, *BESIDE)["closure_counts"]
    by_limit = [counts(found, detour_limit=limit) for limit in ("1.25", "1.5", "2", "no way")]
    assert by_limit == sorted(by_limit)


def test_of_one_crossing_all_limits_ask_for_it_and_other_limits_for_the_headline_alone(
    tmp_path: Path,
) -> None:
    where: Places = {"a": (0, -30), "c1": (0, 0), "b": (0, 30)}
    found = run(tmp_path, "a-c1", "c1-b", where=where)["closure_counts"]
    found = found[found["mode"] == "road"]
    assert set(found["of"]) == {1}
    assert set(found.loc[found["closings"].notna(), "closings"]) == {1}
    every = found.groupby(["demand", "unit"])["detour_limit"].agg(set).to_dict()
    assert every.pop(("through", "crossing")) == {"1.25", "1.5", "2", "no way"}
    assert all(asked == {"1.5", "no way"} for asked in every.values())
    assert len(every) == 5


def test_without_demand_there_is_a_reason_and_no_figure(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS)
    rail = found["closure_counts"][found["closure_counts"]["mode"] == "rail"]
    assert rail[["closings", "closings_low"]].isna().all(axis=None)
    assert rail["why_absent"].notna().all()
    assert set(found["closures"]["mode"]) == {"road"}
    assert set(found["closure_counts"]["demand"]) == {"through", "local", "uniform"}


def test_no_network_at_all_is_a_legal_empty_answer(tmp_path: Path) -> None:
    settled = (("A", 0.0, -90.0, "town", 1000.0), ("B", 0.0, 90.0, "town", 1000.0))
    found = run(tmp_path, "a-c1", "c1-b", settled=settled)
    assert found["closures"].equals(schema.empty("closures"))
    assert found["closure_counts"]["why_absent"].notna().all()


def drawn_choice() -> Choice:
    """Three pairs by two crossings: the third has one way, the second a much longer one beside."""
    minutes = np.array([[10.0, 20.0, np.inf], [15.0, 50.25, 40.0]])
    rows = np.arange(3)
    return Choice(minutes, minutes, rows, rows, np.array([0.3, 0.2, 0.5]), 0.0,
                  np.array([0, 0, 1]), np.array([1, 1, -1]))  # fmt: skip


@pytest.mark.parametrize(
    ("closed", "stopped", "cut_off", "extra"),
    [
        ([], 0.0, 0.0, 0.0),
        # 15 minutes are within 1.5 times 10, 50 are not within 1.5 times 20.
        ([0], 0.2, 0.0, 0.3 * 5 + 0.2 * 30.25),
        ([1], 0.5, 0.5, 0.5 * closing.LOST_MINUTES),
        # Demand that is cut off loses this much in addition to its slowest way.
        ([0, 1], 1.0, 1.0, 0.3 * 5 + 0.2 * 30.25 + closing.LOST_MINUTES),
    ],
)
def test_what_closing_does_to_demand(
    closed: list[int], stopped: float, cut_off: float, extra: float
) -> None:
    found = closing.effect(drawn_choice(), np.array(closed, dtype=np.int64))
    assert found == {
        "demand_stopped_share": pytest.approx(stopped),
        "cut_off_share": pytest.approx(cut_off),
        "mean_extra_minutes": pytest.approx(extra),
    }


def test_who_is_cut_off_from_a_short_way_loses_as_much_beside_it() -> None:
    short = replace(drawn_choice(), minutes=drawn_choice().minutes / 100)
    lost = closing.effect(short, np.array([0, 1]))["mean_extra_minutes"]
    assert lost == pytest.approx((0.3 * 5 + 0.2 * 30.25) / 100 + closing.LOST_MINUTES)


def test_what_delay_and_screening_do_to_demand() -> None:
    chosen = drawn_choice()
    # By the first crossing 14 and 24 minutes, by the second 19, 54 and 44.
    assert closing.delayed(chosen, np.array([0]), 4.0) == pytest.approx(0.3 * 4 + 0.2 * 4)
    assert closing.delayed(chosen, np.array([0]), 9.0) == pytest.approx(0.3 * 5 + 0.2 * 9)
    assert closing.delayed(chosen, np.array([0, 1]), 4.0) == pytest.approx(4.0)
    assert closing.screened(chosen, np.array([0]), 0.4) == pytest.approx(0.5 * 0.4)
    assert closing.screened(chosen, np.array([0, 1]), 0.4) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("most", "pair_minutes", "weights", "share"),
    [
        (100, {"x": "10 20 -", "y": "15 50.25 40"}, "0.3 0.2 0.5", 1.0),
        (5, {"x": "10 -", "y": "15 40"}, "0.3 0.5", 0.8),
        (1, {"x": "-", "y": "40"}, "0.5", 0.5),
        (2, {"x": "10 -"}, "0.3 0.5", 0.8),
    ],
)
def test_the_pairs_of_most_demand_are_handed_on(
    most: int, pair_minutes: dict[str, str], weights: str, share: float
) -> None:
    chosen = drawn_choice()
    chosen = replace(chosen, minutes=chosen.minutes[: len(pair_minutes)])
    minutes, demand = closing_pairs.tables("road", list(pair_minutes), chosen, most)
    assert dict(zip(minutes["crossing_id"], minutes["pair_minutes"], strict=True)) == pair_minutes
    assert set(minutes["mode"]) == {"road"}
    assert demand.to_dict("records") == [
        {"mode": "road", "pair_weights": weights, "kept_share": pytest.approx(share)}
    ]


def test_without_crossings_no_pairs_are_handed_on() -> None:
    none, rows = np.empty((0, 0)), np.empty(0, dtype=np.int64)
    nothing = Choice(none, none, rows, rows, np.empty(0), None, rows, rows)
    assert [len(table) for table in closing_pairs.tables("road", [], nothing)] == [0, 0]
