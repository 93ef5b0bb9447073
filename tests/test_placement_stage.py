"""What the placement stage writes on a drawn border, and the proof of it from layers alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

from pipeline.core import schema, store
from pipeline.ops.proof import curve, placed, programme
from pipeline.ops.proof import placement as proof
from pipeline.ops.proof.gather import LAYERS, gather
from pipeline.stages.placement import placement
from tests import drawn, ground
from tests.frames import cell, cells
from tests.test_demand import places as settled
from tests.test_routing import cross
from tests.travelled import travelled

# Three roads over the line that meet at m before they part in two; a post stands on the first, and
# a toll booth, which stops no one, on one of the two.
WHERE: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "s": (10, -60), "p": (0, -30), "c1": (0, 0), "c2": (10, 0), "c3": (20, 0), "m": (10, 20),
    "u": (0, 40), "v": (20, 40), "t": (10, 60),
}  # fmt: skip
LINKS = ("s-p", "p-c1", "s-c2", "s-c3", "c1-m", "c2-m", "c3-m", "m-u", "m-v", "u-t", "v-t")
TOML = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 100
depths_km = [10, 50, 75]
target = [0.0, 0.5]
[anchors]
AA = [[0.0, -0.3]]
BB = [[0.0, 0.3]]
"""
QUESTION = ["mode", "depth_km", "model", "walking", "existing", "chance"]


def written(at: Path, nodes: pd.DataFrame, links: pd.DataFrame, **more: pd.DataFrame) -> Path:
    """The stage run on what is drawn at `at`/network, with these nodes and links."""
    names = ("border", "provenance", "posts", "post_nodes", "stations", "reach")
    tables = {name: schema.empty(name) for name in names}
    tables |= {name: store.read(at / "network", name) for name in names[:4]} | more
    tables["places"] = settled(("A", 10, -60.0, "town", 1000.0), ("B", 10, 60.0, "town", 1000.0))
    store.write(at / "network", tables | {"nodes": nodes, "links": links})
    on_line = nodes.loc[nodes["kind"] == "border", "node_id"]
    crossings, joins = cross(nodes, links, {f"x{name[1:]}": name for name in on_line})
    store.write(at / "crossings", {"crossings": crossings, "crossing_links": joins})
    travelled(at / "network", at / "crossings", at / "aa-bb.toml", at / "travel")
    folders = ("network", "crossings", "terrain", "travel", "aa-bb.toml", "placement")
    placement(*(str(at / name) for name in folders))
    return at


def walks(at: Path, minutes: dict[int, float]) -> None:
    """Table walk_km, with the same minutes whatever is asked."""
    walk = pd.DataFrame({"border_km": list(minutes), "why_absent": None})
    for column in schema.TABLES["walk_km"].columns:
        if column.name.startswith("walk_minutes"):
            walk[column.name] = list(minutes.values())
    store.write(at / "terrain", {"walk_km": walk})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("placement")
    ground.network(at / "network", WHERE, *LINKS, posts={"p": "checkpoint", "v": "toll"})
    (at / "aa-bb.toml").write_text(TOML, encoding="utf-8")
    walks(at, {30: 45.0, 31: 400.0})
    posts = store.read(at / "network", "posts")
    years: list[Any] = [2014, None]
    tables = {"post_nodes": drawn.post_nodes(posts), "posts": posts.assign(since_year=years)}
    return written(at, *drawn.draw(WHERE, *LINKS), **tables)


def values(folder: Path, **asked: object) -> "pd.Series[float]":
    table = store.read(folder / "placement", "placement_curve")
    wanted = {"mode": "road", "depth_km": 50.0, "model": "randomised", "chance": 1.0}
    for name, value in (wanted | {"walking": False, "existing": "none"} | asked).items():
        table = table[table[name] == value]
    return table.set_index("n_posts")["value"]


