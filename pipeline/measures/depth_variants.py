"""Measures with F(D), directed, transit through third countries excluded: G(D), H(D), choices.

G(D), unguarded routes, is the minimum cut after links with a post are removed: the number of routes
without a post and, by duality, the number of further checkpoints that would close them. H(D),
second line, is the minimum cut from the strip behind the line to D.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.core.borderfile import BorderFile
from pipeline.core.modes import MODES
from pipeline.core.types import Bools
from pipeline.measures.depth import Found, Variant, network, profile, sizes
from pipeline.network import standing_posts
from pipeline.network.tags import ROAD_CLASSES
from pipeline.network.target_part import TOLERANCE_KM, at_least
from pipeline.network.zones import ZonePair, reach_of

# Classes of road that count: each choice adds to those before it; F(D) itself counts up to ferries.
ROAD_CHOICES = {
    "tertiary and above": "tertiary",
    "minor roads too": "road",
    "ferries too": "ferry",
    "tracks too": "track",
    "restricted too": "restricted",
}


def guarded(links: pd.DataFrame, posts: pd.DataFrame) -> Bools:
    """Which links have a post at one of their ends.

    Parameters
    ----------
    links
        Rows with `from_node` and `to_node`.
    posts
        Posts at all of their nodes, as `standing_posts.at_nodes` gives them.

    Returns
    -------
    ndarray of bool, one for each link
        Posts of the kinds in parameter `posts_that_check_no_one` do not count.
    """
    guards = standing_posts.checking(posts)["node_id"].dropna()
    ends = links["from_node"].isin(guards) | links["to_node"].isin(guards)
    return np.asarray(ends, dtype=bool)


def unguarded(
    nodes: pd.DataFrame, links: pd.DataFrame, pairs: list[ZonePair], border: BorderFile
) -> dict[Variant, list[Found]]:
    """G(D) of every mode: the profile for `links` without posts.

    If F(D) is stated but G(D) is absent, G(D) is 0: all links into a zone have posts.

    Parameters
    ----------
    nodes
        Table nodes.
    links
        Links without a post.
    pairs
        The two zones of each depth, masks over `nodes`.
    border
        The border file, with the reach of these data.

    Returns
    -------
    dict of Variant to list of Found
        One for each depth of `pairs`.
    """
    return {
        variant: profile(nodes, used, pairs, reach_of(border, variant.mode), variant)
        for variant, used in _headline(nodes, links, border)
    }


def second_line(
    nodes: pd.DataFrame, links: pd.DataFrame, pairs: list[ZonePair], border: BorderFile
) -> dict[Variant, dict[float, int | None]]:
    """H(D) of every mode, for each D beyond the strip: `origin_km` on the `to` side.

    Parameters
    ----------
    nodes
        Table nodes.
    links
        Table links.
    pairs
        The two zones of each depth, masks over `nodes`.
    border
        The border file, with the reach of these data.

    Returns
    -------
    dict of Variant to dict
        Links by depth in km; None if H(D) cannot be stated.
    """
    depth_km = nodes["depth_km"].to_numpy(float)
    strip = at_least(depth_km, 0.0) & (depth_km <= border.origin_km + TOLERANCE_KM)
    behind = [
        replace(pair, origin=strip, least_km={border.from_: 0.0, border.to: pair.depth_km})
        for pair in pairs
        if pair.depth_km > border.origin_km
    ]
    return {
        variant: sizes(nodes, used, behind, reach_of(border, variant.mode), variant)
        for variant, used in _headline(nodes, links, border)
    }


def sensitivity(
    nodes: pd.DataFrame, links: pd.DataFrame, pairs: list[ZonePair], border: BorderFile
) -> pd.DataFrame:
    """Table `sensitivity`: F(D) for other choices of the ways that count.

    Parameters
    ----------
    nodes
        Table nodes.
    links
        Table links, all classes.
    pairs
        The two zones of each depth, masks over `nodes`.
    border
        The border file, with the reach of these data.

    Returns
    -------
    DataFrame
        Columns mode, depth_km (signed), choice and min_cut_links.
    """
    rows = []
    before = ("", -1)
    found: dict[float, int | None] = {}
    for mode, choice, chosen in _choices(links):
        variant = Variant(mode, directed=True, third_open=False)
        used = network(nodes, chosen, (border.from_, border.to), variant)
        if (mode, len(used)) != before:  # otherwise the choice adds nothing to the previous one
            found = sizes(nodes, used, pairs, reach_of(border, variant.mode), variant)
        before = (mode, len(used))
        rows += [(mode, depth_km, choice, value) for depth_km, value in found.items()]
    return pd.DataFrame(rows, columns=["mode", "depth_km", "choice", "min_cut_links"])


def _headline(
    nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile
) -> Iterator[tuple[Variant, pd.DataFrame]]:
    """The headline variant of each mode and its links."""
    for mode in MODES:
        variant = Variant(mode, directed=True, third_open=False)
        yield variant, network(nodes, links, (border.from_, border.to), variant)


def _choices(links: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Mode, name of the choice, and the links from which the mode's network is taken."""
    for choice, last in ROAD_CHOICES.items():
        chosen = links[links["class"].isin(ROAD_CLASSES[: ROAD_CLASSES.index(last) + 1])]
        # Here a restricted road is like any other road.
        counted = chosen["class"].astype(object).replace("restricted", "track")
        yield "road", choice, chosen.assign(**{"class": counted})
    yield (
        "rail",
        "disused too",
        links.assign(state=links["state"].astype(object).replace("disused", "open")),
    )
