"""Road and rail together: cuts, ways and closings on drawn borders, checked with networkx."""

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from shapely.geometry import Point

from pipeline.core import schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.measures import depth
from pipeline.measures.depth import Variant
from pipeline.network import point_kinds, read, scan, zones
from pipeline.sources import wanted
from pipeline.sources.gazetteer import gazetteer
from pipeline.stages import closures, intermodal
from pipeline.travel import interior_detour, road_and_rail, routing
from tests import drawn
from tests.frames import cell, row_of
from tests.test_demand import places
from tests.test_routing import border_file, cross
from tests.travelled import travelled

# Two roads cross and share the neck n-b; one track crosses and becomes two. At h, behind the line
# and before the neck, one may change: a third way then.
PLACES: drawn.Places = {
    "a": (0, -30), "c1": (0, 0), "c2": (10, 0), "h": (10, 10), "n": (5, 15), "b": (5, 30),
    "ra": (0, -30), "c3": (20, 0), "rh": (10, 10), "rb": (5, 30),
}  # fmt: skip
ROADS = ("a-c1", "a-c2", "c1-n", "c2-h", "h-n", "n-b")
RAILS = ("ra-c3 rail 5min", "c3-rh rail 5min", "rh-rb rail 5min", "rh-rb rail 5min")
SETTLED = (("A", 0.0, -30.0, "town", 1000.0), ("B", 5.0, 30.0, "town", 1000.0))
ALL = ("a", "h", "b")
BORDER = """
name = "A – B"
from = "AA"
to = "BB"
corridor_km = 200
depths_km = [25]
target = [0.0, 0.3]
anchors = { AA = [[0.0, -0.2]], BB = [[0.0, 0.2]] }
"""


def stations(*at: str, off_km: float = 0.0) -> gpd.GeoDataFrame:
    """A station at each of these places, or so far east of it."""
    rows = [
        {
            "station_id": f"n{name}",
            "kind": "station",
            "name": name,
            "side": "AA" if PLACES[name][1] < 0 else "BB",
            "depth_km": float(PLACES[name][1]),
            "geometry": Point(
                (PLACES[name][0] + off_km) * drawn.DEGREES_PER_KM,
                PLACES[name][1] * drawn.DEGREES_PER_KM,
            ),
        }
        for name in at
    ]
    if not rows:
        return schema.empty("stations")
    return schema.conform(pd.DataFrame(rows), "stations")


