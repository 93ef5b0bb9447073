"""Figures of cuts, placements, and road and rail together, from tables with known answers."""

from typing import Any

import pandas as pd
import pytest

from pipeline.measures import crossing_figures, cut_figures, placement_figures, road_and_rail

Row = dict[str, Any]
CUT: Row = {
    "mode": "road", "directed": True, "third_open": False, "depth_km": 50.0, "min_cut_links": 3.0,
    "min_cut_lanes": 5.0, "min_cut_sites": 2.0, "unguarded_links": 1.0, "second_line_links": 4.0,
    "cordon_links": 9.0, "why_absent": None,
}  # fmt: skip
NONE = dict.fromkeys(cut_figures.PROFILE)


def valued(rows: list[Row], *names: str) -> dict[tuple[object, ...], object]:
    """The values of figures by some of their choices, each once."""
    found = {tuple(row.get(name) for name in names): row["value"] for row in rows}
    assert len(found) == len(rows)
    return found


def test_a_cut_has_its_figures_in_links_lanes_and_sites() -> None:
    rows = list(cut_figures.profile(pd.DataFrame([CUT]), guarded=True))
    assert valued(rows, "measure", "count", "depth") == {
        ("min_cut", "links", "+50 km"): 3, ("min_cut", "lanes", "+50 km"): 5,
        ("min_cut", "sites", "+50 km"): 2, ("unguarded", "links", "+50 km"): 1,
        ("second_line", "links", "+50 km"): 4, ("cordon", "links", "+50 km"): 9,
        ("min_cut", "links", "deepest +"): 3, ("min_cut", "lanes", "deepest +"): 5,
        ("min_cut", "sites", "deepest +"): 2,
    }  # fmt: skip
    assert {row["unit"] for row in rows} == {"links", "lanes", "sites"}
    assert all(row["unit"] == row["count"] for row in rows)
    assert {row["third_countries"] for row in rows} == {"transit excluded"}
    bare = list(cut_figures.profile(pd.DataFrame([CUT]), guarded=False))
    free = next(row for row in bare if row["measure"] == "unguarded")
    assert (free["value"], free["why_absent"]) == (None, "the data have no post")


def test_an_absent_cut_says_why_and_what_was_never_asked_has_no_row() -> None:
    row = CUT | NONE | {"cordon_links": 7.0, "why_absent": "data end"}
    rows = list(cut_figures.profile(pd.DataFrame([CUT, row | {"depth_km": 100.0}]), guarded=True))
    absent = [row for row in rows if row["depth"] == "+100 km"]
    assert [(one["measure"], one["count"]) for one in absent] == [
        *(("min_cut", count) for count in ("links", "lanes", "sites")), ("unguarded", "links"),
        ("cordon", "links"),
    ]  # fmt: skip
    assert {one["why_absent"] for one in absent} == {"data end"}
    # A variant without unguarded ways or a second line: nothing was asked, so nothing is absent.
    other = CUT | {"third_open": True, "unguarded_links": None, "second_line_links": None}
    rows = list(cut_figures.profile(pd.DataFrame([other]), guarded=True))
    assert {row["measure"] for row in rows} == {"min_cut", "cordon"}
    assert {row["third_countries"] for row in rows} == {"transit allowed"}


def test_the_deepest_cut_is_that_of_the_greatest_stated_depth_on_each_side() -> None:
    cuts = [(-100.0, 8.0), (-25.0, 9.0), (10.0, 6.0), (200.0, 4.0), (25.0, 5.0), (400.0, None)]
    table = pd.DataFrame([CUT | {"depth_km": km, "min_cut_links": cut} for km, cut in cuts])
    table = pd.concat([table, table.assign(directed=False, min_cut_links=1.0)])
    rows = [row for row in cut_figures.profile(table, guarded=True) if "deepest" in row["depth"]]
    links = [row for row in rows if row["count"] == "links"]
    assert valued(links, "direction", "depth") == {
        ("directed", "deepest +"): 4, ("directed", "deepest -"): 8,
        ("undirected", "deepest +"): 1, ("undirected", "deepest -"): 1,
    }  # fmt: skip


