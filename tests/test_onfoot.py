"""Closures with and without walking round them, on a border of two crossings drawn by hand."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from pipeline.core import schema, store
from pipeline.core.types import Floats
from pipeline.stages import onfoot
from pipeline.travel.choice import Choice
from tests import ground
from tests.drawn import DEGREES_PER_KM, PASSED
from tests.frames import cell
from tests.ground import Place
from tests.travelled import travelled

# Two crossings 48 km apart; the towns lie straight behind the western one.
PLACES: dict[str, Place] = {
    "s": (10, -30), "w": (10, 0), "e": (58, 0), "t": (10, 30), "v": (58, -5), "u": (58, 5),
}  # fmt: skip
WALKS = tuple(f"walk_minutes_{name}" for name in ("open", "flat", "closed", "steep"))
LINKS = ("s-w", "w-t", "s-v", "v-e", "e-u", "u-t")
TOML = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 60
target = [0.1, 0.3]
[anchors]
AA = [[0.1, -0.2]]
BB = [[0.1, 0.2]]
"""


# Irregular movement begins straight behind the eastern crossing.
LEFT = """[[cities]]
name = "Where many leave"
at = [0.52, -0.045]
population = 9000
side = "AA"
irregular = true
"""


def run(
    tmp_path: Path, walks: dict[int, float] | None, *, demand: str = "through", toml: str = TOML
) -> "pd.DataFrame":
    """Closing the western crossing (k = 1), then both; `walks` gives minutes through some km."""
    towns = {"A": (10.0, -30.0, 50_000.0), "B": (10.0, 30.0, 50_000.0)}
    network = ground.network(tmp_path / "n", PLACES, *LINKS, towns=towns)
    links = store.read(network, "links")
    rows, joins = [], []
    for node in ("w", "e"):
        rows.append({
            "crossing_id": f"road.{node}", "mode": "road", "name": None, "status": "official",
            "counted": True, "class": "primary", "n_links": 1, "lanes": 2,
            "border_km": PLACES[node][0], "span_m": 0.0, **PASSED, "walkable": True,
            "geometry": Point(float(PLACES[node][0]) * DEGREES_PER_KM, 0),
        })  # fmt: skip
        here = links[(links["from_node"] == node) | (links["to_node"] == node)]
        joins += [{"crossing_id": f"road.{node}", "link_id": link, "node_id": node}
                  for link in here["link_id"]]  # fmt: skip
    crossings = {"crossings": pd.DataFrame(rows), "crossing_links": pd.DataFrame(joins)}
    store.write(tmp_path / "c", crossings)
    best = [
        {"mode": "road", "aim": "stop", "k": k, "crossing_id": f"road.{node}",
         "demand_stopped_share": 0.0, "cut_off_share": 0.0, "mean_extra_minutes": 0.0,
         "exact": True, "gap": 0.0,
         "sure_stopped_share": None, "sure_extra_minutes": None,
         "geometry": Point(0, 0)}
        for k, node in ((1, "w"), (2, "w"), (2, "e"))
    ]  # fmt: skip
    store.write(tmp_path / "l", {"closures": pd.DataFrame(best)})
    minutes = pd.Series(np.nan, index=range(60))
    for km, value in (walks or {}).items():
        minutes[km] = value
    walk_km = pd.DataFrame({"border_km": minutes.index, "walk_minutes": minutes.to_numpy()})
    for name in (*WALKS, "why_absent"):
        walk_km[name] = None
    table = schema.empty("walk_km") if walks is None else walk_km
    store.write(tmp_path / "t", {"walk_km": table})
    (tmp_path / "b.toml").write_text(toml, encoding="utf-8")
    crossed, closed, walked = (str(tmp_path / name) for name in "clt")
    out = str(tmp_path / "o")
    reached = travelled(network, crossed, tmp_path / "b.toml", tmp_path / "v")
    onfoot.onfoot(str(network), crossed, reached, closed, walked, out)
    found = store.read(tmp_path / "o", "closures_on_foot")
    return found[found["demand"] == demand].set_index(["k", "within_minutes"])


def test_nobody_walks_where_no_km_is_walked_through(tmp_path: Path) -> None:
    found = run(tmp_path, {})
    # The way by the eastern crossing is 1.6 times as long, half an hour at the line included.
    assert (cell(found, 1, "demand_stopped_share") == 1).all()
    assert (cell(found, 1, "cut_off_share") == 0).all()
    assert (cell(found, 2, "cut_off_share") == 1).all()
    assert (found["walked_round"] == 0).all()


def test_a_short_walk_beside_the_crossing_undoes_its_closure(tmp_path: Path) -> None:
    found = run(tmp_path, {15: 25.0})
    assert found["demand_stopped_share"][1, 0] == 1
    assert found["demand_stopped_share"][1, 60] == 0  # 25 minutes more than 90
    assert found["walked_round"][2, 60] == 1
    assert found["cut_off_share"][2, 0] == 1
    assert found["cut_off_share"][2, 60] == 0


def test_a_long_walk_keeps_them_from_being_cut_off_yet_takes_too_long(tmp_path: Path) -> None:
    found = run(tmp_path, {15: 170.0})
    assert found["walked_round"][2, 60] == 0
    assert found["cut_off_share"][2, 60] == 1
    assert found["cut_off_share"][2, 180] == 0
    assert found["demand_stopped_share"][2, 180] == 1


