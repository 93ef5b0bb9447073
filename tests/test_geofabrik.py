"""Fetching extracts from a server on loopback: conditional, resumed, checked, updated."""

import gzip
import os
import shutil
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Way

from pipeline.core import http
from pipeline.core.errors import InputError
from pipeline.sources.extracts import download, geofabrik
from tests.file_server import FileServer

BORDER = """name = "Here – There"
from = "AA"
to = "BB"
corridor_km = 25
extracts = ["region/here"]
target = [9.5, 47.1]

[anchors]
AA = [[9.4, 47.1]]
BB = [[9.6, 47.1]]
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "WAIT_S", 0.001)
    monkeypatch.setattr(download, "SPARE_BYTES", 0)
    monkeypatch.setenv("GEOFABRIK_URL", "http://127.0.0.1:9")


def write_extract(path: Path, ways: int, sequence: int | None = None) -> bytes:
    """An extract of some ways; with `sequence` it says where its differences are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = osmium.io.Header()
    if sequence is not None:
        header.set("osmosis_replication_base_url", f"{geofabrik.SERVER}/region/here-updates")
        header.set("osmosis_replication_sequence_number", str(sequence))
        header.set("osmosis_replication_timestamp", "2026-01-01T00:00:00Z")
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for number in range(1, ways + 2):
            writer.add_node(Node(id=number, version=1, location=(9 + number / 1e4, 47)))
        for number in range(1, ways + 1):
            tags = {"highway": "track", "name": f"way {number * 7919}"}
            writer.add_way(Way(id=number, version=1, nodes=[number, number + 1], tags=tags))
    return path.read_bytes()


@pytest.fixture
def border(tmp_path: Path) -> str:
    path = tmp_path / "aa-bb.toml"
    path.write_text(BORDER)
    return str(path)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    path = tmp_path / "served" / "region" / "here-latest.osm.pbf"
    write_extract(path, 3000)
    return path


def run(server: FileServer, border: str, tmp_path: Path) -> Path:
    os.environ["GEOFABRIK_URL"] = server.url
    server.asked.clear()
    geofabrik.geofabrik(border, str(tmp_path / "extracts"))
    return tmp_path / "extracts" / "region" / "here.osm.pbf"


def test_fetched_once_and_again_only_when_changed(
    border: str, served: Path, tmp_path: Path
) -> None:
    with FileServer(tmp_path / "served") as server:
        target = run(server, border, tmp_path)
        assert target.read_bytes() == served.read_bytes()
        before = target.stat()
        run(server, border, tmp_path)
        assert [status for *_, status in server.asked] == [304]
        assert target.stat().st_mtime_ns == before.st_mtime_ns
        write_extract(served, 3001)
        run(server, border, tmp_path)
        assert target.read_bytes() == served.read_bytes()
    assert not [p for p in target.parent.iterdir() if ".part" in p.name or "tmp" in p.name]


