"""How the borders of a planet are run: by workers that die, at addresses, side by side."""

import dataclasses
import inspect
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from pipeline.world import cutting, run, tasks
from pipeline.world.store import Store
from pipeline.world.world import world
from tests import s3_server
from tests.planet_runs import (
    CORRIDOR_KM,
    FEW,
    elements,
    few_jobs,
    go,
    listening,
    refuse_other_bytes,
    refuse_other_cuts,
    table,
)

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
KILLS = int(os.environ.get("FAULT_KILLS", "0"))
HOST = inspect.signature(world).parameters["host"].default
LEFT = (".aside.", ".scratch.", ".cut-", ".trim-", ".former.")


def test_workers_give_the_same_bytes_and_one_that_is_killed_is_made_up_for(
    planet_run: Path, planet_file: Path, tmp_path: Path
) -> None:
    jobs = few_jobs(planet_run, planet_file, str(tmp_path / "out"))
    before = listening()
    with tasks.cluster(2, "", HOST, tmp_path / "dask") as client:
        assert client is not None
        opened = listening() - before
        assert len(opened) > 4  # scheduler, dashboard, and one of each worker and of what starts it
        assert {address for address, _ in opened} == {HOST} == {"127.0.0.1"}
        spread = tasks.on_workers(client)
        cutting.cut_all([planet_file], tmp_path / "raw", tmp_path, CORRIDOR_KM, FEW.split(), spread)
        workers = client.run(os.getpid)
        victim = next(iter(workers.values()))
        kill = threading.Timer(3.0, os.kill, (victim, signal.SIGKILL))
        kill.start()
        outcomes = tasks.run_all(jobs, "", "chokepoints", client)
        kill.join()
    assert [one.error for done in outcomes.values() for one in done if one.error] == []
    refuse_other_bytes(tmp_path / "out", planet_run)
    refuse_other_cuts(tmp_path / "raw", planet_run / "raw", FEW.split())


def test_tasks_of_one_border_that_run_side_by_side_have_copies_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two stages fetch the same table from an address at the same time, and read it whole."""
    # `local://` counts as an address; files of fsspec's memory share one position between threads.
    there = tmp_path / "there"
    (there / "out/aa-bb/network").mkdir(parents=True)
    (there / "out/aa-bb/network/nodes.parquet").write_bytes(b"nodes")
    (there / "raw").mkdir()
    (there / "raw/aa-bb.toml").touch()
    met, read = threading.Barrier(2, timeout=20), []

    def stage(*paths: str) -> None:
        table, out = Path(paths[0]) / "nodes.parquet", Path(paths[-1])
        met.wait()
        read.append((table, table.read_bytes()))
        out.mkdir()
        (out / "stamp").touch()
        met.wait()

    names = ("crossings", "redundancy")
    for name in names:
        monkeypatch.setattr(f"pipeline.stages.{name}.{name}", stage)
        (there / "out/aa-bb" / name).mkdir()
    addresses = {"raw": f"local://{there}/raw", "results": f"local://{there}/out"}
    job = run.Job(border="aa-bb", toml="aa-bb.toml", dem="", digest="", size=0, **addresses)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda one: run.run(job, one, "", str(tmp_path / "own"), []), names))
    assert [one.error for one in done] == ["", ""]
    assert [held for _, held in read] == [b"nodes", b"nodes"]
    assert read[0][0] != read[1][0]
    assert all((there / "out/aa-bb" / one / "stamp").is_file() for one in names)
    assert not list((tmp_path / "own").iterdir())


def test_raw_files_and_results_at_an_address(
    planet_run: Path, planet_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An S3 server on loopback."""
    with s3_server.served(monkeypatch, "kept") as system:
        go(tmp_path, planet_file, borders="al-bk", raw="s3://kept/raw", results="s3://kept/out")
        found = system.find("kept/out/al-bk")
        assert any(name.endswith("cordons.parquet") for name in found)
        for name in found:
            # Where the raw file came from, and when, is another by another cut.
            if name.endswith(".parquet") and "provenance" not in name:
                local = planet_run / name.removeprefix("kept/")
                assert system.cat_file(name) == local.read_bytes(), name
        assert system.exists("kept/raw/al-bk.osm.pbf")
        for name in ("world.csv", "world.gpkg", "atlas.html"):
            assert system.cat_file(f"kept/out/{name}") == (tmp_path / "out" / name).read_bytes()
        cut = "road_min_cut_links_plus_10_km"
        assert table(tmp_path)["al-bk"][cut] == table(planet_run)["al-bk"][cut]
        notes = {name: system.modified(name) for name in found}
        go(tmp_path, planet_file, borders="al-bk", raw="s3://kept/raw", results="s3://kept/out")
        system.invalidate_cache()
        assert {name: system.modified(name) for name in found} == notes


