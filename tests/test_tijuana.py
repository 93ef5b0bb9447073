"""The network of eastern Tijuana against OSMnx, an independent witness.

The extract holds no border, so the functions below the stage are tested on it, and the stage itself
must say what is missing. With the witness told which ways are alike, there is no difference at all;
as it comes, the only kind allowed is a node where a path goes on as a road, or a road closes to
walkers.
"""

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest

from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84
from pipeline.graph import flow
from pipeline.network import link_arcs, read
from pipeline.network import segments as pieces
from pipeline.network.contract import STAYS, nodes_and_links
from pipeline.network.way_table import way_table
from pipeline.stages.network import network
from tests import uncontracted

CHECKOUT = Path(__file__).parents[1]
RAW = CHECKOUT.parent / "shared" / "data" / "osm-tijuana-2018.osm"
FOOT = {"footway", "path", "steps", "cycleway", "pedestrian", "bridleway"}

pytestmark = pytest.mark.skipif(not RAW.is_file(), reason="the Tijuana extract is not here")

Arc = tuple[int, int]
Pair = tuple[nx.MultiDiGraph, nx.MultiDiGraph, pd.DataFrame, pd.DataFrame]


@cache
def ours() -> tuple[pd.DataFrame, pd.DataFrame]:
    extract = read.read(RAW)
    # The other engines measure the drawn line: no length that a way states is used.
    ways = way_table(extract, str(RAW))[0].assign(stretch=1.0)
    found = extract.vertices
    vertices = pd.DataFrame({"osm_id": found.osm_id, "lon": found.lon, "lat": found.lat})
    vertices = vertices.assign(**dict.fromkeys(STAYS, False), side="MX")
    vertices = vertices.assign(depth_km=np.nan, border_km=np.nan)
    segments = pieces.of_ways(extract.ways, ways["row"].to_numpy())
    nodes, links, _ = nodes_and_links(vertices, segments.assign(side="MX", third=False), ways)
    return nodes, links


def likeness(tags: dict[str, str]) -> str | None:
    """What a way is, found without the pipeline: rail, foot, road, or a road not to be walked."""
    highway = tags.get("highway", "").removesuffix("_link")
    if tags.get("railway") == "rail":
        return "rail"
    if highway in FOOT:
        return None if tags.get("foot") == "no" else "foot"
    no_walking = highway == "motorway" or tags.get("foot") == "no"
    kept = "roundabout" if tags.get("junction") in ("roundabout", "circular") else ""
    kept = "area" if tags.get("area") == "yes" else kept
    return f"{'road, no walking' if no_walking else 'road'} {kept}" if highway else None


def witness(folder: Path, *, rail: bool) -> nx.MultiDiGraph:
    """OSMnx's graph before simplifying: only the ways wanted, each edge with its likeness."""
    tree = ET.parse(RAW)
    root = tree.getroot()
    like: dict[int, str] = {}
    for way in root.findall("way"):
        tags = {tag.get("k", ""): tag.get("v", "") for tag in way.iter("tag")}
        kind = likeness(tags)
        if kind is None or (kind == "rail") != rail:
            root.remove(way)
        else:
            like[int(way.get("id", ""))] = kind
            if tags.get("highway") == "motorway" and "oneway" not in tags:
                ET.SubElement(way, "tag", k="oneway", v="yes")
    for relation in root.findall("relation"):
        root.remove(relation)
    tree.write(folder / "filtered.osm")
    graph = ox.graph_from_xml(folder / "filtered.osm", simplify=False, retain_all=True)
    for _, _, data in graph.edges(data=True):
        data["likeness"] = like[data["osmid"]]
    graph.remove_nodes_from(list(nx.isolates(graph)))
    return graph


def arcs_of_witness(graph: nx.MultiDiGraph) -> dict[Arc, list[float]]:
    """Geodesic lengths of the simplified graph's edges by their ends."""
    arcs: dict[Arc, list[float]] = {}
    for start, end, data in graph.edges(data=True):
        if "geometry" in data:
            course = np.array(data["geometry"].coords).T
        else:
            course = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (start, end)]).T
        arcs.setdefault((start, end), []).append(WGS84.line_length(*course))
    return arcs


