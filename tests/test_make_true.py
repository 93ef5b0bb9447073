"""The true stages run by real make: what the flow gives, and what a kill or bad data leave."""

import hashlib
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests import access, browser, tools
from tests.checkouts import (
    bad,
    copy_checkout,
    good,
    keep_kernels,
    make,
    module,
    start,
    times,
    touch,
)
from tests.recomputed import verdicts_of

pytestmark = pytest.mark.make


def contents(copy: Path) -> dict[str, str]:
    """Digest of every file of data, but for the notes on raw files, which hold inode numbers."""
    return {
        str(path.relative_to(copy)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (copy / "data").rglob("*")
        if path.is_file() and path.suffix != ".seen"
    }


def ends_well(copy: Path, *words: str) -> str:
    """Output of a make that ends well; stages that take long may tell of their progress."""
    done = make(copy, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def put_back(path: Path, content: bytes, written: os.stat_result) -> None:
    """A file as it was, its time too: nothing that was made of it is older."""
    path.write_bytes(content)
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))


@pytest.fixture(scope="module")
def true_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the flow has run on the gazetteer, its two borders side by side."""
    copy = copy_checkout(tmp_path_factory.mktemp("true") / "checkout")
    ends_well(copy, "-j2")
    keep_kernels(copy)
    return copy


def test_one_after_the_other_and_at_another_place_gives_equal_bytes(
    true_run: Path, tmp_path: Path
) -> None:
    """Of one border and of all that is made of both; what the other one has is kept."""
    other = shutil.copytree(true_run, tmp_path / "at another place")
    made = [*(other / "data/processed/gazetteer").rglob("*"), *(other / "data/raw").rglob("*.pbf")]
    for path in made:
        if path.is_file() and "us-mx" not in str(path.relative_to(other)):
            path.unlink()
    lines = ends_well(other).splitlines()
    assert "network mx-gt" in lines
    assert "network us-mx" not in lines
    assert contents(other) == contents(true_run)


def test_second_make_of_the_true_flow_writes_nothing(true_run: Path) -> None:
    before = times(true_run / "data")
    assert good(true_run) == good(true_run, "show")
    assert times(true_run / "data") == before


def test_every_verdict_of_the_true_flow_follows_from_comparison_csv_alone(true_run: Path) -> None:
    out = true_run / "data/processed/gazetteer"
    claims = json.loads((out / "claims.json").read_text(encoding="utf-8"))
    assert {one["claim"]: one["verdict"].split()[0] for one in claims} == verdicts_of(out)


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


@pytest.mark.parametrize(
    ("stage", "output", "seconds"),
    [("publish", "mx-gt.gpkg", 1.0), ("network", "mx-gt/network/stamp", 1.5)],
)
def test_a_killed_stage_leaves_the_last_good_output(
    true_run: Path, stage: str, output: str, seconds: float
) -> None:
    before = contents(true_run)
    goal, code = f"data/processed/gazetteer/{output}", true_run / module(stage)
    written = code.stat()
    touch(code)
    process = start(true_run, goal)
    assert process.stdout is not None
    assert process.stdout.readline() == f"{stage} mx-gt\n"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    after = contents(true_run)
    tables = {name for name in before if name.endswith((".parquet", ".gpkg", ".csv", ".json"))}
    assert {name: after[name] for name in tables} == {name: before[name] for name in tables}
    ends_well(true_run, goal)
    assert contents(true_run) == before
    put_back(code, code.read_bytes(), written)


@pytest.mark.parametrize("kind", ["empty", "cut off", "unknown key"])
def test_bad_raw_data_stop_with_one_line_and_harm_nothing(true_run: Path, kind: str) -> None:
    before = contents(true_run)
    raw, own = (true_run / "data/raw/gazetteer" / name for name in ("mx-gt.osm.pbf", "mx-gt.toml"))
    whole = {path: path.read_bytes() for path in (raw, own)}
    written = {path: path.stat() for path in (raw, own)}
    wrong = {
        "empty": (raw, b""),
        "cut off": (raw, whole[raw][: len(whole[raw]) // 2]),
        "unknown key": (own, b"depth_km = [50]\n"),
    }
    path, content = wrong[kind]
    path.write_bytes(content)
    try:
        message = bad(true_run)
    finally:
        put_back(path, whole[path], written[path])
    assert message.startswith(f"error: data/raw/gazetteer/{path.name}: ")
    assert contents(true_run) == before
