"""The report's pictures show what the tables hold."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core import schema
from pipeline.publish import layers
from pipeline.report import (
    chart_style,
    claim_charts,
    closing_charts,
    cost_charts,
    figures,
    ground_charts,
    side_by_side,
    success_charts,
    walk_charts,
)
from tests.charted import border, curves


def test_the_curves_carry_the_fewest_closings() -> None:
    shares = {"us-mx": [0.2, 0.5, 0.7, 0.9, 0.95], "mx-gt": [0.1, 1 - 1e-12]}
    known = [
        border(key, closures=pd.DataFrame(
            {"mode": "road", "aim": "stop", "k": range(1, len(of) + 1)}
        ).assign(demand_stopped_share=of))
        for key, of in shares.items()
    ]  # fmt: skip
    marked = [closing_charts.closings_marked(closing_charts.curve(one, "road")) for one in known]
    assert marked == [{2: [0.5], 4: [0.9]}, {2: [0.5, 0.9, 1.0]}]
    figure = closing_charts.closures(known, "road")
    assert figure is not None
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert texts == {"50 %: 2", "90 %: 4", "50 %, 90 %, 100 %: 2", "Long", "Short"}
    assert closing_charts.closings_marked(pd.Series(dtype=float)) == {}


def test_absent_and_empty_layers_leave_their_pictures_out() -> None:
    none = pd.DataFrame({"mode": []})
    empty = border(closures=none.assign(demand_stopped_share=[], k=[], aim=[]), border_km=none,
                   routes=none.assign(route_no=[]), costs=pd.DataFrame(),
                   closures_on_foot=none.assign(demand=[], demand_stopped_share=[]))  # fmt: skip
    assert closing_charts.closures([empty], "road") is None
    assert walk_charts.permeability([empty]) is None
    assert claim_charts.overview([]) is None
    assert closing_charts.routes([empty], "road") is None
    assert closing_charts.on_foot([empty], "road") is None
    assert cost_charts.costs([empty]) is None


def test_closures_on_foot_have_a_curve_for_each_time_allowed() -> None:
    rows = pd.DataFrame({
        "mode": "road", "k": [2, 1, 1, 2, 1, 2], "within_minutes": [0, 0, 60, 60, 0, 180],
        "demand": ["through"] * 4 + ["irregular", "through"],
        "demand_stopped_share": [0.9, 0.4, 0.1, 0.25, 0.7, None],
    })  # fmt: skip
    known = [border("us-mx", closures_on_foot=rows),
             border("mx-gt", closures_on_foot=rows[rows["k"] == 1])]  # fmt: skip
    figure = closing_charts.on_foot(known, "road")
    assert figure is not None
    assert curves(figure.axes[0]) == {
        "no walking": [(1, 40), (2, 90)],
        "walks of 60 min": [(1, 10), (2, 25)],
    }
    assert curves(figure.axes[1])["no walking"] == [(1, 40)]
    assert figure.axes[0].get_ylabel() == "demand stopped, %"


def bought(scenario: str, demand: str, *shares: float | None) -> list[dict[str, Any]]:
    """Rows of cost_effects: each time that people walk has a share, and a price of 1 %."""
    return [
        {"scenario": scenario, "demand": demand, "walking": walk, "stopped_share": share,
         "cost_per_point_musd": 2 / share if share else None,
         "why_absent": "no place" if share is None else None}
        for walk, share in zip(
            ("no walking", *(f"walking {minutes} minutes" for minutes in (60, 180, 360))),
            shares, strict=True,
        )
    ]  # fmt: skip


def test_what_costs_buy_has_a_line_for_each_demand_and_none_where_it_is_unknown() -> None:
    every = "posts on every crossing"
    whole = pd.DataFrame([
        *bought(every, "through", 1.0, 0.5, 0.0, 0.0),
        *bought(every, "irregular", 1.0, 0.4, 0.25, 0.0),
        *bought("fence and posts", "through", 1.0, 1.0, 1.0, 1.0),
    ])  # fmt: skip
    part = pd.DataFrame([*bought(every, "through", 1.0, 0.2, 0.0, 0.0),
                         *bought(every, "irregular", None, None, None, None)])  # fmt: skip
    both = [border("us-mx", cost_effects=whole), border("mx-gt", cost_effects=part)]
    figure = cost_charts.effects(both)
    assert figure is not None
    stopped, priced = map(curves, figure.axes)
    assert stopped == {
        "Long, through": [(0, 100), (1, 50), (2, 0), (3, 0)],
        "Long, irregular": [(0, 100), (1, 40), (2, 25), (3, 0)],
        "Short, through": [(0, 100), (1, 20), (2, 0), (3, 0)],
    }
    # A scenario that stops nobody has no cost per point.
    assert priced["Long, irregular"] == [(0, 2), (1, 5), (2, 8)]
    assert priced["Short, through"] == [(0, 2), (1, 10)]
    (table,) = side_by_side.cost_effects(both)
    cells = {(row[0], row[1].replace("\N{NO-BREAK SPACE}", " ")): row[2:] for row in table.rows}
    assert cells[every, "walking 60 minutes"] == [
        "50 %", "4", "40 %", "5", "20 %", "10", "–", "–",
    ]  # fmt: skip
    assert table.notes == [
        "Not stated: Short, irregular demand, posts on every crossing: no place."
    ]
    assert cost_charts.effects([border(cost_effects=part.iloc[4:])]) is None
    assert side_by_side.cost_effects([border(cost_effects=part.iloc[4:])]) == []


def test_routes_show_total_and_marginal_minutes_by_pair() -> None:
    rows = pd.DataFrame({
        "mode": ["road", "road", "road", "rail"], "pair": ["A – B", "A – B", "C – D", "A – B"],
        "route_no": [2, 1, 1, 1], "total_minutes": [250.0, 100.0, 80.0, 7.0],
        "marginal_minutes": [150.0, 100.0, 80.0, 7.0],
    })  # fmt: skip
    figure = closing_charts.routes([border(routes=rows)], "road")
    assert figure is not None
    total, marginal = figure.axes
    assert curves(total) == {"A – B": [(1, 100), (2, 250)], "C – D": [(1, 80)]}
    assert curves(marginal) == {"A – B": [(1, 100), (2, 150)], "C – D": [(1, 80)]}
    assert {ax.get_ylabel()[-7:] for ax in figure.axes} == {"minutes"}


def priced(scenario: str, wages: str, *musd: float | None) -> list[dict[str, Any]]:
    return [
        {"scenario": scenario, "level": level, "wages": wages, "quantity": 5.0, "unit": "posts",
         "cost_musd": one}
        for level, one in zip(("low", "mid", "high"), musd, strict=True)
    ]  # fmt: skip


def test_costs_show_range_middle_and_wages_of_its_own() -> None:
    ours = pd.DataFrame([*priced("posts to stop 100%", "same", 10, 20, 40),
                         *priced("posts to stop 100%", "own", 5, 8, 20),
                         *priced("posts to stop 50%", "same", 6, 7, 8),
                         *priced("posts to stop 50%", "own", 6, 7, 8),
                         *priced("fence on land", "same", None, None, None)])  # fmt: skip
    figure = cost_charts.costs([border("mx-gt", costs=ours)])
    assert figure is not None
    ax = figure.axes[0]
    named = [label.get_text() for label in ax.get_yticklabels()]
    assert named == ["posts to stop 50 %", "posts to stop 100 %"]
    drawn = curves(ax)
    assert sorted(drawn["Short"]) == [(7, 0), (20, 1)]
    hollow = [x for x, _ in drawn["Short, at its own wages"] if not np.isnan(x)]
    assert hollow == [8]
    spans = [np.asarray(path.vertices)[:, 0].tolist() for path in ax.collections[0].get_paths()]
    assert sorted(map(sorted, spans)) == [[6, 8], [10, 40]]
    assert {text.get_text() for text in ax.texts} == {"5 posts"}
    assert ax.get_xlabel().startswith("million USD")


def test_zero_stands_whole_in_the_profile_and_width_is_not_clipped() -> None:
    rows = pd.DataFrame({
        "mode": "road", "directed": True, "third_open": False,
        "depth_km": [-100.0, -10.0, 10.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0],
        "min_cut_links": 4, "cordon_links": 900, "second_line_links": None, "unguarded_links": 0,
        "front_width_km": 500.0,
    })  # fmt: skip
    none = pd.DataFrame({"border": [], "mode": [], "depth_km": [], "low": [], "high": []})
    nowhere = rows.assign(min_cut_links=None)
    known = [border("us-mx", cordons=rows), border("mx-gt", cordons=nowhere)]
    figure = ground_charts.profile(known, "road", none)
    assert figure is not None
    figure.canvas.draw()
    profile, width = figure.axes  # no empty panel for a border whose cut is not stated
    for ax, most in ((profile, 4), (width, 500)):
        assert ax.get_ylim()[0] < 0
        assert ax.get_ylim()[1] > most
    assert {text.get_text() for text in profile.texts} == {
        "minimum cut F(D)", "unguarded routes G(D)"
    }  # fmt: skip
    labels = width.get_xticklabels()
    boxes = [label.get_window_extent() for label in labels]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))
    assert all(tick == int(tick) for tick in profile.get_yticks())


def test_the_picture_of_success_shows_each_swing() -> None:
    rows = pd.DataFrame({
        "demand": "irregular", "factor": ["all", "barriers", "forces", "routes"],
        "s_low": [0.1, 0.4, 0.2, 0.6], "s_mid": [0.4, 0.42, 0.42, 0.42],
        "s_high": [0.7, 0.45, 0.6, 0.1], "swing": [0.6, 0.05, 0.4, 0.5],
    })  # fmt: skip
    figure = success_charts.swings([border(success=rows), border("mx-gt", success=pd.DataFrame())])
    assert figure is not None
    (ax,) = figure.axes  # none for a border whose success is not stated
    assert [text.get_text() for text in ax.texts] == ["5 points", "40 points", "50 points"]
    assert success_charts.swings([border(success=rows.iloc[1:])]) is None


def test_placements_are_those_beside_the_posts_that_stand() -> None:
    depth = success_charts.DEPTH_KM
    rows = pd.DataFrame({
        "mode": "road", "model": "fixed", "depth_km": depth, "walking": False,
        "existing": ["mapped", "mapped", "none", "mapped"], "chance": [0.3, 0.3, 0.3, 1.0],
        "n_posts": [2, 1, 1, 1], "value": [0.5, 0.3, 0.1, 0.9],
    })  # fmt: skip
    figure = success_charts.placements([border(placement_curve=rows)])
    assert figure is not None
    assert curves(figure.axes[0]) == {"Long, posts fixed": [(1, 30), (2, 50)]}


def test_what_costs_nothing_has_no_bar_on_a_log_axis() -> None:
    free = pd.DataFrame([*priced("fence on land", "same", 0, 0, 0),
                         *priced("posts on every crossing", "same", 1, 2, 3)])  # fmt: skip
    figure = cost_charts.costs([border(costs=free)])
    assert figure is not None
    named = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert named == ["posts on every crossing"]
    assert cost_charts.costs([border(costs=free.iloc[:3])]) is None


def test_what_costs_nothing_is_reported_beside_what_costs_something() -> None:
    ours = pd.DataFrame(priced("posts 50 km behind", "same", 10, 20, 40))
    theirs = pd.DataFrame([*priced("posts 50 km behind", "same", 0, 0, 0),
                           *priced("fence on land", "same", 1, 2, 3)])  # fmt: skip
    figure = cost_charts.costs([border("mx-gt", costs=ours), border("us-mx", costs=theirs)])
    assert figure is not None
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels.count("Long: nothing to add, 0 USD") == 1


def test_a_credit_is_never_cut_short(tmp_path: Path) -> None:
    figure, ax = chart_style.axes(8.0, 3.0)
    ax.set_xlabel("below the axis")
    credit = "; ".join(f"source number {number} of those named" for number in range(14))
    chart_style.save(figure, tmp_path / "credited", credit)
    (text,) = figure.texts
    assert " ".join(text.get_text().split()) == credit
    label = ax.xaxis.label.get_window_extent()
    assert label.y0 >= text.get_window_extent().y1


def test_curves_of_walkers_that_are_all_zero_are_a_sentence() -> None:
    rows = pd.DataFrame({"mode": "road", "demand": "through", "k": [1, 1],
                         "within_minutes": [0, 60],
                         "demand_stopped_share": [0.9, 0.0]})  # fmt: skip
    empty = schema.empty
    tables = {
        name: empty(name)
        for name in (
            "cordons",
            "closures",
            "routes",
            "costs",
            "cost_effects",
            "border_km",
            "success",
            "placement_curve",
        )
    }
    tables["cordons"] = layers_of("cordons")
    tables["border_km"] = tables["border_km"].assign(walk_minutes=[])
    known = border("us-mx", **tables, closures_on_foot=rows)
    comparison = pd.DataFrame({"measure": [], "low": []}, dtype=object)
    found = figures.pictures_of([known], comparison, Path("nowhere"), "")
    assert found["closures-on-foot-road"].source == ""
    assert "0 % on Long if people walk 60 minutes" in found["closures-on-foot-road"].says


def layers_of(name: str) -> pd.DataFrame:
    """An empty published layer."""
    return pd.DataFrame({column.name: [] for column in layers.LAYERS[name].columns}).astype(
        {"directed": bool, "third_open": bool}
    )
