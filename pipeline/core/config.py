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
    """The file's table; InputError where there is no file, which should hold `what`, or no TOML."""
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
    """InputError that names the first key of the table that is unknown, or that it lacks.

    `where` stands before a key in a table within the file, such as `costs.`.
    """
    for key in table:
        if key not in known:
            raise InputError(f"{path}: unknown key {where}{key}, expected one of {sorted(known)}")
    for key in needed:
        if key not in table:
            raise InputError(f"{path}: key {where}{key} is missing, expected it to be there")


def wrong(path: Path, key: str, found: object, expected: str) -> InputError:
    """The error to raise where a key holds something else than expected."""
    return InputError(f"{path}: key {key}: got {found!r}, expected {expected}")


def is_number(value: object) -> bool:
    """Whether a value is a finite number; TOML's truths are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def texts(path: Path, value: object, key: str) -> list[str]:
    """The value if it is a list of texts, else InputError."""
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise wrong(path, key, value, "a list of texts")
    return value
