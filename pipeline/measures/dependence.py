"""Verdicts on claims that success depends on a factor, by the swing of the share stopped."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.numbers import DIFFERENCE, is_absent, number, points
from pipeline.measures import choices
from pipeline.measures.claims import Claim, Claims

Published = Mapping[tuple[str, str, str], Mapping[str, Any]]


def swings(claim: Claim, borders: tuple[str, str], published: Published) -> list[dict[str, Any]]:
    """The swing and Shapley effect of the factor, for each demand; the first swing decides.

    Parameters
    ----------
    claim : Claim
        A claim of kind dependence.
    borders : tuple of str
        The two borders.
    published : mapping
        Rows of comparison.csv by (border, mode, measure).

    Returns
    -------
    list of dict
        Measures of the claim, without a side.
    """
    measures: list[dict[str, Any]] = []
    for measure in ("success_swing", "success_shapley"):
        for demand in claim.demand:
            chosen = {"measure": measure, "of": claim.factor, "demand": demand}
            rows = [published.get((border, "", choices.key(chosen)), {}) for border in borders]
            role = "beside" if measures else "primary"
            unit = DIFFERENCE if measure == "success_swing" else "share"
            found: dict[str, Any] = {"role": role, **chosen, "unit": unit}
            found |= {border: _value(row) for border, row in zip(borders, rows, strict=True)}
            found |= {"ratio": None, "supports": None}
            absent = any(_value(row) is None for row in rows)
            measures.append(found | {"why_absent": _why(rows) if absent else None})
    return measures


def asked(claims: Claims) -> set[tuple[str, str, str]]:
    """The figures that claims of this kind use.

    Parameters
    ----------
    claims : Claims
        The claims.

    Returns
    -------
    set of (str, str, str)
        Border, mode and measure of each, as in comparison.csv.
    """
    return {
        (border, "", choices.key({"measure": measure, "of": of, "demand": demand}))
        for claim in claims.claims
        for demand in claim.demand
        for border in claims.borders
        for measure, of in (
            ("success_swing", claim.factor),
            ("success_shapley", claim.factor),
            ("success_share", ""),
        )
    }


def _value(row: Mapping[str, Any]) -> float | None:
    return None if is_absent(row.get("value")) else float(row["value"])


def _why(rows: list[Mapping[str, Any]]) -> str:
    return next((str(row["why_absent"]) for row in rows if row.get("why_absent")), "not stated")


def verdict(
    claims: Claims, claim: Claim, published: Published, names: Mapping[str, str]
) -> tuple[str, str]:
    """The verdict for the border of the analysis; the other border is shown beside it.

    Parameters
    ----------
    claims : Claims
        The claims and their rules.
    claim : Claim
        A claim of kind dependence.
    published : mapping
        Rows of comparison.csv by (border, mode, measure).
    names : mapping of str to str
        Names of the borders for readers.

    Returns
    -------
    tuple of str
        Verdict and reason. `not tested` if no swing is published; `no verdict` if the share stopped
        hardly varies.
    """
    rules, border = claims.rules, claims.spoken_of
    found = _swing(border, claim, claim.demand[0], published)
    if found is None:
        return "not tested", f"No share stopped is stated for {names.get(border, border)}."
    swing, low, high = found
    swings = [
        f"{names.get(border, border)}: {_sentence(claim, *found)}.",
        _hinged(border, claim, published),
    ]
    for other, demand in [(b, d) for b in claims.borders for d in claim.demand]:
        beside = _swing(other, claim, demand, published)
        if beside is not None and (other, demand) != (border, claim.demand[0]):
            swings.append(
                f"{names.get(other, other)}, {demand} demand: swing {_points(beside[0])}."
            )
    if high - low < rules.least_spread:
        sentence = f"The share stopped varies by only {_points(high - low)} over all ranges."
        return "no verdict", " ".join(filter(None, [*swings, sentence]))
    if swing >= rules.supported_swing:
        return "supported", " ".join(filter(None, swings))
    weak = "contradicted" if swing < rules.contradicted_swing else "weakly supported"
    return weak, " ".join(filter(None, swings))


def _swing(
    border: str, claim: Claim, demand: str, published: Published
) -> tuple[float, float, float] | None:
    """The swing of the factor, and the 5 and 95 % quantiles of the share stopped."""
    swing = {"measure": "success_swing", "of": claim.factor, "demand": demand}
    share = {"measure": "success_share", "demand": demand}
    rows = [published.get((border, "", choices.key(chosen)), {}) for chosen in (swing, share)]
    values = [rows[0].get("value"), rows[1].get("low"), rows[1].get("high")]
    if any(is_absent(value) for value in values):
        return None
    swing_value, low, high = (float(str(value)) for value in values)
    return swing_value, low, high


def _sentence(claim: Claim, swing: float, low: float, high: float) -> str:
    return (
        f"from the low to the high end of {claim.factor} the share stopped of {claim.demand[0]} "
        f"demand swings by {_points(swing)}; over all ranges it lies between "
        f"{number(100 * low, 1)} % and {number(100 * high, 1)} %"
    )


def _hinged(border: str, claim: Claim, published: Published) -> str:
    """The range of the swing if one parameter of another factor is at an end of its range."""
    swing = {"measure": "success_swing", "of": claim.factor, "demand": claim.demand[0]}
    row = published.get((border, "", choices.key(swing)), {})
    if is_absent(row.get("low")) or is_absent(row.get("high")):
        return ""
    return (
        f"With one parameter of another factor at an end of its range, the swing is between "
        f"{points(row['low'])} and {points(row['high'])} points."
    )


def _points(difference: float) -> str:
    return f"{points(difference)} percentage points"
