"""Advisories on packages in OSV form, from a folder, a file or a zip file; no network is used.

Which versions an advisory affects follows the rules of the format
(https://ossf.github.io/osv-schema/#evaluation).
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pipeline.core.errors import InputError

ECOSYSTEM = "PyPI"
MOST_BYTES = 32 << 20  # of one advisory; a zip file may claim any size


class Event(Struct):
    """A version from which on something changes; one of the keys is given."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    limit: str = ""


class Range(Struct):
    """Versions, by events."""

    type: str = ""
    events: tuple[Event, ...] = ()


class Package(Struct):
    """A package of an ecosystem."""

    ecosystem: str = ""
    name: str = ""


class Affected(Struct):
    """Versions of a package: those that are named, and those of the ranges."""

    package: Package | None = None
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()


class Advisory(Struct):
    """An advisory."""

    id: str
    modified: str = ""
    withdrawn: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()
    affected: tuple[Affected, ...] = ()


def read(place: Path) -> list[Advisory]:
    """The advisories on packages of the index, without those that were withdrawn.

    InputError if there is no such place, one of them cannot be read, or none is there.
    """
    found = [one for one in _all(place) if not one.withdrawn and any(map(_concerned, one.affected))]
    if not found:
        raise InputError(f"{place}: holds no advisory on {ECOSYSTEM}, expected OSV files of it")
    return found


def _concerned(part: Affected) -> str | None:
    """The name of the package, as the index compares names; None for another ecosystem's."""
    package = part.package
    if package is None or package.ecosystem.split(":")[0] != ECOSYSTEM:
        return None
    return canonicalize_name(package.name)


def _all(place: Path) -> Iterator[Advisory]:
    if place.is_dir():
        for path in sorted(place.rglob("*.json")):
            yield _advisory(str(path), path.read_bytes())
    elif place.suffix == ".zip" and place.is_file():
        yield from _zipped(place)
    elif place.is_file():
        yield _advisory(str(place), place.read_bytes())
    else:
        raise InputError(f"ADVISORIES={place}: no such file, expected a folder or zip file")


def _zipped(place: Path) -> Iterator[Advisory]:
    try:
        with zipfile.ZipFile(place) as whole:
            for name in sorted(whole.namelist()):
                if name.endswith(".json"):
                    with whole.open(name) as file:
                        yield _advisory(f"{place}: {name}", file.read(MOST_BYTES + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{place}: not readable as a zip file ({error})") from error


def _advisory(where: str, content: bytes) -> Advisory:
    if len(content) > MOST_BYTES:
        raise InputError(f"{where}: more than {MOST_BYTES >> 20} MB, expected one advisory")
    try:
        return msgspec.json.decode(content, type=Advisory)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not an advisory in OSV form ({error})") from error


def applying(known: Iterable[Advisory], name: str, version: Version) -> Iterator[str]:
    """A sentence for each advisory that affects a version of a package.

    An advisory whose versions cannot be read counts: silence would be taken for safety.
    """
    for one in known:
        mine = [part for part in one.affected if _concerned(part) == name]
        if not mine:
            continue
        try:
            is_affected = any(affects(part, version) for part in mine)
        except InvalidVersion as error:
            yield f"{_named(one)}: its versions cannot be read ({error}), look at it"
            continue
        if is_affected:
            yield f"{_named(one)}{_mended(mine, version)}"


def affects(part: Affected, version: Version) -> bool:
    """Whether a version is among those that an advisory names, or in one of its ranges.

    All versions are if it states none.
    """
    ranges = [one for one in part.ranges if one.type != "GIT"]
    if not ranges and not part.versions:
        return True
    return _is_named(part.versions, version) or any(_holds(one, version) for one in ranges)


def _is_named(names: Iterable[str], version: Version) -> bool:
    for name in names:
        try:
            if Version(name) == version:
                return True
        except InvalidVersion:  # an old wording, which no lock can name
            continue
    return False


def _holds(one: Range, version: Version) -> bool:
    limits = [event.limit for event in one.events if event.limit]
    if limits and not any(limit == "*" or version < Version(limit) for limit in limits):
        return False
    holds = False
    for at, is_after, begins in sorted(_steps(one)):
        if version > at or (version == at and not is_after):
            holds = begins
    return holds


def _steps(one: Range) -> Iterator[tuple[Version, bool, bool]]:
    """Each event: its version, whether it counts only behind it, and if affected ones begin."""
    for event in one.events:
        if event.introduced:
            yield Version("0.dev0" if event.introduced == "0" else event.introduced), False, True
        elif event.fixed:
            yield Version(event.fixed), False, False
        elif event.last_affected:
            yield Version(event.last_affected), True, False


def _mended(parts: Iterable[Affected], version: Version) -> str:
    fixed = [
        Version(event.fixed)
        for part in parts
        for one in part.ranges
        if one.type != "GIT"
        for event in one.events
        if event.fixed
    ]
    later = sorted(one for one in fixed if one > version)
    return f"; {later[0]} mends it" if later else "; no version mends it"


def _named(one: Advisory) -> str:
    other = f" ({', '.join(one.aliases)})" if one.aliases else ""
    return f"{one.id}{other}: {' '.join(one.summary.split()) or 'no summary'}"
