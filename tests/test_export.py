"""Exported files: without data that the public profile withholds, and without spreadsheet
formulas."""

import struct
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import MultiLineString

from pipeline.core import schema
from pipeline.core.errors import InputError
from pipeline.ops import export
from pipeline.publish import handed_on, layers, profiles, workbook
from tests.planted import FORMULA, MARK, NUMBER, PLACE, content, marks


def joined(name: str) -> list[str]:
    """The tables whose rows a layer holds."""
    return [name, *layers.APPENDED.get(name, ())]


def test_no_public_file_holds_what_is_withheld(planted_package: Path, tmp_path: Path) -> None:
    export.export(str(planted_package), str(tmp_path / "public"))
    export.export(str(planted_package), str(tmp_path / "local"), profile="local")
    public, local = content(tmp_path / "public"), content(tmp_path / "local")
    assert not [mark for mark in marks() if mark in public]
    assert MARK.encode() in local
    assert struct.pack("<d", PLACE[0]) in local
    for name in (handed_on.CUTS, "crossings", "chokepoints"):
        for suffix in export.DRIVERS:
            columns = set(pyogrio.read_info(tmp_path / f"public/drawn/{name}.{suffix}")["fields"])
            assert not columns & {"walkable", "informal"}, name
    columns = set(pyogrio.read_info(tmp_path / "local/drawn/crossings.fgb")["fields"])
    assert "walkable" in columns


def test_every_layer_in_the_public_profile_is_free_of_marks(planted_package: Path) -> None:
    """Also of layers that are not exported today: whoever hands one on asks the same function."""
    hidden = profiles.withheld_crossings(layers.read(planted_package, "crossings"))
    rules = len(schema.TABLES["crossings"].withheld_rows)
    assert hidden == {f"{MARK}-crossings-{number}" for number in range(rules)}
    for name, table in layers.LAYERS.items():
        frame = layers.read(planted_package, name)
        shown = profiles.public(frame, name, hidden)
        if table.withheld:
            assert shown is None
            assert str(NUMBER) in frame.to_csv(), name
            continue
        assert shown is not None
        assert MARK not in shown.to_csv(), name
        assert str(NUMBER) not in shown.to_csv(), name
        withheld = {column.name for column in table.columns if column.withheld}
        assert not withheld & set(shown.columns)
        rules = sum(len(schema.TABLES[one].withheld_rows) for one in joined(name))
        # A row of a mapping table whose chokepoint does not exist is not published at all.
        assert len(frame) - len(shown) == (0 if name in layers.RELATIONS else rules), name
    ids = ["cut.foot.+10.to.w1", "cut.road.+10.to.w1"]
    links = pd.DataFrame({"chokepoint_id": ids, "link_id": ["w1", "w1"]})
    shown = profiles.public(links, "chokepoint_links", hidden)
    assert shown is not None
    assert list(shown["chokepoint_id"]) == ids[1:]


def test_informal_crossings_are_counts_by_stretch() -> None:
    crossings = pd.DataFrame(
        {
            "crossing_id": list("abcd"),
            "mode": ["road", "foot", "foot", "road"],
            "status": ["informal", "unmarked", "official", "closed"],
            "mapped_status": [None, None, None, "informal"],
            "border_km": [49.9, 0.0, 3.0, 120.0],
        }
    )
    line = gpd.GeoDataFrame(
        {"border_km": [0, 1, 60]},
        geometry=[MultiLineString([[(x, 0), (x + 1, 0)]]) for x in (0, 1, 5)],
        crs=schema.CRS,
    )
    counts = profiles.informal_counts(crossings, line)
    assert list(counts["from_km"]) == [0.0, 50.0, 100.0]
    assert list(counts["informal_crossings"]) == [2, 0, 1]
    assert counts.geometry.iloc[0].length == 2
    assert counts.geometry.iloc[2] is None


def test_the_files_agree_and_every_column_is_explained(
    planted_package: Path, tmp_path: Path
) -> None:
    export.export(str(planted_package), str(tmp_path))
    folder = tmp_path / "drawn"
    book = openpyxl.load_workbook(folder / "drawn.xlsx")
    explained = {(row[0], row[1]) for row in book["data dictionary"].iter_rows(values_only=True)}
    for name in ("crossings", "chokepoints", handed_on.CUTS, handed_on.INFORMAL):
        head, *rows = book[name].iter_rows(values_only=True)
        assert {(name, column) for column in head} <= explained
        read = gpd.read_file(folder / f"{name}.fgb") if len(rows) else []
        assert len(read) == len(rows) == len(gpd.read_file(folder / f"{name}.geojson"))
    assert len(list(book[handed_on.CUTS].rows)) > 10
    sources = {row[0]: row[1] for row in book["sources"].iter_rows(values_only=True)}
    assert sources["source"] == "drawn by hand"
    assert str(sources["profile"]).startswith("public")


def test_no_cell_is_a_formula(planted_package: Path, tmp_path: Path) -> None:
    export.export(str(planted_package), str(tmp_path))
    book = openpyxl.load_workbook(tmp_path / "drawn/drawn.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert f"'{FORMULA}" in {cell.value for cell in cells}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_what_begins_like_a_formula_is_escaped(text: str) -> None:
    assert workbook.escaped(text) == f"'{text}"


def test_other_text_stays() -> None:
    assert workbook.escaped("Puente 2 = 3 - 1") == "Puente 2 = 3 - 1"


def test_a_table_too_long_for_a_sheet_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROWS", 2)
    with pytest.raises(InputError, match=r"a\.xlsx: links has 3 rows, expected at most 2"):
        workbook.write(tmp_path / "a.xlsx", {"links": pd.DataFrame({"length_m": [1, 2, 3]})})
    assert list(tmp_path.iterdir()) == []


def test_a_text_too_long_for_a_cell_says_so(tmp_path: Path) -> None:
    workbook.write(tmp_path / "a.xlsx", {"a": pd.DataFrame({"text": ["x" * 40_000]})})
    value = openpyxl.load_workbook(tmp_path / "a.xlsx")["a"]["A2"].value
    assert len(value) == workbook.CHARACTERS
    assert value.endswith("(40000 characters in all)")


def test_equal_tables_give_equal_bytes(planted_package: Path, tmp_path: Path) -> None:
    for at in ("one", "two"):
        export.export(str(planted_package), str(tmp_path / at))
    for path in sorted((tmp_path / "one/drawn").iterdir()):
        assert path.read_bytes() == (tmp_path / "two/drawn" / path.name).read_bytes(), path.name


def test_an_unknown_profile_is_one_line(planted_package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="PROFILE=all: expected public or local"):
        export.export(str(planted_package), str(tmp_path), profile="all")
