"""Read claims.toml and check it like a border file."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from pipeline.core import config, parameters
from pipeline.core.config import Number, Text, wrong
from pipeline.core.errors import InputError
from pipeline.measures.choices import CHOICES

PATH = Path(__file__).with_name("claims.toml")
SIDE = "supported_if_ratio"
SIDES = ("above 1", "below 1")
# How crossings that the data lack count: each adds one; or they only reach the second line, so that
# at most the value of the second line is possible.
Omissions = Literal["each adds one", "at most the second line", ""]
OMISSIONS = get_args(Omissions)
# Separates the choice of the first border from that of the second.
CROSSED = " / "

Settings = dict[str, str]
Kind = Literal["comparison", "dependence"]
Side = Literal["above 1", "below 1", ""]
Factor = Literal["barriers", "forces", "routes", ""]
Share = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]
Count = Annotated[int, Meta(gt=0, description="a whole number above 0")]
Texts = Annotated[tuple[str, ...], Meta(description="a list of texts")]
Choices = Annotated[Settings, Meta(min_length=1, description="a table of choices")]
OF_KIND = {
    "comparison": ("primary", SIDE, "omissions", "variants", "more", "beside", "also", "instead"),
    "dependence": ("factor", "demand"),
}
NEEDED = {"comparison": ("primary", SIDE), "dependence": ("factor", "demand")}


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of the verdicts."""

    supported_share: Share
    contradicted_share: Share
    supported_swing: Share
    contradicted_swing: Share
    least_spread: Share


class Inventory(Struct, frozen=True, forbid_unknown_fields=True):
    """Crossings of a mode and status that an inventory counts on a border, with its wording."""

    border: Text
    mode: str
    status: str
    crossings: Count
    label: Text
    source: Text


class Staff(Struct, frozen=True, forbid_unknown_fields=True):
    """Recorded number of officers at a border, and who they are."""

    officers: Count
    label: Text


class Claim(Struct, frozen=True, forbid_unknown_fields=True, rename={"side": SIDE}):
    """A claim, its kind, and the tested statement in one sentence.

    A comparison has a `primary`. `variants` and `beside` list other choices. `more` lists further
    specifications by their differences from the primary. `also` lists other measures, each with its
    own side, which are shown but not counted. `instead` is the mode to use if a mode is absent. A
    dependence has a `factor` and the demands for which it is tested; the first one decides. `facts`
    are shown beside it, without a side.
    """

    claim: Text
    kind: Kind
    statement: Text
    reading: Text
    note: str = ""
    side: Side = ""
    omissions: Omissions = ""
    factor: Factor = ""
    demand: Texts = ()
    primary: Choices = {}
    variants: Annotated[dict[str, Texts], Meta(description="lists of choices")] = {}
    more: Annotated[tuple[Choices, ...], Meta(description="a list of tables")] = ()
    beside: Annotated[dict[str, Texts], Meta(description="lists of choices")] = {}
    also: Annotated[tuple[Choices, ...], Meta(description="a list of tables")] = ()
    instead: Choices = {}
    facts: Annotated[tuple[Choices, ...], Meta(description="a list of tables")] = ()


class Claims(Struct, frozen=True, forbid_unknown_fields=True):
    """The claims in order, their rules, the two borders, and published figures about them.

    `after_results` lists choices that were made when results were already known.
    """

    borders: Annotated[tuple[str, str], Meta(description="two names")]
    spoken_of: str
    rules: Rules
    claims: Annotated[tuple[Claim, ...], Meta(min_length=1, description="one or more tables")]
    official_length_km: dict[str, Number] = {}
    staff_on_record: dict[str, Staff] = {}
    inventories: tuple[Inventory, ...] = ()
    after_results: Texts = ()


