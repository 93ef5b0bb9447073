"""Names of crossings for readers: their own, or one by the nearest settlement."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from pipeline.core import geo, parameters
from pipeline.core.types import Floats
from pipeline.report import words

NEAR_KM = parameters.number("near_settlement_km")
WAYS = {"road": "road", "rail": "railway", "foot": "path"}


def called(crossings: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> dict[str, str]:
    """The name of each crossing.

    Parameters
    ----------
    crossings
        `crossing_id`, `mode`, `name`, `counted`, `border_km` and geometry (EPSG:4326).
    places
        `name` and geometry of settlements (EPSG:4326).

    Returns
    -------
    dict of str to str
        By crossing_id: its name if no other counted crossing has it, otherwise with its place
        (`Bridge (km 10)`); without a name `road near Tor (km 12)`, by the nearest settlement.
    """
    known = crossings["name"].notna()
    counted = crossings["name"].where(crossings["counted"] & known)
    own = known & ~counted.duplicated(keep=False)
    names = crossings["name"].map(words.listed, na_action="ignore")
    own_or_near = names.where(known, _by_settlement(crossings, places[places["name"].notna()]))
    km = crossings["border_km"].map(lambda km: f" (km {km:.1f})".replace(".0)", ")"))
    return dict(
        zip(crossings["crossing_id"], own_or_near.where(own, own_or_near + km), strict=True)
    )


def _by_settlement(crossings: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> "pd.Series[str]":
    """A road, railway or path, and the nearest settlement within NEAR_KM."""
    kind: pd.Series[str] = crossings["mode"].map(WAYS)
    way: pd.Series[str] = "unnamed " + kind
    if places.empty or crossings.empty:
        return way
    here, there = _degrees(crossings), _degrees(places)
    _, nearest = cKDTree(_on_sphere(there)).query(_on_sphere(here))
    away_km = geo.distance_m(*here, *there[:, nearest]) / 1000
    near = pd.Series(places["name"].to_numpy()[nearest], index=crossings.index)
    named: pd.Series[str] = way.where(away_km > NEAR_KM, kind + " near " + near)
    return named


def _degrees(frame: gpd.GeoDataFrame) -> Floats:
    """Longitudes and latitudes, one row for each point."""
    return np.asarray(shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy())).T)


def _on_sphere(degrees: Floats) -> Floats:
    """Places as points in space: the nearest in a straight line is the nearest on the earth."""
    lon, lat = np.radians(degrees)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
