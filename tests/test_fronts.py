"""F_walk on drawn roads, and the table fronts beside the cordons that it is joined to."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from pipeline.core import schema, store
from pipeline.measures.depth import Variant
from pipeline.measures.foot_cut import WITHIN_MINUTES, Case, walked
from pipeline.stages import chokepoints, fronts
from tests import ground, world
from tests.two_roads import BORDER

ROAD, FOOT = (Variant(mode, directed=True, third_open=False) for mode in ("road", "foot"))
# One crossing at x; on either side a road along the border 5 km off, and three roads inland.
PLACES: dict[str, ground.Place] = {
    "s": (10, -25), "a": (0, -10), "b": (10, -10), "d": (20, -10),
    "n0": (0, -5), "n1": (10, -5), "n2": (20, -5), "x": (0, 0),
    "m0": (0, 5), "m1": (10, 5), "m2": (20, 5),
    "e": (0, 10), "f": (10, 10), "g": (20, 10), "t": (10, 25),
}  # fmt: skip
WALKS = tuple(f"walk_minutes_{name}" for name in ("open", "flat", "closed", "steep"))
LINKS = (
    "s-a", "s-b", "s-d", "a-n0", "b-n1", "d-n2", "n0-n1", "n1-n2", "n0-x", "x-m0", "m0-m1",
    "m1-m2", "m0-e", "m1-f", "m2-g", "e-t", "f-t", "g-t",
)  # fmt: skip


def walks(**minutes: float) -> pd.DataFrame:
    """Table walk_km of 40 km, walking minutes by `kmN`, others not to be walked."""
    table = pd.DataFrame({"border_km": np.arange(40)})
    for name in ("walk_minutes", *WALKS):
        table[name] = [minutes.get(f"km{km}") for km in table["border_km"]]
    return schema.conform(table.assign(why_absent=None), "walk_km")


def f_walk(
    folder: Path,
    links: tuple[str, ...],
    places: dict[str, ground.Place],
    posts: pd.DataFrame | None = None,
    dips: dict[str, tuple[str, float]] | None = None,
    courses: dict[str, list[tuple[float, float]]] | None = None,
    **minutes: float,
) -> list[dict[Variant, dict[float, int | None]]]:
    """F_walk by variant and depth, for each of the stated minutes."""
    at = ground.network(folder, places, *links)
    ways = gpd.GeoDataFrame(store.read(at, "links"))
    for link_id, (column, depth_km) in (dips or {}).items():
        ways.loc[ways["link_id"] == link_id, column] = depth_km
    for link_id, course in (courses or {}).items():
        line = LineString([ground.at(*point) for point in course])
        ways.loc[ways["link_id"] == link_id, "geometry"] = line
    (found,) = walked(
        gpd.GeoDataFrame(store.read(at, "nodes")),
        ways,
        gpd.GeoDataFrame(store.read(at, "border")),
        walks(**minutes),
        store.read(at, "provenance"),
        BORDER,
        [Case("walk_minutes", posts)],
    )
    return [found[within] for within in WITHIN_MINUTES]


def test_every_km_that_can_be_walked_is_one_way_more(tmp_path: Path) -> None:
    found = f_walk(tmp_path, LINKS, PLACES, km15=60, km5=180, km8=360, km17=601)
    # Inland there are only three roads: they limit the cut with a third walk.
    for variant in (ROAD, FOOT):
        assert [by[variant][25.0] for by in found] == [2, 3, 3]
        assert [by[variant][-25.0] for by in found] == [2, 3, 3]


def test_a_walk_counts_up_to_its_minutes(tmp_path: Path) -> None:
    assert [by[ROAD][25.0] for by in f_walk(tmp_path, LINKS, PLACES, km15=360)] == [1, 1, 2]


def test_a_walk_from_the_road_of_the_crossing_to_that_road_adds_nothing(tmp_path: Path) -> None:
    assert [by[ROAD][10.0] for by in f_walk(tmp_path, LINKS, PLACES, km2=5)] == [1, 1, 1]


def test_without_walks_it_is_f(tmp_path: Path) -> None:
    assert [by[ROAD][10.0] for by in f_walk(tmp_path, LINKS, PLACES)] == [1, 1, 1]


def test_walks_lead_round_posts_and_roads_with_a_post_do_not_count(tmp_path: Path) -> None:
    """A post on the one road over the line leaves the walks, one on the road behind it as well."""
    kms: dict[str, Any] = {"km15": 50, "km5": 170, "km8": 350}
    nobody = pd.DataFrame({"kind": ["toll"], "node_id": ["x"]})
    plain = [by[ROAD][10.0] for by in f_walk(tmp_path / "a", LINKS, PLACES, **kms)]
    assert [by[ROAD][10.0] for by in f_walk(tmp_path / "b", LINKS, PLACES, nobody, **kms)] == plain
    post = pd.DataFrame({"kind": ["border_control"], "node_id": ["x"]})
    free = [by[ROAD][10.0] for by in f_walk(tmp_path / "c", LINKS, PLACES, post, **kms)]
    # One walk within an hour, two in three, three in six; inland there are three roads.
    assert (plain, free) == ([2, 3, 3], [1, 2, 3])
    none = [by[ROAD][10.0] for by in f_walk(tmp_path / "d", LINKS, PLACES, post)]
    assert set(none) <= {0, None}


def test_walks_between_deep_roads_each_count(tmp_path: Path) -> None:
    """Where a walk begins or ends on a road that lies in a ground, it begins or ends in it."""
    places: dict[str, ground.Place] = {
        "p": (0.0, -12.0),
        "q": (20.0, -12.0),
        "u": (0.0, 12.0),
        "v": (20.0, 12.0),
    }
    kms: dict[str, Any] = dict.fromkeys(("km3", "km7", "km12", "km16"), 59.0)
    assert f_walk(tmp_path, ("p-q", "u-v"), places, **kms)[0][ROAD][10.0] == 4
    # A road that comes nearer to the line between its ends lies in none: its ends alone do.
    for dips in ({"w1.0": ("depth_max_km", -2.0)}, {"w2.0": ("depth_min_km", 0.0)}):
        shallow = f_walk(tmp_path / min(dips), ("p-q", "u-v"), places, dips=dips, **kms)
        assert shallow[0][ROAD][10.0] == 2


def test_walks_that_begin_at_one_place_within_a_zone_each_count(tmp_path: Path) -> None:
    """The corner of a road inland is the nearest to all: more walks begin there than roads meet."""
    places: dict[str, ground.Place] = {
        "p": (0.0, -16.0),
        "q": (20.0, -16.0),
        "u": (0.0, 12.0),
        "v": (20.0, 12.0),
    }
    kms: dict[str, Any] = dict.fromkeys(("km8", "km9", "km10", "km11"), 59.0)
    course = {"w1.0": [(0.0, -16.0), (10.0, -11.0), (20.0, -16.0)]}
    found = f_walk(tmp_path, ("p-q", "u-v"), places, courses=course, **kms)
    assert found[0][ROAD][10.0] == 4


def test_a_walk_may_lead_back_over_the_line(tmp_path: Path) -> None:
    """From the end of the one road that crosses to the beginning of the other."""
    places: dict[str, ground.Place] = {
        "s": (0, -25), "x": (0, 0), "p": (9, 4), "q": (10, -4), "y": (20, 0), "t": (20, 25),
    }  # fmt: skip
    links = ("s-x", "x-p", "q-y", "y-t")
    assert f_walk(tmp_path / "a", links, places)[0][ROAD][25.0] == 0
    assert f_walk(tmp_path / "b", links, places, km9=50)[0][ROAD][25.0] == 1


def test_a_side_with_no_road_near_enough_takes_no_walk(tmp_path: Path) -> None:
    places = PLACES | {"far": (10, 60), "off": (20, 60)}
    links = ("s-a", "s-b", "a-n0", "b-n1", "n0-n1", "far-off")
    assert f_walk(tmp_path, links, places, km5=10)[0][ROAD][25.0] == 0
    assert f_walk(tmp_path / "none", links[:-1], PLACES, km5=10)[0][ROAD][25.0] is None


def stage(folder: Path, walk_km: pd.DataFrame, *more: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables cordons and fronts of one road on a strip of land 120 km wide."""
    raw = world.draw(folder, "0,-40 0,40 primary", "-60,200 -60,-200 natural=coastline", *more)
    border = world.border_toml(folder)
    world.run(raw, border)
    at = {name: str(folder / name) for name in ("network", "crossings", "chokepoints", "terrain")}
    chokepoints.chokepoints(at["network"], at["crossings"], str(border), at["chokepoints"])
    store.write(folder / "terrain", {"walk_km": walk_km})
    fronts.fronts(at["network"], at["chokepoints"], at["terrain"], str(border), str(folder / "out"))
    return store.read(at["chokepoints"], "cordons"), store.read(folder / "out", "fronts")


