"""The borders of a report: how each is called, and how its layers are read."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from pipeline.measures import claims
from pipeline.publish import layers
from pipeline.report import words

Layer = Callable[[str], pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Border:
    """A border: its key, its name, its countries by code, and its layers by name.

    A layer that this version does not know is empty.
    """

    key: str
    name: str
    countries: dict[str, str]
    from_code: str
    to_code: str
    known: dict[str, str]
    layer: Layer

    @property
    def from_name(self) -> str:
        """The country that depth is negative in."""
        return self.countries[self.from_code]

    @property
    def to_name(self) -> str:
        """The country that depth is positive in."""
        return self.countries[self.to_code]


def read(packages: list[str]) -> dict[str, Border]:
    """The borders by key; those that the claims compare come first.

    Raises InputError where a file is missing or not as publish writes it.
    """
    found = {border.key: border for border in map(_border, packages)}
    first = [key for key in claims.read().borders if key in found]
    return {key: found[key] for key in [*first, *sorted(found.keys() - set(first))]}


def _border(path: str) -> Border:
    layer = _reader(path)
    row = layer("border").iloc[0]
    rows = layer("provenance")
    return Border(
        key=str(row["border"]),
        name=str(row["name"]),
        countries=words.countries(layer("border")),
        from_code=str(row["from_country"]),
        to_code=str(row["to_country"]),
        known=dict(zip(rows["key"], rows["value"], strict=True)),
        layer=layer,
    )


def _reader(path: str) -> Layer:
    kept: dict[str, pd.DataFrame] = {}

    def layer(which: str) -> pd.DataFrame:
        if which not in layers.LAYERS:
            return pd.DataFrame()
        if which not in kept:
            kept[which] = layers.read(path, which)
        return kept[which].copy()

    return layer
