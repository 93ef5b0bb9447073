"""F(D), its cuts, paths and companions, and the kinds of chokepoint, on networks drawn by hand."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from shapely.geometry import LineString, Point

from pipeline.core import schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.graph.severed import severed
from pipeline.measures.chokepoint_kinds import cut_edges_to_close, posts_to_close
from pipeline.measures.cut_sites import sites
from pipeline.measures.depth import Found, Variant, network, profile
from pipeline.network import target_part, zones
from pipeline.stages import chokepoints
from tests import drawn
from tests.drawn import PASSED

Places = dict[str, tuple[float, float] | tuple[float, float, str]]
BORDER = BorderFile(
    border="drawn",
    name="Drawn",
    from_="AA",
    to="BB",
    corridor_km=100.0,
    through_km=1.0,
    origin_km=10.0,
    depths_km=(10.0, 25.0),
    target=(0.1, 0.5),
    anchors={"AA": ((0.1, -0.2),), "BB": ((0.1, 0.2),)},
    reach_km={},
    pairs=(),
)
TOML = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 100
depths_km = [10, 25]
target = [0.1, 0.5]
[anchors]
AA = [[0.1, -0.2]]
BB = [[0.1, 0.2]]
"""
#   s: deep in AA, a b: 10 deep, x y: on the line, c d: 10 deep in BB, t: 25 deep there.
PLACES: Places = {
    "s": (10, -25), "a": (0, -10), "b": (20, -10), "x": (0, 0), "y": (20, 0),
    "c": (0, 10), "d": (20, 10), "t": (10, 25), "z": (40, 5, "CC"),
}  # fmt: skip
LINKS = ("s-a", "s-b", "a-x", "b-y", "x-c", "y-d", "c-t", "d-t")


def profiles(
    *links: str, places: Places = PLACES, border: BorderFile = BORDER
) -> dict[Variant, dict[float, Found]]:
    nodes, table = drawn.draw(places, *links)
    pairs = zones.zone_pairs(nodes, table, border)
    found = chokepoints.all_profiles(nodes, table, pairs, border)
    return {
        variant: {depth.depth_km: depth for depth in depths} for variant, depths in found.items()
    }


def f(*links: str, mode: str = "road", **more: Any) -> dict[float, int | None]:
    """F(D) of the headline by depth."""
    directed, third_open = more.pop("directed", True), more.pop("third_open", False)
    found = profiles(*links, **more)[Variant(mode, directed, third_open)]
    return {depth: at.min_cut_links for depth, at in found.items()}


def why(*links: str, mode: str = "road", depth: float = 10.0, **more: Any) -> str | None:
    return profiles(*links, **more)[Variant(mode, True, False)][depth].why_absent


def test_two_roads_are_two_links_to_close_at_every_depth() -> None:
    assert f(*LINKS) == {-25.0: 2, -10.0: 2, 10.0: 2, 25.0: 2}


def test_a_bottleneck_behind_the_line_counts_from_its_depth_on() -> None:
    places = PLACES | {"m": (10, 15), "u": (10, 25)}
    narrow = ("s-a", "s-b", "a-x", "b-y", "x-c", "y-d", "c-m", "d-m", "m-u")
    assert f(*narrow, places=places) == {-25.0: 2, -10.0: 2, 10.0: 2, 25.0: 1}


def test_one_way_links_count_in_their_direction_only() -> None:
    links = ("s-a", "s-b", "a>x", "y>b", "x-c", "y-d", "c-t", "d-t")
    assert f(*links)[10.0] == 1
    assert f(*links, directed=False)[10.0] == 2
    # On foot a one-way tag binds nobody.
    assert f(*links, mode="foot")[10.0] == 2


def test_parallel_links_each_count() -> None:
    assert f("s-a", "a-x", "a-x", "a-x", "x-c", "x-c", "c-t", "c-t")[10.0] == 2


