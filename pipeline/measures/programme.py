"""Which ways from zone to zone the posts of given years leave open."""

from dataclasses import replace

import geopandas as gpd

from pipeline.core import parameters
from pipeline.graph import placement_curve as best
from pipeline.graph.placement_field import paths, without
from pipeline.measures import placement as networks
from pipeline.measures.placement import Network
from pipeline.measures.placement_table import Row, Rows
from pipeline.network.zones import ZonePair

YEARS = parameters.wholes("programme_years")


def programme_rows(
    nodes: gpd.GeoDataFrame,
    ways: Network,
    pair: ZonePair,
    posts: gpd.GeoDataFrame,
    shapes: gpd.GeoSeries,
    why: str | None,
) -> Rows:
    """Rows of table programme, and the ways that posts of these years leave open.

    Parameters
    ----------
    nodes : GeoDataFrame
        Table nodes.
    ways : Network
        Roads.
    pair : ZonePair
        The zones.
    posts : GeoDataFrame
        Posts at all of their nodes, as from `standing_posts.at_nodes`.
    shapes : GeoSeries of LineString, EPSG:4326
        By link_id.
    why : str or None
        Why no value can be stated at this depth.

    Returns
    -------
    dict of str to list of dict
        Rows of tables programme and open_paths.
    """
    added = networks.of_years(posts, YEARS)
    key: Row = {"mode": "road", "depth_km": pair.depth_km}
    row = key | {
        "years": " ".join(map(str, YEARS)),
        "posts": added["post_id"].nunique(),
        "posts_mapped": networks.standing_between(nodes, ways, pair, posts),
        **dict.fromkeys(("ways", "ways_left", "ways_left_all")),
        "why_absent": why,
    }
    if why is not None:
        return {"programme": [row]}
    left: list[dict[str, object]] = []
    found = networks.between(nodes, ways, pair)
    for column, closing in (("ways", posts[:0]), ("ways_left", added), ("ways_left_all", posts)):
        field = without(found.field, networks.carried(nodes, ways, closing))
        curve = best.curve(field, 1.0, 1)
        row[column] = int(curve.ways[0]) if len(curve.ways) else 0
        if column == "ways_left" and len(curve.ways) and len(added):
            arcs = paths(field, curve.flow[0])
            left = networks.paths(replace(found, field=field), arcs, shapes)
    more: Row = {"model": "programme", "walking": False, "existing": "none", "chance": 1.0}
    return {
        "programme": [row],
        "open_paths": [
            key | more | {"n_posts": row["posts"], "path_no": number, "share": 1 / len(left)}
            | {"stopped": 0.0} | path
            for number, path in enumerate(left, start=1)
        ],
    }  # fmt: skip
