"""Stubs: the few metres of a link next to the line, separated so that only they can be closed."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters
from pipeline.core.frames import Row
from pipeline.travel.snap import part

STUB_M = parameters.number("situation_stub_m")
# Columns that are divided among parts of a link by their share of its length.
PER_LENGTH = ("length_m", "minutes", "truck_minutes")
AT_LINE = "@line"  # last part of a stub's id; with the link's end also of the id of its inner node


def cut_off(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, at: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Split links next to the line into a stub and the rest, which keeps the link's id.

    Parameters
    ----------
    nodes, links : GeoDataFrame
        Tables nodes and links, EPSG:4326.
    at : DataFrame
        Rows of table crossing_links: links, and their ends at the line.

    Returns
    -------
    nodes, links : GeoDataFrame
        With one inner node and one stub added for each row of `at`.
    at : DataFrame
        The same rows, with the `link_id` of the stub.
    """
    by_id = links.set_index("link_id", drop=False)
    rest = by_id.loc[by_id.index.isin(at["link_id"])].to_dict(orient="index")
    if not len(at):
        return nodes, links, at
    new_nodes: list[Row] = []
    stubs: list[Row] = []
    ids: list[str] = []
    known = nodes.set_index("node_id")
    for link_id, node_id in zip(at["link_id"], at["node_id"], strict=True):
        link = rest[link_id]
        begins = link["from_node"] == node_id
        stub_id = f"{link_id}{AT_LINE}{'' if begins else '2'}"
        share = min(STUB_M / max(link["length_m"], STUB_M), 0.5)
        stub, left = _parts(link, share, begins)
        inner_id = f"{known.loc[node_id, 'mode'][:1]}{stub_id}"
        near, far = ("from_node", "to_node") if begins else ("to_node", "from_node")
        stub |= {"link_id": stub_id, near: node_id, far: inner_id}
        left |= {near: inner_id}
        rest[link_id] = left
        stubs.append(stub)
        ids.append(stub_id)
        new_nodes.append(
            {
                "node_id": inner_id,
                "mode": known.loc[node_id, "mode"],
                "kind": "junction",
                "side": link["side"],
                "depth_km": _depth(link, share),
                "border_km": known.loc[node_id, "border_km"],
                "open_ended": False,
                "geometry": shapely.Point(stub["geometry"].coords[-1 if begins else 0]),
            }
        )
    kept = links[~links["link_id"].isin(rest)]
    added = gpd.GeoDataFrame([*rest.values(), *stubs], columns=links.columns, crs=links.crs)
    joined = pd.concat([kept, added], ignore_index=True)
    inner = gpd.GeoDataFrame(new_nodes, columns=nodes.columns, crs=nodes.crs)
    grown = pd.concat([nodes, inner], ignore_index=True)
    return gpd.GeoDataFrame(grown), gpd.GeoDataFrame(joined), at.assign(link_id=ids)


def _parts(link: Row, share: float, begins: bool) -> tuple[Row, Row]:
    """The stub and the rest of a link, with their shares of length, minutes, shape and depth."""
    cut = share if begins else 1 - share
    first, last = part(link["geometry"], 0.0, cut), part(link["geometry"], cut, 1.0)
    depth_km = _depth(link, share)
    stub, left = link.copy(), link.copy()
    shapes = (first, last) if begins else (last, first)
    for piece, shape, of in zip((stub, left), shapes, (share, 1 - share), strict=True):
        shared = {column: link[column] * of for column in PER_LENGTH}
        piece.update(shared, geometry=shape)
    if depth_km is not None:
        stub["depth_min_km"], stub["depth_max_km"] = sorted((0.0, depth_km))
        stub["open_ended"] = False
    return stub, left


def _depth(link: Row, share: float) -> float | None:
    """Signed depth at the inner end of the stub: at most the length of the stub."""
    low, high = float(link["depth_min_km"]), float(link["depth_max_km"])
    if math.isnan(low) or math.isnan(high):
        return None
    deepest = high if abs(high) >= abs(low) else low
    km = float(link["length_m"]) * share / 1000
    return float(np.clip(deepest, -km, km))