def our_arcs(links: pd.DataFrame) -> dict[Arc, list[float]]:
    arcs: dict[Arc, list[float]] = {}
    for start, end, oneway, length_m in links[
        ["from_node", "to_node", "oneway", "length_m"]
    ].itertuples(index=False):
        ends = int(start[1:]), int(end[1:])
        arcs.setdefault(ends, []).append(length_m)
        if not oneway:
            arcs.setdefault(ends[::-1], []).append(length_m)
    return arcs


@pytest.fixture(scope="module", params=["road and foot", "rail"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The witness before and after simplifying, and our nodes and links of the same ways."""
    rail = request.param == "rail"
    raw = witness(tmp_path_factory.mktemp("witness"), rail=rail)
    simple = ox.simplify_graph(raw, edge_attrs_differ=["likeness"], remove_rings=False)
    nodes, links = ours()
    return (
        raw,
        simple,
        nodes[(nodes["mode"] == "rail") == rail],
        links[(links["mode"] == "rail") == rail],
    )


def numbers(nodes: pd.DataFrame) -> set[int]:
    return {int(node_id[1:]) for node_id in nodes["node_id"]}


def test_junctions_and_ends_are_the_same(pair: Pair) -> None:
    _, simple, nodes, _ = pair
    assert numbers(nodes) == set(simple.nodes)


def test_links_are_the_same_with_their_lengths_and_directions(pair: Pair) -> None:
    _, simple, _, links = pair
    mine, theirs = our_arcs(links), arcs_of_witness(simple)
    assert mine.keys() == theirs.keys()
    for arc, lengths_m in mine.items():
        assert sorted(lengths_m) == pytest.approx(sorted(theirs[arc]), rel=1e-4), arc


def test_the_witness_as_it_comes_only_lacks_nodes_where_ways_are_unlike(pair: Pair) -> None:
    raw, _, nodes, _ = pair
    simple = ox.simplify_graph(raw, remove_rings=False)
    assert set(simple.nodes) <= numbers(nodes)
    for node in numbers(nodes) - set(simple.nodes):
        edges = [*raw.in_edges(node, data=True), *raw.out_edges(node, data=True)]
        assert len({data["likeness"] for *_, data in edges}) == 2, node


def test_the_stage_says_that_the_extract_holds_no_border(tmp_path: Path) -> None:
    border_toml = CHECKOUT / "pipeline" / "borders" / "us-mx.toml"
    with pytest.raises(InputError, match="holds no way of the border") as caught:
        network(str(RAW), str(border_toml), str(tmp_path / "out"))
    assert str(RAW) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("directed", [True, False])
def test_a_minimum_cut_of_the_links_is_one_of_the_raw_ways(*, directed: bool) -> None:
    """From the western to the eastern third, over contracted links and over every stretch."""
    nodes, links = ours()
    nodes = nodes[nodes["mode"] != "rail"].reset_index(drop=True)
    links = links[(links["mode"] == "road") & (links["state"] == "open")]
    links = links[links["class"] != "restricted"].reset_index(drop=True)
    raw = uncontracted.without_border(RAW, barriers=False)
    numbered = [int(node[1:]) for node in nodes["node_id"]]
    met = np.isin(raw.ids, numbered)
    west, east = np.quantile(raw.lon_lat[:, 0], [1 / 3, 2 / 3])
    zones = (met & (raw.lon_lat[:, 0] < west), met & (raw.lon_lat[:, 0] > east))
    arcs = link_arcs.arcs(nodes, links, directed=directed)
    among = [np.isin(numbered, np.array(raw.ids)[zone]) for zone in zones]
    found = flow.solve(flow.between(arcs, *among)[0]).value
    assert uncontracted.cut(raw, *zones, directed=directed) == found > 1
