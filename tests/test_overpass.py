"""Fetching by Overpass, against a stand-in on loopback that answers real questions and fails."""

import csv
import fcntl
import inspect
import io
import json
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import osmnx
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from osmium.osm import NODE, WAY
from shapely.geometry import LineString
from tqdm import tqdm

from pipeline.core import borderfile
from pipeline.core.errors import InputError
from pipeline.core.geo import WGS84
from pipeline.core.version import VERSION
from pipeline.network import read
from pipeline.sources import wanted
from pipeline.sources.overpass import client, overpass, questions, tiles
from tests.extracts import small_extract
from tests.overpass_server import FAULTS, Extract, Server, seeded

BORDER = Path(__file__).parents[1] / "pipeline" / "borders" / "ch-li.toml"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("extract") / "small.osm.pbf")


@pytest.fixture(scope="module")
def extract(path: Path) -> Extract:
    return Extract(path)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits that a test can bear, tiles that are several, and no other server by mistake."""
    monkeypatch.setattr(client, "WAIT_S", 0.001)
    monkeypatch.setattr(client, "TIMEOUT_S", 30.0)
    monkeypatch.setattr(tiles, "LIMIT_KM2", 1000.0)
    monkeypatch.setenv("OVERPASS_URL", "http://127.0.0.1:9/api")
    yield


def fetch(server: Server, out: Path, date: str | None = None) -> bytes:
    os.environ["OVERPASS_URL"] = server.url
    out.parent.mkdir(parents=True, exist_ok=True)
    overpass.overpass(str(BORDER), str(out), date)
    return out.read_bytes()


@pytest.fixture(scope="module")
def good(extract: Extract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a server without faults gives."""
    patch = pytest.MonkeyPatch()
    patch.setattr(tiles, "LIMIT_KM2", 1000.0)
    patch.setenv("OVERPASS_URL", "")
    out = tmp_path_factory.mktemp("good") / "ch-li.osm.pbf"
    with Server(extract) as server:
        fetch(server, out)
        # Once at the beginning, whether there is a limit at all, and before each question.
        assert server.status_asked - 1 == len(server.asked) > 5
        assert all(agent.startswith("border-pipeline/") for agent in server.agents)
    patch.undo()
    return out


# Tiles --------------------------------------------------------------------------------------------

COURSES = st.lists(
    st.tuples(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8)), min_size=2, max_size=6, unique=True
).map(lambda points: LineString([(9 + x, 47 + y) for x, y in points]))


@given(COURSES, st.sampled_from([25.0, 60.0]))
@settings(max_examples=25, deadline=None)
def test_tiles_hold_the_ground_and_keep_the_limit(line: LineString, deep_km: float) -> None:
    area = wanted.fetch_area([line], deep_km)
    found = tiles.tiles(area)
    limit_km2 = {True: tiles.LIMIT_KM2, False: tiles.DEEP_LIMIT_KM2}
    assert all(tiles.area_km2(one.outline) <= limit_km2[one.every_class] for one in found)
    assert shapely.union_all([tile.outline for tile in found]).covers(area.deep)
    every = shapely.union_all([tile.outline for tile in found if tile.every_class])
    assert every.covers(area.near)
    # Not much more is asked for than what is wanted, and not in crumbs.
    asked = sum(tiles.area_km2(tile.outline) for tile in found)
    assert asked < 1.3 * tiles.area_km2(area.deep)
    assert len(found) < 4 + 4 * asked / tiles.LIMIT_KM2
    assert len({tile.name for tile in found}) == len(found)
    parts = tiles.halves(found[0])
    assert shapely.union_all([part.outline for part in parts]).covers(found[0].shape)
    assert all(tiles.area_km2(part.shape) < tiles.area_km2(found[0].shape) for part in parts)


