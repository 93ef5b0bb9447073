"""The verdict that the figures of two borders give on each claim, and why."""

import itertools
from typing import Any

import pandas as pd

from pipeline.measures.claims import CHOICES, SIDE, Claim, Claims, Settings

SUPPORTED_SHARE, CONTRADICTED_SHARE = 0.9, 0.1  # of the variants that can be compared

Known = dict[str, dict[tuple[str, ...], dict[str, Any]]]


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


def _judged(claim: Claim, borders: tuple[str, str], known: Known) -> dict[str, Any]:
    answer: dict[str, Any] = {"claim": claim.claim, "statement": claim.statement}
    answer |= {"reading": claim.reading, SIDE: claim.side, "measures": []}
    if not claim.primary:
        return answer | {"verdict": "not measured", "why": claim.not_measured}
    answer["measures"] = [
        _measured(settings, role, side, borders, known)
        for settings, role, side in _settings(claim)
        if any(border in known for border in borders)
    ]
    missing = [border for border in borders if border not in known]
    if missing:
        why = f"needs two borders, {' and '.join(missing)} not there"
        return answer | {"verdict": "not measured", "why": why}
    verdict, why = _verdict(claim, borders, answer["measures"])
    return answer | {"verdict": verdict, "why": f"{why} {claim.note}".strip()}


def _settings(claim: Claim) -> list[tuple[Settings, str, str]]:
    """Settings, role and side: primary, all combinations of variants, more; then what stands by."""
    names = list(claim.primary)
    choices = [[claim.primary[name], *claim.variants.get(name, [])] for name in names]
    combined = [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*choices)]
    counted = [*combined, *(claim.primary | other for other in claim.more)]
    roles = ["primary", *["variant"] * (len(counted) - 1)]
    beside = [
        (claim.primary | {name: value}, "beside", claim.side)
        for name, values in claim.beside.items()
        for value in values
    ]
    also = [
        ({name: value for name, value in other.items() if name != SIDE}, "beside", other[SIDE])
        for other in claim.also
    ]
    return [*zip(counted, roles, itertools.repeat(claim.side)), *beside, *also]


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


def _verdict(
    claim: Claim, borders: tuple[str, str], measures: list[dict[str, Any]]
) -> tuple[str, str]:
    """The verdict by the rule of claims.toml, and why in a sentence."""
    primary = measures[0]
    if primary["supports"] is None:
        return "not measured", f"The primary measure is absent ({primary['why_absent']})."
    counted = pd.DataFrame([m for m in measures if m["role"] != "beside"])
    compared = counted[counted["supports"].notna()]
    share = float(compared["supports"].astype(bool).mean())
    first, second = (f"{border} {primary[border]:,.6g}" for border in borders)
    ratio = "" if primary["ratio"] is None else f", ratio {primary['ratio']:.3g}"
    why = (
        f"{first}, {second} {primary['unit']}{ratio}. It lies {claim.side} in "
        f"{int(compared['supports'].sum())} of {len(compared)} "
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
    if ratios.min() == ratios.max():
        return f", {ratios.min():.3g} in each"
    return f", from {ratios.min():.3g} to {ratios.max():.3g}"


def _telling_choice(claim: Claim, compared: pd.DataFrame) -> tuple[str, str]:
    """The choice that best tells the two answers apart, by least Gini impurity; first of equals."""
    answers = compared["supports"].astype(bool)

    def impurity(name: str) -> float:
        shares = answers.groupby(compared[name]).transform("mean")
        return float((shares * (1 - shares)).mean())

    choice = min((n for n in claim.primary if len(set(compared[n])) > 1), key=impurity)
    order = compared[choice].drop_duplicates()
    told = [
        f"{value} {int(group.sum())} of {len(group)}"
        for value in order
        for group in [answers[compared[choice] == value]]
    ]
    return choice.replace("_", " "), f"By {choice.replace('_', ' ')}: {', '.join(told)}."
