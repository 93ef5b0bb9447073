"""What make runs and what it does not run, tested in copies of the checkout. Stubs replace the
stages: they keep the imports, record their runs and arguments, and write the outputs for make.
"""

import re
from pathlib import Path

import pytest

from pipeline.core import stages
from pipeline.ops import imports
from tests.checkouts import (
    BORDERS,
    FLOW,
    JOINT,
    ROOT,
    STAGES,
    copy_with_stubs,
    from_stage,
    good,
    module,
    ran,
    times,
    touch,
)

pytestmark = pytest.mark.make
GAZETTEER = {f"gazetteer {border}" for border in BORDERS}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a copy in which the flow has run, for tests that leave it up to date again."""
    copy = copy_with_stubs(tmp_path_factory.mktemp("shared") / "check out")
    good(copy)
    return copy


@pytest.fixture
def built(shared: Path) -> Path:
    """The same, with no run noted."""
    (shared / "ran").unlink(missing_ok=True)
    good(shared)
    ran(shared)
    return shared


def test_first_make_runs_all_and_second_nothing(checkout: Path) -> None:
    output = good(checkout)
    expected = GAZETTEER | from_stage("network")
    assert ran(checkout) == expected
    lines = output.splitlines()
    assert lines[-1] == "THE TABLE"
    assert set(lines[:-1]) == expected - JOINT | {f"{one} us-mx mx-gt" for one in JOINT}
    before = times(checkout / "data")
    assert good(checkout) == "THE TABLE\n"
    assert ran(checkout) == set()
    assert times(checkout / "data") == before


def expected_words(stage: stages.Stage, border: str) -> str:
    """The command line of a stage, by the table."""
    out, raw = "data/processed/mine", "data/raw/mine"
    paths = {
        "raw": f"{raw}/{border}.osm.pbf", "border": f"pipeline/borders/{border}.toml",
        "own": f"{raw}/{border}.toml", "facts": "data/raw/gazetteer",
        "output": f"{out}/{border}/{stage.name}",
    }  # fmt: skip

    def words(name: str) -> list[str]:
        if name in paths:
            return [paths[name]]
        other = STAGES.get(name)
        if other is None:
            return []  # what is not there
        if other.writes_folder:
            return [f"{out}/{border}/{name}"]
        return [f"{out}/{one.replace('<border>', border)}" for one in other.outputs]

    if stage.outputs:
        last = stage.outputs[0].replace("<border>", border)
        paths["output"] = out if len(stage.outputs) > 1 else f"{out}/{last}"
    return " ".join([stage.name, *stages.arguments(stage, STAGES, words)])


def test_make_runs_what_the_table_says(checkout: Path) -> None:
    (checkout / "data/raw/mine/us-mx.toml").write_text("")
    good(checkout, "SOURCE=mine")
    ran = (checkout / "ran").read_text().splitlines()
    wanted = [expected_words(STAGES[name], "us-mx") for name in FLOW]
    assert sorted(ran) == sorted([*wanted, "show data/processed/mine"])
    out, border, own = (
        "data/processed/mine",
        "pipeline/borders/us-mx.toml",
        "data/raw/mine/us-mx.toml",
    )
    crossings = f"crossings {out}/us-mx/network {border} {out}/us-mx/crossings {own}"
    report = f"report {out}/us-mx.gpkg {out}/comparison.csv {out}/claims.json {out}/report.html"
    assert {crossings, report, f"compare {out}/us-mx.gpkg {out}"} <= set(ran)


@pytest.mark.parametrize("stage", FLOW)
def test_a_touched_stage_runs_again_and_what_follows_only(built: Path, stage: str) -> None:
    touch(built / module(stage))
    good(built, "-j2")
    assert ran(built) == from_stage(stage)
    good(built)
    assert ran(built) == set()


@pytest.mark.parametrize(
    "name", ["core.parameters", "graph.flow", "travel.demand", "report.figures"]
)
def test_a_touched_module_runs_the_stages_that_import_it(built: Path, name: str) -> None:
    """That make knows every import is tested by the rules of the house."""
    code = imports.closure(str(ROOT / "pipeline"))
    path = f"pipeline/{name.replace('.', '/')}.py"
    needing = [one for one in FLOW if str(ROOT / path) in code[STAGES[one].module]]
    assert needing
    made = GAZETTEER if str(ROOT / path) in code[STAGES["gazetteer"].module] else set()
    first = [*needing, *(["network"] if made else [])]
    touch(built / path)
    good(built, "-j2")
    assert ran(built) == made.union(*(from_stage(one) for one in first))


@pytest.mark.parametrize("table", ["parameters", "schema"])
def test_a_touched_table_runs_what_reads_it(built: Path, table: str) -> None:
    touch(built / f"pipeline/{table}.toml")
    good(built, "-j2")
    assert from_stage("crossings") <= ran(built)
    good(built)
    assert ran(built) == set()


def test_a_touched_border_file_runs_that_border_only(built: Path) -> None:
    touch(built / "pipeline/borders/mx-gt.toml")
    good(built)
    assert ran(built) == from_stage("network", "mx-gt")


def test_a_touched_fact_or_its_script_makes_the_gazetteer_again(built: Path) -> None:
    for changed in ("data/raw/gazetteer/places.csv", module("gazetteer"), "requirements.lock"):
        touch(built / changed)
        good(built)
        assert ran(built) == GAZETTEER | from_stage("network"), changed


def test_code_never_touches_a_raw_file(checkout: Path) -> None:
    good(checkout, "SOURCE=mine")
    before = times(checkout / "data/raw/mine")
    for path in (checkout / "pipeline").rglob("*.py"):
        touch(path)
    ran(checkout)
    good(checkout, "SOURCE=mine")
    assert ran(checkout) == from_stage("network", "us-mx")
    assert times(checkout / "data/raw/mine") == before


def test_dry_run_tells_and_does_nothing(checkout: Path) -> None:
    before = times(checkout / "data")
    commands = good(checkout, "-n")
    assert "pipeline network data/raw/gazetteer/us-mx.osm.pbf" in commands
    assert (ran(checkout), times(checkout / "data")) == (set(), before)
    good(checkout)
    ran(checkout)
    before = times(checkout / "data")
    commands = good(checkout, "-n")
    assert re.findall(r"-m pipeline(?:\.ops)?[. ](\w+)", commands) == ["lock", "show"]
    assert (ran(checkout), times(checkout / "data")) == (set(), before)
