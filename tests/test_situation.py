"""Statements about crossings today, laid over a drawn border with known answers."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core import parameters, schema, situationfile, store
from pipeline.core.errors import InputError
from pipeline.graph import flow
from pipeline.measures.situation import laid_over
from pipeline.measures.statements import stated
from pipeline.network import link_arcs
from pipeline.ops.situation import situation
from pipeline.publish import profiles
from pipeline.stages.closures import closures
from tests import drawn, ground, world
from tests.drawn import EVERYBODY
from tests.frames import row_of
from tests.test_bypass import SETTLED
from tests.test_demand import places
from tests.test_routing import cross
from tests.test_whatif import LINKS, NAMES, TOML, WHERE
from tests.travelled import travelled

HEAD = "crossing,vehicle,state,wait_minutes,source,date,expiry"
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A border as mapped: x1 official, x2 informal, x3 closed at the line and behind it."""
    at = tmp_path_factory.mktemp("situation")
    ground.network(at / "mapped/network", WHERE, *LINKS)
    nodes, links = drawn.draw(WHERE, *LINKS)
    crossings, joins = cross(nodes, links, {"x1": "c1", "x2": "c2", "x3": "c3"})
    crossings = crossings.assign(name=crossings["crossing_id"].map(NAMES))
    crossings["status"] = ["official", "informal", "closed"]
    crossings["in_headline"] = [True, True, False]
    tables = {"nodes": nodes, "links": links, "places": places(*SETTLED)}
    tables |= {name: schema.empty(name) for name in ("reach", "posts", "stations")}
    world.put(at / "mapped/network", tables)
    store.write(at / "mapped/crossings", {"crossings": crossings, "crossing_links": joins})
    (at / "aa-bb.toml").write_text(TOML, encoding="utf-8")
    return at


def laid(mapped: Path, tmp_path: Path, *rows: str, today: str = "2026-11-20") -> Path:
    """The folder of the border with a situation file of these rows laid over."""
    path = tmp_path / "aa-bb.status.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    situation(str(mapped / "mapped"), str(path), today, str(tmp_path / "now"))
    return tmp_path / "now"


def crossing(folder: Path, crossing_id: str) -> pd.Series:
    rows = store.read(folder / "crossings", "crossings").set_index("crossing_id")
    return row_of(rows, crossing_id)


def ways(folder: Path, mode: str = "road") -> int:
    """Ways without a common link from a to b."""
    nodes = store.read(folder / "network", "nodes")
    links = link_arcs.of_mode(store.read(folder / "network", "links"), mode)
    arcs = link_arcs.arcs(nodes, links.reset_index(drop=True), directed=True)
    ends = [nodes["node_id"].eq(name).to_numpy() for name in "ab"]
    between, _ = flow.between(arcs, *ends)
    return int(flow.solve(between).value)


def travel_of(mapped: Path, folder: Path, out: Path) -> Path:
    """The folder of travel by road on the border as it stands in `folder`."""
    toml = mapped / "aa-bb.toml"
    return Path(travelled(folder / "network", folder / "crossings", toml, out)) / "road"


# What may be handed on ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "today"),
    [("open", "2026-11-20"), ("closed", "2026-11-20"), ("open", "2026-12-24")],
)
def test_no_statement_unveils_what_is_withheld(
    mapped: Path, tmp_path: Path, state: str, today: str
) -> None:
    """Said of an informal crossing and of a path: as it is, closed, and when that has run out."""
    crossings = store.read(mapped / "mapped/crossings", "crossings")
    crossings["mode"] = ["road", "road", "foot"]
    crossings["status"] = ["official", "informal", "unmarked"]
    rows = [f"{one},all,{state},,customs,2026-11-01,2026-11-30" for one in ("x1", "x2", "x3")]
    path = tmp_path / "aa-bb.status.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    found = stated(situationfile.read(path), crossings, date.fromisoformat(today))
    now = laid_over(crossings, found)
    assert profiles.withheld_crossings(now) == {"x2", "x3"}
    shown = profiles.public(found, "situations", {"x2", "x3"})
    assert shown is not None
    assert shown["crossing_id"].tolist() == ["x1"]


