"""Where trucks are counted: whether a crossing clears them, by the facts that entries leave.

The map says what may drive on a road, not whether cargo is cleared at its end. Counted entries do:
where cars or people are counted and no truck is, the crossing is no commercial one.
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


def counted(facts: pd.DataFrame, traffic: pd.DataFrame) -> pd.DataFrame:
    """Whether trucks are counted at each crossing of the facts.

    Parameters
    ----------
    facts : pandas.DataFrame
        Crossings: columns of COLUMNS.
    traffic : pandas.DataFrame
        Counted entries: columns of COLUMNS. Those of a port are not its crossings'.

    Returns
    -------
    pandas.DataFrame
        `id`, `lon`, `lat`, `trucks` (COUNTED or NONE) and `year` of the last count there; no row
        for a crossing where nothing is counted. Trucks that were counted in earlier years alone
        are none.
    """
    own = traffic[traffic["scope"] == "crossing"]
    rows: list[dict[str, object]] = []
    others = ["annual_personal_vehicles", "annual_pedestrians"]
    known = facts[facts["mode"].isin(["road", "ferry"]) & facts["status"].ne("closed")]
    for fact in known.to_dict(orient="records"):
        years = [own.loc[own["code"] == fact["id"], ["year", "measure"]]]
        for measure in ("annual_trucks", *others):
            if pd.notna(fact[measure]) and fact[measure] > 0:
                said = {"year": [fact["count_year"]], "measure": [measure.removeprefix("annual_")]}
                years.append(pd.DataFrame(said))
        every = pd.concat(years)
        if len(every):
            last = every.loc[every["year"] == every["year"].max(), "measure"]
            trucks = COUNTED if last.eq("trucks").any() else NONE
            row = {"id": fact["id"], "lon": fact["lon"], "lat": fact["lat"]}
            rows.append(row | {"trucks": trucks, "year": int(every["year"].max())})
    return pd.DataFrame(rows, columns=["id", "lon", "lat", "trucks", "year"])


def at_crossings(crossings: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """What is counted at the crossings of a border.

    Parameters
    ----------
    crossings : geopandas.GeoDataFrame
        `crossing_id`, `mode` and geometry (EPSG:4326).
    facts : pandas.DataFrame
        As `counted` gives them.

    Returns
    -------
    pandas.DataFrame
        `trucks` and `year` by crossing_id: of the fact and the road crossing that are the nearest
        to each other within NEAR_KM, so that no count is taken for that of the bridge beside it.
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