def read(path: Path = PATH) -> Claims:
    """Read the claims file.

    Parameters
    ----------
    path : Path
        A file to read instead of the project's own.

    Returns
    -------
    Claims
        Its content, with names of parameters in braces replaced by their values.

    Raises
    ------
    InputError
        If the file is missing or not TOML, or has an unknown, missing or wrong key, which is named.
    """
    table = _filled(config.table(path, "the claims"))
    rows = table.get("claims")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and "claim" in row:  # named by its claim if a key is wrong
            _expect_keys_of_kind(path, row, config.convert(path, row, Claim, str(row["claim"])))
    found = config.convert(path, table, Claims)
    if found.spoken_of not in found.borders:
        raise wrong(path, "spoken_of", found.spoken_of, f"one of {found.borders}")
    names = [claim.claim for claim in found.claims]
    if len(set(names)) < len(names):
        raise wrong(path, "claims.claim", names, "each claim once")
    for inventory in found.inventories:
        for name in ("mode", "status"):
            _expect_choice(path, f"inventories.{name}", name, getattr(inventory, name))
    for claim in found.claims:
        _expect_choices(path, claim, f"{claim.claim}.")
        _expect_others(path, claim, f"{claim.claim}.")
    return found


def _expect_keys_of_kind(path: Path, row: dict[str, Any], claim: Claim) -> None:
    """Refuse a key that belongs to another kind of claim, and a missing key of its own kind."""
    other = "dependence" if claim.kind == "comparison" else "comparison"
    for key in OF_KIND[other]:
        if key in row:
            raise InputError(f"{path}: unknown key {claim.claim}.{key}, expected none of {other}")
    for key in NEEDED[claim.kind]:
        if key not in row:
            raise InputError(f"{path}: key {claim.claim}.{key} is missing, expected it to be there")


def _filled(value: Any) -> Any:
    """The value, with names of parameters in braces replaced by their values."""
    if isinstance(value, dict):
        return {key: _filled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part) for part in value]
    return parameters.filled(value) if isinstance(value, str) else value


def _expect_choices(path: Path, claim: Claim, where: str) -> None:
    """Check that the primary has known choices, and variants and beside other options of these."""
    for name, value in claim.primary.items():
        _expect_choice(path, f"{where}primary.{name}", name, value)
    for mode in [*claim.instead, *claim.instead.values()]:
        _expect_choice(path, f"{where}instead", "mode", mode)
    for demand in claim.demand:
        _expect_choice(path, f"{where}demand", "demand", demand)
    tables = (("variants", claim.variants), ("beside", claim.beside))
    for table, name, values in [(t, n, v) for t, rows in tables for n, v in rows.items()]:
        key = f"{where}{table}.{name}"
        if name not in claim.primary:
            known = sorted(claim.primary)
            raise InputError(f"{path}: unknown key {key}, expected one of {known}")
        for value in values:
            _expect_choice(path, key, name, value)
            if value == claim.primary[name] or values.count(value) > 1:
                raise wrong(path, key, value, "each choice once")


def _expect_others(path: Path, claim: Claim, where: str) -> None:
    """Check that each of `more` differs from the primary, each of `also` has a side, facts none."""
    lists = (("more", claim.more), ("also", claim.also), ("facts", claim.facts))
    for table, settings in [(table, one) for table, rows in lists for one in rows]:
        for name, value in settings.items():
            if table == "more" and claim.primary.get(name) in (None, value):
                raise wrong(
                    path, f"{where}more.{name}", value, "a choice that differs from the primary"
                )
            if name != SIDE or table != "also":
                _expect_choice(path, f"{where}{table}.{name}", name, value)
        if table == "also" and settings.get(SIDE) not in SIDES:
            raise wrong(path, f"{where}also.{SIDE}", settings.get(SIDE), f"one of {SIDES}")


def _expect_choice(path: Path, key: str, name: str, value: str) -> None:
    if name not in CHOICES:
        raise InputError(f"{path}: unknown key {key}, expected one of {sorted(CHOICES)}")
    for part in value.split(CROSSED):
        if name == "depth" and re.fullmatch(r"[+-]\d+(\.\d+)? km", part):
            continue
        if part not in CHOICES[name]:
            raise wrong(path, key, value, f"one of {CHOICES[name]}")
