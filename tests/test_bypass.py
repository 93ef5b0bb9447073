"""Closing crossings: what the stage writes, on drawn borders with known answers."""

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPoint, Point

from pipeline.core import schema, store
from pipeline.core.frames import records
from pipeline.stages import bypass
from pipeline.travel import choice, demand, mode_network, snap
from tests import drawn
from tests.frames import cell, cells
from tests.test_demand import places
from tests.test_routing import border_file, cross
from tests.travelled import travelled

BORDER = """
name = "A – B"
from = "AA"
to = "BB"
corridor_km = 200
target = [0.0, 0.5]
anchors = { AA = [[0.0, -0.5]], BB = [[0.0, 0.5]] }
"""
PLACES: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "a": (0, -30), "b": (0, 30), "c1": (0, 0), "c2": (40, 0), "m": (40, -30), "p": (40, 30),
}  # fmt: skip
LINKS = ("a-c1", "c1-b", "a-m", "m-c2", "c2-p", "p-b track")
SETTLED = (("A", 0.0, -30.0, "town", 1000.0), ("B", 0.0, 30.0, "town", 1000.0))


def run(
    folder: Path,
    ways: tuple[str, ...] = LINKS,
    where: dict[str, tuple[float, float] | tuple[float, float, str]] = PLACES,
    settled: tuple[tuple[str, float, float, str, float | None], ...] = SETTLED,
    groups: dict[str, str] | None = None,
    posts: pd.DataFrame = schema.empty("posts"),  # noqa: B008
    vehicles: str = drawn.EVERYBODY,
    **status: str,
) -> dict[str, pd.DataFrame]:
    """The stage's tables for a drawn network, written and read as in the flow."""
    nodes, links = drawn.draw(where, *ways)
    groups = groups or {f"x{name[1:]}": name for name in where if name.startswith("c")}
    crossings, joins = cross(nodes, links, groups, **status)
    crossings["vehicles"] = vehicles
    ids = joins.groupby("crossing_id")["link_id"].agg(" ".join)
    chokepoints = pd.DataFrame({
        "chokepoint_id": "crossing." + crossings["crossing_id"], "mode": crossings["mode"],
        "kind": "crossing", "depth_km": 0.0, "link_ids": ids.to_numpy(),
        "geometry": [MultiPoint([point]) for point in crossings.geometry],
    })  # fmt: skip
    columns = [column.name for column in schema.TABLES["chokepoints"].columns]
    chokepoints = chokepoints.reindex(columns=[*columns, "geometry"])
    choke_links = joins.assign(chokepoint_id="crossing." + joins["crossing_id"])
    tables = {"nodes": nodes, "links": links, "places": places(*settled), "posts": posts}
    tables["reach"] = schema.empty("reach")
    store.write(folder / "network", tables)
    store.write(folder / "crossings", {"crossings": crossings, "crossing_links": joins})
    store.write(
        folder / "chokepoints",
        {
            "chokepoints": chokepoints,
            "chokepoint_links": choke_links[["chokepoint_id", "link_id"]],
        },
    )
    (folder / "aa-bb.toml").write_text(BORDER)
    at = (folder / name for name in ("network", "crossings", "aa-bb.toml", "travel"))
    travelled(*at)
    stages = ("network", "crossings", "travel", "chokepoints", "aa-bb.toml", "bypass")
    bypass.bypass(*(str(folder / name) for name in stages))
    found = {name: store.read(folder / "bypass", name) for name in ("crossing_shares", "bypasses")}
    return found | {"demand": store.read(folder / "travel", "demand")}


