"""Ways by one crossing: drawn networks with known answers, and networkx as the oracle."""

import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import schema
from pipeline.core.borderfile import BorderFile
from pipeline.travel import gate_matrices, mode_network, routing
from pipeline.travel.routing import Ways
from tests import drawn
from tests.drawn import PASSED

INF = math.inf


def border_file(**changed: object) -> BorderFile:
    facts: dict[str, object] = {
        "border": "aa-bb", "name": "A – B", "from_": "AA", "to": "BB", "corridor_km": 200.0,
        "through_km": 1.0, "origin_km": 10.0, "depths_km": (10.0, 25.0, 50.0),
        "target": (0.0, 1.0), "anchors": {}, "reach_km": {}, "pairs": (),
    }  # fmt: skip
    return BorderFile(**(facts | changed))  # type: ignore[arg-type]


def cross(
    nodes: pd.DataFrame, links: pd.DataFrame, groups: dict[str, str], **changed: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Crossings as drawn: `groups` maps a crossing to its nodes, `changed` a crossing to status."""
    rows, joins = [], []
    for crossing, members in groups.items():
        at = [node for node in members.split() if node in set(nodes["node_id"])]
        met = links[links["from_node"].isin(at) | links["to_node"].isin(at)]
        if met.empty:
            continue
        first = nodes.set_index("node_id").loc[at[0]]
        mode = "rail" if "rail" in set(met["mode"]) else "road"
        status = changed.get(crossing, "unmarked")
        rows.append({
            "crossing_id": crossing, "mode": mode, "name": crossing,
            "status": "unmarked" if status == "graze" else status, "counted": status != "graze",
            "class": "primary", "n_links": 1, "lanes": 2, "border_km": first["border_km"],
            "span_m": 0.0, **PASSED, "walkable": True, "geometry": first["geometry"],
        })  # fmt: skip
        for node in at:
            ids = met.loc[(met["from_node"] == node) | (met["to_node"] == node), "link_id"]
            joins += [{"crossing_id": crossing, "link_id": i, "node_id": node} for i in ids]
    joined = pd.DataFrame(joins).drop_duplicates(["crossing_id", "link_id"])
    return schema.conform(pd.DataFrame(rows), "crossings"), schema.conform(joined, "crossing_links")


def network(
    places: dict[str, tuple[float, float] | tuple[float, float, str]],
    *links: str,
    crossings: dict[str, str],
    mode: str = "road",
    **status: str,
) -> mode_network.Network:
    nodes, drawn_links = drawn.draw(places, *links)
    tables = cross(nodes, drawn_links, crossings, **status)
    return mode_network.assemble(nodes, drawn_links, *tables, mode, border_file())


def rows(net: mode_network.Network, *names: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    ids = net.nodes["node_id"].tolist()
    return np.array([ids.index(name) for name in names], dtype=np.int64)


def between(net: mode_network.Network, origin: str, destination: str) -> Ways:
    """The one pair's ways: a row by crossing."""
    to, on = (
        gate_matrices.to_gates(net, rows(net, origin)),
        gate_matrices.from_gates(net, rows(net, destination)),
    )
    zero = np.zeros(1, dtype=np.int64)
    return gate_matrices.by_crossing(net, to, on, (zero, zero))


def minutes(net: mode_network.Network, origin: str, destination: str) -> list[float]:
    """Minutes by each crossing, in order of id."""
    found = between(net, origin, destination).minutes[:, 0]
    for crossing, known in enumerate(found):
        way = routing.route(
            net, crossing, int(rows(net, origin)[0]), int(rows(net, destination)[0])
        )
        assert (way.minutes if way else INF) == pytest.approx(known)
    return [float(value) for value in found]


PLACES: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "a": (0, -30), "m": (50, -30), "b": (0, 30), "c1": (0, 0), "c2": (50, 0), "p": (50, 30),
}  # fmt: skip


def test_times_by_each_crossing_are_sums_of_two_sides() -> None:
    net = network(
        PLACES, "a-c1", "c1-b", "a-m", "m-c2", "c2-p", "p-b",
        crossings={"x1": "c1", "x2": "c2"},
    )  # fmt: skip
    assert minutes(net, "a", "b") == pytest.approx([60, 160])
    assert minutes(net, "m", "p") == pytest.approx([160, 60])


def test_the_wait_is_met_at_official_crossings_only() -> None:
    net = network(
        PLACES, "a-c1", "c1-b", "a-m", "m-c2", "c2-p", "p-b",
        crossings={"x1": "c1", "x2": "c2"}, x1="official",
    )  # fmt: skip
    assert minutes(net, "a", "b") == pytest.approx([60 + mode_network.OFFICIAL_WAIT_MINUTES, 160])


