"""Hits: nodes where a network meets the border line, and which of them lead over it."""

from dataclasses import dataclass
from dataclasses import replace as with_other

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from msgspec.structs import replace
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints, Texts
from pipeline.network import reach

LEAST_STUB_M = parameters.number("least_stub_m")
SMALL = ("track", "service")  # classes that often have dead ends
WAY = "way"  # form of a link that is a road, not an outline of a space or roundabout


@dataclass(frozen=True)
class Network:
    """A network as arrays, so that many parts of it can be tested quickly.

    `start` and `end` are rows of `nodes`; `deep_km` is the greatest unsigned depth of a link,
    infinite in a third country; `small` marks short tracks and service ways, `outline` the edges of
    open spaces and roundabouts. `on_border` and `on_line` (border, third and prolonged lines) are
    by node, all other arrays by link.
    """

    nodes: pd.DataFrame
    on_border: Bools
    on_line: Bools
    start: Ints
    end: Ints
    deep_km: Floats
    open_ended: Bools
    side: Texts
    small: Bools
    outline: Bools
    shape: npt.NDArray[np.object_]


BY_LINK = ("start", "end", "deep_km", "open_ended", "side", "small", "outline", "shape")


def network(nodes: pd.DataFrame, links: pd.DataFrame) -> Network:
    """The network of all `links`, of any mode and state.

    Parameters
    ----------
    nodes, links
        Tables nodes and links.

    Returns
    -------
    Network
        Arrays by row of `nodes` and by row of `links`.
    """
    index = pd.Index(nodes["node_id"])
    start, end = (
        index.get_indexer(links[column]).astype(np.int64) for column in ("from_node", "to_node")
    )
    deep_km = np.fmax(-links["depth_min_km"].to_numpy(), links["depth_max_km"].to_numpy())
    small = links["class"].isin(SMALL) & (links["length_m"] < LEAST_STUB_M)
    return Network(
        nodes=nodes,
        on_border=(nodes["kind"] == "border").to_numpy(),
        on_line=nodes["kind"].isin(["border", "third_border", "beyond"]).to_numpy(),
        start=start,
        end=end,
        deep_km=np.where(np.isnan(deep_km), np.inf, deep_km),
        open_ended=links["open_ended"].to_numpy(dtype=bool),
        side=links["side"].to_numpy(dtype=object),
        small=small.to_numpy(),
        outline=(links["form"] != WAY).to_numpy(),
        shape=links["geometry"].to_numpy(),
    )


def part(whole: Network, chosen: pd.Series | Bools) -> Network:
    """The network with only the chosen links.

    Parameters
    ----------
    whole
        A network.
    chosen
        One value for each of its links.

    Returns
    -------
    Network
        A network with the same nodes.
    """
    kept = np.asarray(chosen, dtype=bool)
    return with_other(whole, **{name: getattr(whole, name)[kept] for name in BY_LINK})


def joined_hits(whole: Network, border: BorderFile) -> pd.DataFrame:
    """Nodes on the line at which links end, grouped by the shallow pieces that join them.

    The network is cut at the line. A piece that is nowhere `through_km` deep and has no open end
    joins the hits at its ends into one group, whatever its length. Hits on the outline of one open
    space or roundabout, and on the ways through it, also form one group.

    Parameters
    ----------
    whole
        The network; all of its links are used, whatever their state.
    border
        The border file, with the two sides and `through_km`.

    Returns
    -------
    DataFrame
        node_id, border_km, group, touches_from and touches_to (a piece that is deep on that side,
        or has an open end, begins at this hit), open_ended (one of these two is true only because
        of an open end), counted (the group touches both sides).
    """
    row = np.flatnonzero(whole.on_border & _met(whole))
    hits = whole.nodes[["node_id", "border_km"]].iloc[row].reset_index(drop=True)
    number = np.full(len(whole.nodes), -1, dtype=np.int64)
    number[row] = np.arange(len(row))
    piece, count = _pieces(whole)
    depth_km, open_, side = _piece_depths(whole, piece, count)
    hit = number[np.concatenate([whole.start, whole.end])]
    touched = np.tile(piece, 2)[hit >= 0]
    hit = hit[hit >= 0]
    shallow = depth_km[touched] < reach.through_km(border, side[touched])
    joins = shallow & ~open_[touched]
    space, through = _open_spaces(whole, row)
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