def test_closing_the_first_choice_sends_everyone_to_the_next(tmp_path: Path) -> None:
    tables = run(tmp_path, x2="official")
    shares = tables["crossing_shares"].set_index("crossing_id")
    # a-c1-b is 60 minutes, a-m-c2-p-b 140 and the wait 30.
    assert shares["first_choice_share"].to_dict() == {"x1": 1.0, "x2": 0.0}
    assert shares.loc["x1", "extra_minutes"] == pytest.approx(110)
    assert pd.isna(cell(shares, "x2", "extra_minutes"))
    assert shares["logit_share"].sum() == pytest.approx(1)
    odds = np.exp(-choice.LOGIT_RATE_PER_MINUTE * 110)
    assert shares.loc["x2", "logit_share"] == pytest.approx(odds / (1 + odds))
    row = tables["bypasses"].set_index("chokepoint_id").loc["crossing.x1"]
    assert (row["direct_minutes"], row["bypass_minutes"]) == pytest.approx((60, 170))
    assert row["extra_km"] == pytest.approx(80)
    assert row["detour_ratio"] == pytest.approx(170 / 60)
    assert row["next_choice"] == "x2"
    assert row["drawn_minutes"] == pytest.approx(170)
    assert not row["cut_off"] and not row["uses_informal"] and row["uses_track"]
    assert row["geometry"].length / drawn.DEGREES_PER_KM == pytest.approx(140)
    ends = row["geometry"].geoms[0].coords[0], row["geometry"].geoms[-1].coords[-1]
    assert [round(end[1] / drawn.DEGREES_PER_KM) for end in ends] == [-30, 30]


def test_the_only_crossing_cuts_its_demand_off(tmp_path: Path) -> None:
    tables = run(tmp_path, ("a-c1", "c1-b"))
    (shares,) = records(tables["crossing_shares"].query("crossing_id == 'x1'"))
    assert shares["cut_off_share"] == 1.0
    assert np.isnan(shares["extra_minutes"])
    (row,) = records(tables["bypasses"].query("chokepoint_id == 'crossing.x1'"))
    assert row["cut_off"] and row["geometry"].is_empty and row["next_choice"] is None
    assert pd.isna(row["bypass_minutes"])


def test_where_no_truck_may_cross_its_columns_are_empty(tmp_path: Path) -> None:
    tables = run(tmp_path, vehicles="car, foot")
    for name, key in (("crossing_shares", "truck_logit_share"), ("bypasses", "truck_next_choice")):
        assert len(tables[name]) and tables[name][key].isna().all()
    assert tables["bypasses"].set_index("chokepoint_id").loc["crossing.x1", "next_choice"] == "x2"


def test_a_way_through_a_third_country_is_reported_but_not_taken(tmp_path: Path) -> None:
    where = {**PLACES, "t": (-20.0, 0.1, "CC")}
    tables = run(tmp_path, ("a-c1", "c1-b", "a-t", "t-b"), where)
    row = tables["bypasses"].set_index("chokepoint_id").loc["crossing.x1"]
    assert row["cut_off"] and row["uses_third"]
    assert row["third_minutes"] == pytest.approx(2 * np.hypot(20, 30), rel=0.01)
    assert row["third_share"] == 1.0 and not row["third_cut_off"]


def test_third_countries_are_measured_for_all_demand_and_with_their_waits(tmp_path: Path) -> None:
    # By x1 A and A2 need 60 and 160 minutes, by x2 220 and 320; through CC, open, 30 + 30 and, at
    # the control on its line, the wait; A2 has no road there.
    where: drawn.Places = {
        **PLACES, "u": (-10.0, -20.0), "t": (-20.0, 0.1, "CC"), "v": (-10.0, 20.0), "f": (0, -60),
    }  # fmt: skip
    roads = ("a-c1 30min", "c1-b 30min", "a-m 100min", "m-c2 100min", "c2-p 10min", "p-b 10min")
    third = ("a-u 10min", "u-t 60min", "t-v 60min", "v-b 10min", "f>c1 130min", "f>m 230min")
    settled = (*SETTLED, ("F", 0.0, -60.0, "town", 1000.0))
    rows = {}
    for name, kinds in (("free", []), ("held", ["customs"]), ("toll", ["toll"])):
        post = [{"post_id": kind, "kind": kind, "side": "AA",
                 "geometry": Point(-10.0 * drawn.DEGREES_PER_KM, -20.5 * drawn.DEGREES_PER_KM)}
                for kind in kinds]  # fmt: skip
        columns = [column.name for column in schema.TABLES["posts"].columns]
        posts = gpd.GeoDataFrame(post, columns=[*columns, "geometry"], crs=schema.CRS)
        tables = run(tmp_path / name, (*roads, *third), where, settled, posts=posts)
        rows[name] = tables["bypasses"].set_index("chokepoint_id").loc["crossing.x1"]
    near, far = (1000 / km for km in (60.0, 90.0))
    share = near / (near + far)
    for name, wait in (("free", 0), ("held", 30), ("toll", 0)):
        row = rows[name]
        assert row["uses_third"] and row["third_share"] == pytest.approx(share, rel=1e-3)
        # A gains on its 220 minutes by x2, F keeps to its 350.
        known = share * (140 + wait) + (1 - share) * 350
        assert row["third_minutes"] == pytest.approx(known, rel=1e-3)
        assert row["bypass_minutes"] == pytest.approx(share * 220 + (1 - share) * 350, rel=1e-3)


