"""Statements about crossings today, laid over a drawn border with known answers."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core import parameters, situationfile, store
from pipeline.graph import flow
from pipeline.measures.situation import laid_over
from pipeline.measures.statements import stated
from pipeline.network import link_arcs
from pipeline.ops.situation import situation
from pipeline.publish import profiles
from pipeline.stages.closures import closures
from tests.drawn import EVERYBODY
from tests.situated import HEAD, TODAY, as_mapped, crossing, laid
from tests.travelled import travelled


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_mapped(tmp_path_factory.mktemp("situation"))


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
