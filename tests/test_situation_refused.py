"""A situation file that cannot be used is refused whole, and each wrong row is named."""

import shutil
from pathlib import Path

import pytest

from pipeline.core import situationfile, store
from pipeline.core.errors import InputError
from pipeline.measures.statements import stated
from tests.situated import HEAD, TODAY, as_mapped, crossing, laid


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_mapped(tmp_path_factory.mktemp("situation"))


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