def test_only_open_links_of_the_mode_count() -> None:
    closed = f("s-a", "s-b", "a-x closed", "b-y", "x-c", "y-d", "c-t", "d-t restricted")
    assert closed == {-25.0: 1, -10.0: 1, 10.0: 1, 25.0: 0}
    assert f("s-a rail", "a-x rail", "x-c rail", "c-t rail", mode="rail")[25.0] == 1
    assert f("s-a rail", "a-x rail disused", "x-c rail", "c-t rail", mode="rail")[25.0] == 0


def test_restricted_roads_and_paths_count_on_foot_railways_do_not() -> None:
    links = ("a-x restricted", "x-c foot", "b-y rail", "y-d rail")
    assert f(*links, mode="foot")[10.0] == 1


def test_a_third_country_is_shut_in_the_headline_and_open_beside_it() -> None:
    links = (*LINKS, "b-z", "z-d")
    assert f(*links)[10.0] == 2
    assert f(*links, third_open=True)[10.0] == 3


def test_self_loops_and_zero_length_links_change_nothing() -> None:
    places = PLACES | {"x2": (0, 0)}
    links = ("s-a", "a-x", "x-x", "x-x2", "x2-c", "c-c", "c-t")
    assert f(*links, places=places) == {-25.0: 1, -10.0: 1, 10.0: 1, 25.0: 1}


def test_a_network_of_one_single_link() -> None:
    nodes, links = drawn.draw({"a": (0, -30), "b": (0, 30)}, "a>b")
    pairs = zones.zone_pairs(nodes, links, BORDER)
    for found in chokepoints.all_profiles(nodes, links, pairs, BORDER)[
        Variant("road", True, False)
    ]:
        assert found.min_cut_links == 1
        assert found.cut_from.tolist() == found.cut_to.tolist() == found.in_some_cut.tolist() == [0]


def test_zero_only_where_both_grounds_hold_network_and_nothing_joins_them() -> None:
    assert f("s-a", "c-t") == {-25.0: 0, -10.0: 0, 10.0: 0, 25.0: 0}


def test_why_f_is_absent() -> None:
    assert why(*LINKS, mode="rail") == "no open railway"
    assert why("x-c", "c-t") == "no road lies 10 km deep on the AA side"
    assert why("a-x", "x-c", depth=25.0) == "no road lies 25 km deep on the BB side"
    assert why("a-x", "x-c", depth=-25.0) == "no road lies 25 km deep on the AA side"
    short = replace(BORDER, reach_km={"BB": 20.0})
    assert why(*LINKS, depth=25.0, border=short) == "data on the BB side reach 20 km"
    assert why(*LINKS, depth=-25.0, border=short) is None
    assert f(*LINKS, border=short) == {-25.0: 2, -10.0: 2, 10.0: 2, 25.0: None}
    shorter = replace(BORDER, reach_km={"AA": 5.0})
    assert why(*LINKS, depth=-10.0, border=shorter) == "data on the AA side reach 5 km"
    stub = why("x-c", "c-t", depth=10.0, border=shorter)
    assert stub == "no road has an open end on the AA side, where the data end"


def test_open_ends_are_the_origin_zone_where_the_data_end_before_it() -> None:
    """Two stubs lead into the line, one ends 4 km before it, one is a dead end 2 km before it."""
    places = PLACES | {"stub": (0, -4), "dead": (9, -2)}
    nodes, links = drawn.draw(places, "stub-x", "dead-x", "x-c", "c-t", "c-t")
    nodes["open_ended"] = nodes["node_id"] == "stub"
    shorter = replace(BORDER, reach_km={"AA": 5.0})
    used = network(nodes, links, ("AA", "BB"), Variant("road", True, False))
    found = {
        at.depth_km: at
        for at in profile(
            nodes, used, zones.zone_pairs(nodes, links, shorter), shorter.reach_km,
            Variant("road", True, False),
        )
    }  # fmt: skip
    assert (found[25.0].min_cut_links, found[25.0].is_upper_bound) == (1, True)
    assert (found[-25.0].min_cut_links, found[-25.0].cordon_links) == (None, None)
    assert found[-25.0].why_absent == "data on the AA side reach 5 km"


PENINSULA: Places = PLACES | {
    "far": (400, 25), "v": (400, 10), "m": (200, 10),
}  # fmt: skip