def test_posts_go_where_roads_are_fewest(folder: Path) -> None:
    assert values(folder)[[0, 1, 2]].tolist() == pytest.approx([0, 0.5, 1])
    assert values(folder, depth_km=-50.0)[[1, 3]].tolist() == pytest.approx([1 / 3, 1])
    # A road that carries the post is closed to none: it is met by who passes there.
    assert values(folder, depth_km=-50.0, existing="mapped")[2] == pytest.approx(1)
    assert values(folder, existing="mapped")[[0, 1, 2]].tolist() == pytest.approx([0, 0.5, 1])
    assert values(folder, chance=0.3)[1] == pytest.approx(0.15)
    places = store.read(folder / "placement", "placements")
    assert (places["value"] <= 1 + 1e-9).all()


def test_posts_are_placed_at_the_deepest_depth_that_the_data_reach(folder: Path) -> None:
    curve = store.read(folder / "placement", "placement_curve")
    asked = set(curve.loc[curve["model"] == "randomised", "depth_km"])
    assert asked == {-50.0, 50.0, 75.0}
    deepest = curve[(curve["model"] == "randomised") & (curve["depth_km"] == 75.0)]
    assert deepest["value"].isna().all()
    assert deepest["why_absent"].str.contains("lies 75 km deep").any()
    placed = store.read(folder / "placement", "placements")
    assert placed.geometry.notna().all()


def test_a_walk_that_leads_round_lowers_the_value(folder: Path) -> None:
    extra = store.read(folder / "placement", "placement_links")
    assert extra["link_id"].tolist() == ["walk.30"]
    assert values(folder, depth_km=-50.0, walking=True)[1] <= values(folder, depth_km=-50.0)[1]


def test_the_programme_is_reported(folder: Path) -> None:
    programme = store.read(folder / "placement", "programme").set_index("depth_km")
    assert cells(programme, -50.0, "posts", "ways", "ways_left") == [1, 3, 2]
    assert cells(programme, 50.0, "ways", "ways_left") == [2, 2]
    paths = store.read(folder / "placement", "open_paths")
    left = paths[(paths["model"] == "programme") & (paths["depth_km"] == -50.0)]
    assert len(left) == 2
    assert not left["link_ids"].str.contains("w1.0").any()


def test_counting_posts_see_what_passes(folder: Path) -> None:
    seen = values(folder, model="observing", depth_km=0.0)
    assert seen[1] == pytest.approx(1)  # all ways lead through one place behind the line
    places = store.read(folder / "placement", "placements")
    assert len(places[(places["model"] == "observing") & (places["n_posts"] == 1)]) == 1


def test_walks_and_changes_that_are_near_enough_are_ways(tmp_path: Path) -> None:
    """A road and a railway, a walk of just the minutes allowed, and a station that joins both."""
    where: drawn.Places = {
        "s": (10, -60), "c1": (10, 0), "t": (10, 60), "p": (11, -60), "c2": (11, 0), "q": (11, 60),
    }  # fmt: skip
    links = ("s-c1", "c1-t", "p-c2 rail", "c2-q rail")
    ground.network(tmp_path / "network", where, *links)
    (tmp_path / "aa-bb.toml").write_text(TOML.replace("10, 50, 75", "10"), encoding="utf-8")
    walks(tmp_path, {9: 180.0, 12: 180.5})
    halts = [
        {"station_id": name, "kind": "halt", "name": None, "side": "BB", "depth_km": depth_km,
         "geometry": shapely.Point(*ground.at(km, depth_km))}
        for name, km, depth_km in (("away", 11, 90.0), ("near", 11, 58.0))
    ]  # fmt: skip
    nodes, ways = drawn.draw(where, *links)
    stations = schema.conform(pd.DataFrame(halts), "stations")
    at = written(tmp_path, nodes, ways, stations=stations)
    extra = store.read(at / "placement", "placement_links").set_index("link_id")
    assert extra["kind"].to_dict() == {"transfer.near": "transfer", "walk.9": "walk"}
    assert extra["minutes"].to_dict() == {"transfer.near": 60.0, "walk.9": 180.0}
    assert cells(extra, "transfer.near", "from_node", "to_node") == ["t", "q"]
    of_one = {
        (mode, walking): float(values(at, mode=mode, depth_km=10.0, walking=walking)[1])
        for mode, walking in (("road", False), ("road", True), ("combined", False))
    }
    assert of_one == pytest.approx(
        {("road", False): 1.0, ("road", True): 0.5, ("combined", False): 0.5}
    )
    assert values(at, mode="combined", depth_km=10.0, walking=True)[1] == pytest.approx(1 / 3)
    programme = store.read(at / "placement", "programme").set_index("depth_km")
    assert cell(programme, 10.0, "ways") == 1


