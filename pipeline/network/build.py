"""From ways to nodes and links: densified, divided at posts, lines, depths and barriers, joined."""

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

# Segments are cut to this before depth is read, since depth bends along them.
LONGEST_M = parameters.number("longest_segment_m")


class Built(NamedTuple):
    """Nodes and links; posts' vertices, and the nodes at vertices; ways as barriers divide them."""

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
    """Nodes and links that never cross the line or a depth in use.

    Vertices and segments, several for each link, are gone once it returns.

    Parameters
    ----------
    extract
        What the raw file holds.
    ways, kinds
        The ways of all networks, and what `way_table` says of barriers on them.
    posts
        Control posts, each of which becomes a node where it stands on a way.
    line, territories, border
        The border line, what lies on either side of it, and the border's file.

    Returns
    -------
    Built
        The tables, and `through_km`, which is less where a side is shallow.
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
