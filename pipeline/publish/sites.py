"""Which cuts a site belongs to: the layer chokepoints has only the least of their depths."""

import pandas as pd


def of_cuts(
    chokepoints: pd.DataFrame, chokepoint_links: pd.DataFrame, cut_links: pd.DataFrame
) -> pd.DataFrame:
    """Every directed cut that contains all links of a site: chokepoint_id, mode, depth_km, end.

    The frames are the published layers of these names.
    """
    cuts = chokepoints.loc[chokepoints["kind"] == "cut", ["chokepoint_id", "mode"]]
    links = chokepoint_links.merge(cuts, on="chokepoint_id")
    size = links.groupby("chokepoint_id")["link_id"].nunique()
    key = ["chokepoint_id", "mode", "depth_km", "end"]
    held = links.merge(cut_links[cut_links["directed"]], on=["mode", "link_id"])
    counted = held.groupby(key)["link_id"].nunique().rename("links").reset_index()
    whole = counted["links"] == counted["chokepoint_id"].map(size)
    return counted.loc[whole, key].reset_index(drop=True)
