"""Make nodes and links from vertices and segments."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.core.types import Bools, Ints
from pipeline.graph.chains import Chains, chains
from pipeline.network import access, hours, tags, trucks
from pipeline.network import segments as pieces

RAIL = "rail"
MODES = ("road", "foot_only", RAIL)
STATES = ("open", "closed", "disused")
FORMS = ("way", "area", "roundabout")
STAYS = ("on_border", "on_third", "on_beyond", "at_depth", "at_post", "cut")


def nodes_and_links(
    vertices: pd.DataFrame, segments: pd.DataFrame, ways: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The tables nodes and links, and the node of every vertex that becomes a node.

    Road and foot are contracted together, since a path may leave a road anywhere; rail is
    contracted on its own.

    Parameters
    ----------
    vertices
        Rows with lon and lat (degrees) and the columns that `split.at_lines` adds: side, depth_km,
        border_km, on_border.
    segments
        Rows with way (row of `ways`), segment, a, b (rows of `vertices`), side and third (in a
        third country, where there is no depth).
    ways
        One row for each way in a network; `whole` is the row of the way that it is part of.

    Returns
    -------
    nodes, links, at_vertex : DataFrame
        The two tables, EPSG:4326, and a table with vertex, node_id and mode.
    """
    rail = (ways["mode"] == RAIL).to_numpy()[segments["way"].to_numpy()]
    whole = ways["whole"].to_numpy()[segments["way"].to_numpy()]
    of_whole = pd.DataFrame({"way": whole, "segment": segments["segment"].to_numpy()})
    # adds one column without a copy of the others, which have millions of rows
    segments = segments.copy(deep=False)
    segments["part"] = pieces.part_numbers(of_whole)
    del of_whole
    nodes, links = [], []
    for prefix, chosen in (("n", ~rail), ("r", rail)):
        if len(segments) and not chosen.any():
            continue
        mine = segments if chosen.all() else segments[chosen].reset_index(drop=True)
        found = _chains(vertices, mine, ways)
        nodes.append(_nodes(vertices, mine, ways, found, prefix))
        links.append(_links(vertices, mine, ways, found, nodes[-1], "w" if prefix == "n" else "r"))
    every_node = _joined(nodes)
    at_vertex = every_node[["vertex", "node_id", "mode"]]
    return every_node.drop(columns="vertex"), _joined(links), at_vertex


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All parts, one after the other; a single part is not copied."""
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _chains(vertices: pd.DataFrame, segments: pd.DataFrame, ways: pd.DataFrame) -> Chains:
    way = segments["way"].to_numpy()
    mode = pd.Categorical(ways["mode"], categories=MODES).codes.astype(np.int64)
    state = pd.Categorical(ways["state"], categories=STATES).codes.astype(np.int64)
    form = pd.Categorical(ways["form"], categories=FORMS).codes.astype(np.int64)
    gauge = pd.factorize(ways["gauge"])[0] + 1
    alike = [mode, state, form, gauge, ways["walkable"].to_numpy().astype(np.int64)]
    likeness = np.unique(np.column_stack(alike), axis=0, return_inverse=True)[1].ravel()
    stays = vertices[list(STAYS)].to_numpy().any(axis=1)
    return chains(
        len(vertices),
        segments["a"].to_numpy(),
        segments["b"].to_numpy(),
        likeness[way],
        ways["oneway"].to_numpy().astype(np.int64)[way],
        np.asarray(stays),
    )


def _nodes(
    vertices: pd.DataFrame, segments: pd.DataFrame, ways: pd.DataFrame, found: Chains, prefix: str
) -> pd.DataFrame:
    """The vertices at ends of chains, with ids of the OSM node or the piece that starts there."""
    ends = np.concatenate([segments["a"].to_numpy(), segments["b"].to_numpy()])
    degree = np.bincount(ends, minlength=len(vertices))
    used = np.flatnonzero(found.stays & (degree > 0))
    at = vertices.iloc[used]
    name = pd.Series(prefix + at["osm_id"].astype(str).to_numpy(), index=used, dtype=object)
    cut = segments[np.isin(segments["a"], used[at["osm_id"].to_numpy() == pieces.INSERTED])]
    osm_id = ways["osm_id"].to_numpy()[cut["way"].to_numpy()]
    name[cut["a"].to_numpy()] = _piece_ids(prefix, osm_id, cut)
    kinds = [at[column].to_numpy() for column in STAYS[:3]]
    kinds += [at["at_post"].to_numpy(), at["at_depth"].to_numpy(), degree[used] == 1]
    kind = np.select(
        kinds, ["border", "third_border", "beyond", "post", "depth", "end"], "junction"
    )
    return pd.DataFrame(
        {
            "vertex": used,
            "node_id": name.to_numpy(),
            "mode": "road" if prefix == "n" else RAIL,
            "kind": kind,
            "side": at["side"].to_numpy(),
            "depth_km": at["depth_km"].to_numpy(),
            "border_km": at["border_km"].to_numpy(),
            "open_ended": at["cut"].to_numpy(),
            "geometry": shapely.points(at["lon"].to_numpy(), at["lat"].to_numpy()),
        }
    )


def _piece_ids(prefix: str, osm_id: Ints, at: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Ids made of way, segment and, if it was cut, part of the segment: `w123.4` or `w123.4.1`."""
    part = at["part"].to_numpy()
    whole = np.array(
        [f"{prefix}{way}.{segment}" for way, segment in zip(osm_id, at["segment"], strict=True)],
        dtype=object,
    )
    cut = part > 0
    whole[cut] = whole[cut] + np.array([f".{number}" for number in part[cut]], dtype=object)
    return whole


