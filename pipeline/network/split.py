"""Cut the network at border lines and at the depths in use."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.core.types import Bools, Floats, Texts
from pipeline.network import line as lines
from pipeline.network import segments as pieces
from pipeline.network.line import Line
from pipeline.network.sides import Territories, countries

SAME_M = 0.001  # points nearer than this count as one
SAME_DEPTH_KM = 1e-6
ON_LINE = "border"  # side of points on a border line
BEYOND = "beyond"  # side of points on the extension of the border line
ON = {"on_border": "border", "on_third": "third", "on_beyond": "beyond"}


def at_lines(
    vertices: pd.DataFrame, segments: pd.DataFrame, line: Line, territories: Territories
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut segments where they meet the border, a third line, or the border line's extension.

    A vertex within SAME_M of the line is on it, with side `border` and depth 0, so that the line is
    crossed once there. On the line's extension the side is `beyond`: a way that passes there does
    not cross the border, since the land may belong to a third country.

    Parameters
    ----------
    vertices
        Rows with lon and lat, degrees, and with line_km and border_km, as from `line.nearest`;
        empty for an inserted vertex.
    segments
        Rows with way, segment, a and b (rows of `vertices`).
    line
        The border line.
    territories
        The area around the line, by country.

    Returns
    -------
    vertices, segments : DataFrame
        Vertices gain on_border, on_third, on_beyond, depth_km (geodesic, signed), border_km and
        side; segments gain side and third.

    Raises
    ------
    InputError
        If the country of a vertex does not follow from the lines and anchors.
    """
    plane = territories.projection.plane(vertices["lon"].to_numpy(), vertices["lat"].to_numpy())
    dividers = _divider_segments(territories)
    vertices = vertices.assign(**_on_lines(plane, segments, *dividers))
    hits = _hits(plane, segments, *dividers)
    row, share = hits["segment"].to_numpy(), hits["share"].to_numpy()
    vertices, segments = pieces.inserted(vertices, segments, row, share, hits[list(ON)])
    vertices = _placed(vertices, line, territories)
    side = _segment_sides(vertices, segments, line, territories)
    third = ~np.isin(side, (*territories.pair, ON_LINE))
    return vertices, segments.assign(side=side, third=third)


def _on_lines(
    plane: Floats, segments: pd.DataFrame, start: Floats, end: Floats, kind: Texts
) -> dict[str, Bools]:
    """Which vertices of the segments lie on a divider, by kind of divider."""
    used = np.unique(segments[["a", "b"]].to_numpy())
    tree = shapely.STRtree(np.asarray(shapely.linestrings(np.stack([start, end], axis=1))))
    at = shapely.points(plane[used])
    row, divider = tree.query(at, predicate="dwithin", distance=SAME_M)
    marked = {on: np.zeros(len(plane), dtype=bool) for on in ON}
    for on, found in ON.items():
        marked[on][used[row[kind[divider] == found]]] = True
    return marked


def _hits(
    plane: Floats, segments: pd.DataFrame, start: Floats, end: Floats, kind: Texts
) -> pd.DataFrame:
    """Where segments meet dividers between their ends: segment, share, and on which kinds."""
    a, b = plane[segments["a"].to_numpy()], plane[segments["b"].to_numpy()]
    tree = shapely.STRtree(np.asarray(shapely.linestrings(np.stack([start, end], axis=1))))
    shapes = shapely.linestrings(np.stack([a, b], axis=1))
    segment, divider = tree.query(shapes, predicate="intersects")
    p, r = a[segment], (b - a)[segment]
    q, s = start[divider], (end - start)[divider]
    cross = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    # If a segment runs within SAME_M of a divider all along, they do not meet between the ends.
    met = np.abs(cross) > SAME_M * np.minimum(np.hypot(*r.T), np.hypot(*s.T))
    segment, divider, p, r, q, s = (part[met] for part in (segment, divider, p, r, q, s))
    share = ((q - p)[:, 0] * s[:, 1] - (q - p)[:, 1] * s[:, 0]) / cross[met]
    length_m = np.hypot(*r.T)
    hits = pd.DataFrame(
        {
            "segment": segment.astype(np.int64),
            "share": share,
            "at_m": share * length_m,
        }
        | {on: kind[divider] == found for on, found in ON.items()}
    )
    hits = hits[(hits["at_m"] >= SAME_M) & ((1 - share) * length_m >= SAME_M)]
    hits = hits.sort_values(["segment", "at_m"], kind="stable")
    # Two dividers that meet the segment at one place make one hit.
    apart = hits["segment"].diff().ne(0) | (hits["at_m"].diff() >= SAME_M)
    kinds: dict[str, str] = {"segment": "first", "share": "first"}
    kinds |= dict.fromkeys(ON, "any")
    joined: pd.DataFrame = hits.groupby(apart.cumsum()).agg(kinds).reset_index(drop=True)
    return joined


