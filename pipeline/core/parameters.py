"""The table of parameters: every threshold, speed, weight and price that figures rest on.

parameters.toml holds one entry `[name]` for each, with its value, unit, reason and source. Code
reads every value here by its name, so that each value is set in one place and texts can state it.
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from pipeline.core import config
from pipeline.core.config import Number, Text
from pipeline.core.errors import InputError

PATH = Path(__file__).parents[1] / "parameters.toml"
# A name in braces. A point and a number after it select one value of a list (the last if the list
# is shorter); a per cent sign writes a share in per cent.
PLACE = re.compile(r"\{(\w+)(?:\.(\d+))?(%?)\}")

Finite = Annotated[float, Meta(ge=-1e308, le=1e308)]
Numbers = Annotated[tuple[Finite, ...], Meta(min_length=1, description="a list of numbers")]
Whole = Annotated[float, Meta(multiple_of=1, description="a whole number")]
Every = Annotated[float, Meta(multiple_of=1)]
Wholes = Annotated[tuple[Every, ...], Meta(min_length=1, description="a list of whole numbers")]
Words = Annotated[tuple[str, ...], Meta(min_length=1, description="a list of texts")]
Numbered = Annotated[dict[str, Finite], Meta(min_length=1, description="a table of numbers")]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the table: its value, and in words its unit, reason and source."""

    value: Any
    unit: Text
    reason: Text
    source: Text


def number(name: str) -> float:
    """The number that an entry holds.

    Parameters
    ----------
    name : str
        Name of the entry.

    Returns
    -------
    float
        In the unit that the entry states.

    Raises
    ------
    InputError
        If there is no entry of that name, or its value is not a number.
    """
    return float(_value(name, Number))


def numbers(name: str) -> tuple[float, ...]:
    """The list of numbers that an entry holds, in its order.

    Parameters
    ----------
    name : str
        Name of the entry.

    Returns
    -------
    tuple of float
        In the unit that the entry states; one or more.

    Raises
    ------
    InputError
        If there is no entry of that name, or its value is not a list of one or more numbers.
    """
    return tuple(_value(name, Numbers))


def whole(name: str) -> int:
    """The whole number that an entry holds.

    Parameters
    ----------
    name : str
        Name of the entry.

    Returns
    -------
    int
        In the unit that the entry states.

    Raises
    ------
    InputError
        If there is no entry of that name, or its value is not a whole number.
    """
    return int(_value(name, Whole))


def wholes(name: str) -> tuple[int, ...]:
    """The list of whole numbers that an entry holds, in its order.

    Parameters
    ----------
    name : str
        Name of the entry.

    Returns
    -------
    tuple of int
        In the unit that the entry states; one or more.

    Raises
    ------
    InputError
        If there is no entry of that name, or its value is not a list of one or more whole numbers.
    """
    return tuple(map(int, _value(name, Wholes)))


def texts(name: str) -> tuple[str, ...]:
    """The list of texts that an entry holds, in its order.

    Parameters
    ----------
    name : str
        Name of the entry.

    Returns
    -------
    tuple of str
        One or more.

    Raises
    ------
    InputError
        If there is no entry of that name, or its value is not a list of one or more texts.
    """
    return tuple(_value(name, Words))


def table(name: str) -> dict[str, float]:
    """The numbers by key that an entry holds, such as speeds by class of road.

    Parameters
    ----------
    name : str
        Name of the entry.

    Returns
    -------
    dict of str to float
        By key, in the entry's order and the unit that it states; one or more.

    Raises
    ------
    InputError
        If there is no entry of that name, or its value is not a table of one or more numbers.
    """
    return dict(_value(name, Numbered))


def filled(template: str) -> str:
    """A text with each `{name}` replaced by the value of that entry.

    Parameters
    ----------
    template : str
        A text such as `no way within {detour_limit} times the fastest`.

    Returns
    -------
    str
        The text; a list of numbers is written as `60, 180 and 360`.

    Raises
    ------
    InputError
        If there is no entry of that name.
    """
    return PLACE.sub(_filled, template)


def spelled(template: str) -> list[tuple[str, str]]:
    """A name with `{name}` replaced by the value of that entry, once for each value of a list.

    Parameters
    ----------
    template : str
        Name of a column or figure, such as `walked_{walk_minutes}_links`, with at most one
        `{name}`.

    Returns
    -------
    list of (str, str)
        Each name, with an underscore for a decimal point, and the value as a text shows it.

    Raises
    ------
    InputError
        If there is no entry of that name.
    """
    place = PLACE.search(template)
    if place is None:
        return [(template, "")]
    value = _entry(place[1]).value
    texts = [_spelled_out(part) for part in (value if isinstance(value, list) else [value])]
    return [(template.replace(place[0], part.replace(".", "_")), part) for part in texts]


def _filled(place: re.Match[str]) -> str:
    value = _entry(place[1]).value
    if place[2] is not None and isinstance(value, list):
        value = value[min(int(place[2]), len(value) - 1)]
    return f"{100 * value:g}%" if place[3] else _spelled_out(value)


def _spelled_out(value: Any) -> str:
    if isinstance(value, list):
        *most, last = map(_spelled_out, value)
        return f"{', '.join(most)} and {last}" if most else last
    return value if isinstance(value, str) else f"{value:g}"


def entries(path: Path | None = None) -> dict[str, Entry]:
    """Read and check all entries of the table.

    Parameters
    ----------
    path : Path, optional
        A file to read instead of the project's own.

    Returns
    -------
    dict of str to Entry
        By name.

    Raises
    ------
    InputError
        If the file is missing or not TOML, or an entry lacks a key, has an unknown key, or does not
        state its unit, reason or source in words.
    """
    return _read(path or PATH)


def _entry(name: str) -> Entry:
    known = _read(PATH)
    if name not in known:
        expected = ", ".join(Entry.__struct_fields__)
        raise InputError(f"{PATH}: no entry [{name}], expected it with {expected}")
    return known[name]


def _value(name: str, kind: Any) -> Any:
    return config.convert(PATH, _entry(name).value, kind, f"{name}.value")


@cache
def _read(path: Path) -> dict[str, Entry]:
    return config.read(path, "the table of parameters", dict[str, Entry])
