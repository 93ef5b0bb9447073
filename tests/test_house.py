"""The rules for code: which package may import which, and what a file may contain."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from pipeline.core import borderfile
from pipeline.core import stages as table
from pipeline.core.errors import InputError
from pipeline.ops import imports
from pipeline.ops.imports import imported

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
STAGES, TOOLS = table.read()
# A package may import those of the lines above its own, and itself.
ORDER = (
    {"core"},
    {"graph", "sources"},
    {"network"},
    {"travel", "terrain"},
    {"measures"},
    {"publish"},
    {"report"},
    {"stages"},
    {"world", "ops"},
    {"cli_options"},
    {"cli", "api"},
    {"__main__"},
)
# Packages whose public functions have numpydoc sections.
DESCRIBED = ("core", "graph", "network", "travel", "terrain", "measures")
BAD_INPUT = ("InputError", "wrong", "config.wrong")  # what makes such an error
# Modules that may open a socket: one for each outside service.
CLIENTS = {
    "core.http", "sources.overpass.client", "sources.overpass.questions",
    "sources.extracts.download", "sources.extracts.replication", "sources.elevation.elevation",
    "world.store",
}  # fmt: skip
SOCKETS = {"socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "ftplib"}
SOCKETS |= {"osmnx", "pooch", "boto3", "fsspec", "asyncio", "socketserver", "xmlrpc", "smtplib"}
# What make runs before there are packages: standard library alone.
EARLY = ("core.disk_room", "core.errors", "core.files", "core.stages", "core.terminal",
         "ops.imports", "ops.lock", "ops.rules", "ops.seen")  # fmt: skip


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_bytes())


def package(name: str) -> str:
    """What stands at the top of `pipeline`."""
    return name.split(".", maxsplit=1)[0]


def loaded(name: str) -> set[str]:
    """The top names of all packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "make reads absolute imports only"
            found.add((node.module or "").split(".")[0])
    return found


def calls(name: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(name)) if isinstance(node, ast.Call))


