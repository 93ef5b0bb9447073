"""The goals of make beside the flow, and the packages that it installs."""

import hashlib
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.checkouts import (
    BORDERS,
    bad,
    from_stage,
    good,
    make,
    module,
    ran,
    times,
    touch,
)

pytestmark = pytest.mark.make


# The other goals ----------------------------------------------------------------------------------
def test_clean_keeps_raw_data(checkout: Path) -> None:
    good(checkout)
    before = times(checkout / "data/raw")
    good(checkout, "clean")
    assert times(checkout / "data/raw") == before
    assert [p.name for p in (checkout / "data/processed").iterdir()] == [".gitkeep"]
    ran(checkout)
    good(checkout, "-j2", "clean", "all", "verify")
    assert ran(checkout) - {"verify mx-gt"} == from_stage("network")


def test_show_repeats_the_table_and_runs_nothing(checkout: Path) -> None:
    assert "nothing is built for SOURCE=gazetteer" in bad(checkout, "show")
    good(checkout)
    ran(checkout)
    touch(checkout / module("network"))
    assert good(checkout, "show") == "THE TABLE\n"
    assert ran(checkout) == set()


@pytest.mark.parametrize("words", [["JOBS=3"], ["-j3"]])
def test_refresh_is_told_how_many_stages_may_run_at_a_time(
    checkout: Path, words: list[str]
) -> None:
    assert " JOBS='3' " in good(checkout, "-n", "refresh", "SOURCE=overpass", *words)


def test_verify_gets_the_layers(checkout: Path) -> None:
    good(checkout, "verify")
    last = (checkout / "ran").read_text().splitlines()[-1].split()
    assert last == ["verify", *(f"data/processed/gazetteer/{b}.gpkg" for b in reversed(BORDERS))]


def test_whatif_gets_names_as_they_are(checkout: Path) -> None:
    name = 'O\'Neill "the" gate; road-n2'
    good(checkout, "whatif", f"CLOSE={name}", "POSTS=w1.0, w2.0")
    last = (checkout / "ran").read_text().splitlines()[-1]
    places = "data/processed/gazetteer pipeline/borders data/raw/gazetteer"
    borders = " ".join(reversed(BORDERS))
    assert last == f"whatif {places} {name}  w1.0, w2.0 {borders}"


def test_a_situation_runs_what_follows_beside_the_flow_as_mapped(checkout: Path) -> None:
    status = checkout / "data/raw/mine/us-mx.status.csv"
    status.write_text("closed")
    words = ("situation", "SOURCE=mine", "TODAY=2026-11-20")
    good(checkout, *words)
    now = "data/processed/mine@2026-11-20"
    lines = (checkout / "ran").read_text().splitlines()
    asked = "data/processed/mine/us-mx data/raw/mine/us-mx.status.csv 2026-11-20"
    assert f"situation {asked} {now}/us-mx" in lines
    assert f"closures {now}/us-mx/crossings {now}/us-mx/travel {now}/us-mx/closures" in lines
    follow = from_stage("network", "us-mx") - {"network us-mx", "crossings us-mx"}
    mapped = {"network us-mx", "crossings us-mx", "situation us-mx"}
    assert ran(checkout) == follow | mapped
    assert not (checkout / "data/processed/mine/us-mx/travel").exists()
    good(checkout, *words)
    assert ran(checkout) == set()
    status.unlink()
    good(checkout, *words)
    assert ran(checkout) == follow | {"situation us-mx"}


def test_a_brief_a_release_and_tasks_get_what_is_there(checkout: Path) -> None:
    good(checkout)
    ran(checkout)
    out, kept = "data/processed/gazetteer", "data/snapshots/gazetteer/2026-01-31T0600/processed"
    shutil.copytree(checkout / out, checkout / kept)
    (checkout / f"{out}@2026-11-20").mkdir()
    good(checkout, "-j1", "brief", "release", "osm-tasks", "BORDERS=us-mx", "BORDER=us-mx",
         "TODAY=2026-11-20")  # fmt: skip
    day = "data/raw/gazetteer/us-mx.status.csv 2026-11-20"
    tomls = "pipeline/borders/us-mx.toml {} data/raw/gazetteer/us-mx.toml"
    assert (checkout / "ran").read_text().splitlines() == [
        f"brief {out}/us-mx.gpkg {day} {out}/brief/us-mx-2026-11-20 {kept}/us-mx.gpkg"
        " --facts data/raw/gazetteer",
        f"release {out} {kept} data/release",
        f"osmtasks {out}/us-mx.gpkg {tomls.format(f'{out}/osm-tasks/us-mx')}",
    ]
    assert "BORDER is empty" in bad(checkout, "brief")


def test_placement_gets_how_many_posts_and_how_deep(checkout: Path) -> None:
    good(checkout, "placement", "N=3", "DEPTH=-50")
    last = (checkout / "ran").read_text().splitlines()[-1]
    places = "data/processed/gazetteer pipeline/borders data/raw/gazetteer"
    assert last == f"place {places} 3 -50 {' '.join(reversed(BORDERS))}"


def test_many_borders_run_on_ports_of_this_machine_alone_unless_told(checkout: Path) -> None:
    assert " --host '127.0.0.1' " in good(checkout, "-n", "world", "PLANET=a.pbf")
    assert " --host '10.0.0.1' " in good(checkout, "-n", "world", "PLANET=a.pbf", "HOST=10.0.0.1")


def test_help_lists_every_goal(checkout: Path) -> None:
    goals = good(checkout, "help")
    for goal in ("all", "check", "clean", "format", "help", "show", "test", "verify"):
        assert re.search(rf"^  {goal} +\w|^  {goal} +\(", goals, re.M), goal
    assert "GNU make 4.3" in goals


# Its own packages ---------------------------------------------------------------------------------
def wheel(checkout: Path) -> str:
    """A lock of one package that lies beside it, so that nothing is downloaded."""
    path = checkout / "tiny-1.0-py3-none-any.whl"
    texts = {
        "tiny.py": "",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        "tiny-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"./{path.name} --hash=sha256:{digest}\n"


def test_venv_is_made_from_the_lock_whole_or_not_at_all(checkout: Path) -> None:
    lock, true = checkout / "requirements.lock", wheel(checkout)
    digest = true[-65:-1]
    lock.write_text(true.replace(digest, hashlib.sha256(b"other").hexdigest()))
    assert make(checkout, "VENV=.venv", ".venv/stamp").returncode != 0
    assert not (checkout / ".venv/stamp").exists()
    lock.write_text(true)
    assert good(checkout, "VENV=.venv", ".venv/stamp") == "venv\n"
    assert list((checkout / ".venv/lib").glob("python*/site-packages/tiny.py"))
    assert "venv\n" not in good(checkout, "VENV=.venv", ".venv/stamp")