def _links(
    vertices: pd.DataFrame,
    segments: pd.DataFrame,
    ways: pd.DataFrame,
    found: Chains,
    nodes: pd.DataFrame,
    prefix: str,
) -> pd.DataFrame:
    """The chains as links."""
    order = np.lexsort((found.position, found.chain))
    run = segments[["way", "a", "b", "side", "third"]].take(order)
    chain, backward = found.chain[order], found.reversed[order]
    start = np.flatnonzero(np.diff(chain, prepend=-1))
    tail = np.where(backward, run["b"], run["a"])
    head = np.where(backward, run["a"], run["b"])
    first = np.full(len(start), len(segments), dtype=np.int64)
    np.minimum.at(first, found.chain, np.arange(len(segments)))
    identity = segments.iloc[first]
    own = ways.iloc[identity["way"].to_numpy()]
    node_id = pd.Series(nodes["node_id"].to_numpy(), index=nodes["vertex"])
    last = np.append(start[1:], len(run)) - 1 if len(start) else start
    links = pd.DataFrame(
        {
            "link_id": _piece_ids(prefix, own["osm_id"].to_numpy(), identity),
            "mode": own["mode"].to_numpy(),
            "walkable": own["walkable"].to_numpy(dtype=bool),
            "state": own["state"].to_numpy(),
            "form": own["form"].to_numpy(),
            "gauge": own["gauge"].to_numpy(),
            "oneway": own["oneway"].to_numpy() != 0,
            "from_node": node_id.reindex(tail[start]).to_numpy(),
            "to_node": node_id.reindex(head[last]).to_numpy(),
            "side": run["side"].to_numpy()[start],
            "open_ended": False,
        }
    )
    # What is no longer needed is freed before each step: these arrays have millions of rows.
    del order, first, identity, own, node_id
    links = links.assign(**_along(vertices, run, ways, chain, backward, start))
    links = links.assign(**_depths(vertices, run["third"].to_numpy(), tail, head, start))
    del run, chain, backward
    return links.assign(geometry=_courses(vertices, tail, head, start))


def _along(
    vertices: pd.DataFrame, run: pd.DataFrame, ways: pd.DataFrame, chain: Ints, backward: Bools,
    start: Ints,
) -> dict[str, npt.NDArray[Any]]:  # fmt: skip
    """Columns from all ways of each chain: sums of length and minutes, the worst class, and so on.

    `start` holds the first row of each chain in `run`, whose rows are the segments in order.
    """
    way = run["way"].to_numpy()

    def along(column: str) -> npt.NDArray[Any]:
        """One column of the ways for each segment: all at once would take much memory."""
        return np.asarray(ways[column].to_numpy()[way])

    length_m = pieces.lengths_m(vertices, run) * along("stretch")
    there, back = along("lanes_forward"), along("lanes_backward")
    rank = ways["class"].map(tags.RANK).to_numpy()[way]
    truck = np.asarray(_per(np.minimum, along("truck"), start), dtype=np.int64)
    truck_minutes = _per(np.add, length_m / (along("truck_kmh") / 0.06), start)
    return {
        "class": np.array(tags.CLASSES, dtype=object)[_per(np.maximum, rank, start)],
        "vehicles": _vehicles(along("free"), start),
        "at_all_times": _vehicles(along("always"), start),
        "hours": _hours(along("hours"), chain, start),
        "informal": _per(np.logical_or, along("informal").astype(bool), start),
        "name": _longest(ways["name"], way, chain, length_m, len(start)),
        "ref": _longest(ways["ref"], way, chain, length_m, len(start)),
        "lanes": _per(np.fmin, along("lanes").astype(np.float64), start),
        "lanes_forward": _per(np.minimum, np.where(backward, back, there), start),
        "lanes_backward": _per(np.minimum, np.where(backward, there, back), start),
        "length_m": _per(np.add, length_m, start),
        "minutes": _per(np.add, length_m / (along("speed_kmh") / 0.06), start),
        "trucks": np.array(trucks.ANSWERS, dtype=object)[truck],
        "truck_minutes": np.where(truck > 0, truck_minutes, np.nan),
    }


