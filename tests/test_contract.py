"""Nodes and links of vertices and segments, drawn in words, each answer worked out by hand.

A step of a hundredth of a degree along the equator is 1,113.195 m.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.network import contract
from pipeline.network.segments import INSERTED
from tests.test_network import TRACK, bare

STEP_M = 1113.1949
Marks = dict[str, tuple[str, ...]]


def contracted(
    *ways: tuple[str, dict[str, Any]],
    marks: Marks | None = None,
    depths_km: dict[str, float] | None = None,
    third: tuple[int, ...] = (),
    loose: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Nodes, links and the node of each vertex, of ways over vertices of a letter each.

    Letters stand a step apart in the order of the alphabet; a vertex of OSM has the number of its
    letter, a capital letter is inserted in a segment. `marks` names what letters are marked as,
    `third` the ways that lie in a third country.
    """
    letters = sorted({*"".join(course for course, _ in ways), *loose}, key=str.lower)
    number = [INSERTED if one.isupper() else ord(one) - ord("a") + 1 for one in letters]
    lon = [(ord(one.lower()) - ord("a")) / 100 for one in letters]
    vertices = pd.DataFrame({"osm_id": number, "lon": lon, "lat": 0.0})
    rows = []
    for way, (course, _) in enumerate(ways):
        segment = -1
        for one, other in pairwise(course):
            segment += not one.isupper()
            rows.append((way, segment, letters.index(one), letters.index(other)))
    segments = pd.DataFrame(rows, columns=["way", "segment", "a", "b"], dtype=np.int64)
    vertices, segments = bare(vertices, segments)
    segments["third"] = segments["way"].isin(third)
    for mark, at in (marks or {}).items():
        vertices[mark] = [one in at for one in letters]
    vertices["depth_km"] = [(depths_km or {}).get(one, np.nan) for one in letters]
    first = {"osm_id": 70, "whole": 0, "lanes": 2.0, "lanes_backward": 2}
    of_ways = [
        TRACK.iloc[0].to_dict() | first | {"osm_id": 70 + row, "whole": row} | tags
        for row, (_, tags) in enumerate(ways)
    ]
    table = pd.DataFrame(of_ways, columns=TRACK.columns).astype({"class": object, "mode": object})
    return contract.nodes_and_links(vertices, segments, table)


def link(*ways: tuple[str, dict[str, Any]], **more: Any) -> "pd.Series[Any]":
    """The one link that all ways come to."""
    links = contracted(*ways, **more)[1]
    assert len(links) == 1
    return links.iloc[0]


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "the worst class": ({"class": "primary"}, {"class": "track"}, {"class": "track"}),
    "in any order": ({"class": "track"}, {"class": "primary"}, {"class": "track"}),
    "the fewest lanes": ({"lanes": 4.0}, {"lanes": 3.0}, {"lanes": 3.0}),
    "lanes that are known": ({"lanes": np.nan}, {"lanes": 3.0}, {"lanes": 3.0}),
    "the fewest lanes there": (
        {"lanes_forward": 3}, {"lanes_forward": 2}, {"lanes_forward": 2, "lanes_backward": 2}),
    "the fewest lanes back": (
        {"lanes_backward": 3}, {"lanes_backward": 1}, {"lanes_forward": 1, "lanes_backward": 1}),
    "who may pass both": (
        {"free": 31, "always": 5}, {"free": 6, "always": 3},
        {"vehicles": "goods, bus", "at_all_times": "car"}),
    "hours of both, in order": (
        {"hours": "08:00-18:00"}, {"hours": "06:00-22:00"}, {"hours": "08:00-18:00 & 06:00-22:00"}),
    "hours of one": ({}, {"hours": "06:00-22:00"}, {"hours": "06:00-22:00"}),
    "no hours": ({}, {}, {"hours": None}),
    "informal where a part is": ({"informal": True}, {}, {"informal": True}),
    "formal where all is": ({}, {}, {"informal": False}),
    "the slower and the faster": (
        {"speed_kmh": 30.0}, {"speed_kmh": 60.0}, {"minutes": STEP_M / 500 + STEP_M / 1000}),
    "trucks as fast as they may": (
        {"truck_kmh": 30.0}, {"truck_kmh": 60.0},
        {"truck_minutes": STEP_M / 500 + STEP_M / 1000, "trucks": "yes"}),
    "trucks where it is not known": (
        {"truck": 1}, {"truck": 2}, {"trucks": "unknown", "truck_minutes": 2 * STEP_M / 1000}),
    "no trucks": ({"truck": 2}, {"truck": 0}, {"trucks": "no", "truck_minutes": np.nan}),
    "longer than it is drawn": ({"stretch": 1.5}, {}, {"length_m": 2.5 * STEP_M}),
    "the first way names it": ({}, {}, {"link_id": "w70.0", "side": "AA", "oneway": False}),
    "one way": ({"oneway": 1}, {"oneway": 1}, {"oneway": True, "from_node": "n1", "to_node": "n3"}),
    "against its course": (
        {"oneway": -1, "lanes_forward": 0}, {"oneway": -1, "lanes_forward": 0},
        {"oneway": True, "from_node": "n3", "to_node": "n1", "lanes_forward": 2,
         "lanes_backward": 0}),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_a_link_of_two_ways_has(name: str) -> None:
    one, other, right = PAIRS[name]
    found = link(("ab", one), ("bc", other))
    for column, value in right.items():
        if isinstance(value, float):
            assert found[column] == pytest.approx(value, nan_ok=True), column
        else:
            assert found[column] == value, column


