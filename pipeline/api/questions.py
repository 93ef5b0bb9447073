"""Questions about a border: minimum cuts with their proof, and where posts stop most."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.api.border import Border, known_mode
from pipeline.core import schema
from pipeline.core.errors import InputError
from pipeline.core.types import Bools, Ints
from pipeline.graph import placement as posts_best
from pipeline.graph import placement_curve as curves
from pipeline.measures import depth, placement
from pipeline.measures.depth import Variant
from pipeline.network import link_arcs, zones
from pipeline.network.zones import ZonePair


@dataclass(frozen=True)
class MinimumCut:
    """The fewest links to close at a depth, with proof.

    Attributes
    ----------
    links : int or None
        F(D); None if it cannot be stated.
    why_absent : str or None
        Why it cannot be stated.
    is_upper_bound : bool
        Whether the data end before one of the zones.
    cut : GeoDataFrame
        Rows of `Border.links`; closing them is enough. Of several minimum cuts, the one nearest to
        the origin zone.
    witness : GeoDataFrame
        `path_no`, `length_m` (metres) and geometry of the same number of paths that share no link;
        they prove that fewer closures are not enough.
    """

    links: int | None
    why_absent: str | None
    is_upper_bound: bool
    cut: gpd.GeoDataFrame
    witness: gpd.GeoDataFrame


@dataclass(frozen=True)
class Posts:
    """The places where n randomised posts stop most.

    Attributes
    ----------
    stopped : float
        Chance to be stopped on the best way left, 0 to 1.
    links : GeoDataFrame
        Rows of `Border.links` with `share`, the share of the time that a post is there.
    """

    stopped: float
    links: gpd.GeoDataFrame


def minimum_cut(
    border: Border,
    depth_km: float,
    mode: str = "road",
    *,
    directed: bool = True,
    third_open: bool = False,
) -> MinimumCut:
    """The minimum cut at a depth, with the cut and its witness.

    Parameters
    ----------
    border
        A border.
    depth_km
        Signed depth, one of the depths of the border file; positive on the `to` side.
    mode
        road, rail or foot.
    directed
        Whether one-way tags apply.
    third_open
        Whether transit through third countries is allowed.

    Returns
    -------
    MinimumCut

    Raises
    ------
    InputError
        If there is no such mode, or the border file has no such depth.
    """
    variant = Variant(known_mode(mode), directed, third_open)
    nodes, links = link_arcs.numbered(border.nodes, border.links)
    sides = (border.file.from_, border.file.to)
    used = depth.network(nodes, links, sides, variant)
    reached = zones.reach_of(border.file, mode)
    found = depth.profile(nodes, used, [_zones(border, depth_km)], reached, variant)[0]
    return MinimumCut(
        links=found.min_cut_links,
        why_absent=found.why_absent,
        is_upper_bound=found.is_upper_bound,
        cut=border.links.iloc[found.cut_from],
        witness=_paths(border.links, found.paths),
    )


def _paths(links: gpd.GeoDataFrame, paths: list[tuple[Ints, Bools]]) -> gpd.GeoDataFrame:
    shapes = links.geometry.to_numpy()
    length_m = links["length_m"].to_numpy(float)
    drawn = [
        shapely.multilinestrings(
            np.where(forward, shapes[rows], shapely.reverse(shapes[rows])).tolist()
        )
        for rows, forward in paths
    ]
    table_of = {
        "path_no": np.arange(1, len(paths) + 1),
        "length_m": [float(length_m[rows].sum()) for rows, _ in paths],
    }
    return gpd.GeoDataFrame(table_of, geometry=drawn, crs=schema.CRS)


def place_posts(
    border: Border, n_posts: int, depth_km: float, mode: str = "road", chance: float = 1.0
) -> Posts:
    """Place n randomised posts where they stop most, at a depth.

    Parameters
    ----------
    border
        A border.
    n_posts
        Number of posts, 1 or more.
    depth_km
        Signed depth, one of the depths of the border file.
    mode
        road or rail.
    chance
        Chance that a post stops a traveller who passes it, above 0 and at most 1.

    Returns
    -------
    Posts
        By the randomised placement of Washburn & Wood (1995), without existing posts.

    Raises
    ------
    InputError
        If there is no such mode or depth, or no way from one zone to the other.
    """
    if n_posts < 1 or not 0 < chance <= 1:
        raise InputError(f"place_posts: {n_posts} posts of {chance:g}: expected 1 or more, 0 to 1")
    sides = (border.file.from_, border.file.to)
    none = schema.empty("placement_links")
    ways = placement.network(
        border.nodes, border.links, none, sides, known_mode(mode), walking=False
    )
    found = placement.between(border.nodes, ways, _zones(border, depth_km))
    curve = curves.curve(found.field, chance, n_posts)
    if not len(curve.ways):
        raise InputError(f"place_posts: {depth_km:+g} km: no {mode} leads from zone to zone")
    most = min(n_posts, curves.enough(curve, 1.0))
    best = posts_best.randomised(found.field, curve, [most])[0]
    links = pd.DataFrame(
        {"link_id": found.links["link_id"].to_numpy()[best.links], "share": best.share}
    )
    return Posts(float(best.value), border.links.merge(links, on="link_id"))


def _zones(border: Border, depth_km: float) -> ZonePair:
    found = {pair.depth_km: pair for pair in border.zones}
    if depth_km not in found:
        known = ", ".join(f"{km:+g}" for km in sorted(found))
        raise InputError(f"depth {depth_km:+g} km: expected one of {known} ({border.file.border})")
    return found[depth_km]
