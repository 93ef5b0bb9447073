"""The claims: what claims.toml says of each, checked as a border file is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import config, parameters
from pipeline.core.config import expect_keys, is_number, texts, wrong
from pipeline.core.errors import InputError
from pipeline.measures.choices import CHOICES

PATH = Path(__file__).with_name("claims.toml")
SIDE = "supported_if_ratio"
SIDES = ("above 1", "below 1")
KINDS = ("comparison", "dependence")
FACTORS = ("barriers", "forces", "routes")
# How crossings that the data lack count: each as one more, or as ways that reach the second line,
# of which no more go on than that line has.
OMISSIONS = ("each adds one", "at most the second line")
# Between a choice of the first border and one of the second.
CROSSED = " / "

Settings = dict[str, str]


@dataclass(frozen=True)
class Rules:
    """The limits of the verdicts."""

    supported_share: float
    contradicted_share: float
    supported_swing: float
    contradicted_swing: float
    least_spread: float


@dataclass(frozen=True)
class Inventory:
    """Crossings of a mode and status that an inventory counts on a border, and its words."""

    border: str
    mode: str
    status: str
    crossings: int
    said: str
    source: str


@dataclass(frozen=True)
class Staff:
    """Officers on record for a border, and who they are."""

    officers: int
    said: str


@dataclass(frozen=True)
class Claim:
    """A claim, its kind, and in a sentence what is tested.

    A comparison has a `primary`; `variants` and `beside` name other choices, `more` further
    specifications by what differs from the primary, `also` other measures with a side of their own,
    which are shown and not counted, `instead` the mode that answers for one that is absent. A
    dependence has a `factor` and the demands that it is tested on, the first of which decides.
    `facts` are shown beside, without a side.
    """

    claim: str
    kind: str
    statement: str
    reading: str
    note: str
    side: str
    omissions: str
    factor: str
    demand: tuple[str, ...]
    primary: Settings
    variants: dict[str, list[str]]
    more: list[Settings]
    beside: dict[str, list[str]]
    also: list[Settings]
    instead: Settings
    facts: list[Settings]


@dataclass(frozen=True)
class Claims:
    """The claims in order, their rules, the two borders, and what was published about them."""

    borders: tuple[str, str]
    spoken_of: str
    rules: Rules
    official_length_km: dict[str, float]
    staff_on_record: dict[str, Staff]
    inventories: tuple[Inventory, ...]
    claims: tuple[Claim, ...]


def read(path: Path = PATH) -> Claims:
    """The claims file.

    Parameters
    ----------
    path : Path
        Another file than the project's own.

    Returns
    -------
    Claims
        What it says, names of parameters in braces replaced by their values.

    Raises
    ------
    InputError
        If the file is missing, is no TOML, or has an unknown, missing or wrong key, which is named.
    """
    table = config.read(path, "the claims")
    known = set(Claims.__dataclass_fields__)
    expect_keys(path, table, known, ("borders", "spoken_of", "rules"))
    borders = texts(path, table["borders"], "borders")
    if len(borders) != 2:
        raise wrong(path, "borders", borders, "two names")
    if table["spoken_of"] not in borders:
        raise wrong(path, "spoken_of", table["spoken_of"], f"one of {borders}")
    rows = table.get("claims")
    if not isinstance(rows, list) or not rows:
        raise wrong(path, "claims", rows, "one or more tables")
    claims = tuple(_claim(path, row) for row in rows)
    names = [claim.claim for claim in claims]
    if len(set(names)) < len(names):
        raise wrong(path, "claims.claim", names, "each claim once")
    return Claims(
        borders=(borders[0], borders[1]),
        spoken_of=table["spoken_of"],
        rules=_rules(path, table["rules"]),
        official_length_km=_lengths(path, table.get("official_length_km", {})),
        staff_on_record=_staff(path, table.get("staff_on_record", {})),
        inventories=_inventories(path, table.get("inventories", [])),
        claims=claims,
    )


def _rules(path: Path, found: Any) -> Rules:
    names = tuple(Rules.__dataclass_fields__)
    if not isinstance(found, dict):
        raise wrong(path, "rules", found, f"a table with {', '.join(names)}")
    expect_keys(path, found, names, names, "rules.")
    for name, value in found.items():
        if not is_number(value) or not 0 <= value <= 1:
            raise wrong(path, f"rules.{name}", value, "a number from 0 to 1")
    return Rules(**found)


def _lengths(path: Path, found: Any) -> dict[str, float]:
    if not isinstance(found, dict) or not all(map(is_number, found.values())):
        raise wrong(path, "official_length_km", found, "kilometres by border")
    return {border: float(value) for border, value in found.items()}


def _staff(path: Path, found: Any) -> dict[str, Staff]:
    if not isinstance(found, dict):
        raise wrong(path, "staff_on_record", found, "tables by border")
    for border, row in found.items():
        where = f"staff_on_record.{border}"
        if not isinstance(row, dict) or sorted(row) != ["officers", "said"]:
            raise wrong(path, where, row, "a table with officers and said")
        if not is_number(row["officers"]) or row["officers"] <= 0:
            raise wrong(path, f"{where}.officers", row["officers"], "a number above 0")
    return {border: Staff(int(row["officers"]), str(row["said"])) for border, row in found.items()}


def _inventories(path: Path, found: Any) -> tuple[Inventory, ...]:
    names = tuple(Inventory.__dataclass_fields__)
    for row in found if isinstance(found, list) else [found]:
        if not isinstance(row, dict):
            raise wrong(path, "inventories", row, f"tables with {', '.join(names)}")
        expect_keys(path, row, names, names, "inventories.")
        for name in ("mode", "status"):
            _expect_choice(path, f"inventories.{name}", name, row[name])
        if not isinstance(row["crossings"], int) or row["crossings"] < 1:
            raise wrong(path, "inventories.crossings", row["crossings"], "a number above 0")
    return tuple(Inventory(**row) for row in found)


TEXTS = ("claim", "kind", "statement", "reading", "note", SIDE, "omissions", "factor")
TABLES = ("primary", "variants", "beside", "instead")
LISTS = ("more", "also", "facts", "demand")
OF_KIND = {
    "comparison": {"primary", SIDE, "omissions", "variants", "more", "beside", "also", "instead"},
    "dependence": {"factor", "demand"},
}


def _claim(path: Path, row: Any) -> Claim:
    if not isinstance(row, dict) or not isinstance(row.get("claim"), str):
        raise wrong(path, "claims", row, "tables that each name their claim")
    where = f"{row['claim']}."
    kind = row.get("kind")
    if kind not in KINDS:
        raise wrong(path, f"{where}kind", kind, f"one of {KINDS}")
    known = {"claim", "kind", "statement", "reading", "note", "facts"} | OF_KIND[kind]
    needed = ("primary", SIDE) if kind == "comparison" else ("factor", "demand")
    expect_keys(path, row, known, ("statement", "reading", *needed), where)
    kinds = ((TEXTS, str, "a text"), (TABLES, dict, "a table"), (LISTS, list, "a list"))
    for keys, expected_kind, expected in kinds:
        for key in keys:
            if not isinstance(row.get(key, expected_kind()), expected_kind):
                raise wrong(path, where + key, row[key], expected)
    row = _filled(row)
    for key, allowed in ((SIDE, SIDES), ("omissions", OMISSIONS), ("factor", FACTORS)):
        if key in row and row[key] not in allowed:
            raise wrong(path, where + key, row[key], f"one of {allowed}")
    _expect_choices(path, row, where)
    _expect_others(path, row, where)
    return Claim(
        **{key: row.get(key, "") for key in TEXTS if key != SIDE},
        side=row.get(SIDE, ""),
        demand=tuple(row.get("demand", ())),
        **{key: row.get(key, {}) for key in TABLES},
        **{key: row.get(key, []) for key in LISTS if key != "demand"},
    )


def _filled(value: Any) -> Any:
    """The value with those of parameters in the place of their names in braces."""
    if isinstance(value, dict):
        return {key: _filled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part) for part in value]
    return parameters.filled(value) if isinstance(value, str) else value


def _expect_choices(path: Path, row: dict[str, Any], where: str) -> None:
    """The primary names known choices; variants and what stands beside, others of the primary's."""
    primary = row.get("primary", {})
    for name, value in primary.items():
        _expect_choice(path, f"{where}primary.{name}", name, value)
    for mode in [*row.get("instead", {}), *row.get("instead", {}).values()]:
        _expect_choice(path, f"{where}instead", "mode", mode)
    for demand in row.get("demand", []):
        _expect_choice(path, f"{where}demand", "demand", demand)
    for table, name in [(t, n) for t in ("variants", "beside") for n in row.get(t, {})]:
        key = f"{where}{table}.{name}"
        if name not in primary:
            raise InputError(f"{path}: unknown key {key}, expected one of {sorted(primary)}")
        values = texts(path, row[table][name], key)
        for value in values:
            _expect_choice(path, key, name, value)
            if value == primary[name] or values.count(value) > 1:
                raise wrong(path, key, value, "each choice once")


