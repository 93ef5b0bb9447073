"""Refreshing a source: what is served is whole whatever happens, and what changed is said.

The flow is stood in for by a program that writes GeoPackages of a few features; refresh itself,
its lock, its guard and its moves are the true ones, in processes of their own.
"""

import csv
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point

from pipeline.core import errors, store
from pipeline.ops import changes, refresh, serving, status

ROOT = Path(__file__).parents[1]
CRS = "EPSG:4326"

MAKE = """#!{python} -SE
import shutil, sys, time
from pathlib import Path
words = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
goals = [word for word in sys.argv[1:] if "=" not in word]
again = goals == [words["OUT"] + "/comparison.csv"]
assert again or goals in (["all", "verify"], ["all"], ["all", "parquet"])
assert not again or words["RAW"] == "data/raw/overpass"
source = Path("again" if again else "next")
out, raw = Path(words["OUT"]), Path(words.get("RAW", "unused"))
out.mkdir(parents=True, exist_ok=True)
with open("calls", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
while Path("hold").exists():
    time.sleep(0.01)
if Path("break").exists():
    sys.exit(2)
for border in ("us-mx", "mx-gt"):
    for suffix, folder in ((".osm.pbf", raw), (".record.json", raw), (".gpkg", out)):
        target = folder / (border + suffix)
        if (suffix == ".gpkg" or "RAW" in words) and not target.exists():
            aside = folder / ("." + border + suffix)
            shutil.copy(source / (border + suffix), aside)
            time.sleep(0.01)
            aside.replace(target)
version = Path("next/version").read_text()
table = "border,mode,measure,value\\nus-mx,road,k90," + version + "\\n"
(out / "comparison.csv").write_text(table)
(out / "borders").write_text("us-mx mx-gt")
if "parquet" in goals:
    (out / "parquet/us-mx").mkdir(parents=True)
    (out / "parquet/us-mx/border.parquet").write_text(version)
"""