def test_a_broken_download_goes_on_where_it_stopped(
    border: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PIECE", 1000)  # what a broken answer loses at most
    left = ["cut"] * 3

    def fault(method: str, path: str) -> str | None:
        return left.pop() if method == "GET" and path.endswith(".pbf") and left else None

    with FileServer(tmp_path / "served", fault) as server:
        target = run(server, border, tmp_path)
        spans = [span for method, path, span, _ in server.asked if path.endswith(".pbf")][1:]
    size = served.stat().st_size
    begins = [int(span.removeprefix("bytes=").rstrip("-")) if span else 0 for span in spans]
    assert begins[0] == 0
    assert [round(begin / size, 1) for begin in begins[1:]] == [0.5, 0.7, 0.8]
    assert target.read_bytes() == served.read_bytes()


def test_a_server_that_gives_a_part_at_a_time_is_not_given_up(
    border: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like a server that limits programs: every answer breaks off, but each delivers a part."""
    monkeypatch.setattr(download, "PIECE", 100)
    monkeypatch.setattr(download, "PROGRESS_BYTES", 500)
    monkeypatch.setattr(download, "TRIES", 2)
    left = ["cut"] * 5

    def fault(method: str, path: str) -> str | None:
        return left.pop() if method == "GET" and left and "md5" not in path else None

    with FileServer(tmp_path / "served", fault) as server:
        target = run(server, border, tmp_path)
    assert not left
    assert target.read_bytes() == served.read_bytes()


@pytest.mark.parametrize("fault", ["drip", "drip-head"])
@pytest.mark.parametrize("asked", ["HEAD", ".md5", ".pbf"])
def test_a_server_that_drips_is_asked_again_and_then_given_up(
    border: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    fault: str, asked: str,
) -> None:  # fmt: skip
    if (fault, asked) == ("drip", "HEAD"):
        pytest.skip("an answer to HEAD has no body")
    monkeypatch.setattr(http, "WHOLE_S", 0.3)
    monkeypatch.setattr(download, "PIECE_S", 0.3)
    monkeypatch.setattr(download, "PIECE", 1 << 12)
    monkeypatch.setattr(download, "TRIES", 2)
    left = [1]

    def drips(method: str, path: str) -> str | None:
        is_meant = method == "HEAD" if asked == "HEAD" else method == "GET" and path.endswith(asked)
        if not is_meant or not left:
            return None
        left.pop()
        return fault

    with FileServer(tmp_path / "served", drips) as server:
        target = run(server, border, tmp_path)
        assert target.read_bytes() == served.read_bytes(), "the second try was quick"
        target.unlink()
        left.extend([1] * 10)
        with pytest.raises(InputError, match=r"too slow") as error:
            run(server, border, tmp_path)
        assert "\n" not in str(error.value)
        assert not target.exists()


def test_a_killed_run_is_resumed_unless_the_file_has_changed(
    border: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TRIES", 1)
    only_cut = lambda method, path: "cut" if method == "GET" and path.endswith("f") else None  # noqa: E731
    with FileServer(tmp_path / "served", only_cut) as server:
        with pytest.raises(InputError, match="bytes are kept, a rerun continues"):
            run(server, border, tmp_path)
        write_extract(served, 3001)
        server.fault = lambda *_: None
        target = run(server, border, tmp_path)
    assert target.read_bytes() == served.read_bytes()


@pytest.mark.parametrize("fault", ["503", "404", "bad", "cut"])
def test_what_fails_leaves_the_last_good_file(
    border: str, served: Path, tmp_path: Path, fault: str
) -> None:
    with FileServer(tmp_path / "served") as server:
        target = run(server, border, tmp_path)
        good = target.read_bytes()
        write_extract(served, 3001)
        server.fault = lambda method, path: (
            fault if path.endswith(".pbf") and (method == "GET" or fault != "cut") else None
        )
        if fault == "cut":
            server.fault = lambda _, path: "503" if path.endswith(".md5") else None
        with pytest.raises(InputError, match=r"here-latest\.osm\.pbf"):
            run(server, border, tmp_path)
    assert target.read_bytes() == good


def test_a_wrong_md5_is_refused(border: str, served: Path, tmp_path: Path) -> None:
    served.with_name(f"{served.name}.md5").write_text("0" * 32)
    with FileServer(tmp_path / "served") as server, pytest.raises(InputError, match="MD5"):
        run(server, border, tmp_path)
    assert not (tmp_path / "extracts/region/here.osm.pbf").exists()


def test_a_page_instead_of_an_md5_is_refused(border: str, served: Path, tmp_path: Path) -> None:
    served.with_name(f"{served.name}.md5").write_text("<html>")
    with FileServer(tmp_path / "served") as server:
        with pytest.raises(InputError, match="expected an MD5"):
            run(server, border, tmp_path)
        assert server.bodies(".pbf") == 0


def test_a_full_disk_is_refused_before_anything_is_fetched(
    border: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": served.stat().st_size - 1})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with FileServer(tmp_path / "served") as server:
        with pytest.raises(InputError, match="GB free, expected"):
            run(server, border, tmp_path)
        assert server.bodies(".pbf") == 0


# Differences --------------------------------------------------------------------------------------


def publish_difference(served: Path, number: int) -> None:
    """Difference `number`: way `number` gets a new name and a new way comes."""
    folder = served.parent / "here-updates"
    three = folder / "000" / "000"
    three.mkdir(parents=True, exist_ok=True)
    time = 'timestamp="2026-01-02T00:00:00Z"'
    change = f"""<osmChange version="0.6">
      <modify><way id="{number}" version="2" {time}><nd ref="1"/><nd ref="2"/>
      <tag k="highway" v="primary"/></way></modify>
      <create><way id="{9000 + number}" version="1" {time}><nd ref="3"/><nd ref="4"/>
      <tag k="highway" v="path"/></way></create></osmChange>"""
    (three / f"{number:03d}.osc.gz").write_bytes(gzip.compress(change.encode()))
    state = f"sequenceNumber={number}\ntimestamp=2026-01-0{number}T00\\:00\\:00Z\n"
    (three / f"{number:03d}.state.txt").write_text(state)
    (folder / "state.txt").write_text(state)


def ways_of(path: Path) -> dict[int, str]:
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    return {way.id: way.tags["highway"] for way in ways}


def test_differences_are_fetched_instead_of_the_whole(border: str, tmp_path: Path) -> None:
    served = tmp_path / "served/region/here-latest.osm.pbf"
    write_extract(served, 50, sequence=1)
    publish_difference(served, 1)
    with FileServer(tmp_path / "served") as server:
        target = run(server, border, tmp_path)
        for number in (2, 3, 4):
            publish_difference(served, number)
        run(server, border, tmp_path)
        assert server.bodies(".pbf") == 0
        found = ways_of(target)
        assert [found[number] for number in (1, 2, 3, 4, 5)] == ["track", *["primary"] * 3, "track"]
        assert {9002, 9003, 9004} <= found.keys()
        header = osmium.io.Reader(str(target), osmium.osm.NOTHING).header()
        assert header.get("osmosis_replication_sequence_number") == "4"
        # The mirror that was used is not recorded: the file still names its own server.
        official = f"{geofabrik.SERVER}/region/here-updates"
        assert header.get("osmosis_replication_base_url") == official
        before = target.read_bytes()
        run(server, border, tmp_path)
        assert target.read_bytes() == before
    assert [p.name for p in target.parent.iterdir() if "updated" in p.name] == []


def test_where_a_difference_is_missing_the_whole_is_fetched(
    border: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served = tmp_path / "served/region/here-latest.osm.pbf"
    write_extract(served, 50, sequence=1)
    with FileServer(tmp_path / "served") as server:
        target = run(server, border, tmp_path)
        publish_difference(served, 2)
        publish_difference(served, 3)
        (served.parent / "here-updates/000/000/002.osc.gz").unlink()
        write_extract(served, 60, sequence=3)
        run(server, border, tmp_path)
    assert len(ways_of(target)) == 60
    assert "downloading the whole extract" in capsys.readouterr().err


def test_an_extract_that_was_put_there_is_used_without_asking(
    border: str, served: Path, tmp_path: Path
) -> None:
    own = tmp_path / "extracts/region/here.osm.pbf"
    before = write_extract(own, 5)
    with FileServer(tmp_path / "served") as server:
        run(server, border, tmp_path)
        assert server.asked == []
    assert own.read_bytes() == before