def test_deep_ground_off_the_target_s_land_is_no_goal_but_may_be_passed() -> None:
    # Two ways into the peninsula in the east, one to the target's land in the west.
    links = ("a-x", "x-c", "c-t", "c-m", "c-m", "m-v", "m-v", "v-far", "v-far")
    assert f(*links, places=PENINSULA)[25.0] == 1
    east = replace(BORDER, target=(3.6, 0.3))
    assert f(*links, "a-x", "x-c", places=PENINSULA, border=east)[25.0] == 2
    reason = why("a-x", "x-c", "c-t", "c-m rail", "m-v rail", "v-far rail", "x-c rail", "a-x rail",
                 mode="rail", depth=25.0, places=PENINSULA)  # fmt: skip
    assert reason == "no railway lies 25 km deep on the BB side towards the target"
    # Ground missing on the other side has no target.
    reason = why("c-t rail", "c-m rail", "m-v rail", "v-far rail", mode="rail", depth=25.0,
                 places=PENINSULA)  # fmt: skip
    assert reason == "no railway lies 10 km deep on the AA side"


def test_ground_150_km_apart_is_one_part_and_ground_only_shrinks() -> None:
    border = replace(BORDER, depths_km=(10.0, 25.0, 50.0))
    places: Places = {"a": (0, 25), "b": (130, 25), "c": (330, 60), "d": (0, 10), "e": (330, 10)}
    nodes, links = drawn.draw(places, "a-d", "b-d", "c-e")
    nodes = nodes.set_index("node_id", drop=False)
    parts = target_part.target_parts(nodes, links, border.depths_km, (0.0, 0.5))
    members = {depth: set(nodes["node_id"][part]) for depth, part in parts.items()}
    # e joins no other at 10 km: the nearest is 200 km off, and links do not make land.
    assert members == {10.0: {"a", "b", "d"}, 25.0: {"a", "b"}, 50.0: set()}


def test_lanes_are_counted_in_the_direction_that_they_are_passed() -> None:
    links = ("a>x x3", "b-y x4", "x-c x6", "y-d x5")
    found = profiles(*links)
    assert found[Variant("road", True, False)][10.0].min_cut_lanes == 3 + 2
    assert found[Variant("foot", True, False)][10.0].min_cut_lanes is None


def test_cuts_nearest_either_interior() -> None:
    links = drawn.draw(PLACES, *LINKS)[1]
    found = profiles(*LINKS)[Variant("road", True, False)][10.0]
    assert set(links["link_id"].iloc[found.cut_from]) == {"w3.0", "w4.0"}
    assert set(links["link_id"].iloc[found.cut_to]) == {"w5.0", "w6.0"}
    assert set(links["link_id"].iloc[found.in_some_cut]) == {"w3.0", "w4.0", "w5.0", "w6.0"}


def test_the_cordon_counts_links_over_its_line_towards_the_to_side() -> None:
    found = profiles(*LINKS, "y>b", "d>y", "t>c", "x-y")[Variant("road", True, False)]
    assert {depth: at.cordon_links for depth, at in found.items()} == {
        -25.0: 2, -10.0: 2, 10.0: 2, 25.0: 0
    }  # fmt: skip


depths = st.sampled_from((-30.0, -25.0, -12.0, -10.0, -4.0, 4.0, 10.0, 18.0, 25.0, 30.0))


@st.composite
def borders(draw: st.DrawFn) -> tuple[Places, list[str]]:
    """Nodes at random depths, two or three of them on the line, and links that do not jump it."""
    at = draw(st.lists(depths, min_size=4, max_size=9))
    places: Places = {f"n{k}": (3.0 * k, depth) for k, depth in enumerate(at)}
    places |= {f"x{k}": (5.0 * k, 0.0) for k in range(draw(st.integers(2, 3)))}
    name = st.sampled_from(sorted(places))
    pairs = draw(st.lists(st.tuples(name, name, st.sampled_from("->")), min_size=3, max_size=18))
    links = [f"{a}{arrow}{b}" for a, b, arrow in pairs if places[a][1] * places[b][1] >= 0]
    return places, links