def package(path: Path, version: int = 1, **given: Any) -> None:
    """A small GeoPackage with the layers that a change report reads."""
    crossings = {"Bridge": (9.0, "official"), "Ford": (9.1, "unmarked")}
    crossings |= given.get("crossings", {})
    found = {name: spot for name, spot in crossings.items() if spot}
    links: dict[str, list[tuple[float, float]]] = {
        f"w{n}": [(9 + n / 100, 46.9), (9 + n / 100, 47.1)] for n in range(10)
    }
    links |= given.get("links", {})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    layers = {
        "border": gpd.GeoDataFrame(
            {"border": [path.stem], "version": [version]},
            geometry=[MultiLineString([[(8.9, 47.0), (9.2, 47.0)]])],
            crs=CRS,
        ),
        "crossings": gpd.GeoDataFrame(
            {
                "crossing_id": given.get("ids", [f"road-{name}" for name in found]),
                "mode": "road",
                "name": list(found),
                "status": [state for _, state in found.values()],
            },
            geometry=[Point(lon, 47.0) for lon, _ in found.values()],
            crs=CRS,
        ),
        "chokepoints": gpd.GeoDataFrame(
            {
                "chokepoint_id": ["cut-1"],
                "mode": ["road"],
                "kind": ["cut"],
                "depth_km": [10.0],
                "name": ["A1"],
            },
            geometry=[MultiPoint([(9.0, 47.05)])],
            crs=CRS,
        ),
        "links": gpd.GeoDataFrame(
            {
                "link_id": list(links),
                "mode": "road",
                "name": "=1+1",
                "length_m": [LineString(line).length * 100_000 for line in links.values()],
            },
            geometry=[LineString(line) for line in links.values()],
            crs=CRS,
        ),
    }
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    cordons = {"mode": "road", "directed": True, "third_open": False, "depth_km": [10.0, 25.0]}
    cut = given.get("cut", [4, 3])
    pyogrio.write_dataframe(
        pd.DataFrame(cordons | {"min_cut_links": cut}), path, layer="cordons", driver="GPKG"
    )
    made_by = dict(zip(("schema_version", "tool_version"), refresh.VERSIONS, strict=True))
    made_by |= given.get("made_by", {})
    pyogrio.write_dataframe(
        pd.DataFrame(made_by.items(), columns=["key", "value"]), path, layer="provenance"
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout whose make is stood in for; `offer` says what the next refresh will find."""
    program = tmp_path / "fake-make"
    program.write_text(MAKE.replace("{python}", sys.executable))
    program.chmod(0o755)
    offer(tmp_path, 1)
    return tmp_path


def offer(place: Path, version: int, **given: Any) -> None:
    folder = place / "next"
    folder.mkdir(exist_ok=True)
    (folder / "version").write_text(str(version))
    for border in ("us-mx", "mx-gt"):
        package(folder / f"{border}.gpkg", version, **given)
        (folder / f"{border}.osm.pbf").write_text(f"raw {version}")
        record = {"fetched": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        (folder / f"{border}.record.json").write_text(json.dumps(record))


def alternate(place: Path, version: int) -> None:
    """Offer version 1 or 2, made once."""
    kept = place / f"version-{version}"
    if not kept.exists():
        offer(place, version)
        shutil.copytree(place / "next", kept)
    shutil.rmtree(place / "next")
    shutil.copytree(kept, place / "next")


def start(place: Path, source: str = "overpass", **environment: str) -> "subprocess.Popen[str]":
    paths = {"PYTHONPATH": str(ROOT), "MAKE": str(place / "fake-make")}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "refresh", source],
        cwd=place,
        env=os.environ | paths | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(place: Path, source: str = "overpass", **environment: str) -> tuple[int, str]:
    """Exit status of a refresh, and what it said."""
    status = os.waitstatus_to_exitcode(os.waitpid(forked(place, source, **environment), 0)[1])
    return status, (place / "said").read_text()


def forked(place: Path, source: str = "overpass", **environment: str) -> int:
    """A refresh in a process of its own that has its modules loaded already."""
    process = os.fork()
    if process:
        os.setpgid(process, process)  # on both sides: whoever comes first
        return process
    os.setpgid(0, 0)
    os.chdir(place)
    os.environ.update({"MAKE": str(place / "fake-make")} | environment)
    said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    status: object = 70
    try:
        errors.run(refresh.refresh, source)
        status = 0
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            sys.stderr.write(status)
            status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 0)


def served(place: Path, source: str = "overpass") -> dict[str, int]:
    """Version of each GeoPackage that is served; it must be whole, and have its changes."""
    found = {}
    for path in sorted((place / "data/processed" / source).glob("[!.]*.gpkg")):
        assert not path.is_symlink()
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = set(pyogrio.list_layers(path)[:, 0])
        assert names == {"border", "crossings", "chokepoints", "links", "cordons", "provenance"}
        # What publish makes the layer `changes` of: the flow stood in for here does not.
        changed = path.with_suffix("") / "changes"
        assert len(store.read(changed, "changes")) >= 0
        assert (changed / "stamp").is_file()
        found[path.stem] = int(pyogrio.read_dataframe(path, layer="border")["version"][0])
    return found


def both(version: int) -> dict[str, int]:
    return {"us-mx": version, "mx-gt": version}


# Serving ------------------------------------------------------------------------------------------


def test_a_refresh_serves_the_new_and_keeps_the_last_snapshots(place: Path) -> None:
    handle = None
    for version in (1, 2, 3, 4):
        offer(place, version)
        code, said = run(place, KEEP_SNAPSHOTS="2")
        assert code == 0, said
        assert served(place) == both(version)
        path = place / "data/processed/overpass/us-mx.gpkg"
        if handle is not None:  # a reader that had the old one open can still read it
            assert handle.execute("SELECT version FROM border").fetchone() == (version - 1,)
            handle.close()
        handle = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        handle.execute("SELECT version FROM border").fetchone()
    assert handle is not None
    handle.close()
    assert (place / "data/raw/overpass/us-mx.osm.pbf").read_text() == "raw 4"
    assert (place / "data/raw/overpass/us-mx.record.json").is_file()
    said = (place / "data/processed/overpass/changes.md").read_text()
    assert "- us-mx: road measure k90: 3 → 4" in said
    kept = [p.name for p in (place / "data/snapshots/overpass").iterdir() if p.is_dir()]
    assert len(kept) == 2
    assert not list((place / "data").rglob(".refresh.*"))


def test_a_log_left_by_a_gis_does_not_ruin_the_new_file(place: Path) -> None:
    run(place)
    path = place / "data/processed/overpass/us-mx.gpkg"
    gis = sqlite3.connect(path)
    gis.execute("PRAGMA journal_mode=WAL")
    gis.execute("CREATE TABLE mine AS SELECT * FROM border")
    gis.commit()
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    offer(place, 2)
    code, said = run(place)
    assert code == 0, said
    assert not path.with_name(f"{path.name}-wal").exists()
    with sqlite3.connect(path) as database:
        assert not database.execute("SELECT name FROM sqlite_master WHERE name = 'mine'").fetchall()
    assert served(place) == both(2)
    gis.close()
    assert served(place) == both(2)


def test_a_source_that_is_not_fetched_keeps_its_raw_files(place: Path) -> None:
    code, said = run(place, "mine")
    assert code == 0, said
    assert served(place, "mine") == both(1)
    assert "RAW=" not in (place / "calls").read_text()
    assert not (place / "data/raw").exists()


def test_what_fails_leaves_what_was_served(place: Path) -> None:
    run(place)
    offer(place, 2)
    (place / "break").touch()
    code, said = run(place)
    assert (code, served(place)) == (3, both(1))
    assert "make ended with status 2" in said
    (place / "break").unlink()
    assert run(place)[0] == 0
    assert served(place) == both(2)


def test_a_broken_refresh_goes_on_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = Path("data/raw/overpass/us-mx.toml")
    own.parent.mkdir(parents=True)
    own.write_text("reach_km.US = 50\n")
    new = Path("data/snapshots/overpass/new")
    refresh.begin(new, "overpass")
    assert (new / "raw/us-mx.toml").read_text() == own.read_text()
    (new / "raw/us-mx.osm.pbf").touch()
    hour = 3600
    for age_h, stays in ((refresh.RESUME_H - 1, True), (refresh.RESUME_H + 1, False)):
        then = time.time() - age_h * hour
        os.utime(new / "started", (then, then))
        refresh.begin(new, "overpass")
        assert (new / "raw/us-mx.osm.pbf").exists() == stays


def test_too_much_change_is_refused_and_said(place: Path) -> None:
    run(place)
    half = {f"w{n}": [(9 + n / 100, 48.0), (9 + n / 100, 48.2)] for n in range(5)}
    for given, word in (
        ({"crossings": {"Ford": None}}, "crossings changed by 50%"),
        ({"cut": [2, 3]}, r"road F(+10 km), 4 → 2, changed by 50%"),
        (
            {"links": {f"x{key}": line for key, line in half.items()}},
            "length of the network changed by 50%",
        ),
    ):
        offer(place, 2, **given)
        code, said = run(place)
        assert code == 4, said
        assert word in said
        assert served(place) == both(1)
        assert (
            "Too much changed"
            in (place / "data/snapshots/overpass/refused/processed/changes.md").read_text()
        )
    code, said = run(place, ACCEPT_CHURN="1")
    assert code == 0, said
    assert served(place) == both(2)
    rows = list(csv.DictReader((place / "data/processed/overpass/changes.csv").open()))
    assert {row["name"] for row in rows if row["what"] == "link"} == {"'=1+1"}


@pytest.mark.parametrize("older", [{"tool_version": "0.1.0"}, {"schema_version": "1"}])
def test_after_an_upgrade_the_map_that_was_served_is_made_anew_first(
    place: Path, older: dict[str, str]
) -> None:
    """A version that counts half of the crossings is no change of the map; a lost crossing is."""
    offer(place, 1, made_by=older)
    assert run(place)[0] == 0
    offer(place, 1, crossings={"Ford": None})
    (place / "next").rename(place / "again")
    offer(place, 2, crossings={"Ford": None})
    code, said = run(place)
    assert code == 0, said
    assert "made anew from its raw files first" in said
    assert served(place) == both(2)
    rows = list(csv.DictReader((place / "data/processed/overpass/changes.csv").open()))
    assert [row for row in rows if row["what"] == "crossing"] == []
    snapshot = max((place / "data/snapshots/overpass").glob("20*"))
    assert sorted(one.name for one in snapshot.iterdir()) == [
        "checked",
        "processed",
        "raw",
        "started",
    ]
    calls = (place / "calls").read_text().splitlines()
    offer(place, 3, crossings={"Ford": None})
    assert run(place)[0] == 0
    assert "served-again" not in (place / "calls").read_text().split(calls[-1])[-1]


def test_after_an_upgrade_too_much_change_of_the_map_is_refused_still(place: Path) -> None:
    offer(place, 1, made_by={"tool_version": "0.1.0"})
    assert run(place)[0] == 0
    offer(place, 1)
    (place / "next").rename(place / "again")
    offer(place, 2, crossings={"Ford": None})
    code, said = run(place)
    assert (code, served(place)) == (4, both(1))
    assert "crossings changed by 50%" in said


def test_after_an_upgrade_without_the_raw_file_what_is_served_is_compared(place: Path) -> None:
    offer(place, 1, made_by={"tool_version": "0.1.0"})
    assert run(place)[0] == 0
    (place / "data/raw/overpass/us-mx.osm.pbf").unlink()
    offer(place, 2, crossings={"Ford": None})
    code, said = run(place)
    assert code == 4
    assert "warning: us-mx: the raw file that an older version made" in said


def test_two_at_once_one_wins(place: Path) -> None:
    (place / "hold").touch()
    first = start(place)
    patience = time.monotonic() + 60
    while not (place / "calls").exists():
        assert time.monotonic() < patience
        time.sleep(0.01)
    code, said = run(place)
    assert code == 1
    assert "another refresh of overpass is at work" in said
    # Killed alone, its make goes on: the lock is that one's then.
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    code, said = run(place)
    assert code == 1
    assert "another refresh of overpass is at work" in said
    (place / "hold").unlink()
    patience = time.monotonic() + 60
    while run(place)[0] == 1:
        assert time.monotonic() < patience
    assert served(place) == both(1)


def test_killed_at_any_moment_it_serves_whole_files_and_a_rerun_finishes(place: Path) -> None:
    alternate(place, 1)
    os.waitpid(forked(place), 0)
    alternate(place, 2)
    began = time.monotonic()
    os.waitpid(forked(place), 0)
    lasts = time.monotonic() - began
    choose = random.Random(5)
    version = 2
    for _ in range(20):
        alternate(place, 3 - version)
        process = forked(place)
        time.sleep(lasts * choose.uniform(0.02, 1.1))
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        assert set(served(place).values()) <= {1, 2}
        os.waitpid(forked(place), 0)
        version = 3 - version
        assert served(place) == both(version)
        assert not list((place / "data").rglob(".refresh.*"))


MOVED = 13  # raw files and records, GeoPackages, comparison, two reports, tables of changes, stamps


@pytest.mark.parametrize("moved", [0, 1, 7, MOVED - 1])
def test_killed_between_two_moves_it_is_noticed_and_the_rest_moved(
    place: Path, moved: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each file is the old or the new one, and the next refresh only moves what is left."""
    run(place)
    offer(place, 2)
    done: list[Path] = []
    move = Path.replace

    def deadly(path: Path, target: Path) -> Path:
        if path.name.startswith(serving.COPY):
            if len(done) == moved:
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(path)
        return move(path, target)

    monkeypatch.setattr(Path, "replace", deadly)
    assert run(place)[0] == -signal.SIGKILL
    monkeypatch.undo()
    raw = [(place / f"data/raw/overpass/{b}.osm.pbf").read_text() for b in ("mx-gt", "us-mx")]
    versions = [int(text.split()[1]) for text in raw] + list(served(place).values())
    assert len(versions) == 4
    assert set(versions) == ({1} if moved == 0 else {1, 2} if moved < 8 else {2})
    with pytest.raises(SystemExit, match="not whole"):
        status.status(str(place / "data/raw"))
    assert "MIXED  overpass" in capsys.readouterr().out
    asked = (place / "calls").read_text()
    assert run(place)[0] == 0
    assert served(place) == both(2)
    assert (place / "data/processed/overpass/comparison.csv").read_text().endswith("k90,2\n")
    assert (place / "calls").read_text() == asked
    assert not list((place / "data").rglob(".refresh.*"))
    status.status(str(place / "data/raw"))
    left = [p for p in (place / "data/snapshots/overpass").iterdir() if p.name == "new"]
    assert left == []


def test_status_lets_a_refresh_at_work_be(place: Path) -> None:
    mark = place / "data/snapshots/overpass/new/checked"
    mark.parent.mkdir(parents=True)
    mark.touch()
    with refresh.only_one(mark.parent.with_name(".lock"), "overpass"):
        status.status(str(place / "data/raw"))
    with pytest.raises(SystemExit, match="not whole"):
        status.status(str(place / "data/raw"))


def test_a_twin_that_is_served_is_refreshed_too(place: Path) -> None:
    run(place)
    twin = place / "data/processed/overpass/parquet/us-mx/border.parquet"
    assert not twin.exists()
    twin.parent.mkdir(parents=True)
    twin.write_text("1")
    offer(place, 2)
    code, said = run(place)
    assert code == 0, said
    assert twin.read_text() == "2"


# What changed -------------------------------------------------------------------------------------


def compared(tmp_path: Path, **given: Any) -> list[tuple[object, ...]]:
    package(tmp_path / "before" / "us-mx.gpkg")
    package(tmp_path / "us-mx.gpkg", 2, **given)
    found = changes.changes(tmp_path / "before" / "us-mx.gpkg", tmp_path / "us-mx.gpkg")
    columns = ["what", "change", "name", "before", "after"]
    return [tuple(row) for row in found[columns].itertuples(index=False)]


def test_equal_snapshots_have_no_changes(tmp_path: Path) -> None:
    assert compared(tmp_path) == []
    assert len(changes.changes(None, tmp_path / "us-mx.gpkg")) == 0


def test_measures_that_changed_stand_at_the_middle_of_the_line(tmp_path: Path) -> None:
    head = "border,mode,measure,value\n"
    (tmp_path / "before").mkdir()
    old = head + "us-mx,road,k90,3\nus-mx,,length,10\nmx-gt,road,k90,1\nus-mx,road,gone,1\n"
    new = head + "us-mx,road,k90,5\nus-mx,,length,10\nmx-gt,road,k90,2\nus-mx,road,came,1\n"
    (tmp_path / "before/comparison.csv").write_text(old)
    (tmp_path / "comparison.csv").write_text(new)
    assert compared(tmp_path) == [("measure", "value", "k90", "3", "5")]
    found = changes.changes(tmp_path / "before" / "us-mx.gpkg", tmp_path / "us-mx.gpkg")
    assert found.geometry.iloc[0].distance(Point(9.05, 47.0)) < 1e-9


def test_what_departed_keeps_the_place_it_had(tmp_path: Path) -> None:
    package(tmp_path / "before" / "us-mx.gpkg")
    package(tmp_path / "us-mx.gpkg", 2, crossings={"Ford": None})
    found = changes.changes(tmp_path / "before" / "us-mx.gpkg", tmp_path / "us-mx.gpkg")
    assert found[["change", "id_before"]].to_numpy().tolist() == [["went", "road-Ford"]]
    assert found.geometry.iloc[0].equals(Point(9.1, 47.0))


def test_new_ids_where_something_lay_are_no_change(tmp_path: Path) -> None:
    """A way split in two and a node drawn anew 8 m further: nothing came, nothing went."""
    assert compared(tmp_path, ids=["road-x", "road-y"]) == []
    assert compared(tmp_path, crossings={"Bridge": (9.0001, "official")}) == []
    split = {"w3": [(9.03, 46.9), (9.03, 47.0)], "w33": [(9.03001, 47.0), (9.03, 47.1)]}
    assert compared(tmp_path, links=split) == []


def test_an_id_that_moved_is_still_itself(tmp_path: Path) -> None:
    assert compared(tmp_path, crossings={"Bridge": (9.001, "official")}) == []


def test_what_came_went_and_became(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        crossings={"Bridge": (9.0, "closed"), "Ford": None, "New": (9.15, "official")},
        links={"w99": [(9.5, 47.0), (9.5, 47.01)]},
        cut=[4, None],
    )
    assert found == [
        ("crossing", "came", "New", None, "official"),
        ("crossing", "status", "Bridge", "official", "closed"),
        ("crossing", "went", "Ford", "unmarked", None),
        ("figure", "value", "F(+25 km)", "3", None),
        ("link", "came", "=1+1", None, "1.000"),
    ]


# Age ----------------------------------------------------------------------------------------------


def test_status_fails_for_what_is_too_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def record(source: str, **facts: str) -> None:
        (tmp_path / source).mkdir(exist_ok=True)
        (tmp_path / source / "us-mx.record.json").write_text(json.dumps(facts))

    now = datetime.now(UTC)
    record("overpass", fetched=f"{now - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}")
    record("overpass-2017-01-20", fetched="2020-01-01T00:00:00Z")
    record("gazetteer", statement="compiled")
    status.status(str(tmp_path))
    assert "overpass us-mx: fetched 2.0 days ago" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="1 older than 1 days"):
        status.status(str(tmp_path), "1")
    assert "STALE  overpass us-mx" in capsys.readouterr().out


