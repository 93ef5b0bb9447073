"""The brief: what it says of a drawn border with known answers."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.measures import truck_counts
from pipeline.report import brief, crossing_names, words
from pipeline.report.brief_trucks import where_to_cross
from pipeline.report.brief_ways import hours, span, without
from tests.briefed import EVERYWHERE, MINUTES, NAMES, TODAY, asked, crossings, ways


def test_where_a_truck_crosses_as_mapped() -> None:
    known = asked()
    grid = where_to_cross(known, ways(), NAMES, "from A to B")
    # Pueblo: (60 x 0.5 + 90 x 0.2) / 0.7 = 68.6 minutes by North; (120 x 0.5 + 100 x 0.2) / 0.7 by
    # South. Queens: 60 by South, 300 by the third.
    assert grid.rows == [
        ["Pueblo", "North", "100 %", "1.1", "–", "South", "0.8"],
        ["Queens", "South", "100 %", "1.0", "–", "unnamed (km 30)", "4.0"],
    ]


def test_without_places_to_travel_between_the_crossings_open_to_trucks_are_reported() -> None:
    none = replace(ways().choices["through"], weight=np.empty(0))
    known = asked(("x1", "goods", "closed", None, "2026-12-01"),
                  ("x2", "goods", "open", 90.0, "2026-12-01"))  # fmt: skip
    known.loc[known["crossing_id"] == "x3", ["class", "status"]] = "track", "unmarked"
    grid = where_to_cross(known, replace(ways(), choices={"through": none}), NAMES, "A to B")
    assert grid.rows == [
        ["South", "primary", "mapped", "1.5 h", "20"],
        ["unnamed (km 30)", "track", "none mapped", "–", "30"],
    ]
    restricted = brief.not_open(known, {}, NAMES, TODAY)
    sentences = list(brief.sentences("Drawn", "today", [grid, restricted, brief.open_now(known)]))
    assert sentences[-1] == "Trucks may cross at South and unnamed (km 30)."


def test_no_truck_is_sent_to_a_track_that_may_not_bear_it() -> None:
    """The third is nearest to South, but no tag says that trucks may use it; a statement may say
    so."""
    closed = ("x2", "all", "closed", None, "2026-12-01")
    known = asked(closed, doubtful=("x3",))
    assert brief.next_best(known, {}, "x2", "goods") == ("x1", "–", 0.0)
    assert brief.next_best(known, {}, "x2", "car")[0] == "x1"
    counts = {row[0]: row[1] for row in brief.open_now(known).rows}
    assert (counts["Trucks"], counts["Cars"]) == ("1–2", "2")
    none = replace(ways().choices["through"], weight=np.empty(0))
    grid = where_to_cross(known, replace(ways(), choices={"through": none}), NAMES, "")
    assert [row[0] for row in grid.rows] == ["North"]
    assert grid.note.startswith("Not shown: 1 on tracks and minor roads")
    stated = asked(closed, ("x3", "goods", "open", None, "2026-12-01"), doubtful=("x3",))
    assert {row[0]: row[1] for row in brief.open_now(stated).rows}["Trucks"] == "2"
    alone = asked(("x1", "goods", "open", 60.0, "2026-12-01"), doubtful=("x2", "x3"))
    assert brief.next_best(alone, {}, "x1", "goods") == ("still the best", "–", 0.0)


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
    found = brief.next_best(known, {"goods": among}, "x2", "goods")
    assert found == ("x3", "3.4\u20134.0", 0.3)


def test_where_a_truck_crosses_when_one_is_closed_to_trucks_and_one_is_slow() -> None:
    known = asked(("x1", "goods", "closed", None, "2026-12-01"),
                     ("x2", "goods", "open", 270.0, "2026-12-01"))  # fmt: skip
    rows = where_to_cross(known, ways(), NAMES, "from A to B").rows
    # South takes 240 minutes more than was assumed: 340 to 360 for Pueblo, 300 for Queens.
    assert [row[1] for row in rows] == ["unnamed (km 30)", "South"]
    assert [row[3] for row in rows] == ["5.0", "5.0"]
    assert [row[4] for row in rows] == ["North (closed)", "–"]
    assert rows[1][5] == "unnamed (km 30)"


def test_a_wait_and_who_it_is_for_are_reported_with_their_own_source() -> None:
    known = asked(("x1", "all", "closed", None, "2026-12-01"),
                  ("x1", "goods", "open", 90.0, "2026-12-05"))  # fmt: skip
    rows = brief.not_open(known, {"goods": ways()}, NAMES, TODAY).rows
    assert [row[:3] for row in rows] == [
        ["North", "cars, buses and people on foot", "closed until 1 December"],
        ["North", "trucks", "open, 1.5 h wait until 5 December"],
    ]
    restricted = brief.not_open(known, {"goods": ways()}, NAMES, TODAY)
    grids = [where_to_cross(known, ways(), NAMES, ""), restricted, brief.open_now(known)]
    text, _ = brief.paragraph(list(brief.sentences("Drawn", "today", grids)))
    assert "North is open for trucks, 1.5 hours of waiting until 5 December: still the best" in text


def test_no_truck_is_sent_where_none_is_counted() -> None:
    """At x1 cars are counted but no truck: it is neither the usual nor the next best crossing of
    any truck."""
    counts = EVERYWHERE | {"x1": truck_counts.NONE}
    known = asked(("x2", "all", "closed", None, "2026-12-01"), trucks=counts)
    assert set(known.loc[known["crossing_id"] == "x1", "vehicle"]) >= {"car", "bus"}
    among = without(ways(), {"x1"})
    rows = where_to_cross(known, among, NAMES, "").rows
    assert [row[1:5:3] for row in rows] == [["unnamed (km 30)", "South (closed)"]] * 2
    assert brief.next_best(known, {"goods": among}, "x2", "goods")[0] == "x3"
    assert brief.next_best(known, {}, "x2", "goods")[0] == "x3"
    assert {row[0]: row[1] for row in brief.open_now(known).rows}["Trucks"] == "1"
    # A statement of trucks opens it: 60 minutes by it for those who take 90 by South.
    opened = asked(("x1", "goods", "open", None, "2026-12-01"), trucks=counts)
    marked = brief.marked_names(opened, NAMES)
    grid = where_to_cross(opened, without(ways(), {"x1"}, {"x1"}), marked, "")
    assert grid.rows[0][1:5] == ["North \u2020", "100 %", "1.1", "South (slower)"]
    assert grid.note.endswith("\u2020 Truck clearance not confirmed.")
    # A statement on all vehicles says nothing about cargo.
    assert "goods" not in set(asked(("x1", "all", "open", None, "2026-12-01"), trucks=counts)
                              .query("crossing_id == 'x1'")["vehicle"])  # fmt: skip


def test_where_nothing_is_counted_the_name_is_marked() -> None:
    known = asked(("x1", "goods", "open", 30.0, "2026-12-01"), trucks={})
    marked = brief.marked_names(known, NAMES)
    assert marked == {"x1": "North", "x2": "South \u2020", "x3": "unnamed (km 30) \u2020"}
    counts = brief.open_now(known)
    assert counts.note == "Truck clearance not confirmed: 2 of those open to trucks."
    restricted = brief.not_open(known, {"goods": ways()}, NAMES, TODAY)
    grids = [where_to_cross(known, ways(), marked, ""), restricted, counts]
    assert grids[0].rows[1][1] == "South \u2020"
    assert not any("\u2020" in one for one in brief.sentences("Drawn", "today", grids))


def test_a_count_of_an_earlier_year_or_of_the_port_confirms_no_truck() -> None:
    facts = pd.DataFrame(
        [("a", 0.0, "road", 900, 10, 2018), ("b", 0.004, "road", None, 10, 2018),
         ("c", 1.0, "road", None, 10, 2018), ("d", 2.0, "road", None, None, None),
         ("e", 3.0, "road", None, 5, 2018), ("f", 9.0, "road", 1, 5, 2018)],
        columns=["id", "lon", "mode", "annual_trucks", "annual_personal_vehicles", "count_year"],
    ).assign(lat=0.0, status="official", annual_pedestrians=None)  # fmt: skip
    traffic = pd.DataFrame(
        [("crossing", "c", 2008, "trucks", 8), ("crossing", "c", 2024, "personal_vehicles", 9),
         ("crossing", "e", 2024, "trucks", 7), ("port", "2304", 2018, "trucks", 900)],
        columns=["scope", "code", "year", "measure", "value"],
    )  # fmt: skip
    found = truck_counts.counted(facts, traffic)
    yes, no = truck_counts.COUNTED, truck_counts.NONE
    assert dict(zip(found["id"], found["trucks"], strict=True)) == {
        "a": yes, "b": no, "c": no, "e": yes, "f": yes
    }  # fmt: skip
    assert dict(zip(found["id"], found["year"], strict=True))["c"] == 2024
    # Of two bridges side by side only the nearer takes a count; none is taken from afar.
    places: list[Any] = [Point(0.001, 0), Point(1, 0), Point(3.001, 0)]
    drawn = crossings("A", "C", "E").assign(geometry=places)
    at = truck_counts.at_crossings(drawn, found)
    assert at["trucks"].to_dict() == {"x1": yes, "x2": no, "x3": yes}
    assert truck_counts.at_crossings(drawn, found[:0]).empty


def test_hours_of_a_long_way_are_whole() -> None:
    assert [hours(one) for one in (2.0, 90.0, 594.0, 1290.5)] == ["< 0.1", "1.5", "9.9", "about 22"]
    assert span(1200.0, 1210.0) == "about 20" and span(570.0, 660.0) == "9.5\u201311"


def test_what_is_closed_and_unknown_is_reported_first() -> None:
    known = asked(("x1", "all", "closed", None, "2026-12-01"),
                  ("x2", "goods", "open", None, "2026-11-10"))  # fmt: skip
    assert list(brief.at_a_glance(brief.not_open(known, {}, NAMES, TODAY))) == [
        "Closed now: North (everybody). Restricted now: none stated.",
        "Unknown now: South (trucks).",
    ]
    none = list(brief.at_a_glance(brief.not_open(asked(), {}, NAMES, TODAY)))
    assert none == ["No statement closes, restricts or slows a crossing on this day."]


@pytest.mark.parametrize(
    ("country", "written"),
    [("United States", "the United States"), ("Mexico", "Mexico"), ("Andorra", "Andorra"),
     ("Netherlands", "the Netherlands")],
)  # fmt: skip
def test_a_country_in_a_sentence(country: str, written: str) -> None:
    assert words.in_sentence(country) == written


def test_what_has_run_out_is_not_where_a_truck_crosses() -> None:
    known = asked(("x1", "all", "open", None, "2026-11-10"))
    rows = where_to_cross(known, ways(), NAMES, "").rows
    assert rows[0][1] == "South"
    restricted = brief.not_open(known, {"goods": ways()}, NAMES, TODAY).rows
    assert restricted == [
        ["North", "everybody", "unknown since 10 November", "customs", "South", "0.8"]
    ]


def test_the_next_best_of_a_closed_crossing_and_its_extra_hours() -> None:
    known = asked(("x1", "all", "closed", None, "2026-12-01"))
    assert brief.next_best(known, {"goods": ways()}, "x1", "goods") == ("x2", "0.8", 0.7)
    # No traffic is modelled to cross at x3 first: the nearest that is open is named, without hours.
    known = asked(("x3", "all", "closed", None, "2026-12-01"))
    assert brief.next_best(known, {"goods": ways()}, "x3", "goods") == ("x2", "–", 0.0)
    everything = [(f"x{n}", "all", "closed", None, "2026-12-01") for n in (1, 2, 3)]
    known = asked(*everything)
    assert brief.next_best(known, {"goods": ways()}, "x1", "goods")[0] == "no way is left"
    assert where_to_cross(known, ways(), NAMES, "").rows[0][1] == "no crossing is open"
    counts = {row[0]: row[1:] for row in brief.open_now(known).rows}
    assert counts["Trucks"] == ["0", "0", "3", "0"]
    assert len(brief.not_open(known, {"goods": ways()}, NAMES, TODAY).rows) == 3


def test_crossings_of_one_name_or_none_are_distinguished_by_their_km() -> None:
    drawn = gpd.GeoDataFrame(crossings("Bridge", "Bridge", None), geometry="geometry", crs=4326)
    near, far = Point(0.35, 0), Point(0.3, 0.2)
    places = gpd.GeoDataFrame({"name": ["Tor", "Os", None]}, geometry=[near, far, near], crs=4326)
    names = {"x1": "Bridge (km 10)", "x2": "Bridge (km 20)"}
    called = crossing_names.called(drawn, places)
    assert called == names | {"x3": "road near Tor (km 30)"}
    for none_near in (places[:0], places[1:2]):
        called = crossing_names.called(drawn, none_near)
        assert called == names | {"x3": "unnamed road (km 30)"}


def test_the_paragraph_has_at_most_120_words_and_whole_sentences() -> None:
    known = asked(*[(f"x{n}", "all", "closed", None, "2026-12-01") for n in (1, 2)])
    grids = [where_to_cross(known, ways(), NAMES, ""),
             brief.not_open(known, {"goods": ways()}, NAMES, TODAY),
             brief.open_now(known)]  # fmt: skip
    sentences = list(brief.sentences("Drawn", "20 November 2026", grids))
    text, _ = brief.paragraph(sentences)
    assert "1 for trucks" in text and "Trucks for Pueblo cross at unnamed (km 30)." in text
    assert "North is closed until 1 December: next best unnamed (km 30), 3.9 hours more." in text
    long = " ".join(brief.paragraph([*sentences, "word " * 200, "word " * 60], ["The", "end."]))
    assert len(long.split()) <= 120 and long.endswith("The end.")