def tables(*links: str, stops: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    nodes, drawn_links = drawn.draw(PLACES, *links)
    groups = {f"x{name[1:]}": name for name in PLACES if name[0] == "c"}
    met = {*drawn_links["from_node"], *drawn_links["to_node"]}
    groups = {crossing: node for crossing, node in groups.items() if node in met}
    crossings, joins = cross(nodes, drawn_links, groups)
    return {
        "nodes": nodes, "links": drawn_links, "places": places(*SETTLED), "stations": stops,
        "reach": schema.empty("reach"),
        "crossings": crossings, "crossing_links": joins,
    }  # fmt: skip


def run(folder: Path, stops: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """What the stage writes."""
    made = tables(*ROADS, *RAILS, stops=stops)
    for stage, names in (
        ("network", ("nodes", "links", "places", "stations", "reach")),
        ("crossings", ("crossings", "crossing_links")),
    ):
        store.write(folder / stage, {name: made[name] for name in names})
    store.write(folder / "chokepoints", {"cordons": schema.empty("cordons")})
    (folder / "aa-bb.toml").write_text(BORDER)
    at = {path: str(folder / path) for path in ("network", "crossings", "chokepoints", "closures")}
    toml = str(folder / "aa-bb.toml")
    made_travel = travelled(at["network"], at["crossings"], toml, folder / "travel")
    closures.closures(at["crossings"], made_travel, at["closures"])
    stages = at["network"], at["crossings"], made_travel, at["chokepoints"], at["closures"]
    intermodal.intermodal(*stages, toml, str(folder / "intermodal"))
    written = ("intermodal_cuts", "intermodal_closures", "intermodal")
    found = {name: store.read(folder / "intermodal", name) for name in written}
    return found | {"transfers": store.read(made_travel, "transfers")}


def test_changing_behind_the_line_makes_a_way_more_than_either_alone(tmp_path: Path) -> None:
    cuts = run(tmp_path, stations(*ALL))["intermodal_cuts"].set_index("depth_km")
    # One neck by road, one track over the line by rail; c1-n-b, c2-h-rh-rb and the track together.
    assert cell(cuts, 25.0, "combined_links") == 3
    without = run(tmp_path / "without", stations("a", "b"))["intermodal_cuts"]
    assert cell(without.set_index("depth_km"), 25.0, "combined_links") == 2


def test_a_quick_change_puts_demand_on_rail_and_a_slow_one_takes_it_off(tmp_path: Path) -> None:
    found = run(tmp_path, stations(*ALL))
    rows = found["intermodal_closures"].set_index(["transfer_minutes", "stopped_share"])
    # By rail 15 minutes and two changes; by c1 60.8, by c2 64.5 or 31.6 + 10 + 5 and two changes.
    quick, slow = row_of(rows, (15, 1.0)), row_of(rows, (60, 1.0))
    assert (quick["by_rail_share"], slow["by_rail_share"]) == (1.0, 0.0)
    assert (quick["of"], quick["closings"], quick["closings_rail"]) == (3, 3, 1)
    assert (slow["of"], slow["closings"], slow["closings_rail"]) == (3, 2, 0)
    assert (quick["road_closings"], quick["rail_closings"]) == (2, 1)
    sentence = found["intermodal"].set_index("key")["value"]["sentence"]
    assert "Changing between road and rail at 3 stations, 60 minutes each" in sentence
    assert "100 % takes 2 crossings, 0 of them on rail (2 by road alone)" in sentence


@pytest.mark.parametrize(
    ("stops", "why"),
    [
        (stations(), "the data map no railway station"),
        (stations("h", off_km=3.0), "none of 1 stations is within 0.5 km of a railway"),
    ],
)
def test_without_a_station_that_joins_there_is_a_reason_and_no_figure(
    tmp_path: Path, stops: gpd.GeoDataFrame, why: str
) -> None:
    found = run(tmp_path, stops)
    assert found["intermodal_cuts"]["combined_links"].isna().all()
    for name in ("intermodal_cuts", "intermodal_closures"):
        assert found[name]["why_absent"].str.startswith(why).all()
    assert found["intermodal_closures"][["of", "closings", "by_rail_share"]].isna().all(axis=None)
    assert why in found["intermodal"].set_index("key")["value"]["sentence"]


def test_a_station_joins_within_its_distances_and_tells_them(tmp_path: Path) -> None:
    for off_km, joins in ((0.4, True), (0.6, False)):
        found = run(tmp_path / str(off_km), stations("b", off_km=off_km))["transfers"].iloc[0]
        assert bool(found["joins"]) is joins
        assert found["road_km"] == pytest.approx(off_km, rel=0.01)
        assert 0 < found["rail_km"] <= off_km * 1.01


CANDIDATES = (*ROADS, "n>h", "c1-h", "h-b track", *RAILS, "rh-c3 rail 40min", "ra-rh rail closed")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(CANDIDATES), min_size=4, max_size=14),
    st.sets(st.sampled_from(ALL)),
    st.integers(0, 90),
)
def test_cuts_and_ways_agree_with_networkx(
    ways: list[str], stops: set[str], transfer_minutes: int
) -> None:
    made = tables(*("a-c1", "ra-c3 rail 5min"), *ways, stops=stations(*sorted(stops)))
    border = replace(border_file(), depths_km=(25.0,), origin_km=10.0, target=(0.0, 0.3))
    both = road_and_rail.combine(made, border)
    graph = nx.MultiDiGraph()
    for row in made["links"][made["links"]["state"] == "open"].itertuples():
        ends = [(row.from_node, row.to_node), (row.to_node, row.from_node)]
        for start, end in ends[: 1 if row.oneway else 2]:
            graph.add_edge(start, end, minutes=row.minutes, capacity=1)
    for name in both.stations.loc[both.stations["joins"], "name"]:
        rail = f"r{name}"
        for start, end in ((name, rail), (rail, name)):
            graph.add_edge(start, end, minutes=transfer_minutes, capacity=99)
    cut = _combined_cut(both, made, border)
    flat = nx.DiGraph()
    flat.add_nodes_from(["source", "sink"])
    for start, end, capacity in graph.edges(data="capacity"):
        known = flat.get_edge_data(start, end, {"capacity": 0})["capacity"]
        flat.add_edge(start, end, capacity=known + capacity)
    for start, end in (("source", "a"), ("source", "ra"), ("b", "sink"), ("rb", "sink")):
        flat.add_edge(start, end, capacity=999)
    if cut is not None:
        assert cut == nx.maximum_flow_value(flat, "source", "sink")
        alone = [_alone(made, border, mode) for mode in ("road", "rail")]
        assert cut >= sum(alone)
    network = road_and_rail.changing(road_and_rail.network(both, border), transfer_minutes)
    node = {name: row for row, name in enumerate(network.nodes["node_id"])}
    everywhere = np.ones(len(network.tail), dtype=bool)
    way = routing.fastest_route(network, network.minutes, everywhere, (node["a"], node["b"]))
    if {"a", "b"} <= set(graph) and nx.has_path(graph, "a", "b"):
        assert way is not None
        shortest = nx.shortest_path_length(graph, "a", "b", weight="minutes")
        assert way.minutes == pytest.approx(shortest)
    else:
        assert way is None


