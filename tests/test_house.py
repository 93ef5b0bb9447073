"""The rules of the house: who may import whom, what is locked, what may stand in a file."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.core import borderfile
from pipeline.ops.imports import imported

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# Modules that may open a socket: one for each outside service.
CLIENTS = {"overpass", "raw.download", "raw.replication", "elevation"}
FETCHING = {"overpass", "geofabrik", "clip", "elevation"}
TOLD = {"readme", "refresh", "status", "whatif"}  # stages that are run by name alone
SOCKETS = {"socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "ftplib"}
SOCKETS |= {"osmnx", "pooch", "boto3", "fsspec", "asyncio", "socketserver", "xmlrpc", "smtplib"}


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_bytes())


def is_run(name: str) -> bool:
    """Whether the module is run (a stage, or a tool of make) rather than imported."""
    return "__main__" in {
        node.value for node in ast.walk(tree(name)) if isinstance(node, ast.Constant)
    }


def tops(name: str) -> set[str]:
    """What stands at the top of `pipeline` that the module imports."""
    return {word.split(".")[0] for word in imported(MODULES[name])}


RUN = [name for name in MODULES if is_run(name)]
# Stages end on a clear line through errors.run; the tools of make run before there are packages.
STAGES = [name for name in RUN if "errors" in tops(name)]


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


@pytest.mark.parametrize("name", MODULES)
def test_stages_and_tools_are_not_imported(name: str) -> None:
    assert not tops(name) & set(RUN)


@pytest.mark.parametrize("name", sorted(MODULES.keys() - CLIENTS))
def test_only_clients_open_sockets(name: str) -> None:
    used = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "make reads absolute imports only"
            used.add((node.module or "").split(".")[0])
    assert not used & SOCKETS


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is(name: str) -> None:
    assert (ast.get_docstring(tree(name)) or "").strip()


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_begins_with_the_function_that_bears_its_name(name: str) -> None:
    functions = [node.name for node in tree(name).body if isinstance(node, ast.FunctionDef)]
    assert functions[0] == name


def test_make_is_told_every_import() -> None:
    """What Python itself loads for a module is what make believes it depends on."""
    tool = [sys.executable, "-m", "pipeline.ops.imports", "pipeline"]
    told = subprocess.run(tool, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()
    believed = {
        name: {one.split(":")[1] for one in told if one.startswith(f"{name}:")} for name in MODULES
    }
    load = """
import importlib, sys
for name in sys.argv[1:]:
    for loaded in [one for one in sys.modules if one.split(".")[0] == "pipeline"]:
        del sys.modules[loaded]
    importlib.import_module("pipeline." + name)
    print(name, *(m.__file__ for one, m in sys.modules.items() if one.startswith("pipeline.")))
"""
    names = [name for name in MODULES if name != "__init__"]
    command = [sys.executable, "-c", load, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    loaded = {
        line.split()[0]: {Path(path).relative_to(ROOT).as_posix() for path in line.split()[1:]}
        for line in done.stdout.splitlines()
    }
    python = {name: {path for path in believed[name] if path.endswith(".py")} for name in names}
    assert loaded == python


def test_make_runs_every_stage_on_its_own_code() -> None:
    """Every module that is run has its place in the Makefile; a stage's rule names its code."""
    run = set(re.findall(r"pipeline\.(\w+)", MAKEFILE)) | set(
        re.findall(r"call run,(\w+)", MAKEFILE)
    )
    assert run == set(RUN)
    rules = re.split(r"\n(?=\S)", MAKEFILE.replace("\\\n", ""))
    conducted = {stage: rule for rule in rules for stage in re.findall(r"call run,(\w+)", rule)}
    assert set(conducted) == set(STAGES) - {"show", "verify"} - TOLD
    for stage, rule in conducted.items():
        # Editing code never downloads again.
        assert (f"$(call code,{stage})" in rule.splitlines()[0]) == (stage not in FETCHING), stage


@pytest.mark.parametrize("name", ["verify", *(n for n in MODULES if n.startswith("proof"))])
def test_the_second_witness_shares_no_code_with_the_stages(name: str) -> None:
    assert tops(name) <= {"errors", "proof"}


def test_data_beside_the_code_bear_a_modules_name() -> None:
    """So that make knows who reads them."""
    found = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    beside = [path for path in found if path.suffix != ".py"]
    data = [path for path in beside if path.parent.name != "borders"]
    assert data
    assert not [path.name for path in data if not path.with_suffix(".py").is_file()]


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


# The lock -----------------------------------------------------------------------------------------

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def locked() -> list[tuple[str, str, int]]:
    """Name, version and number of hashes of each package; one may stand there by Python version."""
    found: list[tuple[str, str, int]] = []
    for block in re.split(r"\n(?=[a-zA-Z])", LOCK):
        first = re.match(r"([\w.-]+)==([\w.!+]+)(?: ; [^\\]+)? \\\n", block)
        assert first, block.splitlines()[0]
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}(?= |$|\n)", block)
        found.append((canonicalize_name(first[1]), first[2], len(hashes)))
    return found


def test_the_lock_holds_every_dependency_with_its_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [
        one for extra in project["optional-dependencies"].values() for one in extra
    ]
    found = locked()
    assert all(hashes for *_, hashes in found)
    for text in wanted:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        versions = [version for package, version, _ in found if package == name]
        assert versions, text
        assert all(requirement.specifier.contains(version) for version in versions), text


def test_the_lock_names_no_other_place() -> None:
    lines = [line.strip() for line in LOCK.splitlines()]
    options = [line for line in lines if line.startswith("-") and not line.startswith("--hash=")]
    assert not options
    assert "://" not in LOCK
    assert " @ " not in LOCK