@settings(max_examples=40, deadline=None)
@given(borders())
def test_laws_of_the_profile(case: tuple[Places, list[str]]) -> None:
    places, links = case
    if not links:
        return
    nodes, table = drawn.draw(places, *links)
    pairs = zones.zone_pairs(nodes, table, BORDER)
    found = chokepoints.all_profiles(nodes, table, pairs, BORDER)
    for variant in (Variant("road", True, False), Variant("road", False, False)):
        by_depth = {at.depth_km: at for at in found[variant]}
        for near, far in ((10.0, 25.0), (-10.0, -25.0)):
            here, there = by_depth[near].min_cut_links, by_depth[far].min_cut_links
            if here is not None and there is not None:
                assert there <= here
        for at in by_depth.values():
            if at.min_cut_links is None:
                assert at.why_absent
                continue
            assert len(at.paths) == len(at.cut_from) == len(at.cut_to) == at.min_cut_links
            # Every path passes the lines from its origin to short of where it may end.
            passed = [d for d in by_depth if min(-10.0, at.depth_km) <= d < max(10.0, at.depth_km)]
            cordons = [by_depth[d].cordon_links for d in passed]
            assert all(at.min_cut_links <= cordon for cordon in cordons if cordon is not None)
            assert {*at.cut_from, *at.cut_to} <= set(at.in_some_cut)


@settings(max_examples=40, deadline=None)
@given(borders())
def test_the_border_turned_round_swaps_the_signs(case: tuple[Places, list[str]]) -> None:
    places, links = case
    if not links:
        return
    turned: Places = {name: (where[0], -where[1]) for name, where in places.items()}
    back = [f"{b}{arrow}{a}" for a, arrow, b in (_parts(link) for link in links)]
    # The target decides nothing here: all deep ground is one part.
    assert headline_f(places, links) == {-d: v for d, v in headline_f(turned, back).items()}


def headline_f(places: Places, links: list[str]) -> dict[float, int | None]:
    """F(D) by road alone: what `f` finds, without the other profiles."""
    nodes, table = drawn.draw(places, *links)
    variant = Variant("road", directed=True, third_open=False)
    used = network(nodes, table, ("AA", "BB"), variant)
    pairs = zones.zone_pairs(nodes, table, BORDER)
    found = profile(nodes, used, pairs, BORDER.reach_km, variant)
    return {at.depth_km: at.min_cut_links for at in found}


def _parts(link: str) -> tuple[str, str, str]:
    arrow = ">" if ">" in link else "-"
    a, b = link.split(arrow)
    return a, arrow, b


def line(*points: tuple[float, float], ends: tuple[str, str]) -> dict[str, Any]:
    return {"geometry": LineString(points), "from_node": ends[0], "to_node": ends[1]}


def site_numbers(*lines: dict[str, Any]) -> list[int]:
    numbers: list[int] = sites(gpd.GeoDataFrame(list(lines), crs=schema.CRS)).tolist()
    return numbers


@pytest.mark.parametrize("latitude", [0.0, 60.0])
def test_links_nearer_than_250_m_are_one_site_and_chain(latitude: float) -> None:
    east = drawn.DEGREES_PER_KM / np.cos(np.radians(latitude))

    def road(km: float, name: str) -> dict[str, Any]:
        north = latitude + 5 * drawn.DEGREES_PER_KM
        return line((km * east, latitude), (km * east, north), ends=(name, f"{name}'"))

    assert site_numbers(road(0, "a"), road(0.24, "b"), road(0.48, "c"), road(0.75, "d")) == [
        0,
        0,
        0,
        1,
    ]
    assert site_numbers(road(0, "a"), road(0.26, "b")) == [0, 1]


def test_links_that_share_a_node_are_one_site() -> None:
    assert site_numbers(
        line((0, 0), (1, 1), ends=("a", "b")),
        line((5, 5), (6, 6), ends=("c", "d")),
        line((1, 1), (2, 0), ends=("b", "e")),
    ) == [0, 1, 0]


def test_no_links_are_no_sites() -> None:
    assert len(sites(drawn.draw(PLACES, "s-a")[1].iloc[:0])) == 0


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