def test_a_path_mapped_as_closed_is_withheld_once_a_statement_opens_it(
    mapped: Path, tmp_path: Path
) -> None:
    crossings = store.read(mapped / "mapped/crossings", "crossings")
    crossings["mode"] = ["road", "road", "foot"]
    assert profiles.withheld_crossings(crossings) == {"x2"}
    path = tmp_path / "aa-bb.status.csv"
    path.write_text(f"{HEAD}\nx3,all,open,,press,2026-11-01,2026-11-30\n", encoding="utf-8")
    for today in ("2026-11-20", "2026-12-24"):
        found = stated(situationfile.read(path), crossings, date.fromisoformat(today))
        assert profiles.withheld_crossings(laid_over(crossings, found)) == {"x2", "x3"}


# What holds ---------------------------------------------------------------------------------------


def test_an_empty_situation_file_is_none_byte_for_byte(mapped: Path, tmp_path: Path) -> None:
    """What the situation writes, and stages that read it, as mapped, with no file and an empty one.

    Provenance alone differs: it tells whether there was a file, and the table of its rows is there.
    """
    for name in ("as mapped", "empty", "no file"):
        (tmp_path / name).mkdir()
    nowhere = str(tmp_path / "none.status.csv")
    situation(str(mapped / "mapped"), nowhere, "2026-11-20", str(tmp_path / "no file/now"))
    folders = {
        "as mapped": mapped / "mapped",
        "empty": laid(mapped, tmp_path / "empty"),
        "no file": tmp_path / "no file/now",
    }
    found = []
    for name, folder in folders.items():
        travel = travel_of(mapped, folder, tmp_path / name / "travel").parent
        closed = tmp_path / name / "closures"
        closures(str(folder / "crossings"), str(travel), str(closed))
        found.append({
            f"{path.parent.name}/{path.name}": path.read_bytes()
            for stage in (folder / "network", folder / "crossings", travel, closed)
            for path in sorted(stage.rglob("*.*"))
            if path.stem not in ("provenance", "situations")
        })  # fmt: skip
    assert len(found[0]) > 20
    assert found[1] == found[0] and found[2] == found[0]


def test_as_mapped_stays_as_it_is_beside_a_situation(mapped: Path, tmp_path: Path) -> None:
    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (mapped / "mapped").rglob("*.*")}

    before = content()
    laid(mapped, tmp_path, "x1,all,closed,,customs,2026-11-19,2026-11-30")
    assert content() == before


def test_without_statements_nothing_changes(mapped: Path, tmp_path: Path) -> None:
    now = laid(mapped, tmp_path)
    for stage, name in (("network", "links"), ("network", "nodes"), ("crossings", "crossings")):
        then = store.read(mapped / "mapped" / stage, name)
        pd.testing.assert_frame_equal(store.read(now / stage, name), then)
    assert store.read(now / "network", "places").equals(
        store.read(mapped / "mapped/network", "places")
    )


def test_what_is_closed_is_passed_by_nobody(mapped: Path, tmp_path: Path) -> None:
    now = laid(mapped, tmp_path, "x1,all,closed,,customs,2026-11-19,2026-11-30")
    row = crossing(now, "x1")
    assert (row["status"], row["vehicles"], row["in_headline"]) == ("closed", "", False)
    assert row["situation"].endswith("closed until 2026-11-30 (customs)")
    assert (ways(mapped / "mapped"), ways(now), ways(now, "foot")) == (2, 1, 1)
    travel = travel_of(mapped, now, tmp_path / "travel")
    assert store.read(travel, "travel_crossings")["crossing_id"].tolist() == ["x2"]
    # People along the way to a closed crossing have not lost their road.
    before = travel_of(mapped, mapped / "mapped", tmp_path / "before")
    there = [store.read(at, "travel_places")["place_id"].tolist() for at in (before, travel)]
    assert there[0] == there[1]


