"""The conductor, asserted with real make in copies of the checkout.

Most tests put stubs in the stages' place: they keep the imports, note that they ran and with what
arguments, and write what make waits for. The last ones run the true stages.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from pipeline.core import errors, stages
from pipeline.ops import imports, lock
from tests import access, browser, tools
from tests.checkouts import (
    BORDERS,
    FLOW,
    JOINT,
    ROOT,
    STAGES,
    bad,
    copy_checkout,
    copy_with_stubs,
    from_stage,
    good,
    make,
    module,
    ran,
    start,
    times,
    touch,
)
from tests.recomputed import verdicts_of

pytestmark = pytest.mark.make
GAZETTEER = {f"gazetteer {border}" for border in BORDERS}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy whose stages are stubs, with a source `mine` that holds us-mx."""
    copy = copy_with_stubs(tmp_path / "check out")
    (copy / "data/raw/mine").mkdir(parents=True)
    (copy / "data/raw/mine/us-mx.osm.pbf").write_text("raw")
    return copy


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a copy in which the flow has run, for tests that leave it up to date again."""
    copy = copy_with_stubs(tmp_path_factory.mktemp("shared") / "check out")
    good(copy)
    return copy


@pytest.fixture
def built(shared: Path) -> Path:
    """The same, with no run noted."""
    (shared / "ran").unlink(missing_ok=True)
    good(shared)
    ran(shared)
    return shared


# What runs, and what does not ---------------------------------------------------------------------


def test_first_make_runs_all_and_second_nothing(checkout: Path) -> None:
    told = good(checkout)
    expected = GAZETTEER | from_stage("network")
    assert ran(checkout) == expected
    lines = told.splitlines()
    assert lines[-1] == "THE TABLE"
    assert set(lines[:-1]) == expected - JOINT | {f"{one} us-mx mx-gt" for one in JOINT}
    before = times(checkout / "data")
    assert good(checkout) == "THE TABLE\n"
    assert ran(checkout) == set()
    assert times(checkout / "data") == before


def expected_words(stage: stages.Stage, border: str) -> str:
    """The command line of a stage, by the table."""
    out, raw = "data/processed/mine", "data/raw/mine"
    paths = {
        "raw": f"{raw}/{border}.osm.pbf", "border": f"pipeline/borders/{border}.toml",
        "own": f"{raw}/{border}.toml", "facts": "data/raw/gazetteer",
        "output": f"{out}/{border}/{stage.name}",
    }  # fmt: skip

    def words(name: str) -> list[str]:
        if name in paths:
            return [paths[name]]
        other = STAGES.get(name)
        if other is None:
            return []  # what is not there
        if other.writes_folder:
            return [f"{out}/{border}/{name}"]
        return [f"{out}/{one.replace('<border>', border)}" for one in other.outputs]

    if stage.outputs:
        last = stage.outputs[0].replace("<border>", border)
        paths["output"] = out if len(stage.outputs) > 1 else f"{out}/{last}"
    return " ".join([stage.name, *stages.arguments(stage, STAGES, words)])


def test_make_runs_what_the_table_says(checkout: Path) -> None:
    (checkout / "data/raw/mine/us-mx.toml").write_text("")
    good(checkout, "SOURCE=mine")
    told = (checkout / "ran").read_text().splitlines()
    wanted = [expected_words(STAGES[name], "us-mx") for name in FLOW]
    assert sorted(told) == sorted([*wanted, "show data/processed/mine"])
    out, border, own = (
        "data/processed/mine",
        "pipeline/borders/us-mx.toml",
        "data/raw/mine/us-mx.toml",
    )
    crossings = f"crossings {out}/us-mx/network {border} {out}/us-mx/crossings {own}"
    report = f"report {out}/us-mx.gpkg {out}/comparison.csv {out}/claims.json {out}/report.html"
    assert {crossings, report, f"compare {out}/us-mx.gpkg {out}"} <= set(told)


@pytest.mark.parametrize("stage", FLOW)
def test_a_touched_stage_runs_again_and_what_follows_only(built: Path, stage: str) -> None:
    touch(built / module(stage))
    good(built, "-j2")
    assert ran(built) == from_stage(stage)
    good(built)
    assert ran(built) == set()


@pytest.mark.parametrize(
    "name", ["core.parameters", "graph.flow", "travel.demand", "report.figures"]
)
def test_a_touched_module_runs_the_stages_that_import_it(built: Path, name: str) -> None:
    """That make knows every import is tested by the rules of the house."""
    code = imports.closure(str(ROOT / "pipeline"))
    path = f"pipeline/{name.replace('.', '/')}.py"
    needing = [one for one in FLOW if str(ROOT / path) in code[STAGES[one].module]]
    assert needing
    made = GAZETTEER if str(ROOT / path) in code[STAGES["gazetteer"].module] else set()
    first = [*needing, *(["network"] if made else [])]
    touch(built / path)
    good(built, "-j2")
    assert ran(built) == made.union(*(from_stage(one) for one in first))


@pytest.mark.parametrize("table", ["parameters", "schema"])
def test_a_touched_table_runs_what_reads_it(built: Path, table: str) -> None:
    touch(built / f"pipeline/{table}.toml")
    good(built, "-j2")
    assert from_stage("crossings") <= ran(built)
    good(built)
    assert ran(built) == set()


def test_a_touched_border_file_runs_that_border_only(built: Path) -> None:
    touch(built / "pipeline/borders/mx-gt.toml")
    good(built)
    assert ran(built) == from_stage("network", "mx-gt")


def test_a_touched_fact_or_its_script_makes_the_gazetteer_again(built: Path) -> None:
    for changed in ("data/raw/gazetteer/places.csv", module("gazetteer"), "requirements.lock"):
        touch(built / changed)
        good(built)
        assert ran(built) == GAZETTEER | from_stage("network"), changed


def test_code_never_touches_a_raw_file(checkout: Path) -> None:
    good(checkout, "SOURCE=mine")
    before = times(checkout / "data/raw/mine")
    for path in (checkout / "pipeline").rglob("*.py"):
        touch(path)
    ran(checkout)
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == from_stage("network", "us-mx")
    assert times(checkout / "data/raw/mine") == before


def test_dry_run_tells_and_does_nothing(checkout: Path) -> None:
    before = times(checkout / "data")
    told = good(checkout, "-n")
    assert "pipeline network data/raw/gazetteer/us-mx.osm.pbf" in told
    assert (ran(checkout), times(checkout / "data")) == (set(), before)
    good(checkout)
    ran(checkout)
    before = times(checkout / "data")
    told = good(checkout, "-n")
    assert re.findall(r"-m pipeline(?:\.ops)?[. ](\w+)", told) == ["lock", "show"]
    assert (ran(checkout), times(checkout / "data")) == (set(), before)


# Any folder is a source ---------------------------------------------------------------------------


def test_an_elevation_model_counts_as_it_comes_and_goes(checkout: Path) -> None:
    model = checkout / "data/raw/mine/us-mx.dem.tif"
    good(checkout, "SOURCE=mine")
    for change in ("comes", "changes", "goes"):
        ran(checkout)
        if change == "goes":
            model.unlink()
        else:
            model.write_text(change)
        good(checkout, "SOURCE=mine")
        assert ran(checkout) == from_stage("terrain", "us-mx"), change
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == set()


def test_only_the_borders_that_are_there_run(checkout: Path) -> None:
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == from_stage("network", "us-mx")
    (checkout / "data/raw/mine/mx-gt.osm.gz").write_text("raw")
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == from_stage("network", "mx-gt")
    (checkout / "data/raw/mine/us-mx.osm.pbf").unlink()
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == JOINT
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == set()


def test_another_source_counts_as_it_comes_and_goes(checkout: Path) -> None:
    good(checkout, "SOURCE=mine")
    ran(checkout)
    other = checkout / "data/processed/yours/us-mx.gpkg"
    other.parent.mkdir()
    other.write_text("results")
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == set()  # what lies beside is read where it is named alone
    for change in (other.touch, other.unlink):
        change()
        good(checkout, "SOURCE=mine", "AGAINST=yours")
        assert ran(checkout) == JOINT
        good(checkout, "SOURCE=mine", "AGAINST=yours")
        assert ran(checkout) == set()


def test_another_raw_file_runs_even_if_it_is_older(checkout: Path) -> None:
    raw = checkout / "data/raw/mine/us-mx.osm.pbf"
    good(checkout, "SOURCE=mine")
    ran(checkout)
    newer = raw.with_name("download")
    newer.write_text("other")
    os.utime(newer, (1, 1))
    newer.replace(raw)
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == from_stage("network", "us-mx")


def test_results_of_a_clock_that_was_ahead_are_made_again(checkout: Path) -> None:
    good(checkout, "SOURCE=mine")
    ran(checkout)
    stage, ahead = "terrain", time.time() + 86400
    for path in (checkout / "data/processed/mine").rglob("*"):
        if path.is_file():
            os.utime(path, (ahead, ahead))
    touch(checkout / module(stage))
    assert "results bear a time to come (a clock was ahead): made again" in good(
        checkout, "SOURCE=mine"
    )
    assert from_stage(stage, "us-mx") <= ran(checkout)
    assert "time to come" not in good(checkout, "SOURCE=mine")
    assert ran(checkout) == set()


def test_the_data_file_counts_as_it_comes_and_goes(checkout: Path) -> None:
    own = checkout / "data/raw/mine/us-mx.toml"
    good(checkout, "SOURCE=mine")
    ran(checkout)
    for change in ("comes", "changes", "goes"):
        if change == "goes":
            own.unlink()
        else:
            own.write_text(change)
        good(checkout, "SOURCE=mine")
        assert ran(checkout) == from_stage("network", "us-mx")
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == set()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nowhere", "no folder data/raw/nowhere, there are:.* mine"),
        ("empty", "data/raw/empty holds no .* of a known border: .*us-mx"),
        ("mine gazetteer", "expected the name of one folder"),
        ("../raw/mine", "expected the name of one folder"),
        ("..", "expected the name of one folder"),
        ("", "expected the name of one folder"),
    ],
)
def test_a_source_that_is_none(checkout: Path, source: str, told: str) -> None:
    (checkout / "data/raw/empty").mkdir()
    (checkout / "data/raw/empty/xx-yy.osm.pbf").touch()
    assert re.search(told, bad(checkout, f"SOURCE={source}"))
    assert ran(checkout) == set()


@pytest.mark.parametrize("borders", ["../../us-mx", "us-mx zz-yy", "us-mx;touch;x", "'us-mx'"])
def test_borders_that_are_none(checkout: Path, borders: str) -> None:
    told = bad(checkout, "SOURCE=mine", f"BORDERS={borders}")
    assert re.search(r"expected some of .*us-mx", told)
    assert ran(checkout) == set()


@pytest.mark.parametrize("words", [("world", "PLANET="), ("border", "FROM=ES", "TO=AD", "FILES=")])
def test_what_is_in_the_name_of_a_file_is_not_run(checkout: Path, words: tuple[str, ...]) -> None:
    done = make(checkout, *words[:-1], f"{words[-1]}a;touch${{IFS}}run `touch run` $$(touch run)")
    assert done.returncode
    assert not (checkout / "run").exists()


def test_a_border_that_lies_there_twice(checkout: Path) -> None:
    (checkout / "data/raw/mine/us-mx.osm").touch()
    told = bad(checkout, "SOURCE=mine")
    assert "us-mx lies there twice" in told
    assert "us-mx.osm.pbf" in told
    assert ran(checkout) == set()


# Side by side, and one at a time ------------------------------------------------------------------


def test_borders_run_side_by_side_on_one_thread_each(checkout: Path) -> None:
    (checkout / "together").touch()  # each network stage waits until the other one has begun
    (checkout / "data/raw/mine/mx-gt.osm").touch()
    good(checkout, "-j2", "SOURCE=mine")
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


@pytest.mark.parametrize("goal", ["all", "clean", "test"])
def test_second_make_at_once_stops(checkout: Path, goal: str) -> None:
    first = hold_network(checkout)
    try:
        assert "another make is at work" in bad(checkout, goal)
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
    told = bad(checkout, "VENV=.venv", "PYTHON=./python-of-debian", "check")
    assert told == "error: ./python-of-debian has no ensurepip, expected it (Debian: python3-venv)"


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
    assert bad(checkout) == "error: broken on purpose"
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


# The other goals ----------------------------------------------------------------------------------


def test_clean_keeps_raw_data(checkout: Path) -> None:
    good(checkout)
    before = times(checkout / "data/raw")
    good(checkout, "clean")
    assert times(checkout / "data/raw") == before
    assert [p.name for p in (checkout / "data/processed").iterdir()] == [".gitkeep"]
    ran(checkout)
    good(checkout, "-j2", "clean", "all", "verify")
    assert ran(checkout) - {"verify mx-gt"} == from_stage("network")


def test_show_repeats_the_table_and_runs_nothing(checkout: Path) -> None:
    assert "nothing is built for SOURCE=gazetteer" in bad(checkout, "show")
    good(checkout)
    ran(checkout)
    touch(checkout / module("network"))
    assert good(checkout, "show") == "THE TABLE\n"
    assert ran(checkout) == set()


def test_verify_gets_the_layers(checkout: Path) -> None:
    good(checkout, "verify")
    last = (checkout / "ran").read_text().splitlines()[-1].split()
    assert last == ["verify", *(f"data/processed/gazetteer/{b}.gpkg" for b in reversed(BORDERS))]


def test_whatif_gets_names_as_they_are(checkout: Path) -> None:
    name = 'O\'Neill "the" gate; road-n2'
    good(checkout, "whatif", f"CLOSE={name}", "POSTS=w1.0, w2.0")
    last = (checkout / "ran").read_text().splitlines()[-1]
    places = "data/processed/gazetteer pipeline/borders data/raw/gazetteer"
    borders = " ".join(reversed(BORDERS))
    assert last == f"whatif {places} {name}  w1.0, w2.0 {borders}"


def test_a_situation_runs_what_follows_beside_the_flow_as_mapped(checkout: Path) -> None:
    status = checkout / "data/raw/mine/us-mx.status.csv"
    status.write_text("closed")
    words = ("situation", "SOURCE=mine", "TODAY=2026-11-20")
    good(checkout, *words)
    now = "data/processed/mine@2026-11-20"
    told = (checkout / "ran").read_text().splitlines()
    asked = "data/processed/mine/us-mx data/raw/mine/us-mx.status.csv 2026-11-20"
    assert f"situation {asked} {now}/us-mx" in told
    assert f"closures {now}/us-mx/crossings {now}/us-mx/travel {now}/us-mx/closures" in told
    follow = from_stage("network", "us-mx") - {"network us-mx", "crossings us-mx"}
    mapped = {"network us-mx", "crossings us-mx", "situation us-mx"}
    assert ran(checkout) == follow | mapped
    assert not (checkout / "data/processed/mine/us-mx/travel").exists()
    good(checkout, *words)
    assert ran(checkout) == set()
    status.unlink()
    good(checkout, *words)
    assert ran(checkout) == follow | {"situation us-mx"}


def test_a_brief_a_release_and_tasks_get_what_is_there(built: Path) -> None:
    out, kept = "data/processed/gazetteer", "data/snapshots/gazetteer/2026-01-31T0600/processed"
    shutil.copytree(built / out, built / kept)
    (built / f"{out}@2026-11-20").mkdir()
    good(built, "brief", "release", "osm-tasks", "BORDERS=us-mx", "BORDER=us-mx",
         "TODAY=2026-11-20")  # fmt: skip
    day = "data/raw/gazetteer/us-mx.status.csv 2026-11-20"
    tomls = "pipeline/borders/us-mx.toml {} data/raw/gazetteer/us-mx.toml"
    assert (built / "ran").read_text().splitlines() == [
        f"brief {out}/us-mx.gpkg {day} {out}/brief/us-mx-2026-11-20 {kept}/us-mx.gpkg",
        f"release {out} {kept} data/release",
        f"osmtasks {out}/us-mx.gpkg {tomls.format(f'{out}/osm-tasks/us-mx')}",
    ]
    assert "BORDER is empty" in bad(built, "brief")
    shutil.rmtree(built / "data/snapshots")
    (built / f"{out}@2026-11-20").rmdir()


def test_placement_gets_how_many_posts_and_how_deep(checkout: Path) -> None:
    good(checkout, "placement", "N=3", "DEPTH=-50")
    last = (checkout / "ran").read_text().splitlines()[-1]
    places = "data/processed/gazetteer pipeline/borders data/raw/gazetteer"
    assert last == f"place {places} 3 -50 {' '.join(reversed(BORDERS))}"


def test_help_lists_every_goal(checkout: Path) -> None:
    told = good(checkout, "help")
    for goal in ("all", "check", "clean", "format", "help", "show", "test", "verify"):
        assert re.search(rf"^  {goal} +\w|^  {goal} +\(", told, re.M), goal
    assert "GNU make 4.3" in told


# Its own packages ---------------------------------------------------------------------------------


def wheel(checkout: Path) -> str:
    """A lock of one package that lies beside it, so that nothing is downloaded."""
    path = checkout / "tiny-1.0-py3-none-any.whl"
    texts = {
        "tiny.py": "",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        "tiny-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"./{path.name} --hash=sha256:{digest}\n"


def test_venv_is_made_from_the_lock_whole_or_not_at_all(checkout: Path) -> None:
    lock, true = checkout / "requirements.lock", wheel(checkout)
    digest = true[-65:-1]
    lock.write_text(true.replace(digest, hashlib.sha256(b"other").hexdigest()))
    assert make(checkout, "VENV=.venv", ".venv/stamp").returncode != 0
    assert not (checkout / ".venv/stamp").exists()
    lock.write_text(true)
    assert good(checkout, "VENV=.venv", ".venv/stamp") == "venv\n"
    assert list((checkout / ".venv/lib").glob("python*/site-packages/tiny.py"))
    assert "venv\n" not in good(checkout, "VENV=.venv", ".venv/stamp")


# The true stages ----------------------------------------------------------------------------------


def contents(copy: Path) -> dict[str, str]:
    """Digest of every file of data, but for the notes on raw files, which hold inode numbers."""
    return {
        str(path.relative_to(copy)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (copy / "data").rglob("*")
        if path.is_file() and path.suffix != ".seen"
    }


@pytest.fixture(scope="module")
def true_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the flow has run on the gazetteer, one border after the other."""
    copy = copy_checkout(tmp_path_factory.mktemp("true") / "checkout")
    assert "Traceback" not in good(copy)
    return copy


