"""The rules for code: which package may import which, and what a file may contain."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

from pipeline.ops import imports
from pipeline.ops.imports import imported
from tests.house import MODULES, PACKAGE, ROOT, STAGES, TOOLS, calls, loaded, package

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