def _divider_segments(territories: Territories) -> tuple[Floats, Floats, Texts]:
    """Planar ends of the dividers' segments, and their kind."""
    starts, ends, kinds = [], [], []
    for divider in territories.dividers:
        points = shapely.get_coordinates(divider.course)
        starts.append(points[:-1])
        ends.append(points[1:])
        kinds.append(np.full(len(points) - 1, divider.kind, dtype=object))
    return np.vstack(starts), np.vstack(ends), np.concatenate(kinds)


def _placed(vertices: pd.DataFrame, line: Line, territories: Territories) -> pd.DataFrame:
    """Vertices with depth_km, border_km and side; only inserted ones lack the distance so far."""
    lon, lat = vertices["lon"].to_numpy(), vertices["lat"].to_numpy()
    km, border_km = (vertices[column].to_numpy().copy() for column in ("line_km", "border_km"))
    new = np.isnan(km)
    km[new], border_km[new] = lines.nearest(line, lon[new], lat[new])
    side = countries(territories, territories.projection.plane(lon, lat))
    sign = np.select(
        [side == territories.pair[0], side == territories.pair[1]], [-1.0, 1.0], np.nan
    )
    on_border, on_third, on_beyond = (vertices[on].to_numpy() for on in ON)
    side[on_beyond] = BEYOND
    side[on_border | on_third] = ON_LINE
    depth = np.where(on_third | on_beyond, np.nan, sign * km)
    depth[on_border] = 0.0
    placed = vertices.drop(columns="line_km")
    return placed.assign(depth_km=depth, border_km=border_km, side=side, at_depth=False)


def _segment_sides(
    vertices: pd.DataFrame, segments: pd.DataFrame, line: Line, territories: Territories
) -> npt.NDArray[np.object_]:
    """Side of each segment: that of an end that is not on a line, otherwise that of its middle."""
    a, b = segments["a"].to_numpy(), segments["b"].to_numpy()
    of_vertex = vertices["side"].to_numpy()
    on_lines = np.isin(of_vertex.astype(str), (ON_LINE, BEYOND))
    side = np.where(on_lines[a], of_vertex[b], of_vertex[a])
    open_ = np.flatnonzero(on_lines[a] & on_lines[b])
    if len(open_):
        lon, lat = vertices["lon"].to_numpy(), vertices["lat"].to_numpy()
        lon, lat = (lon[a[open_]] + lon[b[open_]]) / 2, (lat[a[open_]] + lat[b[open_]]) / 2
        along = lines.nearest(line, lon, lat)[0] * 1000 < SAME_M
        country = countries(territories, territories.projection.plane(lon, lat))
        side[open_] = np.where(along, ON_LINE, country)
    return np.asarray(side, dtype=object)


def at_depths(
    vertices: pd.DataFrame, segments: pd.DataFrame, pair: tuple[str, str], depths_km: set[float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut segments where they pass one of the depths on either side; mark `at_depth`.

    Parameters
    ----------
    vertices
        Rows with depth_km, border_km and side, as `at_lines` returns them.
    segments
        Rows with a, b (rows of `vertices`) and side.
    pair
        Codes of the `from` and the `to` country.
    depths_km
        Unsigned depths in km.

    Returns
    -------
    vertices, segments : DataFrame
        Vertices gain `at_depth`; the place of a cut is found by linear interpolation of depth.
    """
    depth, marked = vertices["depth_km"].to_numpy().copy(), np.zeros(len(vertices), dtype=bool)
    a, b = segments["a"].to_numpy(), segments["b"].to_numpy()
    rows, shares, known = [], [], []
    for sign, country in zip((-1.0, 1.0), pair, strict=True):
        own = (segments["side"] == country).to_numpy()
        for signed in sorted(sign * km for km in depths_km):
            same = np.abs(depth - signed) < SAME_DEPTH_KM
            depth[same], marked[same] = signed, True
            before, after = depth[a] - signed, depth[b] - signed
            row = np.flatnonzero(own & (before * after < 0))
            rows.append(row)
            shares.append(before[row] / (before[row] - after[row]))
            known.append(np.full(len(row), signed))
    row, share = np.concatenate(rows), np.concatenate(shares)
    border_km = vertices["border_km"].to_numpy()
    along = border_km[a[row]] + share * (border_km[b[row]] - border_km[a[row]])
    new = pd.DataFrame({"depth_km": np.concatenate(known), "border_km": along, "at_depth": True})
    new["side"] = np.where(new["depth_km"] < 0, pair[0], pair[1])
    vertices = vertices.assign(depth_km=depth, at_depth=marked)
    return pieces.inserted(vertices, segments, row, share, new)
