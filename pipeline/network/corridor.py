"""Which ways may come within the corridor."""

import numpy as np
import pandas as pd

from pipeline.network import line as lines
from pipeline.network import segments as pieces
from pipeline.network.line import Line
from pipeline.network.read import Extract


def corridor(
    extract: Extract, ways: pd.DataFrame, line: Line, corridor_km: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All vertices, and all segments of the ways that may come within the corridor.

    Parameters
    ----------
    extract
        Content of the raw file.
    ways
        Table of ways, with `row` in `extract.ways`.
    line
        The border line.
    corridor_km
        Width of the corridor on either side, km.

    Returns
    -------
    vertices, segments : DataFrame
        For all vertices osm_id, lon, lat (degrees), cut, and line_km and border_km (as from
        `line.nearest`); for segments way, segment, a and b (rows of `vertices`).
    """
    found = extract.vertices
    segments = pieces.of_ways(extract.ways, ways["row"].to_numpy())
    km, border_km = lines.nearest(line, found.lon, found.lat)
    vertices = pd.DataFrame({"osm_id": found.osm_id, "lon": found.lon, "lat": found.lat})
    vertices["line_km"], vertices["border_km"] = km, border_km
    vertices["cut"] = np.isin(np.arange(len(vertices)), extract.cut)
    # A segment with both ends outside may pass through; by the triangle inequality this needs:
    length_km = pieces.lengths_m(vertices, segments) / 1000
    inside = km[segments["a"].to_numpy()] + km[segments["b"].to_numpy()] <= (
        2 * corridor_km + length_km
    )
    kept = np.zeros(len(ways), dtype=bool)
    kept[segments["way"].to_numpy()[inside]] = True
    return vertices, segments[kept[segments["way"].to_numpy()]].reset_index(drop=True)