@pytest.mark.parametrize("km", [10, 11, 30])
def test_a_walk_at_the_crossing_or_far_away_counts_for_nothing(tmp_path: Path, km: int) -> None:
    assert run(tmp_path, {km: 5.0})["cut_off_share"][2, 360] == 1


def test_without_an_elevation_model_only_what_no_walk_changes_is_known(tmp_path: Path) -> None:
    found = run(tmp_path, None)
    alone, afoot = found.xs(0, level="within_minutes"), found.drop(index=0, level="within_minutes")
    assert alone["demand_stopped_share"].tolist() == [1, 1]
    assert alone["why_absent"].isna().all()
    assert afoot[["walked_round", "demand_stopped_share", "cut_off_share"]].isna().all(axis=None)
    assert set(afoot["why_absent"]) == {"no elevation model"}


def test_irregular_demand_by_another_crossing_is_not_stopped_by_closing_the_first(
    tmp_path: Path,
) -> None:
    # From v, 5 km behind the eastern crossing, that one is quickest; the western is far round.
    found = run(tmp_path, {15: 25.0}, demand="irregular", toml=TOML + LEFT)
    assert found["why_absent"].isna().all()
    assert found["demand_stopped_share"][1, 0] == 0
    assert found["cut_off_share"][2, 0] == 1
    # People who start there may walk round by the western crossing, but it takes too long.
    assert found["cut_off_share"][2, 60] == 0
    assert found["demand_stopped_share"][2, 60] == 1
    found = run(tmp_path, {15: 25.0}, toml=TOML + LEFT)
    assert found["demand_stopped_share"][1, 0] == 1


def test_where_no_irregular_movement_begins_rows_say_why_and_none_is_zero(tmp_path: Path) -> None:
    found = run(tmp_path, {15: 25.0}, demand="irregular")
    assert len(found) == 2 * 4
    assert found[["walked_round", "demand_stopped_share", "cut_off_share"]].isna().all(axis=None)
    assert (
        found["why_absent"]
        .str.startswith("AA: no place on the network that the border file marks")
        .all()
    )


def counts(tmp_path: Path) -> "pd.DataFrame":
    found = store.read(tmp_path / "o", "closing_counts_on_foot")
    return found.set_index(["within_minutes", "detour_limit", "stopped_share"])


def test_closings_that_a_walk_undoes_stop_nobody_however_many(tmp_path: Path) -> None:
    run(tmp_path, {15: 25.0})
    # By the western crossing 90 minutes, 115 with the walk round it: within 1.5 times, not 1.25.
    found = counts(tmp_path)
    assert cell(found, (60, "1.5"), "stoppable_share").eq(0).all()
    assert cell(found, (60, "1.5"), "closings").isna().all()
    assert found["why_absent"][60, "1.5", 0.5] == "closing all stops 0.0 % of demand"
    assert cell(found, (60, "1.25"), "closings").tolist() == [1, 1, 1]
    assert found["stoppable_share"][60, "no way", 1.0] == 0


def test_without_a_walk_closings_stop_as_many_as_ever(tmp_path: Path) -> None:
    run(tmp_path, {})
    found = counts(tmp_path)
    assert found["stoppable_share"].eq(1).all()
    assert found["closings"][360, "1.5", 1.0] == 1
    assert found["closings"][360, "no way", 1.0] == 2


def test_without_an_elevation_model_there_are_no_counts_and_it_says_why(tmp_path: Path) -> None:
    run(tmp_path, None)
    found = counts(tmp_path)
    assert len(found) == 3 * 4 * 3
    assert set(found["why_absent"]) == {"no elevation model"}


def fewest_by_trying(chosen: Choice, walks: Floats, limit: float, share: float) -> int | None:
    """Least crossings closed that leave so much demand without a way, walking round included."""
    fastest, crossings = chosen.minutes.min(axis=0), range(len(walks))
    for k in range(len(walks) + 1):
        for closed in combinations(crossings, k):
            extra = np.array([walks[one] if one in closed else 0.0 for one in crossings])
            after = (chosen.minutes + extra[:, None]).min(axis=0)
            stopped = after > limit * fastest if np.isfinite(limit) else np.isinf(after)
            if chosen.weight[stopped].sum() >= share - 1e-9:
                return k
    return None


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_fewest_closings_are_those_found_by_trying_all(data: st.DataObject) -> None:
    n, pairs = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
    minutes = np.array(data.draw(st.lists(
        st.sampled_from([30.0, 40.0, 60.0, 80.0, np.inf]), min_size=n * pairs, max_size=n * pairs,
    ))).reshape(n, pairs)  # fmt: skip
    minutes[0, np.isinf(minutes).all(axis=0)] = 50.0
    walks = np.array(data.draw(st.lists(
        st.sampled_from([5.0, 15.0, 100.0, 200.0, np.inf]), min_size=n, max_size=n,
    )))  # fmt: skip
    none = np.zeros(pairs, dtype=np.int64)
    weight = np.arange(1.0, pairs + 1) / np.arange(1.0, pairs + 1).sum()
    chosen = Choice(minutes, minutes, none, none, weight, 0.0, none, none)
    for row in onfoot.closing_counts(chosen, walks):
        limit = np.inf if row["detour_limit"] == "no way" else float(str(row["detour_limit"]))
        afoot = np.where(walks <= float(str(row["within_minutes"])), walks, np.inf)
        expected = fewest_by_trying(chosen, afoot, limit, float(str(row["stopped_share"])))
        assert row["closings"] == row["closings_low"] == expected