def test_side_by_side_gives_equal_bytes(true_run: Path, tmp_path: Path) -> None:
    other = shutil.copytree(true_run, tmp_path / "at another place")
    for made in (other / "data/raw/gazetteer").glob("*.osm.pbf"):
        made.unlink()
    good(other, "-j2", "clean", "all")
    assert contents(other) == contents(true_run)


def test_second_make_of_the_true_flow_writes_nothing(true_run: Path) -> None:
    before = times(true_run / "data")
    assert good(true_run) == good(true_run, "show")
    assert times(true_run / "data") == before


def test_every_verdict_of_the_true_flow_follows_from_comparison_csv_alone(true_run: Path) -> None:
    out = true_run / "data/processed/gazetteer"
    told = json.loads((out / "claims.json").read_text(encoding="utf-8"))
    assert {one["claim"]: one["verdict"].split()[0] for one in told} == verdicts_of(out)


def test_readme_shows_what_is_built(true_run: Path) -> None:
    pages = [true_run / name for name in ("README.md", "docs/results.md")]
    written = [page.read_bytes() for page in pages]
    good(true_run, "readme")
    assert [page.read_bytes() for page in pages] == written


def test_the_report_of_the_true_flow_shuts_no_reader_out(true_run: Path, tmp_path: Path) -> None:
    tools.need_chromium()
    with browser.page(tmp_path / "profile") as page:
        page.open(true_run / "data/processed/gazetteer/report.html", 1280)
        assert page.complaints == []
        assert access.barriers(page) == []
        assert access.barriers(page, "print") == []