def test_no_way_passes_another_crossing() -> None:
    # The road along the line from x1 to x2 passes x2's node, and then back into AA to x3.
    places = {**PLACES, "c3": (100.0, 0.0), "q": (75.0, -5.0)}
    net = network(
        places, "a-c2", "c2-q", "q-c3", "c3-b", "c2-b",
        crossings={"x2": "c2", "x3": "c3"},
    )  # fmt: skip
    assert minutes(net, "a", "b")[1] == INF
    grazed = network(
        places, "a-c2", "c2-q", "q-c3", "c3-b",
        crossings={"x2": "c2", "x3": "c3"}, x2="graze",
    )  # fmt: skip
    assert len(minutes(grazed, "a", "b")) == 1
    assert minutes(grazed, "a", "b")[0] < INF


def test_no_way_leads_through_a_third_country_or_a_closed_link() -> None:
    places = {**PLACES, "t": (-20.0, -10.0, "CC")}
    net = network(
        places, "a-t", "t-c1", "c1-b", "a-c2 closed", "c2-b", crossings={"x1": "c1", "x2": "c2"}
    )
    assert minutes(net, "a", "b") == [INF, INF]


def test_one_way_tags_are_obeyed_at_a_dual_carriageway() -> None:
    # c1 leads out only, c2 in only, 20 m apart: one crossing, passed at c1.
    places = {**PLACES, "c2": (0.02, 0.0)}
    net = network(places, "a>c1", "c1>b", "b>c2", "c2>a", crossings={"x": "c1 c2"})
    assert minutes(net, "a", "b") == pytest.approx([60])
    assert minutes(net, "b", "a") == [INF]


def test_a_riverside_road_weaves_through_one_crossing() -> None:
    # AA – c1 – shallow BB – c2 – shallow AA – c3 – BB
    places = {
        "a": (0.0, -30.0), "b": (0.6, 30.0), "c1": (0.0, 0.0), "c2": (0.3, 0.0), "c3": (0.6, 0.0),
        "s": (0.15, 0.05), "u": (0.45, -0.05),
    }  # fmt: skip
    ways = ("a-c1", "c1-s 1min", "s-c2 1min", "c2-u 1min", "u-c3 1min", "c3-b")
    net = network(places, *ways, crossings={"x": "c1 c2 c3"})  # type: ignore[arg-type]
    assert minutes(net, "a", "b") == pytest.approx([64])
    found = between(net, "a", "b")
    assert found.km.tolist() == [[pytest.approx(60 + 4 * math.hypot(0.15, 0.05))]]
    # Of two nodes on the line the road may only touch the second.
    two = ("a-c1", "c1-s 1min", "s-c2 1min", "c2-b 30min")
    net = network(places, *two, crossings={"x": "c1 c2"})  # type: ignore[arg-type]
    assert minutes(net, "a", "b") == pytest.approx([62])


def test_of_equally_fast_ways_by_one_crossing_the_first_is_taken() -> None:
    net = network(PLACES, "a-c1", "c1-b", "a-c2", "c2-b", crossings={"x": "c1 c2"})
    to = Ways(np.array([[10.0, 10.0]]), np.array([[8.0, 9.0]]))
    on = Ways(np.array([[5.0], [5.0]]), np.array([[5.0], [5.0]]))
    zero = np.zeros(1, dtype=np.int64)
    found = gate_matrices.by_crossing(net, to, on, (zero, zero))
    assert (found.minutes.tolist(), found.km.tolist()) == ([[15.0]], [[13.0]])


def test_a_shallow_dip_is_part_of_the_own_side() -> None:
    # The road from a to q dips over the line at g1 and g2: a graze, and no crossing of its own.
    places = {
        "a": (-20.0, -30.0), "g1": (0.0, 0.0), "s": (0.5, 0.1), "g2": (1.0, 0.0), "q": (20.0, -5.0),
        "c": (20.0, 0.0), "b": (20.0, 30.0),
    }  # fmt: skip
    ways = ("a-g1", "g1-s", "s-g2", "g2-q", "q-c", "c-b")
    net = network(places, *ways, crossings={"g": "g1 g2", "x": "c"}, g="graze")  # type: ignore[arg-type]
    assert minutes(net, "a", "b")[0] < 100


def test_parallel_links_are_not_added_up() -> None:
    net = network(PLACES, "a-c1 40min", "a-c1 30min", "c1-b", crossings={"x1": "c1"})
    assert minutes(net, "a", "b") == pytest.approx([60])


