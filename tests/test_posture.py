"""Barriers and posts by km, and figures of the whole border, on borders drawn by hand."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point

from pipeline.core import schema, store
from pipeline.stages import posture
from pipeline.terrain.pace import FLAT_KM_PER_H
from tests import drawn, ground
from tests.drawn import DEGREES_PER_KM, PASSED
from tests.ground import Place

# A road through the border at km 10, and one along it on the `to` side.
PLACES: dict[str, Place] = {
    "s": (10, -40), "c": (10, -3), "x": (10, 0), "n": (10, 4), "e": (55, 4), "t": (10, 60),
    "far": (58, -20), "off": (58, -10),
}  # fmt: skip
WALKS = tuple(f"walk_minutes_{name}" for name in ("open", "flat", "closed", "steep"))
LINKS = ("s-c", "c-x", "x-n", "n-e", "n-t", "far-off")


def crossing(node: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "crossing_id": f"road.{node}", "mode": "road", "name": None, "status": status,
        "counted": True, "class": "primary", "n_links": 1, "lanes": 2,
        "border_km": PLACES[node][0], "span_m": 0.0, **PASSED, "walkable": True,
        "geometry": Point(ground.at(float(PLACES[node][0]), 0)),
    } | more  # fmt: skip


def way(*stops: str | tuple[float, float]) -> MultiLineString:
    """A way as bypasses draws it: a part for each link or piece of one."""
    places = [PLACES[stop] if isinstance(stop, str) else stop for stop in stops]
    points = [ground.at(float(km), float(depth_km)) for km, depth_km, *_ in places]
    return MultiLineString([LineString(pair) for pair in pairwise(points)])


def bypasses(ways: list[MultiLineString]) -> gpd.GeoDataFrame:
    flags = ("cut_off", "touches_data_edge", "uses_informal", "uses_track", "uses_third",
             "third_cut_off")  # fmt: skip
    row = dict.fromkeys(flags, False) | {
        "mode": "road",
        "measured_by": "zones",
        "beyond_data_minutes": 0.0,
    }
    rows = [
        row | {"chokepoint_id": str(number), "geometry": shape} for number, shape in enumerate(ways)
    ]
    columns = [column.name for column in schema.TABLES["bypasses"].columns]
    return gpd.GeoDataFrame(rows).reindex(columns=[*columns, "geometry"])


def run(
    tmp_path: Path,
    *,
    status: str = "official",
    posts: dict[str, str] | None = None,
    towns: dict[str, tuple[float, float, float]] | None = None,
    walks: dict[str, Any] | None = None,
    ways: list[MultiLineString] | None = None,
    **lines: list[tuple[float, float]],
) -> tuple[pd.DataFrame, "pd.Series[float]"]:
    """border_km by km, and the figures by (measure, mode, of, within)."""
    network = ground.network(tmp_path / "n", PLACES, *LINKS, posts=posts, towns=towns)
    links = drawn.draw(dict(PLACES), *LINKS)[1]
    at_line = links.loc[(links["from_node"] == "x") | (links["to_node"] == "x"), "link_id"]
    store.write(tmp_path / "c", {
        "crossings": pd.DataFrame([crossing("x", status)]),
        "crossing_links": pd.DataFrame(
            {"crossing_id": "road.x", "link_id": at_line, "node_id": "x"}
        ),
    })  # fmt: skip
    cut = links.loc[links["from_node"] == "n", "link_id"].iloc[-1]
    choke = {"chokepoint_id": "cut.1", "mode": "road", "kind": "cut", "depth_km": 50.0,
             "name": None, "severed_places": None, "severed_population": None, "severed_km": None,
             "severed_side": None, "link_ids": cut,
             "geometry": MultiPoint([ground.at(10, 30)])}  # fmt: skip
    store.write(tmp_path / "k", {
        "chokepoints": pd.DataFrame([choke]),
        "chokepoint_links": pd.DataFrame({"chokepoint_id": ["cut.1"], "link_id": [cut]}),
    })  # fmt: skip
    store.write(tmp_path / "b", {"bypasses": bypasses(ways) if ways else schema.empty("bypasses")})
    ground.obstacles(tmp_path / "o", **lines)
    walk = pd.DataFrame({"border_km": range(60), "why_absent": None} | (walks or {}))
    for name in ("walk_minutes", *WALKS):
        walk[name] = walk.get(name, np.nan)
    store.write(tmp_path / "t", {
        "walk_km": walk if walks else schema.empty("walk_km"),
        "passes": schema.empty("passes"), "post_bypasses": schema.empty("post_bypasses"),
    })  # fmt: skip
    folders = [str(network), *(str(tmp_path / name) for name in "ckbotp")]
    posture.posture(*folders)
    found = store.read(tmp_path / "p", "posture")
    figures = found.set_index(["measure", "mode", "of", "within"])["value"]
    return store.read(tmp_path / "p", "border_km").set_index("border_km"), figures


def test_kinds_and_shares_by_km(tmp_path: Path) -> None:
    by_km, figures = run(
        tmp_path,
        river=[(20, 0.1), (30, 0.1)],
        river_2=[(45.5, -5), (45.5, 5)],  # only crosses the line
        fence=[(5, 0.02), (15.5, 0.02)],
        fence_2=[(22, 0.5), (26, 0.5)],  # on the levee
        fence_3=[(35, 0.5), (40, 0.5)],  # too far back where there is no river
        fence_4=[(52, -0.5), (52, 0.5)],  # only crosses the line
        wall=[(42, 0.7), (42.3, 0.7)],  # near the line, along another
        wall_2=[(57.2, 0.01), (57.5, 0.01)],  # fences a part of its km
        vehicle_barrier=[(50, 0.02), (55, 0.02)],
    )
    assert list(by_km.index) == list(range(60))
    assert list(by_km.index[by_km["kind"] == "river"]) == list(range(20, 30))
    assert (by_km["fenced_share"][5:15] == 1).all()
    assert by_km["fenced_share"][15] == pytest.approx(0.5, abs=0.1)
    assert by_km["fenced_share"][22:26].min() > 0.95
    assert (by_km["fenced_share"][27:57] == 0).all()
    assert by_km["fenced_share"][57] == pytest.approx(0.3, abs=0.11)
    assert by_km["vehicle_barrier_share"].sum() == pytest.approx(5, abs=0.2)
    assert figures["line_share", "", "river", ""] == pytest.approx(10 / 60, abs=0.003)
    fenced_km = 10.5 + 4 + 0.4  # to the tenth of a km that points of the line are apart
    assert figures["line_share", "", "fenced", ""] == pytest.approx(fenced_km / 60, abs=0.006)
    assert figures["unfenced_km", "", "", ""] == pytest.approx(60 - fenced_km, abs=0.3)
    assert figures["unfenced_km", "", "land", ""] == pytest.approx(50 - 10.8, abs=0.3)


def test_the_pieces_of_line_are_the_line(tmp_path: Path) -> None:
    by_km, _ = run(tmp_path)
    line = store.read(tmp_path / "n", "border").geometry.iloc[0]
    assert sum(shape.length for shape in by_km.geometry) == pytest.approx(line.length)
    assert by_km.geometry[30].centroid.x == pytest.approx(30.5 * DEGREES_PER_KM, rel=0.01)


def test_minutes_from_a_post_go_by_road_and_then_on_foot(tmp_path: Path) -> None:
    by_km, figures = run(tmp_path)
    walk = 4 / FLAT_KM_PER_H * 60
    # The official crossing is a post: 4 km up, along the road (a minute a km), then on foot.
    assert by_km["to_post_minutes"][40] == pytest.approx(4 + 30.5 + walk, rel=0.02)
    # On the `from` side the road leads away; the guard walks along the line. The road in the east
    # is reached by no post.
    assert by_km["from_post_minutes"][40] == pytest.approx(30.5 / FLAT_KM_PER_H * 60, rel=0.02)
    assert (
        by_km["post_minutes"] == by_km[["from_post_minutes", "to_post_minutes"]].min(axis=1)
    ).all()
    assert figures["post_share", "", "either side", "60 minutes"] == pytest.approx(
        (by_km["post_minutes"] <= 60).mean(), abs=0.01
    )


def test_no_post_no_minutes(tmp_path: Path) -> None:
    by_km, figures = run(tmp_path, status="unmarked")
    assert by_km["post_minutes"].isna().all()
    assert figures["post_share", "", "either side", "60 minutes"] == 0
    assert np.isnan(figures["post_minutes_median", "", "either side", ""])
    assert figures["near_post_share", "road", "crossings", "2 km"] == 0


def test_a_post_serves_its_own_side(tmp_path: Path) -> None:
    by_km, _ = run(tmp_path, status="unmarked", posts={"c": "checkpoint"})
    assert by_km["to_post_minutes"].isna().all()
    assert by_km["from_post_minutes"][10] == pytest.approx(3 + 0.5 / FLAT_KM_PER_H * 60, rel=0.05)


def test_nobody_sets_out_from_a_toll_booth(tmp_path: Path) -> None:
    by_km, figures = run(tmp_path, status="unmarked", posts={"c": "toll"})
    assert by_km["post_minutes"].isna().all()
    assert figures["near_post_share", "road", "crossings", "2 km"] == 0
    assert figures["posts", "", "inland checkpoint", ""] == 0


def test_posts_are_counted_and_near_what_they_are_near_to(tmp_path: Path) -> None:
    _, figures = run(tmp_path, posts={"c": "checkpoint", "n": "customs"})
    assert figures["posts", "", "all", ""] == 2
    assert figures["posts", "", "inland checkpoint", ""] == 1
    assert figures["posts", "", "official crossing", ""] == 1
    length_km = store.read(tmp_path / "n", "border")["ruler_2km_length_km"].iloc[0]
    assert figures["posts_per_100_km", "", "all", ""] == pytest.approx(200 / length_km)
    assert figures["near_post_share", "road", "crossings", "2 km"] == 1
    # The cut lies 26 km behind the nearest post, but its link begins at it.
    assert figures["near_post_share", "road", "cut sites", "2 km"] == 0
    assert figures["near_post_share", "road", "cut sites", "15 minutes"] == 1
    assert np.isnan(figures["near_post_share", "rail", "cut sites", "2 km"])


def test_a_bypass_is_near_a_post_by_road_where_any_of_its_nodes_is(tmp_path: Path) -> None:
    posts = {"c": "checkpoint"}
    # From the post at c, 3 km before the line, it is a minute a km: n is 7 minutes away, e 52.
    ways = [way("n", "t"), way("n", "e"), way("e", (40, 4)), way("far", "off"), way()]
    _, figures = run(tmp_path, status="unmarked", posts=posts, ways=ways)
    assert figures["near_post_share", "road", "bypasses", "15 minutes"] == 2 / 4
    # None of them comes within 2 km of c as the crow flies.
    assert figures["near_post_share", "road", "bypasses", "2 km"] == 0
    assert np.isnan(figures["near_post_share", "rail", "bypasses", "15 minutes"])


def test_a_way_within_one_link_meets_no_node_and_so_no_post(tmp_path: Path) -> None:
    _, figures = run(tmp_path, ways=[way((10, 50), (10, 55))])
    assert figures["near_post_share", "road", "bypasses", "15 minutes"] == 0


def test_built_up_is_the_disc_of_the_town(tmp_path: Path) -> None:
    radius_km = 5.0
    people = 4000 * np.pi * radius_km**2
    by_km, _ = run(tmp_path, towns={"Ciudad": (30, 3, people), "Pueblo": (5, 0.5, 100)})
    assert by_km["built_up_share"].sum() == pytest.approx(2 * 4, abs=0.3)  # a chord 3 km off
    assert (by_km["built_up_share"][27:33] == 1).all()


def test_a_crossing_is_walked_round_by_a_km_without_a_way(tmp_path: Path) -> None:
    minutes = np.full(60, 500.0)
    minutes[10] = 0.0  # the crossing's own km
    minutes[16] = 100.0
    _, figures = run(tmp_path, walks={"walk_minutes": minutes})
    assert figures["walked_round_share", "road", "crossings", "60 minutes"] == 0
    assert figures["walked_round_share", "road", "crossings", "180 minutes"] == 1
    assert figures["walk_share", "foot", "stated", "180 minutes"] == pytest.approx(2 / 60)


def test_without_an_elevation_model_walking_is_absent(tmp_path: Path) -> None:
    _, figures = run(tmp_path)
    assert np.isnan(figures["walk_share", "foot", "stated", "180 minutes"])
    assert np.isnan(figures["walked_round_share", "road", "crossings", "60 minutes"])
