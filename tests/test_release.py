"""A release: its rows, codes, codebook and checksums; and recall against a planted list."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.errors import InputError
from pipeline.ops.recall import recall
from pipeline.ops.release import release
from pipeline.publish import country_codes
from pipeline.publish.release import editions, grade
from pipeline.stages.compare import compare
from tests import finished


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of results: two sources that are built, and one snapshot of the first."""
    at = tmp_path_factory.mktemp("release")
    one = at / "processed/one"
    one.mkdir(parents=True)
    compare(str(finished.gpkg(one)), str(one))
    for other in ("processed/two", "snapshots/one/2026-01-31T0600/processed"):
        shutil.copytree(one, at / other)
    return at


@pytest.fixture(scope="module")
def released(built: Path) -> Path:
    folders = ("processed/one", "processed/two", "snapshots/one/2026-01-31T0600/processed")
    release(*(str(built / folder) for folder in folders), str(built / "out"))
    return built / "out"


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, dtype=str)


def test_a_row_a_border_source_and_date(released: Path) -> None:
    borders = table(released, "borders")
    key = list(zip(borders["border"], borders["source"], borders["date"], strict=True))
    assert key == [("drawn", "one", ""), ("drawn", "one", "2026-01-31"), ("drawn", "two", "")]
    assert borders["length_as_drawn"].tolist() == ["40"] * 3
    cut = borders["road_min_cut_links_to_plus_25_km"]
    assert cut.tolist() == ["2"] * 3


def test_a_row_a_crossing_in_the_public_profile(released: Path) -> None:
    crossings = table(released, "crossings")
    keys = ["border", "source", "date", "crossing_id"]
    assert not crossings.duplicated(keys).any()
    assert len(crossings) == 3 * 4
    assert set(crossings["status"]) <= {"official", "unmarked", "closed"}
    assert "walkable" not in crossings and "foot" not in set(crossings["mode"])


def test_every_column_stands_in_the_codebook(released: Path) -> None:
    book = table(released, "codebook")
    for file in ("crossings", "borders"):
        columns = book[book["file"] == f"{file}.csv"]
        assert columns["column"].tolist() == list(table(released, file).columns)
        assert columns["meaning"].ne("").all()


def test_checksums_are_those_of_every_file(released: Path) -> None:
    lines = (released / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {path.name for path in released.iterdir()} - {"SHA256SUMS"}
    assert set(sums) == files
    assert all(
        hashlib.sha256((released / name).read_bytes()).hexdigest() == digest
        for name, digest in sums.items()
    )
    metadata = json.loads((released / ".zenodo.json").read_text(encoding="utf-8"))
    assert metadata["license"] == "ODbL-1.0"
    # What Zenodo's documentation asks of every deposit, and of one that is open.
    needed = ("title", "upload_type", "description", "creators", "access_right", "license")
    assert all(metadata[key] for key in needed)
    assert (metadata["upload_type"], metadata["access_right"]) == ("dataset", "open")
    assert all(set(one) <= {"name", "affiliation", "orcid", "gnd"} for one in metadata["creators"])
    assert metadata["dates"] == [{"type": "Collected", "start": "2026-01-31", "end": "2026-01-31"}]
    assert "Open Database License" in (released / "LICENSE.md").read_text(encoding="utf-8")


def test_equal_results_give_equal_bytes(built: Path, released: Path, tmp_path: Path) -> None:
    folders = ("processed/one", "processed/two", "snapshots/one/2026-01-31T0600/processed")
    release(*(str(built / folder) for folder in folders), str(tmp_path / "out"))
    for path in released.iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes(), path.name


def test_what_is_missing_is_an_error_and_leaves_what_was_there(
    built: Path, released: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no such folder"):
        release(str(tmp_path / "none"), str(released))
    with pytest.raises(InputError, match="no results of a border"):
        release(str(built / "processed"), str(released))
    shutil.copytree(built / "processed/one", tmp_path / "one")
    (tmp_path / "one/comparison.csv").unlink()
    with pytest.raises(InputError, match=r"comparison\.csv: no such file"):
        release(str(tmp_path / "one"), str(released))
    assert (released / "borders.csv").is_file()


def test_one_day_of_a_source_stands_once(built: Path) -> None:
    folder = built / "processed/one"
    assert len(editions([folder, folder])) == 1


def test_an_older_snapshot_lacks_columns_and_counts_all_the_same(
    built: Path, tmp_path: Path
) -> None:
    shutil.copytree(built / "processed/one", tmp_path / "old")
    with closing(sqlite3.connect(tmp_path / "old/drawn.gpkg")) as database, database:
        database.execute("ALTER TABLE crossings DROP COLUMN remark")
    release(str(tmp_path / "old"), str(tmp_path / "out"))
    crossings = table(tmp_path / "out", "crossings")
    assert len(crossings) == 4
    assert set(crossings["remark"]) == {""}


def test_codes_of_countries() -> None:
    known = {code: country_codes.codes(code) for code in ("US", "MX", "GT", "LI", "HK", "AA")}
    assert [known[code].cow for code in ("US", "MX", "GT", "LI")] == [2, 70, 90, 223]
    assert [known[code].iso3 for code in ("US", "MX", "GT", "LI")] == ["USA", "MEX", "GTM", "LIE"]
    assert (known["HK"].iso3, known["HK"].cow) == ("HKG", None)
    assert (known["AA"].iso3, known["AA"].cow) == (None, None)


@pytest.mark.parametrize(
    ("reach_km", "issues", "schematic", "wanted"),
    [(150, 0, False, "A"), (100, 6, False, "B"), (99, 0, False, "B"), (24, 0, False, "C"),
     (9, 0, False, "D"), (9, 99, False, "D"), (400, 0, True, "D")],
)  # fmt: skip
def test_grades(reach_km: float, issues: float, schematic: bool, wanted: str) -> None:
    assert grade(reach_km, issues, schematic=schematic) == wanted


LISTED = """border,mode,status,lon,lat
drawn,road,official,0.0,0.001
drawn,road,official,0.18,0.0
drawn,road,official,3.0,0.0
drawn,road,informal,0.09,0.0
drawn,rail,official,0.2695,0.0
"""


def test_recall_of_a_planted_list(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LISTED, encoding="utf-8")
    recall(str(released / "crossings.csv"), str(path))
    lines = capsys.readouterr().out.splitlines()
    assert "drawn, one undated, road: 2 of 3 listed crossings found (67 %)" in lines
    assert "drawn, two undated, rail: 1 of 1 listed crossings found (100 %)" in lines
    assert len(lines) == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LISTED.replace("drawn", "elsewhere"), "no border and mode of"),
        (LISTED.replace("lon", "x"), "no column lon"),
        (LISTED.replace("0.001", "north"), "column lat: expected degrees"),
        ("\x00", "list.csv"),
    ],
)
def test_a_list_that_cannot_be_used(
    released: Path, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        recall(str(released / "crossings.csv"), str(path))
