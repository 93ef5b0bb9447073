"""The table of measures: key, label, unit, decimals and group of every published figure.

measures.toml holds an entry for each `measure` of comparison.csv. In keys and labels a name in
braces stands for each of its values: a parameter, a depth, or words. Code that shows figures gets
their labels here, so that each label and unit is written in one place.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from pipeline.core import config, parameters
from pipeline.core.config import Text
from pipeline.core.modes import MODES
from pipeline.core.numbers import MINUS, ranged

PATH = Path(__file__).parents[1] / "measures.toml"
# Separates the key of a headline figure from the choices in which a variant differs.
VARIED = "|"
# Values of names in braces that are not parameters; an underscore in a value is read as a space.
WORDS = "[a-z0-9_+-]+"
DEPTH = r"[+-][\d.]+_km"


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of measures.toml as the file holds it."""

    label: Text
    unit: Text
    decimals: Literal[0, 1, 2]
    group: Text
    shown: Annotated[
        tuple[Literal["show", "report", "docs"], ...], Meta(description="a list of places")
    ]


class Measure(Entry, frozen=True, kw_only=True):
    """A published figure: its label, its unit, how it is written and where it is shown.

    `place` is its position among the entries of measures.toml.
    """

    key: str
    place: int = 0


def find(key: str) -> Measure | None:
    """The measure of a row of comparison.csv.

    Parameters
    ----------
    key : str
        Its column `measure`; after a bar follow the choices that differ from the headline.

    Returns
    -------
    Measure or None
        With every name in braces filled in; None if no entry fits the figure.

    Raises
    ------
    InputError
        If measures.toml cannot be used.
    """
    base, *choices = key.split(VARIED)
    for pattern, names, measure in _patterns(PATH):
        match = pattern.fullmatch(base)
        if match:
            filling = {
                name: _read_as(name, value)
                for name, value in zip(names, match.groups(), strict=True)
            }
            label = _filled(measure.label, filling)
            label = ", ".join([label, *(choice.replace("_", " ") for choice in choices)])
            group = _filled(measure.group, filling)
            return replace(measure, key=key, label=label, group=group)
    return None


def entries(path: Path | None = None) -> dict[str, Measure]:
    """All entries of measures.toml in the order of the file, with names in braces not filled in.

    Parameters
    ----------
    path : Path, optional
        A file to read instead of the project's own.

    Returns
    -------
    dict of str to Measure
        By key as it stands in the file.

    Raises
    ------
    InputError
        If the file is missing or not TOML, or an entry lacks a key, has an unknown key or a wrong
        value.
    """
    return _read(path or PATH)


def written(measure: Measure, row: dict[str, Any]) -> str:
    """The figure of a row of comparison.csv with its range and unit, as a person writes it.

    Parameters
    ----------
    measure : Measure
        The measure of the row.
    row : dict
        The row, with value, low and high.

    Returns
    -------
    str
        Such as `6 links (5 to 8)`; a dash where the figure is absent.
    """
    value, low, high = (row.get(name) for name in ("value", "low", "high"))
    return ranged(value, low, high, measure.unit, measure.decimals)


def arranged(rows: Iterable[tuple[str, str]], shown: str) -> dict[str, list[tuple[str, Measure]]]:
    """The figures that one place shows, by heading, in the order of measures.toml.

    Parameters
    ----------
    rows : iterable of (str, str)
        Columns `mode` and `measure` of comparison.csv.
    shown : str
        The place: `show`, `report` or `docs`.

    Returns
    -------
    dict of str to list of (str, Measure)
        By heading (the group, and the mode if there is one): mode and measure of each figure;
        depths are in order.
    """
    found = []
    for mode, key in dict.fromkeys(rows):
        measure = None if VARIED in key else find(key)
        if measure is not None and shown in measure.shown:
            found.append((mode, measure))
    groups = {one.group: None for one in sorted((m for _, m in found), key=lambda m: m.place)}
    order = list(groups)
    modes = ["", *MODES]

    def at(one: tuple[str, Measure]) -> tuple[int, int, float, int]:
        mode, measure = one
        rank = modes.index(mode) if mode in modes else len(modes)
        return order.index(measure.group), rank, depth_of(measure.key), measure.place

    headings: dict[str, list[tuple[str, Measure]]] = {}
    for mode, measure in sorted(found, key=at):
        heading = f"{measure.group}: {mode}" if mode else measure.group
        headings.setdefault(heading, []).append((mode, measure))
    return headings


def depth_of(key: str) -> float:
    """The signed depth that a figure is stated for; zero if it has no depth.

    Parameters
    ----------
    key : str
        Column `measure` of comparison.csv.

    Returns
    -------
    float
        km behind the line.
    """
    match = re.search(rf"_at_({DEPTH})", key)
    return float(match[1].removesuffix("_km")) if match else 0.0


@cache
def _read(path: Path) -> dict[str, Measure]:
    found = config.read(path, "measures", dict[str, Entry])
    return {
        key: Measure(key=key, place=place, **asdict(one))
        for place, (key, one) in enumerate(found.items())
    }


@cache
def _patterns(path: Path) -> list[tuple[re.Pattern[str], list[str], Measure]]:
    """For each entry: a pattern of its keys, the names in braces in order, and the entry."""
    found = []
    for key, measure in _read(path).items():
        *parts, last = re.split(r"\{(\w+)\}", key)
        names = parts[1::2]
        spelled = "".join(
            re.escape(literal) + f"({_values(name)})"
            for literal, name in zip(parts[::2], names, strict=True)
        )
        found.append((re.compile(spelled + re.escape(last)), names, measure))
    return found


def _values(name: str) -> str:
    """A pattern of the values that a name in braces may have, as keys spell them."""
    if name == "depth":
        return DEPTH
    if name == "stopped":
        return "|".join(f"{100 * share:g}" for share in parameters.numbers("stopped_shares"))
    if name in parameters.entries(parameters.PATH):
        return "|".join(re.escape(value) for value, _ in parameters.spelled(f"{{{name}}}"))
    return WORDS


def _read_as(name: str, value: str) -> str:
    """The value of a name in braces, as a label shows it."""
    if name in parameters.entries(parameters.PATH):
        return dict(parameters.spelled(f"{{{name}}}"))[value]
    return value.replace("_", " ").replace("-", MINUS)


def _filled(template: str, filling: dict[str, str]) -> str:
    """The template filled with the values of this key; other names get the values of parameters."""
    for name, value in filling.items():
        template = template.replace(f"{{{name}}}", value)
    return parameters.filled(template)