def test_a_way_that_meets_the_end_of_the_data_is_marked(tmp_path: Path) -> None:
    """By depth, by a stub, or by what is left where there is no way."""
    rows = {}
    cases: dict[str, tuple[tuple[str, ...], drawn.Places]] = {
        "inside": (LINKS, {**PLACES, "d": (0, -80), "e": (0, 80)}),
        "deep": (("a-c1", "c1-b", "a-d", "d-m", "m-c2", "c2-p", "p-b"), {**PLACES, "d": (0, -80)}),
        "stub": (("a-c1", "c1-b", "m-d", "b-e"), {**PLACES, "d": (40, -80), "e": (0, 80)}),
        "closed": (("a-c1", "c1-b", "a-d", "b-e"), {**PLACES, "d": (0, -80), "e": (0, 80)}),
        "none": (("d>a", "a-c1", "c1-b", "b-e"), {**PLACES, "d": (0, -80), "e": (0, 80)}),
    }
    for name, (ways, where) in cases.items():
        deeper = ("a-d", "b-e") if name == "inside" else ()
        tables = run(tmp_path / name, (*ways, *deeper), where)
        rows[name] = tables["bypasses"].set_index("chokepoint_id").loc["crossing.x1"]
    marked = {name: bool(row["touches_data_edge"]) for name, row in rows.items()}
    assert marked == {"inside": False, "deep": True, "stub": True, "closed": True, "none": False}


def test_no_places_is_a_legal_empty_result_with_a_reason(tmp_path: Path) -> None:
    tables = run(tmp_path, settled=(*SETTLED[:1], ("A2", 1.0, -30.0, "town", 5.0)))
    assert tables["crossing_shares"]["first_choice_share"].isna().all()
    reasons = tables["demand"].set_index(["mode", "demand"])["why_absent"]
    assert reasons["road", "through"] == "BB: no place on the network at least 15 km deep"
    assert "AA" in reasons["rail", "through"]


