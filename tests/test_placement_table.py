"""Rows of the placement tables for two drawn roads, whose best placements are known."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.core import schema
from pipeline.core.frames import records
from pipeline.measures import placement as networks
from pipeline.measures.placement_table import (
    DRAWN_POSTS,
    MOST_POSTS,
    Question,
    Rows,
    absent_rows,
    placement_rows,
)
from pipeline.measures.programme import YEARS, programme_rows
from pipeline.network import zones
from tests import drawn
from tests.frames import cell
from tests.two_roads import BORDER, LINKS, PLACES

# From the zone at a, b to that at c, d: one road of two links, and one of one link and three.
ROADS = ("s-a", "a-x", "b-y", "x-c", "y-d", "y-d", "y-d", "c-t", "d-t")
AT_X = pd.DataFrame({"post_id": ["p"], "kind": ["checkpoint"], "node_id": ["x"], "mode": ["road"]})
NO_POSTS = AT_X[:0]
MUSD = 2.0


def extra(*ends: str, kind: str = "walk") -> gpd.GeoDataFrame:
    """Table placement_links: walks or transfers between two nodes."""
    rows = [
        {"link_id": f"{kind}.{text}", "kind": kind, "from_node": text[0], "to_node": text[2],
         "minutes": 60.0, "geometry": Point(0, 0)}
        for text in ends
    ]  # fmt: skip
    columns = ["link_id", "kind", "from_node", "to_node", "minutes", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), crs=schema.CRS)


def asked(
    chance: float,
    posts: pd.DataFrame = NO_POSTS,
    links: tuple[str, ...] = ROADS,
    depth_km: float = 10.0,
) -> tuple[Question, gpd.GeoSeries]:
    nodes, table = drawn.draw(PLACES, *links)
    pair = next(at for at in zones.zone_pairs(nodes, table, BORDER) if at.depth_km == depth_km)
    ways = networks.network(nodes, table, extra(), ("AA", "BB"), "road", walking=False)
    found = networks.between(nodes, ways, pair, posts)
    question = Question("road", False, depth_km, "none", (chance,), found, MUSD)
    return question, table.set_index("link_id").geometry


def curve_of(rows: dict[str, list[dict[str, object]]], model: str) -> pd.DataFrame:
    curve = pd.DataFrame(rows["placement_curve"])
    return curve[curve["model"] == model].set_index("n_posts")


def test_the_curve_of_posts_that_move_about() -> None:
    question, shapes = asked(0.5)
    curve = curve_of(placement_rows(question, shapes), "randomised")
    # Two ways: a post is worth a quarter; the second road takes no more than one post at a time.
    assert curve.loc[[0, 1, 2], "value"].tolist() == pytest.approx([0.0, 0.25, 0.5])
    assert curve["value"].is_monotonic_increasing
    # From two posts on, two more ways lead from y to d: each pays for b-y once more.
    assert curve.loc[[3, 5], "value"].tolist() == pytest.approx([(1 + 1.5) / 4, (1 + 2.5) / 4])
    assert curve.loc[[0, 1, 3, 5], "open_ways"].tolist() == [2, 2, 4, 4]
    assert curve.loc[[0, 1, 2], "cost_musd"].tolist() == [0.0, MUSD, 2 * MUSD]
    assert curve.loc[[1, 2], "cost_per_point_musd"].tolist() == pytest.approx([2 / 25, 4 / 50])
    assert np.isnan(cell(curve, 0, "cost_per_point_musd"))
    assert (curve["value"] == curve["value_bound"]).all()
    assert curve["exact"].all()
    assert curve["why_absent"].isna().all()
    assert set(curve["mode"]) == {"road"}
    assert set(curve["depth_km"]) == {10.0}


def test_a_curve_ends_where_more_posts_change_nothing() -> None:
    question, shapes = asked(1.0)
    curve = curve_of(placement_rows(question, shapes), "randomised")
    assert curve["value"].tolist() == pytest.approx([0, 0.5, 1.0])
    one, shapes = asked(0.5, links=("a-x", "x-c"))
    # Two links in a row take a whole post each: 0.5 and 0.5 on the only way.
    curve = curve_of(placement_rows(one, shapes), "randomised")
    assert curve["value"].tolist() == pytest.approx([0, 0.5, 1.0])


def test_nobody_is_stopped_more_than_for_sure() -> None:
    question, shapes = asked(0.7, links=("a-x", "x-c"))
    rows = placement_rows(question, shapes)
    assert curve_of(rows, "randomised")["value"].tolist() == pytest.approx([0, 0.7, 1.0])
    moved = [row["value"] for row in rows["placements"] if row["model"] == "randomised"]
    assert max(moved) == pytest.approx(1.0)  # type: ignore[type-var]


def test_a_curve_goes_as_far_as_asked() -> None:
    many = MOST_POSTS + 1
    question, shapes = asked(1.0, links=("a-x",) * many + ("x-c",) * many)
    curve = curve_of(placement_rows(question, shapes), "randomised")
    assert curve.index.tolist() == list(range(many))
    assert curve["value"].iloc[-1] == pytest.approx(MOST_POSTS / many)


def test_one_way_roads_are_met_in_their_direction() -> None:
    question, _ = asked(0.5, links=("a-x", "c>x"))
    assert not (question.found.field.head == 1).any()
    nodes, links = drawn.draw(PLACES, "a-x", "x-c", "d>y", "y>b")
    pair = next(at for at in zones.zone_pairs(nodes, links, BORDER) if at.depth_km == 10.0)
    posts = pd.DataFrame(
        {
            "post_id": ["p", "p", "q", "r", "o"],
            "kind": "checkpoint",
            "node_id": ["x", "c", "y", "s", None],
        }
    )
    ways = networks.network(nodes, links, extra(), ("AA", "BB"), "road", walking=False)
    assert networks.standing_between(nodes, ways, pair, posts) == 1
    assert networks.standing_between(nodes, ways, pair, posts[2:]) == 0


def test_posts_of_given_years_stand_on_a_road_inland() -> None:
    inland_km = networks.INLAND_KM
    rows = [
        ("far", inland_km, 2014, "road", "a"), ("back", -inland_km, 2015, "road", "a"),
        ("line", inland_km - 0.1, 2014, "road", "a"), ("old", inland_km, 2013, "road", "a"),
        ("rail", inland_km, 2014, "rail", "a"), ("beside", inland_km, 2014, "road", None),
        ("unknown", inland_km, None, "road", "a"),
    ]  # fmt: skip
    posts = gpd.GeoDataFrame(rows, columns=["post_id", "depth_km", "since_year", "mode", "node_id"])
    assert networks.of_years(posts, (2014, 2015))["post_id"].tolist() == ["far", "back"]


def programme(posts: list[tuple[str, str, int]], why: str | None = None) -> Rows:
    """What posts (kind, node, year) leave open of two roads, from 25 km deep on."""
    nodes, table = drawn.draw(PLACES, *LINKS)
    pair = next(at for at in zones.zone_pairs(nodes, table, BORDER) if at.depth_km == -25.0)
    ways = networks.network(nodes, table, extra(), ("AA", "BB"), "road", walking=False)
    rows = [
        (f"p{node}", kind, node, "road", -networks.INLAND_KM, year) for kind, node, year in posts
    ]
    columns = ["post_id", "kind", "node_id", "mode", "depth_km", "since_year"]
    at = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns))
    return programme_rows(nodes, ways, pair, at, table.set_index("link_id").geometry, why)


def test_what_posts_of_given_years_leave_open() -> None:
    year = YEARS[0]
    found = programme([("checkpoint", "a", year), ("checkpoint", "b", 1999)])
    (row,) = found["programme"]
    counts = ("posts", "posts_mapped", "ways", "ways_left", "ways_left_all")
    assert [row[name] for name in counts] == [1, 2, 2, 1, 0]
    assert (row["why_absent"], row["depth_km"], row["mode"]) == (None, -25.0, "road")
    (path,) = found["open_paths"]
    assert path["link_ids"] == "w2.0 w4.0 w6.0"
    columns = ("n_posts", "path_no", "share", "stopped", "model", "walking", "chance")
    assert [path[name] for name in columns] == [1, 1, 1.0, 0.0, "programme", False, 1.0]
    # Posts of other years are none of the programme: no ways are drawn beside it.
    other = programme([("checkpoint", "b", 1999)])
    (row,) = other["programme"]
    assert [row[name] for name in counts] == [0, 1, 2, 2, 1]
    assert other["open_paths"] == []
    # Who pays a toll passes.
    (first, second) = programme([("toll", "a", year)])["open_paths"]
    assert (first["share"], second["share"]) == (0.5, 0.5)
    nothing_left = programme([("checkpoint", "a", year), ("checkpoint", "b", year)])
    assert (nothing_left["programme"][0]["ways_left"], nothing_left["open_paths"]) == (0, [])


def test_a_programme_without_a_result_states_why() -> None:
    found = programme([("checkpoint", "a", YEARS[0])], "the data end")
    assert list(found) == ["programme"]
    (row,) = found["programme"]
    assert (row["ways"], row["ways_left"], row["why_absent"]) == (None, None, "the data end")


def test_links_carry_the_posts_at_either_end() -> None:
    nodes, table = drawn.draw(PLACES, *LINKS)
    ways = networks.network(nodes, table, extra(), ("AA", "BB"), "road", walking=False)
    ids = ways.links["link_id"][networks.carried(nodes, ways, AT_X)]
    assert sorted(ids) == ["w3.0", "w5.0"]
    assert set(nodes["node_id"][ways.held]) == {*"sabxycdt"}
    assert not networks.carried(nodes, ways, NO_POSTS).any()


def test_the_curve_of_posts_that_all_can_see() -> None:
    question, shapes = asked(0.5)
    rows = placement_rows(question, shapes)
    curve = curve_of(rows, "fixed")
    assert curve.loc[[1, 2], "value"].tolist() == pytest.approx([0.0, 0.5])
    assert curve.loc[1, "open_ways"] == 1
    assert np.isnan(cell(curve, 1, "cost_per_point_musd"))
    assert curve.loc[2, "cost_per_point_musd"] == pytest.approx(4 / 50)
    # A post that stops everybody is taken for one of 0.99, so that a second one counts.
    sure, shapes = asked(1.0)
    assert curve_of(placement_rows(sure, shapes), "fixed").loc[2, "value"] == pytest.approx(0.99)


def test_posts_beside_one_that_stands_add_to_it() -> None:
    """One road passes the post; three in four are stopped on either if the rest is divided so."""
    links = ("s-a", "a-x", "x-c", "s-b", "b-y", "y-d")
    question, shapes = asked(0.5, AT_X, links=links, depth_km=-25.0)
    rows = placement_rows(question, shapes)
    assert curve_of(rows, "randomised").loc[2, "value"] == pytest.approx(0.75)
    share = {
        row["link_id"]: row["share"]
        for row in rows["placements"]
        if (row["model"], row["n_posts"]) == ("randomised", 2)
    }
    assert share.pop("w1.0") == pytest.approx(0.5)
    assert sum(share.values()) == pytest.approx(1.5)  # type: ignore[arg-type]


def test_what_posts_that_stand_stop_today_is_no_gain() -> None:
    question, shapes = asked(0.5, AT_X, links=("s-a", "a-x", "x-c"), depth_km=-25.0)
    rows = placement_rows(question, shapes)
    moved, seen = (curve_of(rows, model) for model in ("randomised", "fixed"))
    # Of the links behind the zone, that without the post takes one more.
    assert moved["value"].tolist() == pytest.approx([0.5, 1.0])
    placed = [row for row in rows["placements"] if row["n_posts"] == 1]
    assert [(row["model"], row["share"]) for row in placed] == [
        ("randomised", pytest.approx(1.0)), ("fixed", 1.0),
    ]  # fmt: skip
    assert moved.loc[1, "cost_per_point_musd"] == pytest.approx(2 / 50)
    assert seen["value"].unique().tolist() == pytest.approx([0.75])
    assert seen.loc[[1, 2], "cost_per_point_musd"].tolist() == pytest.approx([2 / 25, 4 / 25])
    assert {row["link_id"] for row in rows["placements"]} == {"w1.0"}
    # Both links at the post carry it: where these are all, none takes another.
    (row,) = placement_rows(*asked(0.5, AT_X, links=("a-x", "x-c")))["placement_curve"]
    assert row["why_absent"] == "there are ways round all links that can take a post"


def test_where_posts_stand_and_which_ways_stay_open() -> None:
    question, shapes = asked(1.0)
    rows = placement_rows(question, shapes)
    placed = pd.DataFrame(rows["placements"])
    moved = placed[(placed["model"] == "randomised") & (placed["n_posts"] == 1)]
    assert moved["share"].sum() == pytest.approx(1.0)
    assert moved["value"].unique().tolist() == pytest.approx([0.5])
    # On the second road only the one link before the three can hold the share.
    second = moved[moved["link_id"].isin(["w3.0", "w5.0", "w6.0", "w7.0"])]
    assert second["link_id"].tolist() == ["w3.0"]
    for row in records(placed):
        line = shapes.loc[row["link_id"]]
        assert row["geometry"].distance(line.interpolate(0.5, normalized=True)) < 1e-12
    paths = pd.DataFrame(rows["open_paths"])
    assert set(paths["n_posts"]) == {DRAWN_POSTS}
    for _, ways in paths.groupby("model"):
        assert ways["path_no"].tolist() == list(range(1, len(ways) + 1))
        assert ways["share"].sum() == pytest.approx(1.0)
        assert ((ways["stopped"] >= 0) & (ways["stopped"] <= 1)).all()
        assert set(ways["link_ids"]) <= {"w2.0 w4.0", "w3.0 w5.0", "w3.0 w6.0", "w3.0 w7.0"}
        assert ways["length_m"].tolist() == pytest.approx([20_000.0] * len(ways))
    assert paths.groupby("model")["stopped"].max().to_dict() == pytest.approx(
        {"randomised": 1.0, "fixed": 0.99}
    )
    fixed = placed[(placed["model"] == "fixed") & (placed["n_posts"] == 2)]
    assert len(fixed) == 2
    assert set(fixed["link_id"]) in ({"w3.0", "w2.0"}, {"w3.0", "w4.0"})
    other, shapes = asked(0.3)
    assert placement_rows(other, shapes)["open_paths"] == []


def test_why_there_is_no_curve() -> None:
    question, shapes = asked(0.5, links=("s-a", "a-x", "c-t"))
    rows = placement_rows(question, shapes)
    assert [row["why_absent"] for row in rows["placement_curve"]] == [
        "no way leads from one zone to the other"
    ]
    assert rows["placements"] == []
    (row,) = rows["placement_curve"]
    assert (row["n_posts"], row["exact"], row["value"]) == (1, False, None)
    nodes, table = drawn.draw(PLACES, *ROADS)
    pair = zones.zone_pairs(nodes, table, BORDER)[0]
    row = absent_rows("rail", True, pair, "mapped", "no open railway")["placement_curve"][0]
    assert (row["mode"], row["walking"], row["depth_km"]) == ("rail", True, -25.0)
    assert (row["n_posts"], row["exact"], row["why_absent"]) == (1, False, "no open railway")
    assert row["value"] is None


@pytest.mark.parametrize(
    ("mode", "walking", "expected"),
    [
        ("road", False, {"w1.0", "w2.0"}),
        ("road", True, {"w1.0", "w2.0", "walk.a-c"}),
        ("rail", False, {"w3.0"}),
        ("rail", True, {"w3.0", "walk.a-c"}),
        ("combined", False, {"w1.0", "w2.0", "w3.0", "transfer.a-s"}),
        ("combined", True, {"w1.0", "w2.0", "w3.0", "transfer.a-s", "walk.a-c"}),
    ],
)
def test_links_that_posts_are_placed_on(mode: str, walking: bool, expected: set[str]) -> None:
    nodes, table = drawn.draw(PLACES, "a-x", "x>c", "s-d rail", "z-d")
    # Those that begin or end in a third country are left out.
    more = pd.concat([extra("a-c", "a-z", "z-a"), extra("a-s", "z-s", kind="transfer")])
    ways = networks.network(nodes, table, more, ("AA", "BB"), mode, walking=walking)
    links = ways.links
    assert set(links["link_id"]) == expected
    assert links.index.tolist() == list(range(len(expected)))
    assert set(links.loc[~links["link_id"].str.match(r"w\d"), "length_m"]) <= {0.0}
    assert (links.loc[links["link_id"].str.match(r"w\d"), "length_m"] > 0).all()
    by_id = links.set_index("link_id")
    assert [bool(by_id.loc[link, "takes"]) for link in expected] == [
        not link.startswith("transfer") for link in expected
    ]
    assert [link for link in expected if by_id.loc[link, "oneway"]] == (
        ["w2.0"] if "w2.0" in expected else []
    )


@pytest.mark.parametrize(
    ("drawn_km", "reach_km", "expected"),
    [
        ((-100, -50, -10, 10, 50, 75, 100, 250), np.inf, [-50, 50, 100, 250]),
        ((-50, 10, 50, 75, 500), np.inf, [-50, 50, 75]),
        ((-50, 10, 50, 300, 400, 500), np.inf, [-50, 50, 400]),
        ((-50, 10, 50, 75, 250), 249.9, [-50, 50, 75]),
        # As deep as the data reach: no depth nearer to the line stands for the deepest.
        ((-50, 10, 50, 75), 50.0, [-50, 50]),
        ((-100, -50, 10, 20), np.inf, [-50, 20]),
        ((0.5,), np.inf, [0.5]),
        ((-10,), np.inf, []),
    ],
)
def test_depths_for_which_posts_are_placed(
    drawn_km: tuple[float, ...], reach_km: float, expected: list[float]
) -> None:
    nodes, table = drawn.draw(PLACES, *ROADS)
    pair = zones.zone_pairs(nodes, table, BORDER)[0]
    pairs = {float(km): replace(pair, depth_km=float(km)) for km in drawn_km}
    assert [one.depth_km for one in networks.asked(pairs, reach_km)] == expected
