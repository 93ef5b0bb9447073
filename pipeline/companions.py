"""What stands beside F(D), directed and third countries shut: G(D), H(D), and other choices of way.

G(D), unguarded routes, is the minimum cut after links that carry a post are removed: how many
routes are left that meet none, and, by duality, how many further checkpoints would close them.
H(D), second line, is the minimum cut from the strip behind the line to D, whoever is let over it.
"""

from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from pipeline import graph
from pipeline.borderfile import BorderFile
from pipeline.ground import TOLERANCE_KM, Grounds, at_least
from pipeline.profile import Found, Variant, network, profile
from pipeline.tags import ROAD_CLASSES

# Posts at which nobody is looked at.
UNGUARDED_POSTS = ("toll",)

# Which classes of road count, each choice with those before it; F(D) itself counts up to ferries.
ROAD_CHOICES = {
    "tertiary and above": "tertiary",
    "minor roads too": "road",
    "ferries too": "ferry",
    "tracks too": "track",
    "restricted too": "restricted",
}


def unguarded(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    posts: gpd.GeoDataFrame,
    grounds: list[Grounds],
    border: BorderFile,
) -> dict[Variant, list[Found]]:
    """G(D) of every mode: a profile of the links that have no post at either end.

    It is 0 where no link is left in a ground that holds network when the posts are not removed.
    """
    guards = posts.loc[~posts["kind"].isin(UNGUARDED_POSTS), "node_id"].dropna()
    guarded = links["from_node"].isin(guards) | links["to_node"].isin(guards)
    return _headline(nodes, links[~guarded], grounds, border)


def second_line(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    grounds: list[Grounds],
    border: BorderFile,
) -> dict[Variant, list[Found]]:
    """H(D) of every mode, for each D beyond the strip: `origin_km` on the `to` side."""
    depth_km = nodes["depth_km"].to_numpy(float)
    strip = at_least(depth_km, 0.0) & (depth_km <= border.origin_km + TOLERANCE_KM)
    behind = [
        replace(pair, source=strip, least_km={border.from_: 0.0, border.to: pair.depth_km})
        for pair in grounds
        if pair.depth_km > border.origin_km
    ]
    return _headline(nodes, links, behind, border)


def sensitivity(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    grounds: list[Grounds],
    border: BorderFile,
) -> pd.DataFrame:
    """Table `sensitivity`: F(D) under other choices of which ways count."""
    rows = [
        {
            "mode": mode,
            "depth_km": found.depth_km,
            "choice": choice,
            "min_cut_links": found.min_cut_links,
        }
        for mode, choice, chosen in _choices(links)
        for found in _profile(nodes, chosen, grounds, border, mode)
    ]
    return pd.DataFrame(rows)


def _choices(links: gpd.GeoDataFrame) -> Iterator[tuple[str, str, gpd.GeoDataFrame]]:
    """Mode, name of the choice, and the links from which the mode's network is then taken."""
    for choice, last in ROAD_CHOICES.items():
        classes = ROAD_CLASSES[: ROAD_CLASSES.index(last) + 1]
        chosen = links[links["class"].isin(classes)]
        # A restricted road is one like any other then.
        yield (
            "road",
            choice,
            chosen.assign(**{"class": chosen["class"].replace("restricted", "track")}),
        )
    yield "rail", "disused too", links.assign(state=links["state"].replace("disused", "open"))


def _headline(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    grounds: list[Grounds],
    border: BorderFile,
) -> dict[Variant, list[Found]]:
    return {
        Variant(mode, directed=True, third_open=False): _profile(
            nodes, links, grounds, border, mode
        )
        for mode in graph.MODES
    }


def _profile(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    grounds: list[Grounds],
    border: BorderFile,
    mode: str,
) -> list[Found]:
    variant = Variant(mode, directed=True, third_open=False)
    used = network(nodes, links, (border.from_, border.to), variant)
    return profile(nodes, used, grounds, border.reach_km, variant)
