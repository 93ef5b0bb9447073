"""The table of parameters: every threshold, speed, weight and price that figures rest on.

parameters.toml holds an entry `[name]` each, with its value, unit, reason and source. Code asks for
a value by name, here and nowhere else, so that one place decides it and texts can say it.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core import config
from pipeline.core.config import expect_keys, is_number, wrong
from pipeline.core.errors import InputError

PATH = Path(__file__).parents[1] / "parameters.toml"
# A name in braces; a point and a number take one value of a list (the last if it has fewer), and a
# per cent sign writes a share of 1 as per cent.
PLACE = re.compile(r"\{(\w+)(?:\.(\d+))?(%?)\}")
TOLD = ("unit", "reason", "source")
KEYS = ("value", *TOLD)


def number(name: str) -> float:
    """The number that an entry holds.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    float
        The value, in the unit that the entry states.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no number.
    """
    value = _value(name)
    if not is_number(value):
        raise wrong(PATH, f"{name}.value", value, "a number")
    return float(value)


def numbers(name: str) -> tuple[float, ...]:
    """The list of numbers that an entry holds, in its order.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    tuple of float
        The values, in the unit that the entry states; one or more.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no list of numbers.
    """
    value = _value(name)
    if not isinstance(value, list) or not value or not all(map(is_number, value)):
        raise wrong(PATH, f"{name}.value", value, "a list of numbers")
    return tuple(float(part) for part in value)


def whole(name: str) -> int:
    """The whole number that an entry holds.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    int
        The value, in the unit that the entry states.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no whole number.
    """
    (value,) = _wholes(name, (number(name),))
    return value


def wholes(name: str) -> tuple[int, ...]:
    """The list of whole numbers that an entry holds, in its order.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    tuple of int
        The values, in the unit that the entry states; one or more.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no list of whole numbers.
    """
    return _wholes(name, numbers(name))


def _wholes(name: str, values: tuple[float, ...]) -> tuple[int, ...]:
    if not all(value.is_integer() for value in values):
        raise wrong(PATH, f"{name}.value", _value(name), "whole numbers")
    return tuple(map(int, values))


def text(name: str) -> str:
    """The text that an entry holds.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    str
        The value.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no text.
    """
    value = _value(name)
    if not _is_text(value):
        raise wrong(PATH, f"{name}.value", value, "a text")
    return str(value)


def texts(name: str) -> tuple[str, ...]:
    """The list of texts that an entry holds, in its order.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    tuple of str
        The values; one or more.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no list of texts.
    """
    value = _value(name)
    if not isinstance(value, list) or not value or not all(map(_is_text, value)):
        raise wrong(PATH, f"{name}.value", value, "a list of texts")
    return tuple(value)


def table(name: str) -> dict[str, float]:
    """The numbers by key that an entry holds, such as speeds by class of road.

    Parameters
    ----------
    name : str
        Name of the entry in parameters.toml.

    Returns
    -------
    dict of str to float
        The values by key, in the entry's order and in the unit that it states; one or more.

    Raises
    ------
    InputError
        If there is no such entry, or it holds no table of numbers.
    """
    value = _value(name)
    if not isinstance(value, dict) or not value or not all(map(is_number, value.values())):
        raise wrong(PATH, f"{name}.value", value, "a table of numbers")
    return {key: float(part) for key, part in value.items()}


def filled(template: str) -> str:
    """A text with the value of an entry in the place of each `{name}`.

    Parameters
    ----------
    template : str
        A text such as `no way within {detour_limit} times the fastest`.

    Returns
    -------
    str
        The text; a list of numbers reads as `60, 180 and 360`.

    Raises
    ------
    InputError
        If there is no entry of that name.
    """
    return PLACE.sub(_filled, template)


def spelled(template: str) -> list[tuple[str, str]]:
    """A name with the value of an entry in the place of `{name}`, once for each value of a list.

    Parameters
    ----------
    template : str
        A name of a column or figure, such as `walked_{walk_minutes}_links`; one place at most.

    Returns
    -------
    list of (str, str)
        Each name, with an underscore for a decimal point, and the value as a text reads it.

    Raises
    ------
    InputError
        If there is no entry of that name.
    """
    place = PLACE.search(template)
    if place is None:
        return [(template, "")]
    value = _value(place[1])
    said = [_said(part) for part in (value if isinstance(value, list) else [value])]
    return [(template.replace(place[0], part.replace(".", "_")), part) for part in said]


def _filled(place: re.Match[str]) -> str:
    value = _value(place[1])
    if place[2] is not None and isinstance(value, list):
        value = value[min(int(place[2]), len(value) - 1)]
    return f"{100 * value:g}%" if place[3] and is_number(value) else _said(value)


def _said(value: Any) -> str:
    if isinstance(value, list):
        *most, last = map(_said, value)
        return f"{', '.join(most)} and {last}" if most else last
    return f"{value:g}" if is_number(value) else str(value)


def entries(path: Path | None = None) -> dict[str, dict[str, Any]]:
    """Every entry of the table, checked.

    Parameters
    ----------
    path : Path, optional
        Another file than the project's own.

    Returns
    -------
    dict of str to dict
        By name: value, unit, reason and source.

    Raises
    ------
    InputError
        If the file is missing or no TOML, or an entry lacks a key, holds an unknown one, or does
        not say its unit, reason or source in words.
    """
    return _read(path or PATH)


def _value(name: str) -> Any:
    known = _read(PATH)
    if name not in known:
        raise InputError(f"{PATH}: no entry [{name}], expected it with {', '.join(KEYS)}")
    return known[name]["value"]


@cache
def _read(path: Path) -> dict[str, dict[str, Any]]:
    found = config.read(path, "the table of parameters")
    for name, entry in found.items():
        if not isinstance(entry, dict):
            raise wrong(path, name, entry, f"a table with {', '.join(KEYS)}")
        expect_keys(path, entry, KEYS, KEYS, f"{name}.")
        for key in TOLD:
            if not _is_text(entry[key]):
                raise wrong(path, f"{name}.{key}", entry[key], "a text that is not empty")
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