NAMED: dict[str, tuple[list[tuple[str, Any]], Any]] = {
    "the longer": ([("ab", "North"), ("bd", "South")], "South"),
    "the longer, given first": ([("ac", "North"), ("cd", "South")], "North"),
    "most in all": ([("ac", "North"), ("cde", "South"), ("ef", None), ("fg", "South")], "South"),
    "of equals the last by the alphabet": ([("ab", "North"), ("bc", "East")], "North"),
    "however short": ([("ac", None), ("cd", "East")], "East"),
    "none": ([("ab", None), ("bc", None)], None),
}


@pytest.mark.parametrize("column", ["name", "ref"])
@pytest.mark.parametrize("case", NAMED)
def test_a_link_is_called_what_most_of_it_is(case: str, column: str) -> None:
    ways, right = NAMED[case]
    assert link(*((course, {column: text}) for course, text in ways))[column] == right


MARKED = {
    "border": "on_border", "third_border": "on_third", "beyond": "on_beyond", "post": "at_post",
    "depth": "at_depth",
}  # fmt: skip


@pytest.mark.parametrize("kind", MARKED)
def test_what_is_marked_stays_a_node(kind: str) -> None:
    marks = {MARKED[kind]: ("b", "x"), "cut": ("c",)}
    nodes, links, at_vertex = contracted(("abc", {}), marks=marks, loose="x")
    assert nodes["node_id"].tolist() == ["n1", "n2", "n3"]
    assert nodes["kind"].tolist() == ["end", kind, "end"]
    assert nodes["open_ended"].tolist() == [False, False, True]
    assert nodes["mode"].tolist() == ["road"] * 3
    assert [(point.x, point.y) for point in nodes["geometry"]] == [(0, 0), (0.01, 0), (0.02, 0)]
    assert links[["link_id", "from_node", "to_node"]].to_numpy().tolist() == [
        ["w70.0", "n1", "n2"], ["w70.1", "n2", "n3"],
    ]  # fmt: skip
    assert at_vertex[["vertex", "node_id"]].to_numpy().tolist() == [[0, "n1"], [1, "n2"], [2, "n3"]]


def test_where_a_third_way_meets_is_a_junction() -> None:
    nodes, links, _ = contracted(("abc", {}), ("bd", {}))
    assert dict(zip(nodes["node_id"], nodes["kind"], strict=True)) == {
        "n1": "end", "n2": "junction", "n3": "end", "n4": "end",
    }  # fmt: skip
    assert sorted(links["link_id"]) == ["w70.0", "w70.1", "w71.0"]


UNLIKE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mode": ({}, {"mode": "foot_only"}),
    "state": ({}, {"state": "closed"}),
    "form": ({}, {"form": "roundabout"}),
    "gauge": ({"gauge": "1000"}, {"gauge": "1435"}),
    "a gauge that is not known": ({}, {"gauge": "1435"}),
    "walkable": ({}, {"walkable": False}),
    "one way": ({}, {"oneway": 1}),
    "one way against the other": ({"oneway": 1}, {"oneway": -1}),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_ways_that_differ_are_links_of_their_own(name: str) -> None:
    one, other = UNLIKE[name]
    links = contracted(("ab", one), ("bc", other))[1]
    assert links["link_id"].tolist() == ["w70.0", "w71.0"]
    assert contracted(("ab", one), ("bc", one))[1]["link_id"].tolist() == ["w70.0"]


