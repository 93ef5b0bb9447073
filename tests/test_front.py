"""W(D): drawn coasts with known widths, and the real ones against an independent map."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from scipy import ndimage
from scipy.spatial import KDTree

from pipeline.core import borderfile
from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84, densify
from pipeline.network import line as lines
from pipeline.network import read, surroundings
from pipeline.network.sides import divide
from pipeline.sources.gazetteer import gazetteer
from pipeline.terrain import front
from pipeline.terrain.front_table import front_table
from tests import world

ROOT = Path(__file__).parents[1]
COUNTRIES = ROOT.parent / "shared" / "data" / "countries.gpkg"
ROAD = "0,-20 0,20 primary"
# Land 120 km wide and the border from shore to shore; a coast has its land on the left.
WEST = "-60,200 -60,-200 natural=coastline"
EAST = "60,-200 60,200 natural=coastline"
# The same, narrowing northward: from 10 km on it is an isthmus 40 km wide.
NARROW = ("-20,200 -20,10 -60,10 -60,-200 natural=coastline",
          "60,-200 60,10 20,10 20,200 natural=coastline")  # fmt: skip
# A bay from 15 km on parts the north: 50 km of land in its west, 30 km in its east.
BAY = "30,200 30,15 -10,15 -10,200 natural=coastline"


def front_widths(raw: Path, border: borderfile.BorderFile) -> front.Widths:
    """W(D) by depth, or why there is none."""
    table = front_table(read.read(raw), surroundings.read(raw).coasts, border, str(raw))
    table = table.astype(object).where(table.notna(), None)
    found = zip(table["front_width_km"], table["why_no_width"], strict=True)
    return dict(zip(table["depth_km"], found, strict=True))


def widths(folder: Path, *coasts: str, **settings: object) -> front.Widths:
    raw = world.draw(folder, ROAD, *coasts)
    border = borderfile.read(world.border_toml(folder, **settings))
    return front_widths(raw, border)


def km(found: front.Widths) -> dict[float, float | None]:
    return {depth_km: None if w is None else round(w, 1) for depth_km, (w, _) in found.items()}


def test_a_straight_strip_is_as_wide_at_every_depth(tmp_path: Path) -> None:
    found = widths(tmp_path, WEST, EAST)
    assert {w: pytest.approx(120, rel=0.002) for w in found} == {
        w: v for w, (v, _) in found.items()
    }
    assert sorted(found) == [-25, -10, 10, 25]


def test_an_isthmus_is_narrow_behind_the_line_only(tmp_path: Path) -> None:
    found = widths(tmp_path, *NARROW, depths_km=[5, 30])
    assert found[30][0] == pytest.approx(40, rel=0.002)
    assert found[5][0] == pytest.approx(120, rel=0.002)
    assert found[-30][0] == pytest.approx(120, rel=0.002)


@pytest.mark.parametrize(("target", "expected"), [("-40,60", 50), ("50,60", 30)])
def test_only_the_piece_of_land_towards_the_target_counts(
    tmp_path: Path, target: str, expected: float
) -> None:
    found = widths(
        tmp_path, WEST, EAST, BAY, depths_km=[10, 30], target=list(world.degrees(target))
    )
    assert found[10][0] == pytest.approx(120, rel=0.002)
    assert found[30][0] == pytest.approx(expected, rel=0.002)


def test_a_land_once_left_out_stays_out(tmp_path: Path) -> None:
    """The eastern piece contains the target and ends at 25 km; the western piece then does not
    count."""
    east = "60,-200 60,25 30,25 30,15 -10,15 -10,200 natural=coastline"
    target = list(world.degrees("45,22"))
    found = widths(tmp_path, WEST, east, depths_km=[10, 20, 30], target=target)
    assert found[20][0] == pytest.approx(30, rel=0.002)
    assert found[30] == (0, None)


def test_islands_are_no_front_towards_the_target(tmp_path: Path) -> None:
    island = "-100,20 -70,20 -70,40 -100,40 -100,20 natural=coastline"
    lake = "-20,20 -20,40 20,40 20,20 -20,20 natural=coastline"
    assert km(widths(tmp_path / "a", WEST, EAST, island))[25] == pytest.approx(120, abs=0.3)
    assert km(widths(tmp_path / "b", WEST, EAST, lake))[25] == pytest.approx(80, abs=0.3)


def test_the_plane_may_be_a_mirror_image_and_the_west_lie_in_the_east(tmp_path: Path) -> None:
    turned = {"AA BB": ["60,0 -60,0"]}
    raw = world.draw(tmp_path, ROAD, *NARROW, borders=turned)
    border = borderfile.read(world.border_toml(tmp_path, depths_km=[5, 30]))
    assert km(front_widths(raw, border)) == km(widths(tmp_path / "b", *NARROW, depths_km=[5, 30]))


def test_no_width_where_coasts_do_not_tell(tmp_path: Path) -> None:
    assert set(widths(tmp_path / "0").values()) == {(None, "the data hold no coastline")}
    ends = "-60,20 -60,-200 natural=coastline"
    found = widths(tmp_path / "1", ends, EAST)
    assert found[25] == (None, "no coast separates land from sea 25 km deep in BB")
    assert found[10][0] == pytest.approx(120, rel=0.002)
    found = widths(tmp_path / "2", WEST, EAST, depths_km=[10, 25, 150])
    assert found[150] == (None, "data on the BB side reach 100 km")


def test_no_width_beyond_the_reach_of_the_data(tmp_path: Path) -> None:
    raw = world.draw(tmp_path, ROAD, WEST, EAST)
    data = tmp_path / "data.toml"
    data.write_text("[reach_km]\nBB = 20\n", encoding="utf-8")
    border = borderfile.read(world.border_toml(tmp_path), data)
    found = front_widths(raw, border)
    assert found[25] == (None, "data on the BB side reach 20 km")
    assert found[10][0] is not None


def test_a_coast_is_cut_where_it_lacks_nodes(tmp_path: Path) -> None:
    raw = world.draw(tmp_path, ROAD, WEST, EAST)
    text = raw.read_text(encoding="utf-8").replace('<nd ref="3"/>', '<nd ref="99"/>')
    raw.write_text(text, encoding="utf-8")
    assert len(surroundings.read(raw).coasts) == 1


@pytest.mark.parametrize("content", [None, "", "<html/>"])
def test_no_osm_file_is_bad_input(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "bad.osm"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.osm: "):
        surroundings.read(path)


@pytest.fixture(scope="module", params=["us-mx", "mx-gt"])
def drawn_border(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    if not COUNTRIES.is_file():
        pytest.skip("countries.gpkg, an independent map, is not beside this checkout")
    raw = tmp_path_factory.mktemp("gazetteer") / f"{request.param}.osm.pbf"
    gazetteer.gazetteer(str(ROOT / "data" / "raw" / "gazetteer"), request.param, str(raw))
    return request.param, raw


def test_coasts_lie_where_an_independent_map_has_them(drawn_border: tuple[str, Path]) -> None:
    shores = surroundings.read(drawn_border[1]).coasts.geometry
    coasts = [shapely.get_coordinates(one) for one in shores]
    countries = gpd.read_file(COUNTRIES)
    shore = shapely.union_all(countries.geometry.to_numpy()).boundary
    drawn = np.vstack([densify(points, 5000.0) for points in coasts])
    # The map holds neither Honduras nor El Salvador.
    drawn = drawn[(drawn[:, 0] < -90.1) | (drawn[:, 1] > 15.9)]
    shapely.prepare(shore)
    nearest = shapely.shortest_line(shapely.points(drawn), shore)
    at = shapely.get_coordinates(nearest).reshape(-1, 4)
    off_km = np.asarray(WGS84.inv(*at.T)[2]) / 1000
    assert np.median(off_km) < 2.5
    assert off_km.max() < 20
    assert len(coasts) == {"us-mx": 3, "mx-gt": 2}[drawn_border[0]]


NAMES = {"US": "United States of America", "MX": "Mexico", "GT": "Guatemala"}
STEP_KM = 5.0
BAND_KM = 20.0
SPHERE_KM = 6371.0


def _on_sphere(
    lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    a, b = np.radians(lon), np.radians(lat)
    return SPHERE_KM * np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def test_widths_are_those_of_a_grid_on_an_independent_map(drawn_border: tuple[str, Path]) -> None:
    """W(D) is the area of land between D - 10 and D + 10 km deep, over 20 km."""
    name, raw = drawn_border
    border = borderfile.read(
        ROOT / "pipeline" / "borders" / f"{name}.toml",
        ROOT / "data" / "raw" / "gazetteer" / f"{name}.toml",
    )
    depths_km = {"us-mx": (50.0, 90.0), "mx-gt": (50.0, 150.0, 200.0, 300.0, 390.0)}[name]
    coasts = [shapely.get_coordinates(one) for one in surroundings.read(raw).coasts.geometry]
    line = lines.assemble(read.read(raw), (border.from_, border.to), border.corridor_km, str(raw))
    territories = divide(line, *front.points_around(line, 400.0), border, str(raw))
    around = tuple(sorted({km + off for km in depths_km for off in (-10, 0, 10)}))
    found = front.widths(line, territories, coasts, border.to, around, border.target)

    country = gpd.read_file(COUNTRIES).set_index("name").geometry[NAMES[border.to]]
    west, south, east, north = {"us-mx": (-119, 25, -95, 36), "mx-gt": (-99, 14, -86, 22.5)}[name]
    middle = np.cos(np.radians((south + north) / 2))
    lon, lat = np.meshgrid(
        np.arange(west, east, STEP_KM / 111.2 / middle), np.arange(south, north, STEP_KM / 111.2)
    )
    inside = shapely.contains_xy(country, lon.ravel(), lat.ravel()).reshape(lon.shape)
    course = np.vstack([densify(np.asarray(piece.coords), 2000.0) for piece in line.shape.geoms])
    depth_km = KDTree(_on_sphere(*course.T)).query(_on_sphere(lon.ravel(), lat.ravel()))[0]
    depth_km = np.reshape(depth_km, lon.shape)
    cell_km2 = STEP_KM**2 * np.cos(np.radians(lat)) / middle
    goal = _on_sphere(np.array([border.target[0]]), np.array([border.target[1]]))
    away_km = np.linalg.norm(_on_sphere(lon.ravel(), lat.ravel()) - goal, axis=1).reshape(lon.shape)
    for km_deep in depths_km:
        pieces, _ = ndimage.label(inside & (depth_km >= km_deep - 10), np.ones((3, 3)))
        nearest = np.where(pieces > 0, away_km, np.inf).argmin()
        band = (pieces == pieces.ravel()[nearest]) & (depth_km < km_deep + 10)
        expected = cell_km2[band].sum() / BAND_KM
        before, at, after = (found[km_deep + off][0] for off in (-10, 0, 10))
        assert before is not None
        assert at is not None
        assert after is not None
        assert (before + 4 * at + after) / 6 == pytest.approx(expected, rel=0.06), km_deep


def test_what_the_fronts_of_the_two_borders_are(drawn_border: tuple[str, Path]) -> None:
    name, raw = drawn_border
    border = borderfile.read(
        ROOT / "pipeline" / "borders" / f"{name}.toml",
        ROOT / "data" / "raw" / "gazetteer" / f"{name}.toml",
    )
    found = front_widths(raw, border)
    if name == "us-mx":
        # About as long as the line of 2,688 km, whose bends a front smooths.
        assert found[50.0][0] == pytest.approx(2400, rel=0.05)
        assert found[150.0] == (None, "data on the US side reach 100 km")
    else:
        # Yucatán is left between 50 and 100 km; then the Isthmus of Tehuantepec, 200 to 220 km
        # wide where it is narrowest, and met aslant.
        assert found[50.0][0] == pytest.approx(780, rel=0.05)
        assert 200 < (found[300.0][0] or 0) < 260