def crossings(*nodes: str, mode: str = "road", status: str = "official") -> gpd.GeoDataFrame:
    rows = [
        {
            "crossing_id": f"{mode}.{node}", "mode": mode, "name": f"Gate {node}", "status": status,
            "counted": True, "class": "primary", "n_links": 1, "lanes": 2, "border_km": 0.0,
            "span_m": 0.0, **PASSED, "walkable": True, "geometry": Point(0, 0),
        }
        for node in nodes
    ]  # fmt: skip
    return schema.conform(pd.DataFrame(rows), "crossings")


def crossing_links(links: pd.DataFrame, *nodes: str, mode: str = "road") -> pd.DataFrame:
    rows = [
        {"crossing_id": f"{mode}.{node}", "link_id": link.link_id, "node_id": node}
        for node in nodes
        for link in links.itertuples()
        if node in (link.from_node, link.to_node)
    ]
    return schema.conform(pd.DataFrame(rows), "crossing_links")


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
    places = PLACES | {"p": (30, 10), "q": (35, 12)}
    nodes, links = drawn.draw(places, *LINKS, "d-p", "p-q", "p-q", "t-z")
    towns = settlements(
        q=(35, 12.5, 900.0), r=(30, 10, None), off=(35, 30, 5.0), home=(10, 25, 7.0)
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


def stage(
    folder: Path,
    *links: str,
    posts: dict[str, str] | None = None,
    places: Places = PLACES,
    shapes: dict[str, LineString] | None = None,
) -> Path:
    """The folder that the stage writes for the links, crossings at x and y, posts at nodes.

    `shapes` redraw links by their id.
    """
    nodes, table = drawn.draw(places, *links)
    for link_id, shape in (shapes or {}).items():
        table.loc[table["link_id"] == link_id, "geometry"] = shape
    rows = [
        {"post_id": name, "kind": kind, "name": name, "mode": "road", "node_id": name,
         "side": "AA", "depth_km": None, "hours": None, "since_year": None,
         "geometry": Point(0, 0)}
        for name, kind in (posts or {}).items()
    ]  # fmt: skip
    guards = schema.conform(pd.DataFrame(rows), "posts")
    tables = {"nodes": nodes, "links": table, "places": schema.empty("places"), "posts": guards}
    tables |= {"reach": schema.empty("reach"), "post_nodes": drawn.post_nodes(guards)}
    store.write(folder / "network", tables)
    joins = crossing_links(table, "x", "y")
    gates = crossings(*(key.removeprefix("road.") for key in sorted(set(joins["crossing_id"]))))
    store.write(folder / "crossings", {"crossings": gates, "crossing_links": joins})
    (folder / "drawn.toml").write_text(TOML, encoding="utf-8")
    out = folder / "chokepoints"
    inputs = (folder / "network", folder / "crossings", folder / "drawn.toml", out)
    chokepoints.chokepoints(*map(str, inputs))
    return out


def headline(out: Path) -> pd.DataFrame:
    table = store.read(out, "cordons")
    shown = table[(table["mode"] == "road") & table["directed"] & ~table["third_open"]]
    return shown.set_index("depth_km")


def stated(out: Path) -> list[int | None]:
    """F(D) by rising depth as the stage wrote it."""
    return [None if pd.isna(f) else int(f) for f in headline(out)["min_cut_links"]]


def test_unguarded_routes_are_those_that_meet_no_post(tmp_path: Path) -> None:
    out = stage(tmp_path, *LINKS, posts={"x": "border_control", "y": "toll"})
    assert headline(out)["min_cut_links"].tolist() == [2, 2, 2, 2]
    assert headline(out)["unguarded_links"].tolist() == [1, 1, 1, 1]
    paths = store.read(out, "unguarded_paths")
    paths = paths[(paths["mode"] == "road") & (paths["depth_km"] == 25.0)]
    assert paths["link_ids"].tolist() == ["w4.0 w6.0 w8.0"]


def test_no_unguarded_route_is_zero_not_absent(tmp_path: Path) -> None:
    out = stage(tmp_path, "a-x", "x-c", posts={"x": "customs"})
    assert headline(out)["unguarded_links"].tolist()[1:3] == [0, 0]
    assert headline(out)["unguarded_links"].isna().tolist() == [True, False, False, True]


def test_the_second_line_ignores_the_line(tmp_path: Path) -> None:
    # A third road sets out behind the line, 10 km deep.
    out = stage(tmp_path, *LINKS, "c-t")
    assert headline(out).loc[25.0, ["min_cut_links", "second_line_links"]].tolist() == [2, 3]
    assert headline(out)["second_line_links"].isna().tolist() == [True, True, True, False]


def test_sites_by_what_is_taken_for_one_site(tmp_path: Path) -> None:
    places: Places = PLACES | {"b": (0.3, -10), "y": (0.3, 0), "d": (0.3, 10)}
    links = ("s-a", "s-b", "a-x", "b-y", "x-c", "y-d", "c-t", "d-t")
    table = store.read(stage(tmp_path, *links, places=places), "site_merges")
    at = table[(table["mode"] == "road") & (table["depth_km"] == 10.0)].set_index("merge_m")
    assert at["min_cut_sites"].to_dict() == {100: 2, 250: 2, 500: 1}
    assert table.loc[table["mode"] == "rail", "min_cut_sites"].isna().all()
    assert headline(tmp_path / "chokepoints").loc[10.0, "min_cut_sites"] == 2


def test_sensitivity_adds_one_kind_of_way_after_the_other(tmp_path: Path) -> None:
    out = stage(
        tmp_path, *LINKS, "a-x residential", "x-c residential", "a-x ferry", "x-c ferry",
        "a-x track", "x-c track", "b-y restricted", "y-d restricted", "c-t", "c-t", "c-t", "c-t",
        "a-x rail", "x-c rail disused",
    )  # fmt: skip
    table = store.read(out, "sensitivity")
    at = table[table["depth_km"] == 10.0].set_index("choice")["min_cut_links"]
    assert at.to_dict() == {
        "tertiary and above": 2, "minor roads too": 3, "ferries too": 4, "tracks too": 5,
        "restricted too": 6, "disused too": 1,
    }  # fmt: skip
    assert headline(out).loc[10.0, "min_cut_links"] == at["tracks too"]


def test_the_stage_writes_tables_that_agree(tmp_path: Path) -> None:
    out = stage(tmp_path, *LINKS, "b>y", posts={"a": "checkpoint"})
    links = store.read(tmp_path / "network", "links").set_index("link_id")
    paths, steps = store.read(out, "witness_paths"), store.read(out, "witness_links")
    for path in paths.itertuples():
        key = (steps["mode"] == path.mode) & (steps["directed"] == path.directed)
        key &= (steps["depth_km"] == path.depth_km) & (steps["path_no"] == path.path_no)
        passed = links.loc[steps.loc[key, "link_id"]]
        assert path.length_m == pytest.approx(passed["length_m"].sum())
        ends = np.where(steps.loc[key, "forward"], passed["from_node"], passed["to_node"])
        starts = shapely.get_point(path.geometry.geoms[0], 0)
        assert (starts.x / drawn.DEGREES_PER_KM, starts.y / drawn.DEGREES_PER_KM) == pytest.approx(
            PLACES[ends[0]][:2]
        )
        assert len(path.geometry.geoms) == 1
    table = store.read(out, "cordons")
    counts = paths.groupby(["mode", "directed", "depth_km"]).size()
    cuts = store.read(out, "cut_links").groupby(["mode", "directed", "depth_km", "end"]).size()
    for row in table[~table["third_open"] & (table["mode"] != "rail")].itertuples():
        key = (row.mode, row.directed, row.depth_km)
        assert counts[key] == cuts[(*key, "from")] == cuts[(*key, "to")] == row.min_cut_links
    found = store.read(out, "chokepoints")
    joins = store.read(out, "chokepoint_links").groupby("chokepoint_id")["link_id"]
    assert joins.agg(lambda ids: " ".join(sorted(ids))).to_dict() == dict(
        zip(found["chokepoint_id"], found["link_ids"], strict=True)
    )
    assert set(found["kind"]) == {"crossing", "cut", "post"}
    crossing = found.set_index("chokepoint_id").loc["crossing.road.x"]
    assert crossing["link_ids"] == "w3.0 w5.0"
    assert crossing["name"] == "Gate x"


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    first, second = stage(tmp_path / "1", *LINKS), stage(tmp_path / "2", *LINKS)
    for path in sorted(first.iterdir()):
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_two_networks_that_nothing_joins(tmp_path: Path) -> None:
    out = stage(tmp_path, "s-a", "a-x", "b-y", "y-d", "c-t", "d-t")
    # b leads nowhere deep but at 10 km, and t is reached from there alone.
    assert stated(out) == [0, 1, 1, 1]
    assert stated(stage(tmp_path / "apart", "s-a", "a-x", "y-d", "d-t")) == [0, 0, 0, 0]
    assert store.read(tmp_path / "apart" / "chokepoints", "witness_paths").empty


def test_no_road_on_one_side(tmp_path: Path) -> None:
    out = stage(tmp_path, "s-a", "a-x", "s-b", "b-y")
    assert stated(out) == [None] * 4
    assert set(headline(out)["why_absent"]) == {
        "no road lies 10 km deep on the BB side", "no road lies 25 km deep on the BB side",
    }  # fmt: skip
    assert stated(stage(tmp_path / "none", "s-a rail", "a-x rail")) == [None] * 4


def test_one_single_link_from_ground_to_ground(tmp_path: Path) -> None:
    # It must pass the line at a node; so this is two.
    places: Places = {"a": (0, -30), "x": (0, 0), "b": (0, 30)}
    out = stage(tmp_path, "a>x", "x>b", places=places)
    assert stated(out) == [1, 1, 1, 1]
    assert stated(stage(tmp_path / "one", "a>x", places=places)) == [None] * 4
    assert headline(tmp_path / "one" / "chokepoints")["why_absent"].notna().all()


def test_parallel_links_by_the_thousand(tmp_path: Path) -> None:
    n = 1500
    out = stage(tmp_path, "s-a", *["a-x"] * n, *["x-c"] * (n + 7), "c-t", "a-x track", "x-c foot")
    assert stated(out) == [1, n + 1, n + 1, 1]
    assert headline(out)["min_cut_sites"].tolist() == [1, 1, 1, 1]
    paths = store.read(out, "witness_paths").query("mode == 'road' and directed")
    assert paths.groupby("depth_km").size().to_dict() == {
        -25.0: 1, -10.0: n + 1, 10.0: n + 1, 25.0: 1
    }  # fmt: skip
    foot = store.read(out, "cordons").query("mode == 'foot' and directed and not third_open")
    assert foot.set_index("depth_km").loc[10.0, "min_cut_links"] == n + 1


def test_links_of_no_length_and_links_that_end_where_they_begin(tmp_path: Path) -> None:
    places = PLACES | {"a2": (0, -10), "x2": (0, 0)}
    out = stage(
        tmp_path, "s-a", "a-a2", "a2-x", "x-x", "x-x2", "x2-c", "c-c", "c-t", "t-t", places=places
    )
    assert stated(out) == [1, 1, 1, 1]
    cut = store.read(out, "cut_links").query("mode == 'road' and directed and depth_km == 10")
    loops = {"w4.0", "w7.0", "w9.0"}
    assert not set(cut["link_id"]) & loops
    marked = store.read(out, "link_cuts").query("in_min_cut")["link_id"]
    assert not set(marked) & loops
    assert {"w2.0", "w5.0"} & set(marked)


def test_a_link_of_200_000_vertices(tmp_path: Path) -> None:
    n = 200_000
    along = np.linspace(0, 10, n) * drawn.DEGREES_PER_KM
    winding = LineString(np.column_stack([1e-4 * (np.arange(n) % 2), along]))
    out = stage(tmp_path, "s-a", "a-x", "x-c", "c-t", shapes={"w3.0": winding})
    assert stated(out) == [1, 1, 1, 1]
    paths = store.read(out, "witness_paths").query("mode == 'road' and directed")
    vertices = shapely.get_num_coordinates(paths.set_index("depth_km").geometry)
    assert vertices.loc[10.0] > n
