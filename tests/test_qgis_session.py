"""A true QGIS holds what is served, with edits saved, while it is made anew, moved and killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.core import files
from pipeline.ops import serving, verify
from pipeline.publish import layers
from pipeline.stages import publish
from tests import finished, tools

ROOT = Path(__file__).parents[1]
SESSION = ROOT / "tests" / "qgis_session.py"
PUBLISH = "import sys; from pipeline.stages import publish; publish.publish(*sys.argv[1:])"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published border, with the folders that it is made from in `tables` beside it."""
    tools.need_qgis()
    folder = tmp_path_factory.mktemp("held")
    publish.publish(*finished.folders(folder / "tables"), str(folder / "drawn.gpkg"))
    return folder / "drawn.gpkg"


class Session:
    """QGIS as it holds a file; what it sees is asked for, and in the end it closes."""

    def __init__(self, path: Path) -> None:
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(path.parent)}
        environment.pop("PYTHONPATH", None)
        self.process = subprocess.Popen(
            [tools.SYSTEM_PYTHON, str(SESSION), str(path)], text=True, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._line() == "held\n"

    def sees(self) -> dict[str, int]:
        assert self.process.stdin is not None
        self.process.stdin.write("look\n")
        self.process.stdin.flush()
        found: dict[str, int] = json.loads(self._line())
        return found

    def close(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def killed_while_publishing(path: Path, tables: list[str]) -> None:
    """A publish, as make runs it, that is killed as it writes."""
    process = subprocess.Popen([sys.executable, "-c", PUBLISH, *tables, str(path)], cwd=ROOT)
    aside = path.with_name(f"{files.ASIDE}{path.name}")
    until = time.monotonic() + 60
    while not aside.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def refreshed(path: Path, made: Path) -> None:
    """What a refresh does at its end: files of a checked snapshot put where they are served."""
    beside = layers.evidence(made)
    serving.serve({made: path, beside: layers.evidence(path)})


def saved(path: Path) -> tuple[str, int]:
    """Whether the file is whole, as another program sees it, and how much of QGIS it holds."""
    script = (
        "import sqlite3, sys\nfound = sqlite3.connect(sys.argv[1])\n"
        "print(found.execute('PRAGMA integrity_check').fetchone()[0])\n"
        "names = \"SELECT count(*) FROM crossings WHERE name = 'mine'\"\n"
        "styles = \"SELECT count(*) FROM layer_styles WHERE styleName = 'my style'\"\n"
        "print(sum(found.execute(one).fetchone()[0] for one in (names, styles)))"
    )
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    state, count = done.stdout.split()
    return state, int(count)


def test_nothing_is_ruined_and_what_is_served_is_whole(made: Path, tmp_path: Path) -> None:
    path, tables = tmp_path / made.name, finished.folders(made.parent / "tables")
    for one in (made, layers.evidence(made)):
        shutil.copy(one, path.with_name(one.name))
    session = Session(path)
    assert files.journals(path) != []
    assert path.read_bytes()[18:20] == b"\x02\x02"  # SQLite's mark of WAL mode
    before = session.sees()
    assert before["mine"] == 1
    # Killed as it writes: neither the file that is held nor what was saved into it suffers.
    killed_while_publishing(path, tables)
    assert saved(path) == ("ok", 2)
    assert session.sees() == before
    # Published anew while it is held: the file is the new one, alone; the session keeps the old.
    publish.publish(*tables, str(path))
    assert saved(path) == ("ok", 0)
    assert session.sees() == before
    # Served by a refresh while another session holds that file with edits saved.
    second = Session(path)
    refreshed(path, made)
    assert files.journals(path) == []
    assert path.read_bytes() == made.read_bytes()
    for seen in (session.sees(), second.sees()):
        assert seen | {"mine": 1} == before
    # Both close without a trace in what is served.
    session.close()
    second.close()
    assert files.journals(path) == []
    assert path.read_bytes() == made.read_bytes()
    assert [problems for _, problems in verify.check(path) if problems] == []
