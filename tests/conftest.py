"""What more than one file of tests looks at: each is drawn once.

Workers that run side by side share them.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core import files
from tests import embedded, planet_runs, planted
from tests.checkouts import copy_with_stubs
from tests.extracts import small_extract
from tests.overpass_server import Extract
from tests.reported import NAMES, built

# A worker runs a file to its end: if one of these began last, the other worker would be idle. The
# worker that ran the first takes the third, which needs the kernels that the first has compiled.
LONGEST = (
    "test_make_true", "test_report_browser", "test_make_refresh", "test_make", "test_make_sources",
    "test_make_goals", "test_make_locks", "test_world", "test_world_tasks",
    "test_liechtenstein", "test_project", "test_closures_real", "test_bypass", "test_api",
    "test_country_extracts", "test_relief",
)  # fmt: skip


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """What `make` draws below a folder `name`: the first worker makes it, others read it."""
    at = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        at = at.parent
    note = at / f"{name}.made"
    with files.locked(at / f"{name}.lock", wait=True):
        if not note.is_file():
            (at / name).mkdir()
            note.write_text(str(make(at / name)), encoding="utf-8")
    return Path(note.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two drawn borders."""
    return once(tmp_path_factory, "report", built)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with names that would be harmful if they were not treated as text."""
    names = " ".join(NAMES[:2]), "".join(NAMES[:1:-1])
    return once(tmp_path_factory, "hostile", lambda at: built(at, *names))


@pytest.fixture(scope="session")
def planted_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn border with a mark in all that the public profile withholds."""
    return once(tmp_path_factory, "planted", planted.package)


@pytest.fixture(scope="session")
def embedded_maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PBFs drawn from the embedded source."""
    return once(tmp_path_factory, "embedded", embedded.draw)


@pytest.fixture(scope="session")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    """A small true extract, as a server of Overpass holds it."""
    return Extract(small_extract(tmp_path_factory.mktemp("extract") / "small.osm.pbf"))


@pytest.fixture(scope="session")
def good(extract: Extract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is fetched of it from a server without faults."""
    from tests.overpass_client import fetched  # osmnx is slow

    return once(tmp_path_factory, "good", lambda at: fetched(extract, at / "ch-li.osm.pbf"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits for a server."""
    from tests.overpass_client import make_impatient  # osmnx is slow

    make_impatient(monkeypatch)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy whose stages are stubs, with a source `mine` that holds us-mx."""
    copy = copy_with_stubs(tmp_path / "check out")
    (copy / "data/raw/mine").mkdir(parents=True)
    (copy / "data/raw/mine/us-mx.osm.pbf").write_text("raw")
    return copy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that all others run beside them."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(scope="session")
def planet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the small planet."""
    return once(tmp_path_factory, "planet", planet_runs.drawn)


@pytest.fixture(scope="session")
def planet_run(planet_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planet's cuts by one process, without Dask."""

    def ran(at: Path) -> Path:
        planet_runs.go(at, planet_file)
        return at

    return once(tmp_path_factory, "planet-run", ran)
