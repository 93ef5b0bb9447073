"""Barriers on nodes: a metre of the way on either side gets the barrier's access."""

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.types import Bools
from pipeline.network import segments as pieces
from pipeline.network import tags, trucks
from pipeline.network.access import Access
from pipeline.network.read import Extract
from pipeline.network.way_table import kind_rows

HALF_M = parameters.number("barrier_half_m")
LEAST_M = 2.5 * HALF_M  # a segment that is shorter gets it along its whole length


def at_barriers(
    vertices: pd.DataFrame,
    segments: pd.DataFrame,
    ways: pd.DataFrame,
    kinds: list[tags.Kind],
    barriers: dict[int, Access],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Insert the barriers into vertices, segments and ways.

    Parameters
    ----------
    vertices, segments
        As the cuts at lines and depths leave them.
    ways
        One row for each network that a way belongs to, with `kind` (row of `kinds`) and `whole`.
    kinds
        The kinds of ways.
    barriers
        Who may pass, by OSM id of the node.

    Returns
    -------
    tuple of DataFrame
        Vertices with one more on either side of each barrier; segments that are cut there, whose
        `way` next to the barrier is a new row of the ways; and the ways, where `whole` is the row
        of the way that the new row is part of.
    """
    stopped = np.isin(vertices["osm_id"], np.array(list(barriers), dtype=np.int64))
    changed: dict[tuple[int, int], tags.Kind] = {}
    for way, node in _meetings(vertices, segments, stopped):
        kind = kinds[ways["kind"].to_numpy()[way]]
        found = tags.narrowed(kind, barriers[node])
        if found != kind:
            changed[way, node] = found
    if not changed:
        return vertices, segments, ways
    new_way = {key: len(ways) + row for row, key in enumerate(changed)}
    rows = ways.iloc[[way for way, _ in changed]].reset_index(drop=True)
    narrowed = kind_rows(list(changed.values()))
    rows[narrowed.columns] = narrowed
    vertices, segments = _cut_beside(vertices, segments, new_way)
    way_of = segments["way"].to_numpy().copy()
    for row, key in _bound(vertices, segments, "a", new_way):
        way_of[row] = new_way[key]
    for row, key in _bound(vertices, segments, "b", new_way):
        way_of[row] = new_way[key]
    return (
        vertices,
        segments.assign(way=way_of),
        pd.concat([ways, rows.astype(ways.dtypes)], ignore_index=True),
    )


def _meetings(
    vertices: pd.DataFrame, segments: pd.DataFrame, stopped: Bools
) -> list[tuple[int, int]]:
    """Each way with the OSM id of each barrier node that it passes, in order."""
    met = [
        segments.loc[stopped[segments[end]], ["way", end]].set_axis(["way", "at"], axis=1)
        for end in ("a", "b")
    ]
    both = pd.concat(met).drop_duplicates().sort_values(["way", "at"])
    node = vertices["osm_id"].to_numpy()[both["at"]]
    return [(int(way), int(own)) for way, own in zip(both["way"], node, strict=True)]


def _bound(
    vertices: pd.DataFrame, segments: pd.DataFrame, end: str, new_way: dict[tuple[int, int], int]
) -> list[tuple[int, tuple[int, int]]]:
    """Segments that have a barrier at this end: row, way and node."""
    node = vertices["osm_id"].to_numpy()[segments[end].to_numpy()]
    way = segments["way"].to_numpy()
    rows = np.flatnonzero(np.isin(node, [own for _, own in new_way]))
    keys = [(int(row), (int(way[row]), int(node[row]))) for row in rows]
    return [(row, key) for row, key in keys if key in new_way]


def _cut_beside(
    vertices: pd.DataFrame, segments: pd.DataFrame, new_way: dict[tuple[int, int], int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both, with a new vertex HALF_M from each barrier on the segments next to it."""
    length_m = pieces.lengths_m(vertices, segments)
    row, share = [], []
    for end, at in (("a", 0.0), ("b", 1.0)):
        for segment, _ in _bound(vertices, segments, end, new_way):
            if length_m[segment] > LEAST_M:
                row.append(segment)
                share.append(abs(at - HALF_M / length_m[segment]))
    if not row:
        return vertices, segments
    at_row, at_share = np.array(row, dtype=np.int64), np.array(share)
    a, b = (segments[end].to_numpy()[at_row] for end in ("a", "b"))
    known = pd.DataFrame({"side": segments["side"].to_numpy()[at_row]})
    for column in ("depth_km", "border_km"):
        values = vertices[column].to_numpy()
        known[column] = values[a] + at_share * (values[b] - values[a])
    return pieces.inserted(vertices, segments, at_row, at_share, known)


def barriers_of(extract: Extract) -> dict[int, Access]:
    """For each node that stops some vehicles: who may pass, by OSM id.

    Parameters
    ----------
    extract
        Content of the raw file.

    Returns
    -------
    dict of int to Access
        Nodes that everybody may pass are left out.
    """
    found = {point.osm_id: trucks.of_node(point.tags) for point in extract.points
             if point.element == "n"}  # fmt: skip
    return {osm_id: who for osm_id, who in found.items() if who is not None}
