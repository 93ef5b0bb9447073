"""What each module depends on, told to `make`: a stage runs again when one of these files changes.

They are the module's own, those of the modules it imports, and data that bear a module's name. Read
from the syntax tree, so that no list of them can rot. Standard library only: `make` asks before
.venv is there.
"""

import ast
import sys
from pathlib import Path


def tell(folder: str) -> None:
    """Print a word `module:file` for each module and each file it needs, itself included."""
    files = {path.stem: path for path in sorted(Path(folder).glob("*.py"))}
    direct = {name: imported(path) & files.keys() for name, path in files.items()}
    for name in files:
        for other in sorted(reached(name, direct)):
            for path in sorted(Path(folder).glob(f"{other}.*")):
                sys.stdout.write(f"{name}:{path.as_posix()}\n")


def imported(path: Path) -> set[str]:
    """Names of the modules of `pipeline` that the file imports, wherever in it.

    None for a file that does not parse: what needs it will fail, and name the line.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    names = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            names |= {f"{statement.module}.{alias.name}" for alias in statement.names}
    return {name.split(".")[1] for name in names if name.startswith("pipeline.")}


def reached(name: str, direct: dict[str, set[str]]) -> set[str]:
    """`name` and all that it imports, also through others."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(direct[current])
    return seen


if __name__ == "__main__":
    tell(sys.argv[1])