def test_other_ways_and_other_distances_are_choices_of_the_directed_cut() -> None:
    ways = pd.DataFrame({"mode": "road", "depth_km": [50.0, -25.0], "min_cut_links": [7, 2],
                         "choice": ["tracks too", "ferries too"]})  # fmt: skip
    rows = list(cut_figures.other_ways(ways))
    chosen = ("measure", "depth", "ways", "direction", "third_countries", "count", "unit")
    headline = "directed", "transit excluded"
    assert valued(rows, *chosen) == {
        ("min_cut", "+50 km", "tracks too", *headline, "links", "links"): 7,
        ("min_cut", "-25 km", "ferries too", *headline, "links", "links"): 2,
    }  # fmt: skip
    crossings = pd.DataFrame({"mode": ["road"], "merge_m": [500], "crossings": [4]})
    sites = pd.DataFrame({"mode": "rail", "depth_km": 50.0, "merge_m": [100, 500],
                          "min_cut_sites": [3.0, None]})  # fmt: skip
    rows = list(cut_figures.other_merges(crossings, sites))
    names = ("measure", "mode", "count", "unit", "status", "depth", "direction", "third_countries")
    assert valued(rows, *names) == {
        ("crossings", "road", "crossings merged within 500 m", "crossings", "open", None, None,
         None): 4,
        ("min_cut", "rail", "sites merged within 100 m", "sites", None, "+50 km", *headline): 3,
    }  # fmt: skip


# Placement ----------------------------------------------------------------------------------------

CURVE: Row = {"mode": "road", "depth_km": 50.0, "model": "randomised", "existing": "none",
              "chance": 1.0, "walking": False, "why_absent": None}  # fmt: skip
PROGRAMME: Row = {"mode": "road", "depth_km": 50.0, "posts": 2, "ways_left": 3, "why_absent": None}
HARM: Row = {"scenario": "posts since 2014", "demand": "through", "moved_share": 0.25,
             "why_absent": None}  # fmt: skip


def placed(
    curve: list[Row], programme: list[Row] | None = None, harm: list[Row] | None = None
) -> list[Row]:
    tables = map(pd.DataFrame, (curve, programme or [PROGRAMME], harm or [HARM]))
    return list(placement_figures.figures(*tables))


def test_posts_meet_what_the_curve_says_or_the_most_that_posts_can() -> None:
    met = [(0, 0.0), (1, 0.2), (2, 0.4), (5, 1.0)]
    curve = [CURVE | {"n_posts": n, "value": value} for n, value in met]
    curve += [CURVE | {"n_posts": n, "value": value / 2, "walking": True} for n, value in met[:3]]
    # Other placements are not these figures.
    curve += [
        CURVE | {"n_posts": 1, "value": 0.9} | other
        for other in ({"model": "fixed"}, {"existing": "mapped"}, {"chance": 0.3})
    ]
    rows = [row for row in placed(curve) if row["measure"].startswith("met_by")]
    assert valued(rows, "measure", "mode", "depth", "unit", "why_absent") == {
        ("met_by_1_posts", "road", "+50 km", "share", None): 0.2,
        ("met_by_5_posts", "road", "+50 km", "share", None): 1.0,
        ("met_by_1_posts_with_walking", "road", "+50 km", "share", None): 0.1,
        # The curve with walking ends at two posts: more stop no more.
        ("met_by_5_posts_with_walking", "road", "+50 km", "share", None): 0.2,
    }  # fmt: skip


def test_a_curve_that_is_absent_says_why() -> None:
    absent = CURVE | {"n_posts": 0, "value": None, "depth_km": -75.0, "why_absent": "data end"}
    rows = [row for row in placed([absent]) if row["measure"].startswith("met_by")]
    assert [(row["value"], row["depth"], row["why_absent"]) for row in rows] == [
        (None, "-75 km", "data end")
    ] * 2


@pytest.mark.parametrize(
    ("change", "value", "why"),
    [
        ({}, 3, None),
        ({"ways_left": 0}, 0, None),
        ({"posts": 0}, None, "it added no post here"),
        ({"posts": 0, "why_absent": "data end"}, None, "data end"),
    ],
)
def test_the_programme_leaves_ways_where_it_added_posts(
    change: Row, value: int | None, why: str | None
) -> None:
    (row,) = [row for row in placed([CURVE | {"n_posts": 1, "value": 1.0}], [PROGRAMME | change])
              if row["measure"] == "routes_left_by_programme"]  # fmt: skip
    assert (row["value"], row["why_absent"], row["unit"]) == (value, why, "links")