def test_status_names_every_source_and_what_was_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    (raw / "mine").mkdir(parents=True)
    (raw / "mine" / "ch-li.osm.pbf").touch()
    status.status(str(raw))
    assert capsys.readouterr().out == "ok     mine ch-li.osm.pbf: put there, does not age\n"
    (tmp_path / "snapshots/mine/refused/processed").mkdir(parents=True)
    with pytest.raises(SystemExit, match="1 older than 8 days, refused or not whole"):
        status.status(str(raw))
    assert "REFUSED mine: its last refresh changed too much" in capsys.readouterr().out


def test_what_changed_is_told_the_gravest_first(place: Path) -> None:
    """A crossing that is closed before one that is new, F(D) next, each once; no list of links."""
    run(place)
    given = {"Bridge": (9.0, "closed"), "New": (9.15, "official")}
    offer(place, 2, crossings=given, cut=[3, 3], links={"w99": [(9.5, 47.0), (9.5, 47.01)]})
    assert run(place)[0] == 4
    text = (place / "data/snapshots/overpass/refused/processed/changes.md").read_text()
    told = [line.removeprefix("- us-mx: ") for line in text.splitlines() if "- us-mx" in line]
    assert told == [
        "road crossing Bridge: official → closed",
        "road crossing New: came (official)",
        "road figure F(+10 km): 4 → 3",
        "road measure k90: 1 → 2",
    ]


