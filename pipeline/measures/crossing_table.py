"""Crossings as rows: name, status, who may pass and when, lanes, ways, sites."""

import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters, schema
from pipeline.measures.crossing_merge import SITE_KM, sites
from pipeline.measures.line_hits import WAY
from pipeline.network import access, hours, tags

SITE_M = parameters.number("merge_m")
RESTRICTED = "restricted"
# Classes that headlines do not count: tourist trains and trams do not lead into the country.
NO_HEADLINE = (RESTRICTED, "tram", "preserved")
SAME_KM = 1e-3
# Columns that only a situation file can fill.
STATED = ("mapped_status", "wait_minutes", "truck_wait_minutes", "situation")
CHANGE_TRAINS = "break of gauge: passengers must change trains"


def table(
    mode: str,
    hits: pd.DataFrame,
    links: pd.DataFrame,
    nodes: pd.DataFrame,
    posts: pd.DataFrame,
    land_km: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The hits as rows of `crossings`, and the links that meet the line at each hit.

    Parameters
    ----------
    mode
        road, rail or foot.
    hits
        As from `line_hits.joined_hits`, with crossing (number), is_closed, post, vehicles, always
        (bits), hours, one_gauge and certain.
    links, nodes, posts
        Tables links, nodes and posts; only links of the mode.
    land_km
        Length of the line on land; greater border_km are on stretches at sea.

    Returns
    -------
    tuple of DataFrame
        Tables `crossings` and `crossing_links`.
    """
    if not len(hits):
        return schema.empty("crossings"), schema.empty("crossing_links")
    hits = hits.sort_values(["border_km", "node_id"], kind="stable")
    hits["crossing_id"] = (
        mode + "-" + hits.groupby(["is_closed", "crossing"])["node_id"].transform("first")
    )
    met = _meeting(hits, links, rail=mode == "rail")
    best = met.sort_values(["rank", "link_id"], kind="stable").groupby("crossing_id")
    row = hits.groupby("crossing_id").agg(
        counted=("counted", "first"),
        low=("border_km", "min"),
        high=("border_km", "max"),
        is_closed=("is_closed", "first"),
        node_id=("node_id", "first"),
        post=("post", "first"),
        vehicles=("vehicles", np.bitwise_or.reduce),
        always=("always", np.bitwise_or.reduce),
        hours=("hours", _texts),
        open_ended=("open_ended", "any"),
        certain=("certain", "any"),
        one_gauge=("one_gauge", "any"),
    )
    row["class"] = best["class"].first()
    reserved = (mode == "road") & row["counted"] & ~row["is_closed"]
    reserved &= (row["vehicles"] & access.CAR) == 0
    row.loc[reserved, "class"] = RESTRICTED
    row[["n_links", "lanes"]] = _ways_through(hits, met)
    row["walkable"] = met.groupby("crossing_id")["walkable"].any()
    row["informal"] = met.groupby("crossing_id")["informal"].any()
    named = row["post"].map(posts.set_index("post_id")["name"])
    row["name"] = named.fillna(best["name"].first()).fillna(best["ref"].first())
    statuses = [row["is_closed"], row["post"].notna(), row["informal"]]
    row["status"] = np.select(statuses, ["closed", "official", "informal"], "unmarked")
    bound = row["vehicles"] & np.where(row["vehicles"] & access.CAR, access.CAR, access.ALL)
    row["by_hours"] = (row["vehicles"] > 0) & ((row["always"] & bound) == 0) & ~row["is_closed"]
    row["hours"] = row["hours"].where(row["vehicles"] != row["always"], None)
    row["vehicles"] = [access.names(int(bits)) for bits in row["vehicles"]]
    row["border_km"] = (row["low"] + row["high"]) / 2
    row["span_m"] = (row["high"] - row["low"]) * 1000
    row["geometry"] = row["node_id"].map(nodes.set_index("node_id")["geometry"])
    usable = row["counted"] & ~row["is_closed"]
    at_sea = (row["class"] == "ferry") & (row["border_km"] > land_km + SAME_KM)
    row["in_headline"] = usable & ~row["class"].isin(NO_HEADLINE) & ~at_sea
    row[["remark", *STATED]] = None
    row.loc[usable & ~row["one_gauge"], "remark"] = CHANGE_TRAINS
    rows = _with_sites(row.assign(mode=mode).reset_index(), usable.to_numpy())
    columns = [column.name for column in schema.TABLES["crossings"].columns]
    members = met[["crossing_id", "link_id", "node_id"]].drop_duplicates(["crossing_id", "link_id"])
    return rows[[*columns, "geometry"]], members


def _texts(texts: pd.Series) -> str | None:
    return hours.joined(sorted({text for text in texts if text}))


def _meeting(hits: pd.DataFrame, links: pd.DataFrame, *, rail: bool) -> pd.DataFrame:
    """The links that meet the line at the hits, with rank of class and lanes in both directions."""
    met = pd.concat(
        [links.assign(node_id=links[end]) for end in ("from_node", "to_node")], ignore_index=True
    ).merge(hits, on="node_id", how="inner", suffixes=("", "_of_hit"))
    met["rank"] = met["class"].map(tags.RANK)
    both_ways = met["lanes_forward"] + met["lanes_backward"]
    one_track = pd.Series(1, index=met.index)
    met["lanes"] = met["lanes"].fillna(one_track if rail else both_ways)
    return met


def _ways_through(hits: pd.DataFrame, met: pd.DataFrame) -> pd.DataFrame:
    """n_links and lanes by crossing: on the side where fewer links lead deep inland.

    A road that crosses the line several times counts as one way. If no link leads deep inland on a
    side (a graze), every hit counts there. Outlines of open spaces and arcs of roundabouts do not
    count beside other ways; alone they count as one way with their lanes.
    """
    key = ["crossing_id", "group"]
    own = met[met["form"] == WAY]
    lanes = own.groupby(["crossing_id", "node_id"])["lanes"].min()
    at = hits.set_index(["crossing_id", "node_id"]).assign(n_links=1, lanes=lanes).reset_index()
    ways = at[at["lanes"].notna()]
    every = ways.groupby(key)[["n_links", "lanes"]].sum()
    fewest = every
    for side in ("touches_from", "touches_to"):
        there = ways[ways[side]].groupby(key)[["n_links", "lanes"]].sum()
        there = there.reindex(every.index).fillna(every)
        fewest = fewest.where(fewest <= there, there)
    through = fewest.groupby("crossing_id").sum()
    outlines = met.groupby(["crossing_id", "node_id", "form"])["lanes"].min().reset_index()
    ring = outlines["form"] == "roundabout"
    alone = pd.DataFrame(
        {
            "lanes": outlines[ring].groupby("crossing_id")["lanes"].sum(),
            "least": outlines.groupby("crossing_id")["lanes"].min(),
        }
    )
    alone["lanes"] = alone["lanes"].fillna(alone["least"])
    alone = alone.drop(columns="least").assign(n_links=1)
    ids = pd.Index(hits["crossing_id"].unique(), name="crossing_id")
    return through.reindex(ids).fillna(alone.reindex(ids))[["n_links", "lanes"]]


def _with_sites(rows: pd.DataFrame, usable: np.ndarray) -> pd.DataFrame:
    """Rows with the sites of counted crossings that are not closed; no site for the others."""
    lon, lat = shapely.get_coordinates(rows["geometry"].to_numpy()[usable]).T
    for column, apart_m in (("site_250m", SITE_M), ("site_10km", 1000 * SITE_KM)):
        number = sites(lon, lat, apart_m)
        first = pd.Series(rows["crossing_id"].to_numpy()[usable])
        site = first.groupby(number).transform("first")
        rows[column] = None
        rows.loc[usable, column] = ("site-" + site).to_numpy()
    return rows