def test_one_stage_at_a_time_works_in_a_folder_and_no_broken_one_is_believed(
    planet_run: Path, planet_file: Path, tmp_path: Path
) -> None:
    job = few_jobs(planet_run, planet_file, str(tmp_path / "out"))[0]

    def network(of: run.Job, key: str) -> run.Outcome:
        return run.run(of, "network", key, str(tmp_path), [])

    with ThreadPoolExecutor(2) as pool:  # as where a worker that counts as lost is at work still
        both = list(pool.map(network, [job, job], ["key", "key"]))
    assert sorted(one.ran for one in both) == [False, True]
    assert not network(job, "key").ran
    elsewhere = dataclasses.replace(job, raw=str(tmp_path / "nowhere"))
    assert network(elsewhere, "another").error
    assert network(job, "key").ran


def test_what_a_folder_no_longer_holds_goes_from_an_address_too(tmp_path: Path) -> None:
    store = Store("memory://kept-by-hand", tmp_path)
    folder = store.at("al-bk/network")
    folder.mkdir(parents=True)
    for name in ("links.parquet", "old.parquet"):
        (folder / name).touch()
    store.put("al-bk/network")
    (folder / "old.parquet").unlink()
    store.put("al-bk/network")
    again = Store("memory://kept-by-hand", tmp_path / "elsewhere")
    assert [one.name for one in again.fetch("al-bk/network").iterdir()] == ["links.parquet"]
    store.remove("al-bk/network/links.parquet")
    store.remove("al-bk/network/links.parquet")
    assert not again.exists("al-bk/network/links.parquet")


def kill_a_run(folder: Path, planet_file: Path, victim: str, after: float) -> None:
    """Kill a worker of a run, or its main process, which holds the scheduler."""
    words = [str(folder / "raw"), str(folder / "out"), str(planet_file), "--workers", "2"]
    words += ["--until", "chokepoints", "--corridor", str(CORRIDOR_KM), "--borders", FEW]
    words += ["--known", str(folder / "no-border-files")]
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline", "world", *words], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as main:
        time.sleep(after)
        if victim == "main":
            main.kill()
        else:
            family = ["ps", "--ppid", str(main.pid), "-o", "pid=,args="]
            listed = subprocess.run(family, capture_output=True, text=True, check=False).stdout
            pids = [int(line.split()[0]) for line in listed.splitlines() if "spawn_main" in line]
            for pid in pids[:1]:
                os.kill(pid, signal.SIGKILL)
        ended = main.wait(300)
    assert ended in ((0, -signal.SIGKILL) if victim == "main" else (0,))


@pytest.mark.skipif(not KILLS, reason="FAULT_KILLS=20 kills as many runs of a planet")
def test_a_run_that_is_killed_at_any_moment_is_finished_by_the_next(
    planet_run: Path, planet_file: Path, tmp_path: Path
) -> None:
    drawn = random.Random(7)
    began = time.monotonic()
    go(tmp_path / "whole", planet_file, borders=FEW, workers=2)
    lasts = time.monotonic() - began
    for number in range(KILLS):
        folder = tmp_path / str(number)
        victim = drawn.choice(["main", "worker"])
        # A process of its own takes about two seconds more, until it has imported what it needs.
        after = drawn.uniform(1, 2 + lasts)
        sys.stdout.write(f"{number + 1} of {KILLS}: {victim} killed after {after:.1f} s\n")
        sys.stdout.flush()
        kill_a_run(folder, planet_file, victim, after)
        go(folder, planet_file, borders=FEW, workers=2)
        assert all(not row["failed"] for row in table(folder).values())
        refuse_other_bytes(folder / "out", planet_run, "provenance")  # when it was cut
        left = [path for path in folder.rglob(".*") if path.name.startswith(LEFT)]
        assert left == [], (number, victim)


