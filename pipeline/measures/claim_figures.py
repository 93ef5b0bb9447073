"""The figures of comparison.csv that a claim uses: its settings, their rows and values."""

import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.measures import choices, dependence
from pipeline.measures.claims import CROSSED, SIDE, Claim, Claims, Settings

# Rows of comparison.csv by border, mode and measure, possibly with `why_absent`.
Published = Mapping[tuple[str, str, str], Mapping[str, Any]]
Measured = dict[str, Any]


def settings_of(claim: Claim) -> list[tuple[Settings, str, str]]:
    """Settings, role and side: primary, combinations of variants, more; then those shown beside.

    Parameters
    ----------
    claim : Claim
        A claim of claims.toml.

    Returns
    -------
    list of (dict of str to str, str, str)
        The choices, their role (primary, variant or beside) and the claimed side of 1.
    """
    if not claim.primary:
        return []
    names = list(claim.primary)
    options = [[claim.primary[name], *claim.variants.get(name, [])] for name in names]
    combined = [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*options)]
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


def asked(claims: Claims) -> set[tuple[str, str, str]]:
    """The figures that the claims use.

    Parameters
    ----------
    claims : Claims
        Content of claims.toml.

    Returns
    -------
    set of (str, str, str)
        Border, mode and measure of each, as in comparison.csv, whether such a row exists or not.
    """
    settings = [
        one
        for claim in claims.claims
        for one in [*claim.facts, *(chosen for chosen, _, _ in settings_of(claim))]
    ]
    return {
        (border, own.get("mode", ""), choices.key(own))
        for one in settings
        for place, border in enumerate(claims.borders)
        for own in [_owned(one, place)]
    } | dependence.asked(claims)


def measured(
    settings: Settings,
    role: str,
    side: str,
    borders: tuple[str, str],
    published: Published,
    claim: Claim | None = None,
) -> Measured:
    """The figures of both borders for given settings, and whether they support the claim.

    Parameters
    ----------
    settings : dict of str to str
        Choices; for a choice such as `a / b` the first border uses a, the second b.
    role : str
        primary, variant, beside or fact.
    side : str
        The side of 1 on which the ratio of the borders supports the claim; empty for none.
    borders : tuple of str
        Names of the two borders.
    published : mapping
        Rows of comparison.csv by (border, mode, measure).
    claim : Claim, optional
        The claim, if another network may be used for a border without a network of the mode.

    Returns
    -------
    dict
        A measure as `verdict.judge` describes it, without `distinct`.
    """
    rows = [rows_of(settings, place, border, published) for place, border in enumerate(borders)]
    measure: Measured = {"role": role, **settings}
    other = claim.instead.get(settings.get("mode", "")) if claim else None
    if claim and other and any(value(row) is None for row in rows):
        # For a border without such a network, the network of both modes is used.
        asked = claim.primary | {"mode": other, "depth": settings["depth"]}
        rows = [rows_of(asked, place, border, published) for place, border in enumerate(borders)]
        measure["answered_by"] = other
    first, second = map(value, rows)
    measure["unit"] = next((row["unit"] for row in rows if row), "")
    measure |= {borders[0]: first, borders[1]: second, "ratio": None, "supports": None}
    measure["why_absent"] = "; ".join(
        f"{border}: {row.get('why_absent') or 'not stated'}"
        for border, row in zip(borders, rows, strict=True)
        if value(row) is None
    )
    if first is None or second is None:
        return measure
    if first == second == 0:
        return measure | {"why_absent": "0 on both"}
    if side:
        measure["supports"] = first > second if side == "above 1" else first < second
    if second == 0:
        return measure | {"why_absent": f"0 on {borders[1]}"}
    return measure | {"ratio": first / second, "why_absent": None}


def rows_of(settings: Settings, place: int, border: str, published: Published) -> Mapping[str, Any]:
    """The row of comparison.csv for a border's figure with these settings; empty if there is none.

    Parameters
    ----------
    settings : dict of str to str
        Choices; for a choice such as `a / b` the first border uses a, the second b.
    place : int
        0 for the first border, 1 for the second.
    border : str
        Name of the border.
    published : mapping
        Rows of comparison.csv by (border, mode, measure).

    Returns
    -------
    mapping
        The row.
    """
    own = _owned(settings, place)
    return published.get((border, own.get("mode", ""), choices.key(own)), {})


def _owned(settings: Settings, place: int) -> Settings:
    """The choices of one of the two borders."""
    own = {}
    for name, chosen in settings.items():
        parts = chosen.split(CROSSED)
        own[name] = parts[place] if len(parts) == 2 else chosen
    return own


def value(row: Mapping[str, Any]) -> float | None:
    """The value of a row of comparison.csv; None if it is absent.

    Parameters
    ----------
    row : mapping
        A row; may be empty.

    Returns
    -------
    float or None
        Its value.
    """
    found = row.get("value")
    return None if found is None or found == "" or pd.isna(found) else float(found)
