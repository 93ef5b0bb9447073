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
