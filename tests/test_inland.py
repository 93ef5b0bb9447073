"""The way round cuts and posts between the interiors: drawn answers, networkx as the oracle."""

import math
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import get_coordinates

from pipeline.core import schema
from pipeline.core.frames import records
from pipeline.travel import free_arcs, interior_detour, mode_network
from tests import drawn
from tests.test_routing import border_file, cross

Places = dict[str, tuple[float, float] | tuple[float, float, str]]
Row = dict[str, Any]
# Two roads from ground in AA (10 km deep and more) to ground in BB, joined 20 km deep.
PLACES: Places = {
    "a": (0, -10), "c1": (0, 0), "m": (0, 20), "z": (0, 25), "b": (0, 50), "n": (8, 22),
    "c2": (60, 0), "q": (60, 20), "e": (60, -10),
}  # fmt: skip


def round_way(
    where: Places, ways: tuple[str, ...], kind: str, depth_km: float, *closed: str
) -> tuple[Row, mode_network.Network]:
    """The bypass of one chokepoint: the links given as drawn."""
    nodes, links = drawn.draw(where, *ways)
    gates = {f"x{name[1:]}": name for name in where if name.startswith("c")}
    tables = cross(nodes, links, gates, x2="official")
    border = border_file()
    net = mode_network.assemble(nodes, links, *tables, "road", border)
    chokepoint = pd.DataFrame([{"chokepoint_id": "k", "kind": kind, "depth_km": depth_km}])
    ids = [f"w{ways.index(way) + 1}.0" for way in closed]
    parts = interior_detour.parts(nodes, links, border)
    pairs = interior_detour.by_depth(nodes, parts, border)
    joins = pd.DataFrame({"chokepoint_id": "k", "link_id": ids})
    terms = free_arcs.free(net, border, schema.empty("posts"))
    return interior_detour.round_ways(net, terms, pairs, chokepoint, joins)[0], net


def test_the_way_round_a_post_joins_the_same_two_ends() -> None:
    ways = ("a-c1", "c1-m", "m-z", "z-b", "m-n", "n-z")
    row, _ = round_way(PLACES, ways, "post", 21.0, "m-z")
    # Ground behind a post 21 km deep lies 25 km deep: from a to z is 35 km.
    assert row["direct_minutes"] == pytest.approx(35)
    way = math.hypot(8, 2) + math.hypot(8, 3)
    assert row["bypass_minutes"] == pytest.approx(30 + way)
    assert row["extra_km"] == pytest.approx(way - 5)
    assert row["detour_ratio"] == pytest.approx((30 + way) / 35)
    assert (row["cut_off"], row["next_choice"], row["measured_by"]) == (False, "x1", "zones")


def test_a_way_round_by_another_crossing_takes_its_wait() -> None:
    ways = ("a-c1", "c1-m", "m-z", "a-e 60min", "e-c2", "c2-q track", "q-m 60min")
    row, _ = round_way(PLACES, ways, "cut", 25.0, "c1-m")
    assert row["direct_minutes"] == pytest.approx(35)
    assert row["next_choice"] == "x2"
    # The official crossing c2 is nearer to its own ground at e, but the traveller is at a.
    assert row["bypass_minutes"] == pytest.approx(60 + 10 + 20 + 30 + 60 + 5)
    assert row["uses_track"] and not row["uses_informal"]


def test_a_cut_without_a_way_round_cuts_off() -> None:
    row, _ = round_way(PLACES, ("a-c1", "c1-m", "m-z"), "cut", 25.0, "m-z")
    assert row["cut_off"] and row["bypass_minutes"] is None
    assert row["direct_minutes"] == pytest.approx(35)
    assert row["geometry"].is_empty


