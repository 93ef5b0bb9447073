"""Read files of settings and records, check them against a type, and word the errors.

A type is a msgspec Struct with the keys that a file may have. The `description` of a value's type
(`described`) says in words what the value must be, so that a message can say what was expected.
"""

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from pipeline.core.errors import InputError, quoted

T = TypeVar("T")
UNIONS = (Union, UnionType)
# By suffix: the function that parses the format and raises a ValueError, and the format's name.
FORMATS: dict[str, tuple[Callable[[str], Any], str]] = {
    ".toml": (tomllib.loads, "TOML"),
    ".json": (json.loads, "JSON"),
}
Table = Annotated[dict[str, Any], Meta(description="a table of values by key")]
# Finite numbers: TOML knows inf and nan.
Number = Annotated[float, Meta(ge=-1e308, le=1e308, description="a number")]
Text = Annotated[str, Meta(pattern=r"\S", description="a text that is not empty")]


def read(path: Path, what: str, kind: type[T]) -> T:
    """Read a file and convert its content to a type.

    Parameters
    ----------
    path
        A JSON file if its name says so, otherwise a TOML file.
    what
        What it should hold, for messages.
    kind
        The type of its content.

    Returns
    -------
    object of that type
        The checked content; whole numbers become floats where the type says so.

    Raises
    ------
    InputError
        If the file cannot be read (see `content`), or its content does not fit the type (see
        `convert`).
    """
    return convert(path, content(path, what), kind)


def content(path: Path, what: str) -> Any:
    """Read the content of a file without checking it.

    Parameters
    ----------
    path
        A JSON file if its name says so, otherwise a TOML file.
    what
        What it should hold, for messages.

    Returns
    -------
    object
        A dict from a TOML file; any value from a JSON file.

    Raises
    ------
    InputError
        If there is no such file, or it is not of that format in UTF-8.
    """
    parse, language = FORMATS.get(path.suffix, FORMATS[".toml"])
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected {what}") from error
    except RecursionError as error:
        raise InputError(f"{path}: too deeply nested, expected {what}") from error
    except ValueError as error:
        raise InputError(f"{path}: not {language} ({error})") from error


def table(path: Path, what: str) -> dict[str, Any]:
    """Read the content of a file that must be a table, without checking its values.

    Parameters
    ----------
    path, what
        As for `content`.

    Returns
    -------
    dict of str to object
        Values by key.

    Raises
    ------
    InputError
        In the cases of `content`, and if the content is not a table.
    """
    return convert(path, content(path, what), Table)


def convert(path: Path, value: object, kind: type[T], key: str = "") -> T:
    """Convert a value of a file to a type.

    Parameters
    ----------
    path
        The file to name in messages.
    value
        The value that the file holds.
    kind
        The type: a Struct, or what msgspec knows.
    key
        The key of the value in the file; empty for the whole content.

    Returns
    -------
    object of that type
        The value, checked.

    Raises
    ------
    InputError
        If the value does not fit the type: the message names the key that is unknown, missing or
        wrong, its value and what was expected.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _error(path, key, value, kind) or wrong(path, key, value, str(error)) from error


def cell(where: str, text: str, kind: Any, value: object = None) -> Any:
    """Convert a cell of a CSV file, or a word of the command line; an empty text becomes None.

    Parameters
    ----------
    where
        File, line and column, or the setting, for messages.
    text
        The text to convert.
    kind
        The type; `expected` says in words what a value of it must be.
    value
        The text's parts, where the type is a list.

    Returns
    -------
    object of that type
        The value, checked.

    Raises
    ------
    InputError
        If the text does not fit the type: the message names the place, the text and what was
        expected.
    """
    try:
        return msgspec.convert(value or text or None, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: got {quoted(text)}, expected {expected(kind)}") from error


def wrong(path: Path, key: str, found: object, expected: str) -> InputError:
    """The error for a key whose value is not what was expected.

    Parameters
    ----------
    path
        The file to name.
    key
        The key to name; empty for the whole file.
    found
        Its value.
    expected
        What it should be, in words.

    Returns
    -------
    InputError
        For the caller to raise.
    """
    where = f"{path}: key {key}" if key else f"{path}"
    return InputError(f"{where}: got {quoted(found)}, expected {expected}")


def expected(kind: Any) -> str:
    """What a value of a type must be, in words.

    Parameters
    ----------
    kind
        A type with a description, a Literal of allowed words, or an optional form of either.

    Returns
    -------
    str
        Empty if the type has no description.
    """
    if get_origin(kind) is Annotated:
        bare, *notes = get_args(kind)
        descriptions = (one.description for one in notes if isinstance(one, Meta))
        return next(descriptions, "") or expected(bare)
    if get_origin(kind) is Literal:
        return f"one of {', '.join(str(one) for one in get_args(kind) if one != '')}"
    parts = get_args(kind) if get_origin(kind) in UNIONS else ()
    return next(filter(None, map(expected, parts)), "")


def _error(path: Path, key: str, value: Any, kind: Any) -> InputError | None:
    """The error for the innermost wrong value whose type has a description."""
    wanted, bare = expected(kind), kind
    if get_origin(kind) is Annotated:
        bare, *_ = get_args(kind)
    if error := _wrong_key(path, key, value, bare):
        return error
    for where, part, part_kind in _parts(key, value, bare):
        if not _fits(part, part_kind) and (error := _error(path, where, part, part_kind)):
            return error
    if _is_struct(bare):
        wanted = f"a table with {', '.join(one.encode_name for one in _fields(bare))}"
    return wrong(path, key, value, wanted) if wanted else None


def _wrong_key(path: Path, key: str, value: Any, kind: Any) -> InputError | None:
    if not _is_struct(kind) or not isinstance(value, dict):
        return None
    known = {one.encode_name: one.required for one in _fields(kind)}
    for name in value:
        if name not in known and kind.__struct_config__.forbid_unknown_fields:
            found = f"unknown key {_joined(key, name)}"
            return InputError(f"{path}: {found}, expected one of {sorted(known)}")
    for name, required in known.items():
        if required and name not in value:
            found = f"key {_joined(key, name)} is missing"
            return InputError(f"{path}: {found}, expected it to be there")
    return None


def _parts(key: str, value: Any, kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """The values inside a list or table, each with its key and type; none if the form is wrong."""
    origin, arguments = get_origin(kind), get_args(kind)
    if _is_struct(kind) and isinstance(value, dict):
        for one in _fields(kind):
            if one.encode_name in value:
                yield _joined(key, one.encode_name), value[one.encode_name], one.type
    elif origin is dict and isinstance(value, dict):
        for name, part in value.items():
            yield _joined(key, name), part, arguments[1]
    elif origin in (list, tuple) and isinstance(value, list):
        alike = origin is list or arguments[-1] is Ellipsis
        kinds = arguments[:1] * len(value) if alike else arguments
        yield from ((key, part, one) for part, one in zip(value, kinds, strict=False))


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _fields(kind: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
