"""Fetching by Overpass from servers that fail, pause or refuse."""

import fcntl
import inspect
import io
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import osmnx
import pytest
import shapely
from tqdm import tqdm

from pipeline.core.errors import InputError
from pipeline.core.version import VERSION
from pipeline.sources.overpass import client, overpass, questions, tiles
from tests.overpass_client import BORDER, fetch
from tests.overpass_server import FAULTS, Extract, Server, seeded

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "no history",
            "keeps no older states of the map .*OVERPASS_URL, or fetch the map of today",
        ),
        (
            "another page",
            "got a web page, expected the JSON of an Overpass server.*'It works!'.*it ends in /api",
        ),
    ],
)
def test_a_fault_that_lasts_is_reported_at_once(
    extract: Extract, tmp_path: Path, sleeps: list[float], fault: str, message: str
) -> None:
    with (
        Server(extract, lambda _: fault) as server,
        pytest.raises(InputError, match=message) as error,
    ):
        fetch(server, tmp_path / "ch-li.osm.pbf", "2017-01-20")
    assert len(server.asked) == 1
    assert not [seconds for seconds in sleeps if seconds]
    assert "<" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/api", "overpass.example.org", "http://no-such-host.invalid/api"]
)
def test_an_address_that_leads_nowhere_is_reported_at_once(
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


@pytest.mark.parametrize("seed", range(3))
def test_faults_in_a_third_of_answers_change_nothing(
    good: Path, extract: Extract, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that gives up says so, writes nothing, and continues when run again."""
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
                assert "rerun continues" in str(error) or "border line" in str(error)
                assert not out.exists()
    assert server.faulty
    assert len(set(server.asked)) == len(server.asked), "asked again in the same words"
    assert out.read_bytes() == good.read_bytes()


@pytest.mark.parametrize("fault", [*FAULTS, "void"])
def test_a_server_that_only_fails_is_refused(
    extract: Extract, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first three answers; the rerun requests only the rest from a working server."""
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
    """The waits that would have happened."""
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
    screen = io.StringIO()

    def shown(total: int, disable: bool | None, **more: str) -> "tqdm[Any]":
        return tqdm(total=total, file=screen, mininterval=0, disable=False, **more)

    monkeypatch.setattr(
        overpass, "tqdm", lambda *a, **k: shown(**k) if "total" in k else tqdm(*a, **k)
    )
    with Server(extract) as server:
        server.fault = lambda _: "504" if len(server.asked) == 3 else None
        fetch(server, tmp_path / "ch-li.osm.pbf")
    text = screen.getvalue()
    assert re.search(r"overpass: +\d+%.*\d+/\d+.*[\d,]+ elements", text)
    assert "waiting 0.001 s: status 504" in text


def test_what_is_relied_on_in_osmnx_is_there() -> None:
    """It is private there: a new version may need another call in overpass/client.py."""
    relies = f"osmnx {osmnx.__version__}: overpass/client.py relies on "
    request = getattr(osmnx._overpass, "_overpass_request", None)
    assert request is not None, f"{relies}_overpass._overpass_request, which is gone"
    assert list(inspect.signature(request).parameters) == ["data"], f"{relies}its only parameter"
    text = inspect.getsource(request)
    for part in ("_get_overpass_pause", "requests_kwargs", "_parse_response"):
        assert part in text, f"{relies}{part} in _overpass_request"
    for name in ("overpass_rate_limit", "requests_kwargs", "doh_url_template", "http_user_agent"):
        assert hasattr(osmnx.settings, name), f"{relies}the setting {name}"
    assert osmnx.__version__.startswith("2.1."), f"{relies}2.1: look at its _overpass.py"


def test_no_server_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9.*border line"):
        overpass.overpass(str(BORDER), str(tmp_path / "ch-li.osm.pbf"))
