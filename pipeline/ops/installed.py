"""Installed packages: whether they are those of the lock file, and unchanged."""

import base64
import csv
import hashlib
from collections.abc import Collection, Iterator, Sequence
from importlib.metadata import Distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from pipeline.core.errors import quoted
from pipeline.ops.pins import Pin

SUMS = ("sha256", "sha384", "sha512")  # hashes that a record may have


def name_of(one: Distribution) -> str:
    """The name of a package as the index compares names."""
    return canonicalize_name(one.name)


def unlike_the_lock(
    found: Sequence[Distribution], pins: Sequence[Pin], beside: Collection[str]
) -> Iterator[str]:
    """What is installed twice, in another version, not at all, or though the lock lacks it."""
    wanted = {pin.name: str(pin.version) for pin in pins if pin.applies}
    names = [name_of(one) for one in found]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"{name}: installed {names.count(name)} times, expected once"
    for one in found:
        name = name_of(one)
        if name not in wanted and name not in beside:
            yield f"{name} {one.version}: installed, but not in the lock file"
        elif name in wanted and one.version != wanted[name]:
            yield f"{name}: version {one.version} is installed, expected {wanted[name]}"
    for name in sorted(wanted.keys() - set(names)):
        yield f"{name} {wanted[name]}: not installed"


def changed_files(found: Sequence[Distribution], folder: Path) -> Iterator[str]:
    """Files that are missing, are not as their package recorded them, or belong to no package."""
    recorded: set[Path] = set()
    for one in found:
        record = one.read_text("RECORD")
        if record is None:
            yield f"{name_of(one)}: has no list of its files (RECORD), expected one"
            continue
        for path, digest, *_ in filter(None, csv.reader(record.splitlines())):
            at = Path(str(one.locate_file(path))).resolve()
            recorded.add(at)
            if not _is_compiled(at) and (problem := _changed(at, digest)):
                yield f"{name_of(one)}: {at}: {problem}"
    for at in sorted(folder.rglob("*")):
        if at.is_file() and not _is_compiled(at) and at.resolve() not in recorded:
            yield f"{at}: belongs to no package"


def _is_compiled(path: Path) -> bool:
    """Whether Python itself has written a file, or writes it anew over one that was delivered."""
    return path.parent.name == "__pycache__"


def _changed(path: Path, digest: str) -> str:
    """What is wrong with a file that has a hash in a record; empty if nothing is."""
    if not digest:  # the record itself
        return ""
    kind, _, wanted = digest.partition("=")
    if kind not in SUMS:
        return f"got a hash of kind {quoted(kind)}, expected one of {', '.join(SUMS)}"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, kind).digest()
    except FileNotFoundError:
        return "missing"
    is_same = base64.urlsafe_b64encode(found).decode("ascii").rstrip("=") == wanted
    return "" if is_same else "not as it was installed, its hash is another"
