"""Write numbers for people: 49 %, 2,593 km, 4.3 bn USD, and never six digits in a row."""

from typing import Any

import pandas as pd

ABSENT = "–"
MINUS = "−"
MILLION, THOUSANDS_FROM = 1e6, 1e5
LEAST_PERCENT = 0.1
# Unit of a difference of two shares: written in points, not in per cent.
DIFFERENCE = "difference of shares"
METRES_BELOW = 0.1
LEAST_END = 0.001


def is_absent(value: Any) -> bool:
    """Whether a value is missing: None, an empty text, or NaN.

    Parameters
    ----------
    value : Any
        A cell of a table.

    Returns
    -------
    bool
        True if there is no value.
    """
    return bool(pd.isna(value)) or (isinstance(value, str) and not value.strip())


def number(value: Any, decimals: int = 0) -> str:
    """A number with separators of thousands and a true minus sign; a dash if it is missing.

    Parameters
    ----------
    value : Any
        A number, or a text that holds one.
    decimals : int
        Digits after the point; a number with three digits before the point gets none.

    Returns
    -------
    str
        Such as `2,593`, `−50`, `4.3`, `150 thousand`, `1.2 million`.
    """
    if is_absent(value):
        return ABSENT
    number = float(value)
    size = abs(number)
    if size >= MILLION * (1 - 5e-7):
        text = f"{number / MILLION:,.{0 if size >= 1e8 else 1}f} million"
    elif size >= THOUSANDS_FROM * (1 - 5e-6):
        text = f"{number / 1000:,.0f} thousand"
    else:
        text = f"{number:,.{0 if size >= 99.95 else decimals}f}"
    # A number that rounds to zero has no sign.
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", MINUS)


def percent(share: Any, decimals: int = 0) -> str:
    """A share in per cent; a small share keeps at least one digit other than zero.

    Parameters
    ----------
    share : Any
        A share from 0 to 1, or a text that holds one.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        Such as `49 %`, `0.4 %`, `under 0.1 %`; a dash if there is no value.
    """
    if is_absent(share):
        return ABSENT
    value = 100 * float(share)
    if 0 < abs(value) < LEAST_PERCENT / 2:
        return f"under {LEAST_PERCENT:g} %"
    return f"{number(value, max(decimals, 1) if 0 < abs(value) < 0.95 else decimals)} %"


def points(difference: Any) -> str:
    """A difference of two shares in percentage points, without the word.

    Parameters
    ----------
    difference : Any
        A difference of shares of 1, or a text that is one.

    Returns
    -------
    str
        Such as `27.6`, `under 0.1`; a dash where there is none.
    """
    if is_absent(difference):
        return ABSENT
    value = 100 * float(difference)
    return f"under {LEAST_PERCENT:g}" if 0 < abs(value) < LEAST_PERCENT / 2 else number(value, 1)


def figure(value: Any, unit: str, decimals: int = 0) -> str:
    """A value with its unit.

    Parameters
    ----------
    value : Any
        A number, or a text that holds one.
    unit : str
        Unit; `share` is written in per cent, `difference of shares` in points, `ratio` and an empty
        unit as the number alone.
    decimals : int
        Digits after the point; points have one.

    Returns
    -------
    str
        Such as `2,593 km`, `1 link`, `49 %`, `1.1 points`; a dash if there is no value.
    """
    if is_absent(value):
        return ABSENT
    if unit == "share":
        return percent(value, decimals)
    if unit == DIFFERENCE:
        return f"{points(value)} points"
    text = number(value, decimals)
    named = "" if unit == "ratio" else unit
    return f"{text} {singular(named) if text == '1' else named}".rstrip()


def ranged(value: Any, low: Any, high: Any, unit: str, decimals: int = 0) -> str:
    """A value with its unit, and in brackets its range over the choices of method.

    Parameters
    ----------
    value, low, high : Any
        Numbers, or texts that hold them; no range is shown if an end is missing or both ends are
        equal.
    unit : str
        Unit, as in `figure`.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        Such as `49 % (40 % to 60 %)` or `6 links (5 to 8)`.
    """
    shown = figure(value, unit, decimals)
    if shown == ABSENT or is_absent(low) or is_absent(high):
        return shown
    ends = span(low, high, unit, decimals)
    return f"{shown} ({ends})" if ends else shown


def span(low: Any, high: Any, unit: str, decimals: int = 0) -> str:
    """Both ends of a range without their unit; an end that is not zero is not written as zero.

    Parameters
    ----------
    low, high : Any
        Numbers, or texts that hold them.
    unit : str
        Unit, as in `figure`.
    decimals : int
        Digits after the point; an end that they would round to zero gets two significant digits.

    Returns
    -------
    str
        Such as `40 % to 60 %` or `0.015 to 0.7`; empty if an end is missing or both are written
        alike.
    """
    if is_absent(low) or is_absent(high):
        return ""
    ends = [_end(value, unit, decimals) for value in (low, high)]
    return "" if ends[0] == ends[1] else " to ".join(ends)


def _end(value: Any, unit: str, decimals: int) -> str:
    if unit == "share":
        return percent(value, decimals)
    if unit == DIFFERENCE:
        return points(value)
    size = abs(float(value))
    small = size >= LEAST_END and not round(size, decimals)
    return f"{float(value):.2g}".replace("-", MINUS) if small else number(value, decimals)


def singular(unit: str) -> str:
    """The singular of a unit: `links` becomes `link`, `links per 100 km` becomes `link per 100 km`.

    Parameters
    ----------
    unit : str
        The unit in the plural.

    Returns
    -------
    str
        The unit in the singular.
    """
    first, *rest = unit.split(" ")
    if len(first) > 2 and first.endswith("s") and not first.isupper():
        return " ".join([first[:-1], *rest])
    return unit


def counted(n: Any, things: str) -> str:
    """A number of things: `1 way`, `2 ways`.

    Parameters
    ----------
    n : Any
        How many.
    things : str
        The word in the plural.

    Returns
    -------
    str
        The number and the word in singular or plural.
    """
    text = number(n)
    return f"{text} {singular(things) if text == '1' else things}"


def depth(km: Any) -> str:
    """A signed depth such as `+50 km` or `−50 km`.

    Parameters
    ----------
    km : Any
        Depth in km, positive on the side of the destination country.

    Returns
    -------
    str
        The depth with its sign and unit.
    """
    return f"{float(km):+g} km".replace("-", MINUS)


def distance(km: float) -> str:
    """A distance such as `66 m`, `0.4 km` or `150 km`.

    Parameters
    ----------
    km : float
        Distance in km.

    Returns
    -------
    str
        In metres below 100 m, else in km with three digits at most.
    """
    return f"{1000 * km:.0f} m" if 0 < km < METRES_BELOW else f"{km:.3g} km"
