"""F(D) by depth, mode and direction, its cuts and cordons, on networks drawn by hand."""

from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from shapely.geometry import LineString

from pipeline.core.borderfile import BorderFile
from pipeline.measures.depth import Found, Variant, network, profile, sizes
from pipeline.network import target_part, zones
from pipeline.stages import chokepoints
from tests import drawn
from tests.two_roads import BORDER, LINKS, PLACES, Places


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


def test_every_choice_of_mode_direction_and_transit_has_a_profile() -> None:
    choices = product(("road", "rail", "foot"), (True, False), (True, False))
    assert set(profiles(*LINKS)) == {Variant(*choice) for choice in choices}


def test_a_link_counts_as_cut_or_cut_edge_in_its_own_mode() -> None:
    """Of the chokepoints, cut edges alone are marked; a road that is cut on foot alone is not."""
    nodes, links = drawn.draw(PLACES, *LINKS, "a-x restricted", "x-c restricted")
    pairs = zones.zone_pairs(nodes, links, BORDER)
    found = chokepoints.all_profiles(nodes, links, pairs, BORDER)
    rows = [{"kind": kind, "rows": np.array([row])} for kind, row in (("cut_edge", 0), ("cut", 1))]
    cut_links = chokepoints.link_cuts(found, rows, links).set_index("link_id")
    assert cut_links.index[cut_links["is_cut_edge"]].tolist() == ["w1.0"]
    assert cut_links.index[cut_links["in_min_cut"]].tolist() == [f"w{n}.0" for n in range(1, 9)]


def test_where_nothing_joins_the_zones_there_is_no_site_to_close() -> None:
    nodes, links = drawn.draw(PLACES, "s-a", "a-x", "y-d", "d-t")
    pairs = zones.zone_pairs(nodes, links, BORDER)
    found = chokepoints.all_profiles(nodes, links, pairs, BORDER)
    roads = chokepoints.site_merges(found, links).query("mode == 'road'")
    assert set(roads["min_cut_sites"]) == {0}


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
    # On foot, one-way tags do not apply.
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


@pytest.mark.parametrize("east_km", [0, 9000])
def test_ground_150_km_apart_is_one_part_and_ground_only_shrinks(east_km: float) -> None:
    border = replace(BORDER, depths_km=(10.0, 25.0, 50.0))
    at: Places = {"a": (0, 25), "b": (130, 25), "c": (330, 60), "d": (0, 10), "e": (330, 10)}
    places: Places = {name: (x + east_km, y) for name, (x, y, *_) in at.items()}
    nodes, links = drawn.draw(places, "a-d", "b-d", "c-e")
    nodes = nodes.set_index("node_id", drop=False)
    target = (east_km * drawn.DEGREES_PER_KM, 0.5)
    parts = target_part.target_parts(nodes, links, border.depths_km, target)
    members = {depth: set(nodes["node_id"][part]) for depth, part in parts.items()}
    # e joins no other at 10 km: the nearest is 200 km off, and links do not make land.
    assert members == {10.0: {"a", "b", "d"}, 25.0: {"a", "b"}, 50.0: set()}


def test_a_road_makes_land_of_what_it_passes() -> None:
    places: Places = {"a": (0, 25), "b": (600, 25)}
    for words, members in (("a-b", {"a", "b"}), ("a-b closed", set())):
        nodes, links = drawn.draw(places, words, "a-a", "b-b")
        (part,) = target_part.target_parts(nodes, links, (10.0,), (0.0, 0.2)).values()
        assert set(nodes["node_id"][part]) == (members or {"a"})


def test_links_of_third_countries_and_links_that_lead_there_are_left_out() -> None:
    places = PLACES | {"w": (40, 0)}
    words = (*LINKS, "b-z", "z-w", "y-w", "x-y")
    nodes, links = drawn.draw(places, *words)
    links = links.set_index("link_id", drop=False)
    links.loc["w12.0", "side"] = "CC"  # x-y, along the line, on the third country's ground
    links.loc["w9.0", "side"] = "AA"  # b-z, which ends beyond
    kept = network(nodes, links, ("AA", "BB"), Variant("road", True, False))
    assert set(kept.index) == {*(f"w{number}.0" for number in range(1, 9)), "w11.0"}
    every = network(nodes, links, ("AA", "BB"), Variant("road", True, True))
    assert len(every) == len(words)


def test_sizes_alone_are_those_of_the_profile() -> None:
    short = replace(BORDER, reach_km={"BB": 20.0})
    nodes, links = drawn.draw(PLACES, *LINKS)
    variant = Variant("road", True, False)
    pairs = zones.zone_pairs(nodes, links, short)
    found = sizes(nodes, links, pairs, short.reach_km, variant)
    assert found == {-25.0: 2, -10.0: 2, 10.0: 2, 25.0: None}
    shallow = replace(BORDER, reach_km={"AA": 20.0})
    pairs_there = zones.zone_pairs(nodes, links, shallow)
    found = sizes(nodes, links, pairs_there, shallow.reach_km, variant)
    assert found == {-25.0: None, -10.0: 2, 10.0: 2, 25.0: 2}
    (absent,) = [at for at in profile(nodes, links, pairs, short.reach_km, variant)
                 if at.min_cut_links is None]  # fmt: skip
    lists = (absent.cut_from, absent.cut_to, absent.in_some_cut, absent.paths)
    assert [len(rows) for rows in lists] == [0, 0, 0, 0]


def test_a_witness_is_drawn_the_way_it_is_walked() -> None:
    """Without the point that links share; a path of no length keeps its two ends."""
    shapes = ([(0, 0), (1, 0), (2, 0)], [(4, 0), (2, 0)], [(4, 0), (5, 0)], [(7, 7), (7, 7)])
    links = gpd.GeoDataFrame(
        {"length_m": [2.0, 2.0, 1.0, 0.0]}, geometry=[LineString(one) for one in shapes], crs=4326
    )
    steps = pd.DataFrame(
        {"seq": [1, 2, 1, 1], "row": [0, 1, 2, 3], "forward": [True, False, True, True],
         "path_no": [1, 1, 2, 3]}
    ).assign(mode="road", directed=True, depth_km=10.0)  # fmt: skip
    found = chokepoints.witness_paths(steps, links)
    assert [shapely.get_coordinates(line).tolist() for line in found.geometry] == [
        [[0, 0], [1, 0], [2, 0], [4, 0]], [[4, 0], [5, 0]], [[7, 7], [7, 7]],
    ]  # fmt: skip
    assert found["length_m"].tolist() == [4.0, 1.0, 0.0]
    assert found["path_no"].tolist() == [1, 2, 3]


def test_lanes_of_a_one_way_road_count_either_way_where_tags_do_not_bind() -> None:
    found = profiles("x>a x3", "x-c x8")
    assert found[Variant("road", False, False)][10.0].min_cut_lanes == 3
    assert found[Variant("road", True, False)][10.0].min_cut_lanes == 0


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
