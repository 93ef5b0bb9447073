"""How the brief is written: page, map, document, and the brief of a published border."""

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from docx import Document
from matplotlib.lines import Line2D
from shapely.geometry import LineString

from pipeline.core.errors import InputError
from pipeline.ops import changes
from pipeline.ops.brief import brief
from pipeline.report import brief_document, brief_map, brief_page
from pipeline.report.brief import Brief, in_words
from pipeline.report.brief_ways import Grid
from tests import finished
from tests.travelled import travelled

HOSTILE = "<b>$x_{1}$</b> =cmd|' /C calc'!A0\x07\x00\u202e &amp; \\frac{1}{2} " + "n" * 60


def worst() -> Brief:
    """A brief with as much on it as possible, and with hostile names."""
    grids = [
        Grid(HOSTILE, ["Truck going to", "Cross at", "Share", "Hours", "Usual crossing",
                       "If that closes, use", "Extra h then"],
             [[HOSTILE] * 7] * 7, HOSTILE),
        Grid(HOSTILE, ["Crossing", "For", "State", "Source", "Next best", "Extra h"],
             [[HOSTILE] * 6] * 8, HOSTILE),
        Grid(HOSTILE, ["Vehicle", "Open", "Restricted", "Closed", "Unknown"], [["Cars"] * 5] * 5),
    ]  # fmt: skip
    return Brief(HOSTILE, "20 November 2026", [HOSTILE] * 3, "word " * 120, "", grids,
                 [HOSTILE] * 5, [HOSTILE] * 5, HOSTILE)  # fmt: skip


LINE = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 0)])], crs=4326)
POINTS = pd.DataFrame({"lon": [0.1, 0.2], "lat": [0.0, 0.0], "name": ["Near", HOSTILE],
                       "state": ["open", "closed"]})  # fmt: skip


def test_the_page_holds_all_that_there_can_be(tmp_path: Path) -> None:
    page = brief_page.draw(worst(), LINE, POINTS)
    page.canvas.draw()
    boxes = [text.get_window_extent() for text in page.texts]
    height, width = page.bbox.height, page.bbox.width
    *rest, credit = boxes
    assert min(box.y0 for box in rest) > credit.y1
    assert max(box.x1 for box in rest) < width and max(box.y1 for box in rest) < height
    for one in ("a", "b"):
        brief_page.save(page, tmp_path / f"{one}.pdf", tmp_path / f"{one}.png")
        brief_document.write(worst(), tmp_path / f"{one}.docx")
    for end in ("pdf", "png", "docx"):
        content = (tmp_path / f"a.{end}").read_bytes()
        assert content and content == (tmp_path / f"b.{end}").read_bytes(), end


def test_rows_begin_at_one_height_and_no_name_is_cut() -> None:
    """A cell of two lines beside one of one: both begin on the same line, and a rule follows."""
    name = "Camino Real International Bridge of the Americas"
    grids = [
        Grid("A", ["Truck going to", "Cross at", "Share", "Hours", "Usual crossing",
                   "If that closes, use", "Extra h then"],
             [["X", name, "1 %", "2", name, "closed in Tor until 1 June", "–"]]),
        Grid("B", ["Crossing", "For", "State", "Source", "Next best", "Extra h"], []),
        Grid("C", ["Vehicle", "Open", "Restricted", "Closed", "Unknown"], []),
    ]  # fmt: skip
    page = brief_page.draw(Brief("T", "today", [], "", "", grids, [], [], "C"), LINE, POINTS)
    tops = {text.get_text(): text.get_position()[1] for text in page.texts}
    assert "1\u00a0June" in tops
    assert tops["X"] == tops["1 %"] == tops["Camino Real"]
    printed = " ".join(text.get_text() for text in page.texts)
    assert "…" not in printed and all(word in printed for word in name.split())
    assert sum(isinstance(one, Line2D) for one in page.get_children()) == 2


def test_the_map_is_the_border_and_names_what_is_not_open() -> None:
    (west, south, east, north), aspect = brief_map.bounds(LINE, 2.0)
    assert -0.1 < west < 0 and 1 < east < 1.1 and south == -north and aspect == 0.5
    axes = brief_page.draw(worst(), LINE, POINTS).axes[0]
    assert [text.get_text()[:10] for text in axes.texts] == [HOSTILE[:10]]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["open (1)", "closed (1)"]


