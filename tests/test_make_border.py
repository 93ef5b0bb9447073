"""`make border` without files: fetched from a server on loopback, and run through all stages."""

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.checkouts import copy_checkout, keep_kernels, make
from tests.overpass_server import Extract, Server

WORDS = ("border", "FROM=AL", "TO=BK", "CORRIDOR=25")
pytestmark = [
    pytest.mark.make,
    pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="LONG_TESTS=1 runs all stages twice"),
]


def ended_well(copy: Path, *words: str) -> str:
    done = make(copy, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def figures(copy: Path, source: str) -> pd.DataFrame:
    table = pd.read_csv(copy / f"data/processed/{source}/comparison.csv")
    return table.set_index(["border", "mode", "measure"]).sort_index()


def test_a_border_by_overpass_has_the_figures_that_its_extract_gives(
    planet_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All stages, a page and a table; a second make asks the server nothing."""
    copy = copy_checkout(tmp_path / "checkout")
    border_file = copy / "pipeline/borders/al-bk.toml"
    ended_well(copy, *WORDS, f"FILES={planet_file}")
    keep_kernels(copy)
    by_file = border_file.read_text().splitlines()
    border_file.unlink()
    with Server(Extract(planet_file)) as server:
        monkeypatch.setenv("OVERPASS_URL", server.url)
        told = ended_well(copy, *WORDS, "SOURCE=overpass")
        asked = len(server.asked)
        assert asked > 1
        again = ended_well(copy, *WORDS, "SOURCE=overpass").splitlines()
        assert again == told.splitlines()[-len(again) :]  # the table alone
        assert len(server.asked) == asked
    assert "report al-bk" in told.splitlines()
    assert border_file.read_text().splitlines()[1:] == by_file[1:]  # the first says where from
    found = figures(copy, "overpass")
    assert found["value"].notna().sum() > 50
    pd.testing.assert_frame_equal(found, figures(copy, "files"))
    assert (copy / "data/processed/overpass/report.html").is_file()
