"""How many crossings there are in all, where two sources know some of them."""

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import InputError
from pipeline.measures.completeness import chapman, figures
from pipeline.ops import show
from pipeline.publish import comparison, layers
from pipeline.stages import compare
from tests import finished


def at(*km: float) -> pd.DataFrame:
    return pd.DataFrame({"lon": np.array(km) / 111.32, "lat": 0.0})


def test_by_hand() -> None:
    """Of 3 and 4 crossings 2 are in both: 4 x 5 / 3 - 1."""
    found = chapman(at(0, 10, 20), at(0.5, 10.5, 40, 60))
    assert (found.first, found.second, found.both) == (3, 4, 2)
    assert found.all == pytest.approx(4 * 5 / 3 - 1)
    assert found.low == pytest.approx(5)  # no fewer than are known
    assert found.high == pytest.approx(found.all + 1.96 * (4 * 5 * 1 * 2 / (3**2 * 4)) ** 0.5)
    many = chapman(at(*range(0, 500, 10)), at(*range(400, 900, 10)))
    assert many.both == 10
    assert many.all == pytest.approx(51**2 / 11 - 1)
    half = 1.96 * (51**2 * 40**2 / (11**2 * 12)) ** 0.5
    assert (many.low, many.high) == pytest.approx((many.all - half, many.all + half))


def test_of_several_sources_the_greatest_estimate_is_published() -> None:
    def crossings(*km: float) -> gpd.GeoDataFrame:
        points = gpd.points_from_xy(np.array(km) / 111.32, np.zeros(len(km)))
        row = {"counted": True, "mode": "road", "status": "official", "class": "primary"}
        return gpd.GeoDataFrame(row, index=range(len(km)), geometry=points)

    here, same, other = crossings(0, 10, 20), crossings(0, 10, 20), crossings(0.5, 10.5, 40, 60)
    for others in ([same, other], [other, same]):
        (row,) = figures(here, others)
        assert row["value"] == pytest.approx(4 * 5 / 3 - 1)
        assert row["low"] == pytest.approx(5)
    assert not list(figures(here, []))


def test_two_alike_leave_nothing_unknown() -> None:
    found = chapman(at(0, 10, 20), at(0, 10, 20))
    assert (found.all, found.low, found.high) == (3, 3, 3)


def test_each_crossing_is_matched_once() -> None:
    assert chapman(at(0, 0.2, 0.4), at(0.1)).both == 1
    assert chapman(at(0), at(5)).both == 0
    assert chapman(at(), at(5)).both == 0


def test_the_estimate_is_near_the_truth() -> None:
    random = np.random.default_rng(2)
    true = np.arange(200) * 10.0
    estimates = [
        chapman(at(*true[random.random(200) < 0.6]), at(*true[random.random(200) < 0.5])).all
        for _ in range(30)
    ]
    assert np.mean(estimates) == pytest.approx(200, rel=0.03)


def test_show_tells_it_where_another_source_covers_a_border(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "processed"
    for source in ("one", "two"):
        (results / source).mkdir(parents=True)
        path = finished.gpkg(results / source)
        compare.compare(str(path), str(results / source))
    show.show(str(results / "one"), against=str(results / "two"))
    printed = capsys.readouterr().out
    assert "3 road crossings here, 3 in two, 3 in both; Chapman's estimate of all is 3" in printed


def test_compare_publishes_the_estimate_of_all_from_another_source(tmp_path: Path) -> None:
    results, snapshot = tmp_path / "processed", tmp_path / "snapshot"
    for folder in (results / "one", results / "two", snapshot):
        folder.mkdir(parents=True)
    path = finished.gpkg(results / "one")
    for package in (path, layers.evidence(path)):
        shutil.copy(package, results / "two" / package.name)
    compare.compare(str(path), str(snapshot))
    compare.compare(str(path), str(results / "one"), against=str(results / "two"))
    key = ("drawn", "road", "crossings_estimated_from_two_sources")
    assert key not in comparison.read(snapshot / "comparison.csv").rows
    row = comparison.read(results / "one" / "comparison.csv").rows[key]
    assert (row["value"], row["low"], row["high"]) == ("3", "3", "3")


@pytest.mark.parametrize(
    ("other", "message"),
    [("here", "expected those of another source"), ("none", "no results of aa-bb")],
)
def test_what_is_no_other_source_is_refused(tmp_path: Path, other: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        comparison.other_packages(tmp_path / "here", str(tmp_path / other), {"aa-bb"})
