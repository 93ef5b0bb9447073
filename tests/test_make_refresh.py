"""The true refresh in a checkout: make, stages and fetching, killed at moments drawn at random.

Extracts come from a server on loopback. `REFRESH_KILLS=20 pytest tests/test_make_refresh.py` kills
at twenty moments instead of one.
"""

import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import osmium
import pytest

from pipeline.publish import layers
from tests.checkouts import copy_checkout, make, module, start, touch
from tests.extracts import small_extract
from tests.file_server import FileServer

pytestmark = pytest.mark.make
KILLS = int(os.environ.get("REFRESH_KILLS", "1"))
WORDS = ("SOURCE=geofabrik", "BORDERS=ch-li", "ELEVATION=")
DATA_TOML = "through_km = 0.05\norigin_km = 0.05\ndepths_km = [0.05, 0.5, 1, 2, 4]\n"
REGION = "europe/liechtenstein"
BRIDGE = "Rheinbrücke"

Files = dict[str, bytes]


class Place:
    """A checkout, the folder that is served to it, and the two maps that take turns there."""

    def __init__(self, folder: Path) -> None:
        self.lasts = 60.0  # seconds of a refresh
        self.checkout, self.served = copy_checkout(folder / "checkout"), folder / "served"
        self.maps = [small_extract(folder / "0.osm.pbf"), folder / "1.osm.pbf"]
        without_a_bridge(*self.maps)
        toml = self.checkout / "pipeline/borders/ch-li.toml"
        toml.write_text(re.sub("extracts = .*", f"extracts = ['{REGION}']", toml.read_text()))
        own = self.checkout / "data/raw/geofabrik/ch-li.toml"
        own.parent.mkdir(parents=True)
        own.write_text(DATA_TOML)

    def offer(self, number: int) -> None:
        target = self.served / f"{REGION}-latest.osm.pbf"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.maps[number % 2].read_bytes())

    @property
    def snapshots(self) -> Path:
        return self.checkout / "data/snapshots/geofabrik"

    @property
    def package(self) -> Path:
        return self.checkout / "data/processed/geofabrik/ch-li.gpkg"

    def published(self) -> Files:
        """What lies at the paths that others read."""
        return contents(self.package.parent)

    def last_snapshot(self) -> Files:
        whole = sorted(path for path in self.snapshots.iterdir() if path.name[:2] == "20")
        return contents(whole[-1] / "processed")


def contents(folder: Path) -> Files:
    names = ("ch-li.gpkg", "ch-li-evidence.gpkg", "comparison.csv", "claims.json",
             "report.html", "borders.qgz",
             "changes.md", "changes.csv", "ch-li/changes/changes.parquet")  # fmt: skip
    return {name: (folder / name).read_bytes() for name in names}


def without_a_bridge(whole: Path, out: Path) -> None:
    """The extract as if a bridge over the Rhine had been closed, and a week later."""
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2022-07-31T20:21:51Z")
    with osmium.SimpleWriter(str(out), header=header, overwrite=True) as writer:
        for one in osmium.FileProcessor(str(whole)):
            tags = dict(one.tags)
            if one.is_way() and "highway" in tags and BRIDGE in tags.get("name", ""):
                writer.add_way(one.replace(tags=tags | {"access": "no"}))
            else:
                writer.add(one)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("real"))
    patch = pytest.MonkeyPatch()
    with FileServer(made.served) as server:
        patch.setenv("GEOFABRIK_URL", server.url)
        patch.setenv("ACCEPT_CHURN", "1")
        made.offer(0)
        began = time.monotonic()
        good_enough(made, "refresh")
        made.lasts = time.monotonic() - began
        yield made
    patch.undo()


def good_enough(place: Place, *words: str) -> str:
    """The output of a make that must succeed."""
    done = make(place.checkout, *words, *WORDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_first_refresh_has_nothing_to_compare_with(place: Place) -> None:
    assert place.published() == place.last_snapshot()
    assert len(layers.read(place.package, "changes")) == 0
    assert make(place.checkout, "status", *WORDS).returncode == 0


def test_killed_at_any_moment_what_is_served_is_of_one_snapshot(place: Place) -> None:
    """The next refresh continues and reports the change: a bridge is closed, or open again."""
    choose = random.Random(11)
    for number in range(1, KILLS + 1):
        last = place.published()
        place.offer(number)
        process = start(place.checkout, "refresh", *WORDS)
        moment = place.lasts * choose.uniform(0.02, 1.02)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        now, mark = place.published(), place.snapshots / "new/checked"
        with sqlite3.connect(f"file:{place.package}?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if mark.exists():
            new = contents(mark.with_name("processed"))
            assert all(now[name] in (last[name], new[name]) for name in now)
            where = "served" if now == new else "being served"
        else:
            assert now in (last, place.last_snapshot())
            stages = re.findall(r"^(\w+) ch-li$", output, re.M)
            where = stages[-1] if stages else "its beginning"
        sys.stdout.write(f"killed after {moment:.1f} of {place.lasts:.1f} s, at {where}: whole\n")
        good_enough(place, "refresh")
        assert place.published() == place.last_snapshot()
        assert not list((place.checkout / "data").rglob(".refresh.*"))
        if place.published() == last:
            continue  # all was served when the kill came: the next refresh found nothing new
        changes = layers.read(place.package, "changes")
        bridges = changes[changes["what"] == "crossing"]
        assert "closed" in set(bridges["after" if number % 2 else "before"])
        assert changes.geometry.notna().all()


def test_a_plain_make_finishes_what_was_killed_and_keeps_what_changed(place: Place) -> None:
    """As a kill between two moves leaves it: checked, and only some files in their places.

    What the stages gave is laid beside what is served, so that only what follows them runs.
    """
    last = max(path for path in place.snapshots.iterdir() if path.name[:2] == "20")
    assert len(layers.read(place.package, "changes"))
    shutil.copytree(last / "processed/ch-li", place.package.with_suffix(""), dirs_exist_ok=True)
    touch(place.checkout / module("publish"))
    last.rename(place.snapshots / "new")
    (place.snapshots / "new/checked").touch()
    (place.package.parent / "comparison.csv").write_text("border,mode,measure,value\n")
    assert "was killed at it" in make(place.checkout, "show", *WORDS).stderr
    assert make(place.checkout, "status", *WORDS).returncode != 0
    lines = good_enough(place, "all").splitlines()
    assert "publish ch-li" in lines
    assert "network ch-li" not in lines
    assert place.published() == place.last_snapshot()
    assert make(place.checkout, "status", *WORDS).returncode == 0