def test_what_the_programme_moved_is_told_of_through_demand() -> None:
    harm = [HARM, HARM | {"demand": "irregular", "moved_share": 0.5},
            HARM | {"scenario": "5 more posts at +50 km", "moved_share": 0.75}]  # fmt: skip
    rows = placed([CURVE | {"n_posts": 1, "value": 1.0}], harm=harm)
    moved = [row for row in rows if row["measure"] == "moved_by_programme"]
    assert valued(moved, "demand", "unit") == {("through", "share"): 0.25}


# Road and rail ------------------------------------------------------------------------------------


def test_road_and_rail_have_their_cuts_closings_and_stations() -> None:
    stations = pd.DataFrame({"joins": [True, False, True]})
    cuts = pd.DataFrame({"depth_km": [50.0, -25.0], "combined_links": [8.0, None],
                         "why_absent": [None, "data end"]})  # fmt: skip
    shares = [(0.5, 4, 1, 0.3), (0.9, 7, 2, 0.2), (1.0, 9, 2, 0.1)]
    closures = pd.DataFrame([
        {"transfer_minutes": minutes, "stopped_share": share, "closings": closings + late,
         "closings_rail": rail, "by_rail_share": by_rail, "why_absent": None}
        for late, minutes in enumerate((60.0, 120.0)) for share, closings, rail, by_rail in shares
    ])  # fmt: skip
    rows = list(road_and_rail.figures(stations, cuts, closures))
    counted = [row for row in rows if row["measure"].startswith("stations")]
    assert valued(counted, "measure", "mode") == {
        ("stations", "rail"): 3, ("stations_that_join", "rail"): 2,
    }  # fmt: skip
    joined = [row for row in rows if row["measure"] == "min_cut"]
    cut = valued(joined, "mode", "depth", "direction", "why_absent")
    assert cut["combined", "+50 km", "directed", None] == 8
    assert joined[1]["why_absent"] == "data end"
    closed = [row for row in rows if row["measure"] in ("closings", "closings_rail")]
    values = valued(closed, "measure", "transfer", "stopped")
    assert values["closings", "transfer 60 minutes", "50%"] == 4
    assert values["closings", "transfer 120 minutes", "90%"] == 8
    assert values["closings_rail", "transfer 120 minutes", "100%"] == 2
    # The share by rail is that of all demand: it is stated once for each time of transfer.
    by_rail = [row for row in rows if row["measure"] == "by_rail_share"]
    assert valued(by_rail, "transfer", "unit") == {
        ("transfer 60 minutes", "share"): 0.3, ("transfer 120 minutes", "share"): 0.3,
    }  # fmt: skip
    none = list(road_and_rail.figures(stations[:0], cuts[:0], closures[:0]))
    assert [row["value"] for row in none] == [None, None]


# Crossings ----------------------------------------------------------------------------------------


def test_closing_a_crossing_is_weighted_by_the_demand_that_uses_it() -> None:
    crossings = pd.DataFrame({
        "mode": ["road"] * 4 + ["rail"],
        "logit_share": [0.5, 0.3, 0.2, None, 0.0], "extra_minutes": [10.0, None, 30.0, 99.0, 5.0],
    })  # fmt: skip
    bypasses = pd.DataFrame({
        "mode": ["road", "road", "road", "rail"], "kind": ["crossing", "crossing", "cut", "post"],
        "cut_off": [True, False, True, True],
    })  # fmt: skip
    rows = list(crossing_figures.closings(crossings, bypasses))
    values = valued(rows, "mode", "measure")
    assert values["road", "extra_minutes"] == pytest.approx((0.5 * 10 + 0.2 * 30) / 0.7)
    assert values["road", "first_two_share"] == pytest.approx(0.8)
    assert values["road", "cut_off_crossings"] == 1
    assert values["road", "cut_off_share"] == 0.5
    rail = {row["measure"]: (row["value"], row["why_absent"]) for row in rows
            if row["mode"] == "rail"}  # fmt: skip
    nobody = None, "no demand passes a crossing"
    none = None, "no crossing was closed"
    assert rail == {"extra_minutes": nobody, "first_two_share": nobody, "cut_off_crossings": none,
                    "cut_off_share": none}  # fmt: skip
    alone = crossings.assign(extra_minutes=None, logit_share=1.0)
    row = next(crossing_figures.closings(alone, bypasses))
    assert (row["value"], row["why_absent"]) == (None, "no closing leaves another way")
