"""The border line, its kilometres and its sides: drawn ones, and the two real ones."""

import itertools
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.core import borderfile
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84, densify, distance_m, fit_projection
from pipeline.network import line as lines
from pipeline.network import read
from pipeline.network.line import Line
from pipeline.network.read import Extract
from pipeline.network.sides import Territories, countries, divide
from tests.world import border_toml, country_tags, degrees, draw, run, write

CHECKOUT = Path(__file__).parents[1]
DATA = CHECKOUT.parent / "shared" / "data"
BORDERS = ("us-mx", "mx-gt")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared real networks are not here")
ROAD = "0,-5 0,5 primary"


def drawn(folder: Path, *pieces: str, **others: list[str]) -> Line:
    borders = {"AA BB": list(pieces)} | {
        pair.replace("_", " "): more for pair, more in others.items()
    }
    extract = read.read(draw(folder, ROAD, borders=borders))
    return lines.assemble(extract, ("AA", "BB"), 100, "drawn")


def km(line: Line, *points: str) -> list[float]:
    lon, lat = np.array([degrees(point) for point in points]).T
    return [round(float(at), 2) for at in lines.nearest(line, lon, lat)[1]]


PIECES = ["-60,0 -20,0", "-20,0 10,0", "10,0 60,0"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("turned", [(), (0,), (1, 2), (0, 1, 2)])
def test_the_line_runs_from_its_western_end_however_it_is_drawn(
    tmp_path: Path, order: tuple[int, ...], turned: tuple[int, ...]
) -> None:
    pieces = [" ".join(PIECES[k].split()[:: -1 if k in turned else 1]) for k in order]
    line = drawn(tmp_path, *pieces)
    assert len(line.chain) == 1
    assert km(line, "-60,3", "-20,-7", "0,1", "60,0", "80,0") == [0, 40, 60, 120, 120]
    assert lines.length_km(line) == pytest.approx(120, abs=1e-3)


def test_a_gap_that_nothing_explains_is_bridged_and_rings_come_last(tmp_path: Path) -> None:
    ring = "-40,20 -30,20 -30,30 -40,30 -40,20"
    line = drawn(tmp_path, ring, "20,0 60,0", "-60,0 10,0")
    assert [piece.is_closed for piece in line.chain] == [False, True]
    assert km(line, "10,0", "15,2", "40,0") == [70, 75, 100]
    assert lines.length_km(line) == pytest.approx(160, abs=0.1)
    assert km(line, "-35,25.1")[0] > 120
    assert (line.course.parts, round(line.course.bridged_km, 1)) == (3, 10.0)
    assert [(one.kind, one.severity) for one in line.course.doubts] == [("line_gap", "high")]


@pytest.mark.parametrize(
    "tag", ["maritime=yes", "maritime=Yes", "boundary_type=maritime", "border_type=nautical",
            "border_type=eez", "boundary=maritime", "border_type=contiguous"],
)  # fmt: skip
def test_stretches_at_sea_have_kilometres_and_no_length(tmp_path: Path, tag: str) -> None:
    line = drawn(tmp_path, "-60,0 0,0 0,0' 0,0 60,0", f"60,0 90,0 {tag}", "9,9 9,9'")
    assert lines.length_km(line) == pytest.approx(120, abs=1e-3)
    assert lines.vertex_spacing_m(line) == pytest.approx(60_000, abs=1)
    assert km(line, "80,0") == [140]
    assert lines.nearest(line, *map(np.atleast_1d, degrees("80,1")))[0] == pytest.approx(
        1, rel=1e-3
    )


def test_a_land_border_whose_ways_are_all_tagged_territorial_has_length(tmp_path: Path) -> None:
    """As the borders of Liechtenstein are."""
    line = drawn(tmp_path, "-60,0 0,0 border_type=territorial", "0,0 60,0 border_type=territorial")
    assert lines.length_km(line) == pytest.approx(120, abs=1e-3)


def test_ways_tagged_territorial_that_run_out_to_sea_are_at_sea(tmp_path: Path) -> None:
    """Where others lack the tag; not amid the land, nor up to a line with a third country."""
    more = " border_type=territorial"
    out = drawn(tmp_path / "out", "-60,0 0,0", f"0,0 30,0{more}", f"30,0 60,0{more}")
    assert lines.length_km(out) == pytest.approx(60, abs=1e-3)
    amid = drawn(tmp_path / "amid", "-60,0 0,0", f"0,0 30,0{more}", "30,0 60,0")
    assert lines.length_km(amid) == pytest.approx(120, abs=1e-3)


def test_a_way_of_the_line_that_lacks_nodes_runs_straight_there(tmp_path: Path) -> None:
    raw = draw(tmp_path, "0,-40 0,40 primary", borders={"AA BB": ["-60,0 -20,0 20,0 60,0"]})
    text = raw.read_text("utf-8")
    start = text.index('<node id="4"')
    raw.write_text(text[:start] + text[text.index("<node", start + 1) :], encoding="utf-8")
    found = run(raw, border_toml(tmp_path))
    assert (found.border["length_km"][0].round(2), len(found.roads())) == (120, 1)


def test_a_way_that_is_no_boundary_by_its_tags_is_border_if_both_relations_name_it(
    tmp_path: Path,
) -> None:
    river = "0,0 10,8 20,0 boundary=no admin_level=no waterway=river"
    line = drawn(tmp_path, "-60,0 0,0", river, "20,0 60,0")
    assert lines.length_km(line) == pytest.approx(100 + 2 * np.hypot(10, 8), rel=1e-3)
    assert not line.course.doubts


def test_a_relation_of_the_border_itself_is_no_country(tmp_path: Path) -> None:
    nodes: dict[int, tuple[tuple[float, float], dict[str, str]]] = {
        1: (degrees("-60,0"), {}),
        2: (degrees("60,0"), {}),
    }
    ways = {1: ([1, 2], {"boundary": "administrative", "highway": "track"})}
    both = country_tags("AA") | {"name": "AA — BB"}
    del both["ISO3166-1"]
    relations = {n: ([1], country_tags(code)) for n, code in enumerate(("AA", "BB"), start=1)}
    raw = write(tmp_path / "raw.osm", nodes, ways, relations | {3: ([1], both)})
    assert sorted(read.read(raw).countries) == ["AA", "BB"]
    alpha2 = country_tags("BB")
    alpha2["ISO3166-1:alpha2"] = alpha2.pop("ISO3166-1")
    raw = write(tmp_path / "other.osm", nodes, ways, relations | {2: ([1], alpha2)})
    assert sorted(read.read(raw).countries) == ["AA", "BB"]


def test_the_ruler_steps_over_what_is_smaller_than_itself(tmp_path: Path) -> None:
    teeth = [f"{x / 10:g},{0.5 * (x % 2):g}" for x in range(-100, 101)]
    line = drawn(tmp_path, " ".join(teeth))
    assert lines.length_km(line) == pytest.approx(200 * np.hypot(0.1, 0.5), rel=1e-3)
    assert lines.ruler_length_km(line) == pytest.approx(20, rel=0.08)
    straight = drawn(tmp_path, "-10.3,0 10,0")
    assert lines.ruler_length_km(straight) == pytest.approx(20.3, abs=1e-3)


def test_the_ruler_measures_a_zigzag_wider_than_itself_in_full(tmp_path: Path) -> None:
    line = drawn(tmp_path, "-40,0 -20,20 0,0 20,20 40,0")
    assert lines.ruler_length_km(line) == pytest.approx(4 * 20 * 2**0.5, rel=0.02)


SPREADS = {
    "along the equator": ([-10, 10], [0, 0]),
    "along a parallel": ([-120, -90], [49, 49]),
    "along a meridian": ([20, 20], [-5, 20]),
    "across the date line": ([178, -178], [-16, -18]),
    "far north": ([12, 31], [59, 70]),
    "one place": ([9.5, 9.6], [47.1, 47.1]),
}


@pytest.mark.parametrize("name", SPREADS)
def test_a_projection_fits_a_strip_anywhere(name: str) -> None:
    (west, east), (south, north) = (np.array(part, dtype=float) for part in SPREADS[name])
    share = np.linspace(0, 1, 60)
    run = (east - west + 180) % 360 - 180
    lon = np.tile((west + share * run + 180) % 360 - 180, 3)
    lat = np.tile(south + share * (north - south), 3) + np.repeat([-1.0, 0.0, 1.0], 60)
    projection = fit_projection(lon, lat)
    assert projection.scale_error < 0.005
    plane = projection.plane(lon, lat)
    assert np.allclose(projection.degrees(plane), np.column_stack([lon, lat]), atol=1e-7)
    one, other = np.triu_indices(len(lon), k=1)
    true_m = distance_m(lon[one], lat[one], lon[other], lat[other])
    plane_m = np.hypot(*(plane[one] - plane[other]).T)
    apart = (true_m > 1000) & (true_m < 300_000)
    assert np.abs(plane_m / true_m - 1)[apart].max() < 0.005


@cache
def real(border: str) -> tuple[BorderFile, Extract, Line, Territories]:
    raw = str(DATA / f"ne-{border}.osm.pbf")
    border_file = borderfile.read(CHECKOUT / "pipeline" / "borders" / f"{border}.toml")
    extract = read.read(raw)
    line = lines.assemble(
        extract, (border_file.from_, border_file.to), border_file.corridor_km, raw
    )
    return (
        border_file,
        extract,
        line,
        divide(line, extract.vertices.lon, extract.vertices.lat, border_file, raw),
    )


def inside(border: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitude, latitude and distance from the line of the extract's vertices in the corridor."""
    border_file, extract, line, _ = real(border)
    lon, lat = extract.vertices.lon, extract.vertices.lat
    away_km = lines.nearest(line, lon, lat)[0]
    near = away_km <= border_file.corridor_km
    return lon[near], lat[near], away_km[near]


@needs_data
@pytest.mark.parametrize(("border", "length_km"), [("us-mx", 2641), ("mx-gt", 895)])
def test_the_real_lines_are_as_long_as_they_are_known_to_be(border: str, length_km: float) -> None:
    line = real(border)[2]
    assert lines.length_km(line) == pytest.approx(length_km, abs=0.5)
    assert lines.ruler_length_km(line) < lines.length_km(line)


@needs_data
@pytest.mark.parametrize("border", BORDERS)
def test_the_plane_is_true_to_half_a_per_cent_within_the_corridor(border: str) -> None:
    border_file, _, line, _ = real(border)
    lon, lat, _ = inside(border)
    one, other = np.random.default_rng(0).choice(len(lon), (2, 20_000))
    true_m = distance_m(lon[one], lat[one], lon[other], lat[other])
    plane = line.projection.plane(lon, lat)
    plane_m = np.hypot(*(plane[one] - plane[other]).T)
    apart = (true_m > 100) & (true_m < 2000 * border_file.corridor_km)
    assert apart.sum() > 1000
    assert np.abs(plane_m[apart] / true_m[apart] - 1).max() < 0.005
    assert line.projection.scale_error < 0.005


@needs_data
@pytest.mark.parametrize("border", BORDERS)
def test_depth_is_the_geodesic_distance_from_the_line(border: str) -> None:
    line = real(border)[2]
    lon, lat, away_km = inside(border)
    course = np.vstack([densify(np.asarray(piece.coords), 500) for piece in line.shape.geoms])
    far = np.flatnonzero(away_km > 5)
    for row in np.random.default_rng(1).choice(far, 40, replace=False):
        here = np.full((2, len(course)), [[lon[row]], [lat[row]]])
        nearest_km = distance_m(*here, *course.T).min() / 1000
        assert away_km[row] == pytest.approx(nearest_km, rel=1e-3)


@needs_data
@pytest.mark.parametrize("border", BORDERS)
def test_sides_against_the_country_polygons(border: str) -> None:
    _, extract, _, territories = real(border)
    lon, lat, away_km = inside(border)
    got = countries(territories, territories.projection.plane(lon, lat))
    names = {"Mexico": "MX", "Guatemala": "GT", "Belize": "BZ", "United States of America": "US"}
    polygons = gpd.read_file(DATA / "countries.gpkg")
    true = np.full(len(lon), None, dtype=object)
    for name, polygon in zip(polygons["name"], polygons.geometry, strict=True):
        true[shapely.contains_xy(polygon, lon, lat)] = names[name]
    # What lies on the line falls to either; Belize's line is not in the data, which say so.
    decided = (away_km > 0.01) & (true != None) & (true != "BZ")  # noqa: E711 (array comparison)
    assert decided.sum() > 4000
    assert (got[decided] == true[decided]).all()
    assert set(extract.countries) == set(territories.pair)
    assert any("extended straight to the edge of the data" in note for note in territories.notes)


def ground_of(folder: Path, borders: dict[str, list[str]], **changes: object) -> Territories:
    extract = read.read(draw(folder, "-80,-80 80,80 track", borders=borders))
    border_file = borderfile.read(border_toml(folder, **changes))
    line = lines.assemble(extract, ("AA", "BB"), 100, "drawn")
    return divide(line, extract.vertices.lon, extract.vertices.lat, border_file, "drawn")


def sides(territories: Territories, *points: str) -> list[str]:
    lon, lat = np.array([degrees(point) for point in points]).T
    return [str(code) for code in countries(territories, territories.projection.plane(lon, lat))]


def test_sides_with_both_lines_of_a_third_country(tmp_path: Path) -> None:
    borders = {"AA BB": ["-60,0 40,0"], "AA CC": ["40,0 40,-20"], "BB CC": ["60,20 40,0"]}
    territories = ground_of(tmp_path, borders)
    at = ["0,1", "0,-1", "39,-1", "41,-1", "41,0", "41,2", "39,-40", "43,-40", "70,20", "50,30"]
    assert sides(territories, *at) == ["BB", "AA", "AA", "CC", "CC", "BB", "AA", "CC", "CC", "BB"]


def test_the_third_of_three_lines_that_meet_is_prolonged_between_them(tmp_path: Path) -> None:
    territories = ground_of(tmp_path, {"AA BB": ["-60,0 40,0"], "AA CC": ["40,0 40,-40"]})
    assert sides(territories, "42,-1", "45,4", "45,6", "38,-30") == ["CC", "CC", "BB", "AA"]
    assert "the line BB–CC was extended straight to the edge of the data" in "; ".join(
        territories.notes
    )


def test_a_country_between_two_lines_that_both_end_in_the_data(tmp_path: Path) -> None:
    borders = {
        "AA BB": ["-30,0 30,0"],
        "BB CC": ["-30,0 -30,40 30,40 30,0"],
        "AA CC": ["-30,0 -60,-30", "30,0 60,-30"],
    }
    territories = ground_of(tmp_path, borders, anchors={"AA": ["0,-20"], "BB": ["0,20"]})
    assert sides(territories, "0,10", "0,-10", "-40,0", "40,0", "0,60") == [
        "BB",
        "AA",
        "CC",
        "CC",
        "CC",
    ]
    assert not territories.notes


def test_anchors_that_no_line_parts_are_refused(tmp_path: Path) -> None:
    anchors = {"AA": ["0,-5", "10,20"], "BB": ["0,5"]}
    with pytest.raises(InputError, match=r"drawn: anchors of .* same side of the border line"):
        ground_of(tmp_path, {"AA BB": ["-60,0 60,0"]}, anchors=anchors)


def test_geodesic_lengths_are_those_of_pyproj() -> None:
    lon, lat = np.array([0.0, 10.0, 10.5]), np.array([50.0, 51.0, -20.0])
    got = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()
    assert got == pytest.approx(WGS84.line_length(lon, lat), rel=1e-12)
