"""Segments of ways, from vertex to vertex, and points inserted in them.

Vertices are a frame with a row for each point: osm_id (-1 if inserted), lon, lat (EPSG:4326) and
further columns. Segments are a frame sorted by way: way (row of the way table), segment (its number
in the way), a and b (rows of the vertices).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.core.geo import distance_m, onward, wrapped
from pipeline.core.types import Floats, Ints
from pipeline.network.read import Ways

INSERTED = -1


def of_ways(ways: Ways, rows: Ints) -> pd.DataFrame:
    """The segments of the given ways (a way may be given more than once), without zero lengths.

    A segment that lacks a node is left out, but counts in the numbering of the others.

    Parameters
    ----------
    ways
        All ways of the raw file.
    rows
        Rows of the ways to use.

    Returns
    -------
    DataFrame
        Rows with way (position in `rows`), segment (number within its way), a and b (rows of
        vertices, never the same).
    """
    counts = np.maximum(ways.start[rows + 1] - ways.start[rows] - 1, 0)
    way = np.repeat(np.arange(len(rows)), counts)
    segment = np.arange(len(way)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = ways.start[rows][way] + segment
    segments = pd.DataFrame(
        {"way": way, "segment": segment, "a": ways.vertex[at], "b": ways.vertex[at + 1]}
    )
    there = (segments["a"] >= 0) & (segments["b"] >= 0) & (segments["a"] != segments["b"])
    return segments[there].reset_index(drop=True)


def lengths_m(vertices: pd.DataFrame, segments: pd.DataFrame) -> Floats:
    """Geodesic length of each segment.

    Parameters
    ----------
    vertices
        Rows with lon and lat, degrees.
    segments
        Rows with a and b, rows of `vertices`.

    Returns
    -------
    ndarray of float
        Metres on WGS84, one for each segment.
    """
    lon, lat = vertices["lon"].to_numpy(), vertices["lat"].to_numpy()
    a, b = segments["a"].to_numpy(), segments["b"].to_numpy()
    return distance_m(lon[a], lat[a], lon[b], lat[b])


def densified(
    vertices: pd.DataFrame, segments: pd.DataFrame, longest_m: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Insert vertices at equal distances, so that no segment is longer than `longest_m`.

    Parameters
    ----------
    vertices
        Rows with lon and lat, degrees.
    segments
        Rows with a and b, rows of `vertices`.
    longest_m
        Greatest length in metres.

    Returns
    -------
    vertices, segments : DataFrame
        New vertices come last; segments keep their order.
    """
    extra = np.ceil(lengths_m(vertices, segments) / longest_m).astype(np.int64) - 1
    extra = np.maximum(extra, 0)
    row = np.repeat(np.arange(len(segments)), extra)
    step = 1 + np.arange(len(row)) - np.repeat(np.cumsum(extra) - extra, extra)
    return inserted(vertices, segments, row, step / (extra[row] + 1), pd.DataFrame(index=row))


def inserted(
    vertices: pd.DataFrame,
    segments: pd.DataFrame,
    row: Ints,
    share: Floats,
    known: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Insert a vertex in segment `row[k]` at `share[k]` of its length, for every k.

    Segments keep their order; the pieces of a segment follow the direction of the way.

    Parameters
    ----------
    vertices
        Rows with lon and lat, degrees.
    segments
        Rows with a and b, rows of `vertices`.
    row
        (k,) rows of `segments`; a row may be given more than once.
    share
        (k,) shares of the segment's length, straight in degrees, between 0 and 1.
    known
        Known columns of the new vertices, k rows; their other columns stay empty.

    Returns
    -------
    vertices, segments : DataFrame
        New vertices come last.
    """
    if not len(row):
        return vertices, segments
    order = np.lexsort((share, row))
    row, share = row[order], share[order]
    a, b = segments["a"].to_numpy(), segments["b"].to_numpy()
    new = known.iloc[order].reset_index(drop=True)
    degrees = vertices[["lon", "lat"]].to_numpy()
    at = wrapped(degrees[a[row]] + share[:, None] * onward(degrees[a[row]], degrees[b[row]]))
    new["lon"], new["lat"] = at.T
    new["osm_id"] = INSERTED
    counts = np.bincount(row, minlength=len(segments)) + 1
    pieces = segments.loc[np.repeat(np.arange(len(segments)), counts)].reset_index(drop=True)
    first = np.cumsum(counts) - counts
    # The k-th inserted vertex ends the piece before it and starts the piece after it.
    before = first[row] + np.arange(len(row)) - (first[row] - row)
    vertex = len(vertices) + np.arange(len(row))
    starts, ends = pieces["a"].to_numpy().copy(), pieces["b"].to_numpy().copy()
    ends[before] = vertex
    starts[before + 1] = vertex
    return _appended(vertices, new), pieces.assign(a=starts, b=ends)


def _appended(vertices: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name in vertices.columns:
        old = vertices[name].to_numpy()
        if name in new:
            added = new[name].to_numpy().astype(old.dtype)
        else:
            added = np.full(len(new), _unknown(old.dtype), dtype=old.dtype)
        columns[name] = np.concatenate([old, added])
    return pd.DataFrame(columns)


def _unknown(dtype: np.dtype[np.generic]) -> object:
    return np.nan if dtype.kind == "f" else False if dtype.kind == "b" else 0


def part_numbers(segments: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The number of each piece within its segment of the way, from 0.

    Parameters
    ----------
    segments
        Rows with way and segment; the pieces of a segment are next to each other.

    Returns
    -------
    ndarray of int
        One for each row.
    """
    key = segments["way"].to_numpy(), segments["segment"].to_numpy()
    fresh = np.ones(len(segments), dtype=bool)
    fresh[1:] = (key[0][1:] != key[0][:-1]) | (key[1][1:] != key[1][:-1])
    at = np.arange(len(segments))
    return at - np.maximum.accumulate(np.where(fresh, at, 0))
