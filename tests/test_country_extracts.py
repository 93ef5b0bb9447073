"""Whole country extracts as they are cut, by default settings: Andorra and Gibraltar.

Neighbours lie in them only as stubs. Where roads meet the line is also found by another route: raw
ways against the ways that both relations name, with shapely alone.
"""

from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from osmium.osm import NODE, RELATION, WAY

from pipeline.core import store
from pipeline.network.tags import kinds
from pipeline.stages.chokepoints import chokepoints
from tests import uncontracted
from tests.world import World, run

DATA = Path(__file__).parents[2] / "shared" / "data"
FILES = {
    "ad-es": "osm-andorra-2025.osm.pbf",
    "ad-fr": "osm-andorra-2025.osm.pbf",
    "es-gi": "osm-gibraltar-2017.osm.pbf",
}
# Border files as the README has them.
BORDERS = {
    "ad-es": ("Andorra – Spain", "AD", "ES", [1.46, 42.36],
              {"AD": [1.52, 42.51], "ES": [1.46, 42.36]}),
    "ad-fr": ("Andorra – France", "AD", "FR", [1.85, 42.6],
              {"AD": [1.52, 42.51], "FR": [1.85, 42.6], "ES": [1.46, 42.36]}),
    "es-gi": ("Spain – Gibraltar", "ES", "GI", [-5.35, 36.14],
              {"ES": [-5.35, 36.17], "GI": [-5.35, 36.14]}),
}  # fmt: skip
# The whole country of the file, and how many F(D) of roads are stated, directed and undirected.
INNER = {"ad-es": ("AD", "ES"), "ad-fr": ("AD", "FR"), "es-gi": ("GI", "ES")}
STATED = {"ad-es": 2, "ad-fr": 2, "es-gi": 4}
# By default nothing is stated of a country that is 4 km deep.
MORE = {"es-gi": ["depths_km = [2, 3]"]}

