"""The packages of a lock file: each held to one version and to the hashes of its files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipeline.core.errors import InputError, quoted

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
# Options of a requirements file that take packages from elsewhere, or a line that is no package.
OPTION = re.compile(r"-\S+")


@dataclass(frozen=True)
class Pin:
    """A package of a lock file; it applies if its marker suits the Python that reads it."""

    line: int
    name: str
    version: Version
    applies: bool


def read(lock: Path) -> tuple[list[Pin], list[str]]:
    """The packages of a lock file, and what is wrong with it.

    InputError if there is no such file, or it holds no package.
    """
    try:
        text = lock.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{lock}: no such file, expected a lock file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{lock}: not text in UTF-8 ({error})") from error
    pins: list[Pin] = []
    problems: list[str] = []
    for line, words in _entries(text):
        found = _pin(line, words)
        if isinstance(found, str):
            problems.append(f"{lock}, line {line}: {found}")
        else:
            pins.append(found)
            if problem := _unchecked(words):
                problems.append(f"{lock}, line {line}: {found.name}: {problem}")
    if not pins:
        raise InputError(f"{lock}: holds no package, expected a lock file")
    applying = [pin.name for pin in pins if pin.applies]
    twice = sorted({name for name in applying if applying.count(name) > 1})
    problems += [f"{lock}: {name} has two versions for this Python, expected one" for name in twice]
    return pins, problems


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Each entry with the number of its first line; continued lines are joined, comments left out.

    Text after a comment does not continue the entry.
    """
    first, words = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        first = first if words else number
        words += f" {bare.removesuffix(chr(92)).strip()}"
        if not bare.endswith("\\") and words.strip():
            yield first, words.strip()
        words = words if bare.endswith("\\") else ""
    if words.strip():
        yield first, words.strip()


def _pin(line: int, words: str) -> Pin | str:
    """The package of an entry, or what is wrong with it."""
    head = words.split("--hash", 1)[0].strip()
    if OPTION.match(head):
        return f"got the option {quoted(head)}, expected packages of the index alone"
    try:
        asked = Requirement(head)
    except InvalidRequirement:
        return f"got {quoted(head)}, expected a package, == and its version"
    if asked.url:
        return f"{asked.name} comes from an address, expected the index"
    versions = [one.version for one in asked.specifier if one.operator == "=="]
    if len(asked.specifier) != 1 or not versions or versions[0].endswith("*"):
        return f"{asked.name} is not held to one version, expected == and its version"
    applies = asked.marker is None or asked.marker.evaluate()
    return Pin(line, canonicalize_name(asked.name), Version(versions[0]), applies)


def _unchecked(words: str) -> str:
    """What is wrong with the hashes of an entry; empty if nothing is."""
    options = re.findall(r"(?<=\s)-\S+", words)
    if not options:
        return "no hash, expected the SHA-256 of each of its files"
    wrong = [one for one in options if not HASH.fullmatch(one)]
    return f"got {quoted(wrong[0])}, expected --hash=sha256: and 64 digits" if wrong else ""