def test_a_mode_without_links_has_no_crossings_and_no_ways() -> None:
    net = network(PLACES, "a-c1", "c1-b", crossings={"x1": "c1"}, mode="rail")
    assert len(net.links) == len(net.crossings) == len(net.gate_node) == 0
    assert minutes(net, "a", "b") == []


@st.composite
def _networks(draw: st.DrawFn) -> tuple[mode_network.Network, list[str], list[str]]:
    """Random two-sided networks with up to five single-node crossings."""
    side = st.integers(2, 6)
    sources = {f"a{k}": (k * 7.0, -20.0 - 5 * k) for k in range(draw(side))}
    targets = {f"b{k}": (k * 9.0, 15.0 + 4 * k) for k in range(draw(side))}
    gates = {f"c{k}": (k * 10.0, 0.0) for k in range(draw(st.integers(1, 5)))}
    links = []
    for here in (sources, targets):
        ends = st.sampled_from([*here, *gates])
        for _ in range(draw(st.integers(3, 14))):
            a, b = draw(ends), draw(ends)
            if a != b and not (a in gates and b in gates):
                links.append(f"{a}{draw(st.sampled_from('->'))}{b} {draw(st.integers(1, 60))}min")
    links += [f"{next(iter(sources))}-c0", f"c0-{next(iter(targets))}"]
    net = network({**sources, **targets, **gates}, *links, crossings={f"x{k}": k for k in gates})
    return net, list(sources), list(targets)


@settings(max_examples=60, deadline=None)
@given(_networks())
def test_networkx_finds_the_same_times_with_all_other_crossings_removed(
    case: tuple[mode_network.Network, list[str], list[str]],
) -> None:
    net, sources, targets = case
    to = gate_matrices.to_gates(net, rows(net, *sources))
    on = gate_matrices.from_gates(net, rows(net, *targets))
    i, j = (part.ravel() for part in np.indices((len(sources), len(targets))))
    found = gate_matrices.by_crossing(net, to, on, (i, j))
    whole = nx.MultiDiGraph()
    for link in net.links.itertuples():
        whole.add_edge(link.from_node, link.to_node, minutes=link.minutes)
        if not link.oneway:
            whole.add_edge(link.to_node, link.from_node, minutes=link.minutes)
    gates = set(net.nodes["node_id"].iloc[net.gate_node])
    for crossing in range(len(net.crossings)):
        own = set(net.nodes["node_id"].iloc[net.gate_node[net.gate_crossing == crossing]])
        only = whole.subgraph(set(whole) - (gates - own))
        for pair in range(len(i)):
            start, end = sources[i[pair]], targets[j[pair]]
            try:
                known = nx.dijkstra_path_length(only, start, end, weight="minutes")
            except (nx.NetworkXNoPath, nx.NodeNotFound):
                known = INF
            assert found.minutes[crossing, pair] == pytest.approx(known)
            way = routing.route(net, crossing, int(rows(net, start)[0]), int(rows(net, end)[0]))
            assert (way is None) == (known == INF)
            if way is not None:
                assert way.minutes == pytest.approx(known)
                assert net.links["minutes"].iloc[way.link].sum() == pytest.approx(known)
                km = net.links["length_m"].iloc[way.link].sum() / 1000
                assert found.km[crossing, pair] == pytest.approx(km) or _tied(only, start, end)


def _tied(only: nx.MultiDiGraph, start: str, end: str) -> bool:
    simple = nx.DiGraph()
    for a, b, minutes in only.edges(data="minutes"):
        if not simple.has_edge(a, b) or simple[a][b]["minutes"] > minutes:
            simple.add_edge(a, b, minutes=minutes)
    return len(list(nx.all_shortest_paths(simple, start, end, weight="minutes"))) > 1


def test_a_closed_crossing_is_no_gate_though_its_own_track_is_open() -> None:
    """Such as a railway that is open to the first station and disused behind it."""
    places: dict[str, tuple[float, float] | tuple[float, float, str]] = {
        "a": (0, -30), "c": (0, 0), "b": (0, 30), "d": (10, 0), "e": (10, 30),
    }  # fmt: skip
    ways = ("a-c rail", "c-b rail", "a-d rail", "d-e rail")
    closed = network(places, *ways, crossings={"x1": "c", "x2": "d"}, mode="rail", x1="closed")
    assert closed.crossings["crossing_id"].tolist() == ["x2"]
    assert len(closed.gate_node) == 1
