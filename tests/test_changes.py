"""Changes between two snapshots, and how they are reported."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point

from pipeline.ops import changes
from tests import refreshed
from tests.refreshed import CRS, offer, package, run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return refreshed.checkout(tmp_path)


def compared(tmp_path: Path, **given: Any) -> list[tuple[object, ...]]:
    package(tmp_path / "before" / "us-mx.gpkg")
    package(tmp_path / "us-mx.gpkg", 2, **given)
    found = changes.changes(tmp_path / "before" / "us-mx.gpkg", tmp_path / "us-mx.gpkg")
    columns = ["what", "change", "name", "before", "after"]
    return [tuple(row) for row in found[columns].itertuples(index=False)]


def test_equal_snapshots_have_no_changes(tmp_path: Path) -> None:
    assert compared(tmp_path) == []
    assert len(changes.changes(None, tmp_path / "us-mx.gpkg")) == 0


def test_measures_that_changed_stand_at_the_middle_of_the_line(tmp_path: Path) -> None:
    head = "border,mode,measure,value\n"
    (tmp_path / "before").mkdir()
    old = head + "us-mx,road,k90,3\nus-mx,,length,10\nmx-gt,road,k90,1\nus-mx,road,gone,1\n"
    new = head + "us-mx,road,k90,5\nus-mx,,length,10\nmx-gt,road,k90,2\nus-mx,road,came,1\n"
    (tmp_path / "before/comparison.csv").write_text(old)
    (tmp_path / "comparison.csv").write_text(new)
    assert compared(tmp_path) == [("measure", "value", "k90", "3", "5")]
    found = changes.changes(tmp_path / "before" / "us-mx.gpkg", tmp_path / "us-mx.gpkg")
    assert found.geometry.iloc[0].distance(Point(9.05, 47.0)) < 1e-9


def test_what_departed_keeps_the_place_it_had(tmp_path: Path) -> None:
    package(tmp_path / "before" / "us-mx.gpkg")
    package(tmp_path / "us-mx.gpkg", 2, crossings={"Ford": None})
    found = changes.changes(tmp_path / "before" / "us-mx.gpkg", tmp_path / "us-mx.gpkg")
    assert found[["change", "id_before"]].to_numpy().tolist() == [["went", "road-Ford"]]
    assert found.geometry.iloc[0].equals(Point(9.1, 47.0))


def test_new_ids_where_something_lay_are_no_change(tmp_path: Path) -> None:
    """A way split in two and a node moved by 8 m: nothing was added or removed."""
    assert compared(tmp_path, ids=["road-x", "road-y"]) == []
    assert compared(tmp_path, crossings={"Bridge": (9.0001, "official")}) == []
    split = {"w3": [(9.03, 46.9), (9.03, 47.0)], "w33": [(9.03001, 47.0), (9.03, 47.1)]}
    assert compared(tmp_path, links=split) == []


def test_an_id_that_moved_is_still_itself(tmp_path: Path) -> None:
    assert compared(tmp_path, crossings={"Bridge": (9.001, "official")}) == []


def test_what_came_went_and_became(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        crossings={"Bridge": (9.0, "closed"), "Ford": None, "New": (9.15, "official")},
        links={"w99": [(9.5, 47.0), (9.5, 47.01)]},
        cut=[4, None],
    )
    assert found == [
        ("crossing", "came", "New", None, "official"),
        ("crossing", "status", "Bridge", "official", "closed"),
        ("crossing", "went", "Ford", "unmarked", None),
        ("figure", "value", "F(+25 km)", "3", None),
        ("link", "came", "=1+1", None, "1.000"),
    ]


def test_what_changed_is_reported_the_gravest_first(place: Path) -> None:
    """A crossing that is closed before one that is new, F(D) next, each once; no list of links."""
    run(place)
    given = {"Bridge": (9.0, "closed"), "New": (9.15, "official")}
    offer(place, 2, crossings=given, cut=[3, 3], links={"w99": [(9.5, 47.0), (9.5, 47.01)]})
    assert run(place)[0] == 4
    text = (place / "data/snapshots/overpass/refused/processed/changes.md").read_text()
    lines = [line.removeprefix("- us-mx: ") for line in text.splitlines() if "- us-mx" in line]
    assert lines == [
        "road crossing Bridge: official → closed",
        "road crossing New: came (official)",
        "road figure F(+10 km): 4 → 3",
        "road measure k90: 1 → 2",
    ]


def test_a_changed_statement_on_a_crossing_is_reported(tmp_path: Path) -> None:
    before, after = (drawn.assign(name="Bridge") for drawn in (facts("car", 1), facts("none", 2)))
    for frame, name in ((before, "a"), (after, "b")):
        package(tmp_path / name / "us-mx.gpkg")
        pyogrio.write_dataframe(frame, tmp_path / name / "us-mx.gpkg", layer="crossings")
    found = changes.changes(tmp_path / "a/us-mx.gpkg", tmp_path / "b/us-mx.gpkg")
    crossing = found[found["what"] == "crossing"].set_index("change")
    assert list(crossing.index) == ["counted", "n_links", "vehicles"]
    assert list(crossing["before"]) == ["yes", "1", "car"]
    assert list(crossing["after"]) == ["no", "2", "none"]
    # One crossing that changed in three ways is one of one.
    shares = {kind: share for kind, _, share in changes.churn(found, tmp_path / "a/us-mx.gpkg")}
    assert shares["crossings"] == 1.0


def facts(vehicles: str, n_links: int) -> gpd.GeoDataFrame:
    row: dict[str, object] = {"crossing_id": "road-n1", "mode": "road", "status": "official"}
    row |= {"vehicles": vehicles, "n_links": n_links, "counted": n_links == 1}
    return gpd.GeoDataFrame([row], geometry=[Point(9.0, 47.0)], crs=CRS)


def test_lengths_that_change_by_metres_are_left_out(tmp_path: Path) -> None:
    for name, km, minutes in (("a", 100.0, 5), ("b", 100.04, 6)):
        package(tmp_path / name / "us-mx.gpkg")
        rows = f"us-mx,,length,{km},km\nus-mx,road,extra_minutes,{minutes},minutes\n"
        (tmp_path / name / "comparison.csv").write_text(f"border,mode,measure,value,unit\n{rows}")
    found = changes.changes(tmp_path / "a/us-mx.gpkg", tmp_path / "b/us-mx.gpkg")
    assert list(found["name"]) == ["extra_minutes"]