def certain(whole: Network, border: BorderFile) -> set[str]:
    """The nodes where links certainly lead over the line, even if the data end nearby.

    On each side a way counts from the depth of a through way that the border file states, even if
    the data hold only stubs there; and a dead end of a track or service way nearer to the line than
    `least_stub_m` counts as a real dead end.

    Parameters
    ----------
    whole, border
        As for `joined_hits`.

    Returns
    -------
    set of str
        Ids of nodes.
    """
    across = {border.from_: border.to, border.to: border.from_}
    less_deep = border.through_by_side_km.items()
    stubs = [across[side] for side, km in less_deep if km < border.through_km]
    short = whole.open_ended & whole.small & pd.Series(whole.side).isin(stubs).to_numpy()
    asked = replace(border, through_by_side_km={})
    return passed(with_other(whole, open_ended=whole.open_ended & ~short), asked)


def passed(whole: Network, border: BorderFile) -> set[str]:
    """The nodes on the line where the links of a network lead from one side to the other.

    Parameters
    ----------
    whole, border
        As for `joined_hits`.

    Returns
    -------
    set of str
        Ids of nodes.
    """
    hits = joined_hits(whole, border)
    return set(hits.loc[hits["counted"], "node_id"])


def meeting(hits: pd.DataFrame, whole: Network) -> pd.DataFrame:
    """The hits at which one of the links of a network begins or ends.

    Parameters
    ----------
    hits
        Rows with node_id, as from `joined_hits`.
    whole
        A network.

    Returns
    -------
    DataFrame
        Rows of `hits`, index kept.
    """
    met = whole.nodes["node_id"].to_numpy()[whole.on_border & _met(whole)]
    return hits[hits["node_id"].isin(met)]


def _met(whole: Network) -> Bools:
    """Which nodes are ends of links."""
    met = np.zeros(len(whole.nodes), dtype=bool)
    met[whole.start] = met[whole.end] = True
    return met


def _pieces(whole: Network) -> tuple[Ints, int]:
    """The piece of each link when the network is cut at the lines, and the number of pieces."""
    end = np.concatenate([whole.start, whole.end])
    cut = np.flatnonzero(whole.on_line[end])
    end[cut] = len(whole.nodes) + np.arange(len(cut))  # a separate end for each link
    start, end = np.split(end, 2)
    label = _components(start, end, len(whole.nodes) + len(cut))[start]
    used = np.zeros(int(label.max(initial=-1)) + 1, dtype=bool)
    used[label] = True
    return (np.cumsum(used) - 1)[label].astype(np.int64), int(used.sum())


def _components(start: Ints, end: Ints, size: int) -> Ints:
    """The number of the connected part of each of `size` nodes."""
    edges = coo_array((np.ones(len(start), bool), (start, end)), shape=(size, size))
    return np.asarray(connected_components(edges, directed=False)[1])


def _piece_depths(whole: Network, piece: Ints, count: int) -> tuple[Floats, Bools, Texts]:
    """Depth of each piece in km (infinite in a third country), its open ends, its side."""
    reached = np.zeros(count)
    np.maximum.at(reached, piece, whole.deep_km)
    open_ = np.zeros(count, dtype=bool)
    open_[piece[whole.open_ended]] = True
    side = np.full(count, None, dtype=object)
    side[piece] = whole.side
    return reached, open_, side


def _open_spaces(whole: Network, hits: Ints) -> tuple[Ints, Ints]:
    """Open spaces and roundabouts on the line: number of each, and hits within it.

    `hits` are rows of nodes.
    """
    nothing = np.empty(0, np.int64)
    if not whole.outline.any() or not len(hits):
        return nothing, nothing
    a, b = whole.start[whole.outline], whole.end[whole.outline]
    label = _components(a, b, len(whole.nodes))[a]
    on_line = np.zeros(len(whole.nodes), dtype=bool)
    on_line[hits] = True
    tree = shapely.STRtree(whole.nodes["geometry"].to_numpy()[hits])
    shape = whole.shape[whole.outline]
    space, within = [], []
    for number, one in enumerate(np.unique(label[on_line[a] | on_line[b]])):
        hull = shapely.convex_hull(shapely.union_all(shape[label == one]))
        found = tree.query(hull, predicate="intersects")
        space.append(np.full(len(found), number))
        within.append(found)
    return np.concatenate([nothing, *space]), np.concatenate([nothing, *within])
