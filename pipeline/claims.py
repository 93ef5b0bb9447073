"""The claims: what claims.toml says of each, and the verdict that the figures give."""

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import InputError

PATH = Path(__file__).with_name("claims.toml")
# Every choice that a figure may rest on, and what may be chosen; a depth is such as "+50 km".
CHOICES: dict[str, tuple[str, ...]] = {
    "measure": (
        "length",
        "crossings",
        "min_cut",
        "cordon",
        "extra_minutes",
        "cut_off_crossings",
        "cut_off_share",
        "first_two_share",
    ),
    "mode": ("road", "rail", "foot", "road and rail"),
    "ruler": ("2 km", "as drawn", "official"),
    "status": (
        "open",
        "official",
        "informal",
        "unmarked",
        "closed",
        "restricted",
        "open or restricted",
    ),
    "depth": ("deepest +", "deepest -"),
    "direction": ("directed", "undirected"),
    "third_countries": ("shut", "open"),
    "count": ("crossings", "links", "lanes", "sites", "10 km sites"),
    "per": ("border", "100 km"),
}
SIDES = ("above 1", "below 1")
SUPPORTED_SHARE, CONTRADICTED_SHARE = 0.9, 0.1  # of the variants that can be compared

Settings = dict[str, str]


@dataclass(frozen=True)
class Claim:
    """A claim; without `primary` it is not measured, and `not_measured` says why."""

    claim: str
    statement: str
    reading: str
    note: str
    side: str
    not_measured: str
    primary: Settings
    variants: dict[str, list[str]]
    beside: dict[str, list[str]]


@dataclass(frozen=True)
class Claims:
    """The claims in order, the two borders they compare, and the lengths to set beside."""

    borders: tuple[str, str]
    official_length_km: dict[str, float]
    claims: tuple[Claim, ...]


def read(path: Path = PATH) -> Claims:
    """The claims file; raises InputError that names an unknown or wrong key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected the claims") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML ({error})") from error
    _expect_keys(path, table, {"borders", "official_length_km", "claims"}, "")
    borders = _texts(path, table.get("borders"), "borders")
    if len(borders) != 2:
        raise _wrong(path, "borders", borders, "two names")
    lengths = table.get("official_length_km", {})
    if not isinstance(lengths, dict) or not all(type(v) in (int, float) for v in lengths.values()):
        raise _wrong(path, "official_length_km", lengths, "kilometres by border")
    rows = table.get("claims")
    if not isinstance(rows, list) or not rows:
        raise _wrong(path, "claims", rows, "one or more tables")
    claims = tuple(_claim(path, row) for row in rows)
    names = [claim.claim for claim in claims]
    if len(set(names)) < len(names):
        raise _wrong(path, "claims.claim", names, "each claim once")
    kilometres = {border: float(value) for border, value in lengths.items()}
    return Claims((borders[0], borders[1]), kilometres, claims)


def _wrong(path: Path, key: str, found: object, expected: str) -> InputError:
    return InputError(f"{path}: key {key}: got {found!r}, expected {expected}")


def _expect_keys(path: Path, table: Mapping[str, object], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise InputError(f"{path}: unknown key {where}{key}, expected one of {sorted(known)}")


def _texts(path: Path, value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise _wrong(path, key, value, "a list of texts")
    return value


TEXTS = ("claim", "statement", "reading", "note", "supported_if_ratio", "not_measured")
TABLES = ("primary", "variants", "beside")


def _claim(path: Path, row: Any) -> Claim:
    if not isinstance(row, dict) or not isinstance(row.get("claim"), str):
        raise _wrong(path, "claims", row, "tables that each name their claim")
    where = f"{row['claim']}."
    _expect_keys(path, row, {*TEXTS, *TABLES}, where)
    for keys, kind, expected in ((TEXTS, str, "a text"), (TABLES, dict, "a table")):
        for key in keys:
            if not isinstance(row.get(key, kind()), kind):
                raise _wrong(path, where + key, row[key], expected)
    if "statement" not in row:
        raise InputError(f"{path}: key {where}statement is missing, expected it to be there")
    if ("primary" in row) == ("not_measured" in row):
        raise _wrong(path, where + "primary", row.get("primary"), "it, or else not_measured")
    side = row.get("supported_if_ratio")
    if "primary" in row and side not in SIDES:
        raise _wrong(path, where + "supported_if_ratio", side, f"one of {SIDES}")
    _expect_choices(path, row, where)
    return Claim(
        claim=row["claim"],
        statement=row["statement"],
        reading=row.get("reading", ""),
        note=row.get("note", ""),
        side=side or "",
        not_measured=row.get("not_measured", ""),
        primary=row.get("primary", {}),
        variants=row.get("variants", {}),
        beside=row.get("beside", {}),
    )


def _expect_choices(path: Path, row: dict[str, Any], where: str) -> None:
    """The primary names known choices; variants and beside name others of the same ones."""
    primary = row.get("primary", {})
    for name, value in primary.items():
        _expect_choice(path, f"{where}primary.{name}", name, value)
    for table, name in [(t, n) for t in ("variants", "beside") for n in row.get(t, {})]:
        key = f"{where}{table}.{name}"
        if name not in primary:
            raise InputError(f"{path}: unknown key {key}, expected one of {sorted(primary)}")
        values = _texts(path, row[table][name], key)
        for value in values:
            _expect_choice(path, key, name, value)
            if value == primary[name] or values.count(value) > 1:
                raise _wrong(path, key, value, "each choice once")


def _expect_choice(path: Path, key: str, name: str, value: object) -> None:
    if name not in CHOICES:
        raise InputError(f"{path}: unknown key {key}, expected one of {sorted(CHOICES)}")
    if name == "depth" and isinstance(value, str) and re.fullmatch(r"[+-]\d+(\.\d+)? km", value):
        return
    if value not in CHOICES[name]:
        raise _wrong(path, key, value, f"one of {CHOICES[name]}")


def judge(claims: Claims, figures: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Each claim with its measures, verdict and why, as claims.json holds them.

    `figures` has for each border a frame with the columns of CHOICES ("" where a choice does not
    apply), `value` (NaN where absent), `unit` and `why_absent`. A measure is a dict of its choices,
    the value of each of the two borders, their ratio (None where it cannot be formed), `supports`
    (None where the two cannot be compared) and its `role`: primary, variant or beside.
    """
    known = {
        border: {
            tuple(row[name] for name in CHOICES): row for row in frame.to_dict(orient="records")
        }
        for border, frame in figures.items()
    }
    return [_judged(claim, claims.borders, known) for claim in claims.claims]


