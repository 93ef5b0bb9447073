"""The page of what changed over a source's snapshots."""

import re
from pathlib import Path

import pytest

from pipeline.core.errors import InputError
from pipeline.ops import snapshots
from tests import finished


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three snapshots of the drawn border; in the second and third a crossing is gone."""
    at = tmp_path_factory.mktemp("snapshots")
    fewer = [link for link in finished.LINKS if "x2" not in link]
    folders = []
    for date, links in (("2024-01-05", ()), ("2025-02-06", fewer), ("2026-03-07", fewer)):
        folder = at / f"{date}T10-00-00.000000Z" / "processed"
        folder.mkdir(parents=True)
        finished.gpkg(folder, "drawn", *links)
        folders.append(folder)
    return folders


def test_a_crossing_that_went_and_the_cut_by_date_are_reported(
    dated: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "snapshots.html"
    snapshots.snapshots(*map(str, reversed(dated)), str(out))
    page = out.read_text(encoding="utf-8")
    assert "From 2024-01-05 to 2026-03-07, 0 crossings came, 1 went, and 0 changed" in page
    assert (tmp_path / "pictures" / "cuts-by-date-drawn.svg").is_file()
    counts = re.findall(r"<bdi>(20\d\d-\d\d-\d\d)</bdi></th><td class=\"n\"><bdi>(\d+)", page)
    assert counts == [("2024-01-05", "3"), ("2025-02-06", "3"), ("2026-03-07", "3")]
    assert "<bdi>went</bdi>" in page
    assert "<script" not in page


def test_folders_without_a_date_or_with_one_date_are_refused(
    dated: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no date in its name"):
        snapshots.snapshots(str(tmp_path), str(tmp_path / "out.html"))
    with pytest.raises(InputError, match="got 1 snapshot, expected two or more"):
        snapshots.snapshots(str(dated[0]), str(tmp_path / "out.html"))
    with pytest.raises(InputError, match=r"got 0 snapshots, .*; each `make refresh SOURCE=...` ke"):
        snapshots.snapshots(str(tmp_path / "out.html"))
    with pytest.raises(InputError, match="2024-01-05 is that of"):
        snapshots.snapshots(str(dated[0]), str(dated[0]), str(tmp_path / "out.html"))