def test_the_document_says_what_the_page_says(tmp_path: Path) -> None:
    brief_document.write(worst(), tmp_path / "a.docx")
    document = Document(str(tmp_path / "a.docx"))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    shown = brief_page.clean(HOSTILE)
    assert cells.count(shown) == 7 * 7 + 8 * 6
    assert "<b>$x_{1}$</b>" in shown and "\x07" not in shown and "\u202e" not in shown
    assert any("word word" in paragraph.text for paragraph in document.paragraphs)


def test_a_brief_of_a_published_border(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(finished.STATUS, "x2", "informal")
    gpkg = finished.gpkg(tmp_path)
    folder = gpkg.with_suffix("")
    travelled(folder / "network", folder / "crossings", tmp_path / "drawn.toml", folder / "travel")
    status = tmp_path / "drawn.status.csv"
    status.write_text(
        "crossing,vehicle,state,wait_minutes,source,date,expiry\n"
        "road.x1,all,closed,,customs,2026-11-01,2026-12-01\n"
    )
    out = tmp_path / "brief" / "drawn"
    brief(str(gpkg), str(status), "2026-11-20", str(out), str(gpkg))
    assert sorted(path.name for path in out.parent.iterdir()) == [
        f"drawn.{end}" for end in ("docx", "pdf", "png", "txt")
    ]
    text = out.with_suffix(".txt").read_text(encoding="utf-8")
    assert text.startswith("Drawn: where to cross today\nAs of 20 November 2026")
    assert "closed until 1 December: " in text
    # Of three roads one is closed, and one is informal: a page that is handed on names it not.
    assert "1 for trucks" in text
    assert "drawn by hand" in text
    assert "Since the last snapshot: Nothing that is counted has changed." in text
    with pytest.raises(InputError, match=r"crossings\.csv: not readable"):
        brief(str(gpkg), str(status), "2026-11-20", str(out), facts=str(tmp_path))
    with pytest.raises(InputError, match="line 2: no crossing 'nowhere'"):
        status.write_text(status.read_text().replace("road.x1", "nowhere"))
        brief(str(gpkg), str(status), "2026-11-20", str(out))


def test_without_a_day_a_statement_or_a_dated_map_the_day_is_todays(tmp_path: Path) -> None:
    gpkg = finished.gpkg(tmp_path)
    folder = gpkg.with_suffix("")
    travelled(folder / "network", folder / "crossings", tmp_path / "drawn.toml", folder / "travel")
    before = datetime.now(UTC).date()
    brief(str(gpkg), "", "", str(tmp_path / "drawn"))
    text = (tmp_path / "drawn.txt").read_text(encoding="utf-8")
    assert any(in_words(day) in text for day in (before, datetime.now(UTC).date()))


def test_changes_name_nothing_that_is_withheld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an older snapshot two roads went, one of them informal, and a road and a path are new."""
    now = finished.gpkg(tmp_path)
    folder = now.with_suffix("")
    travelled(folder / "network", folder / "crossings", tmp_path / "drawn.toml", folder / "travel")

    def rows(before: Path, after: Path) -> pd.DataFrame:
        entries = [
            ("went", "road", "Old bridge", "road-n7", None, "official", None),
            ("went", "road", "Hidden ford", "road-n8", None, "informal", None),
            ("came", "road", "New bridge", None, "road-n9", None, "unmarked"),
            ("came", "foot", "Goat path", None, "foot-n1", None, "unmarked"),
        ]
        found = pd.DataFrame(
            entries, columns=["change", "mode", "name", "id_before", "id_after", "before", "after"]
        )
        return found.assign(what="crossing", geometry=None, change_id=range(len(entries)))

    monkeypatch.setattr(changes, "changes", rows)
    brief(str(now), "", "2026-11-20", str(tmp_path / "b"), str(now))
    text = Document(str(tmp_path / "b.docx"))
    sentences = " ".join(paragraph.text for paragraph in text.paragraphs)
    assert "Road crossing Old bridge is no longer mapped." in sentences
    assert "Road crossing New bridge is new." in sentences
    assert "Hidden" not in sentences and "Goat" not in sentences
