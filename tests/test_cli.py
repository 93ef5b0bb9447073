"""The command line: help without running a stage, and no stage loads packages it does not need."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.core import stages as table
from pipeline.ops import imports

ROOT = Path(__file__).parents[1]
STAGES, _ = table.read()
# Packages that take long to load, and the stages whose work needs them.
HEAVY: dict[str, set[str]] = {
    "matplotlib": {"report"},
    "osmnx": {"overpass"},
    "rasterio": {"elevation", "terrain", "obstacles"},
    "numba": {
        *("network", "chokepoints", "travel", "bypass", "closures", "traffic", "routes"),
        *("redundancy", "obstacles", "terrain", "onfoot", "intermodal", "placement", "success"),
        *("overpass", "clip"),
    },
    "scipy.stats": set(),
    "distributed": set(),
    "cyclopts": set(),
    "openpyxl": set(),
    "docx": set(),
}


def external(path: Path) -> set[str]:
    """What a module imports of other packages when it is loaded."""
    found = set()
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found.add(statement.module)
            found |= {f"{statement.module}.{alias.name}" for alias in statement.names}
    return found


def test_no_stage_loads_a_package_that_its_work_does_not_need() -> None:
    files = imports.closure(str(ROOT / "pipeline"))
    loads = {
        name: {
            one
            for file in files[stage.module]
            if file.endswith(".py")
            for one in external(Path(file))
        }
        for name, stage in STAGES.items()
    }
    for package, needed in HEAVY.items():
        found = {
            name
            for name, loaded in loads.items()
            if any(one == package or one.startswith(f"{package}.") for one in loaded)
        }
        assert found <= needed, package


@pytest.mark.parametrize("name", STAGES)
def test_help_says_what_each_word_stands_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    stage = STAGES[name]
    cli.main([name, "--help"])
    usage, empty, about, _, *lines = capsys.readouterr().out.splitlines()
    words = table.usage(stage, STAGES)
    assert usage == f"Usage: pipeline {name} {' '.join(words)}"
    assert (empty, about.casefold()) == ("", f"{stage.about}.".casefold())
    assert [line.split()[0] for line in lines[: len(words)]] == words
    assert all(len(line.split()) > 1 for line in lines)


def test_help_of_a_stage_loads_nothing_but_the_table() -> None:
    script = (
        "import sys; from pipeline.cli import main; main(['network', '--help']); "
        "print(*{'numpy', 'pandas', 'cyclopts', 'pipeline.stages.network'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines()[-1] == ""


def test_an_option_that_a_stage_does_not_know_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["report", "a.gpkg", "--colour", "red"])
    assert "--colour" in str(caught.value)
    assert str(caught.value).startswith("error: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["parquet"], "error: parquet: got 0 arguments, expected: GPKG... OUT_DIR"),
        (["export", "out"], "error: export: got 1 arguments, expected: GPKG... OUT_DIR"),
        (["tiles", "out", "--profile", "local"], "error: tiles: got 1 arguments, expected: GPKG"),
        (["postgis", "dsn"], "error: postgis: got 1 arguments, expected: GPKG... DSN SCHEMA"),
        (["verify"], "error: verify: got 0 arguments, expected: GPKG..."),
        (["release"], "error: release: got 0 arguments, expected: [FOLDER]... OUT_DIR"),
        (["snapshots", "out.html"], "error: got 0 snapshots, expected two or more"),
        (["compare", "--against", "x"], "error: compare: got 0 arguments, expected: GPKG..."),
        (["status", "/nowhere"], "error: /nowhere: no such folder, expected the folder of sources"),
        (
            ["world", "raw", "out", "/nowhere"],
            "error: /nowhere: no such file, expected an .osm.pbf",
        ),
    ],
)
def test_words_that_are_missing_are_named(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert str(caught.value).startswith(message)
    assert not list(tmp_path.iterdir())


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["netwrk"])
    assert str(caught.value).startswith('error: Unknown command "netwrk"')
