"""The crossings of two real borders in a whole regional extract, each looked at on a map.

Kilometres run from the northern end of either line. The lists were drawn up from the map; the
stages must find them, no more and no fewer.
"""

import os
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import pytest
from osmium.osm import NODE, WAY

from pipeline.core import store
from pipeline.stages import bypass, chokepoints
from tests import uncontracted
from tests.travelled import travelled
from tests.world import World, check, of_mode, run

CHECKOUT = Path(__file__).parents[1]
RAW = CHECKOUT.parent / "shared" / "data" / "osm-liechtenstein-2022.osm.pbf"
pytestmark = pytest.mark.skipif(not RAW.is_file(), reason="the Liechtenstein extract is not here")

ROADS = {
    # A track and a street 230 m apart (30.98, 31.21) are two, as are two roads kept for lorries.
    "ch-li": [3.13, 7.24, 12.0, 16.68, 24.11, 28.48, 28.95, 30.98, 31.21, 31.92, 32.50, 32.76],
    # Five streets within 460 m (3.95 to 4.41), a service lane by the customs (9.18), two tracks.
    "at-li": [0.15, 0.43, 3.5, 3.95, 4.1, 4.21, 4.39, 4.41, 6.75, 7.25, 9.18, 9.23, 9.74, 9.75],
}
GRAZES = {"ch-li": [27.66, 30.47], "at-li": [0.14, 8.44]}
RAILWAYS = {"ch-li": [12.52], "at-li": [9.15]}
LENGTH_KM = {"ch-li": 41.26, "at-li": 36.66}
BORDERS = tuple(ROADS)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    made = {}
    for border in BORDERS:
        folder = tmp_path_factory.mktemp(border)
        border_toml = CHECKOUT / "pipeline" / "borders" / f"{border}.toml"
        made[border] = run(RAW, border_toml, out=folder)
    return made


@pytest.mark.parametrize("border", BORDERS)
def test_road_crossings_grazes_and_railways(found: dict[str, World], border: str) -> None:
    roads, grazes = (found[border].roads(counted=counted) for counted in (True, False))
    assert roads["border_km"].tolist() == pytest.approx(ROADS[border], abs=0.01)
    assert grazes["border_km"].tolist() == pytest.approx(GRAZES[border], abs=0.01)
    rails = of_mode(found[border], "rail")
    assert rails["border_km"].tolist() == pytest.approx(RAILWAYS[border], abs=0.01)
    assert not len(of_mode(found[border], "rail", counted=False))


def test_two_carriageways_are_one_and_five_streets_five(
    found: dict[str, World],
) -> None:
    rhine = found["ch-li"].roads().iloc[2]
    assert (rhine["n_links"], rhine["class"]) == (2, "primary")
    assert rhine["span_m"] < 10
    five = found["at-li"].roads().iloc[3:8]
    assert five["n_links"].tolist() == [1] * 5
    assert np.ptp(five["border_km"]) * 1000 == pytest.approx(459, abs=1)
    assert five["site_250m"].nunique() == 3


def test_only_the_crossing_with_a_mapped_control_is_official(found: dict[str, World]) -> None:
    crossings = pd.concat([found[border].crossings for border in BORDERS])
    official = crossings[crossings["status"] == "official"]
    assert official[["mode", "class"]].to_numpy().tolist() == [["road", "primary"]]
    assert official["border_km"].iloc[0] == pytest.approx(9.23, abs=0.01)
    controls = found["at-li"].posts
    controls = controls[controls["kind"] == "border_control"]
    assert len(controls) == 3
    assert controls["node_id"].notna().all()


@pytest.mark.parametrize("border", BORDERS)
def test_the_line_and_what_is_beside_it(found: dict[str, World], border: str) -> None:
    row = found[border].border.iloc[0]
    assert row["length_km"] == pytest.approx(LENGTH_KM[border], abs=0.01)
    assert row["parts"] == 1
    assert found[border].provenance["countries"] == "AT CH LI"
    assert found[border].provenance["line"] == "complete between its neighbours"
    country, third = border[:2].upper(), {"ch-li": "AT", "at-li": "CH"}[border]
    links = found[border].links
    assert set(links["side"]) <= {country, third, "LI", "border"}
    assert links.loc[links["side"] == third, "depth_min_km"].isna().all()
    assert not (links.loc[links["side"] == "LI", "depth_min_km"] < 0).any()
    assert not (links.loc[links["side"] == country, "depth_max_km"] > 0).any()
    places = found[border].places.set_index("name")["side"]
    home = ["Vaduz", "Schaan", "Balzers", "Triesenberg", "Ruggell", "Mauren"]
    assert set(places.reindex(home)) == {"LI"}


@pytest.mark.parametrize("border", BORDERS)
def test_nothing_crosses_a_line_or_a_depth(found: dict[str, World], border: str) -> None:
    check(found[border])


