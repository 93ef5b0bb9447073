"""Ends of roads and railways that nearly meet at the line: not joined, but reported."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters
from pipeline.core.geo import Projection
from pipeline.core.types import Bools
from pipeline.network.issues import Issue, Severity
from pipeline.network.tags import RANK


def issues(nodes: pd.DataFrame, links: pd.DataFrame, projection: Projection) -> Iterator[Issue]:
    """Dead ends near the line that almost reach a way of the other side, or that end on the line.

    Parameters
    ----------
    nodes, links
        Tables of the network stage, with `open_ended` filled in: an open end is not a near miss.
    projection
        The plane in which distances are measured.

    Yields
    ------
    Issue
        Of kind `ends_nearly_meet` (within `near_miss_m` of a link of the other side) or
        `ends_on_line`; the element names the end and what it nearly meets, in a fixed order.
    """
    at = links[["depth_min_km", "depth_max_km"]].abs().min(axis=1).to_numpy(float) * 1000
    near = links[at <= parameters.number("near_line_m")].reset_index(drop=True)
    if not len(near):
        return
    ends = _dead_ends(nodes, links)
    ends &= (nodes["depth_km"].abs() * 1000 <= parameters.number("near_line_m")).to_numpy()
    shapes = shapely.transform(near["geometry"].to_numpy(), lambda xy: projection.plane(*xy.T))
    tree = shapely.STRtree(shapes)
    sides, rail = near["side"].to_numpy(), (near["mode"] == "rail").to_numpy()
    side_by_end: dict[str, str] = {}
    own: dict[str, int] = {}
    for row, start, end, side in near[["from_node", "to_node", "side"]].itertuples():
        for node in (start, end):
            side_by_end[node], own[node] = side, row
    dead = set(nodes.loc[ends, "node_id"])
    for _, node in nodes[ends].iterrows():
        if node["node_id"] not in own:
            continue
        link = near.iloc[own[node["node_id"]]]
        point = shapely.Point(projection.plane(*shapely.get_coordinates(node["geometry"]).T)[0])
        hits = tree.query(point, predicate="dwithin", distance=parameters.number("near_miss_m"))
        side = side_by_end[node["node_id"]]
        across = [
            row for row in hits if sides[row] != side and rail[row] == (link["mode"] == "rail")
        ]
        if across:
            row = min(across, key=lambda hit: (shapely.distance(shapes[hit], point), hit))
            yield _nearly(node, near.iloc[row], shapes[row].distance(point), link, dead)
        elif node["kind"] == "border":
            yield _on_line(node, link)


def _dead_ends(nodes: pd.DataFrame, links: pd.DataFrame) -> Bools:
    ends = pd.concat([links["from_node"], links["to_node"]])
    count = np.bincount(pd.Index(nodes["node_id"]).get_indexer(ends), minlength=len(nodes))
    kinds = nodes["kind"].isin(["end", "border"]).to_numpy()
    return np.asarray((count == 1) & kinds & ~nodes["open_ended"].to_numpy(), dtype=bool)


def _severity(link: pd.Series) -> Severity:
    if link["mode"] == "foot_only":
        return "low"
    main = link["mode"] == "rail" or RANK[link["class"]] <= RANK["tertiary"]
    return "high" if main else "medium"


def _nearly(
    node: pd.Series, other: pd.Series, metres: float, link: pd.Series, dead: set[str]
) -> Issue:
    met = [end for end in (other["from_node"], other["to_node"]) if end in dead]
    elements = sorted([node["node_id"], *(met[:1] or [other["link_id"].split(".")[0]])])
    return Issue(
        kind="ends_nearly_meet",
        severity=_severity(link),
        element=" ".join(elements),
        lon=node["geometry"].x,
        lat=node["geometry"].y,
        found=f"a {link['class']} ends {metres:.1f} m from a {other['class']} of the other side",
        assumed="that they do not join",
        may_change="one crossing, and minimum cuts by one",
    )


def _on_line(node: pd.Series, link: pd.Series) -> Issue:
    return Issue(
        kind="ends_on_line",
        severity=_severity(link),
        element=node["node_id"],
        lon=node["geometry"].x,
        lat=node["geometry"].y,
        found=f"a {link['class']} of the {link['side']} side ends on the line",
        assumed="that it does not cross",
        may_change="one crossing, and minimum cuts by one",
    )