def test_what_is_said_of_a_crossing_and_has_changed_is_told(tmp_path: Path) -> None:
    before, after = (drawn.assign(name="Bridge") for drawn in (facts("car", 1), facts("none", 2)))
    for frame, name in ((before, "a"), (after, "b")):
        package(tmp_path / name / "us-mx.gpkg")
        pyogrio.write_dataframe(frame, tmp_path / name / "us-mx.gpkg", layer="crossings")
    found = changes.changes(tmp_path / "a/us-mx.gpkg", tmp_path / "b/us-mx.gpkg")
    crossing = found[found["what"] == "crossing"].set_index("change")
    assert list(crossing.index) == ["counted", "n_links", "vehicles"]
    assert list(crossing["before"]) == ["yes", "1", "car"]
    assert list(crossing["after"]) == ["no", "2", "none"]
    # One crossing that changed in three ways is one of one.
    shares = {kind: share for kind, _, share in changes.churn(found, tmp_path / "a/us-mx.gpkg")}
    assert shares["crossings"] == 1.0


def facts(vehicles: str, n_links: int) -> gpd.GeoDataFrame:
    row: dict[str, object] = {"crossing_id": "road-n1", "mode": "road", "status": "official"}
    row |= {"vehicles": vehicles, "n_links": n_links, "counted": n_links == 1}
    return gpd.GeoDataFrame([row], geometry=[Point(9.0, 47.0)], crs=CRS)


def test_lengths_that_change_by_metres_are_left_out(tmp_path: Path) -> None:
    for name, km, minutes in (("a", 100.0, 5), ("b", 100.04, 6)):
        package(tmp_path / name / "us-mx.gpkg")
        rows = f"us-mx,,length,{km},km\nus-mx,road,extra_minutes,{minutes},minutes\n"
        (tmp_path / name / "comparison.csv").write_text(f"border,mode,measure,value,unit\n{rows}")
    found = changes.changes(tmp_path / "a/us-mx.gpkg", tmp_path / "b/us-mx.gpkg")
    assert list(found["name"]) == ["extra_minutes"]
