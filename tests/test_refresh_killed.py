"""A refresh that is killed, and two at once: what is served is whole, and a rerun finishes.

`REFRESH_KILLS=40 pytest tests/test_refresh_killed.py` kills at as many moments instead of a few.
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from pipeline.ops import serving, status
from tests import refreshed
from tests.refreshed import alternate, both, forked, offer, run, served, start

KILLS = int(os.environ.get("REFRESH_KILLS", "6"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return refreshed.checkout(tmp_path)


def test_two_at_once_one_wins(place: Path) -> None:
    (place / "hold").touch()
    first = start(place)
    patience = time.monotonic() + 60
    while not (place / "calls").exists():
        assert time.monotonic() < patience
        time.sleep(0.01)
    code, output = run(place)
    assert code == 1
    assert "another refresh of overpass is at work" in output
    # Killed alone, its make goes on: the lock is that one's then.
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    code, output = run(place)
    assert code == 1
    assert "another refresh of overpass is at work" in output
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
    for _ in range(KILLS):
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
