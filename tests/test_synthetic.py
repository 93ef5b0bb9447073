"""Borders made by rule: every stage finds the minimum cut that was planted."""

from pathlib import Path

import pytest

from pipeline.core import borderfile, store
from pipeline.measures.depth import Variant
from pipeline.network import zones
from pipeline.stages import chokepoints, crossings, network
from tests.synthetic import border_toml, min_cut_links, synthetic, tables, write_pbf

DEPTHS_KM = (10.0, 15.0, 25.0)


@pytest.mark.parametrize(
    ("planted", "cut", "depth"), [(6, 3, 20), (1, 1, 20), (12, 1, 13), (9, 9, 20), (8, 2, 5)]
)
def test_the_planted_cut_is_found_at_its_depth(
    tmp_path: Path, planted: int, cut: int, depth: float
) -> None:
    made = synthetic(crossings=planted, cut_links=cut, cut_depth_km=depth, seed=planted)
    toml = tmp_path / "aa-bb.toml"
    toml.write_text(border_toml(made, DEPTHS_KM), encoding="utf-8")
    border = borderfile.read(toml)
    nodes, links, _ = tables(made, DEPTHS_KM)
    pairs = zones.zone_pairs(nodes, links, border)
    found = chokepoints.all_profiles(nodes, links, pairs, border)
    for mode in ("road", "foot"):
        for directed in (True, False):
            profile = found[Variant(mode, directed, third_open=False)]
            values = {at.depth_km: at.min_cut_links for at in profile}
            assert values == {at: min_cut_links(made, at) for at in values}
            assert len(values) == 2 * len(DEPTHS_KM)
            assert {len(at.paths) for at in profile} == set(values.values())


def test_from_an_osm_file_on(tmp_path: Path) -> None:
    made = synthetic(width_km=30, crossings=5, cut_links=2, towns=3)
    raw, toml = tmp_path / "aa-bb.osm.pbf", tmp_path / "aa-bb.toml"
    write_pbf(made, raw)
    toml.write_text(border_toml(made, DEPTHS_KM), encoding="utf-8")
    folders = [str(tmp_path / stage) for stage in ("network", "crossings", "chokepoints")]
    network.network(str(raw), str(toml), folders[0])
    crossings.crossings(folders[0], str(toml), folders[1])
    chokepoints.chokepoints(folders[0], folders[1], str(toml), folders[2])
    found = store.read(folders[1], "crossings")
    assert (found["mode"] == "road").all()
    assert found["counted"].sum() == made.crossings
    table = store.read(folders[2], "cordons")
    road = table[(table["mode"] == "road") & ~table["third_open"]]
    assert len(road) == 4 * len(DEPTHS_KM)
    planted = road["depth_km"].map(lambda depth: min_cut_links(made, depth))
    assert road["min_cut_links"].tolist() == planted.tolist()
    assert len(store.read(folders[0], "places")) == 3


def test_equal_seeds_give_equal_files(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_pbf(synthetic(width_km=12, crossings=2, cut_links=1, towns=1, seed=seed),
                  tmp_path / f"{name}.osm.pbf")  # fmt: skip
    one, same, other = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert one == same
    assert one != other
