"""Read the ranges of the parameters of the model of success from success.toml."""

from pathlib import Path
from typing import Annotated, Literal, get_args

import numpy as np
from msgspec import Meta, Struct, defstruct
from msgspec.structs import asdict

from pipeline.core import config
from pipeline.core.config import Text, wrong
from pipeline.core.types import Floats, Ints

PATH = Path(__file__).parents[1] / "success.toml"
Factor = Literal["barriers", "forces", "routes"]
FACTORS: tuple[Factor, ...] = get_args(Factor)
PARAMETERS = (
    *("river_minutes", "fence_minutes", "slope_share"),
    *("post_chance", "detection_chance", "alarm_minutes", "response_speed", "posts_factor"),
    *("pursuit_minutes", "minutes_weight", "risk_minutes", "known_share"),
)

Values = dict[str, float]
Value = Annotated[float, Meta(ge=0, le=1e308, description="a number of 0 or more")]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of success.toml: a parameter."""

    factor: Factor
    low: Value
    mid: Value
    high: Value
    unit: Text
    reason: Text
    source: Text


class Range(Entry, frozen=True, kw_only=True):
    """A parameter: its factor, and its values from the weak to the strong end of the factor."""

    name: str


# The content of the file: an entry for each of PARAMETERS.
TABLE = defstruct("TABLE", [(name, Entry) for name in PARAMETERS], forbid_unknown_fields=True)


def read(path: Path = PATH) -> list[Range]:
    """Read and check the ranges.

    Parameters
    ----------
    path : Path
        A file to read instead of the project's own.

    Returns
    -------
    list of Range
        One for each of PARAMETERS, in that order.

    Raises
    ------
    InputError
        If a parameter or key is missing or unknown, a value is negative or not a number, `mid` is
        not between the others, or a text is empty.
    """
    found = config.read(path, "the ranges of the model of success", TABLE)
    ranges = [Range(name=name, **asdict(getattr(found, name))) for name in PARAMETERS]
    for one in ranges:
        if not min(one.low, one.high) <= one.mid <= max(one.low, one.high):
            raise wrong(path, f"{one.name}.mid", one.mid, "a number between low and high")
    return ranges


def middle(ranges: list[Range]) -> Values:
    """The middle value of every parameter.

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
    """The parameters of a factor, or a single one, at their `low` or `high` end; others in middle.

    Parameters
    ----------
    ranges
        The parameters with their ranges.
    end
        low or high.
    factor
        The factor whose parameters are set to that end.
    name
        A single parameter that is set to that end.

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
    """Values at positions in their ranges: 0 is low, 0.5 the middle, 1 high; linear in between.

    Parameters
    ----------
    ranges
        The parameters with their ranges.
    share
        (n_parameters,) positions between 0 and 1.

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
        (n_parameters,) numbers of factors.
    """
    return np.array([FACTORS.index(one.factor) for one in ranges], dtype=np.int64)