def test_rail_is_a_network_of_its_own(tmp_path: Path) -> None:
    where = {**PLACES, "ra": (0.1, -30.0), "c9": (10.0, 0.0), "rb": (0.1, 30.0)}
    tables = run(tmp_path, (*LINKS, "ra-c9 rail", "c9-rb rail"), where)
    shares = tables["crossing_shares"].set_index("crossing_id")
    assert cells(shares, "x9", "first_choice_share", "cut_off_share") == [1.0, 1.0]
    assert shares.loc["x1", "first_choice_share"] == 1.0
    rows = tables["bypasses"].set_index("chokepoint_id")
    assert rows.loc["crossing.x9", "mode"] == "rail"


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(tmp_path / name)
    for table in ("crossing_shares", "bypasses"):
        one, two = (tmp_path / name / "bypass" / f"{table}.parquet" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


Case = tuple[dict[str, tuple[float, float]], list[str]]


@st.composite
def _borders(draw: st.DrawFn) -> Case:
    """Deep places on either side, each tied to some of up to five crossings."""
    where: dict[str, tuple[float, float]] = {}
    for sign, name in ((-1, "a"), (1, "b")):
        for k in range(draw(st.integers(1, 3))):
            where[f"{name}{k}"] = (k * 20.0, sign * (30.0 + 3 * k))
    gates = [f"c{k}" for k in range(draw(st.integers(2, 5)))]
    ways = []
    for gate in gates:
        for end in where:
            if draw(st.integers(0, 2)):
                ways.append(f"{end}-{gate} {draw(st.integers(20, 200))}min")
        if not any(f"-{gate} " in way for way in ways):
            ways.append(f"a0-{gate} 500min")
    ways += ["a0-c0 300min", "b0-c0 300min"]
    return where | {gate: (k * 15.0, 0.0) for k, gate in enumerate(gates)}, ways


def _chosen(case: Case) -> tuple[choice.Choice, list[str]]:
    where, ways = case
    gates = [name for name in where if name.startswith("c")]
    nodes, links = drawn.draw(where, *ways)  # type: ignore[arg-type]
    settled = [(name, *at, "town", 1000.0) for name, at in where.items() if name not in gates]
    nodes, parts, snapped = snap.onto_links(nodes, links, demand.settlements(places(*settled)))
    tables = cross(nodes, links, {f"x{gate}": gate for gate in gates})
    net = mode_network.assemble(nodes, parts, *tables, "road", border_file())
    wanted = demand.demand(snapped, net, border_file(), "through")
    return choice.choose(net, wanted), net.nodes["node_id"].tolist()


@settings(max_examples=40, deadline=None)
@given(_borders())
def test_closing_equals_removing_the_crossing_from_the_network(case: Case) -> None:
    chosen, names = _chosen(case)
    where, ways = case
    gates = sorted(name for name in where if name.startswith("c"))
    whole = nx.Graph()
    for way in ways:
        ends, word = way.split()
        a, b = ends.split("-")
        known = whole.get_edge_data(a, b, {"minutes": np.inf})["minutes"]
        whole.add_edge(a, b, minutes=min(known, float(word[:-3])))
    for closed in range(len(gates)):
        left = choice.fastest(chosen, [closed])
        for pair in range(len(chosen.weight)):
            start, end = names[chosen.origin[pair]], names[chosen.destination[pair]]
            # By exactly one crossing: each of the rest in turn, all others removed.
            known = np.inf
            for gate in set(gates) - {gates[closed]}:
                only = whole.subgraph(set(whole) - (set(gates) - {gate}))
                if nx.has_path(only, start, end):
                    found = nx.dijkstra_path_length(only, start, end, weight="minutes")
                    known = min(known, found)
            assert left[pair] == pytest.approx(known)
            assert left[pair] >= choice.fastest(chosen)[pair]


@settings(max_examples=40, deadline=None)
@given(_borders(), st.sets(st.integers(0, 4)), st.integers(0, 4))
def test_closing_more_never_shortens_a_way(case: Case, closed: set[int], more: int) -> None:
    chosen, _ = _chosen(case)
    few = {c for c in closed if c < len(chosen.minutes)}
    many = few | ({more} if more < len(chosen.minutes) else set())
    assert (choice.fastest(chosen, many) >= choice.fastest(chosen, few)).all()
    if len(few) == 1:
        served = chosen.first == next(iter(few))
        instead = choice.by(chosen, chosen.minutes, chosen.second)
        assert np.array_equal(choice.fastest(chosen, few)[served], instead[served])


@settings(max_examples=25, deadline=None)
@given(_borders(), st.randoms(use_true_random=False))
def test_relabelling_changes_no_minutes(case: Case, random: object) -> None:
    where, ways = case
    order = list(where)
    random.shuffle(order)  # type: ignore[attr-defined]
    new = {old: f"{old[0]}{90 + number}" for number, old in enumerate(order)}
    renamed = []
    for way in ways:
        ends, word = way.split()
        a, b = ends.split("-")
        renamed.append(f"{new[a]}-{new[b]} {word}")
    before, names = _chosen(case)
    after, other = _chosen(({new[name]: at for name, at in where.items()}, renamed[::-1]))

    def by_name(
        chosen: choice.Choice, ids: list[str], rename: dict[str, str]
    ) -> list[tuple[object, ...]]:
        ends = [
            [rename.get(ids[row], ids[row]) for row in rows]
            for rows in (chosen.origin, chosen.destination)
        ]
        times = np.sort(chosen.minutes, axis=0).T.round(6).tolist()
        return sorted(zip(*ends, times, chosen.weight.round(9).tolist(), strict=True))

    assert by_name(before, names, new) == by_name(after, other, {})