def layers(folder: Path) -> dict[str, pd.DataFrame]:
    found = {name: schema.empty(name) for name in LAYERS if name in schema.TABLES}
    for stage in ("network", "placement"):
        for name in found:
            if (folder / stage / f"{name}.parquet").is_file():
                found[name] = store.read(folder / stage, name)
    known = {"origin_km": "10", "target": "0.0 0.5"}
    rows = pd.DataFrame({"key": list(known), "value": list(known.values())})
    found["provenance"] = pd.concat([found["provenance"], rows], ignore_index=True)
    found["cordons"] = pd.DataFrame({"depth_km": [10.0, 50.0, -50.0]}).assign(
        mode="road", directed=True, third_open=False, min_cut_links=None, unguarded_links=None
    )
    return found


CHECKS = {
    "moved": proof.randomised, "fixed": proof.fixed, "curve": curve.values,
    "bounds": curve.stated_or_explained, "seen": curve.observed, "places": placed.on_links,
    "valued": placed.as_valued, "drawn": placed.ways_drawn, "past": placed.past_fixed,
    "years": programme.programme,
}  # fmt: skip


def test_what_is_written_proves_itself(folder: Path) -> None:
    found = gather(layers(folder))
    assert [problem for check in CHECKS.values() for problem in check(found)] == []


# Rows of a layer, the column that is changed, to what, and the checks that find it.
ROAD = "mode == 'road' and depth_km == 50 and not walking and existing == 'none' and chance == 1"
MOVED, FIXED = f"{ROAD} and model == 'randomised'", f"{ROAD} and model == 'fixed'"
SEEN = "model == 'observing' and n_posts == 2"
WRONG: dict[str, tuple[str, str, str, Callable[[pd.Series], Any], set[str]]] = {
    "value": ("placements", f"{MOVED} and n_posts == 1", "value", lambda was: was * 1.05,
              {"moved", "valued"}),
    "value of fixed": ("placements", f"{FIXED} and n_posts == 2", "value", lambda was: was / 2,
                       {"fixed", "valued"}),
    "share": ("placements", f"{MOVED} and n_posts == 1", "share", lambda was: was * 0.9, {"moved"}),
    "more shares": ("placements", f"{MOVED} and n_posts == 1", "share", lambda was: was * 1.1,
                    {"moved"}),
    "place": ("placements", f"{MOVED} and n_posts == 1", "geometry",
              lambda was: [shapely.Point(0.05, 0.05)] * len(was), {"places"}),
    "path": ("open_paths", MOVED, "link_ids", lambda was: was.str.split().str[:-1].str.join(" "),
             {"moved", "drawn"}),
    "what it stops": ("open_paths", MOVED, "stopped", lambda was: was - 0.1, {"moved"}),
    "length": ("open_paths", FIXED, "length_m", lambda was: was + 100, {"drawn"}),
    "curve": ("placement_curve", f"{MOVED} and n_posts == 1", "value", lambda was: was - 0.01,
              {"curve", "bounds", "valued"}),
    "bound": ("placement_curve", f"{FIXED} and n_posts == 3", "value_bound", lambda was: was + 0.01,
              {"curve", "bounds"}),
    "exact": ("placement_curve", f"{FIXED} and n_posts == 3", "exact", lambda was: ~was,
              {"bounds"}),
    "reason": ("placement_curve", f"{FIXED} and n_posts == 3", "why_absent", lambda was: "none",
               {"bounds"}),
    "ways": ("placement_curve", f"{MOVED} and n_posts == 1", "open_ways", lambda was: was + 1,
             {"curve"}),
    "ways past": ("placement_curve", f"{FIXED} and n_posts == 1", "open_ways", lambda was: was + 1,
                  {"past"}),
    "cost": ("placement_curve", f"{MOVED} and n_posts == 2", "cost_musd", lambda was: was * 1.1,
             {"curve", "bounds"}),
    "cost of a point": ("placement_curve", f"{MOVED} and n_posts == 2", "cost_per_point_musd",
                        lambda was: was * 1.1, {"curve"}),
    "seen": ("placement_curve", SEEN, "value", lambda was: was / 2, {"seen", "valued", "bounds"}),
    "where seen": ("placements", SEEN, "link_id", lambda was: "walk.30", {"places"}),
    "left": ("programme", "depth_km == -50", "ways_left", lambda was: was + 1, {"years"}),
    "all left": ("programme", "depth_km == 50", "ways_left_all", lambda was: was - 1, {"years"}),
    "posts of years": ("programme", "depth_km == 50", "posts", lambda was: was + 1, {"years"}),
    "posts between": ("programme", "depth_km == 50", "posts_mapped", lambda was: was + 1,
                      {"years"}),
    "year": ("posts", "kind == 'checkpoint'", "since_year", lambda was: 2001, {"years"}),
    "what years stop": ("open_paths", "model == 'programme'", "stopped", lambda was: was + 0.1,
                        {"years"}),
}  # fmt: skip


