"""Which nodes controls stand at, and which of them are one station, from tables alone."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.core import schema
from pipeline.measures.control_stations import APART_M, CONTROLS, at_nodes, stations
from tests import drawn


def posts(*rows: tuple[str, str, str | None, float], lat: float = 0.0) -> gpd.GeoDataFrame:
    """Posts: id, kind, name and metres along a parallel."""
    wide = drawn.DEGREES_PER_KM / 1000 / np.cos(np.radians(lat))
    ids, kinds, names, along_m = zip(*rows, strict=True) if rows else ((), (), (), ())
    return gpd.GeoDataFrame(
        {"post_id": list(ids), "kind": list(kinds), "name": list(names)},
        geometry=[Point(10 + metres * wide, lat) for metres in along_m],
        crs=schema.CRS,
    )


KIND = CONTROLS[0]


def test_controls_at_a_node_begin_with_those_that_have_a_name() -> None:
    given = posts(("a", KIND, None, 0), ("b", KIND, "Gate", 0), ("c", KIND, "Arch", 0),
                  ("d", "toll", "Booth", 0))  # fmt: skip
    at = pd.DataFrame({"post_id": list("abcda"), "node_id": ["n", "n", "n", "n", "m"]})
    assert at_nodes(given, at) == {"n": ["b", "c", "a"], "m": ["a"]}


@pytest.mark.parametrize("lat", [0.0, 45.0, -70.0])
def test_controls_near_each_other_are_one_station(lat: float) -> None:
    """Within the distance by steps; just beyond it another. What is no control is in none."""
    near, far = 0.99 * APART_M, 1.02 * APART_M
    given = posts(("d", KIND, None, 0), ("b", KIND, None, near), ("c", KIND, None, 2 * near),
                  ("a", KIND, None, 2 * near + far), ("t", "toll", None, 0), lat=lat)  # fmt: skip
    assert stations(given) == {"b": "b", "c": "b", "d": "b", "a": "a"}


def test_without_controls_there_is_no_station() -> None:
    assert stations(posts(("t", "toll", None, 0))) == {}
    assert stations(posts()) == {}
