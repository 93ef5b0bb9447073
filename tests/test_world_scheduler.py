"""A scheduler of the user's own: workers that are killed, that come late, and that all leave."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

from pipeline.core.errors import InputError
from pipeline.world import tasks
from pipeline.world.waiting import until_done
from tests.planet_runs import FEW, few_jobs, go, refuse_other_bytes

ROOT = Path(__file__).parents[1]
NOTE = "scheduler.json"  # where a scheduler tells its workers its address
QUIET: dict[str, Any] = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
NOTE_S = 0.1  # seconds without a worker until the first note


@contextlib.contextmanager
def worked(folder: Path, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that somebody started for the scheduler of the folder."""
    words = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file"]
    words += [str(folder / NOTE), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    words += ["--host", "127.0.0.1", "--local-directory", str(folder / f"worker-{number}")]
    with subprocess.Popen(words, **QUIET) as one:
        try:
            yield one
        finally:
            one.kill()


@contextlib.contextmanager
def by_hand(
    folder: Path, workers: int = 2
) -> Iterator[tuple[str, subprocess.Popen[bytes], subprocess.Popen[bytes]]]:
    """A scheduler and workers that somebody started: address, scheduler, and a worker."""
    note = folder / NOTE
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
    words += ["--port", "0", "--no-dashboard", "--scheduler-file", str(note)]
    with contextlib.ExitStack() as stack:
        scheduler = stack.enter_context(subprocess.Popen(words, **QUIET))
        stack.callback(scheduler.kill)
        started = [stack.enter_context(worked(folder, number)) for number in range(workers)]
        while not note.is_file() or not note.stat().st_size:
            assert scheduler.poll() is None
            time.sleep(0.05)
        yield json.loads(note.read_text())["address"], scheduler, started[0]


def kill_when_there(path: Path, victim: subprocess.Popen[bytes]) -> threading.Thread:
    def kill() -> None:
        while not path.is_file():
            time.sleep(0.05)
        victim.kill()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    return killer


def test_a_scheduler_of_ones_own_goes_on_when_a_worker_is_killed(
    planet_run: Path, planet_file: Path, tmp_path: Path
) -> None:
    """Results lie at an address of the file system."""
    jobs = few_jobs(planet_run, planet_file, f"file://{tmp_path / 'out'}")
    first = tmp_path / "out" / FEW.split(maxsplit=1)[0] / "network.json"
    with by_hand(tmp_path) as (address, _, worker):
        killer = kill_when_there(first, worker)
        with tasks.cluster(0, address, "", tmp_path) as client:
            outcomes = tasks.run_all(jobs, "", "chokepoints", client)
        killer.join(10)
        assert worker.poll() is not None
    assert [one.error for done in outcomes.values() for one in done if one.error] == []
    refuse_other_bytes(tmp_path / "out", planet_run)


@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="LONG_TESTS=1 kills a scheduler")
def test_a_scheduler_that_is_lost_ends_the_run_with_a_message_and_the_next_run_finishes(
    planet_run: Path, planet_file: Path, tmp_path: Path
) -> None:
    go(tmp_path, planet_file, borders=FEW)
    table_before = (tmp_path / "out/world.csv").read_bytes()
    for border in FEW.split():
        shutil.rmtree(tmp_path / "out" / border)
    first = tmp_path / "out" / FEW.split(maxsplit=1)[0] / "network.json"
    with by_hand(tmp_path) as (address, scheduler, _):
        killer = kill_when_there(first, scheduler)
        with pytest.raises(InputError, match="SCHEDULER: the one that it names is no longer"):
            go(tmp_path, planet_file, borders=FEW, workers=0, scheduler=address)
        killer.join(10)
        assert scheduler.poll() is not None
        with pytest.raises(InputError, match=rf"SCHEDULER={address}: no scheduler answers there"):
            go(tmp_path, planet_file, borders=FEW, workers=0, scheduler=address)
    assert (tmp_path / "out/world.csv").read_bytes() == table_before
    go(tmp_path, planet_file, borders=FEW)
    refuse_other_bytes(tmp_path / "out", planet_run, "provenance")  # when it was cut
    assert (tmp_path / "out/world.csv").read_bytes() == table_before


def test_a_run_without_a_worker_says_what_it_waits_for_and_goes_on_when_one_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """None has joined yet, and later all have left; a run that has one is silent."""
    settings = {"n_workers": 0, "threads_per_worker": 1, "processes": False}
    with (
        LocalCluster(**settings, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        at = re.escape(cluster.scheduler_address)
        note = rf"warning: no worker at {at} for \d s; the run waits: start one \(dask worker {at} "
        for _ in range(2):
            begun = threading.Timer(4 * NOTE_S, cluster.scale, [1])
            begun.start()
            done = [client.submit(abs, -number, pure=False) for number in range(3)]
            until_done(client, done, NOTE_S)
            begun.join()
            assert [one.result() for one in done] == [0, 1, 2]
            printed = capsys.readouterr().err.splitlines()
            assert 1 <= len([line for line in printed if re.match(note, line)]) <= 3
            assert printed[-1] == "warning: a worker is there; the run goes on"
            cluster.scale(0)
            while client.scheduler_info(n_workers=0)["n_workers"]:
                time.sleep(0.01)
        capsys.readouterr()
        cluster.scale(1)
        until_done(client, [client.submit(abs, -4)], 60.0)
        assert capsys.readouterr().err == ""


@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="LONG_TESTS=1 kills all workers")
def test_a_run_whose_workers_are_all_killed_waits_for_another_and_finishes(
    planet_run: Path,
    planet_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tasks, "NO_WORKER_NOTE_S", 2.0)
    jobs = few_jobs(planet_run, planet_file, str(tmp_path / "out"))
    first = tmp_path / "out" / FEW.split(maxsplit=1)[0] / "network.json"
    with by_hand(tmp_path, workers=1) as (address, _, worker):
        killer = kill_when_there(first, worker)

        def start_another() -> None:
            killer.join()
            time.sleep(5)
            stack.enter_context(worked(tmp_path, 2))

        with contextlib.ExitStack() as stack, tasks.cluster(0, address, "", tmp_path) as client:
            late = threading.Thread(target=start_another, daemon=True)
            late.start()
            outcomes = tasks.run_all(jobs, "", "chokepoints", client)
            late.join()
    assert [one.error for done in outcomes.values() for one in done if one.error] == []
    printed = capsys.readouterr().err
    assert f"no worker at {address} for" in printed
    assert "a worker is there; the run goes on" in printed
    refuse_other_bytes(tmp_path / "out", planet_run)