def test_pieces_are_numbered_within_their_segment() -> None:
    """Two points inserted in the first segment, one in the second; those that stay are nodes."""
    nodes, links, _ = contracted(("aBCdEf", {}), marks={"at_depth": ("B", "C", "E")})
    assert nodes["node_id"].tolist() == ["n1", "n70.0.1", "n70.0.2", "n70.1.1", "n6"]
    assert links["link_id"].tolist() == ["w70.0", "w70.0.1", "w70.0.2", "w70.1.1"]
    assert links["to_node"].tolist() == ["n70.0.1", "n70.0.2", "n70.1.1", "n6"]


def test_lines_leave_out_points_that_only_measure() -> None:
    """Ends stay, inserted or not; so does each vertex of OSM between them."""
    rails = {"mode": "rail", "class": "rail"}
    _, links, _ = contracted(
        ("aBcDe", {}), ("fGHi", {}), ("jk", {}), ("lMn", rails),
        marks={"at_depth": ("D", "G")},
    )  # fmt: skip
    courses = {row["link_id"]: [round(x * 100) for x, _ in row["geometry"].coords]
               for row in links.to_dict("records")}  # fmt: skip
    assert courses == {
        "w70.0": [0, 2, 3], "w70.1.1": [3, 4], "w71.0": [5, 6], "w71.0.1": [6, 8], "w72.0": [9, 10],
        "r73.0": [11, 13],
    }  # fmt: skip
    assert links["length_m"].sum() == pytest.approx(10 * STEP_M)


def test_a_chain_runs_as_its_first_segment_wherever_it_stands_in_the_tables() -> None:
    turned = link(("cb", {"name": "East"}), ("ba", {}))
    assert (turned["from_node"], turned["to_node"]) == ("n3", "n1")
    assert [round(x * 100) for x, _ in turned["geometry"].coords] == [2, 1, 0]
    met = link(("cd", {"lanes_forward": 3}), ("ab", {}), ("cb", {}))
    assert (met["link_id"], met["from_node"], met["to_node"]) == ("w70.0", "n1", "n4")
    assert (met["lanes_forward"], met["lanes_backward"]) == (1, 1)


def test_depths_of_a_link_are_those_of_all_its_vertices() -> None:
    depths_km = {"a": -1.0, "b": -3.0, "c": 2.0}
    deep = link(("abc", {}), depths_km=depths_km)
    assert (deep["depth_min_km"], deep["depth_max_km"]) == (-3, 2)
    # One of which the depth is not known tells nothing; in a third country there is no depth.
    some = link(("abcd", {}), depths_km=depths_km)
    assert (some["depth_min_km"], some["depth_max_km"]) == (-3, 2)
    third = contracted(("ab", {}), ("bc", {}), depths_km=depths_km, third=(1,))[1]
    assert (third["depth_min_km"].tolist(), third["depth_max_km"].tolist()) == ([-3.0], [-1.0])


RAILS = {"mode": "rail", "class": "rail", "walkable": False}


@pytest.mark.parametrize(
    ("ways", "nodes", "links"),
    [
        ((("ab", {}),), {"n1": "road", "n2": "road"}, {"w70.0": "road"}),
        ((("ab", RAILS),), {"r1": "rail", "r2": "rail"}, {"r70.0": "rail"}),
        # They share a vertex and do not meet there.
        ((("ab", {}), ("cb", RAILS)), {"n1": "road", "n2": "road", "r2": "rail", "r3": "rail"},
         {"w70.0": "road", "r71.0": "rail"}),
        ((), {}, {}),
    ],
)  # fmt: skip
def test_roads_and_railways_are_networks_of_their_own(
    ways: tuple[tuple[str, dict[str, Any]], ...], nodes: dict[str, str], links: dict[str, str]
) -> None:
    found, drawn, at_vertex = contracted(*ways)
    assert dict(zip(found["node_id"], found["mode"], strict=True)) == nodes
    assert dict(zip(drawn["link_id"], drawn["mode"], strict=True)) == links
    assert at_vertex["node_id"].tolist() == list(nodes)
    assert found.index.tolist() == list(range(len(nodes)))
    assert set(found["kind"]) <= {"end"}
