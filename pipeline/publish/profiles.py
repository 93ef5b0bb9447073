"""The public profile: what may be handed on of the published layers, by pipeline/schema.toml."""

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.schema import CRS, Table
from pipeline.publish import layers

PROFILES = ("public", "local")
STRETCH_KM = parameters.number("informal_count_km")


def withheld_rows(frame: pd.DataFrame, table: Table) -> pd.Series:
    """Which rows match one of the schema's patterns for withheld rows.

    Parameters
    ----------
    frame
        The layer of `table`, with its columns.
    table
        An entry of `layers.LAYERS`.

    Returns
    -------
    Series of bool, aligned with `frame`.
    """
    met = pd.Series(False, index=frame.index)
    for rule in table.withheld_rows:
        met |= _meets(frame, rule)
    return met


def _meets(frame: pd.DataFrame, rule: Mapping[str, str]) -> pd.Series:
    met = pd.Series(True, index=frame.index)
    for column, pattern in rule.items():
        met &= np.array([fnmatchcase(str(value), pattern) for value in frame[column]], dtype=bool)
    return met


def withheld_crossings(crossings: pd.DataFrame) -> set[str]:
    """The ids of the crossings that the public profile gives only as counts."""
    rows = withheld_rows(crossings, layers.LAYERS["crossings"])
    return set(crossings.loc[rows, "crossing_id"])


def public(frame: pd.DataFrame, name: str, hidden: Collection[str]) -> pd.DataFrame | None:
    """What the public profile contains of a layer.

    Parameters
    ----------
    frame
        The layer, as `layers.read` gives it.
    name
        A key of `layers.LAYERS`.
    hidden
        Ids of crossings whose rows are withheld: rows about them are withheld too, and where one is
        only mentioned, as the next choice, the value is left out.

    Returns
    -------
    The layer without its withheld rows and columns; None if all of it is withheld.
    """
    table = layers.LAYERS[name]
    if table.withheld:
        return None
    gone = withheld_rows(frame, table)
    if "crossing_id" in frame:
        gone |= frame["crossing_id"].isin(hidden)
    if "chokepoint_id" in frame:
        gone |= frame["chokepoint_id"].isin({f"crossing.{one}" for one in hidden})
    kept = frame[~gone].drop(columns=[one.name for one in table.columns if one.withheld])
    for column in {"next_choice", "truck_next_choice"} & set(kept):
        kept[column] = kept[column].mask(kept[column].isin(hidden), None)
    return kept.reset_index(drop=True)


def public_view(layer: Callable[[str], pd.DataFrame]) -> Callable[[str], pd.DataFrame]:
    """A reader of layers in the public profile, for pages and exports.

    Parameters
    ----------
    layer
        Reads a layer by its name, whole.

    Returns
    -------
    Callable
        Reads a layer by its name with the columns of its schema. Withheld rows are left out and
        withheld values are missing; a withheld layer has no rows.
    """
    hidden = withheld_crossings(layer("crossings"))

    def shown(name: str) -> pd.DataFrame:
        frame = layer(name)
        if name not in layers.LAYERS:
            return frame
        kept = public(frame, name, hidden)
        return frame.iloc[:0] if kept is None else kept.reindex(columns=frame.columns)

    return shown


def informal_counts(crossings: pd.DataFrame, border_km: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """How many crossings are withheld on each stretch of the line, instead of their places.

    Parameters
    ----------
    crossings, border_km
        The layers of those names.

    Returns
    -------
    GeoDataFrame in EPSG:4326 with `from_km` and `to_km` (km along the line from its western end)
    and `informal_crossings`, a row for each stretch of `informal_count_km`, drawn as the line runs.
    """
    hidden = crossings[crossings["crossing_id"].isin(withheld_crossings(crossings))]
    number = (hidden["border_km"] // STRETCH_KM).astype(np.int64)
    stretch = (border_km["border_km"] // STRETCH_KM).astype(np.int64)
    shapes = border_km.geometry.groupby(stretch.to_numpy()).apply(lambda parts: parts.union_all())
    all_numbers = sorted({*number, *stretch})
    counts = number.value_counts().reindex(all_numbers, fill_value=0)
    return gpd.GeoDataFrame(
        {
            "from_km": [number * STRETCH_KM for number in all_numbers],
            "to_km": [(number + 1) * STRETCH_KM for number in all_numbers],
            "informal_crossings": counts.to_numpy(np.int64),
        },
        geometry=gpd.GeoSeries([shapes.get(number) for number in all_numbers], crs=CRS),
        crs=CRS,
    )
