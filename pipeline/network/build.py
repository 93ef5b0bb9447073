"""Make nodes and links from ways: densify, cut at posts, lines, depths and barriers, join."""

from typing import NamedTuple

import pandas as pd

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.network import segments as pieces
from pipeline.network import tags
from pipeline.network.barriers import at_barriers, barriers_of
from pipeline.network.contract import nodes_and_links
from pipeline.network.controls import at_posts
from pipeline.network.corridor import corridor
from pipeline.network.land import least_piece_depth_km
from pipeline.network.line import Line
from pipeline.network.read import Extract
from pipeline.network.sides import Territories
from pipeline.network.split import at_depths, at_lines

# Greatest length of a segment before depths are computed, since depth is not linear along it.
LONGEST_M = parameters.number("longest_segment_m")


class Built(NamedTuple):
    """Nodes and links; vertices of posts, and nodes at vertices; ways as divided by barriers."""

    nodes: pd.DataFrame
    links: pd.DataFrame
    stands: pd.DataFrame
    node_at: pd.DataFrame
    ways: pd.DataFrame
    through_km: float


def build(
    extract: Extract,
    ways: pd.DataFrame,
    kinds: list[tags.Kind],
    posts: pd.DataFrame,
    line: Line,
    territories: Territories,
    border: BorderFile,
) -> Built:
    """Make nodes and links; no link crosses the border line or a depth in use.

    The memory of vertices and segments, several for each link, is free after it returns.

    Parameters
    ----------
    extract
        Content of the raw file.
    ways, kinds
        The ways of all networks, and their kinds, as `way_table` returns them.
    posts
        Control posts; a post on a way becomes a node.
    line, territories, border
        The border line, the countries on either side of it, and the border file.

    Returns
    -------
    Built
        The tables, and `through_km`, which is smaller if a side is shallow.
    """
    vertices, segments = corridor(extract, ways, line, border.corridor_km)
    through_km = min(border.through_km, least_piece_depth_km(territories, line) / 2)
    longest_m = LONGEST_M if through_km == border.through_km else 1000 * through_km / 2
    vertices, segments = pieces.densified(vertices, segments, longest_m)
    class_ = ways["class"].to_numpy(dtype=object)
    vertices, segments, stands = at_posts(
        vertices, segments, posts, extract.shapes, class_, territories.projection
    )
    vertices, segments = at_lines(vertices, segments, line, territories)
    depths_km = {border.origin_km, *border.depths_km}
    vertices, segments = at_depths(vertices, segments, territories.pair, depths_km)
    vertices, segments, ways = at_barriers(vertices, segments, ways, kinds, barriers_of(extract))
    nodes, links, node_at = nodes_and_links(vertices, segments, ways)
    return Built(nodes, links, stands, node_at, ways, through_km)
