"""Fetching by Overpass, against a stand-in on loopback that answers real questions."""

import json
import os
import re
from pathlib import Path

import osmium
import pytest
import shapely
from osmium.osm import NODE, WAY

from pipeline.core.errors import InputError
from pipeline.network import read
from pipeline.sources import wanted
from pipeline.sources.overpass import client, overpass, tiles
from tests.overpass_client import BORDER, fetch
from tests.overpass_server import Extract, Server

pytestmark = pytest.mark.usefixtures("impatient")


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
    ("day", "message"),
    [
        ("2017-02-30", "there is no such day"),
        ("2031-01-01", "expected a day from 2012-09-12 to yesterday"),
        ("2012-01-01", "expected a day from 2012-09-12"),
        ("17-1-20", "such as 2017-01-20"),
    ],
)
def test_a_day_that_no_map_is_of_is_refused(tmp_path: Path, day: str, message: str) -> None:
    """Servers answer it all the same, with the map of another day."""
    with pytest.raises(InputError, match=message):
        overpass.overpass(str(BORDER), str(tmp_path / "x.osm.pbf"), day)


def test_no_password_is_written_or_printed(
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


@pytest.mark.live
def test_a_public_server_understands_the_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Only with `pytest -m live`, not with any other selection of tests."""
    if request.config.getoption("-m") != "live":
        pytest.skip("asks a server outside: only with -m live")
    monkeypatch.delenv("OVERPASS_URL")
    monkeypatch.setattr(client, "WAIT_S", 15.0)
    monkeypatch.setattr(client, "TIMEOUT_S", 240.0)
    monkeypatch.setattr(tiles, "LIMIT_KM2", 2500.0)
    out = tmp_path / "ch-li.osm.pbf"
    overpass.overpass(str(BORDER), str(out))
    assert {"CH", "LI", "AT"} <= read.read(out).countries.keys()
