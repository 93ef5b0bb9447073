"""Which features of two snapshots are the same: matched by geometry before id.

A mapper who splits a way or renames a node has closed nothing, so a feature is gone only if there
is nothing in its place.
"""

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.geo import Projection

NEAR_M = parameters.number("same_feature_m")
OVERLAP = parameters.number("same_link_share")


def _planar(shapes: pd.Series, project: Projection) -> list[BaseGeometry]:
    moved = shapely.transform(shapes.to_numpy(), lambda xy: project.plane(xy[:, 0], xy[:, 1]))
    return list(moved)


def matched(old: pd.DataFrame, new: pd.DataFrame, key: str, project: Projection) -> dict[str, str]:
    """Id before to id after: nearest first among those of one kind within NEAR_M, then by id.

    Parameters
    ----------
    old, new : GeoDataFrame
        One layer of both snapshots, EPSG:4326.
    key : str
        Column of the ids.
    project : Projection
        The projection in which distances are measured, in metres.

    Returns
    -------
    dict of str to str
        Each id occurs at most once, as key and as value.
    """
    if not len(old) or not len(new):
        return {}
    a, b = _planar(old.geometry, project), _planar(new.geometry, project)
    kinds = [column for column in ("mode", "kind", "depth_km") if column in old and column in new]
    same_a = [tuple(map(str, row)) for row in old[kinds].to_numpy()]
    same_b = [tuple(map(str, row)) for row in new[kinds].to_numpy()]
    left, right = shapely.STRtree(b).query(a, predicate="dwithin", distance=NEAR_M)
    candidates = sorted(
        (float(shapely.hausdorff_distance(a[i], b[j])), old[key].iloc[i], new[key].iloc[j])
        for i, j in zip(left, right, strict=True)
        if same_a[i] == same_b[j]
    )
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for distance, one, other in candidates:
        if distance <= NEAR_M and one not in pairs and other not in taken:
            pairs[one] = other
            taken.add(other)
    for one in old[key]:
        if one not in pairs and one not in taken and (new[key] == one).any():
            pairs[one] = one
            taken.add(one)
    return pairs


def covered(alone: pd.DataFrame, other: pd.DataFrame, project: Projection) -> list[bool]:
    """Whether each link runs, for OVERLAP of its length, within NEAR_M of links of its mode.

    Parameters
    ----------
    alone : GeoDataFrame
        Links of one snapshot, EPSG:4326.
    other : GeoDataFrame
        Links of the other snapshot.
    project : Projection
        The projection in which distances are measured, in metres.

    Returns
    -------
    list of bool
        One for each row of `alone`.
    """
    if not len(alone) or not len(other):
        return [False] * len(alone)
    shapes, there = _planar(alone.geometry, project), _planar(other.geometry, project)
    modes, tree = other["mode"].to_numpy(), shapely.STRtree(there)
    found = []
    for shape, mode in zip(shapes, alone["mode"], strict=True):
        rows = tree.query(shape, predicate="dwithin", distance=NEAR_M)
        near = shapely.buffer([there[r] for r in rows if modes[r] == mode], NEAR_M)
        within = shapely.length(shapely.intersection(shape, shapely.union_all(near)))
        found.append(bool(within >= OVERLAP * shape.length))
    return found
