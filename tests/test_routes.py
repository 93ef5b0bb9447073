"""Routes between cities on either side and what evading posts costs, on drawn borders."""

from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest

from pipeline.core import borderfile, schema, store
from pipeline.stages import crossings, network, routes
from pipeline.travel import data_edge, free_arcs, mode_network
from pipeline.travel.assemble import travel
from tests import drawn
from tests.test_closures_real import LIECHTENSTEIN, ROOT, SHARED
from tests.test_demand import places
from tests.test_routing import cross
from tests.travelled import travelled

BORDER = """
name = "A – B"
from = "AA"
to = "BB"
corridor_km = 200
target = [0.0, 0.5]
anchors = {{ AA = [[0.0, -0.5]], BB = [[0.0, 0.5]] }}
[[pairs]]
name = "A – B"
origin = [{a[0]}, {a[1]}]
destination = [{b[0]}, {b[1]}]
"""
Places = dict[str, tuple[float, float] | tuple[float, float, str]]
PLACES: Places = {
    "a": (0, -60), "b": (0, 60), "c1": (0, 0), "c2": (40, 0), "c3": (80, 0), "post": (40, 40),
}  # fmt: skip
WAYS = ("a-c1", "c1-b", "a-c2", "c2-post", "post-b", "a-c3", "c3-b track")
SETTLED = (("A", 0.0, -60.0, "town", 1000.0), ("B", 0.0, 60.0, "town", 1000.0))


def run(
    folder: Path, *ways: str, far: bool = False, post: bool = True, **status: str
) -> dict[str, pd.DataFrame]:
    """The stage's tables; the cities lie at a and b, or (`far`) far beyond them."""
    nodes, links = drawn.draw(PLACES, *ways)
    groups = {f"x{name[1:]}": name for name in PLACES if name.startswith("c")}
    found, joins = cross(nodes, links, groups, **status)
    settled = places(*SETTLED)
    at = nodes[nodes["node_id"] == "post"]
    posts = pd.DataFrame({
        "post_id": "n1", "kind": "checkpoint", "name": None, "mode": "road", "node_id": "post",
        "side": "BB", "depth_km": 40.0, "hours": None, "since_year": None,
        "geometry": at.geometry.to_numpy(),
    })  # fmt: skip
    posts = gpd.GeoDataFrame(posts if post else schema.empty("posts"))
    tables = {"nodes": nodes, "links": links, "places": settled, "posts": posts}
    tables["post_nodes"] = drawn.post_nodes(posts)
    tables["reach"] = schema.empty("reach")
    store.write(folder / "network", tables)
    store.write(folder / "crossings", {"crossings": found, "crossing_links": joins})
    a, b = (nodes.set_index("node_id").geometry[name] for name in "ab")
    out = 5.0 if far else 0.0
    toml = BORDER.format(a=(a.x, a.y - out), b=(b.x, b.y + out))
    (folder / "aa-bb.toml").write_text(toml)
    at = (folder / name for name in ("network", "crossings", "aa-bb.toml", "travel"))
    travelled(*at)
    stages = ("network", "crossings", "travel", "aa-bb.toml", "routes")
    routes.routes(*(str(folder / name) for name in stages))
    names = ("routes", "route_pairs", "evasion")
    return {name: store.read(folder / "routes", name) for name in names}


def road(table: pd.DataFrame) -> pd.Series:
    return table[table["mode"] == "road"].iloc[0]


def test_routes_of_a_pair_by_minutes(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS)
    pair, drawn_routes = road(found["route_pairs"]), found["routes"]
    assert (pair["origin_entry"], pair["destination_entry"]) == ("within", "within")
    assert pair["routes_in_all"] == 3
    assert drawn_routes["crossing_id"].tolist()[:2] == ["x1", "x2"]
    assert drawn_routes["minutes"].tolist() == sorted(drawn_routes["minutes"])
    assert drawn_routes["minutes"].sum() == pytest.approx(drawn_routes["total_minutes"].iloc[-1])
    assert drawn_routes["marginal_minutes"].iloc[0] == pytest.approx(pair["fastest_minutes"])
    counts = [pair[f"within_{ratio}"] for ratio in ("1_25", "1_5", "2")]
    assert counts == sorted(counts)
    assert counts[-1] == len(drawn_routes)
    assert not pair["meets_post"]
    assert pair["evasion_price"] == 1.0


def test_evading_a_post_takes_the_next_way(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS[2:])
    pair, evasion = road(found["route_pairs"]), found["evasion"]
    assert pair["meets_post"]
    assert pair["clean_minutes"] > pair["fastest_minutes"]
    assert pair["evasion_price"] == pair["clean_minutes"] / pair["fastest_minutes"]
    through = evasion[(evasion["mode"] == "road") & (evasion["demand"] == "through")]
    assert through["meets_post_share"].tolist() == [1.0, 1.0]
    assert through["evasion_price"].tolist() == pytest.approx([pair["evasion_price"]] * 2)
    assert through["no_clean_way_share"].tolist() == [0.0, 0.0]


