"""The ranges of the model of success, as success.toml holds them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core import config
from pipeline.core.config import expect_keys, is_number, wrong
from pipeline.core.types import Floats, Ints

PATH = Path(__file__).parents[1] / "success.toml"
FACTORS = ("barriers", "forces", "routes")
NUMBERS = ("low", "mid", "high")
TEXTS = ("unit", "reason", "source")
PARAMETERS = (
    *("river_minutes", "fence_minutes", "slope_share"),
    *("post_chance", "detection_chance", "alarm_minutes", "response_speed", "posts_factor"),
    *("pursuit_minutes", "minutes_weight", "risk_minutes", "known_share"),
)

Values = dict[str, float]


@dataclass(frozen=True)
class Range:
    """A parameter: the factor it belongs to, and its values where that is weak to strong."""

    name: str
    factor: str
    low: float
    mid: float
    high: float
    unit: str
    reason: str
    source: str


def read(path: Path = PATH) -> list[Range]:
    """The ranges, checked.

    Parameters
    ----------
    path : Path
        Another file than the project's own.

    Returns
    -------
    list of Range
        One for each of PARAMETERS, in that order.

    Raises
    ------
    InputError
        If a parameter or a key is missing or unknown, a value is no number or negative, `mid` is
        not between the others, or a text is empty.
    """
    found = config.read(path, "the ranges of the model of success")
    expect_keys(path, found, PARAMETERS, PARAMETERS)
    return [_range(path, name, found[name]) for name in PARAMETERS]


def _range(path: Path, name: str, entry: Any) -> Range:
    keys = ("factor", *NUMBERS, *TEXTS)
    if not isinstance(entry, dict):
        raise wrong(path, name, entry, f"a table with {', '.join(keys)}")
    expect_keys(path, entry, keys, keys, f"{name}.")
    if entry["factor"] not in FACTORS:
        raise wrong(path, f"{name}.factor", entry["factor"], f"one of {', '.join(FACTORS)}")
    for key in NUMBERS:
        if not is_number(entry[key]) or entry[key] < 0:
            raise wrong(path, f"{name}.{key}", entry[key], "a number of 0 or more")
    if not min(entry["low"], entry["high"]) <= entry["mid"] <= max(entry["low"], entry["high"]):
        raise wrong(path, f"{name}.mid", entry["mid"], "a number between low and high")
    for key in TEXTS:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise wrong(path, f"{name}.{key}", entry[key], "a text that is not empty")
    return Range(name, **{key: entry[key] for key in keys})


def middle(ranges: list[Range]) -> Values:
    """Every parameter in the middle of its range.

    Parameters
    ----------
    ranges
        The parameters with their ranges.

    Returns
    -------
    dict of str to float
        Values by name.
    """
    return {one.name: one.mid for one in ranges}


def at_end(ranges: list[Range], end: str, *, factor: str = "", name: str = "") -> Values:
    """The parameters of a factor, or one by name, at their `low` or `high` end; others middle.

    Parameters
    ----------
    ranges
        The parameters with their ranges.
    end
        low or high.
    factor
        The factor whose parameters go to that end.
    name
        A single parameter that goes to that end.

    Returns
    -------
    dict of str to float
        Values by name.
    """
    return {
        one.name: getattr(one, end) if one.factor == factor or one.name == name else one.mid
        for one in ranges
    }


def drawn(ranges: list[Range], share: Floats) -> Values:
    """Values at these places of their ranges: 0 is low, 0.5 the middle, 1 high; linear between.

    Parameters
    ----------
    ranges
        The parameters with their ranges.
    share
        (n_parameters,) places between 0 and 1.

    Returns
    -------
    dict of str to float
        Values by name.
    """
    return {
        one.name: float(np.interp(at, [0.0, 0.5, 1.0], [one.low, one.mid, one.high]))
        for one, at in zip(ranges, share.tolist(), strict=True)
    }


def factor_of(ranges: list[Range]) -> Ints:
    """The number of each parameter's factor, in the order of FACTORS.

    Parameters
    ----------
    ranges
        The parameters with their ranges.

    Returns
    -------
    ndarray of int
        (n_parameters,).
    """
    return np.array([FACTORS.index(one.factor) for one in ranges], dtype=np.int64)
