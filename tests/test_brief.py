"""The brief: what it says of a drawn border with known answers, and how it is written."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from docx import Document
from shapely.geometry import LineString, Point

from pipeline.core import schema
from pipeline.core.errors import InputError
from pipeline.core.situationfile import Statement
from pipeline.measures.statements import stated
from pipeline.ops import changes
from pipeline.ops.brief import brief
from pipeline.report import brief as said
from pipeline.report import brief_document, brief_page, crossing_names
from pipeline.report.brief import Brief
from pipeline.report.brief_trucks import where_to_cross
from pipeline.report.brief_ways import Grid, Ways
from pipeline.travel.choice import Choice
from tests import finished
from tests.drawn import PASSED
from tests.travelled import travelled

TODAY = date(2026, 11, 20)
HOSTILE = "<b>$x_{1}$</b> =cmd|' /C calc'!A0\x07\x00\u202e &amp; \\frac{1}{2} " + "n" * 60
# Minutes by crossings x1, x2, x3 of pairs to cities p, p and q; x1 is best for p, x2 for q.
MINUTES = np.array([[60.0, 90.0, 400.0], [120.0, 100.0, 60.0], [300.0, 300.0, 300.0]])


def crossings(*names: str | None) -> pd.DataFrame:
    rows = [
        {"crossing_id": f"x{n}", "mode": "road", "name": name, "status": "official",
         "counted": True,
         "class": "primary", "n_links": 1, "lanes": 2, "border_km": 10.0 * n, "span_m": 0.0,
         **PASSED, "walkable": True, "geometry": Point(n / 10, 0)}
        for n, name in enumerate(names, start=1)
    ]  # fmt: skip
    return schema.conform(pd.DataFrame(rows), "crossings")


def ways() -> Ways:
    chosen = Choice(
        minutes=MINUTES, km=MINUTES[:2], origin=np.array([0, 1, 0]),
        destination=np.array([7, 7, 8]), weight=np.array([0.5, 0.2, 0.3]), unreachable_share=0.0,
        first=MINUTES.argmin(axis=0), second=np.array([1, 1, 2]),
    )  # fmt: skip
    return Ways(
        ["x1", "x2", "x3"], np.full(3, 30.0), {"through": chosen}, {7: "Pueblo", 8: "Queens"}
    )


def statements(*rows: tuple[str, str, str, float | None, str]) -> list[Statement]:
    return [
        Statement(f"s.csv, line {n}", crossing, None, vehicle, state, wait, "customs",
                  date(2026, 11, 1), date.fromisoformat(until))
        for n, (crossing, vehicle, state, wait, until) in enumerate(rows, start=2)
    ]  # fmt: skip


def asked(
    *rows: tuple[str, str, str, float | None, str], doubtful: tuple[str, ...] = ()
) -> pd.DataFrame:
    """What is known of three crossings with these statements; `doubtful` may not bear trucks."""
    frame = crossings("North", "South", None)
    situations = stated(statements(*rows), frame, TODAY)
    return said.states(frame, situations, NAMES, doubtful)


NAMES = {"x1": "North", "x2": "South", "x3": "unnamed (km 30)"}


def test_where_a_truck_crosses_as_mapped() -> None:
    known = asked()
    grid = where_to_cross(known, ways(), NAMES, "from A to B")
    # Pueblo: (60 x 0.5 + 90 x 0.2) / 0.7 = 68.6 minutes by North; (120 x 0.5 + 100 x 0.2) / 0.7 by
    # South. Queens: 60 by South, 300 by the third.
    assert grid.rows == [
        ["Pueblo", "North", "100 %", "1.1", "the same", "South", "0.8"],
        ["Queens", "South", "100 %", "1.0", "the same", "unnamed (km 30)", "4.0"],
    ]


def test_without_places_to_travel_between_the_crossings_open_to_trucks_are_told() -> None:
    none = replace(ways().choices["through"], weight=np.empty(0))
    known = asked(("x1", "goods", "closed", None, "2026-12-01"),
                  ("x2", "goods", "open", 90.0, "2026-12-01"))  # fmt: skip
    known.loc[known["crossing_id"] == "x3", ["class", "status"]] = "track", "unmarked"
    grid = where_to_cross(known, replace(ways(), choices={"through": none}), NAMES, "A to B")
    assert grid.rows == [
        ["South", "primary", "mapped", "1.5 h", "20"],
        ["unnamed (km 30)", "track", "none mapped", "–", "30"],
    ]
    restricted = said.not_open(known, {}, NAMES, TODAY)
    told = list(said.sentences("Drawn", "today", [grid, restricted, said.open_now(known)]))
    assert told[-1] == "Trucks may cross at South and unnamed (km 30)."


def test_no_truck_is_sent_to_a_track_that_may_not_bear_it() -> None:
    """The third is nearest to South, but no tag says that it bears trucks; a statement may."""
    closed = ("x2", "all", "closed", None, "2026-12-01")
    known = asked(closed, doubtful=("x3",))
    assert said.next_best(known, {}, "x2", "goods") == ("x1", "–", 0.0)
    assert said.next_best(known, {}, "x2", "car")[0] == "x1"
    counts = {row[0]: row[1] for row in said.open_now(known).rows}
    assert (counts["Trucks"], counts["Cars"]) == ("1–2", "2")
    none = replace(ways().choices["through"], weight=np.empty(0))
    grid = where_to_cross(known, replace(ways(), choices={"through": none}), NAMES, "")
    assert [row[0] for row in grid.rows] == ["North"]
    assert grid.note.startswith("Not shown: 1 on tracks and minor roads")
    stated = asked(closed, ("x3", "goods", "open", None, "2026-12-01"), doubtful=("x3",))
    assert {row[0]: row[1] for row in said.open_now(stated).rows}["Trucks"] == "2"
    alone = asked(("x1", "goods", "open", 60.0, "2026-12-01"), doubtful=("x2", "x3"))
    assert said.next_best(alone, {}, "x1", "goods") == ("still the best", "–", 0.0)


def test_what_missing_tags_leave_open_is_a_range_of_hours() -> None:
    """By roads that tags name a truck for Pueblo takes 100 minutes by South, and has no North."""
    sure = replace(ways().choices["through"], minutes=MINUTES + np.array([[np.inf], [0], [0]]))
    sure = replace(sure, minutes=sure.minutes + 60, first=np.array([1, 1, 1]))
    among = replace(ways(), sure=sure)
    grid = where_to_cross(asked(), among, NAMES, "from A to B")
    # 60 more than (120 x 0.5 + 100 x 0.2) / 0.7 minutes by South, and than 60 for Queens by South.
    assert [row[3] for row in grid.rows] == ["1.1\u20132.9", "1.0\u20132.0"]
    assert "those for Pueblo cross at South." in grid.note
    known = asked(("x2", "goods", "closed", None, "2026-12-01"))
    # Queens: 240 minutes more by the third; surely, all took South: 180, 200 and 240 more.
    found = said.next_best(known, {"goods": among}, "x2", "goods")
    assert found == ("x3", "3.4\u20134.0", 0.3)


def test_where_a_truck_crosses_when_one_is_closed_to_trucks_and_one_is_slow() -> None:
    known = asked(("x1", "goods", "closed", None, "2026-12-01"),
                     ("x2", "goods", "open", 270.0, "2026-12-01"))  # fmt: skip
    rows = where_to_cross(known, ways(), NAMES, "from A to B").rows
    # South takes 240 minutes more than was assumed: 340 to 360 for Pueblo, 300 for Queens.
    assert [row[1] for row in rows] == ["unnamed (km 30)", "South"]
    assert [row[3] for row in rows] == ["5.0", "5.0"]
    assert [row[4] for row in rows] == ["closed: North", "the same"]
    assert rows[1][5] == "unnamed (km 30)"


def test_a_wait_and_who_it_is_for_are_told_with_their_own_source() -> None:
    known = asked(("x1", "all", "closed", None, "2026-12-01"),
                  ("x1", "goods", "open", 90.0, "2026-12-05"))  # fmt: skip
    rows = said.not_open(known, {"goods": ways()}, NAMES, TODAY).rows
    assert [row[:3] for row in rows] == [
        ["North", "cars, buses and people on foot", "closed until 1 December"],
        ["North", "trucks", "open, 1.5 h wait until 5 December"],
    ]
    restricted = said.not_open(known, {"goods": ways()}, NAMES, TODAY)
    grids = [where_to_cross(known, ways(), NAMES, ""), restricted, said.open_now(known)]
    text = said.paragraph(list(said.sentences("Drawn", "today", grids)))
    assert "North is open for trucks, 1.5 hours of waiting until 5 December: still the best" in text


def test_what_has_run_out_is_not_where_a_truck_crosses() -> None:
    known = asked(("x1", "all", "open", None, "2026-11-10"))
    rows = where_to_cross(known, ways(), NAMES, "").rows
    assert rows[0][1] == "South"
    restricted = said.not_open(known, {"goods": ways()}, NAMES, TODAY).rows
    assert restricted == [
        ["North", "everybody", "unknown since 10 November", "customs", "South", "0.8"]
    ]


def test_the_next_best_of_a_closed_crossing_and_its_extra_hours() -> None:
    known = asked(("x1", "all", "closed", None, "2026-12-01"))
    assert said.next_best(known, {"goods": ways()}, "x1", "goods") == ("x2", "0.8", 0.7)
    # No traffic is modelled to cross at x3 first: the nearest that is open is told, and no hours.
    known = asked(("x3", "all", "closed", None, "2026-12-01"))
    assert said.next_best(known, {"goods": ways()}, "x3", "goods") == ("x2", "–", 0.0)
    everything = [(f"x{n}", "all", "closed", None, "2026-12-01") for n in (1, 2, 3)]
    known = asked(*everything)
    assert said.next_best(known, {"goods": ways()}, "x1", "goods")[0] == "no way is left"
    assert where_to_cross(known, ways(), NAMES, "").rows[0][1] == "no crossing is open"
    counts = {row[0]: row[1:] for row in said.open_now(known).rows}
    assert counts["Trucks"] == ["0", "0", "3", "0"]
    assert len(said.not_open(known, {"goods": ways()}, NAMES, TODAY).rows) == 3


def test_crossings_of_one_name_and_of_none_are_told_apart_by_where_they_lie() -> None:
    drawn = gpd.GeoDataFrame(crossings("Bridge", "Bridge", None), geometry="geometry", crs=4326)
    near, far = Point(0.35, 0), Point(0.3, 0.2)
    places = gpd.GeoDataFrame({"name": ["Tor", "Os", None]}, geometry=[near, far, near], crs=4326)
    told = {"x1": "Bridge (km 10)", "x2": "Bridge (km 20)"}
    called = crossing_names.called(drawn, places)
    assert called == told | {"x3": "road near Tor (km 30)"}
    for none_near in (places[:0], places[1:2]):
        called = crossing_names.called(drawn, none_near)
        assert called == told | {"x3": "unnamed road (km 30)"}


def test_the_paragraph_has_at_most_120_words_and_whole_sentences() -> None:
    known = asked(*[(f"x{n}", "all", "closed", None, "2026-12-01") for n in (1, 2)])
    grids = [where_to_cross(known, ways(), NAMES, ""),
             said.not_open(known, {"goods": ways()}, NAMES, TODAY),
             said.open_now(known)]  # fmt: skip
    sentences = list(said.sentences("Drawn", "20 November 2026", grids))
    text = said.paragraph(sentences)
    assert "1 for trucks" in text and "Trucks for Pueblo cross at unnamed (km 30)." in text
    assert "North is closed until 1 December: next best unnamed (km 30), 3.9 hours more." in text
    long = said.paragraph([*sentences, "word " * 200, "word " * 60], ["The", "end."])
    assert len(long.split()) <= 120 and long.endswith("The end.")


# How it is written --------------------------------------------------------------------------------


def worst() -> Brief:
    """A brief with as much on it as there can be, and names that strangers chose."""
    grids = [
        Grid(HOSTILE, ["Truck going to", "Cross at", "Share", "Hours", "Usual crossing",
                       "If closed too, use", "+ h"],
             [[HOSTILE] * 7] * 7, HOSTILE),
        Grid(HOSTILE, ["Crossing", "For", "State", "Source", "Next best", "+ h"],
             [[HOSTILE] * 6] * 8, HOSTILE),
        Grid(HOSTILE, ["Vehicle", "Open", "Restricted", "Closed", "Unknown"], [["Cars"] * 5] * 5),
    ]  # fmt: skip
    return Brief(HOSTILE, "20 November 2026", "word " * 120, grids, [HOSTILE] * 5, [HOSTILE] * 5,
                 HOSTILE)  # fmt: skip


LINE = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 0)])], crs=4326)
POINTS = pd.DataFrame({"lon": [0.1, 0.2], "lat": [0.0, 0.0], "state": ["open", "closed"]})


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
    assert "Since the last snapshot: Nothing that is counted differs." in text
    with pytest.raises(InputError, match="line 2: no crossing 'nowhere'"):
        status.write_text(status.read_text().replace("road.x1", "nowhere"))
        brief(str(gpkg), str(status), "2026-11-20", str(out))


def test_changes_name_nothing_that_is_withheld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an older snapshot two roads went, one of them informal, and a road and a path are new."""
    now = finished.gpkg(tmp_path)
    folder = now.with_suffix("")
    travelled(folder / "network", folder / "crossings", tmp_path / "drawn.toml", folder / "travel")

    def rows(before: Path, after: Path) -> pd.DataFrame:
        told = [
            ("went", "road", "Old bridge", "road-n7", None, "official", None),
            ("went", "road", "Hidden ford", "road-n8", None, "informal", None),
            ("came", "road", "New bridge", None, "road-n9", None, "unmarked"),
            ("came", "foot", "Goat path", None, "foot-n1", None, "unmarked"),
        ]
        found = pd.DataFrame(
            told, columns=["change", "mode", "name", "id_before", "id_after", "before", "after"]
        )
        return found.assign(what="crossing", geometry=None, change_id=range(len(told)))

    monkeypatch.setattr(changes, "changes", rows)
    brief(str(now), "", "2026-11-20", str(tmp_path / "b"), str(now))
    text = Document(str(tmp_path / "b.docx"))
    told = " ".join(paragraph.text for paragraph in text.paragraphs)
    assert "Road crossing Old bridge is no longer mapped." in told
    assert "Road crossing New bridge is new." in told
    assert "Hidden" not in told and "Goat" not in told