def _expect_others(path: Path, row: dict[str, Any], where: str) -> None:
    """Each of `more` differs from the primary; each of `also` has a side; facts have none."""
    primary = row.get("primary", {})
    lists = [(t, settings) for t in ("more", "also", "facts") for settings in row.get(t, [])]
    for table, settings in lists:
        if not isinstance(settings, dict) or not settings:
            raise wrong(path, where + table, settings, "a table of choices")
        for name, value in settings.items():
            if table == "more" and primary.get(name) in (None, value):
                raise wrong(path, f"{where}more.{name}", value, "another choice than the primary")
            if name != SIDE or table != "also":
                _expect_choice(path, f"{where}{table}.{name}", name, value)
        if table == "also" and settings.get(SIDE) not in SIDES:
            raise wrong(path, f"{where}also.{SIDE}", settings.get(SIDE), f"one of {SIDES}")


def _expect_choice(path: Path, key: str, name: str, value: object) -> None:
    if name not in CHOICES:
        raise InputError(f"{path}: unknown key {key}, expected one of {sorted(CHOICES)}")
    for part in value.split(CROSSED) if isinstance(value, str) else [value]:
        if name == "depth" and isinstance(part, str) and re.fullmatch(r"[+-]\d+(\.\d+)? km", part):
            continue
        if part not in CHOICES[name]:
            raise wrong(path, key, value, f"one of {CHOICES[name]}")