def texts() -> dict[str, str]:
    """Every text file that git tracks or would track."""
    git = ["git", "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True, text=True)
    found = {}
    for name in sorted(set(filter(None, listed.stdout.split("\0")))):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content:
            found[name] = content.decode("utf-8")
    return found


# Imports of packages ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in MODULES if name != "__init__"])
def test_packages_import_those_before_them(name: str) -> None:
    rank = {one: number for number, line in enumerate(ORDER) for one in line}
    own = package(name)
    for other in {package(word) for word in imported(MODULES[name])} - {own}:
        assert rank[other] < rank[own], f"{name} imports {other}"


def test_modules_import_each_other_in_no_circle() -> None:
    needs = {
        name: {_module(word) for word in imported(path)} - {name, ""}
        for name, path in MODULES.items()
    }
    left = dict(needs)
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    assert not left


def _module(word: str) -> str:
    while word and word not in MODULES:
        word = word.rpartition(".")[0]
    return word


@pytest.mark.parametrize("name", MODULES)
def test_stages_and_tools_are_imported_by_what_runs_many_borders_alone(name: str) -> None:
    if package(name) in ("world", "api"):
        return
    run = {one.module for one in STAGES.values()} | {one.module for one in TOOLS.values()}
    assert not {_module(word) for word in imported(MODULES[name])} & run


@pytest.mark.parametrize("name", [name for name in MODULES if package(name) == "graph"])
def test_graphs_know_arrays_alone(name: str) -> None:
    assert not loaded(name) & {"pandas", "geopandas", "shapely", "pyproj"}
    assert not any("borderfile" in word for word in imported(MODULES[name]))


@pytest.mark.parametrize("name", MODULES)
def test_only_sources_and_the_network_stage_read_raw_files(name: str) -> None:
    if package(name) not in ("sources", "network"):
        assert "osmium" not in loaded(name)


def test_only_the_network_stage_is_handed_raw_files() -> None:
    flow = [one for one in STAGES.values() if not one.makes]
    assert [one.name for one in flow if "raw" in one.inputs] == ["network"]


@pytest.mark.parametrize("name", sorted(MODULES.keys() - CLIENTS))
def test_only_clients_open_sockets(name: str) -> None:
    assert not loaded(name) & SOCKETS


@pytest.mark.parametrize("name", EARLY)
def test_what_make_runs_first_needs_no_package(name: str) -> None:
    assert loaded(name) - {"pipeline"} <= sys.stdlib_module_names
    assert {_module(word) for word in imported(MODULES[name])} <= {*EARLY, ""}


@pytest.mark.parametrize("name", MODULES)
def test_only_core_files_and_folders_rename_and_only_files_locks(name: str) -> None:
    if name == "core.files":
        return
    assert "fcntl" not in loaded(name)
    if name == "core.folders":
        return
    for call in calls(name):
        if not isinstance(call.func, ast.Attribute):
            continue
        place = f"{name}, line {call.lineno}"
        of = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        one = len(call.args) == 1 and not call.keywords
        # `path.rename(other)`, `path.replace(other)`; those of texts and frames have more to say.
        moves = call.func.attr in ("rename", "replace") and one and _is_path(call.args[0])
        assert not moves or of == "dataclasses", place
        assert (of, call.func.attr) not in {("os", "rename"), ("os", "replace")}, place
        assert (of, call.func.attr) != ("shutil", "move"), place


def _is_path(argument: ast.expr) -> bool:
    """Whether what is handed over may be a path: in frames it is a text or a table of names."""
    return not isinstance(argument, ast.Constant | ast.JoinedStr | ast.Dict | ast.DictComp)


@pytest.mark.parametrize("name", MODULES)
def test_only_core_http_waits_and_tries_again(name: str) -> None:
    if name != "core.http":
        assert not [call for call in calls(name) if ast.unparse(call.func).endswith("sleep")]


def test_tests_call_no_private_functions() -> None:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found = ast.parse(path.read_bytes())
        modules: set[str] = set()
        for node in ast.walk(found):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline"):
                names = {alias.name for alias in node.names}
                assert not [one for one in names if one.startswith("_")], path.name
                modules |= {alias.asname or alias.name for alias in node.names}
        for node in ast.walk(found):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                private = node.value.id in modules and re.match(r"_[^_]", node.attr) is not None
                assert not private, f"{path.name}, line {node.lineno}: {ast.unparse(node)}"


# What a file holds --------------------------------------------------------------------------------


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


# Imports the modules named, and writes which imports which, and where each lies.
LOAD = """
import builtins, importlib, json, sys
needs, load = {}, builtins.__import__
def noted(name, globals=None, locals=None, fromlist=(), level=0):
    module = load(name, globals, locals, fromlist, level)
    by = (globals or {}).get("__name__", "")
    if by.startswith("pipeline.") and name.split(".")[0] == "pipeline":
        words = [name, *(f"{name}.{word}" for word in fromlist or ())]
        needs.setdefault(by, set()).update(word for word in words if word in sys.modules)
    return module
builtins.__import__ = noted
for name in sys.argv[1:]:
    importlib.import_module(f"pipeline.{name}")
files = {n: m.__file__ for n, m in list(sys.modules.items()) if n.startswith("pipeline.")}
print(json.dumps([files, {name: sorted(words) for name, words in needs.items()}]))
"""


def test_make_knows_every_import() -> None:
    """What Python itself loads for a module is what make believes it depends on."""
    believed = {name: set(files) for name, files in imports.closure(str(PACKAGE)).items()}
    names = [name for name in MODULES if name not in ("__init__", "__main__")]
    command = [sys.executable, "-c", LOAD, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    files, needs = json.loads(done.stdout)
    loads = nx.DiGraph([(name, name.rpartition(".")[0]) for name in files])
    loads.add_edges_from((name, other) for name, others in needs.items() for other in others)
    python = {
        name: {files[one] for one in nx.descendants(loads, f"pipeline.{name}") & files.keys()}
        | {files[f"pipeline.{name}"]}
        for name in names
    }
    # What is imported when it is needed, inside a function, counts too: make may know of more. This
    # includes scipy's trees in the one module that compares extracts.
    overlap = str(PACKAGE / "sources/overlap.py")
    lazy = {"ops.lock", *(name for name in names if overlap in believed[name])}
    for name in names:
        known = {path for path in believed[name] if path.endswith(".py")}
        assert python[name] == known or (name in lazy and python[name] <= known), name


@pytest.mark.parametrize("name", ["ops.verify", *(n for n in MODULES if n.startswith("ops.proof"))])
def test_the_second_witness_shares_no_code_with_the_stages(name: str) -> None:
    for word in imported(MODULES[name]):
        assert word.startswith("ops.proof") or _module(word) in {
            "core.errors",
            "core.terminal",
            "core.types",
        }, word


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
