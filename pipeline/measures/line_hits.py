"""Where a network meets the border line, and which of these hits lead over it."""

import numpy as np
import pandas as pd
import shapely
from msgspec.structs import replace
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints, Texts
from pipeline.network import link_arcs, reach

LEAST_STUB_M = parameters.number("least_stub_m")
SMALL = ("track", "service")  # classes whose dead ends are often their own
WAY = "way"  # form of a link that is a road of its own, no outline of a space or roundabout


def joined_hits(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile) -> pd.DataFrame:
    """Nodes on the line that links meet, with the group that shallow pieces join them to.

    The network is cut at the line; a piece that is nowhere `through_km` deep, and has no open end,
    joins the hits that bound it into one, whatever its length. Hits on the outline of one open
    space or roundabout, and on the ways through it, are one too.

    Parameters
    ----------
    nodes, links
        Tables of these names; every link is used, whatever its state.
    border
        Names the two sides and `through_km`.

    Returns
    -------
    DataFrame
        node_id, border_km, group, touches_from and touches_to (a piece that is deep, or has an
        open end, on that side begins at the hit itself), open_ended (nothing but an open end makes
        one of them so), counted (the group touches both sides).
    """
    ends = pd.concat([links["from_node"], links["to_node"]], ignore_index=True)
    met = (nodes["kind"] == "border") & nodes["node_id"].isin(set(ends))
    hits = nodes.loc[met, ["node_id", "border_km"]].reset_index(drop=True)
    piece, count = _pieces(nodes, links)
    depth_km, open_, side = _piece_depths(links, piece, count)
    hit = pd.Index(hits["node_id"]).get_indexer(ends)
    touched = np.tile(piece, 2)[hit >= 0]
    hit = hit[hit >= 0]
    shallow = depth_km[touched] < reach.through_km(border, side)[touched]
    joins = shallow & ~open_[touched]
    space, through = _open_spaces(nodes, links, hits)
    size = len(hits) + count
    pairs = np.vstack(
        [
            np.column_stack([hit[joins], len(hits) + touched[joins]]),
            np.column_stack([through, size + space]),
        ]
    ).astype(np.int64)
    size += int(space.max(initial=-1)) + 1
    edges = (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1]))
    group = connected_components(coo_array(edges, shape=(size, size)), directed=False)[1]
    hits = hits.assign(group=group[: len(hits)], counted=True, open_ended=False)
    for column, country in (("touches_from", border.from_), ("touches_to", border.to)):
        here = ~joins & (side[touched] == country)
        hits[column] = np.isin(np.arange(len(hits)), hit[here])
        deep = hit[here & ~shallow]
        groups = hits["group"].isin(hits["group"].iloc[np.unique(deep)])
        reached = hits["group"].isin(hits["group"].iloc[np.unique(hit[here])])
        hits["counted"] &= reached
        hits["open_ended"] |= reached & ~groups
    return hits


def certain(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile) -> set[str]:
    """The nodes on the line that links lead over for certain, as far as data that end can tell.

    On either side a way counts from the depth of a through way that the border file asks for, also
    beside stubs; and where data hold only stubs, a dead end of a track or service way nearer to the
    line than `least_stub_m` is taken for what it seems to be.

    Parameters
    ----------
    nodes, links, border
        As `joined_hits` takes them.

    Returns
    -------
    set of str
        Ids of nodes.
    """
    across = {border.from_: border.to, border.to: border.from_}
    less_deep = border.through_by_side_km.items()
    stubs = {across[side] for side, km in less_deep if km < border.through_km}
    small = links["class"].isin(SMALL) & (links["length_m"] < LEAST_STUB_M)
    short = links["open_ended"] & small & links["side"].isin(stubs)
    asked = replace(border, through_by_side_km={})
    hits = joined_hits(nodes, links.assign(open_ended=links["open_ended"] & ~short), asked)
    return set(hits.loc[hits["counted"], "node_id"])


def passed(
    nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile, chosen: pd.Series | Bools
) -> set[str]:
    """The nodes on the line where the chosen links alone lead from one side to the other.

    Parameters
    ----------
    nodes, links, border
        As `joined_hits` takes them.
    chosen
        Which of the links count.

    Returns
    -------
    set of str
        Ids of nodes.
    """
    hits = joined_hits(nodes, links[np.asarray(chosen, dtype=bool)], border)
    return set(hits.loc[hits["counted"], "node_id"])


def meeting(hits: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The hits at which one of the links begins or ends.

    Parameters
    ----------
    hits
        Rows with node_id, as of `joined_hits`.
    links
        Links with from_node and to_node.

    Returns
    -------
    DataFrame
        Rows of `hits`, index kept.
    """
    return hits[hits["node_id"].isin({*links["from_node"], *links["to_node"]})]


def _pieces(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[Ints, int]:
    """The piece of each link once the network is cut at the lines, and how many there are."""
    arcs = link_arcs.arcs(nodes, links, directed=True)
    end = np.concatenate([arcs.tail[: len(links)], arcs.head[: len(links)]])
    row = np.tile(np.arange(len(links)), 2)
    on_line = nodes["kind"].isin(["border", "third_border", "beyond"]).to_numpy()
    joined = ~on_line[end]
    size = len(links) + len(nodes)
    edges = (np.ones(int(joined.sum()), bool), (row[joined], len(links) + end[joined]))
    label = connected_components(coo_array(edges, shape=(size, size)), directed=False)[1]
    numbers, piece = np.unique(label[: len(links)], return_inverse=True)
    return piece.astype(np.int64), len(numbers)


def _piece_depths(links: pd.DataFrame, piece: Ints, count: int) -> tuple[Floats, Bools, Texts]:
    """Depth in km that each piece reaches (endless in a third country), its open ends, its side."""
    depth = np.fmax(-links["depth_min_km"].to_numpy(), links["depth_max_km"].to_numpy())
    reached = np.zeros(count)
    np.maximum.at(reached, piece, np.where(np.isnan(depth), np.inf, depth))
    open_ = np.zeros(count, dtype=bool)
    np.logical_or.at(open_, piece, links["open_ended"].to_numpy())
    side = np.full(count, None, dtype=object)
    side[piece] = links["side"].to_numpy()
    return reached, open_, side


def _open_spaces(nodes: pd.DataFrame, links: pd.DataFrame, hits: pd.DataFrame) -> tuple[Ints, Ints]:
    """Open spaces and roundabouts that lie on the line: number of each, and hits within it."""
    outlines = links[links["form"] != WAY]
    nothing = np.empty(0, np.int64)
    if not len(outlines) or not len(hits):
        return nothing, nothing
    at = pd.Index(nodes["node_id"])
    a, b = (at.get_indexer(outlines[end]) for end in ("from_node", "to_node"))
    edges = (np.ones(len(outlines), bool), (a, b))
    label = connected_components(coo_array(edges, shape=(len(nodes),) * 2), directed=False)[1][a]
    on_line = set(hits["node_id"])
    meets = outlines["from_node"].isin(on_line) | outlines["to_node"].isin(on_line)
    points = nodes["geometry"].to_numpy()[at.get_indexer(hits["node_id"])]
    tree = shapely.STRtree(points)
    space, within = [], []
    for number, one in enumerate(np.unique(label[meets.to_numpy()])):
        hull = shapely.convex_hull(shapely.union_all(outlines["geometry"].to_numpy()[label == one]))
        found = tree.query(hull, predicate="intersects")
        space.append(np.full(len(found), number))
        within.append(found)
    return np.concatenate([nothing, *space]), np.concatenate([nothing, *within])
