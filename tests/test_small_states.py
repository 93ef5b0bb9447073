"""Crossings of Andorra and Gibraltar, as whole extracts are cut, beside an independent count.

The count takes the raw ways and the raw line, and meets the one with the other in shapely.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from osmium.osm import NODE, RELATION, WAY

from pipeline.network.tags import ROAD_CLASSES
from tests.world import World, run

DATA = Path(__file__).parents[2] / "shared" / "data"
SAME_DEGREES = 2e-6  # a fifth of a metre


@dataclass(frozen=True)
class Extract:
    """A border of a file: codes, a place on either side, and the road ways and points counted."""

    file: str
    pair: tuple[str, str]
    places: tuple[tuple[float, float], tuple[float, float]]
    more: str = ""


EXTRACTS = {
    "ad-es": Extract("osm-andorra-2025.osm.pbf", ("ES", "AD"), ((1.45, 42.36), (1.52, 42.51)),
                     "FR = [[1.75, 42.62]]"),
    "ad-fr": Extract("osm-andorra-2025.osm.pbf", ("FR", "AD"), ((1.75, 42.62), (1.52, 42.51)),
                     "ES = [[1.45, 42.36]]"),
    "es-gi": Extract("osm-gibraltar-2017.osm.pbf", ("ES", "GI"), ((-5.351, 36.17),
                                                                   (-5.351, 36.14))),
}  # fmt: skip
# km along the line, status and class of the roads that count, looked at one by one.
ROADS = {
    "ad-es": {
        8.96: ("unmarked", "track"),
        20.31: ("unmarked", "primary"),  # to Os de Civís, which only Andorra's roads reach
        22.89: ("unmarked", "track"),
        23.62: ("unmarked", "track"),  # weaves over the line for 54 m
        29.27: ("unmarked", "track"),
        31.66: ("unmarked", "track"),
        34.61: ("official", "trunk"),  # CG-1 with its customs, lanes of one road
        39.43: ("unmarked", "track"),
        40.19: ("unmarked", "track"),
        40.33: ("unmarked", "track"),  # two tracks 36 m apart
        40.37: ("unmarked", "track"),
        41.56: ("unmarked", "track"),
    },
    "ad-fr": {
        52.07: ("unmarked", "service"),
        52.49: ("official", "primary"),  # the main road with its customs
        52.71: ("unmarked", "track"),
        54.19: ("unmarked", "track"),
    },
    "es-gi": {0.32: ("official", "primary"), 0.59: ("unmarked", "restricted")},
}
GRAZES = {"ad-es": 7, "ad-fr": 0, "es-gi": 0}


@pytest.fixture(scope="module", params=EXTRACTS)
def border(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not (DATA / EXTRACTS[name].file).is_file():
        pytest.skip(f"{EXTRACTS[name].file} is not there: shared/data lies outside the checkout")
    return name


@pytest.fixture(scope="module")
def found(border: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    extract = EXTRACTS[border]
    folder = tmp_path_factory.mktemp(border)
    (home, goal), (here, there) = extract.pair, extract.places
    toml = folder / f"{border}.toml"
    toml.write_text(
        f'name = "{border}"\nfrom = "{home}"\nto = "{goal}"\ncorridor_km = 50\n'
        f"target = {list(there)}\n[anchors]\n{home} = [{list(here)}]\n"
        f"{goal} = [{list(there)}]\n{extract.more}\n",
        encoding="utf-8",
    )
    return run(DATA / extract.file, toml, out=folder)


def raw_points(extract: Extract) -> np.ndarray:
    """Where road ways of the file meet the ways that both countries' relations hold."""
    file = str(DATA / extract.file)
    held: dict[str, set[int]] = {}
    for relation in osmium.FileProcessor(file, RELATION):
        tags = relation.tags
        if tags.get("admin_level") == "2" and tags.get("type") == "boundary":
            code = tags.get("ISO3166-1") or tags.get("ISO3166-1:alpha2") or ""
            held.setdefault(code, set()).update(m.ref for m in relation.members if m.type == "w")
    line_ids = held[extract.pair[0]] & held[extract.pair[1]]
    roads, line = [], []
    for way in osmium.FileProcessor(file, NODE | WAY).with_locations():
        if not way.is_way():
            continue
        xy = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
        if len(xy) < 2:
            continue
        highway = way.tags.get("highway", "").removesuffix("_link")
        if way.id in line_ids:
            line.append(shapely.LineString(xy))
        elif highway in ROAD_CLASSES and way.tags.get("area") != "yes":
            roads.append(shapely.LineString(xy))
    met = shapely.intersection(shapely.union_all(line), np.array(roads))
    return np.unique(np.round(shapely.get_coordinates(met[~shapely.is_empty(met)]), 6), axis=0)


def test_roads_that_count(found: World, border: str) -> None:
    rows = found.roads()
    got = rows[["status", "class"]].itertuples(index=False, name=None)
    assert list(zip(rows["border_km"].round(2), got, strict=True)) == list(ROADS[border].items())
    assert len(found.roads(counted=False)) == GRAZES[border]


def test_every_point_where_a_raw_road_meets_the_raw_line_is_explained(
    found: World, border: str
) -> None:
    hits = found.nodes[found.nodes["node_id"].isin(found.members["node_id"])]
    tree = shapely.STRtree(hits["geometry"].to_numpy())
    at = [shapely.Point(one) for one in raw_points(EXTRACTS[border])]
    assert at
    near = tree.query(at, predicate="dwithin", distance=SAME_DEGREES)[0]
    assert set(near) == set(range(len(at)))
    # And no crossing of a road stands where no raw road meets the line.
    road = found.members[found.members["crossing_id"].str.startswith("road-")]
    own = hits[hits["node_id"].isin(road["node_id"])]
    back = shapely.STRtree(at).query(
        own["geometry"].to_numpy(), predicate="dwithin", distance=SAME_DEGREES
    )[0]
    assert set(back) == set(range(len(own)))


def test_gibraltar_has_its_gate_for_goods(found: World, border: str) -> None:
    if border == "es-gi":
        assert found.roads()["vehicles"].tolist() == [
            "car, goods, bus, bicycle, foot",
            "goods, bicycle, foot",
        ]
