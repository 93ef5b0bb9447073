"""TOML files that people write, checked key by key: one way to read them and to say what is wrong.

Stages that read one (borderfile, verdicts.claims, cost) know which keys there are and what each may
hold; here stand the file itself, unknown and missing keys, and the wording.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError


def read(path: Path, what: str) -> dict[str, Any]:
    """The file's table.

    Parameters
    ----------
    path
        A TOML file.
    what
        What it should hold, for messages.

    Returns
    -------
    dict of str to object
        Values by key.

    Raises
    ------
    InputError
        Where there is no such file, or it is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected {what}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML ({error})") from error


def expect_keys(
    path: Path, table: Mapping[str, object], known: Iterable[str], needed: Iterable[str] = (),
    where: str = "",
) -> None:  # fmt: skip
    """Refuse a table with a key that is unknown, or without one that it needs.

    Parameters
    ----------
    path
        The file to name in messages.
    table
        The table.
    known
        Keys that it may have.
    needed
        Keys that it must have.
    where
        What stands before a key in a table within the file, such as `costs.`.

    Raises
    ------
    InputError
        Names the first such key.
    """
    for key in table:
        if key not in known:
            raise InputError(f"{path}: unknown key {where}{key}, expected one of {sorted(known)}")
    for key in needed:
        if key not in table:
            raise InputError(f"{path}: key {where}{key} is missing, expected it to be there")


def wrong(path: Path, key: str, found: object, expected: str) -> InputError:
    """The error to raise where a key holds something else than expected.

    Parameters
    ----------
    path
        The file to name.
    key
        The key to name.
    found
        Its value.
    expected
        What it should be, in words.

    Returns
    -------
    InputError
        To be raised by the caller.
    """
    return InputError(f"{path}: key {key}: got {found!r}, expected {expected}")


def is_number(value: object) -> bool:
    """Whether a value is a finite number; TOML's true and false are not.

    Parameters
    ----------
    value
        A value of a TOML file.

    Returns
    -------
    bool
        True for finite integers and floats.
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def texts(path: Path, value: object, key: str) -> list[str]:
    """The value of a key that must be a list of texts.

    Parameters
    ----------
    path
        The file to name in messages.
    value
        The value.
    key
        Its key.

    Returns
    -------
    list of str
        The value.

    Raises
    ------
    InputError
        Where it is anything else.
    """
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise wrong(path, key, value, "a list of texts")
    return value
