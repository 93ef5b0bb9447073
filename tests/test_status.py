"""How old each source is, and what is wrong with what is served."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.ops import refresh, status
from tests import refreshed


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return refreshed.checkout(tmp_path)


def test_status_lets_a_refresh_at_work_be(place: Path) -> None:
    mark = place / "data/snapshots/overpass/new/checked"
    mark.parent.mkdir(parents=True)
    mark.touch()
    (place / "data/raw").mkdir(exist_ok=True)
    with refresh.only_one(mark.parent.with_name(".lock"), "overpass"):
        status.status(str(place / "data/raw"))
    with pytest.raises(SystemExit, match="not whole"):
        status.status(str(place / "data/raw"))


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
    assert capsys.readouterr().out == "ok     mine ch-li.osm.pbf: put there by hand, does not age\n"
    (tmp_path / "snapshots/mine/refused/processed").mkdir(parents=True)
    with pytest.raises(SystemExit, match="1 older than 8 days, refused or not whole"):
        status.status(str(raw))
    assert "REFUSED mine: its last refresh changed too much" in capsys.readouterr().out
