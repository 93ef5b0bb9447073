"""All borders of a planet: found, cut together, run; planted cuts found, however it is run."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.core import store
from pipeline.core.errors import InputError
from pipeline.sources import blobs
from pipeline.world import cutting
from tests import planet
from tests.planet import Planet
from tests.planet_runs import CORRIDOR_KM, FEW, elements, go, refuse_other_cuts, table


@pytest.fixture(scope="module")
def made() -> Planet:
    return planet.small()


def names(made: Planet) -> set[str]:
    return {f"{a}-{b}".lower() for a, b in made.planted}


# What is found ------------------------------------------------------------------------------------


def test_planted_cuts_are_found_on_every_border(made: Planet, planet_run: Path) -> None:
    rows = table(planet_run)
    assert len({code for pair in made.planted for code in pair}) == 8
    assert rows.keys() == names(made)
    assert len(rows) == 12
    for (a, b), links in made.planted.items():
        row = rows[f"{a}-{b}".lower()]
        deepest = "4" if "ZZ" in (a, b) else "10"  # the country inside another is 20 km wide
        for sign in ("minus", "plus"):
            assert row[f"road_min_cut_links_{sign}_{deepest}_km"] == str(links), (a, b, sign)
        assert row["failed"] == ""
        assert int(row["road_official"]) == 1
        assert int(row["road_official"]) + int(row["road_unmarked"]) == links


def test_columns_of_a_table_are_read_alone_and_what_lacks_is_reported(planet_run: Path) -> None:
    folder = planet_run / "out/al-bk/crossings"
    whole = store.read(folder, "crossings")
    some = store.columns(folder, "crossings", ["status", "counted"])
    assert some.equals(pd.DataFrame(whole[["status", "counted"]]))
    with pytest.raises(InputError, match=r"crossings\.parquet: no readable columns status, nons"):
        store.columns(folder, "crossings", ["status", "nonsense"])
    with pytest.raises(InputError, match=r"links\.parquet: no such file, expected the table links"):
        store.columns(folder, "links", ["mode"])


def test_the_atlas_shows_every_border(made: Planet, planet_run: Path) -> None:
    page = (planet_run / "out/atlas.html").read_text(encoding="utf-8")
    assert all(f'<tr id="{name}"' in page for name in names(made))
    assert page.count(' class="line') == page.count("<text ") == len(made.planted)
    assert "http://" not in page
    assert "https://" not in page


def test_pieces_of_a_file_and_borders_may_be_worked_on_side_by_side(
    made: Planet,
    planet_file: Path,
    planet_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blobs, "PIECE_BYTES", 1)  # a piece for each blob of the file
    handed_out: list[object] = []
    with ThreadPoolExecutor(3) as pool:

        def spread(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
            some = list(items)
            handed_out.extend(some)
            return pool.map(work, some)

        cutting.cut_all([planet_file], tmp_path / "raw", tmp_path, CORRIDOR_KM, [], spread)
    assert len(handed_out) > 2 * len(made.planted) + len(("nodes", "ways", "relations"))
    refuse_other_cuts(tmp_path / "raw", planet_run / "raw", names(made))


@pytest.mark.parametrize("how", ["shuffled", "regions"])
def test_the_order_of_elements_and_regional_extracts_change_nothing(
    made: Planet, planet_run: Path, tmp_path: Path, how: str
) -> None:
    if how == "shuffled":
        files = [planet.write(made, tmp_path / "planet.osm.pbf", shuffled=7)]
    else:
        codes = sorted({code for pair in made.planted for code in pair})
        parts = [codes[:3], codes[3:]]
        files = [
            planet.write(made, tmp_path / f"part-{number}.osm.pbf", countries=part)
            for number, part in enumerate(parts)
        ]
    found = cutting.cut_all(files, tmp_path / "raw", tmp_path, CORRIDOR_KM, [])
    assert {one.border for one in found} == names(made)
    for name in names(made):
        assert elements(tmp_path / f"raw/{name}.osm.pbf") == elements(
            planet_run / f"raw/{name}.osm.pbf"
        )
        toml = cutting.toml_of(name)
        assert (tmp_path / "raw" / toml).read_bytes() == (planet_run / "raw" / toml).read_bytes()


def test_names_of_countries_change_nothing(made: Planet, tmp_path: Path) -> None:
    codes = {"AL": "QQ", "BK": "BB", "BL": "MM", "ZZ": "EE"}
    file = planet.write(made, tmp_path / "planet.osm.pbf", codes=codes)
    go(tmp_path, file, borders="bb-qq ee-mm")
    rows = table(tmp_path)
    assert rows["bb-qq"]["road_min_cut_links_plus_10_km"] == str(made.planted["AL", "BK"])
    assert rows["ee-mm"]["road_min_cut_links_plus_4_km"] == str(made.planted["BL", "ZZ"])


def test_a_border_that_fails_is_a_row_with_its_reason(
    made: Planet, planet_file: Path, tmp_path: Path
) -> None:
    known = tmp_path / "known"
    known.mkdir()
    (known / "al-bk.toml").write_text('name = "A"\nfrom = "AL"\nto = "BK"\ncorridor = 3\n')
    go(tmp_path, planet_file, borders=FEW, known=known)
    rows = table(tmp_path)
    assert "unknown key corridor" in rows["al-bk"]["failed"]
    assert rows["bl-zz"]["failed"] == ""
    assert "unknown key corridor" in (tmp_path / "out/atlas.html").read_text(encoding="utf-8")


def test_what_cannot_be_run_is_refused(planet_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="PLANET is empty"):
        go(tmp_path)
    with pytest.raises(InputError, match=r"nowhere\.osm\.pbf: no such file"):
        go(tmp_path, tmp_path / "nowhere.osm.pbf")
    with pytest.raises(InputError, match="BORDERS: al-bkk is not a land border in these"):
        go(tmp_path, planet_file, borders="al-bkk")
    with pytest.raises(InputError, match="stage nonsense, expected one of"):
        go(tmp_path, planet_file, borders="al-bk", until="nonsense")


# How it is run ------------------------------------------------------------------------------------


def test_a_rerun_does_what_is_missing(
    planet_run: Path, planet_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(planet_run, tmp_path / "world"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    table_before = (folder / "out/world.csv").read_bytes()
    (folder / "out/al-bk/crossings.json").unlink()
    go(folder, planet_file)
    changed = {
        path.relative_to(folder).as_posix()
        for path, at in before.items()
        if path.stat().st_mtime_ns != at
    }
    assert changed
    assert all(name.startswith("out/al-bk/crossings/") for name in changed)
    assert (folder / "out/world.csv").read_bytes() == table_before
    assert "GB of disk" in capsys.readouterr().err
