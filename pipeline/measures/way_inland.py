"""The fastest way from the line to depth on each side: controls on it, and its opening hours.

A crossing is official if that way passes a control. So booth lanes and side roads cannot hide a
control, and other streets of a border town do not become official.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Floats, Ints
from pipeline.network.tags import RANK

CONTROL_DEPTH_KM = parameters.number("control_depth_km")
RESERVED = parameters.number("permit_way_weight")
LEAST_MINUTES = 1e-9  # sparse matrices drop zeros


@dataclass(frozen=True)
class Inland:
    """Ids of posts and hours of links on the fastest ways from one hit, both sorted."""

    controls: tuple[str, ...]
    hours: tuple[str, ...]


def inland(
    hits: list[str],
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    controls: dict[str, list[str]],
    border: BorderFile,
) -> dict[str, Inland]:
    """Posts and hours on the fastest ways between each hit and depth, both ways, on each side.

    Parameters
    ----------
    hits
        Nodes on the line.
    nodes, links
        Tables nodes and links; only links of the mode that are in use.
    controls
        Ids of posts by node, for nodes with a post.
    border
        The border file, with the two sides.

    Returns
    -------
    dict
        The results by hit. A way leads to CONTROL_DEPTH_KM, to the greatest depth of a side that is
        nowhere that deep, or to an open end, whichever is reached first.
    """
    met: dict[str, tuple[set[str], set[str]]] = {hit: (set(), set()) for hit in hits}
    for country in (border.from_, border.to):
        here = links["side"].isin([country, "border"]).to_numpy()
        near = links[["depth_min_km", "depth_max_km"]].abs().min(axis=1).to_numpy()
        side = links[here & ~(near > CONTROL_DEPTH_KM)].reset_index(drop=True)
        if not len(side):
            continue
        points, end = np.unique(side[["from_node", "to_node"]].to_numpy(), return_inverse=True)
        start, stop = end.reshape(-1, 2).T
        exits, last = _exits(points, start, stop, side, nodes)
        for outward in (True, False):
            _walk(met, points, (start, stop), (exits, last), side, controls, outward=outward)
    return {
        hit: Inland(tuple(sorted(posts)), tuple(sorted(hours)))
        for hit, (posts, hours) in met.items()
    }


def _minutes(links: pd.DataFrame) -> Floats:
    reserved = (links["class"].map(RANK) == RANK["restricted"]).to_numpy()
    return np.asarray(links["minutes"].to_numpy() * np.where(reserved, RESERVED, 1.0))


def _exits(
    points: np.ndarray, start: Ints, stop: Ints, links: pd.DataFrame, nodes: pd.DataFrame
) -> tuple[Floats, Ints]:
    """Minutes from each point over its own link to depth or to an open end, and that link.

    Links are not cut at that depth, so its position on a link is found by linear interpolation. The
    link is -1 if the point itself lies there.
    """
    at = nodes.set_index("node_id").loc[points]
    depth_km = at["depth_km"].abs().fillna(0).to_numpy()
    low, high = (links[column].abs().to_numpy() for column in ("depth_min_km", "depth_max_km"))
    reached = np.fmax(low, high)
    limit_km = min(CONTROL_DEPTH_KM, float(np.nanmax(reached, initial=0.0)))
    exits = np.where(at["open_ended"].to_numpy() | (depth_km >= limit_km - 1e-9), 0.0, np.inf)
    last = np.full(len(points), -1, dtype=np.int64)
    deep = np.flatnonzero(reached >= limit_km - 1e-9)
    minutes = _minutes(links)[deep]
    for here, there in ((start[deep], stop[deep]), (stop[deep], start[deep])):
        rise = depth_km[there] - depth_km[here]
        share = np.full(len(deep), 0.5)
        passes = rise > 0
        share[passes] = np.clip((limit_km - depth_km[here])[passes] / rise[passes], 0.0, 1.0)
        order = np.lexsort((deep, share * minutes))[::-1]
        better = order[(share * minutes)[order] < exits[here[order]]]
        exits[here[better]], last[here[better]] = (share * minutes)[better], deep[better]
    return exits, last


def _walk(
    met: dict[str, tuple[set[str], set[str]]],
    points: np.ndarray,
    ends: tuple[Ints, Ints],
    leaving: tuple[Floats, Ints],
    links: pd.DataFrame,
    controls: dict[str, list[str]],
    *,
    outward: bool,
) -> None:
    """Add posts and hours on the fastest ways of one side: from the line (outward), or to it."""
    (start, stop), (exits, last) = ends, leaving
    both = ~links["oneway"].to_numpy(dtype=bool)
    row = np.arange(len(links))
    tail = np.concatenate([start, stop[both]])
    head = np.concatenate([stop, start[both]])
    row = np.concatenate([row, row[both]])
    # The search starts at depth, so an outward way is followed against its direction.
    arcs = pd.DataFrame({"a": head, "b": tail} if outward else {"a": tail, "b": head})
    arcs["link"], arcs["minutes"] = row, np.maximum(_minutes(links)[row], LEAST_MINUTES)
    arcs = arcs.sort_values(["minutes", "link"], kind="stable").drop_duplicates(["a", "b"])
    out = np.flatnonzero(np.isfinite(exits))
    size, root = len(points) + 1, len(points)
    a = np.concatenate([arcs["a"].to_numpy(), np.full(len(out), root)])
    b = np.concatenate([arcs["b"].to_numpy(), out])
    cost = np.concatenate([arcs["minutes"].to_numpy(), np.maximum(exits[out], LEAST_MINUTES)])
    graph = csr_array((cost, (a, b)), shape=(size, size))
    _, (before,) = dijkstra(graph, indices=[root], return_predecessors=True)
    used = dict(zip(zip(arcs["a"], arcs["b"], strict=True), arcs["link"], strict=True))
    hours = links["hours"].to_numpy()
    for hit, (posts, passage) in met.items():
        at = int(np.searchsorted(points, hit))
        if at == len(points) or points[at] != hit:
            continue
        while at != root and before[at] >= 0:
            posts.update(controls.get(points[at], ()))
            onward = int(before[at])
            link = last[at] if onward == root else used[onward, at]
            if link >= 0 and hours[link]:
                passage.add(hours[link])
            at = onward