@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="LONG_TESTS=1 kills a worker at S3")
def test_a_whole_run_at_an_address_gives_what_one_on_disk_gives_though_a_worker_is_killed(
    planet_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All stages, atlas and pages; raw files and results lie on an S3 server on loopback.

    One process on disk, then two workers of which one is killed. What differs is when the corridor
    was cut, where that is stated, and what each stage took.
    """
    go(tmp_path / "disk", planet_file, borders=FEW, until="")
    with s3_server.served(monkeypatch, "whole") as system:
        killed = []

        def kill_one() -> None:
            while not system.exists("whole/out/al-bk/network.json"):
                system.invalidate_cache()
                time.sleep(0.05)
            workers = [
                one.pid
                for one in psutil.Process().children(recursive=True)
                if "spawn_main" in " ".join(one.cmdline())
            ]
            os.kill(workers[-1], signal.SIGKILL)
            killed.append(workers[-1])

        killer = threading.Thread(target=kill_one, daemon=True)
        killer.start()
        addresses = {"raw": "s3://whole/raw", "results": "s3://whole/out"}
        go(tmp_path / "kept", planet_file, borders=FEW, until="", workers=2, **addresses)
        killer.join(10)
        assert killed
        system.invalidate_cache()
        kept = {name.removeprefix("whole/"): system.cat_file(name) for name in system.find("whole")}
    disk = tmp_path / "disk"
    there = {path.relative_to(disk).as_posix(): path for path in disk.rglob("*") if path.is_file()}
    locks = {name for name in there if name.endswith("lock")}
    assert kept.keys() == there.keys() - locks - {"raw/cut.json"}
    other = {name for name, content in kept.items() if content != there[name].read_bytes()}
    assert {name for name in other if not name.endswith(".json")} <= {
        f"out/{border}{name}"
        for border in FEW.split()
        for name in ("/network/provenance.parquet", "-evidence.gpkg", "/page/report.html")
    }
    undated = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ|href=\"data:text/csv[^\"]*")
    for border in FEW.split():
        name = f"out/{border}/page/report.html"
        pages = kept[name].decode(), there[name].read_text(encoding="utf-8")
        assert undated.sub("", pages[0]) == undated.sub("", pages[1])


# True data ----------------------------------------------------------------------------------------


ALONE = {
    "ad-es": "osm-andorra-2025",
    "ad-fr": "osm-andorra-2025",
    "at-li": "osm-liechtenstein-2022",
    "ch-li": "osm-liechtenstein-2022",
    "es-gi": "osm-gibraltar-2017",
}


SPAIN = "r1311341 "  # its relation has other tags in the newest of the three files


@pytest.fixture(scope="module")
def true_files() -> dict[str, Path]:
    files = {name: DATA / f"{name}.osm.pbf" for name in ALONE.values()}
    if not all(path.is_file() for path in files.values()):
        pytest.skip("no extracts: the folder shared/data lies outside the checkout")
    return files


def test_five_borders_of_three_true_extracts(true_files: dict[str, Path], tmp_path: Path) -> None:
    """Each is cut as it is when cut alone, the time of its data and where they came from, too."""
    every = list(true_files.values())
    together = cutting.cut_all(every, tmp_path / "raw", tmp_path, CORRIDOR_KM, [])
    assert [(one.border, one.error) for one in together] == [(name, "") for name in ALONE]
    for name, file in true_files.items():
        own = sorted(border for border, one in ALONE.items() if one == name)
        alone = cutting.cut_all([file], tmp_path / name, tmp_path, CORRIDOR_KM, [])
        assert [one.border for one in alone] == own
        for border in own:
            raws = [tmp_path / folder / f"{border}.osm.pbf" for folder in ("raw", name)]
            assert [one for one in elements(raws[0]) if SPAIN not in one] == [
                one for one in elements(raws[1]) if SPAIN not in one
            ]
            tomls = [path.parent / cutting.toml_of(border) for path in raws]
            assert tomls[0].read_bytes() == tomls[1].read_bytes()
            records = [
                json.loads(path.with_name(f"{border}.record.json").read_text()) for path in raws
            ]
            assert records[0]["extracts"] == records[1]["extracts"]


@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="LONG_TESTS=1 runs five borders twice")
def test_five_true_borders_give_the_tables_that_each_gives_alone(
    true_files: dict[str, Path], tmp_path: Path
) -> None:
    """All stages: together by two workers, then each by itself in one process without Dask."""
    go(tmp_path / "together", *true_files.values(), workers=2, until="")
    rows = table(tmp_path / "together")
    assert rows.keys() == ALONE.keys()
    compared = 0
    for border, name in ALONE.items():
        alone = tmp_path / border
        go(alone, true_files[name], borders=border, until="")
        assert rows[border]["failed"] == ""
        # Which depths there are columns for hangs on the borders beside.
        assert table(alone)[border].items() <= rows[border].items()
        for path in sorted((alone / "out" / border).rglob("*.parquet")):
            there = tmp_path / "together" / path.relative_to(alone)
            if path.stem == "provenance":
                continue  # when it was cut
            assert there.read_bytes() == path.read_bytes(), path
            compared += 1
        page = f"out/{border}/page/comparison.csv"
        assert (alone / page).read_bytes() == (tmp_path / "together" / page).read_bytes()
    assert compared > 5 * 30
