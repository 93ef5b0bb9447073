"""The package as others use it: a drawn border read, cut, closed, posted and published."""

import subprocess
import sys
from pathlib import Path

import pytest

import pipeline
from pipeline.api.border import Border
from pipeline.core.errors import InputError
from tests import world

# Three roads over the line, two of which meet in one 5 km behind it; a railway beside them.
WAYS = (
    "0,-30 0,0 0,5 primary", "5,-30 5,0 0,5 primary", "0,5 0,30 primary",
    "20,-30 20,0 20,30 secondary", "0,-30 5,-30 20,-30 primary", "0,30 20,30 primary",
    "30,-30 30,30 rail",
)  # fmt: skip
TOWNS = {"0,-30": "place=town population=9000 name=South", "20,30": "place=town population=9000"}


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory) -> Border:
    at = tmp_path_factory.mktemp("api")
    raw = world.draw(at, *WAYS, points=TOWNS)
    made: Border = pipeline.read_border(raw, world.border_toml(at), at / "aa-bb")
    return made


def test_a_border_is_read_with_its_network_and_crossings(border: Border) -> None:
    nodes, links = pipeline.network_of(border, "rail")
    assert set(links["mode"]) == {"rail"}
    assert set(nodes["node_id"]) == {*links["from_node"], *links["to_node"]}
    found = pipeline.crossings_of(border)
    assert len(found) == 3
    assert found["border_km"].is_monotonic_increasing
    for frame in (border.line, nodes, links, found):
        assert frame.crs == "EPSG:4326"
    assert len(pipeline.crossings_of(border, "rail")) == 1


def test_a_cut_comes_with_its_links_and_as_many_paths(border: Border) -> None:
    at_line, behind = (pipeline.minimum_cut(border, depth_km) for depth_km in (-10, 10))
    # Two of the three roads are one before any road is 10 km deep.
    assert (at_line.links, behind.links) == (2, 2)
    for found in (at_line, behind):
        assert len(found.cut) == len(found.witness) == 2
        assert found.witness.crs == "EPSG:4326"
        assert found.why_absent is None
    assert pipeline.minimum_cut(border, 25, "rail").links == 1


def test_closing_the_cut_leaves_no_way_and_the_border_as_it_was(border: Border) -> None:
    cut = pipeline.minimum_cut(border, 10).cut
    closed = pipeline.close(border, *cut["link_id"])
    assert pipeline.minimum_cut(closed, 10).links == 0
    assert pipeline.minimum_cut(border, 10).links == 2
    last = str(pipeline.crossings_of(border)["crossing_id"].iloc[-1])
    one_less = pipeline.close(border, last)
    assert len(pipeline.crossings_of(one_less)) == 2
    assert pipeline.minimum_cut(one_less, 10).links == 1
    with pytest.raises(InputError, match="expected the border as it was read"):
        pipeline.bypass(one_less)


def test_posts_spread_over_the_cut(border: Border) -> None:
    posts = pipeline.place_posts(border, 1, 10)
    assert posts.stopped == pytest.approx(0.5)
    assert posts.links["share"].sum() == pytest.approx(1.0)
    assert pipeline.place_posts(border, 2, 10, chance=0.5).stopped == pytest.approx(0.5)


def test_what_is_not_there_is_named(border: Border) -> None:
    with pytest.raises(InputError, match="mode boat: expected one of road, rail, foot"):
        pipeline.network_of(border, "boat")
    with pytest.raises(InputError, match=r"depth \+11 km: expected one of -25, -10, \+10, \+25"):
        pipeline.minimum_cut(border, 11)
    with pytest.raises(InputError, match="close: nothing: expected a crossing_id or a link_id"):
        pipeline.close(border, "nothing")
    with pytest.raises(InputError, match="read_layer: cuts: expected one of"):
        pipeline.read_layer("any.gpkg", "cuts")
    for n_posts, chance in ((0, 0.5), (1, 0.0), (1, 1.1)):
        with pytest.raises(InputError, match="expected 1 or more, 0 to 1"):
            pipeline.place_posts(border, n_posts, 10, chance=chance)


def test_bypasses_and_results_are_those_of_the_stages(border: Border) -> None:
    ways = pipeline.bypass(border)
    assert len(ways)
    results = pipeline.publish_results(border)
    assert len(pipeline.read_layer(results, "bypasses")) == len(ways)
    cordons = pipeline.read_layer(results, "cordons")
    headline = cordons[cordons["mode"].eq("road") & cordons["directed"] & ~cordons["third_open"]]
    links_at = dict(zip(headline["depth_km"], headline["min_cut_links"], strict=True))
    for depth_km, links in links_at.items():
        assert pipeline.minimum_cut(border, depth_km).links == links


def test_the_package_loads_nothing_before_it_is_asked() -> None:
    load = "import sys, pipeline; assert 'geopandas' not in sys.modules; pipeline.read_border"
    subprocess.run([sys.executable, "-c", load], check=True, cwd=Path(__file__).parents[1])
    folders = {path.name for path in Path(pipeline.__file__).parent.iterdir()}
    assert not folders & set(pipeline.__all__), "a package of that name would hide it"
    with pytest.raises(AttributeError, match="no attribute nothing"):
        _ = pipeline.nothing
