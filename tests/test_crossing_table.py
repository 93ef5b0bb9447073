"""Rows of crossings made of hits on the line, from tables alone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.measures.crossing_table import CHANGE_TRAINS, NO_HEADLINE, table
from pipeline.network import access
from tests import drawn

LAND_KM = 50.0
# Nodes on the line: x and y are 100 m apart, z lies 5 km off, w where the line is at sea.
ALONG_KM = {"x": 10.0, "y": 10.1, "z": 15.0, "w": 60.0}
# By node the ends of its two links: xs in the south, xn in the north.
PLACES: drawn.Places = {
    name + side: (km, depth_km)
    for name, km in ALONG_KM.items()
    for side, depth_km in (("s", -5), ("", 0), ("n", 5))
}
HIT = {
    "counted": True, "touches_from": True, "touches_to": True, "open_ended": False,
    "is_closed": False, "post": None, "vehicles": access.ALL, "always": access.ALL, "hours": None,
    "one_gauge": True, "certain": True,
}  # fmt: skip
Hit = dict[str, Any]


def roads(*rows: tuple[str, dict[str, Any]], kind: str = "") -> pd.DataFrame:
    """Two links for each node on the line: from its end on one side, to that on the other."""
    ends = [text for name, _ in rows for text in (f"{name}s-{name}", f"{name}-{name}n")]
    _, drawn_links = drawn.draw(PLACES, *(f"{text} {kind}" for text in ends))
    links: pd.DataFrame = drawn_links.astype({"class": object, "form": object})
    for row, (_, columns) in enumerate(rows):
        for column, value in columns.items():
            links.loc[2 * row : 2 * row + 1, column] = value
    return links


def rows_of(
    *hits: tuple[str, Hit],
    links: pd.DataFrame | None = None,
    posts: dict[str, str | None] | None = None,
    mode: str = "road",
) -> pd.DataFrame:
    """Table crossings, by id; each hit a crossing and a group of its own unless it says so."""
    nodes, _ = drawn.draw({name: PLACES[name] for name in ALONG_KM})
    given = pd.DataFrame(
        [
            {"node_id": name, "border_km": ALONG_KM[name], "group": row, "crossing": row}
            | HIT
            | columns
            for row, (name, columns) in enumerate(hits)
        ]
    )
    if links is None:
        links = roads(*((name, {}) for name, _ in hits))
    names = pd.DataFrame({"post_id": list(posts or {}), "name": list((posts or {}).values())})
    rows, members = table(mode, given, links, nodes, names, LAND_KM)
    assert set(members["crossing_id"]) == set(rows["crossing_id"])
    return rows.set_index("crossing_id")


def test_a_crossing_of_one_road() -> None:
    row = rows_of(("x", {})).loc["road-x"]
    columns = [
        "status",
        "class",
        "n_links",
        "lanes",
        "in_headline",
        "counted",
        "by_hours",
        "span_m",
    ]
    assert [row[name] for name in columns] == ["unmarked", "primary", 1, 2, True, True, False, 0.0]
    assert row["vehicles"] == drawn.EVERYBODY
    assert (row["border_km"], row["hours"], row["remark"]) == (10.0, None, None)


@pytest.mark.parametrize(
    ("hit", "link", "status"),
    [
        ({}, {}, "unmarked"),
        ({"post": "p"}, {}, "official"),
        ({}, {"informal": True}, "informal"),
        ({"post": "p"}, {"informal": True}, "official"),
        ({"is_closed": True, "post": "p"}, {}, "closed"),
    ],
)
def test_status(hit: Hit, link: dict[str, object], status: str) -> None:
    found = rows_of(("x", hit), links=roads(("x", link)), posts={"p": "Gate"})
    assert found["status"].tolist() == [status]
    assert found["in_headline"].tolist() == [status != "closed"]


def test_the_post_gives_its_name_before_the_road_and_its_number() -> None:
    named = roads(("x", {"name": "High Road", "ref": "R1"}), ("y", {"ref": "R2"}), ("z", {}))
    hits: list[tuple[str, Hit]] = [("x", {}), ("y", {}), ("z", {"post": "p"})]
    found = rows_of(*hits, links=named, posts={"p": "Gate"})
    assert found["name"].tolist() == ["High Road", "R2", "Gate"]
    unnamed = rows_of(("x", {"post": "p"}), links=named[:2], posts={"p": None})
    assert unnamed["name"].tolist() == ["High Road"]


def test_where_no_car_may_pass_a_road_is_restricted() -> None:
    lorry = {"vehicles": access.GOODS | access.FOOT, "always": access.GOODS}
    assert rows_of(("x", lorry))["class"].tolist() == ["restricted"]
    assert not rows_of(("x", lorry))["in_headline"].any()
    for beside in ({"counted": False}, {"is_closed": True}):
        assert rows_of(("x", lorry | beside))["class"].tolist() == ["primary"]
    rail = rows_of(("x", lorry), links=roads(("x", {}), kind="rail"), mode="rail")
    assert rail["class"].tolist() == ["rail"]


def test_hours_bind_where_none_of_those_that_count_may_always_pass() -> None:
    by_day = {"always": access.FOOT, "hours": "06:00-18:00"}
    row = rows_of(("x", by_day)).iloc[0]
    assert (row["by_hours"], row["hours"]) == (True, "06:00-18:00")
    only_cars = {"vehicles": access.CAR, "always": access.NOBODY, "hours": "06:00-18:00"}
    assert rows_of(("x", only_cars))["by_hours"].tolist() == [True]
    # A car may always pass: hours of others are stated, but do not bind.
    others = rows_of(("x", {"always": access.CAR, "hours": "06:00-18:00"})).iloc[0]
    assert (others["by_hours"], others["hours"]) == (False, "06:00-18:00")
    on_foot = {"vehicles": access.FOOT | access.BICYCLE, "always": access.FOOT}
    assert not rows_of(("x", on_foot))["by_hours"].any()
    assert not rows_of(("x", {"vehicles": 0, "always": 0, "hours": "06:00-18:00"}))[
        "by_hours"
    ].any()
    closed = rows_of(("x", by_day | {"is_closed": True}))
    assert not closed["by_hours"].any()
    # Where all may always pass, hours that a link has say nothing.
    assert rows_of(("x", {"hours": "06:00-18:00"}))["hours"].tolist() == [None]


def test_hits_of_one_crossing_are_reported_together() -> None:
    bits = [access.CAR, access.BUS]
    hits = [
        (name, {"crossing": 0, "vehicles": bit, "always": bit & access.CAR, "hours": hours,
                "open_ended": name == "y"})
        for name, bit, hours in zip("xy", bits, ("b", "a"), strict=True)
    ]  # fmt: skip
    found = rows_of(*hits)
    row = found.loc["road-x"]
    assert len(found) == 1
    assert (row["vehicles"], row["hours"], row["open_ended"]) == ("car, bus", "a & b", True)
    assert (row["border_km"], row["span_m"]) == (pytest.approx(10.05), pytest.approx(100))
    assert (row["n_links"], row["lanes"]) == (2, 4)
    # Closed hits are a crossing of their own.
    apart = rows_of(("x", {"crossing": 0}), ("y", {"crossing": 0, "is_closed": True}))
    assert apart["status"].to_dict() == {"road-x": "unmarked", "road-y": "closed"}


def test_ways_count_on_the_side_where_fewer_lead_inland() -> None:
    """Hits of one group: two touch the one side, one the other; a graze counts all."""
    one = {"crossing": 0, "group": 0}
    links = roads(("x", {"lanes": 3.0}), ("y", {"lanes": 4.0}))
    fewer = rows_of(("x", one), ("y", one | {"touches_to": False}), links=links)
    assert fewer[["n_links", "lanes"]].to_numpy().tolist() == [[1, 3]]
    other = rows_of(("x", one | {"touches_from": False}), ("y", one), links=links)
    assert other[["n_links", "lanes"]].to_numpy().tolist() == [[1, 4]]
    nowhere = {"touches_from": False, "touches_to": False}
    graze = rows_of(("x", one | nowhere), ("y", one | nowhere), links=links)
    assert graze[["n_links", "lanes"]].to_numpy().tolist() == [[2, 7]]


def test_a_hit_has_the_lanes_of_its_narrower_side() -> None:
    links = roads(("x", {}))
    links["lanes"] = [4.0, 3.0]
    assert rows_of(("x", {}), links=links)["lanes"].tolist() == [3]
    links["lanes"] = np.nan
    links["lanes_forward"], links["lanes_backward"] = 2, 1
    assert rows_of(("x", {}), links=links)["lanes"].tolist() == [3]
    tracks = links.assign(mode="rail", **{"class": "rail"})
    assert rows_of(("x", {}), links=tracks, mode="rail")["lanes"].tolist() == [1]


@pytest.mark.parametrize(
    ("forms", "lanes"),
    [(("way", "area"), 3), (("roundabout", "roundabout"), 7), (("roundabout", "area"), 3),
     (("area", "area"), 3)],
)  # fmt: skip
def test_outlines_are_ways_only_where_nothing_else_is(forms: tuple[str, str], lanes: int) -> None:
    links = roads(*((name, {"form": form, "lanes": wide})
                    for name, form, wide in zip("xy", forms, (3.0, 4.0), strict=True)))  # fmt: skip
    one = {"crossing": 0, "group": 0}
    found = rows_of(("x", one), ("y", one), links=links)
    assert found[["n_links", "lanes"]].to_numpy().tolist() == [[1, lanes]]


def test_ferries_at_sea_and_classes_of_no_use_are_in_no_headline() -> None:
    for at, counts in (("x", True), ("w", False)):
        found = rows_of((at, {}), links=roads((at, {"class": "ferry"})))
        assert found["in_headline"].tolist() == [counts]
    assert rows_of(("w", {}))["in_headline"].all()  # a road over a stretch at sea
    for name in NO_HEADLINE:
        assert not rows_of(("x", {}), links=roads(("x", {"class": name})))["in_headline"].any()
    assert not rows_of(("x", {"counted": False}))["in_headline"].any()


def test_the_best_class_of_what_meets_is_reported() -> None:
    links = roads(("x", {}))
    links["class"] = ["track", "secondary"]
    assert rows_of(("x", {}), links=links)["class"].tolist() == ["secondary"]
    assert rows_of(("x", {}), links=links)["walkable"].all()
    links["walkable"] = [False, True]
    links["informal"] = [True, False]
    assert rows_of(("x", {}), links=links)[["walkable", "status"]].to_numpy().tolist() == [
        [True, "informal"]
    ]


def test_trains_of_two_gauges_are_changed() -> None:
    rails = roads(("x", {}), ("z", {}), kind="rail")
    given: Hit = {"one_gauge": False}
    found = rows_of(("x", given), ("z", given | {"is_closed": True}), links=rails, mode="rail")
    assert found["remark"].tolist() == [CHANGE_TRAINS, None]


def test_sites_hold_what_counts_and_is_not_closed() -> None:
    found = rows_of(("x", {}), ("y", {}), ("z", {}), ("w", {"is_closed": True}))
    near = found["site_250m"].to_dict()
    assert near == {"road-x": "site-road-x", "road-y": "site-road-x", "road-z": "site-road-z",
                    "road-w": None}  # fmt: skip
    assert found.loc[["road-x", "road-y", "road-z"], "site_10km"].eq("site-road-x").all()
    assert found.loc["road-w", "site_10km"] is None
    grazes = rows_of(("x", {"counted": False}), ("y", {}))
    assert grazes["site_250m"].tolist() == [None, "site-road-y"]


def test_without_hits_the_tables_are_empty() -> None:
    nodes, links = drawn.draw({"x": (0, 0)})
    names = pd.DataFrame({"post_id": [], "name": []})
    rows, members = table("road", pd.DataFrame(), links, nodes, names, LAND_KM)
    assert (len(rows), len(members)) == (0, 0)
