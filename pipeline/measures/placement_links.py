"""Additional links for placing posts: walks over the line, and transfers."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters, schema
from pipeline.network import link_arcs
from pipeline.travel import snap

ROAD_KM = parameters.number("day_march_km")
EXTRA = ["link_id", "kind", "from_node", "to_node", "minutes"]


def walks(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    sides: tuple[str, str],
    middles: gpd.GeoSeries,
    walk_km: pd.DataFrame,
) -> gpd.GeoDataFrame:
    """Rows of placement_links for km of the line that can be crossed on foot.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        Tables of the network.
    sides : tuple of str
        Country codes, `from` first.
    middles : GeoSeries of Point, EPSG:4326
        Middle of each km.
    walk_km : DataFrame
        Rows of table walk_km, one for each of these.

    Returns
    -------
    GeoDataFrame
        A walk joins the nearer ends of the nearest road on each side; a km without such roads is
        left out.
    """
    roads = link_arcs.of_mode(links, "road").reset_index(drop=True)
    ends = [_nearest_ends(nodes, roads, middles, side) for side in sides]
    number = walk_km["border_km"].astype(np.int64).astype(str)
    return _extra(
        nodes,
        pd.DataFrame(
            {
                "link_id": "walk." + number.to_numpy(),
                "kind": "walk",
                "from_node": ends[0],
                "to_node": ends[1],
                "minutes": walk_km["walk_minutes"].to_numpy(float),
            }
        ),
    )


def transfers(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, minutes: float
) -> gpd.GeoDataFrame:
    """Rows of placement_links for stations where travellers may change.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        Tables of the network.
    stations : GeoDataFrame
        Rows of table stations that join road and rail.
    minutes : float
        Minutes of a transfer.

    Returns
    -------
    GeoDataFrame
        A transfer joins the nearer ends of the nearest road and railway of the station's side.
    """
    ends = []
    for mode in ("road", "rail"):
        own = link_arcs.of_mode(links, mode).reset_index(drop=True)
        at = pd.Series(None, index=stations.index, dtype=object)
        for side, here in stations.groupby("side"):
            at[here.index] = _nearest_ends(nodes, own, here.geometry, str(side))
        ends.append(at.to_numpy())
    return _extra(
        nodes,
        pd.DataFrame(
            {
                "link_id": "transfer." + stations["station_id"].to_numpy(),
                "kind": "transfer",
                "from_node": ends[0],
                "to_node": ends[1],
                "minutes": minutes,
            }
        ),
    )


def _nearest_ends(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, points: gpd.GeoSeries, side: str
) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """For each point the nearer end (not on the line) of the nearest link of a side."""
    result = np.full(len(points), None, dtype=object)
    wanted = gpd.GeoDataFrame(
        {"row": np.arange(len(points)), "side": side}, geometry=points.to_numpy(), crs=schema.CRS
    )
    if not len(wanted):
        return result
    near = snap.nearest(links, wanted, ROAD_KM)
    on = links.loc[near["link"], ["from_node", "to_node"]].to_numpy(dtype=object)
    of_side = nodes.set_index("node_id")["side"]
    ours = np.column_stack([of_side.reindex(on[:, end]).eq(side).to_numpy() for end in (0, 1)])
    begins = np.where(ours.all(axis=1), near["share"].to_numpy() <= 0.5, ours[:, 0])
    chosen = np.where(begins, on[:, 0], on[:, 1])
    usable = ours.any(axis=1)
    result[near["row"].to_numpy()[usable]] = chosen[usable]
    return result


def _extra(nodes: gpd.GeoDataFrame, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    known = rows["from_node"].notna() & rows["to_node"].notna()
    rows = rows[known & (rows["from_node"] != rows["to_node"])].reset_index(drop=True)
    at = nodes.set_index("node_id").geometry
    ends = [
        shapely.get_coordinates(at.loc[rows[end]].to_numpy()) for end in ("from_node", "to_node")
    ]
    stacked = np.stack(ends, axis=1)
    lines = np.asarray(shapely.linestrings(stacked)) if len(rows) else np.empty(0, dtype=object)
    return gpd.GeoDataFrame(rows[EXTRA], geometry=lines, crs=schema.CRS)