@pytest.mark.parametrize("deep_km", [250.0, 400.0])
def test_a_long_border_takes_no_more_questions_than_stated(
    deep_km: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of 2,600 km: away from it, where few classes are asked for, tiles grow."""
    monkeypatch.setattr(tiles, "LIMIT_KM2", 2500.0)
    line = LineString([(-117.1, 32.5), (-111.1, 31.3), (-106.5, 31.8), (-102, 29.5), (-97.2, 25.9)])
    area = wanted.fetch_area([line], deep_km)
    found = tiles.tiles(area)
    assert len(found) <= tiles.MOST_TILES
    assert shapely.union_all([tile.outline for tile in found]).covers(area.deep)
    edges = [np.abs(np.diff(one.outline.exterior.coords, axis=0)).max() for one in found]
    assert max(edges) <= tiles.EDGE_DEGREES + 1e-9


@pytest.mark.parametrize("deep_km", [100.0, 400.0])
def test_the_ground_reaches_as_deep_as_stated(deep_km: float) -> None:
    line = LineString([(9.0, 47.0), (9.5, 47.2)])
    area = wanted.fetch_area([line], deep_km)
    for shape, km in ((area.near, wanted.ALL_CLASSES_KM), (area.deep, deep_km)):
        for azimuth in range(160, 340, 7):
            lon, lat, _ = WGS84.fwd(9.0, 47.0, azimuth, km * 1000)
            assert shape.contains(shapely.Point(lon, lat))
        lon, lat, _ = WGS84.fwd(9.0, 47.0, 270, (km + wanted.MARGIN_KM + 2) * 1000)
        assert not shape.contains(shapely.Point(lon, lat))


# Points of each region, the one nearest to the line where it lies at the edge.
REGIONS = {
    "north-america/mexico": [(-106.08, 28.63), (-93.12, 16.75)],
    "north-america/us/california": [(-117.16, 32.9)],
    "north-america/us/arizona": [(-112.07, 33.45)],
    "north-america/us/new-mexico": [(-106.7, 32.3)],
    "north-america/us/texas": [(-98.49, 29.42)],
    "north-america/us/nevada": [(-114.633, 35.0018)],
    "north-america/us/utah": [(-113.5, 37.0)],
    "north-america/us/oklahoma": [(-99.2, 34.21), (-103.0, 36.5)],
    "north-america/us/louisiana": [(-93.84, 29.75)],
    "central-america/guatemala": [(-90.51, 14.63)],
    "central-america/belize": [(-88.77, 17.25)],
    "central-america/el-salvador": [(-89.19, 13.69)],
    "central-america/honduras": [(-88.03, 15.5)],
    "central-america/nicaragua": [(-87.58, 13.06), (-86.75, 13.75)],
    "central-america/cuba": [(-84.95, 21.85)],
}


@pytest.mark.parametrize("border", ["us-mx", "mx-gt"])
def test_a_border_names_the_extracts_that_its_ground_lies_in(border: str) -> None:
    folder = BORDER.parents[2] / "data" / "raw" / "gazetteer"
    rows = csv.DictReader((folder / "border_vertices.csv").open(encoding="utf-8"))
    course = [(float(row["lon"]), float(row["lat"])) for row in rows if row["border"] == border]
    file = borderfile.read(BORDER.with_name(f"{border}.toml"))
    deep = wanted.fetch_area([LineString(course)], file.big_roads_km).deep
    met = {
        name
        for name, points in REGIONS.items()
        if any(deep.contains(shapely.Point(point)) for point in points)
    }
    assert set(file.extracts) == met


# A server without faults --------------------------------------------------------------------------


def test_all_that_is_wanted_comes_whole_and_once(good: Path, extract: Extract) -> None:
    """Against a plain reading of the extract: every wanted way near the line, and its nodes."""
    found = {one.id for one in osmium.FileProcessor(str(good), WAY)}
    nodes = [one.id for one in osmium.FileProcessor(str(good), NODE)]
    assert nodes == sorted(set(nodes))
    expected = set()
    line = read.read(good)
    shared = line.countries["CH"] & line.countries["LI"]
    course = shapely.union_all([extract.shape(("way", way)) for way in shared])
    for key in extract.by_kind["way"]:
        tags = extract.elements[key].get("tags", {})
        # 0.2° lies within 25 km of the line here, whatever the direction.
        if wanted.is_wanted(tags, wanted.NEAR_WAYS) and extract.shape(key).dwithin(course, 0.2):
            expected.add(key[1])
            assert set(extract.elements[key]["nodes"]) <= set(nodes)
    assert len(expected) > 1000
    assert expected <= found
    assert not any("building" in one.tags for one in osmium.FileProcessor(str(good), WAY))
    assert len(shared) == 19


def test_the_record_says_what_it_is(good: Path) -> None:
    record = json.loads((good.parent / "ch-li.record.json").read_text())
    assert record["licence"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert record["osm_timestamp"] == "2022-07-24T20:21:51Z"
    assert record["bytes"] == good.stat().st_size
    assert record["ways"] == sum(1 for _ in osmium.FileProcessor(str(good), WAY))
    assert record["url"].startswith("http://127.0.0.1")
    assert record["query"].startswith("[out:json]")
    assert read.read(good).timestamp == record["osm_timestamp"]
    left = sorted(path.name for path in good.parent.iterdir())
    assert left == [".overpass.lock", "ch-li.osm.pbf", "ch-li.record.json"]


def test_a_date_is_asked_for(extract: Extract, tmp_path: Path) -> None:
    with Server(extract) as server:
        fetch(server, tmp_path / "ch-li.osm.pbf", "2017-01-20")
    dated = re.compile(r'\[out:json\]\[timeout:1\d\d\]\[date:"2017-01-20T00:00:00Z"\];')
    assert all(dated.match(question) for question in server.asked)
    record = json.loads((tmp_path / "ch-li.record.json").read_text())
    assert record["osm_timestamp"] == "2017-01-20T00:00:00Z"
    with pytest.raises(InputError, match="such as 2017-01-20"):
        overpass.overpass(str(BORDER), str(tmp_path / "x.osm.pbf"), "20.1.2017")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2017-02-30", "there is no such day"),
        ("2031-01-01", "expected a day from 2012-09-12 to yesterday"),
        ("2012-01-01", "expected a day from 2012-09-12"),
        ("17-1-20", "such as 2017-01-20"),
    ],
)
def test_a_day_that_no_map_is_of_is_refused(tmp_path: Path, day: str, said: str) -> None:
    """Servers answer it all the same, with the map of another day."""
    with pytest.raises(InputError, match=said):
        overpass.overpass(str(BORDER), str(tmp_path / "x.osm.pbf"), day)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "no history",
            "keeps no older states of the map .*OVERPASS_URL, or fetch the map of today",
        ),
        ("another page", "not an answer of an Overpass server.*'It works!'.*it ends in /api"),
    ],
)
def test_a_fault_that_lasts_is_told_at_once(
    extract: Extract, tmp_path: Path, sleeps: list[float], fault: str, said: str
) -> None:
    with Server(extract, lambda _: fault) as server, pytest.raises(InputError, match=said) as error:
        fetch(server, tmp_path / "ch-li.osm.pbf", "2017-01-20")
    assert len(server.asked) == 1
    assert not [seconds for seconds in sleeps if seconds]
    assert "<" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/api", "overpass.example.org", "http://no-such-host.invalid/api"]
)
def test_an_address_that_leads_nowhere_is_told_at_once(
    tmp_path: Path, sleeps: list[float], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("OVERPASS_URL", url)
    with pytest.raises(InputError, match="border line"):
        overpass.overpass(str(BORDER), str(tmp_path / "x.osm.pbf"))
    assert not [seconds for seconds in sleeps if seconds]


def test_a_server_with_no_status_page_is_not_waited_for(
    good: Path, extract: Extract, tmp_path: Path, sleeps: list[float]
) -> None:
    """osmnx alone would wait a minute before each question."""
    with Server(extract) as server:
        server.slots = None
        assert fetch(server, tmp_path / "ch-li.osm.pbf") == good.read_bytes()
    assert sum(sleeps) < 10


def test_the_server_says_how_long_to_wait(
    extract: Extract, tmp_path: Path, sleeps: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(extract, lambda _: "429") as server:
        server.retry_after = "7"
        with pytest.raises(InputError, match="5 tries"):
            fetch(server, tmp_path / "ch-li.osm.pbf")
    assert [seconds for seconds in sleeps if seconds] == [7.0] * 4
    assert capfd.readouterr().err.count("waiting 7 s: status 429") == 4


def test_no_password_is_written_or_said(
    extract: Extract, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(extract, lambda _: "504" if len(server.asked) == 2 else None) as server:
        os.environ["OVERPASS_URL"] = server.url.replace("://", "://somebody:s3cret@")
        overpass.overpass(str(BORDER), str(tmp_path / "ch-li.osm.pbf"))
        record = json.loads((tmp_path / "ch-li.record.json").read_text())
        assert record["url"] == server.url
        server.fault = lambda _: "406"
        os.environ["OVERPASS_URL"] = server.url.replace("://", "://somebody:s3cret@")
        with pytest.raises(InputError) as error:
            overpass.overpass(str(BORDER), str(tmp_path / "again.osm.pbf"))
    assert "s3cret" not in str(error.value) + "".join(capfd.readouterr())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if b"s3cret" in path.read_bytes()]


# Faults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_faults_in_a_third_of_answers_change_nothing(
    good: Path, extract: Extract, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that gives up says so, writes nothing, and goes on when run again."""
    monkeypatch.setattr(client, "TRIES", 3)
    monkeypatch.setattr(client, "TIMEOUT_S", 10.0)
    out = tmp_path / "ch-li.osm.pbf"
    among = (*(fault for fault in FAULTS if fault != "hang"), "void")
    with Server(extract, seeded(0.3, seed, among)) as server:
        for _ in range(5):
            try:
                fetch(server, out)
                break
            except InputError as error:
                assert "rerun goes on" in str(error) or "border line" in str(error)
                assert not out.exists()
    assert server.faulty
    assert len(set(server.asked)) == len(server.asked), "asked again in the same words"
    assert out.read_bytes() == good.read_bytes()


@pytest.mark.parametrize("fault", [*FAULTS, "void"])
def test_a_server_that_only_fails_is_refused(
    extract: Extract, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first three answers; the rerun asks a mended server for the rest alone."""
    monkeypatch.setattr(client, "TRIES", 2)
    monkeypatch.setattr(overpass, "HALVINGS", 1)
    out = tmp_path / "ch-li.osm.pbf"

    def after_three(_: str) -> str | None:
        if len(server.asked) <= 3:
            return None
        osmnx.settings.requests_timeout = 0.3  # what comes now need not be waited for
        return fault

    with Server(extract, after_three) as server:
        with pytest.raises(InputError, match="tile near-"):
            fetch(server, out)
        assert not out.exists()
        asked = server.asked[0]
        assert len(server.asked) > 4
        server.fault, server.asked = (lambda _: None), []
        fetch(server, out)
        assert asked not in server.asked
        assert server.asked


def test_a_tile_that_is_too_much_is_halved(good: Path, extract: Extract, tmp_path: Path) -> None:
    def too_large(question: str) -> str | None:
        polygon = question.partition('(poly:"')[2].partition('"')[0].split()
        numbers = [float(part) for part in polygon]
        if not numbers:
            return None
        shape = shapely.Polygon(list(zip(numbers[1::2], numbers[::2], strict=True)))
        return "504" if tiles.area_km2(shape) > 600 else None

    with Server(extract, too_large) as server:
        assert fetch(server, tmp_path / "ch-li.osm.pbf") == good.read_bytes()
    assert server.faulty


def test_an_answer_kept_by_a_killed_run_must_be_whole(
    good: Path, extract: Extract, tmp_path: Path
) -> None:
    out = tmp_path / "ch-li.osm.pbf"
    with Server(extract) as server:
        server.fault = lambda _: "504" if len(server.asked) > 4 else None
        with pytest.raises(InputError):
            fetch(server, out)
        kept = sorted((tmp_path / ".answers.ch-li").glob("*.gz"))
        kept[0].write_bytes(kept[0].read_bytes()[:-200])
        server.fault = lambda _: None
        assert fetch(server, out) == good.read_bytes()


def test_a_question_that_the_server_does_not_understand_is_not_asked_again(
    extract: Extract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "line_question", lambda _: "way(nonsense);out body;")
    with Server(extract) as server, pytest.raises(InputError, match="400"):
        fetch(server, tmp_path / "ch-li.osm.pbf")
    assert len(server.asked) == 1


def test_a_server_that_wants_to_know_who_asks_is_told(
    extract: Extract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACT", "who@example.org\r\nX: y")
    with Server(extract, lambda _: "406") as server:
        with pytest.raises(InputError, match=r"406 Not Acceptable.*CONTACT"):
            fetch(server, tmp_path / "ch-li.osm.pbf")
        assert len(server.asked) == 1
    assert server.agents == {f"border-pipeline/{VERSION} (who@example.org X: y)"}


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been waited for."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def test_waits_grow_and_end(extract: Extract, tmp_path: Path, sleeps: list[float]) -> None:
    """Also after 429 and 504, for which osmnx alone would ask again for ever."""
    for fault in ("429", "504"):
        sleeps.clear()
        with (
            Server(extract, lambda _, fault=fault: fault) as server,  # type: ignore[misc]
            pytest.raises(InputError, match=rf"the border line: status {fault} .*, 5 tries"),
        ):
            fetch(server, tmp_path / "ch-li.osm.pbf")
        assert [round(seconds, 3) for seconds in sleeps if seconds] == [0.001, 0.002, 0.004, 0.008]


def test_the_pause_that_the_status_asks_for_is_kept(
    extract: Extract, tmp_path: Path, sleeps: list[float]
) -> None:
    with Server(extract, lambda _: "504") as server:
        free = datetime.now(UTC) + timedelta(seconds=300)
        server.slots = (
            f"Rate limit: 2\nSlot available after: {free:%Y-%m-%dT%H:%M:%SZ}, in 300 s.\n"
        )
        with pytest.raises(InputError):
            fetch(server, tmp_path / "ch-li.osm.pbf")
    pauses = [seconds for seconds in sleeps if seconds > 1]
    assert len(pauses) == client.TRIES
    assert all(240 < seconds <= 301 for seconds in pauses)


def test_a_server_of_ones_own_is_not_waited_for(
    good: Path, extract: Extract, tmp_path: Path, sleeps: list[float]
) -> None:
    with Server(extract) as server:
        server.slots = "Rate limit: 0\n"
        assert fetch(server, tmp_path / "ch-li.osm.pbf") == good.read_bytes()
    assert sum(sleeps) < 10


def test_two_borders_side_by_side_ask_one_after_the_other(
    good: Path, extract: Extract, tmp_path: Path
) -> None:
    out = tmp_path / "ch-li.osm.pbf"
    with Server(extract) as server, ThreadPoolExecutor(1) as pool:
        with (tmp_path / ".overpass.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            waiting = pool.submit(fetch, server, out)
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
            assert not server.asked
        assert waiting.result(60) == good.read_bytes()


def test_the_bar_tells_tiles_elements_and_what_is_waited_for(
    extract: Extract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()

    def shown(total: int, disable: bool | None, **more: str) -> "tqdm[Any]":
        return tqdm(total=total, file=said, mininterval=0, disable=False, **more)

    monkeypatch.setattr(
        overpass, "tqdm", lambda *a, **k: shown(**k) if "total" in k else tqdm(*a, **k)
    )
    with Server(extract) as server:
        server.fault = lambda _: "504" if len(server.asked) == 3 else None
        fetch(server, tmp_path / "ch-li.osm.pbf")
    text = said.getvalue()
    assert re.search(r"overpass: +\d+%.*\d+/\d+.*[\d,]+ elements", text)
    assert "waiting 0.001 s: status 504" in text


def test_what_is_relied_on_in_osmnx_is_there() -> None:
    """It is private there: a new version may need another call in overpass/client.py."""
    told = f"osmnx {osmnx.__version__}: overpass/client.py relies on "
    request = getattr(osmnx._overpass, "_overpass_request", None)
    assert request is not None, f"{told}_overpass._overpass_request, which is gone"
    assert list(inspect.signature(request).parameters) == ["data"], f"{told}its only parameter"
    text = inspect.getsource(request)
    for part in ("_get_overpass_pause", "requests_kwargs", "_parse_response"):
        assert part in text, f"{told}{part} in _overpass_request"
    for name in ("overpass_rate_limit", "requests_kwargs", "doh_url_template", "http_user_agent"):
        assert hasattr(osmnx.settings, name), f"{told}the setting {name}"
    assert osmnx.__version__.startswith("2.1."), f"{told}2.1: look at its _overpass.py"


def test_no_server_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9.*border line"):
        overpass.overpass(str(BORDER), str(tmp_path / "ch-li.osm.pbf"))


@pytest.mark.live
def test_a_public_server_understands_the_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Only when asked for by name, and not by any other choice of tests: pytest -m live."""
    if request.config.getoption("-m") != "live":
        pytest.skip("asks a server outside: only with -m live")
    monkeypatch.delenv("OVERPASS_URL")
    monkeypatch.setattr(client, "WAIT_S", 15.0)
    monkeypatch.setattr(client, "TIMEOUT_S", 240.0)
    monkeypatch.setattr(tiles, "LIMIT_KM2", 2500.0)
    out = tmp_path / "ch-li.osm.pbf"
    overpass.overpass(str(BORDER), str(out))
    assert {"CH", "LI", "AT"} <= read.read(out).countries.keys()
