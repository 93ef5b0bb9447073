"""Bypasses and published results of a border."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.api import flow
from pipeline.api.border import Border
from pipeline.core import store
from pipeline.core.errors import InputError
from pipeline.publish import layers


def bypass(border: Border) -> gpd.GeoDataFrame:
    """The best way left when a chokepoint is closed, for every chokepoint of road and rail.

    Parameters
    ----------
    border
        A border as it was read, without closures.

    Returns
    -------
    GeoDataFrame
        As in the layer `bypasses`: minutes through the chokepoint and round it, and the bypass.

    Raises
    ------
    InputError
        If something of the border is closed.
    """
    _expect_open(border, "bypass")
    for stage in flow.before("bypass"):
        flow.run(stage, border.folder, border.raw, border.tomls)
    return gpd.GeoDataFrame(store.read(border.folder / "bypass", "bypasses"))


def publish_results(
    border: Border, dem: str | Path | None = None, facts: str | Path = flow.FACTS
) -> Path:
    """Run the stages that have not yet run, and write the GeoPackages of the border.

    Parameters
    ----------
    border
        A border as it was read, without closures.
    dem
        An elevation model; without it there are no results on walking.
    facts
        The folder with the tables of facts; by default those of the checkout.

    Returns
    -------
    Path
        The results, `<border>.gpkg`, in the border's folder; the evidence is next to it.

    Raises
    ------
    InputError
        If something of the border is closed, or a stage cannot use its input.
    """
    _expect_open(border, "publish")
    for stage in flow.before("publish"):
        flow.run(stage, border.folder, border.raw, border.tomls, dem, Path(facts))
    return border.folder / f"{border.file.border}.gpkg"


def read_layer(results: str | Path, name: str) -> pd.DataFrame:
    """Read a published layer and check it against its schema.

    Parameters
    ----------
    results
        `<border>.gpkg`; the evidence must be next to it.
    name
        Name of a layer, as in pipeline/schema.toml.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 if the layer has a geometry.

    Raises
    ------
    InputError
        If there is no such file or layer.
    """
    if name not in layers.LAYERS:
        raise InputError(f"read_layer: {name}: expected one of {', '.join(layers.LAYERS)}")
    return layers.read(results, name)


def _expect_open(border: Border, asked: str) -> None:
    if border.closed:
        raise InputError(f"{asked}: links are closed here, expected the border as it was read")
