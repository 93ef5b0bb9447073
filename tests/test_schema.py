"""Tables are checked where they are written and read: what is wrong is named in one line."""

import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline.core import schema
from pipeline.core.errors import InputError


def stations(**columns: object) -> pd.DataFrame:
    """Two rows of table stations, of which columns are changed."""
    rows = {
        "station_id": ["n1", "n2"], "kind": ["station", "halt"], "name": ["A", None],
        "side": ["AA", "BB"], "depth_km": [-1.0, 2.0], "geometry": shapely.points([[1, 2], [3, 4]]),
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def places(**columns: object) -> pd.DataFrame:
    rows = {
        "place_id": ["n1", "n2"], "name": ["A", None], "kind": ["town", "city"],
        "population": [10.0, np.nan], "side": ["AA", "BB"], "depth_km": [-1.0, np.nan],
        "geometry": shapely.points([[1, 2], [3, 4]]),
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


WRONG: dict[str, tuple[pd.DataFrame, str]] = {
    "a column too few": (
        stations().drop(columns="kind"),
        r"^table stations: got columns \['depth_km', .*\], expected \['depth_km', .*'kind'"),
    "a column too many": (stations(height=1.0), "'height'"),
    "a value too few": (
        stations(kind=["halt", None]), "^table stations, column kind: 1 values missing$"),
    "of another type": (
        stations(depth_km=["a", "b"]),
        "^table stations, column depth_km: got object, expected float$"),
    "without a place": (
        stations(geometry=[shapely.Point(1, 2), None]),
        r"^table stations: got geometry set\(\), expected Point$"),
    "a line for a point": (
        stations(geometry=[shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)])]),
        "^table stations: got geometry {'LineString'}, expected Point$"),
    "a row that is there twice": (
        stations(station_id=["n7", "n7"]),
        r"^table stations: key \('n7',\) occurs twice, expected once$"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_table_that_is_not_as_the_schema_says_is_refused(name: str) -> None:
    frame, message = WRONG[name]
    with pytest.raises(InputError, match=message):
        schema.conform(frame, "stations")


def test_rows_stand_in_the_order_of_their_key() -> None:
    found = schema.conform(stations(station_id=["n2", "n1"], name=["last", "first"]), "stations")
    assert found["name"].tolist() == ["first", "last"]
    assert found.index.tolist() == [0, 1]
    assert found.geometry.x.tolist() == [3, 1]


def test_what_may_be_missing_is_missing_alike_however_it_is_written() -> None:
    found = schema.conform(places(name=["A", np.nan], population=["10", None]), "places")
    assert found["name"].tolist() == ["A", None]
    assert found["population"].tolist()[0] == 10
    assert found["population"].isna().tolist() == [False, True]


def test_no_rows_have_all_columns_of_their_types() -> None:
    found = schema.conform(pd.DataFrame(), "places")
    assert found.dtypes.astype(str).to_dict() == schema.empty("places").dtypes.astype(str).to_dict()
    assert found.crs == schema.CRS
