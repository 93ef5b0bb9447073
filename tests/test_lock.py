"""The lock file has every needed package, each with its hashes, from the package index only."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


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
