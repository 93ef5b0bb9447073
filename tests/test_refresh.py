"""A refresh serves the new, keeps the last snapshots, and refuses what changed too much."""

import csv
import os
import sqlite3
import time
from pathlib import Path

import pytest

from pipeline.ops import jobs, refresh
from tests import refreshed
from tests.refreshed import (
    both,
    offer,
    run,
    served,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return refreshed.checkout(tmp_path)


def test_a_refresh_serves_the_new_and_keeps_the_last_snapshots(place: Path) -> None:
    handle = None
    for version in (1, 2, 3, 4):
        offer(place, version)
        code, output = run(place, KEEP_SNAPSHOTS="2")
        assert code == 0, output
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
    changed = (place / "data/processed/overpass/changes.md").read_text()
    assert "- us-mx: road measure k90: 3 → 4" in changed
    kept = [p.name for p in (place / "data/snapshots/overpass").iterdir() if p.is_dir()]
    assert len(kept) == 2
    assert not list((place / "data").rglob(".refresh.*"))


def test_makes_of_a_refresh_run_as_many_stages_at_a_time_as_it_may(place: Path) -> None:
    assert run(place, JOBS="7")[0] == run(place, JOBS="")[0] == 0
    asked = [call.split()[0] for call in (place / "calls").read_text().splitlines()]
    half = len(asked) // 2
    assert asked == ["-j7"] * half + [f"-j{jobs.jobs()}"] * half


def test_a_log_left_by_a_gis_does_not_ruin_the_new_file(place: Path) -> None:
    run(place)
    path = place / "data/processed/overpass/us-mx.gpkg"
    gis = sqlite3.connect(path)
    gis.execute("PRAGMA journal_mode=WAL")
    gis.execute("CREATE TABLE mine AS SELECT * FROM border")
    gis.commit()
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    offer(place, 2)
    code, output = run(place)
    assert code == 0, output
    assert not path.with_name(f"{path.name}-wal").exists()
    with sqlite3.connect(path) as database:
        assert not database.execute("SELECT name FROM sqlite_master WHERE name = 'mine'").fetchall()
    assert served(place) == both(2)
    gis.close()
    assert served(place) == both(2)


def test_a_source_that_is_not_fetched_keeps_its_raw_files(place: Path) -> None:
    code, output = run(place, "mine")
    assert code == 0, output
    assert served(place, "mine") == both(1)
    assert "RAW=" not in (place / "calls").read_text()
    assert not (place / "data/raw").exists()


def test_what_fails_leaves_what_was_served(place: Path) -> None:
    run(place)
    offer(place, 2)
    (place / "break").touch()
    code, output = run(place)
    assert (code, served(place)) == (3, both(1))
    assert "make ended with status 2" in output
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


def test_too_much_change_is_refused_and_reported(place: Path) -> None:
    run(place)
    half = {f"w{n}": [(9 + n / 100, 48.0), (9 + n / 100, 48.2)] for n in range(5)}
    for given, word in (
        ({"crossings": {"Ford": None}}, "crossings changed by 50 %"),
        ({"cut": [2, 3]}, r"road F(+10 km), 4 → 2, changed by 50 %"),
        (
            {"links": {f"x{key}": line for key, line in half.items()}},
            "length of the network changed by 50 %",
        ),
    ):
        offer(place, 2, **given)
        code, output = run(place)
        assert code == 4, output
        assert word in output
        assert served(place) == both(1)
        assert (
            "Too much changed"
            in (place / "data/snapshots/overpass/refused/processed/changes.md").read_text()
        )
    code, output = run(place, ACCEPT_CHURN="1")
    assert code == 0, output
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
    code, output = run(place)
    assert code == 0, output
    assert "it is first made again from its raw files" in output
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
    code, output = run(place)
    assert (code, served(place)) == (4, both(1))
    assert "crossings changed by 50 %" in output


def test_after_an_upgrade_without_the_raw_file_what_is_served_is_compared(place: Path) -> None:
    offer(place, 1, made_by={"tool_version": "0.1.0"})
    assert run(place)[0] == 0
    (place / "data/raw/overpass/us-mx.osm.pbf").unlink()
    offer(place, 2, crossings={"Ford": None})
    code, output = run(place)
    assert code == 4
    assert "warning: us-mx: the raw file from which an older version made" in output


def test_a_twin_that_is_served_is_refreshed_too(place: Path) -> None:
    run(place)
    twin = place / "data/processed/overpass/parquet/us-mx/border.parquet"
    assert not twin.exists()
    twin.parent.mkdir(parents=True)
    twin.write_text("1")
    offer(place, 2)
    code, output = run(place)
    assert code == 0, output
    assert twin.read_text() == "2"
