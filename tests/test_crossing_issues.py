"""Doubts about crossings are in the table of issues and are printed."""

from pathlib import Path

import pytest

from tests.world import table, world

REACH_KM = {"AA": 100.0, "BB": 100.0}


def test_doubts_about_crossings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = world(
        tmp_path,
        "-20,-5 -20,0.3 secondary name=Stub",  # over the line, but not to any depth
        "0,-5 0,5 primary",
        "10,-5 10,0.3 track",  # a graze of no weight
        "20,-5 20,0.3 20.3,0.3 20.3,-5 unclassified",  # comes back
        points={"30,-3": "barrier=border_control", "0,-0.1": "barrier=border_control"},
        reach_km=REACH_KM,
    )
    issues = table(found.folder / "crossings", "crossing_issues")
    kinds = issues.groupby("kind")["severity"].agg(list).to_dict()
    assert kinds == {
        "control_without_way": ["medium"],
        "uncounted_crossing": ["high"],
    }
    printed = capsys.readouterr().err
    assert "not counted: unmarked road crossing Stub (secondary)" in printed
    assert printed.count("not counted") == 1


def test_a_break_of_gauge_is_passed_by_changing_trains(tmp_path: Path) -> None:
    found = world(
        tmp_path,
        "0,-5 0,0 rail gauge=1435", "0,0 0,5 rail gauge=1520",
        "5,-5 5,0 rail gauge=1435", "5,0 5,5 rail gauge=1520;1435",
        "10,-5 10,0 rail gauge=1000", "10,0 10,5 rail",
        reach_km=REACH_KM,
    )  # fmt: skip
    rails = found.crossings.sort_values("border_km")
    assert rails["in_headline"].all()
    remarks = rails["remark"].tolist()
    assert remarks[0] == "break of gauge: passengers must change trains"
    assert remarks[1:] == [None, None]


def test_a_ferry_at_sea_makes_no_headline(tmp_path: Path) -> None:
    ferry = "route=ferry motor_vehicle=yes"
    found = world(
        tmp_path,
        "0,-5 0,-0.5 primary", f"0,-0.5 0,0.5 {ferry}", "0,0.5 0,5 primary",
        "70,-5 70,-0.5 primary", f"70,-0.5 70,0.5 {ferry}", "70,0.5 70,5 primary",
        borders={"AA BB": ["-60,0 60,0", "60,0 90,0 maritime=yes"]},
        reach_km=REACH_KM,
    )  # fmt: skip
    assert found.roads()["in_headline"].tolist() == [True, False]