def test_what_has_run_out_is_unknown_and_never_open(mapped: Path, tmp_path: Path) -> None:
    rows = [f"{one},all,{state},,customs,2026-11-01,2026-11-19"
            for one, state in (("x1", "open"), ("x3", "open"))]  # fmt: skip
    now = laid(mapped, tmp_path, *rows)
    assert [crossing(now, one)["status"] for one in ("x1", "x3")] == ["unknown", "unknown"]
    assert ways(now) == 1
    on_its_last_day = laid(mapped, tmp_path, *rows, today="2026-11-19")
    assert crossing(on_its_last_day, "x1")["status"] == "official"
    assert ways(on_its_last_day) == 3


def test_what_is_not_yet_in_force_changes_nothing(mapped: Path, tmp_path: Path) -> None:
    now = laid(mapped, tmp_path, "x1,all,closed,,customs,2026-11-21,2026-11-30")
    assert crossing(now, "x1")["status"] == "official"
    assert store.read(now / "crossings", "situations")["standing"].tolist() == ["not yet in force"]


def test_a_closed_crossing_is_opened_with_what_is_closed_behind_it(
    mapped: Path, tmp_path: Path
) -> None:
    now = laid(mapped, tmp_path, "norte,all,open,45,customs,2026-11-19,2026-11-30")
    row = crossing(now, "x3")
    assert (row["status"], row["vehicles"], row["wait_minutes"]) == ("unmarked", EVERYBODY, 45)
    assert row["in_headline"]
    assert ways(now) == 3


def test_vehicles_are_closed_one_by_one(mapped: Path, tmp_path: Path) -> None:
    no_goods = laid(mapped, tmp_path, "x1,goods,closed,,customs,2026-11-19,2026-11-30")
    row = crossing(no_goods, "x1")
    assert (row["vehicles"], row["status"]) == ("car, bus, bicycle, foot", "official")
    assert row["in_headline"]
    assert ways(no_goods) == 2
    no_car = laid(mapped, tmp_path, "x1,all,closed,,customs,2026-11-19,2026-11-30",
                  "x1,goods,open,,customs,2026-11-19,2026-11-30")  # fmt: skip
    row = crossing(no_car, "x1")
    assert (row["vehicles"], row["class"], row["in_headline"]) == ("goods", "restricted", False)
    assert (ways(no_car), ways(no_car, "foot")) == (1, 1)
    only_permits = laid(mapped, tmp_path, "x1,all,restricted,,customs,2026-11-19,2026-11-30")
    row = crossing(only_permits, "x1")
    assert (row["status"], row["class"], row["in_headline"]) == ("official", "restricted", False)


def test_the_newest_statement_counts(mapped: Path, tmp_path: Path) -> None:
    rows = [
        "x1,all,closed,,press,2026-11-10,2026-12-31",
        "x1,all,open,10,customs,2026-11-15,2026-11-30",
        "x1,goods,closed,,customs,2026-11-12,2026-11-30",
    ]
    now = laid(mapped, tmp_path, *rows)
    assert crossing(now, "x1")["vehicles"] == EVERYBODY
    situations = store.read(now / "crossings", "situations")
    assert situations["standing"].tolist() == ["superseded", "in force", "superseded"]
    # What ran out last is unknown, though an older statement would still hold.
    assert crossing(laid(mapped, tmp_path, *rows, today="2026-12-05"), "x1")["status"] == "unknown"


def test_a_wait_is_that_of_travel(mapped: Path, tmp_path: Path) -> None:
    now = laid(mapped, tmp_path, "x2,car,open,500,customs,2026-11-19,2026-11-30")
    road = travel_of(mapped, now, tmp_path / "travel")
    assert store.array(road, "wait_minutes").tolist() == [30, 500]
    usual = parameters.number("truck_wait_minutes")
    assert store.array(road.parent / "truck", "wait_minutes").tolist() == [usual, 0]