pytestmark = pytest.mark.skipif(
    not all((DATA / name).is_file() for name in FILES.values()),
    reason="the extracts of Andorra and Gibraltar are not in ../shared/data",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    made = {}
    for border, (name, from_, to, target, anchors) in BORDERS.items():
        folder = tmp_path_factory.mktemp(border)
        lines = [f'name = "{name}"', f'from = "{from_}"', f'to = "{to}"', "corridor_km = 25",
                 f"target = {target}", "[anchors]"]  # fmt: skip
        lines += [f"{code} = [{point}]" for code, point in anchors.items()]
        lines[1:1] = MORE.get(border, [])
        toml = folder / f"{border}.toml"
        toml.write_text("\n".join(lines) + "\n", encoding="utf-8")
        made[border] = run(DATA / FILES[border], toml, out=folder)
        network_dir, crossings_dir = (str(folder / part) for part in ("network", "crossings"))
        chokepoints(network_dir, crossings_dir, str(toml), str(folder / "cuts"))
    return made


def test_main_roads_are_official_and_the_goods_gate_is_restricted(found: dict[str, World]) -> None:
    official = {
        border: world.roads()[world.roads()["status"] == "official"]["class"].tolist()
        for border, world in found.items()
    }
    assert (official["ad-es"], official["ad-fr"]) == (["trunk"], ["primary"])
    gates = found["es-gi"].roads().set_index("class")["status"]
    assert gates["primary"] == "official"
    assert "restricted" in gates.index


@pytest.mark.parametrize("border", BORDERS)
def test_no_figure_is_zero_because_the_data_end(found: dict[str, World], border: str) -> None:
    rows = store.read(found[border].folder / "cuts", "cordons")
    absent = rows["min_cut_links"].isna()
    assert rows.loc[absent, "why_absent"].notna().all()
    assert rows.loc[absent, "cordon_links"].isna().all()
    roads = rows[(rows["mode"] == "road") & ~absent]
    assert (roads["min_cut_links"] > 0).all() and roads["is_upper_bound"].all()


def raw_hits(
    path: Path, pair: tuple[str, str]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Where raw ways of the network meet the ways that both relations name, in degrees."""
    owners: dict[str, set[int]] = {}
    for relation in osmium.FileProcessor(str(path), RELATION):
        tags = dict(relation.tags)
        code = tags.get("ISO3166-1", tags.get("ISO3166-1:alpha2"))
        if code in pair and tags.get("admin_level") == "2" and tags.get("type") == "boundary":
            owners.setdefault(code, set()).update(m.ref for m in relation.members if m.type == "w")
    shared = owners[pair[0]] & owners[pair[1]]
    courses: list[shapely.LineString] = []
    roads: list[shapely.LineString] = []
    ways = osmium.FileProcessor(str(path), NODE | WAY).with_locations()
    for way in ways.with_filter(osmium.filter.EntityFilter(WAY)):
        tags = dict(way.tags)
        sea = tags.get("maritime") == "yes"
        course, road = way.id in shared and not sea, bool(kinds(tags))
        if not (course or road):
            continue
        held = [n.location.valid() for n in way.nodes]
        points = [(n.lon, n.lat) for n, known in zip(way.nodes, held, strict=True) if known]
        if len(points) > 1 and all(held):
            (courses if course else roads).append(shapely.LineString(points))
    line = shapely.union_all(courses)
    met = shapely.intersection([road for road in roads if road.intersects(line)], line)
    return np.asarray(np.unique(np.round(shapely.get_coordinates(met), 6), axis=0))


@pytest.mark.parametrize("border", ["ad-es", "ad-fr"])
def test_ways_meet_the_line_where_shapely_says(found: dict[str, World], border: str) -> None:
    hits = raw_hits(DATA / FILES[border], BORDERS[border][1:3])
    nodes = found[border].nodes
    ours = shapely.get_coordinates(nodes.loc[nodes["kind"] == "border", "geometry"].to_numpy())
    # A straight line in degrees and one in the plane part by a metre or two on a long segment.
    near = 3e-5
    theirs = shapely.STRtree([shapely.Point(at) for at in hits])
    mine = shapely.STRtree([shapely.Point(at) for at in ours])
    missed = [tuple(at) for at in hits if not len(mine.query(shapely.Point(at).buffer(near)))]
    extra = [tuple(at) for at in ours if not len(theirs.query(shapely.Point(at).buffer(near)))]
    assert (missed, extra) == ([], [])


@pytest.mark.parametrize("border", BORDERS)
def test_f_is_the_maximum_flow_of_the_raw_ways(found: dict[str, World], border: str) -> None:
    """Nothing contracted, no code shared: each stretch between two nodes may be closed alone.

    The neighbour is known by the stubs of its roads: their ends are its zone. What is compared is
    every F(D) that is stated, either way, so that depth, sides, access, directions, contraction and
    flow are held to another reading of the file.
    """
    inner, outer = INNER[border]
    raw = uncontracted.read(DATA / FILES[border], inner, outer)
    stubs = uncontracted.dead_ends(raw) & (raw.side == outer)
    rows = store.read(found[border].folder / "cuts", "cordons")
    stated = rows[(rows["mode"] == "road") & ~rows["third_open"] & rows["min_cut_links"].notna()]
    assert len(stated) == STATED[border]
    for directed, depth_km, f in stated[["directed", "depth_km", "min_cut_links"]].itertuples(
        index=False
    ):
        deep = (raw.side == inner) & (raw.depth_km >= abs(depth_km))
        zones = (deep, stubs) if depth_km < 0 else (stubs, deep)
        assert uncontracted.cut(raw, *zones, directed=directed) == f, (directed, depth_km)


def test_every_issue_has_a_place_and_an_id_of_its_own(found: dict[str, World]) -> None:
    for world in found.values():
        issues = pd.DataFrame(store.read(world.folder / "network", "data_issues"))
        assert issues["issue_id"].is_unique
        assert len(issues)
