"""Data issues of crossings: main roads that do not count, controls that are not on a road."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.network.issues import Issue

MAIN_CLASSES = ("motorway", "trunk", "primary", "secondary")
CONTROLS = parameters.texts("control_kinds")


def issues(
    crossings: pd.DataFrame,
    crossing_links: pd.DataFrame,
    posts: pd.DataFrame,
) -> Iterator[Issue]:
    """The data issues of crossings.

    Parameters
    ----------
    crossings, crossing_links, posts
        Tables of these names.

    Yields
    ------
    Issue
        `uncounted_crossing`: a graze that is official, or of a secondary or larger road;
        `control_without_way`: a control that no way passes.
    """
    yield from _uncounted(crossings, crossing_links)
    yield from _without_way(posts)


def uncounted(crossings: pd.DataFrame, crossing_links: pd.DataFrame) -> pd.DataFrame:
    """Official and main-road crossings that do not count, without a counted crossing there.

    Parameters
    ----------
    crossings, crossing_links
        Tables of these names.

    Returns
    -------
    DataFrame
        Rows of `crossings`.
    """
    counted = crossings.loc[crossings["counted"], "crossing_id"]
    taken = set(crossing_links.loc[crossing_links["crossing_id"].isin(counted), "node_id"])
    node = crossing_links.groupby("crossing_id")["node_id"].first()
    main = crossings["class"].isin(MAIN_CLASSES) | crossings["class"].eq("rail")
    grave = ~crossings["counted"] & (main | crossings["status"].eq("official"))
    elsewhere = crossings["crossing_id"].map(node).isin(taken)
    return crossings[grave & ~elsewhere]


def _uncounted(crossings: pd.DataFrame, crossing_links: pd.DataFrame) -> Iterator[Issue]:
    for row in records(uncounted(crossings, crossing_links)):
        what = f"{row['status']} crossing of class {row['class']}"
        name = f"({row['name']}) " if row["name"] else ""
        yield Issue(
            kind="uncounted_crossing",
            severity="high",
            element=row["crossing_id"],
            lon=row["geometry"].x,
            lat=row["geometry"].y,
            found=f"{what} {name}at km {row['border_km']:.1f} does "
            "not lead deep enough on one of the two sides",
            assumed="it grazes the line and is not counted",
            may_change="the number of crossings",
        )


def _without_way(posts: pd.DataFrame) -> Iterator[Issue]:
    lost = posts[posts["kind"].isin(CONTROLS) & posts["node_id"].isna()]
    for row in records(lost):
        yield Issue(
            kind="control_without_way",
            severity="medium",
            element=row["post_id"],
            lon=row["geometry"].x,
            lat=row["geometry"].y,
            found=f"a control ({row['kind']}) that no way passes",
            assumed="it controls no crossing",
            may_change="which crossings are official",
        )
