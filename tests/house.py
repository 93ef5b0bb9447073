"""The modules of the package, parsed, for tests of the rules for code."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.core import stages as table

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
STAGES, TOOLS = table.read()


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
