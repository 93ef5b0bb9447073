"""Borders of every shape: each found, cut and run by itself, with its planted cut."""

import csv
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString

from pipeline.core.errors import InputError
from pipeline.network.anchors import closed_outlines
from pipeline.world.world import world as run_world
from tests import planet, world
from tests.planet import Planet

TWO = ((6, 6),)
FAR = "two pieces 1,000 km apart"
LAKE = {"natural": "water", "name": "Grenzsee"}


def with_lake(made: Planet) -> Planet:
    """A lake over the middle of the line, over which no road leads."""
    ids = [9_000_001, 9_000_002, 9_000_003, 9_000_004]
    corners = ((20.26, 10.05), (20.29, 10.05), (20.29, 10.062), (20.26, 10.062))
    nodes = made.nodes | {one: (at, {}) for one, at in zip(ids, corners, strict=True)}
    ways = made.ways | {9_000_001: ([*ids, ids[0]], LAKE)}
    return Planet(nodes, ways, made.relations, made.owner, made.planted)


# A country west of the antimeridian, the other east of it, and the line from south to north on it.
ON_180 = (180 - 6 * 5.0 / (planet.KM_PER_LAT * np.cos(np.radians(16.0))), -16.0)
TRIPOINTS = ((12,), (6, 6), (12,))

SHAPES = {
    "across the antimeridian": lambda: planet.planet(TWO, at=(179.85, -16.0)),
    "on the antimeridian itself": lambda: planet.planet(TWO, at=ON_180),
    "high latitude": lambda: planet.planet(TWO, at=(20.0, 78.0)),
    FAR: lambda: planet.joined(planet.planet(TWO), planet.planet(TWO, at=(29.0, 12.0), seed=2)),
    "an island shared": lambda: planet.joined(
        planet.planet(TWO), planet.planet(TWO, at=(20.0, 11.2), seed=3)
    ),
    "a lake on the line": lambda: with_lake(planet.planet(TWO)),
    "shorter than the corridor is wide": lambda: planet.planet(((8, 8),), height=2),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shape(tmp_path: Path, name: str) -> None:
    made = SHAPES[name]()
    file = planet.write(made, tmp_path / "planet.osm.pbf")
    row = ran(tmp_path, file)
    links = made.planted["AK", "AL"]
    assert row["failed"] == ""
    assert row["road_min_cut_links_minus_10_km"] == str(links)
    # The destination zone is the part of the land that holds the target: one of two far pieces.
    here = planet.planet(TWO).planted["AK", "AL"] if name == FAR else links
    assert row["road_min_cut_links_plus_10_km"] == str(here)
    assert int(row["road_official"]) + int(row["road_unmarked"]) == links


@pytest.mark.parametrize("west", [20.0, 179.7])
def test_tripoints_at_both_ends(tmp_path: Path, west: float) -> None:
    """The line ends in the lines of two other countries; the second time the antimeridian cuts."""
    made = planet.planet(TRIPOINTS, at=(west, 10.0))
    row = ran(tmp_path, planet.write(made, tmp_path / "planet.osm.pbf"), "bk-bl")
    assert row["failed"] == ""
    for sign in ("minus", "plus"):
        assert row[f"road_min_cut_links_{sign}_10_km"] == str(made.planted["BK", "BL"])


def test_outlines_across_the_antimeridian_are_closed_and_hold_their_points() -> None:
    """Also where another country's ring lies inside, and where one touches it from one side."""
    whole = [(179.0, 1.0), (-179.0, 1.0), (-179.0, -1.0), (179.0, -1.0), (179.0, 1.0)]
    inner = [(179.3, 0.3), (179.6, 0.3), (179.6, 0.6), (179.3, 0.6), (179.3, 0.3)]
    east = [(-180.0, 2.0), (-178.0, 2.0), (-178.0, 3.0), (-180.0, 3.0), (-180.0, 2.0)]
    rings = {"AA": [whole, inner], "BB": [inner], "CC": [east]}
    found = closed_outlines(
        {code: [LineString(one) for one in some] for code, some in rings.items()}
    )
    held = {
        code: [at for at in ((179.5, 0.0), (-179.5, 0.0), (179.5, 0.5), (-179.0, 2.5), (0.0, 0.0))
               if shapely.contains_xy(found[code], *at)]
        for code in rings
    }  # fmt: skip
    assert held == {
        "AA": [(179.5, 0.0), (-179.5, 0.0)],
        "BB": [(179.5, 0.5)],
        "CC": [(-179.0, 2.5)],
    }


@pytest.mark.parametrize("partial", [(), ("BB",)])
def test_a_ring_of_two_countries_is_of_the_one_that_is_whole(partial: tuple[str, ...]) -> None:
    """An extract of Gibraltar holds no more of Spain than the line; both relations name it."""
    ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    found = closed_outlines({code: [LineString(ring)] for code in ("AA", "BB")}, partial)
    assert set(found) == {"AA", "BB"} - set(partial)


def test_a_ring_of_which_a_large_neighbour_names_a_part_tells_whose_anchors_are_swapped(
    tmp_path: Path,
) -> None:
    """BB is a ring of 20 km; AA names it and ways elsewhere, which the file lacks."""
    ring = ["-10,0 10,0 10,20 -10,20 -10,0"]
    raw = world.draw(tmp_path, "0,-20 0,10 primary", borders={"AA BB": ring})
    member = '<member type="way" ref="2" role="outer"/>'
    drawn = raw.read_text()
    raw.write_text(drawn.replace(member, f"{member}\n{member.replace('2', '99')}", 1))
    right = world.border_toml(tmp_path, anchors={"AA": ["0,-10"], "BB": ["0,10"]})
    found = world.run(raw, right)
    assert found.links.loc[found.links["depth_max_km"] > 0, "side"].unique().tolist() == ["BB"]
    assert len(found.roads()) == 1
    swapped = world.border_toml(tmp_path, anchors={"AA": ["0,10"], "BB": ["0,-10"]})
    with pytest.raises(InputError, match=r"anchors\.AA: .* lies in BB by its outline"):
        world.run(raw, swapped)


def test_enclaves_in_several_pieces(tmp_path: Path) -> None:
    """A country in two pieces inside another, each 15 km wide."""
    pieces = {(x + move, y) for move in (0, 7) for x in range(2, 5) for y in range(2, 5)}
    made = planet.planet(((14, 4),), height=7, enclave=sorted(pieces))
    row = ran(tmp_path, planet.write(made, tmp_path / "planet.osm.pbf"), "ak-zz")
    assert row["failed"] == ""
    assert float(row["length_km"]) == pytest.approx(2 * 4 * 15, rel=0.01)
    assert int(row["road_official"]) + int(row["road_unmarked"]) == made.planted["AK", "ZZ"]


def ran(folder: Path, file: Path, border: str = "ak-al") -> dict[str, str]:
    settings = {"workers": 0, "until": "chokepoints", "corridor": 25.0, "borders": border}
    run_world(folder / "raw", folder / "out", file, known=folder / "none", **settings)  # type: ignore[arg-type]
    with (folder / "out/world.csv").open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    return row