@pytest.fixture(scope="module")
def mine(true_run: Path) -> Path:
    """The same copy, with a source `mine` of one border on which the flow has run."""
    source = true_run / "data/raw/mine"
    source.mkdir()
    for name in ("mx-gt.osm.pbf", "mx-gt.toml"):
        shutil.copy(true_run / "data/raw/gazetteer" / name, source / name)
    good(true_run, "SOURCE=mine")
    return true_run


@pytest.mark.parametrize(("stage", "seconds"), [("network", 1.5), ("publish", 1.0)])
def test_a_killed_stage_leaves_the_last_good_output(mine: Path, stage: str, seconds: float) -> None:
    before = contents(mine)
    touch(mine / module(stage))
    process = start(mine, "SOURCE=mine")
    assert process.stdout is not None
    assert process.stdout.readline() == f"{stage} mx-gt\n"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    after = contents(mine)
    tables = {name for name in before if name.endswith((".parquet", ".gpkg", ".csv", ".json"))}
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}
    good(mine, "SOURCE=mine")
    assert contents(mine) == before


@pytest.mark.parametrize("kind", ["empty", "cut off", "unknown key"])
def test_bad_raw_data_stop_with_one_line_and_harm_nothing(mine: Path, kind: str) -> None:
    good(mine, "SOURCE=mine")
    before = contents(mine)
    raw, own = (mine / "data/raw/mine" / name for name in ("mx-gt.osm.pbf", "mx-gt.toml"))
    whole = {path: path.read_bytes() for path in (raw, own)}
    wrong = {
        "empty": (raw, b""),
        "cut off": (raw, whole[raw][: len(whole[raw]) // 2]),
        "unknown key": (own, b"depth_km = [50]\n"),
    }
    path, content = wrong[kind]
    path.write_bytes(content)
    try:
        told = bad(mine, "SOURCE=mine")
    finally:
        path.write_bytes(whole[path])
    assert told.startswith(f"error: data/raw/mine/{path.name}: ")
    assert contents(mine) == before


def test_a_file_that_a_refresh_refused_is_not_made_unchecked(checkout: Path) -> None:
    good(checkout, "SOURCE=mine")
    ran(checkout)
    refused = checkout / "data/snapshots/mine/refused/processed/us-mx"
    refused.mkdir(parents=True)
    raw = checkout / "data/raw/mine/us-mx.osm.pbf"
    former = raw.read_text()
    raw.write_text("another map")
    digest = hashlib.sha256(raw.read_bytes()).hexdigest()
    (refused / "raw.seen").write_text(f"{digest} us-mx.osm.pbf 11 1 1 1\n")
    done = make(checkout, "SOURCE=mine")
    assert done.returncode == 2
    assert "data/raw/mine/us-mx.osm.pbf: a refresh of SOURCE=mine refused this file" in done.stderr
    assert "ACCEPT_CHURN=1` accepts it" in done.stderr
    assert ran(checkout) == set()
    raw.write_text(former)
    good(checkout, "SOURCE=mine")
