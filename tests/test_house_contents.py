"""What modules, the table of stages and shipped files must state or contain."""

import ast
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.core import borderfile
from pipeline.core import stages as table
from pipeline.core.errors import InputError
from tests.house import MODULES, PACKAGE, ROOT, STAGES, TOOLS, package, texts, tree

# Packages whose public functions have numpydoc sections.
DESCRIBED = ("core", "graph", "network", "travel", "terrain", "measures")
BAD_INPUT = ("InputError", "wrong", "config.wrong")  # what makes such an error


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name: str) -> None:
    assert (ast.get_docstring(tree(name)) or "").strip()


def _public(name: str) -> list[ast.FunctionDef]:
    """The functions at the top level of a module that others may call."""
    found = [node for node in tree(name).body if isinstance(node, ast.FunctionDef)]
    return [one for one in found if not one.name.startswith("_")]


def _lacking(function: ast.FunctionDef) -> set[str]:
    """The numpydoc sections that a function's docstring must have and has not."""
    given = function.args
    needed = set()
    if given.posonlyargs or given.args or given.kwonlyargs or given.vararg or given.kwarg:
        needed.add("Parameters")
    if function.returns is None or ast.unparse(function.returns) not in ("None", "NoReturn"):
        yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
        needed.add("Yields" if yields else "Returns")
    raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)]
    if any(isinstance(one, ast.Call) and ast.unparse(one.func) in BAD_INPUT for one in raised):
        needed.add("Raises")
    lines = (ast.get_docstring(function) or "").splitlines()
    return needed - {head for head, under in pairwise(lines) if under == "-" * len(head)}


@pytest.mark.parametrize("name", [name for name in MODULES if package(name) in DESCRIBED])
def test_public_functions_say_what_they_take_and_give(name: str) -> None:
    lacking = {function.name: _lacking(function) for function in _public(name)}
    assert not {function: sections for function, sections in lacking.items() if sections}


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("def f(a: int) -> int:\n    'A.'", {"Parameters", "Returns"}),
        ("def f(*, a: int) -> None:\n    'A.'", {"Parameters"}),
        ("def f() -> Iterator[int]:\n    'A.'\n    yield 1", {"Yields"}),
        ("def f() -> None:\n    'A.'\n    raise InputError('a')", {"Raises"}),
        ("def f() -> None:\n    'A.'\n    raise wrong('a')", {"Raises"}),
        ("def f() -> int:\n    '''A.\n\n    Returns\n    -------\n    int\n    '''", set()),
        ("def f() -> int:\n    '''A.\n\n    Returns\n    int\n    '''", {"Returns"}),
        ("def f() -> None:\n    'A.'", set()),
    ],
)
def test_a_section_that_is_missing_is_found(text: str, lacking: set[str]) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert _lacking(function) == lacking


@pytest.mark.parametrize("name", [*STAGES, *TOOLS])
def test_a_stage_begins_with_the_function_that_bears_its_name(name: str) -> None:
    module = (STAGES | TOOLS)[name].module
    assert _public(module)[0].name == module.rpartition(".")[2]


def test_every_stage_stands_in_the_table() -> None:
    files = {name for name in MODULES if name.startswith("stages.")}
    assert files == {one.module for one in STAGES.values() if package(one.module) == "stages"}


def test_the_table_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    wrong = tmp_path / "stages.toml"
    for line, message in (
        ("inputs = ['nothing']", "input nothing, expected an earlier stage or one of"),
        ("inputs = ['a']", "input a, expected an earlier stage"),
        ("inputs = []\ninput = ['raw']", "unknown key input, expected one of"),
        ("", "key inputs is missing"),
    ):
        wrong.write_text(f"[stages.a]\nabout = 'a'\n{line}\n[tools]\n")
        with pytest.raises(InputError, match=message):
            table.read(wrong)


def test_data_beside_the_code_bear_a_modules_name() -> None:
    """So that make knows which stages read them."""
    found = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    beside = [path for path in found if path.suffix != ".py"]
    data = [path for path in beside if path.parent.name != "borders"]
    assert data
    stems = {path.stem for path in PACKAGE.rglob("*.py")}
    for path in data:
        known = stems if path.parent == PACKAGE else {one.stem for one in path.parent.glob("*.py")}
        assert path.stem in known or path.parent.with_suffix(".py").is_file(), path.name


@pytest.mark.parametrize(
    "path", sorted((ROOT / "pipeline/borders").iterdir()), ids=lambda p: p.stem
)
def test_shipped_border_files_are_whole(path: Path) -> None:
    border = borderfile.read(path)
    assert path.suffix == ".toml"
    assert border.border == path.stem
    assert {border.from_.lower(), border.to.lower()} == set(path.stem.split("-"))


def test_no_file_names_a_place_on_some_machine() -> None:
    folders = "home|root|Users|tmp|work|mnt|srv|opt|private|workspace"
    for name, text in texts().items():
        found = re.search(rf"(?<![\w.*)}}])/(?:{folders})/\w+", text)
        assert not found, f"{name}: {found}"


def test_no_file_names_a_package_registry() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted", "ana" + "conda.org", "conda" + "-forge"]
    for name, text in texts().items():
        assert not [host for host in hosts if host in text], name


def test_an_installation_holds_every_file_that_the_code_reads() -> None:
    """Data files are beside modules or one folder below; the settings of setuptools list them."""
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]
    patterns = setup["package-data"]["*"]
    packages = {path.parent for path in PACKAGE.rglob("__init__.py")}
    held = {path for folder in packages for one in patterns for path in folder.glob(one)}
    files = [
        path
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".py" and path.parent.name != "__pycache__"
    ]
    assert set(files) <= held
    assert {path.parent for path in PACKAGE.rglob("*.py")} == packages
