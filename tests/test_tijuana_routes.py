"""Routes in eastern Tijuana against networkx on OSMnx's graph, an independent router."""

import xml.etree.ElementTree as ET
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import pytest

from pipeline.core.geo import WGS84
from pipeline.graph.disjoint import Ends, Streets, disjoint
from pipeline.network import link_arcs, tags
from pipeline.travel import mode_network
from tests.test_tijuana import RAW, ours

pytestmark = pytest.mark.skipif(not RAW.is_file(), reason="the Tijuana extract is not here")
PAIRS, WAYS = 25, 6


def speeds() -> dict[int, float]:
    """Speed in km/h of each way that is an open road, by the same tables as ours."""
    found = {}
    for way in ET.parse(RAW).getroot().findall("way"):
        of_way = {tag.get("k", ""): tag.get("v", "") for tag in way.iter("tag")}
        for kind in tags.kinds(of_way):
            if kind.mode == "road" and kind.state == "open" and kind.class_ != "restricted":
                found[int(way.get("id", ""))] = kind.speed_kmh
    return found


def witness(folder: Path) -> nx.DiGraph:
    """Every vertex of OSMnx's graph, each step with its geodesic minutes and its own capacity."""
    by_way = speeds()
    tree = ET.parse(RAW)
    root = tree.getroot()
    for way in root.findall("way"):
        of_way = {tag.get("k", ""): tag.get("v", "") for tag in way.iter("tag")}
        if int(way.get("id", "")) not in by_way:
            root.remove(way)
        elif of_way.get("highway") == "motorway" and "oneway" not in of_way:
            ET.SubElement(way, "tag", k="oneway", v="yes")  # implied, which OSMnx does not know
    for relation in root.findall("relation"):
        root.remove(relation)
    tree.write(folder / "filtered.osm")
    raw = ox.graph_from_xml(folder / "filtered.osm", simplify=False, retain_all=True)
    found = nx.DiGraph()
    for start, end, data in raw.edges(data=True):
        a, b = raw.nodes[start], raw.nodes[end]
        metres = WGS84.inv(a["x"], a["y"], b["x"], b["y"])[2]
        minutes = metres / 1000 / by_way[data["osmid"]] * 60
        known = found.get_edge_data(start, end)
        if known is None:
            found.add_edge(start, end, minutes=minutes, capacity=1)
        else:
            quicker = min(minutes, known["minutes"])
            found.add_edge(start, end, minutes=quicker, capacity=known["capacity"] + 1)
    return found


def test_minutes_and_disjoint_routes_agree_with_an_independent_router(tmp_path: Path) -> None:
    nodes, links = ours()
    links = mode_network.usable(links, "road")
    arcs = link_arcs.arcs(nodes, links, directed=True)
    minutes = links["minutes"].to_numpy()[arcs.link]
    streets = Streets(len(nodes), arcs.tail, arcs.head, arcs.link, minutes)
    router = witness(tmp_path)
    random = np.random.default_rng(5)
    used = np.unique(arcs.tail)
    ids = nodes["node_id"].str[1:].astype(np.int64).to_numpy()
    reached = 0
    for pair in range(PAIRS):
        start, end = random.choice(used, 2, replace=False)
        ends = [Ends(np.array([node]), np.zeros(1)) for node in (start, end)]
        there = nx.has_path(router, ids[start], ids[end])
        found = disjoint(streets, *ends, most=None if pair < WAYS else 1)
        assert bool(len(found.total)) == there
        if there:
            reached += 1
            known = nx.dijkstra_path_length(router, ids[start], ids[end], weight="minutes")
            assert found.total[0] == pytest.approx(known, rel=1e-3)
            if pair < WAYS:
                most = nx.maximum_flow_value(router, ids[start], ids[end])
                assert len(found.total) == most
    assert reached > PAIRS / 2
