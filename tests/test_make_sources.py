"""Any folder is a source of make: it runs again when what lies there comes, changes or goes."""

import hashlib
import os
import re
import time
from pathlib import Path

import pytest

from tests.checkouts import (
    JOINT,
    bad,
    from_stage,
    good,
    make,
    module,
    ran,
    touch,
)

pytestmark = pytest.mark.make


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
    assert "results have a time in the future (a clock was ahead): made again" in good(
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
    ("source", "message"),
    [
        ("nowhere", "no folder data/raw/nowhere, there are:.* mine"),
        ("empty", "data/raw/empty holds no .* of a known border: .*us-mx"),
        ("mine gazetteer", "expected the name of one folder"),
        ("../raw/mine", "expected the name of one folder"),
        ("..", "expected the name of one folder"),
        ("", "expected the name of one folder"),
    ],
)
def test_a_source_that_is_none(checkout: Path, source: str, message: str) -> None:
    (checkout / "data/raw/empty").mkdir()
    (checkout / "data/raw/empty/xx-yy.osm.pbf").touch()
    assert re.search(message, bad(checkout, f"SOURCE={source}"))
    assert ran(checkout) == set()


@pytest.mark.parametrize("borders", ["../../us-mx", "us-mx zz-yy", "us-mx;touch;x", "'us-mx'"])
def test_borders_that_are_none(checkout: Path, borders: str) -> None:
    message = bad(checkout, "SOURCE=mine", f"BORDERS={borders}")
    assert re.search(r"expected some of .*us-mx", message)
    assert ran(checkout) == set()


@pytest.mark.parametrize("words", [("world", "PLANET="), ("border", "FROM=ES", "TO=AD", "FILES=")])
def test_what_is_in_the_name_of_a_file_is_not_run(checkout: Path, words: tuple[str, ...]) -> None:
    done = make(checkout, *words[:-1], f"{words[-1]}a;touch${{IFS}}run `touch run` $$(touch run)")
    assert done.returncode
    assert not (checkout / "run").exists()


def test_a_border_that_lies_there_twice(checkout: Path) -> None:
    (checkout / "data/raw/mine/us-mx.osm").touch()
    message = bad(checkout, "SOURCE=mine")
    assert "us-mx has two files" in message
    assert "us-mx.osm.pbf" in message
    assert ran(checkout) == set()


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
