"""Compiled functions on disk are those of the code as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core import compiled

INNER = "import numba\n\n@numba.njit(cache=True)\ndef value():\n    return {}\n"
OUTER = """import numba
from drawn.inner import value

@numba.njit(cache=True)
def doubled():
    return 2 * value()
"""
RUN = "{drop}from drawn.outer import doubled; print(doubled())"
DROP = (
    "from pathlib import Path; from pipeline.core.compiled import drop_outdated;"
    " drop_outdated(Path('drawn')); "
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in which one compiled function calls that of another file."""
    folder = tmp_path / "drawn"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "inner.py").write_text(INNER.format(1))
    (folder / "outer.py").write_text(OUTER)
    return folder


def printed(package: Path, drop: str) -> str:
    """What a process prints that calls the outer function."""
    root = Path(compiled.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(drop=drop)],
        cwd=package.parent,
        env={"PYTHONPATH": f"{package.parent}:{root}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_change_in_a_file_that_is_called_is_seen(package: Path) -> None:
    """Without the check numba would print 2 again: it looks at the outer file alone."""
    assert printed(package, DROP) == "2"
    (package / "inner.py").write_text(INNER.format(5))
    assert printed(package, DROP) == "10"


def test_what_is_not_outdated_is_kept(package: Path) -> None:
    kept = package / "__pycache__/outer.doubled-5.py311.nbi"
    compiled.drop_outdated(package)
    kept.write_bytes(b"compiled")
    compiled.drop_outdated(package)
    assert kept.read_bytes() == b"compiled"
    (package / "inner.py").rename(package / "other.py")
    compiled.drop_outdated(package)
    assert not kept.exists()


def test_a_package_that_cannot_be_written_is_left_alone(package: Path) -> None:
    (package / "__pycache__").write_text("a file where the folder should be")
    compiled.drop_outdated(package)
    assert (package / "__pycache__").is_file()
