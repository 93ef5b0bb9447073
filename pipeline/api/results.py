"""Bypasses and published results: what the stages make of a border."""

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
        A border as it was read, nothing closed.

    Returns
    -------
    GeoDataFrame
        As the layer `bypasses`: minutes through the chokepoint and round it, and the way.

    Raises
    ------
    InputError
        Something of the border is closed.
    """
    _expect_open(border, "bypass")
    for stage in flow.before("bypass"):
        flow.run(stage, border.folder, border.raw, border.tomls)
    return gpd.GeoDataFrame(store.read(border.folder / "bypass", "bypasses"))


def publish_results(
    border: Border, dem: str | Path | None = None, facts: str | Path = flow.FACTS
) -> Path:
    """Run the stages that have not run yet, and write the GeoPackages of the border.

    Parameters
    ----------
    border
        A border as it was read, nothing closed.
    dem
        An elevation model; without it nothing is said of walking.
    facts
        The folder of the tables of facts, those of the checkout by default.

    Returns
    -------
    Path
        The results, `<border>.gpkg`, in the border's folder; the evidence lies beside them.

    Raises
    ------
    InputError
        Something of the border is closed, or a stage cannot use what it is given.
    """
    _expect_open(border, "publish")
    for stage in flow.before("publish"):
        flow.run(stage, border.folder, border.raw, border.tomls, dem, Path(facts))
    return border.folder / f"{border.file.border}.gpkg"


def read_layer(results: str | Path, name: str) -> pd.DataFrame:
    """A published layer, checked against its schema.

    Parameters
    ----------
    results
        `<border>.gpkg`; the evidence lies beside it.
    name
        A layer, as in pipeline/schema.toml.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 where the layer has a geometry.

    Raises
    ------
    InputError
        There is no such file or layer.
    """
    if name not in layers.LAYERS:
        raise InputError(f"read_layer: {name}: expected one of {', '.join(layers.LAYERS)}")
    return layers.read(results, name)


def _expect_open(border: Border, asked: str) -> None:
    if border.closed:
        raise InputError(f"{asked}: links are closed here, expected the border as it was read")