def test_ways_round_the_rhine_bridges_end_where_the_data_do(
    found: dict[str, World], tmp_path: Path
) -> None:
    """The Swiss stubs end 64 to 84 m past the line: minutes of ways that begin there are
    incomplete.

    Seven bridges lead from an open end; two of them share theirs, so that one is the way round the
    other. On the Swiss side of four tracks and lorry roads data hold no open end, and the railway
    leaves for Austria: of these no minutes are stated.
    """
    toml, cuts = str(CHECKOUT / "pipeline/borders/ch-li.toml"), str(tmp_path / "chokepoints")
    known, met = (str(found["ch-li"].folder / name) for name in ("network", "crossings"))
    chokepoints.chokepoints(known, met, toml, cuts)
    reached = travelled(known, met, toml, tmp_path / "travel")
    bypass.bypass(known, met, reached, cuts, toml, str(tmp_path / "bypass"))
    kinds = store.read(cuts, "chokepoints")[["chokepoint_id", "kind", "depth_km"]]
    rows = store.read(tmp_path / "bypass", "bypasses").merge(kinds, on="chokepoint_id")
    bridges = rows[rows["kind"] == "crossing"]
    assert len(bridges) == 13
    measured = bridges[bridges["direct_minutes"].notna()]
    assert measured["touches_data_edge"].all()
    assert sorted(measured["cut_off"]) == [False, *[True] * 6]
    round_ = measured[~measured["cut_off"]].iloc[0]
    assert round_["bypass_minutes"] - round_["direct_minutes"] == pytest.approx(0.44, abs=0.01)
    unresolved = bridges.drop(index=measured.index)
    assert not unresolved[["cut_off", "touches_data_edge"]].to_numpy().any()
    assert unresolved["bypass_minutes"].isna().all()


def test_both_borders_find_the_same_network_inside(found: dict[str, World]) -> None:
    inside_km = [
        links[links["side"] == "LI"].groupby("mode")["length_m"].sum() / 1000
        for links in (found[border].links for border in BORDERS)
    ]
    assert inside_km[0]["road"] > 500
    pd.testing.assert_series_equal(inside_km[0], inside_km[1], rtol=2e-3)


def test_f_is_the_maximum_flow_of_the_raw_ways(found: dict[str, World]) -> None:
    """10 km from the Austrian line two roads are left; SciPy finds as many, nothing contracted.

    Of the Swiss side, where the country is nowhere 10 km deep, no F(D) is stated.
    """
    raw = uncontracted.read(RAW, "LI", "AT")
    stubs = uncontracted.dead_ends(raw) & (raw.side == "AT")
    for border, depths_km in {"at-li": [10.0], "ch-li": []}.items():
        at = found[border].folder
        toml = str(CHECKOUT / "pipeline" / "borders" / f"{border}.toml")
        cuts = str(at / "cuts")
        chokepoints.chokepoints(str(at / "network"), str(at / "crossings"), toml, cuts)
        rows = store.read(cuts, "cordons")
        rows = rows[(rows["mode"] == "road") & ~rows["third_open"] & rows["min_cut_links"].notna()]
        assert sorted(set(rows["depth_km"])) == depths_km
        for directed, depth_km, f in rows[["directed", "depth_km", "min_cut_links"]].itertuples(
            index=False
        ):
            deep = (raw.side == "LI") & (raw.depth_km >= depth_km)
            assert uncontracted.cut(raw, stubs, deep, directed=directed) == f == 2


def moved_ends(found: World, share: float, target: Path) -> None:
    """The extract with every open end of the network moved along its last stretch, by a share."""
    at = {f"n{node}": node for way in osmium.FileProcessor(str(RAW), WAY)
          if "highway" in way.tags or "railway" in way.tags
          for node in (way.nodes[0].ref, way.nodes[-1].ref)}  # fmt: skip
    open_ = set(found.nodes.loc[found.nodes["open_ended"], "node_id"]) & at.keys()
    ends = {at[name] for name in open_}
    places: dict[int, tuple[float, float]] = {}
    ways = osmium.FileProcessor(str(RAW), NODE | WAY).with_locations()
    for way in ways.with_filter(osmium.filter.KeyFilter("highway", "railway")):
        if way.is_way() and len(way.nodes) > 1:
            for end, before in ((way.nodes[0], way.nodes[1]), (way.nodes[-1], way.nodes[-2])):
                if end.ref in ends:
                    a, b = ((n.lon, n.lat) for n in (before, end))
                    places[end.ref] = tuple(p + share * (q - p) for p, q in zip(a, b, strict=True))
    assert len(places) > 30
    with osmium.SimpleWriter(str(target)) as writer:
        for one in osmium.FileProcessor(str(RAW)):
            known = one.is_node() and one.id in places
            writer.add(one.replace(location=places[one.id]) if known else one)


@pytest.mark.parametrize("share", [2 / 3, 4 / 3] if "LONG_TESTS" in os.environ else [2 / 3])
def test_moving_every_open_end_by_a_third_changes_no_crossing(
    found: dict[str, World], tmp_path: Path, share: float
) -> None:
    """With LONG_TESTS in the environment they are also moved outward."""
    raw = tmp_path / "moved.osm.pbf"
    moved_ends(found["at-li"], share, raw)
    again = run(raw, CHECKOUT / "pipeline" / "borders" / "at-li.toml", out=tmp_path)
    columns = ["mode", "counted", "status", "class"]
    crossings = [
        sorted(map(tuple, one.crossings.assign(km=one.crossings["border_km"].round(2))
                   .loc[one.crossings["mode"] != "foot", ["km", *columns]].to_numpy().tolist()))
        for one in (found["at-li"], again)
    ]  # fmt: skip
    assert crossings[0] == crossings[1]
