"""What each module depends on, for `make`: a stage runs again when one of these files changes.

These are its own file, those of the modules it imports, and data files with a module's name, in its
folder or at the top of the package. They are read from the code, so no list can become outdated.
Standard library only: `make` runs this before .venv exists.
"""

import ast
import re
from pathlib import Path

# An import statement for the package; its names may be in brackets on several lines.
STATEMENT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+pipeline\b[^\n(]*(?:\([^)]*\))?", re.M)
PAGES = {".html", ".js", ".css", ".txt"}  # what a folder with a module's name may contain


def closure(folder: str) -> dict[str, list[str]]:
    """The files that each module of a package needs, itself included, by its dotted name."""
    root = Path(folder)
    files = {_dotted(path.relative_to(root)): path for path in sorted(root.rglob("*.py"))}
    del files[""]  # the package itself: a change of its docstring is no reason to run again
    direct = {
        name: {found for word in imported(path) if (found := _module(word, files))}
        | {name.rpartition(".")[0]} & files.keys()
        for name, path in files.items()
    }
    needed = {name: _with_data(path, root) for name, path in files.items()}
    return {
        name: [path for other in sorted(reached(name, direct)) for path in needed[other]]
        for name in sorted(files)
    }


def _with_data(path: Path, root: Path) -> list[str]:
    """A module's file, the tables with its name, and the pages, scripts and styles below it."""
    below = [one for one in path.with_suffix("").glob("*.*") if one.suffix in PAGES]
    found = [*path.parent.glob(f"{path.stem}.*"), *root.glob(f"{path.stem}.toml"), *below]
    return [one.as_posix() for one in sorted(found)]


def imported(path: Path) -> set[str]:
    """What the file imports from `pipeline`, anywhere in it, as dotted names below `pipeline`.

    Only its import statements are parsed, each by itself, since make reads every file in each run.
    If one cannot be parsed by itself, the whole file is parsed. A file that cannot be parsed
    imports nothing here: what needs it will fail, and name the line.
    """
    text = path.read_bytes()
    try:
        trees = [ast.parse(statement.strip()) for statement in STATEMENT.findall(text)]
    except (SyntaxError, ValueError):
        try:
            trees = [ast.parse(text)]
        except (SyntaxError, ValueError):
            return set()
    names = set()
    for statement in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            names |= {f"{statement.module}.{alias.name}" for alias in statement.names}
    return {name.removeprefix("pipeline.") for name in names if name.startswith("pipeline.")}


def _dotted(path: Path) -> str:
    """`cuts.flow` of cuts/flow.py, `cuts` of cuts/__init__.py."""
    return ".".join(part for part in path.with_suffix("").parts if part != "__init__")


def _module(word: str, files: dict[str, Path]) -> str | None:
    """The module that an imported name is, or that it is in."""
    while word and word not in files:
        word = word.rpartition(".")[0]
    return word or None


def reached(name: str, direct: dict[str, set[str]]) -> set[str]:
    """`name` and all that it imports, directly or through others."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(direct[current])
    return seen