def _depths(
    vertices: pd.DataFrame, third: Bools, tail: Ints, head: Ints, start: Ints
) -> dict[str, npt.NDArray[Any]]:
    """Least and greatest depth along each chain; none in a third country."""
    depth = vertices["depth_km"].to_numpy()
    at_tail, at_head = np.where(third, np.nan, [depth[tail], depth[head]])
    return {
        "depth_min_km": _per(np.fmin, np.fmin(at_tail, at_head), start),
        "depth_max_km": _per(np.fmax, np.fmax(at_tail, at_head), start),
    }


def _per(
    combine: np.ufunc, values: npt.NDArray[np.generic], start: Ints
) -> npt.NDArray[np.generic]:
    """`values` combined for each chain; `start` holds the first row of each chain."""
    return np.asarray(combine.reduceat(values, start)) if len(start) else values[:0]


def _vehicles(bits: Ints, start: Ints) -> npt.NDArray[np.object_]:
    """The vehicles that may use every way of each chain."""
    found, code = np.unique(_per(np.bitwise_and, bits, start), return_inverse=True)
    named = np.array([access.names(int(one)) for one in found], dtype=object)
    return np.asarray(named[code.ravel()], dtype=object)


def _hours(texts: npt.NDArray[np.object_], chain: Ints, start: Ints) -> npt.NDArray[np.object_]:
    """Hours and conditions along each chain; None if there are none."""
    result = np.full(len(start), None, dtype=object)
    stated = pd.notna(texts)
    met = pd.Series(texts[stated]).groupby(chain[stated]).agg(list)
    for row, found in zip(met.index.to_numpy(), met, strict=True):
        result[row] = hours.joined([str(one) for one in found])
    return result


def _longest(
    text: pd.Series, way: Ints, chain: Ints, length_m: npt.NDArray[np.float64], count: int
) -> npt.NDArray[np.object_]:
    """The text that applies to most of each chain's length; None if there is no text."""
    values = text.to_numpy()[way]
    named = pd.DataFrame({"chain": chain, "text": values, "length_m": length_m})
    named = named[pd.notna(values)]
    result = np.full(count, None, dtype=object)
    if len(named):
        total = named.groupby(["chain", "text"], sort=True)["length_m"].sum().reset_index()
        total = total.sort_values(["chain", "length_m"], kind="stable")
        total = total.drop_duplicates("chain", keep="last")
        result[total["chain"].to_numpy()] = total["text"].to_numpy()
    return result


def _courses(
    vertices: pd.DataFrame, tail: Ints, head: Ints, start: Ints
) -> npt.NDArray[np.object_]:
    """The links' lines in degrees; vertices that were added only for measuring are left out."""
    if not len(start):
        return np.empty(0, dtype=object)
    count = np.diff(np.append(start, len(tail)))
    # The vertices of a chain: its first tail, then all heads.
    first = np.zeros(len(tail), dtype=bool)
    first[start] = True
    where = np.arange(len(tail)) + np.cumsum(first)
    points = np.empty(len(tail) + len(start), dtype=np.int64)
    points[where] = head
    points[where[start] - 1] = tail[start]
    chain = np.repeat(np.arange(len(start)), count + 1)
    ends = np.zeros(len(points), dtype=bool)
    ends[where[start] - 1] = True
    ends[np.append(where[start][1:] - 2, len(points) - 1)] = True
    kept = ends | (vertices["osm_id"].to_numpy()[points] != pieces.INSERTED)
    at = points[kept]
    xy = np.column_stack([vertices["lon"].to_numpy()[at], vertices["lat"].to_numpy()[at]])
    return np.asarray(shapely.linestrings(xy, indices=chain[kept]), dtype=object)
