"""Put places on the network: links are split where a settlement lies next to them."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import shapely.ops

from pipeline.core import geo, parameters
from pipeline.core.types import Floats

SNAP_KM = parameters.number("place_snap_km")
# Places are put at whole metres of a link, or at its end if that is nearer and not on the line.
END_M = 1.0


@dataclass(frozen=True)
class InPlane:
    """Links in a projection fitted to them: the projection and the lines in metres."""

    plane: Callable[[Floats, Floats], Floats]
    lines: npt.NDArray[np.object_]


def in_plane(links: gpd.GeoDataFrame) -> InPlane:
    """Project links once, so that places can be snapped to them several times.

    Parameters
    ----------
    links : GeoDataFrame
        Lines in EPSG:4326.

    Returns
    -------
    InPlane
        The same lines, in their order, in metres.
    """
    lines = links.geometry.to_numpy()
    if not len(lines):
        return InPlane(lambda lon, lat: np.column_stack([lon, lat]), lines)
    plane = geo.fit_projection(*shapely.get_coordinates(lines).T).plane
    return InPlane(plane, shapely.transform(lines, lambda xy: plane(*xy.T)))


def onto_links(
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    within_km: float = SNAP_KM,
    *,
    laid: InPlane | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Add a node at every place on the network.

    A place is put at the nearest point of a link on its own side within `within_km`, measured in a
    projection fitted to the network. Places farther away are left out. The parts of a link keep its
    `link_id` and get their shares of its length and minutes, from `share_from` to `share_to` along
    it.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        A network, in EPSG:4326.
    places : GeoDataFrame
        Points with `side`.
    within_km : float
        Places farther away are left out.
    laid : InPlane, optional
        The links in the plane, if already computed.

    Returns
    -------
    nodes, links, places : GeoDataFrame
        The new tables; places have `node`, a row of the nodes, and `snap_km`.
    """
    links = links.copy(deep=False)
    links.index = pd.RangeIndex(len(links))
    found = nearest(links, places, within_km, laid)
    if found.empty:
        whole = links.assign(share_from=0.0, share_to=1.0)
        return nodes, whole, found.assign(node=np.empty(0, dtype=np.int64))
    starts, ends = (found["link"].map(links[end]) for end in ("from_node", "to_node"))
    may_stand = ~nodes.set_index("node_id")["kind"].eq("border")
    length_m = found["link"].map(links["length_m"])
    along_m = (found["share"] * length_m).round()
    at_start = (along_m < END_M) & starts.map(may_stand)
    at_end = ~at_start & (along_m > length_m - END_M) & ends.map(may_stand)
    least_m = (length_m / 2).clip(upper=END_M)
    along_m = along_m.clip(least_m, length_m - least_m)
    found["share"] = along_m / length_m
    inside = found["link"].map(links["link_id"]) + "@" + along_m.map("{:.3f}".format)
    found["node_id"] = inside.mask(at_start, starts).mask(at_end, ends)
    added = found[~(at_start | at_end)].drop_duplicates("node_id")
    added = added.sort_values(["link", "share"])
    nodes = pd.concat([nodes, _new_nodes(nodes, links, added)], ignore_index=True)
    rows = pd.Index(nodes["node_id"]).get_indexer(found["node_id"])
    return nodes, _split(links, added), found.assign(node=rows).reset_index(drop=True)


def nearest(
    links: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    within_km: float,
    laid: InPlane | None = None,
) -> gpd.GeoDataFrame:
    """Places within `within_km` of a link of their side, with their nearest link.

    `link` is its row (links are numbered from 0), `share` the position along it, `snap_km` the
    distance.

    Parameters
    ----------
    links : GeoDataFrame
        Lines with `side`, numbered from 0.
    places : GeoDataFrame
        Points with `side`.
    within_km : float
        Places farther away are left out.
    laid : InPlane, optional
        The links in the plane, if already computed.

    Returns
    -------
    GeoDataFrame
        Places with `link`, `share` and `snap_km`.
    """
    link = np.full(len(places), -1)
    share, snap_km = np.zeros(len(places)), np.full(len(places), np.inf)
    if len(links):
        laid = laid or in_plane(links)
        plane, lines = laid.plane, laid.lines
        points = shapely.transform(places.geometry.to_numpy(), lambda xy: plane(*xy.T))
        for side in sorted(set(places["side"])):
            ours = np.flatnonzero(links["side"] == side)
            theirs = np.flatnonzero(places["side"] == side)
            tree = shapely.STRtree(lines[ours])
            (place, line), metres = tree.query_nearest(
                points[theirs], max_distance=within_km * 1000, return_distance=True
            )
            place, first = np.unique(place, return_index=True)
            row, near = theirs[place], ours[line[first]]
            link[row], snap_km[row] = near, metres[first] / 1000
            share[row] = shapely.line_locate_point(lines[near], points[row], normalized=True)
    found = places.assign(link=link, share=share, snap_km=snap_km)
    return found[found["link"] >= 0]


def part(line: shapely.LineString, share_from: float, share_to: float) -> shapely.LineString:
    """The part of a line between two shares of its length; for 0 and 1 the line itself.

    Parameters
    ----------
    line : LineString
        A line.
    share_from, share_to : float
        Shares of its length, the first smaller than the second.

    Returns
    -------
    LineString
        The part between them.
    """
    if (share_from, share_to) == (0.0, 1.0):
        return line
    found = shapely.ops.substring(line, share_from, share_to, normalized=True)
    return shapely.LineString(shapely.get_coordinates(found))


def _new_nodes(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, added: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    lines = links.geometry.to_numpy()[added["link"]]
    points = shapely.line_interpolate_point(lines, added["share"], normalized=True)
    # A place's depth differs from its node's, which may lie up to SNAP_KM away.
    new = added[["node_id", "side"]].assign(
        kind="place", open_ended=False, depth_km=np.nan, border_km=np.nan
    )
    new["mode"] = added["link"].map(links["mode"])
    return gpd.GeoDataFrame(new, geometry=points, crs=nodes.crs)[nodes.columns]


def _split(links: gpd.GeoDataFrame, added: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The links in their order; a link with added nodes is in parts."""
    parts = np.bincount(added["link"], minlength=len(links)) + 1
    row = np.repeat(np.arange(len(links)), parts)
    number = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
    is_first, is_last = number == 0, number == parts[row] - 1
    # The columns are replaced in place: each copy of a table of a million links takes 0.2 GB.
    split = links.take(row)
    split.index = pd.RangeIndex(len(row))
    share_from, share_to = np.zeros(len(row)), np.ones(len(row))
    share_from[~is_first] = share_to[~is_last] = added["share"]
    split.loc[~is_first, "from_node"] = added["node_id"].to_numpy()
    split.loc[~is_last, "to_node"] = added["node_id"].to_numpy()
    for column in ("length_m", "minutes"):
        split[column] *= share_to - share_from
    shapes = split.geometry.to_numpy().copy()
    for k in np.flatnonzero(~(is_first & is_last)):
        shapes[k] = part(shapes[k], share_from[k], share_to[k])
    split["share_from"], split["share_to"] = share_from, share_to
    split["geometry"] = gpd.GeoSeries(shapes, crs=links.crs)
    return split
