"""Shares of sectors of the line, by models and by baselines that need no network."""

from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipeline.measures import sectors
from pipeline.travel import choice

SECTORS = pd.DataFrame({"from_lon": [0.0, 1.0, 3.0], "to_lon": [1.0, 3.0, 7.0]})
# The last crossing and one of the places lie beyond the sectors: they count in the nearest.
CROSSINGS = gpd.GeoDataFrame({"lanes": [2.0, 1.0, 1.0]}, crs=4326,
                             geometry=gpd.points_from_xy([0.5, 1.0, 8.0], [0, 0, 0]))  # fmt: skip
PLACES = gpd.GeoDataFrame(
    {"population": [10.0, 20.0, 30.0, 500.0], "depth_km": [-5.0, 40.0, 9.0, float("nan")]},
    crs=4326, geometry=gpd.points_from_xy([-1.0, 2.9, 3.0, 0.2], [0, 1, -1, 0]),
)  # fmt: skip


def chosen(*weight: float) -> choice.Choice:
    """A pair that is as far by each crossing, or none."""
    n = len(weight)
    rows = np.zeros(n, np.int64)
    minutes, km = np.full((3, n), 60.0), np.zeros((2, n))
    return choice.Choice(minutes, km, rows, rows, np.array(weight), 0.0, rows, rows)


def test_models_and_baselines_are_summed_by_the_sector_of_their_longitude() -> None:
    network = SimpleNamespace(crossings=CROSSINGS)
    found = cast(Any, SimpleNamespace(network=network, settled=PLACES))
    made = sectors.guesses(found, chosen(1.0), chosen(), SECTORS)
    assert {name: share.tolist() for name, share in made.items()} == {
        "through demand": pytest.approx([0.5, 0.25, 0.25]),
        "length of the sector": pytest.approx([1 / 7, 2 / 7, 4 / 7]),
        # A place of which no depth is known lies in a third country.
        "population": pytest.approx([10 / 60, 20 / 60, 30 / 60]),
    }
    nobody = cast(Any, SimpleNamespace(network=network, settled=PLACES[:0]))
    assert sectors.guesses(nobody, chosen(), chosen(), SECTORS)["population"].tolist() == [0, 0, 0]
