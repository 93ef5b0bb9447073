"""Borders side by side, one make at a time, and makes that are killed, break or cannot begin."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.core import errors
from pipeline.ops import lock
from tests.checkouts import (
    bad,
    from_stage,
    good,
    make,
    module,
    ran,
    start,
    times,
    touch,
)

pytestmark = pytest.mark.make


# Side by side, and one at a time ------------------------------------------------------------------
def test_borders_run_side_by_side_on_one_thread_each(checkout: Path) -> None:
    (checkout / "together").touch()  # each network stage waits until the other one has begun
    (checkout / "data/raw/mine/mx-gt.osm").touch()
    good(checkout, "JOBS=2", "SOURCE=mine")
    assert ran(checkout) == from_stage("network")
    assert (checkout / "threads-1").exists()


def hold_network(copy: Path) -> "subprocess.Popen[str]":
    """A make that hangs in its first network stage."""
    (copy / "hold-network").touch()
    first = start(copy, "SOURCE=mine")
    patience = time.monotonic() + 20
    while not (copy / "ran").exists():
        assert time.monotonic() < patience
        time.sleep(0.01)
    return first


def test_second_make_at_once_stops(checkout: Path) -> None:
    first = hold_network(checkout)
    try:
        for goal in ("all", "clean", "test"):
            assert "another make is working" in bad(checkout, goal)
        assert "error: nothing is built" in make(checkout, "show", "SOURCE=mine").stderr
        good(checkout, "help")
    finally:
        (checkout / "hold-network").unlink()
        out, err = first.communicate(timeout=60)
    assert (first.returncode, err) == (0, "")
    assert out.endswith("THE TABLE\n")
    assert ran(checkout) == from_stage("network", "us-mx")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_make_leaves_no_lock(checkout: Path, kind: signal.Signals) -> None:
    # What a shell runs in the background ignores interrupts, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    first = hold_network(checkout)
    os.killpg(first.pid, kind)
    first.communicate(timeout=60)
    assert first.returncode != 0
    (checkout / "hold-network").unlink()
    ran(checkout)
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == from_stage("network", "us-mx")


def test_term_to_make_alone_ends_its_stage(checkout: Path) -> None:
    first = hold_network(checkout)
    os.kill(first.pid, signal.SIGTERM)
    first.communicate(timeout=60)  # its pipes close only when the stage has ended too
    assert (checkout / "hold-network").exists()
    (checkout / "hold-network").unlink()
    good(checkout, "SOURCE=mine")


def test_python_too_old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lock, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=r"^error: .* is Python 3\.\d+\.\d+, expected 3\.11 or "):
        lock.hold(str(tmp_path / "lock"), ["true"])


def test_a_python_that_cannot_make_a_venv(checkout: Path) -> None:
    python = checkout / "python-of-debian"
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    message = bad(checkout, "VENV=.venv", "PYTHON=./python-of-debian", "check")
    assert (
        message == "error: ./python-of-debian has no ensurepip, expected it (Debian: python3-venv)"
    )


def test_no_python_and_an_old_make(checkout: Path) -> None:
    assert "no-such-python" in bad(checkout, "PYTHON=no-such-python")
    text = (checkout / "Makefile").read_text().replace("grouped-target", "no-such-feature")
    (checkout / "Makefile").write_text(text)
    assert "expected GNU make 4.3 or newer" in bad(checkout)


# When something is wrong --------------------------------------------------------------------------
@pytest.mark.parametrize("broken", ["crossings", "publish", "compare"])
def test_a_broken_stage_stops_the_flow_and_runs_again(checkout: Path, broken: str) -> None:
    good(checkout)
    ran(checkout)
    before = times(checkout / "data/processed")
    (checkout / f"break-{broken}").touch()
    touch(checkout / module(broken))
    assert bad(checkout, "-j1") == "error: broken on purpose"  # side by side each border says so
    assert times(checkout / "data/processed") == before
    (checkout / f"break-{broken}").unlink()
    ran(checkout)
    good(checkout)
    assert ran(checkout) == from_stage(broken)


def test_an_interrupted_stage_shows_no_traceback() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        errors.run(interrupted)
    assert ended.value.code == 130


@pytest.mark.parametrize("place", ["data/processed", "data/processed/gazetteer"])
def test_results_that_cannot_be_written(checkout: Path, place: str) -> None:
    shutil.rmtree(checkout / "data/processed")
    (checkout / place).parent.mkdir(exist_ok=True)
    (checkout / place).touch()
    assert "cannot write there" in bad(checkout, "-j2")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_results_that_may_not_be_written(checkout: Path) -> None:
    (checkout / "data/processed").chmod(0o555)
    assert "cannot write there" in bad(checkout, "-j2")