def test_the_day_is_that_of_the_newest_statement_if_none_is_asked(
    mapped: Path, tmp_path: Path
) -> None:
    now = laid(mapped, tmp_path, "x1,all,closed,,press,2026-11-10,2026-11-12",
               "x2,all,open,,press,2026-11-13,2026-11-14", today="")  # fmt: skip
    assert crossing(now, "x1")["status"] == "unknown"
    known = store.read(now / "network", "provenance").set_index("key")["value"]
    assert known["situation_day"] == "2026-11-13"
    assert (known["situation_rows_in_force"], known["situation_rows_expired"]) == ("1", "1")


def test_equal_files_give_equal_bytes(mapped: Path, tmp_path: Path) -> None:
    row = "x1,all,closed,,customs,2026-11-19,2026-11-30"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (laid(mapped, tmp_path / name, row) for name in "ab")
    files = sorted(path.relative_to(one) for path in one.rglob("*.parquet"))
    assert files
    assert all((one / path).read_bytes() == (other / path).read_bytes() for path in files)


# Which crossing, and what cannot be read ----------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "place"),
    [("x2", ","), ("PASO, VIEJO", ","), ("", "0.0899,0.001"), ("Paso, viejo", "0.0899,0.001")],
)
def test_a_crossing_is_found_by_id_name_or_place(
    mapped: Path, tmp_path: Path, row: str, place: str
) -> None:
    path = tmp_path / "s.csv"
    path.write_text(f'{HEAD},lon,lat\n"{row}",all,closed,,me,2026-11-01,2026-12-01,{place}\n')
    crossings = store.read(mapped / "mapped/crossings", "crossings")
    rows = stated(situationfile.read(path), crossings, TODAY)
    assert rows["crossing_id"].tolist() == ["x2"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("x9,all,closed,,me,2026-11-01,2026-12-01,,", "line 2: no crossing 'x9', expected an id"),
        ("nort,all,closed,,me,2026-11-01,2026-12-01,,", "such as Norte"),
        (
            "x1,train,closed,,me,2026-11-01,2026-12-01,,",
            "train cannot use a crossing of mode road",
        ),
        (",all,closed,,me,2026-11-01,2026-12-01,0.5,0.5", "the nearest crossing, x3, lies 6"),
        (
            "x1,lorry,closed,,me,2026-11-01,2026-12-01,,",
            "vehicle: got 'lorry', expected one of all",
        ),
        ("x1,all,shut,,me,2026-11-01,2026-12-01,,", "state: got 'shut', expected one of open"),
        ("x1,all,closed,5,me,2026-11-01,2026-12-01,,", "wait_minutes: got 5 at a closed crossing"),
        ("x1,all,open,soon,me,2026-11-01,2026-12-01,,", "wait_minutes: got 'soon'"),
        ("x1,all,open,nan,me,2026-11-01,2026-12-01,,", "wait_minutes: got 'nan'"),
        (
            "x1,all,open,,,2026-11-01,2026-12-01,,",
            "source: got '', expected the source of the statement, not empty",
        ),
        (
            "x1,all,open,,me,01.11.2026,2026-12-01,,",
            "date: got '01.11.2026', expected a day",
        ),
        ("x1,all,open,,me,2026-11-01,,,", "expiry: got ''"),
        ("x1,all,open,,me,2026-11-01,2026-10-01,,", "expiry: got 2026-10-01, expected 2026-11-01"),
        (",all,open,,me,2026-11-01,2026-12-01,,", "crossing is empty"),
        (",all,open,,me,2026-11-01,2026-12-01,1,", "lon, lat: got 1.0, None, expected both"),
        ("x1,all,open", "line 2: got 3 cells, expected 9"),
        (
            "x1,all,open,,me,2026-11-01,2026-12-01,,\n\nx1,all,closed,,you,2026-11-01,2026-12-02,,",
            "line 4: it is about all at x1 from 2026-11-01, like line 2",
        ),
    ],
)
def test_a_row_that_cannot_hold_is_named(
    mapped: Path, tmp_path: Path, rows: str, message: str
) -> None:
    path = tmp_path / "s.csv"
    path.write_text(f"{HEAD},lon,lat\n{rows}\n", encoding="utf-8")
    crossings = store.read(mapped / "mapped/crossings", "crossings")
    with pytest.raises(InputError) as error:
        stated(situationfile.read(path), crossings, TODAY)
    assert str(path) in str(error.value) and message in str(error.value), error.value