def test_what_no_way_passes_is_not_reported() -> None:
    ways = ("a-c1", "c1-m", "m-z", "m-n")
    row, _ = round_way(PLACES, ways, "post", 21.0, "m-n")
    assert row["direct_minutes"] is None and not row["cut_off"]
    no_ground, _ = round_way(PLACES, ways, "post", 60.0, "m-z")
    assert no_ground["direct_minutes"] is None and not no_ground["cut_off"]
    nowhere, _ = round_way(PLACES, ways, "post", math.nan, "m-z")
    assert nowhere["direct_minutes"] is None


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Places, tuple[str, ...], list[str]]:
    where: Places = {f"a{k}": (k * 9.0, -12.0 - k) for k in range(2)}
    where |= {f"m{k}": (k * 8.0, 3.0 + k) for k in range(draw(st.integers(1, 5)))}
    where |= {f"b{k}": (k * 7.0, 26.0 + k) for k in range(2)}
    where |= {f"c{k}": (k * 10.0, 0.0) for k in range(1, draw(st.integers(2, 4)))}
    beyond = [name for name in where if name[0] in "mbc"]
    near = [name for name in where if name[0] in "ac"]
    ways: list[str] = []
    for ends in (near, beyond, beyond, beyond):
        for _ in range(draw(st.integers(2, 6))):
            a, b = draw(st.sampled_from(ends)), draw(st.sampled_from(ends))
            if a != b:
                # Sums of different powers of two differ: no two ways take the same time.
                minutes = draw(st.integers(1, 50)) + 2.0 ** -(len(ways) + 1)
                ways.append(f"{a}{draw(st.sampled_from('->'))}{b} {minutes}min")
    ways += ["a0-c1 7.01min", "c1-m0 9.003min", "m0-b0 11.0007min"]
    closed = draw(st.lists(st.sampled_from(ways), min_size=1, max_size=3, unique=True))
    return where, tuple(ways), closed


@settings(max_examples=80, deadline=None)
@given(_cases())
def test_networkx_finds_the_same_ways_and_none_uses_what_it_avoids(
    case: tuple[Places, tuple[str, ...], list[str]],
) -> None:
    where, ways, closed = case
    row, net = round_way(where, ways, "cut", 25.0, *closed)
    whole, left = nx.MultiDiGraph(), nx.MultiDiGraph()
    whole.add_nodes_from(where)
    left.add_nodes_from(where)
    through = []
    for link in records(net.links):
        text = ways[int(link["link_id"][1:].split(".")[0]) - 1]
        # The wait at x2 stands on the BB side of c2.
        there, back = (link["from_node"], link["to_node"]), (link["to_node"], link["from_node"])
        at_c2 = "c2" in there and link["side"] == "BB"
        minutes = link["minutes"] + at_c2 * mode_network.OFFICIAL_WAIT_MINUTES
        for start, end in (there,) if link["oneway"] else (there, back):
            whole.add_edge(start, end, minutes=minutes)
            if text in closed:
                through.append((start, end, minutes))
            else:
                left.add_edge(start, end, minutes=minutes)
    known = math.inf
    out, out_ways = nx.multi_source_dijkstra(whole, {"a0", "a1"}, weight="minutes")
    back, back_ways = nx.multi_source_dijkstra(whole.reverse(), {"b0", "b1"}, weight="minutes")
    for a, b, minutes in through:
        if a in out and b in back and b not in out_ways[a][-2:-1] and a not in back_ways[b][-2:-1]:
            known = min(known, out[a] + minutes + back[b])
    if math.isinf(known):
        assert row["direct_minutes"] is None
        return
    assert row["direct_minutes"] == pytest.approx(known)
    shape = get_coordinates(row["geometry"]).round(9).tolist()
    if row["cut_off"]:
        assert shape == []
        return
    at = {tuple(point): name for name, point in zip(
        net.nodes["node_id"], get_coordinates(net.nodes.geometry).round(9).tolist(), strict=True
    )}  # fmt: skip
    stops = [at[tuple(point)] for point in shape]
    if not stops:
        assert row["bypass_minutes"] == 0
        return
    shortest = nx.dijkstra_path_length(left, stops[0], stops[-1], weight="minutes")
    assert row["bypass_minutes"] == pytest.approx(shortest)
    for start, end in zip(stops[::2], stops[1::2], strict=True):
        assert left.has_edge(start, end)