def test_an_official_crossing_is_a_post_but_not_an_inland_one(tmp_path: Path) -> None:
    found = run(tmp_path, "a-c2", "c2-post", "post-b", "a-c3", "c3-b track", x3="official")
    pair, evasion = road(found["route_pairs"]), found["evasion"]
    assert pair["meets_post"]
    assert pd.isna(pair["clean_minutes"])
    through = evasion[(evasion["mode"] == "road") & (evasion["demand"] == "through")]
    by_posts = through.set_index("posts")
    assert by_posts["no_clean_way_share"].to_dict() == {"all": 1.0, "inland": 0.0}


def test_without_posts_nobody_evades(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS, post=False)
    assert found["evasion"]["why_absent"].notna().all()
    assert found["evasion"]["evasion_price"].isna().all()
    assert not road(found["route_pairs"])["meets_post"]


def test_a_city_outside_the_data_enters_at_the_edge_of_the_data(tmp_path: Path) -> None:
    near, far = (run(tmp_path / name, *WAYS, far=name == "far") for name in ("near", "far"))
    pair, before = road(far["route_pairs"]), road(near["route_pairs"])
    assert (pair["origin_entry"], pair["destination_entry"]) == ("data_edge", "data_edge")
    beyond = 2 * 5.0 * 110.9 * data_edge.CIRCUITY / data_edge.BEYOND_KMH * 60
    added = pair["fastest_minutes"] - before["fastest_minutes"]
    assert added == pytest.approx(beyond, rel=0.01)


def test_without_a_network_there_is_a_reason(tmp_path: Path) -> None:
    found = run(tmp_path, *WAYS)
    rail = found["route_pairs"][found["route_pairs"]["mode"] == "rail"]
    assert rail["why_absent"].notna().all()
    assert rail["fastest_minutes"].isna().all()


def test_on_a_real_extract_they_are_as_many_as_networkx_finds(tmp_path: Path) -> None:
    raw = SHARED / "osm-liechtenstein-2022.osm.pbf"
    if not raw.is_file():
        pytest.skip("the Liechtenstein extract is not beside the checkout")
    toml, own = tmp_path / "ch-li.toml", tmp_path / "own.toml"
    text = (ROOT / "pipeline/borders/ch-li.toml").read_text()
    pair = '\n[[pairs]]\nname = "P"\norigin = [9.45, 47.16]\ndestination = [9.52, 47.14]\n'
    toml.write_text(text + pair)
    own.write_text(LIECHTENSTEIN)
    stages = str(tmp_path / "network"), str(tmp_path / "crossings")
    network.network(str(raw), str(toml), stages[0], str(own))
    crossings.crossings(stages[0], str(toml), stages[1], str(own))
    reached = travelled(*stages, toml, tmp_path / "travel", str(own))
    routes.routes(*stages, reached, str(toml), str(tmp_path / "routes"), str(own))
    found = road(store.read(tmp_path / "routes", "route_pairs"))
    drawn_routes = store.read(tmp_path / "routes", "routes")
    drawn_routes = drawn_routes[drawn_routes["mode"] == "road"]
    border = borderfile.read(toml, own)
    most, fastest = _by_networkx(stages, border)
    assert found["routes_in_all"] == most
    assert found["fastest_minutes"] == pytest.approx(fastest)
    assert len(drawn_routes) == found["within_2"] > 1


def _by_networkx(stages: tuple[str, str], border: borderfile.BorderFile) -> tuple[int, float]:
    """Greatest flow and least minutes between the pair's ends, given where these are."""
    tables = {name: store.read(stages[0], name) for name in ("nodes", "links", "places")}
    tables |= {name: store.read(stages[1], name) for name in ("crossings", "crossing_links")}
    used = mode_network.usable(tables["links"], "road")
    net = travel(tables, "road", border, used).network
    terms = free_arcs.free(net, border, store.read(stages[0], "posts"))
    (pair,) = border.pairs
    start = data_edge.city(net, border, terms.minutes, pair.origin, border.from_, reverse=False)
    end = data_edge.city(net, border, terms.minutes, pair.destination, border.to, reverse=True)
    assert start is not None
    assert end is not None
    graph = nx.DiGraph()
    for arc in terms.home.nonzero()[0].tolist():
        graph.add_edge(int(net.tail[arc]), f"a{arc}", capacity=1, minutes=terms.minutes[arc])
        graph.add_edge(f"a{arc}", int(net.head[arc]), capacity=1, minutes=0.0)
    for node, minutes in zip(start.ends.node.tolist(), start.ends.minutes, strict=True):
        graph.add_edge("s", node, minutes=minutes)
    for node, minutes in zip(end.ends.node.tolist(), end.ends.minutes, strict=True):
        graph.add_edge(node, "t", minutes=minutes)
    most = nx.maximum_flow_value(graph, "s", "t", capacity="capacity")
    return int(most), float(nx.dijkstra_path_length(graph, "s", "t", weight="minutes"))