def test_every_row_that_cannot_hold_is_named_at_once(mapped: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    good = "x1,all,closed,,me,2026-11-01,2026-12-01"
    bad = ["x1,lorry,open,,me,2026-11-01,2026-12-01", good, "x1,all,ajar,,me,2026-11-01,2026-12-01"]
    path.write_text("\n".join([HEAD, *bad]) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        situationfile.read(path)
    message = str(error.value)
    assert (
        message.startswith(f"{path}, line 2: vehicle") and "; line 4: state: got 'ajar'" in message
    )
    assert "line 3" not in message and message.count(str(path)) == 1 and "\n" not in message
    crossings = store.read(mapped / "mapped/crossings", "crossings")
    unmatched = [good.replace("x1", "x7"), good, good.replace("x1", "x8"), good, good]
    path.write_text("\n".join([HEAD, *unmatched]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: no crossing 'x7'.*; line 4: no crossing 'x8'"):
        stated(situationfile.read(path), crossings, TODAY)
    path.write_text("\n".join([HEAD, good, good, good]) + "\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"line 3: it is about.*like line 2.*; line 4: it is about"
    ):
        stated(situationfile.read(path), crossings, TODAY)


def test_names_of_several_crossings_need_more(mapped: Path, tmp_path: Path) -> None:
    crossings = store.read(mapped / "mapped/crossings", "crossings").assign(name="Puente")
    path = tmp_path / "s.csv"
    path.write_text(f"{HEAD}\nPuente,all,closed,,me,2026-11-01,2026-12-01\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: 3 crossings have the name 'Puente'"):
        stated(situationfile.read(path), crossings, TODAY)
    near = crossings.assign(geometry=[crossings.geometry.iloc[0]] * 3)
    assert len(stated(situationfile.read(path), near, TODAY)) == 3
    path.write_text(f"{HEAD},lon,lat\n,all,closed,,me,2026-11-01,2026-12-01,0.001,0\n")
    with pytest.raises(InputError, match="x1 and x2 lie 111 and 111 m from that place"):
        stated(situationfile.read(path), near, TODAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "got columns"), ("crossing,state\n", "got columns"), (HEAD + ",lon\n", "got columns"),
     (HEAD + ",date\n", "a column occurs twice"), ("\x00\xff", "not CSV in UTF-8")],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=message):
        situationfile.read(path)


def test_a_file_that_is_refused_leaves_what_was_there(mapped: Path, tmp_path: Path) -> None:
    now = laid(mapped, tmp_path, "x1,all,closed,,customs,2026-11-19,2026-11-30")
    with pytest.raises(InputError):
        laid(mapped, tmp_path, "x7,all,closed,,customs,2026-11-19,2026-11-30")
    assert crossing(now, "x1")["status"] == "closed"


@pytest.mark.parametrize("stage", ["network", "crossings"])
def test_a_stage_that_did_not_end_is_named(mapped: Path, tmp_path: Path, stage: str) -> None:
    shutil.copytree(mapped / "mapped", tmp_path / "mapped")
    (tmp_path / "mapped" / stage / store.STAMP).unlink()
    with pytest.raises(InputError, match=f"mapped/{stage}: incomplete, expected what stage"):
        laid(tmp_path, tmp_path)
    assert not (tmp_path / "now").exists()
