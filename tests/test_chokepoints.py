"""The stage chokepoints: its tables agree, on drawn networks and on odd ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point

from pipeline.core import schema, store
from pipeline.core.frames import records
from pipeline.stages import chokepoints
from tests import drawn
from tests.frames import cell, cells
from tests.two_roads import LINKS, PLACES, TOML, Places, crossing_links, crossings


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
    assert cells(headline(out), 25.0, "min_cut_links", "second_line_links") == [2, 3]
    assert headline(out)["second_line_links"].isna().tolist() == [True, True, True, False]


def test_sites_by_what_is_taken_for_one_site(tmp_path: Path) -> None:
    places: Places = PLACES | {"b": (0.3, -10), "y": (0.3, 0), "d": (0.3, 10)}
    links = ("s-a", "s-b", "a-x", "b-y", "x-c", "y-d", "c-t", "d-t")
    table = store.read(stage(tmp_path, *links, places=places), "site_merges")
    at = table[(table["mode"] == "road") & (table["depth_km"] == 10.0)].set_index("merge_m")
    assert at["min_cut_sites"].to_dict() == {100: 2, 250: 2, 500: 1}
    assert table.loc[table["mode"] == "rail", "min_cut_sites"].isna().all()
    assert cell(headline(tmp_path / "chokepoints"), 10.0, "min_cut_sites") == 2


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
    assert cell(headline(out), 10.0, "min_cut_links") == at["tracks too"]


def test_the_stage_writes_tables_that_agree(tmp_path: Path) -> None:
    out = stage(tmp_path, *LINKS, "b>y", posts={"a": "checkpoint"})
    links = store.read(tmp_path / "network", "links").set_index("link_id")
    paths, steps = store.read(out, "witness_paths"), store.read(out, "witness_links")
    for path in records(paths):
        key = (steps["mode"] == path["mode"]) & (steps["directed"] == path["directed"])
        key &= (steps["depth_km"] == path["depth_km"]) & (steps["path_no"] == path["path_no"])
        passed = links.loc[steps.loc[key, "link_id"]]
        assert path["length_m"] == pytest.approx(passed["length_m"].sum())
        ends = np.where(steps.loc[key, "forward"], passed["from_node"], passed["to_node"])
        starts = shapely.get_point(path["geometry"].geoms[0], 0)
        assert (starts.x / drawn.DEGREES_PER_KM, starts.y / drawn.DEGREES_PER_KM) == pytest.approx(
            PLACES[ends[0]][:2]
        )
        assert len(path["geometry"].geoms) == 1
    table = store.read(out, "cordons")
    counts = paths.groupby(["mode", "directed", "depth_km"]).size()
    cuts = store.read(out, "cut_links").groupby(["mode", "directed", "depth_km", "end"]).size()
    for row in table[~table["third_open"] & (table["mode"] != "rail")].itertuples():
        at: Any = (row.mode, row.directed, row.depth_km)
        assert counts[at] == cuts[(*at, "from")] == cuts[(*at, "to")] == row.min_cut_links
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
    assert cell(foot.set_index("depth_km"), 10.0, "min_cut_links") == n + 1


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
    assert shapely.get_num_coordinates(cell(paths.set_index("depth_km"), 10.0, "geometry")) > n
