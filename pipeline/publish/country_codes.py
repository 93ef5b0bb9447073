"""ISO 3166-1 alpha-3 and Correlates of War codes of the countries that borders lie between."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.core import config

_TABLE = config.read(
    Path(__file__).with_suffix(".toml"), "codes of countries", dict[str, tuple[str, int]]
)
SOURCE = "Correlates of War Project, State System Membership, version 2016"


@dataclass(frozen=True)
class Codes:
    """A country's codes; None where it has no such code."""

    iso2: str
    iso3: str | None
    cow: int | None


def codes(iso2: str) -> Codes:
    """The codes of a country by its ISO 3166-1 alpha-2 code.

    Parameters
    ----------
    iso2
        As in border files; a code that is not a country's has no other codes.

    Returns
    -------
    Codes
        With the Correlates of War code if the state is a member of that system.
    """
    iso3, cow = _TABLE.get(iso2, (None, 0))
    return Codes(iso2, iso3, cow or None)
