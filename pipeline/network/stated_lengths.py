"""Lengths in the tags of ways: schematic maps draw roads straighter than they are."""

import re

import numpy as np

from pipeline.core import parameters
from pipeline.core.geo import distance_m
from pipeline.core.types import Floats, Ints
from pipeline.network.issues import Issue
from pipeline.network.read import Extract

KM_PER_MILE = 1.609344
DISTANCE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(km|mi)?\s*")


def stretches(extract: Extract, rows: Ints) -> tuple[Floats, list[Issue]]:
    """The ratio of stated to drawn length of each way, by its tag `distance` (km, or mi).

    Parameters
    ----------
    extract
        Content of the file.
    rows
        The ways, as rows of the extract's ways; a row may be given more than once.

    Returns
    -------
    stretch : Floats
        Stated divided by drawn length (geodesic, WGS84) for each of `rows`; 1 if none is stated, if
        nodes of the way are missing, or if the two differ too much to be plausible.
    issues : list of Issue
        One for each stated length that was not plausible.
    """
    stretch, found = np.ones(len(rows)), []
    shortest, longest = parameters.numbers("stated_length_times")
    for at, row in enumerate(rows):
        text = extract.ways.tags[row].get("distance")
        vertex = extract.ways.vertex[extract.ways.start[row] : extract.ways.start[row + 1]]
        if text is None or len(vertex) < 2 or (vertex < 0).any():
            continue
        lon, lat = extract.vertices.lon[vertex], extract.vertices.lat[vertex]
        drawn_km = float(distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()) / 1000
        match = DISTANCE.fullmatch(text)
        stated_km = float(match[1].replace(",", ".")) if match else 0.0
        stated_km *= KM_PER_MILE if match and match[2] == "mi" else 1.0
        if drawn_km > 0 and shortest <= stated_km / drawn_km <= longest:
            stretch[at] = stated_km / drawn_km
            continue
        found.append(
            Issue(
                kind="length_differs",
                severity="low",
                element=f"w{extract.ways.osm_id[row]}",
                lon=float(lon[0]),
                lat=float(lat[0]),
                found=f"the tag distance={text} is on a way drawn {drawn_km:.3g} km long",
                assumed="the length as it is drawn",
                may_change="travel times on this way",
            )
        )
    return stretch, found
