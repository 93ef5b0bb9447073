"""Where posts that count see most: the logit's shares and the links of drawn ways."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core import parameters
from pipeline.core.types import Floats
from pipeline.measures.observing import observed_rows, passing
from pipeline.travel.choice import Choice
from pipeline.travel.mode_network import Network
from tests import drawn
from tests.test_routing import cross, network, rows

INF = np.inf
RATE = parameters.number("logit_rate_per_minute")
# Three crossings. To the third it is short by the second's own node, which no way may pass.
PLACES: drawn.Places = {
    "a": (0, -10), "c1": (0, 0), "c2": (10, 0), "c3": (20, 0), "e": (15, -1), "f": (20, -10),
    "b": (0, 10), "d": (10, 10), "g": (15, 1),
}  # fmt: skip
LINKS = ("a-c1", "a-c2", "c2-e", "e-c3", "a-f", "f-c3", "c1-b", "c2-d", "d-b", "c2-g", "g-c3")
GATES = {"x1": "c1", "x2": "c2", "x3": "c3"}
MUSD = 2.0


def choice(net: Network, minutes: Floats, *pairs: str) -> Choice:
    """Pairs of equal weight, `a-b`, with minutes by crossing in rows."""
    ends = [pair.split("-") for pair in pairs]
    origin, destination = (rows(net, *(end[place] for end in ends)) for place in (0, 1))
    weight = np.full(len(pairs), 1 / max(len(pairs), 1))
    none = np.zeros(len(pairs), np.int64)
    return Choice(minutes, minutes, origin, destination, weight, 0.0, none, none)


def ways(net: Network, chosen: Choice) -> list[tuple[set[str], Any]]:
    """Links and weight of each way."""
    found = passing(net, chosen)
    ids = net.links["link_id"].to_numpy()
    return [
        (set(ids[np.flatnonzero(row)]), pytest.approx(weight))
        for row, weight in zip(found.passes.toarray(), found.weight, strict=True)
    ]


def test_demand_spreads_over_crossings_by_the_logit() -> None:
    net = network(PLACES, *LINKS, crossings=GATES)
    # The second crossing is 5 minutes slower; by the third, too little goes to be followed.
    chosen = choice(net, np.array([[20.0], [25.0], [90.0]]), "a-b")
    odds = np.exp(-RATE * np.array([0.0, 5.0, 70.0]))
    share = odds / odds.sum()
    assert ways(net, chosen) == [
        ({"w1.0", "w7.0"}, share[0]),
        ({"w2.0", "w8.0", "w9.0"}, share[1]),
    ]
    assert passing(net, chosen).left_out == pytest.approx(share[2])
    late = choice(net, chosen.minutes + 1e5, "a-b")
    assert passing(net, late).weight.tolist() == passing(net, chosen).weight.tolist()


def test_a_way_passes_no_other_crossing_on_either_side() -> None:
    net = network(PLACES, *LINKS, crossings=GATES)
    found = ways(net, choice(net, np.array([[INF], [INF], [60.0]]), "a-g"))
    # Not by c2 and e, though that is shorter.
    assert found == [({"w5.0", "w6.0", "w11.0"}, 1.0)]
    found = ways(net, choice(net, np.array([[INF], [INF], [60.0]]), "a-d"))
    assert found == [({"w5.0", "w6.0"}, 1.0)]  # nothing leads on from c3 to d but by c2


def test_pairs_weigh_what_they_carry_and_the_greatest_are_followed() -> None:
    net = network(PLACES, *LINKS, crossings=GATES)
    minutes = np.array([[20.0, INF], [INF, 20.0], [INF, INF]])
    chosen = choice(net, minutes, "a-b", "a-d")
    assert ways(net, chosen) == [({"w1.0", "w7.0"}, 0.5), ({"w2.0", "w8.0"}, 0.5)]


def tables_of(minutes: Floats, *pairs: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables placement_curve and placements."""
    net = network(PLACES, *LINKS, crossings=GATES)
    _, links = drawn.draw(PLACES, *LINKS)
    links["name"] = ["High Road" if link == "w1.0" else None for link in links["link_id"]]
    links["ref"] = "R2"
    by_id = links.set_index("link_id")
    found = observed_rows(net, choice(net, minutes, *pairs), by_id.geometry, by_id, MUSD)
    return pd.DataFrame(found["placement_curve"]), pd.DataFrame(found["placements"])


def test_each_number_of_posts_sees_what_the_best_links_carry() -> None:
    curve, placed = tables_of(np.array([[20.0, INF], [INF, 20.0], [INF, INF]]), "a-b", "a-d")
    curve = curve.set_index("n_posts")
    assert curve.loc[[1, 2], "value"].tolist() == pytest.approx([0.5, 1.0])
    assert curve.loc[[1, 2], "value_bound"].tolist() == pytest.approx([0.5, 1.0])
    assert curve["exact"].all()
    assert (curve[["walking", "depth_km"]] == [False, 0.0]).all(axis=None)
    assert curve.loc[[1, 2, 3], "cost_musd"].tolist() == [MUSD, 2 * MUSD, 3 * MUSD]
    per_point = curve.loc[[1, 2], "cost_per_point_musd"].tolist()
    assert per_point == pytest.approx([MUSD / 50, 2 * MUSD / 100])
    two = placed[placed["n_posts"] == 2]
    assert two["link_id"].tolist() == ["w1.0", "w2.0"]
    assert two[["share", "chance"]].to_numpy().tolist() == [[1.0, 1.0]] * 2
    assert two["name"].tolist() == ["High Road", "R2"]
    assert two["geometry"].iloc[0].y == pytest.approx(-5 * drawn.DEGREES_PER_KM)


def test_what_is_not_followed_may_be_seen_too() -> None:
    minutes = np.array([[20.0], [INF], [20.0 + np.log(30) / RATE]])  # one in 31 by the third
    curve, _ = tables_of(minutes, "a-b")
    row = curve.iloc[0]
    assert (row["value"], row["value_bound"]) == pytest.approx((30 / 31, 1.0))
    assert not row["exact"]


def test_without_a_pair_the_curve_says_why() -> None:
    curve, placed = tables_of(np.empty((3, 0)))
    assert curve[["n_posts", "exact", "why_absent"]].to_numpy().tolist() == [
        [1, False, "no pair has a way"]
    ]
    assert curve["value"].isna().all()
    assert len(placed) == 0


def test_of_several_nodes_of_a_crossing_the_nearest_is_passed() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS)
    tables = cross(nodes, links, {"x1": "c1 c2", "x3": "c3"})
    assert set(tables[1]["crossing_id"]) == {"x1", "x3"}
    net = network(PLACES, *LINKS, crossings={"x1": "c1 c2", "x3": "c3"})
    found = ways(net, choice(net, np.array([[30.0], [INF]]), "a-d"))
    # From a the first gate is nearer, to d the second.
    assert found == [({"w1.0", "w8.0"}, 1.0)]
