"""The ways over a drawn border for the model of success, and what posts do there to travellers."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipeline.core.borderfile import BorderFile
from pipeline.measures import harm, success_ways
from pipeline.measures.success import Outcome
from pipeline.travel import demand, over_line
from pipeline.travel.over_line import Landings, Reached

NAN = float("nan")
# Two crossings, and walks over the line at km 2, 7, 13 and 14.
CROSSINGS = pd.DataFrame({"status": ["official", "informal", "unmarked"],
                          "border_km": [3.0, 8.5, 61.0]})  # fmt: skip
WALKS = pd.DataFrame({
    "border_km": [2, 7, 13, 14],
    "kind": ["land", "river", "land", "river"],
    "walk_minutes_flat": [40.0, 50.0, 60.0, NAN],
    "walk_minutes": [45.0, 70.0, 90.0, 30.0],
    "walk_minutes_open": [44.0, NAN, 55.0, NAN],
    "fenced_share": [0.25, 0.0, 1.0, 0.5],
    "post_minutes": [12.0, NAN, 30.0, 5.0],
})  # fmt: skip


def landings(walk: list[int], **network: Any) -> Landings:
    """A network of which only what is asked for is drawn."""
    columns = {"crossings": CROSSINGS} | network
    none = np.empty(0, np.int64)
    return Landings(cast(Any, SimpleNamespace(**columns)), gpd.GeoDataFrame(),
                    np.array(walk, dtype=np.int64), none, none)  # fmt: skip


def test_a_stretch_is_crossed_at_its_fastest_km_where_no_way_leads() -> None:
    """Stretches of 5 km; a km is left out if a way crosses there or its minutes are not known."""
    km = pd.DataFrame({
        "border_km": [0, 1, 4, 5, 9, 10, 11, 12],
        "walk_minutes": [50.0, 30.0, 20.0, 60.0, 60.0, 10.0, NAN, 70.0],
        "walk_minutes_flat": [40.0, 30.0, 20.0, 50.0, 50.0, NAN, 10.0, 60.0],
    })  # fmt: skip
    nodes = pd.DataFrame({"kind": ["border", "junction"], "border_km": [4.9, 1.0]})
    found = success_ways.stretches(km, nodes)
    assert found["border_km"].tolist() == [1, 5, 12]
    assert found.index.tolist() == [0, 1, 2]


def test_options_are_the_crossings_and_then_the_walks_that_have_roads() -> None:
    found = success_ways.line(landings([0, 2, 1]), WALKS)
    options = found.options
    assert found.border_km.tolist() == [3.0, 8.5, 61.0, 2.5, 13.5, 7.5]
    assert options.guarded.tolist() == [True, False, False, False, False, False]
    assert options.informal.tolist() == [False, True, False, False, False, False]
    assert options.afoot.tolist() == [False, False, False, True, True, True]
    assert options.wait_minutes.tolist() == [0.0] * 6
    assert options.flat_minutes.tolist() == [0, 0, 0, 40, 60, 50]
    # Slopes add minutes where nothing is in the way, or as far as known; never fewer than zero.
    assert options.slope_minutes.tolist() == [0, 0, 0, 4, 0, 20]
    assert options.river.tolist() == [0, 0, 0, 0, 0, 1]
    assert options.fenced.tolist() == [0, 0, 0, 0.25, 1, 0]
    assert options.response_minutes.tolist() == [0, 0, 0, 12, 30, np.inf]


def wanted(weight: list[float]) -> demand.Demand:
    """Pairs of three origins (nodes 10 to 12) with two destinations (nodes 20 and 21)."""
    pairs = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])
    return demand.Demand(np.array([10, 11, 12]), np.array([20, 21]),
                         pairs, np.array(weight), {"why_absent": "stated"})  # fmt: skip


def test_demand_is_that_between_the_places_with_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two places of each side: the second origin has least, and its pair goes."""
    monkeypatch.setattr(success_ways, "MOST_PLACES", 2)
    monkeypatch.setattr(demand, "demand", lambda *_: wanted([0.2, 0.3, 0.1, 0.4]))
    found = success_ways.whose(landings([]), cast(BorderFile, None), "through")
    assert found.origin.tolist() == [10, 12]
    assert found.destination.tolist() == [20, 21]
    assert [rows.tolist() for rows in found.pairs] == [[0, 0, 1], [0, 1, 0]]
    assert found.weight == pytest.approx(np.array([0.2, 0.3, 0.4]) / 0.9)
    assert found.facts == {"why_absent": "stated"}
    none = np.empty(0, np.int64)
    nothing = demand.Demand(none, none, (none, none), np.empty(0), {"why_absent": "no one"})
    monkeypatch.setattr(demand, "demand", lambda *_: nothing)
    assert not len(success_ways.whose(landings([]), cast(BorderFile, None), "through").weight)


