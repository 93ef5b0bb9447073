"""Audit the packages without a network: their hashes, licences, files, and known advisories."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from sysconfig import get_paths

from packaging.version import Version

from pipeline.core import parameters
from pipeline.core.terminal import printable
from pipeline.ops import advisories as osv
from pipeline.ops import installed as packages
from pipeline.ops import licences, pins
from pipeline.ops.advisories import Advisory
from pipeline.ops.pins import Pin

OLD_DAYS = parameters.number("advisories_old_days")


def audit(lock: Path, *, advisories: str = "", installed: Path | None = None) -> None:
    """Print what was looked at, and a line for each finding; status 1 if there is one.

    Parameters
    ----------
    lock
        The lock file.
    advisories
        A folder, a file or a zip file of advisories in OSV form; if empty, none are looked at.
    installed
        The folder of packages to look at; if not given, that of this Python.
    """
    held, findings = pins.read(lock)
    _say(f"{lock}: {len(held)} packages")
    folder = installed or Path(get_paths()["purelib"])
    found = sorted(distributions(path=[str(folder)]), key=lambda one: one.name.casefold())
    known_licences = licences.read()
    _say(f"{folder}: {len(found)} packages")
    findings += packages.unlike_the_lock(found, held, known_licences.beside)
    findings += packages.changed_files(found, folder)
    findings += licences.not_accepted(found, known_licences)
    if advisories:
        known = osv.read(Path(advisories))
        _say(_age(known, datetime.now(UTC)))
        findings += _known_faults(known, found, held)
    else:
        _say("advisories: not looked at; ADVISORIES= names a folder or zip file of them")
    for one in findings:
        _say(f"FOUND  {one}")
    if findings:
        sys.exit(f"error: the audit has {len(findings)} findings")
    _say("nothing found")


def _known_faults(
    known: Sequence[Advisory], found: Sequence[Distribution], held: Sequence[Pin]
) -> Iterator[str]:
    """Advisories on what the lock file names, for any Python, and on what is installed."""
    versions = {(pin.name, pin.version) for pin in held}
    versions |= {(packages.name_of(one), Version(one.version)) for one in found}
    for name, version in sorted(versions):
        for one in osv.applying(known, name, version):
            yield f"{name} {version}: {one}"


def _age(known: Sequence[Advisory], now: datetime) -> str:
    """How many advisories there are, and how old the newest is."""
    newest = max(one.modified for one in known)
    line = f"advisories: {len(known)}, the newest of {newest[:10] or 'an unknown day'}"
    try:
        days = (now - datetime.fromisoformat(newest)).days
    except (TypeError, ValueError):
        return line
    old = "; too old to rely on, get newer ones" if days > OLD_DAYS else ""
    return f"{line} ({days} days ago){old}"


def _say(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")