def _combined_cut(
    both: road_and_rail.Combined, made: dict[str, pd.DataFrame], border: BorderFile
) -> int | None:
    network = road_and_rail.network(both, border)
    parts = interior_detour.parts(both.nodes, made["links"], border)
    pairs = interior_detour.by_depth(both.nodes, parts, border)
    cuts = intermodal.combined_cuts(network, pairs, border, schema.empty("cordons"), None)
    size = cell(cuts.set_index("depth_km"), 25.0, "combined_links")
    return None if pd.isna(size) else int(size)


def _alone(made: dict[str, pd.DataFrame], border: object, mode: str) -> int:
    """F(25) of one mode; nothing where it has no network that deep."""
    links = made["links"]
    used = links[(links["mode"] == mode) & (links["state"] == "open")]
    found = depth.sizes(
        made["nodes"],
        used,
        zones.zone_pairs(made["nodes"], links, border),  # type: ignore[arg-type]
        {},
        Variant(mode, directed=True, third_open=False),
    )
    return found[25.0] or 0


def test_a_town_off_the_road_does_not_travel_though_tracks_pass_it() -> None:
    both = road_and_rail.combine(tables("h-n", *RAILS, stops=stations(*ALL)), border_file())
    assert set(both.settled["name"]) == set()


def test_the_gazetteer_draws_stations_where_trains_run_to_a_town_on_a_road(tmp_path: Path) -> None:
    tables_of = Path(__file__).parents[1] / "data" / "raw" / "gazetteer"
    gazetteer.gazetteer(str(tables_of), "mx-gt", str(tmp_path / "mx-gt.osm.pbf"))
    points = read.read(tmp_path / "mx-gt.osm.pbf").points
    drawn_at = {point.tags["name"]: point for point in points if "railway" in point.tags}
    assert {"Ciudad Ixtepec", "Ciudad Hidalgo"} <= set(drawn_at)
    assert all(point_kinds.station_kind(point.tags) == "station" for point in drawn_at.values())
    # Guatemala's lines are disused but for the stretch that joins Mexico's at the bridge.
    assert "Tecún Umán (Ayutla)" in drawn_at
    assert "Coatepeque" not in drawn_at and "Retalhuleu" not in drawn_at


def test_stations_are_known_by_their_tags_and_fetched() -> None:
    known = {"railway": "station", "name": "Nuevo Laredo"}
    assert point_kinds.station_kind(known) == "station"
    assert point_kinds.station_kind({"railway": "halt"}) == "halt"
    for other in ({"station": "subway"}, {"disused": "yes"}, {"railway": "level_crossing"}):
        assert point_kinds.station_kind(known | other) is None
    assert wanted.is_wanted(known, wanted.NODES) and wanted.is_wanted(known, wanted.DEEP_WAYS)
    assert "railway" in scan.NODE_KEYS
    assert wanted.STATIONS == point_kinds.STATIONS