def test_a_post_is_met_at_its_node_and_a_new_one_in_the_middle_of_its_link() -> None:
    posts = gpd.GeoDataFrame({
        "node_id": ["n1", "n2", "n0", None, "n3"],
        "kind": ["checkpoint", "checkpoint", "checkpoint", "checkpoint", "toll"],
        "depth_km": [-10.0, 9.0, NAN, 40.0, 50.0],
    })  # fmt: skip
    links = pd.DataFrame({
        "link_id": ["w1", "w1", "w2", "w3"],
        "share_from": [0.0, 0.5, NAN, 0.6],
        "share_to": [0.5, 1.0, NAN, 1.0],
    })  # fmt: skip
    found = landings(
        [], nodes=pd.DataFrame({"node_id": ["n0", "n1", "n2", "n3"]}), links=links,
        head=np.array([1, 2, 3, 0, 1, 2]), link=np.array([2, 2, 3, 0, 1, 0]),
    )  # fmt: skip
    met = success_ways.posts_met(found, posts, set())
    assert met.tolist() == [True, False, False, False, True, False]
    # The middle of w1 is where its second part begins; w2 is whole; the part of w3 lies behind it.
    met = success_ways.posts_met(found, posts, {"w1", "w2", "w3"})
    assert met.tolist() == [True, True, False, False, True, False]


def test_legs_and_weights_stand_where_their_pairs_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(places: int, minutes: float) -> Reached:
        full = np.full((places, 6), minutes)
        return Reached(full, full + 1, full + 2)

    monkeypatch.setattr(over_line, "legs", lambda *_: (reached(3, 10.0), reached(2, 20.0)))
    line = success_ways.line(landings([0, 2, 1]), WALKS)
    found = success_ways.ways(landings([]), line, wanted([0.2, 0.3, 0.1, 0.4]), np.zeros(0, bool))
    assert found.weight.tolist() == [[0.2, 0.3], [0.0, 0.1], [0.4, 0.0]]
    for legs, first in ((found.to, 10.0), (found.on, 20.0)):
        parts = legs.minutes, legs.posts, legs.clean_minutes
        assert [part[0, 0] for part in parts] == [first, first + 1, first + 2]
    assert found.options is line.options


def test_shares_are_summed_by_stretch() -> None:
    begins, sums = success_ways.by_stretch(
        np.array([0.0, 49.9, 50.0, 160.0]), np.array([0.1, 0.2, 0.3, 0.4]), 50.0
    )
    assert begins.tolist() == [0, 50, 100, 150]
    assert sums.tolist() == pytest.approx([0.3, 0.3, 0.0, 0.4])
    begins, sums = success_ways.by_stretch(np.empty(0), np.empty(0), 50.0)
    assert (len(begins), len(sums)) == (0, 0)


def test_what_posts_do_to_those_who_cross() -> None:
    """Of all, 60 % walk; the places that no post reaches are in no mean."""
    line = success_ways.line(landings([0, 1]), WALKS)
    km = pd.DataFrame({"border_km": [2, 3, 7, 8], "post_minutes": [12.0, 4.0, NAN, 20.0]})
    remote = harm.remote_minutes(line, km)
    assert remote[[0, 1, 3]].tolist() == [4.0, 20.0, 12.0]
    assert np.isnan(remote[[2, 4]]).all()
    share = np.array([0.4, 0.0, 0.0, 0.5, 0.1])
    found = Outcome(0.25, share, np.array([0.0, 0.0, 0.0, 40.0, 70.0]))
    figures = harm.figures(found, line, remote)
    assert figures["stopped"] == 0.25
    assert figures["on_foot"] == pytest.approx(0.6)
    assert figures["walk_minutes"] == pytest.approx(0.5 * 40 + 0.1 * 70)
    assert figures["remote_minutes"] == pytest.approx((0.4 * 4 + 0.5 * 12) / 0.9)
    nowhere = harm.figures(found, line, np.full(5, NAN))
    # Those who cross do so where no post reaches them.
    elsewhere = harm.figures(replace(found, share=np.array([0, 0, 1.0, 0, 0])), line, remote)
    assert nowhere["remote_minutes"] is elsewhere["remote_minutes"] is None
    assert tuple(figures) == harm.FIGURES