def test_the_table_stands_beside_the_cordons(tmp_path: Path) -> None:
    east = "60,-200 60,200 natural=coastline"
    cordons, table = stage(tmp_path, walks(km10=30), east)
    assert table[fronts.KEY].equals(cordons[fronts.KEY])
    both = cordons.merge(table, on=fronts.KEY)
    stated = both["min_cut_links"].notna()
    assert table["front_width_km"].to_numpy() == pytest.approx(120, rel=0.002)
    assert both.loc[stated, "links_per_100_km"].to_numpy() == pytest.approx(1 / 1.2, rel=0.002)
    assert both.loc[~stated, "links_per_100_km"].isna().all()
    assert both["why_no_width"].isna().all()
    shown = stated & both["directed"] & ~both["third_open"]
    assert both["walked_60_links"].notna().equals(shown)
    assert both["why_no_walk"].isna().all()


def test_what_is_absent_says_why(tmp_path: Path) -> None:
    cordons, table = stage(tmp_path, walks())
    # The eastern coast is missing: land would go on round the end of the line.
    assert table["front_width_km"].isna().all()
    assert table["why_no_width"].notna().all()
    stated = cordons["min_cut_links"].notna() & cordons["directed"] & ~cordons["third_open"]
    assert table["walked_60_links"].isna().all()
    assert table.loc[stated, "why_no_walk"].eq("no km of the line has walking minutes").all()
    assert table.loc[~stated, "why_no_walk"].isna().all()
