"""Installed packages: whether they are those of the lock file, unchanged, and their licences."""

import base64
import csv
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import Distribution
from pathlib import Path

from msgspec import Struct
from packaging.utils import canonicalize_name

from pipeline.core.config import Text
from pipeline.core.errors import quoted
from pipeline.ops.pins import Pin

SUMS = ("sha256", "sha384", "sha512")  # hashes that a record may have
NAME_LENGTH = 60  # characters; a longer text is a licence, not its name


class Other(Struct, frozen=True, forbid_unknown_fields=True):
    """A package whose licence is not accepted in general, and why it may be used."""

    licence: Text
    reason: Text


class Licences(Struct, frozen=True, forbid_unknown_fields=True):
    """The licences that packages may have."""

    accepted: tuple[Text, ...]
    beside: tuple[Text, ...]
    other: dict[str, Other]


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
        for path, told, *_ in filter(None, csv.reader(record.splitlines())):
            at = Path(str(one.locate_file(path))).resolve()
            recorded.add(at)
            if not _is_compiled(at) and (problem := _changed(at, told)):
                yield f"{name_of(one)}: {at}: {problem}"
    for at in sorted(folder.rglob("*")):
        if at.is_file() and not _is_compiled(at) and at.resolve() not in recorded:
            yield f"{at}: belongs to no package"


def _is_compiled(path: Path) -> bool:
    """Whether Python itself has written a file, or writes it anew over one that was delivered."""
    return path.parent.name == "__pycache__"


def _changed(path: Path, told: str) -> str:
    """What is wrong with a file that has a hash in a record; empty if nothing is."""
    if not told:  # the record itself
        return ""
    kind, _, wanted = told.partition("=")
    if kind not in SUMS:
        return f"got a hash of kind {quoted(kind)}, expected one of {', '.join(SUMS)}"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, kind).digest()
    except FileNotFoundError:
        return "missing"
    is_same = base64.urlsafe_b64encode(found).decode("ascii").rstrip("=") == wanted
    return "" if is_same else "not as it was installed, its hash is another"


def licences_not_accepted(found: Sequence[Distribution], known: Licences) -> Iterator[str]:
    """Packages whose licence is neither accepted nor the one that their exception names."""
    for one in found:
        licence = _licence(one)
        exception = known.other.get(name_of(one))
        if exception and exception.licence == licence:
            continue
        if not _is_accepted(licence, known.accepted):
            told = f"licence {quoted(licence)}" if licence else "states no licence"
            yield f"{name_of(one)}: {told}, expected one that licences.toml accepts"


def _licence(one: Distribution) -> str:
    """The licence as an expression, else by the classifiers, else the name in its own field."""
    told: Mapping[str, str] = one.metadata  # type: ignore[assignment]
    if expression := told.get("License-Expression"):
        return expression
    classifiers = one.metadata.get_all("Classifier") or []
    named = [
        line.rpartition("::")[2].strip() for line in classifiers if line.startswith("License ::")
    ]
    if named := [name for name in named if name != "OSI Approved"]:
        return "; ".join(named)
    field = told.get("License") or ""
    return field if len(field) <= NAME_LENGTH else ""


def _is_accepted(licence: str, accepted: Collection[str]) -> bool:
    """Whether all names of a licence are accepted: of alternatives (OR), too, each must be."""
    names = [licence]
    if licence not in accepted:
        names = [one.strip("() ") for one in re.split(r"; | AND | OR | WITH ", licence)]
    return all(name in accepted for name in names)
