"""Where trucks are counted: the counted entries show whether a crossing clears cargo.

The map says which vehicles may use a road, but not whether cargo is cleared at the crossing.
Counted entries show it: if cars or people are counted but no truck, the crossing is not a
commercial one.
"""

import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo, parameters

NEAR_KM = parameters.number("counted_bridge_km")
COUNTED, NONE = "trucks counted", "no truck counted"
COLUMNS = {
    "crossings": ("id", "lon", "lat", "mode", "status", "annual_trucks",
                  "annual_personal_vehicles", "annual_pedestrians", "count_year"),
    "traffic": ("scope", "code", "year", "measure", "value"),
}  # fmt: skip
# Columns of the facts with the last yearly counts, and their names in the counted entries.
YEARLY = {
    "annual_trucks": "trucks", "annual_personal_vehicles": "personal_vehicles",
    "annual_pedestrians": "pedestrians",
}  # fmt: skip


def counted(facts: pd.DataFrame, traffic: pd.DataFrame) -> pd.DataFrame:
    """Whether trucks are counted at each crossing of the facts.

    Parameters
    ----------
    facts : pandas.DataFrame
        Crossings: columns of COLUMNS.
    traffic : pandas.DataFrame
        Counted entries: columns of COLUMNS. Entries of a port are not assigned to its crossings.

    Returns
    -------
    pandas.DataFrame
        `id`, `lon`, `lat`, `trucks` (COUNTED or NONE) and `year` of the last count; no row for a
        crossing where nothing is counted. Trucks that were counted only in earlier years give NONE.
    """
    known = facts[facts["mode"].isin(["road", "ferry"]) & facts["status"].ne("closed")]
    yearly = facts.melt(["id", "count_year"], list(YEARLY), "measure", "value")
    yearly = yearly.rename(columns={"count_year": "year"}).replace({"measure": YEARLY})
    counts = pd.concat([
        traffic.loc[traffic["scope"] == "crossing"].rename(columns={"code": "id"}), yearly,
    ])[["id", "year", "measure", "value"]]  # fmt: skip
    counts = counts[counts["value"] > 0]
    last = counts[counts["year"] == counts.groupby("id")["year"].transform("max")]
    by_crossing = last.assign(trucks=last["measure"] == "trucks").groupby("id")
    found = known[["id", "lon", "lat"]].join(by_crossing["trucks"].any(), on="id", how="inner")
    found["trucks"] = np.where(found["trucks"].astype(bool), COUNTED, NONE)
    found["year"] = found["id"].map(by_crossing["year"].max()).astype(int)
    return found.reset_index(drop=True)


def at_crossings(crossings: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Truck counts at the crossings of a border.

    Parameters
    ----------
    crossings : geopandas.GeoDataFrame
        `crossing_id`, `mode` and geometry (EPSG:4326).
    facts : pandas.DataFrame
        As `counted` gives them.

    Returns
    -------
    pandas.DataFrame
        `trucks` and `year` by crossing_id. A fact and a road crossing match if they are each
        other's nearest within NEAR_KM, so that a count is not assigned to the bridge next to it.
    """
    roads = crossings[crossings["mode"] == "road"]
    if not len(roads) or not len(facts):
        return pd.DataFrame({"trucks": [], "year": []})
    lon, lat = shapely.get_coordinates(shapely.centroid(roads["geometry"].to_numpy())).T
    f, c = (rows.ravel() for rows in np.indices((len(facts), len(roads))))
    there = facts["lon"].to_numpy()[f], facts["lat"].to_numpy()[f]
    away_km = (geo.distance_m(*there, lon[c], lat[c]) / 1000).reshape(len(facts), len(roads))
    nearest = away_km.argmin(axis=1)
    rows = np.arange(len(facts))
    mutual = (away_km.argmin(axis=0)[nearest] == rows) & (away_km[rows, nearest] <= NEAR_KM)
    found = facts.loc[mutual, ["trucks", "year"]]
    return pd.DataFrame(found.set_index(roads["crossing_id"].to_numpy()[nearest[mutual]]))
