"""The borders of a report: their names, and how their layers are read."""

from collections.abc import Callable
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from pipeline.core.errors import InputError
from pipeline.measures import claims
from pipeline.publish import layers, profiles
from pipeline.report import words

Layer = Callable[[str], pd.DataFrame]
NONE_WITHHELD = pd.DataFrame({"mode": [], "status": [], "class": []}, dtype=object)


@dataclass(frozen=True, eq=False)
class Border:
    """A border: its key, its name, its countries by code, and its layers by name.

    A layer that an older version lacks is empty. `withheld` are the counted crossings that the
    public profile gives only as counts, with mode and status, and `stretches` how many of them
    each stretch of the line has; both are empty in the local profile. `is_public` tells that the
    layers lack what that profile withholds.
    """

    key: str
    name: str
    countries: dict[str, str]
    from_code: str
    to_code: str
    known: dict[str, str]
    layer: Layer
    withheld: pd.DataFrame = field(default_factory=lambda: NONE_WITHHELD)
    stretches: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    is_public: bool = False

    @property
    def from_name(self) -> str:
        """The country on the side where depth is negative."""
        return self.countries[self.from_code]

    @property
    def to_name(self) -> str:
        """The country on the side where depth is positive."""
        return self.countries[self.to_code]


def read(packages: list[str], profile: str = "local") -> dict[str, Border]:
    """The borders by key, in the given profile; those that the claims compare come first.

    Raises InputError if a file is missing or not as publish writes it, or there is no such profile.
    """
    if profile not in profiles.PROFILES:
        raise InputError(f"PROFILE={profile}: expected {' or '.join(profiles.PROFILES)}")
    found = {border.key: border for border in (_border(path, profile) for path in packages)}
    first = [key for key in claims.read().borders if key in found]
    return {key: found[key] for key in [*first, *sorted(found.keys() - set(first))]}


def _border(path: str, profile: str) -> Border:
    whole = _reader(path)
    withheld, stretches = _withheld(whole, profile)
    layer = whole if profile == "local" else profiles.public_view(whole)
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
        withheld=withheld,
        stretches=stretches,
        is_public=profile != "local",
    )


def _withheld(layer: Layer, profile: str) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """The crossings that the profile shows only as counts: mode, status, class; and by stretch."""
    crossings = layer("crossings")
    if profile == "local":
        return NONE_WITHHELD, gpd.GeoDataFrame()
    counts = profiles.informal_counts(crossings, gpd.GeoDataFrame(layer("border_km")))
    hidden = crossings["crossing_id"].isin(profiles.withheld_crossings(crossings))
    return crossings.loc[hidden & crossings["counted"], ["mode", "status", "class"]], counts


def _reader(path: str) -> Layer:
    kept: dict[str, pd.DataFrame] = {}

    def layer(which: str) -> pd.DataFrame:
        if which not in layers.LAYERS:
            return pd.DataFrame()
        if which not in kept:
            kept[which] = layers.read(path, which)
        return kept[which].copy(deep=False)  # columns may be set; values are never changed in place

    return layer
