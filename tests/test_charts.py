"""The report's pictures hold what the tables say; the tipping point of a claim."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.measures import claims, tipping
from pipeline.report import claim_charts, closing_charts, ground_charts, walk_charts


def curves(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    """The points of each line that bears a name."""
    return {
        str(line.get_label()): [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]
        for line in ax.get_lines()
        if not str(line.get_label()).startswith("_")
    }


def measure(first: float, second: float, role: str = "variant") -> dict[str, Any]:
    ratio = first / second if second else None
    return {"role": role, "measure": "min_cut", "mode": "road", "per": "border", "unit": "links",
            "us-mx": first, "mx-gt": second, "ratio": ratio, "supports": first > second,
            "distinct": True,
            "why_absent": None}  # fmt: skip


def test_the_tipping_point_is_the_least_that_flips() -> None:
    measures = [measure(32, 5, "primary"), *[measure(20 + at, 5) for at in range(19)]]
    claim = {"measures": measures, "verdict": "supported"}
    fewer, level, turn = tipping.roads(claim, ("us-mx", "mx-gt"), claims.read().rules) or (
        "",
        0,
        None,
    )
    assert (fewer, level) == ("mx-gt", 27)

    def share(more: int) -> float:
        return float(np.mean([m["us-mx"] > m["mx-gt"] + more for m in measures]))

    assert turn == next(more for more in range(100) if share(more) < 0.9)


def test_no_tipping_point_where_roads_are_not_counted() -> None:
    length = measure(3000, 800, "primary") | {"measure": "length"}
    borders = ("us-mx", "mx-gt")
    assert (
        tipping.roads({"measures": [length], "verdict": "supported"}, borders, claims.read().rules)
        is None
    )
    assert (
        tipping.roads({"measures": [], "verdict": "not tested"}, borders, claims.read().rules)
        is None
    )
    level = {"measures": [measure(5, 5, "primary")], "verdict": "contradicted"}
    assert tipping.roads(level, borders, claims.read().rules) is None


def test_ratios_of_nought_and_over_nought_are_drawn() -> None:
    claim = {"claim": "C6", "measures": [measure(0, 3, "primary"), measure(4, 0), measure(4, 2)]}
    figure = claim_charts.specification(claim, ("us-mx", "mx-gt"))
    assert figure is not None
    figure.canvas.draw()
    assert {"0", "n / 0"} <= {tick.get_text() for tick in figure.axes[0].get_yticklabels()}


def test_a_claim_of_nought_stands_among_the_others_at_a_glance() -> None:
    claims: list[dict[str, Any]] = [
        {"claim": "C2a", "verdict": "supported",
         "measures": [measure(6, 2, "primary"), measure(4, 2)]},
        {"claim": "C6", "verdict": "contradicted",
         "measures": [measure(0, 3, "primary"), measure(2, 0)]},
        {"claim": "C3", "verdict": "not tested", "measures": []},
    ]  # fmt: skip
    figure = claim_charts.overview(claims, ("us-mx", "mx-gt"))
    assert figure is not None
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "C6  contradicted", "C2a  supported"
    ]  # fmt: skip
    assert {text.get_text() for text in ax.texts} == {"0", "3"}
    dots = [float(np.asarray(line.get_xdata())[0]) for line in ax.get_lines()
            if line.get_marker() == "o"]  # fmt: skip
    assert dots[1] == 3
    assert ax.get_xlim()[0] < dots[0] < 1


def test_the_curves_carry_the_fewest_closings() -> None:
    shares = {"us-mx": [0.2, 0.5, 0.7, 0.9, 0.95], "mx-gt": [0.1, 1 - 1e-12]}
    rows = {
        border: pd.DataFrame({"mode": "road", "aim": "stop", "k": range(1, len(of) + 1)}).assign(
            demand_stopped_share=of
        )
        for border, of in shares.items()
    }
    marked = {border: closing_charts.closings_marked(pd.Series(of, range(1, len(of) + 1)))
              for border, of in shares.items()}  # fmt: skip
    assert marked == {"us-mx": {2: ["k50"], 4: ["k90"]}, "mx-gt": {2: ["k50", "k90", "k100"]}}
    figure = closing_charts.closures(rows, "road")
    assert figure is not None
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert texts == {"k50 = 2", "k90 = 4", "k50 = k90 = k100 = 2"}
    assert closing_charts.closings_marked(pd.Series(dtype=float)) == {}


def test_absent_and_empty_layers_leave_their_pictures_out() -> None:
    assert closing_charts.closures({"us-mx": pd.DataFrame({"mode": []}).assign(
        demand_stopped_share=[], k=[], aim=[])}, "road") is None  # fmt: skip
    assert walk_charts.permeability({"us-mx": pd.DataFrame()}) is None
    assert claim_charts.overview([], ("us-mx", "mx-gt")) is None
    assert closing_charts.routes({"us-mx": pd.DataFrame({"mode": []})}, "road") is None
    assert closing_charts.on_foot({"us-mx": pd.DataFrame({"mode": []})}, "road") is None
    assert closing_charts.costs({"us-mx": pd.DataFrame()}) is None


def test_closures_on_foot_have_a_curve_for_each_time_allowed() -> None:
    rows = pd.DataFrame({
        "mode": "road", "k": [2, 1, 1, 2], "within_minutes": [0, 0, 60, 60],
        "demand_stopped_share": [0.9, 0.4, 0.1, 0.25],
    })  # fmt: skip
    figure = closing_charts.on_foot({"us-mx": rows, "mx-gt": rows[rows["k"] == 1]}, "road")
    assert figure is not None
    assert curves(figure.axes[0]) == {
        "nobody walks round": [(1, 40), (2, 90)],
        "walking up to 60 minutes": [(1, 10), (2, 25)],
    }
    assert curves(figure.axes[1])["nobody walks round"] == [(1, 40)]
    assert figure.axes[0].get_ylabel() == "demand stopped, %"


def test_routes_show_total_and_marginal_minutes_by_pair() -> None:
    rows = pd.DataFrame({
        "mode": ["road", "road", "road", "rail"], "pair": ["A – B", "A – B", "C – D", "A – B"],
        "route_no": [2, 1, 1, 1], "total_minutes": [250.0, 100.0, 80.0, 7.0],
        "marginal_minutes": [150.0, 100.0, 80.0, 7.0],
    })  # fmt: skip
    figure = closing_charts.routes({"us-mx": rows}, "road")
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
    figure = closing_charts.costs({"mx-gt": ours})
    assert figure is not None
    ax = figure.axes[0]
    named = [label.get_text() for label in ax.get_yticklabels()]
    assert named == ["posts to stop 50%", "posts to stop 100%"]
    drawn = curves(ax)
    assert sorted(drawn["mx-gt"]) == [(7, 0), (20, 1)]
    hollow = [x for x, _ in drawn["mx-gt, at wages of its own"] if not np.isnan(x)]
    assert hollow == [8]
    spans = [np.asarray(path.vertices)[:, 0].tolist() for path in ax.collections[0].get_paths()]
    assert sorted(map(sorted, spans)) == [[6, 8], [10, 40]]
    assert {text.get_text() for text in ax.texts} == {"5 posts"}
    assert ax.get_xlabel().startswith("million USD")


def test_cordons_that_dwarf_the_cut_do_not_hide_it() -> None:
    def rows(cordon_links: int) -> pd.DataFrame:
        return pd.DataFrame({
            "mode": "road", "directed": True, "third_open": False, "depth_km": [-10.0, 10.0],
            "min_cut_links": [4, 3], "cordon_links": cordon_links, "second_line_links": None,
            "unguarded_links": None, "front_width_km": None,
        })  # fmt: skip

    none = pd.DataFrame({"border": [], "mode": [], "depth_km": [], "low": [], "high": []})
    for cordon_links, scale in ((10, "linear"), (100, "function")):
        figure = ground_charts.profile({"us-mx": rows(cordon_links)}, "road", none)
        assert figure is not None
        ax = figure.axes[0]
        assert ax.get_yscale() == scale
        assert ("root scale" in ax.get_ylabel()) == (scale == "function")
        assert all(tick == int(tick) for tick in ax.get_yticks())
