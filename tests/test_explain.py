"""The evidence for a figure is printed, and equals the layers."""

import re
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.errors import InputError
from pipeline.ops import explain
from pipeline.publish import layers
from pipeline.report import evidence
from tests import finished


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.gpkg(tmp_path_factory.mktemp("explained"))


def printed(capsys: pytest.CaptureFixture[str], path: Path, *asked: str) -> str:
    explain.explain(str(path), *asked)
    return capsys.readouterr().out


def test_a_cut_is_reported_with_its_links_its_paths_and_what_was_left_out(
    gpkg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, gpkg, "road", "F+10")
    row = layers.read(gpkg, "cordons").query(
        "mode == 'road' and directed and not third_open and depth_km == 10"
    )
    assert f"= {row['min_cut_links'].iloc[0]} links\n" in text
    enough, fewer, left_out, parameters, cite = text.split("\n\n")[1:]
    cuts = layers.read(gpkg, "cut_links").query(
        "mode == 'road' and directed and depth_km == 10 and end == 'from'"
    )
    assert set(re.findall(r"^  (w[\d.]+)  ", enough, re.M)) == set(cuts["link_id"])
    paths = layers.read(gpkg, "witness_paths").query(
        "mode == 'road' and directed and depth_km == 10"
    )
    assert len(re.findall(r"^  \d+: ", fewer, re.M)) == len(paths)
    assert "over the line at" in fewer
    # The one road of the drawing that is closed leads past the border's middle.
    assert re.findall(r"^  (w20\.0)  .*closed to everyone", left_out, re.M) == ["w20.0"]
    assert "origin_km = 10" in parameters
    assert "data: drawn by hand; snapshot:" in " ".join(cite.split())


def test_a_link_leads_to_the_way_on_the_map_and_in_the_editor(
    gpkg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, gpkg, "rail", "F-25")
    links = layers.read(gpkg, "links")
    way = links.loc[links["mode"] == "rail", "link_id"].str.extract(r"w(\d+)")[0]
    named = set(re.findall(r"openstreetmap.org/way/(\d+)/history", text))
    assert named
    assert named <= set(way)
    assert re.search(r"127.0.0.1:8111/load_and_zoom\?left=[\d.]+&right=.*&select=way\d+", text)


def test_a_link_says_the_last_edit_of_its_way(
    gpkg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of every other way is known of the drawn border; without it a link leads to history."""
    text = printed(capsys, gpkg, "rail", "F-25")
    stated = re.findall(r"way/(\d+) \(version (\d+) of ([\d-]+); ", text)
    unstated = re.findall(r"way/(\d+) \(version and date: ", text)
    assert {(int(way) + 1, day) for way, _, day in stated} == {
        (int(version), finished.EDITED) for _, version, _ in stated
    }
    assert all(int(way) % 2 == 0 for way, _, _ in stated)
    assert all(int(way) % 2 for way in unstated)
    assert stated or unstated
    assert "version" in printed(capsys, gpkg, "road", "F+10")


def test_a_crossing_and_a_bypass_are_reported_by_id_and_by_name(
    gpkg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crossings = layers.read(gpkg, "crossings").set_index("crossing_id")
    first = str(crossings.index[0])
    text = printed(capsys, gpkg, "crossing", first)
    assert f"crossing {first}" in text
    assert str(crossings.loc[first, "status"]) in text
    by_name = printed(capsys, gpkg, "crossing", "PUENTE")
    assert by_name.count("Links that reach the line here") == crossings["name"].eq("Puente").sum()
    chokepoint = str(layers.read(gpkg, "bypasses")["chokepoint_id"].iloc[0])
    assert f"bypass of {chokepoint}" in printed(capsys, gpkg, "bypass", chokepoint)


def test_several_names_and_numbers_are_a_list_and_shares_are_of_100(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = finished.gpkg(tmp_path)
    with sqlite3.connect(path) as file:
        # Triggers of the spatial index call functions that SQLite alone does not have.
        for (name,) in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            file.execute(f'DROP TRIGGER "{name}"')
        file.execute("UPDATE crossings SET name = 'Puente;Bridge', first_choice_share = 0.05283")
        file.execute("UPDATE links SET ref = 'A 1; B 2;A 1', name = NULL")
    file.close()
    crossing = str(layers.read(path, "crossings")["crossing_id"].iloc[0])
    text = printed(capsys, path, "crossing", crossing)
    assert "Name: Puente, Bridge\n" in text
    assert "Demand for which it is the fastest: 5.3 %\n" in text
    text = printed(capsys, path, "road", "F+10")
    assert "over the line at Puente, Bridge" in text
    assert "; by A 1, B 2\n" in text
    assert "depths_km = 10, 25" in text
    assert not re.search(r"\w;\s?\w*\d;", text)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), "got nothing, expected such as road F\\+50"),
        (("road", "50"), "got road 50, expected such as road F\\+50"),
        (("road", "F+51"), "road F\\+51: expected one of F-25, F-10, F\\+10, F\\+25"),
        (("crossing", "puen"), "puen: no such crossing, expected an id or a name, such as Puente"),
        (("bypass", "nowhere"), "nowhere: no such chokepoint, expected an id or a name$"),
    ],
)
def test_what_is_not_there_is_one_line(gpkg: Path, asked: tuple[str, ...], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        explain.explain(str(gpkg), *asked)


def test_a_border_is_found_by_name_in_a_folder(
    gpkg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explain.explain("drawn", "road", "F+10", results=str(gpkg.parent))
    assert "How to cite" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "closed", "counted": False}, "closed to everyone"),
        ({"status": "unknown"}, "unknown: the statement about it has expired"),
        ({"counted": False}, "does not lead deep enough"),
        ({"class": "restricted"}, "no private car may pass"),
        ({"class": "tram"}, "not in the headline: tram"),
    ],
)
def test_why_a_crossing_is_in_no_headline(changed: dict[str, object], why: str) -> None:
    row = pd.Series({"status": "official", "counted": True, "class": "primary"} | changed)
    assert why in evidence.why_not(row)
