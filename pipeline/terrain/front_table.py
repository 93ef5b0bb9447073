"""W(D) of a border at the depths of its file, as a table; roads are not used."""

import geopandas as gpd
import pandas as pd
import shapely

from pipeline.core.borderfile import BorderFile
from pipeline.network import line as lines
from pipeline.network.read import Extract
from pipeline.network.sides import divide
from pipeline.terrain import front


def front_table(
    extract: Extract, coasts: gpd.GeoDataFrame, border: BorderFile, raw: str
) -> pd.DataFrame:
    """W(D) by signed depth, up to the reach of the data.

    Parameters
    ----------
    extract
        Content of the OSM file, for its border lines.
    coasts
        Table `coasts`, land on the left of each.
    border
        The border file, with the reach of the data on either side.
    raw
        Name of the OSM file, for messages.

    Returns
    -------
    DataFrame
        Columns depth_km, front_width_km (None if unknown) and why_no_width.

    Raises
    ------
    InputError
        In the cases of `line.assemble` and `sides.divide`.
    """
    pair = (border.from_, border.to)
    courses = [shapely.get_coordinates(one) for one in coasts.geometry]
    line = lines.assemble(extract, pair, border.corridor_km, raw)
    found: front.Widths = {}
    for sign, country, target in ((-1, border.from_, None), (1, border.to, border.target)):
        reach_km = border.reach_km.get(country, border.corridor_km)
        shown = tuple(km for km in border.depths_km if km <= reach_km)
        territories = divide(line, *front.points_around(line, max(shown, default=0.0)), border, raw)
        known = front.widths(line, territories, courses, country, shown, target)
        short = f"data on the {country} side reach {reach_km:g} km"
        found |= {sign * km: known.get(km, (None, short)) for km in border.depths_km}
    rows = [(depth_km, width, why) for depth_km, (width, why) in found.items()]
    return pd.DataFrame(rows, columns=["depth_km", "front_width_km", "why_no_width"])
