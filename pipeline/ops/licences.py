"""Licences of installed packages: those that are accepted, and the exceptions with their reason."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import Distribution
from pathlib import Path

from msgspec import Struct

from pipeline.core import config
from pipeline.core.config import Text
from pipeline.core.errors import quoted
from pipeline.ops.installed import name_of

PATH = Path(__file__).with_suffix(".toml")
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


def read() -> Licences:
    """The table of licences."""
    return config.read(PATH, "the licences that are accepted", Licences)


def not_accepted(found: Sequence[Distribution], known: Licences) -> Iterator[str]:
    """Packages whose licence is neither accepted nor the one that their exception names."""
    for one in found:
        licence = _licence(one)
        exception = known.other.get(name_of(one))
        if exception and exception.licence == licence:
            continue
        if not _is_accepted(licence, known.accepted):
            stated = f"licence {quoted(licence)}" if licence else "states no licence"
            yield f"{name_of(one)}: {stated}, expected one that licences.toml accepts"


def _licence(one: Distribution) -> str:
    """The licence as an expression, else by the classifiers, else the name in its own field."""
    metadata: Mapping[str, str] = one.metadata  # type: ignore[assignment]
    if expression := metadata.get("License-Expression"):
        return expression
    classifiers = one.metadata.get_all("Classifier") or []
    named = [
        line.rpartition("::")[2].strip() for line in classifiers if line.startswith("License ::")
    ]
    if named := [name for name in named if name != "OSI Approved"]:
        return "; ".join(named)
    field = metadata.get("License") or ""
    return field if len(field) <= NAME_LENGTH else ""


def _is_accepted(licence: str, accepted: Collection[str]) -> bool:
    """Whether all names of a licence are accepted: of alternatives (OR), too, each must be."""
    names = [licence]
    if licence not in accepted:
        names = [one.strip("() ") for one in re.split(r"; | AND | OR | WITH ", licence)]
    return all(name in accepted for name in names)
