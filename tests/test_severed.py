"""What a link or a post cuts off when it is closed: by exhaustive search, and drawn by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.core import schema
from pipeline.graph.severed import severed
from pipeline.measures.chokepoint_kinds import (
    crossings_to_close,
    cut_edges_to_close,
    cuts_to_close,
    posts_to_close,
)
from pipeline.measures.depth import Variant, profile
from pipeline.network import zones
from pipeline.travel import snap
from tests import drawn
from tests.two_roads import BORDER, LINKS, PLACES, crossing_links, crossings


@pytest.mark.parametrize("seed", range(150))
def test_severed_parts_are_those_of_exhaustive_search(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, m = int(random.integers(1, 12)), int(random.integers(0, 20))
    start, end = random.integers(0, n, m), random.integers(0, n, m)
    gates = np.unique(random.integers(0, n, random.integers(0, 3)))
    weight = random.integers(0, 9, (n, 2)).astype(np.float64)
    length = random.integers(0, 9, (m, 2)).astype(np.float64)
    found = severed(start, end, gates, weight, length)

    def reached(closed: int) -> set[int]:
        seen = set(gates.tolist())
        for _ in range(n):
            for k in range(m):
                if k != closed and {start[k], end[k]} & seen:
                    seen |= {int(start[k]), int(end[k])}
        return seen

    expected = {}
    for k in range(m):
        lost = reached(-1) - reached(k)
        if lost:
            within = [j for j in range(m) if start[j] in lost and end[j] in lost]
            total = weight[list(lost)].sum(axis=0) + length[within].sum(axis=0)
            expected[k] = (int(start[k] if start[k] in lost else end[k]), *total)
    got = {
        int(k): (int(far), *row)
        for k, far, row in zip(found.link, found.far, found.sums, strict=True)
    }
    assert got == expected
    for k, near, far in zip(found.link, found.near, found.far, strict=True):
        assert sorted((int(near), int(far))) == sorted((int(start[k]), int(end[k])))


def settlements(**at: tuple[float, float, float | None]) -> gpd.GeoDataFrame:
    rows = [
        {
            "place_id": name, "name": name, "kind": "town", "population": people,
            "side": "AA" if north < 0 else "BB", "depth_km": north,
            "geometry": Point(east * drawn.DEGREES_PER_KM, north * drawn.DEGREES_PER_KM),
        }
        for name, (east, north, people) in at.items()
    ]  # fmt: skip
    return schema.conform(pd.DataFrame(rows), "places")


def test_a_cut_edge_severs_a_settlement_from_every_crossing() -> None:
    places = PLACES | {"p": (30, 13), "q": (35, 15)}
    nodes, links = drawn.draw(places, *LINKS, "d-p", "p-q", "p-q", "t-z")
    towns = settlements(
        q=(35, 15.5, 900.0), r=(30, 13, None), off=(35, 30, 5.0), home=(10, 25, 7.0)
    )
    gates = crossings("x", "y")
    found = cut_edges_to_close(
        nodes, links, towns, gates, crossing_links(links, "x", "y"), ("AA", "BB")
    )
    # d-p alone leads to q and r; p-q is double; the ring has no bridge; z is a third country.
    assert [links["link_id"][row["rows"][0]] for row in found] == ["w9.0"]
    (edge,) = found
    assert edge["chokepoint_id"] == "cut_edge.road.w9.0"
    assert edge["severed_places"] == 2
    assert edge["severed_population"] == 900.0
    assert edge["severed_side"] == "BB"
    assert edge["severed_km"] == pytest.approx(2 * np.hypot(5, 2), rel=1e-6)
    assert edge["depth_km"] == 10.0


def test_a_settlement_along_a_link_lies_behind_it() -> None:
    """Towns where no road ends are no nodes: those on a dead end, and on the link itself, count."""
    places = PLACES | {"p": (30, 10), "q": (60, 10)}
    nodes, links = drawn.draw(places, *LINKS, "d-p", "p-q")
    towns = settlements(
        near=(24, 11, 10.0), far=(45, 9, 200.0), junction=(20, 10, 3000.0), end=(60, 10, 40000.0),
        ring=(4, 14, 500000.0),
    )  # fmt: skip
    gates = crossings("x", "y")
    joins = crossing_links(links, "x", "y")
    found = cut_edges_to_close(nodes, links, towns, gates, joins, ("AA", "BB"))
    by_link = {links["link_id"][row["rows"][0]]: row for row in found}
    assert {link: row["severed_population"] for link, row in by_link.items()} == {
        "w9.0": 40210.0, "w10.0": 40200.0
    }  # fmt: skip
    assert by_link["w9.0"]["severed_places"] == 3
    # The network behind d-p is p-q: the length of the closed link itself is not behind it.
    assert by_link["w9.0"]["severed_km"] == pytest.approx(30)


def test_a_settlement_at_the_near_end_of_a_link_does_not_lie_behind_it() -> None:
    places = PLACES | {"p": (30, 10)}
    near_m = snap.END_M / 2
    towns = settlements(here=(20 + near_m / 1000, 10, 1.0), there=(30 - near_m / 1000, 10, 20.0))
    for way in ("p-d", "d-p"):
        nodes, links = drawn.draw(places, *LINKS, way)
        joins = crossing_links(links, "x", "y")
        found = cut_edges_to_close(nodes, links, towns, crossings("x", "y"), joins, ("AA", "BB"))
        assert [row["severed_population"] for row in found] == [20.0]


def test_a_crossing_closes_the_links_that_meet_it_on_the_line() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS)
    gates = pd.concat([crossings("x"), crossings("y", status="closed")])
    (row,) = crossings_to_close(gates, crossing_links(links, "x", "y"), nodes, links)
    assert (row["kind"], row["depth_km"], row["name"]) == ("crossing", 0.0, "Gate x")
    assert sorted(links["link_id"].loc[row["rows"]]) == ["w3.0", "w5.0"]
    assert [(point.x, point.y) for point in row["geometry"]] == [(0.0, 0.0)]


def test_each_site_of_a_cut_is_one_chokepoint_of_the_least_depth() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS)
    variant = Variant("road", True, False)
    pairs = zones.zone_pairs(nodes, links, BORDER)
    found = profile(nodes, links, pairs, {}, variant)
    closed = cuts_to_close({variant: found}, links)
    assert all(len(row["rows"]) for row in closed)
    assert len({row["chokepoint_id"] for row in closed}) == len(closed)
    cuts = {int(row) for at in found for cut in (at.cut_from, at.cut_to) for row in cut}
    assert {int(k) for row in closed for k in row["rows"]} == cuts


def test_a_closed_crossing_holds_nothing_together() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS)
    towns = settlements(far=(10, 25, 1.0))
    joins = crossing_links(links, "x", "y")
    gates = pd.concat([crossings("x"), crossings("y", status="closed")])
    found = cut_edges_to_close(nodes, links, towns, gates, joins, ("AA", "BB"))
    # From x two ways lead round the ring s-a-x-c-t-d-y-b: no single link severs.
    assert found == []
    nodes, links = drawn.draw(PLACES, *LINKS[:-1])
    found = cut_edges_to_close(nodes, links, towns, gates, joins, ("AA", "BB"))
    assert {links["link_id"][row["rows"][0]] for row in found} == {"w5.0", "w7.0"}


def test_a_post_closes_the_links_at_its_node() -> None:
    _, links = drawn.draw(PLACES, *LINKS)
    rows = [
        {"post_id": name, "kind": "checkpoint", "name": name, "mode": mode, "node_id": node,
         "side": "AA", "depth_km": -10.0, "hours": None, "since_year": None,
         "geometry": Point(0, 0)}
        for name, mode, node in (("on", "road", "a"), ("beside", None, None), ("lost", "rail", "a"))
    ]  # fmt: skip
    found = posts_to_close(schema.conform(pd.DataFrame(rows), "posts"), links)
    assert [row["chokepoint_id"] for row in found] == ["post.road.on"]
    assert set(links["link_id"].iloc[found[0]["rows"]]) == {"w1.0", "w3.0"}