def of_roads(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables with placements on roads alone where posts stop all: there is less to check."""
    kept = "mode == 'road' and chance == 1 and not walking and existing == 'none'"
    names = ("placements", "placement_curve", "open_paths")
    return tables | {name: tables[name].query(kept) for name in names}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_was_changed_is_found(folder: Path, wrong: str) -> None:
    layer, rows, column, change, finds = WRONG[wrong]
    tables = of_roads(layers(folder))
    table = tables[layer].copy()
    at = table.query(rows).index
    assert len(at)
    table.loc[at, column] = change(table.loc[at, column])
    found = gather(tables | {layer: table})
    assert [name for name in sorted(finds) if not list(CHECKS[name](found))] == []


DROPPED: dict[str, tuple[str, str, set[str]]] = {
    "a number": ("placement_curve", f"{MOVED} and n_posts == 1", {"bounds", "valued"}),
    "places": ("placements", f"{MOVED} and n_posts == 2", {"valued"}),
    "ways": ("open_paths", MOVED, {"drawn"}),
    "all ways": ("open_paths", "model != 'programme'", {"drawn"}),
    "a way past": ("open_paths", f"{FIXED} and path_no == 1", {"past"}),
    "a way of years": ("open_paths", "model == 'programme' and path_no == 1", {"years"}),
}


@pytest.mark.parametrize("wrong", DROPPED)
def test_what_was_dropped_is_found(folder: Path, wrong: str) -> None:
    layer, rows, finds = DROPPED[wrong]
    tables = of_roads(layers(folder))
    dropped = tables[layer].query(rows).index
    assert len(dropped)
    found = gather(tables | {layer: tables[layer].drop(index=dropped)})
    assert [name for name in sorted(finds) if not list(CHECKS[name](found))] == []


def test_a_price_that_scenarios_do_not_know_is_found(folder: Path) -> None:
    tables = layers(folder)
    price = tables["placement_curve"].query("n_posts == 1 and cost_musd > 0")["cost_musd"].iloc[0]
    row = {"level": "mid", "wages": "same", "posts": 3.0, "fence_km": 0.0}
    for each, wrong in ((price, False), (price * 1.1, True)):
        costs = pd.DataFrame([row | {"cost_musd": 3 * each}])
        found = gather(tables | {"costs": costs})
        assert bool(list(curve.stated_or_explained(found))) == wrong
