"""What is handed on: crossings, chokepoints and minimum cuts; informal crossings as counts."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from pipeline.core.errors import InputError
from pipeline.publish import profiles

CUTS = "minimum_cut_links"
INFORMAL = "informal_crossings"
# The layers that it is made from.
READ = ("border", "crossings", "chokepoints", "links", "cut_links", "border_km")


def shapes(tables: Mapping[str, pd.DataFrame], profile: str) -> dict[str, gpd.GeoDataFrame]:
    """The geometries by name, in the public profile without what is withheld.

    Parameters
    ----------
    tables
        The layers of READ by name.
    profile
        public or local.

    Returns
    -------
    dict of GeoDataFrame
        In EPSG:4326: crossings, chokepoints, the links of minimum cuts (one row for each link of
        each cut), and for each stretch of the line the crossings that are given only as counts.
    """
    kept = dict(tables)
    counts = profiles.informal_counts(tables["crossings"], gpd.GeoDataFrame(tables["border_km"]))
    if profile == "public":
        hidden = profiles.withheld_crossings(tables["crossings"])
        for name in ("crossings", "chokepoints", "links", "cut_links"):
            shown = profiles.public(tables[name], name, hidden)
            if shown is None:
                raise InputError(f"schema.toml: {name} is withheld, expected it to be exported")
            kept[name] = shown
    cuts = kept["cut_links"].merge(kept["links"].drop(columns="mode"), on="link_id")
    shapes = {"crossings": kept["crossings"], "chokepoints": kept["chokepoints"], CUTS: cuts}
    return {
        name: gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")
        for name, frame in (shapes | {INFORMAL: counts}).items()
    }