Known = dict[str, dict[tuple[str, ...], dict[str, Any]]]


def _judged(claim: Claim, borders: tuple[str, str], known: Known) -> dict[str, Any]:
    answer: dict[str, Any] = {"claim": claim.claim, "statement": claim.statement}
    answer |= {"reading": claim.reading, "supported_if_ratio": claim.side, "measures": []}
    if not claim.primary:
        return answer | {"verdict": "not measured", "why": claim.not_measured}
    answer["measures"] = [
        _measured(settings, role, claim.side, borders, known)
        for settings, role in _settings(claim)
        if any(border in known for border in borders)
    ]
    missing = [border for border in borders if border not in known]
    if missing:
        why = f"needs two borders, {' and '.join(missing)} not there"
        return answer | {"verdict": "not measured", "why": why}
    verdict, why = _verdict(claim, answer["measures"])
    return answer | {"verdict": verdict, "why": f"{why} {claim.note}".strip()}


def _settings(claim: Claim) -> list[tuple[Settings, str]]:
    """The primary, all combinations of the variants, and each choice beside it alone."""
    names = list(claim.primary)
    choices = [[claim.primary[name], *claim.variants.get(name, [])] for name in names]
    combined = [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*choices)]
    roles = ["primary", *["variant"] * (len(combined) - 1)]
    beside = [
        (claim.primary | {name: value}, "beside")
        for name, values in claim.beside.items()
        for value in values
    ]
    return [*zip(combined, roles, strict=True), *beside]


def _measured(
    settings: Settings, role: str, side: str, borders: tuple[str, str], known: Known
) -> dict[str, Any]:
    key = tuple(settings.get(name, "") for name in CHOICES)
    rows = [known.get(border, {}).get(key, {}) for border in borders]
    values = [row.get("value") for row in rows]
    numbers = [None if value is None or pd.isna(value) else float(value) for value in values]
    measure: dict[str, Any] = {"role": role, **settings}
    measure["unit"] = next((row["unit"] for row in rows if row), "")
    measure |= dict(zip(borders, numbers, strict=True))
    reasons = [
        f"{border}: {row.get('why_absent') or 'not stated'}"
        for border, row, number in zip(borders, rows, numbers, strict=True)
        if number is None
    ]
    first, second = numbers
    if first is None or second is None:
        return measure | {"ratio": None, "supports": None, "why_absent": "; ".join(reasons)}
    if first == second == 0:
        return measure | {"ratio": None, "supports": None, "why_absent": "0 on both"}
    supports = first > second if side == "above 1" else first < second
    if second == 0:
        return measure | {"ratio": None, "supports": supports, "why_absent": f"0 on {borders[1]}"}
    return measure | {"ratio": first / second, "supports": supports, "why_absent": None}


def _verdict(claim: Claim, measures: list[dict[str, Any]]) -> tuple[str, str]:
    """The verdict by the rule of claims.toml, and why in a sentence."""
    primary = measures[0]
    if primary["supports"] is None:
        return "not measured", f"The primary measure is absent ({primary['why_absent']})."
    counted = pd.DataFrame([m for m in measures if m["role"] != "beside"])
    compared = counted[counted["supports"].notna()]
    share = float(compared["supports"].astype(bool).mean())
    why = (
        f"The ratio lies {claim.side} in {int(compared['supports'].sum())} of {len(compared)} "
        f"variants{_range(compared['ratio'].dropna())}."
    )
    absent = len(counted) - len(compared)
    if absent:
        why += f" {absent} more cannot be compared."
    if share >= SUPPORTED_SHARE:
        return "supported", why
    if share <= CONTRADICTED_SHARE:
        return "contradicted", why
    choice, told = _telling_choice(claim, compared)
    return f"depends on {choice}", f"{why} {told}"


def _range(ratios: pd.Series) -> str:
    if ratios.empty:
        return ""
    return f", from {ratios.min():.3g} to {ratios.max():.3g}"


def _telling_choice(claim: Claim, compared: pd.DataFrame) -> tuple[str, str]:
    """The choice that best tells the two answers apart, by least Gini impurity; first of equals."""
    answers = compared["supports"].astype(bool)

    def impurity(name: str) -> float:
        shares = answers.groupby(compared[name]).transform("mean")
        return float((shares * (1 - shares)).mean())

    choice = min(claim.variants, key=impurity)
    order = [claim.primary[choice], *claim.variants[choice]]
    told = [
        f"{value} {int(group.sum())} of {len(group)}"
        for value in order
        if len(group := answers[compared[choice] == value])
    ]
    return choice.replace("_", " "), f"By {choice.replace('_', ' ')}: {', '.join(told)}."
