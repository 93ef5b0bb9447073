"""Land and countries under the maps: Natural Earth 1:50m, public domain, kept with the code.

`basemap.parquet` was made from the file countries-50m.json of the package world-atlas, valid
polygons with vertices rounded to 0.001 degrees.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

CREDIT = "Land and countries: Natural Earth, public domain"


def countries(
    bounds: tuple[float, float, float, float], room_share: float = 0.25
) -> gpd.GeoDataFrame:
    """The countries in a box and around it.

    Parameters
    ----------
    bounds
        West, south, east and north in degrees.
    room_share
        How much to add on each side, as a share of the longer one.

    Returns
    -------
    GeoDataFrame
        `name` and `geometry` (MultiPolygon, EPSG:4326), clipped to the enlarged box.
    """
    west, south, east, north = bounds
    room = room_share * max(east - west, north - south, 0.5)
    box = shapely.box(
        max(west - room, -180), max(south - room, -85), min(east + room, 180), min(north + room, 85)
    )
    path = Path(__file__).with_name("basemap.parquet")
    world = gpd.read_parquet(path, columns=["name", "geometry"])
    cut = shapely.intersection(world.geometry.to_numpy(), box)
    parts = [
        shapely.MultiPolygon([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"])
        for shape in cut
    ]
    found = world.assign(geometry=np.asarray(parts, dtype=object)).set_geometry(
        "geometry", crs=4326
    )
    return found[~found.geometry.is_empty].reset_index(drop=True)
