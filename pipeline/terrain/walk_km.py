"""Least minutes to walk from road to road over the line in each km of the border."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.geo import Projection
from pipeline.core.types import Bools, Floats, Singles
from pipeline.terrain import friction, friction_raster
from pipeline.terrain.dem import Bounds, Heights
from pipeline.terrain.effort import Surface, effort
from pipeline.terrain.friction import CLOSED, OPEN, STATED, Hindrances, Shapes
from pipeline.terrain.kilometres import Samples
from pipeline.terrain.pace import FASTEST_KM_PER_H

LIMIT_MINUTES = parameters.number("walk_limit_minutes")
MARGIN_M = LIMIT_MINUTES / 60 * FASTEST_KM_PER_H * 1000


@dataclass(frozen=True)
class Ground:
    """The input of walks: line, planar roads by side, obstacles."""

    plane: Projection
    line: Samples
    countries: tuple[str, str]
    roads: tuple[Shapes, Shapes]
    obstacles: Hindrances


def bounds_around(points: Floats, margin_m: float) -> Bounds:
    """West, south, east and north of planar points with a margin, in metres.

    Parameters
    ----------
    points : ndarray of float, shape (n_points, 2)
        In the plane, in metres.
    margin_m : float
        Distance beyond the points.

    Returns
    -------
    tuple of float
        The bounds in the plane.
    """
    (west, south), (east, north) = points.min(axis=0) - margin_m, points.max(axis=0) + margin_m
    return float(west), float(south), float(east), float(north)


def least_minutes(heights: Heights, ground: Ground, kms: range, raster: Any) -> pd.DataFrame:
    """Least minutes over the line in each km, with and without obstacles, and the place.

    Parameters
    ----------
    heights : Heights
        The elevation model.
    ground : Ground
        Line, roads and obstacles.
    kms : range
        The km of the line.
    raster : rasterio dataset, open for writing
        Receives the walking minutes of the cells near this stretch of line.

    Returns
    -------
    DataFrame
        A row for each km: border_km, walk_minutes and its variants (minutes, absent if nothing is
        reached), lon and lat (degrees), height_m and why_absent.
    """
    # A point between two km counts for both.
    chosen = (ground.line.km >= kms.start) & (ground.line.km <= kms.stop)
    points, km = ground.line.plane[chosen], ground.line.km[chosen]
    part = heights.grid.part(bounds_around(points, MARGIN_M))
    grid = heights.grid.cut(part)
    known = heights.read(part)
    columns, rows = np.floor(~grid.transform @ points.T).astype(np.int64)
    targets = np.zeros(known.shape, dtype=bool)
    targets[rows, columns] = True
    sources = [friction.on_cells(roads, grid) for roads in ground.roads]
    found = pd.DataFrame({"border_km": np.array(kms, dtype=np.int64), "walk_minutes_steep": np.nan})
    level = known * np.float32(0)
    variants = {
        "_flat": (level, OPEN),
        "_open": (known, OPEN),
        "_closed": (known, CLOSED),
        "": (known, STATED),
    }
    steeper = friction.steeper(heights.native_m)
    if steeper > 1:
        variants = {"_steep": (known * np.float32(steeper), STATED)} | variants
    for name, (shown, times) in variants.items():
        surface = friction.surface(shown, grid, ground.obstacles, times)
        there, back = _both_ways(surface, sources, targets)
        sums = (there + back)[rows, columns]
        least = np.array([_least(sums, km, one) for one in kms])
        found[f"walk_minutes{name}"] = [sums[row] for row in least]
    friction_raster.draw(raster, grid, friction.cell_minutes(surface), points, ground.plane)
    found["lon"], found["lat"] = ground.line.degrees[chosen][least].T
    found["height_m"] = known[rows, columns][least]
    at_sea = friction.on_cells(ground.obstacles.seas, grid, all_touched=False)[rows, columns]
    found["why_absent"] = [
        _why(known[rows, columns][near], there[rows, columns][near], back[rows, columns][near],
             at_sea[near], ground.countries)
        for near in ((km >= one) & (km <= one + 1) for one in kms)
    ]  # fmt: skip
    minutes = [name for name in found if str(name).startswith("walk_minutes")]
    return found.replace({name: {np.inf: np.nan} for name in minutes})


def _both_ways(surface: Surface, sources: list[Bools], targets: Bools) -> tuple[Floats, Floats]:
    """Minutes from the `from` side's roads to the targets, and from there to the other side's.

    A road on the cell of an obstacle lies on its own side of it: the obstacle must still be passed.
    """
    entry = surface.entry_minutes.astype(np.float64)
    start = np.where(sources[0], entry, np.inf)
    there, _ = effort(surface, start, limit_minutes=LIMIT_MINUTES, targets=targets)
    end = np.where(sources[1], 0.0, np.inf)
    back, _ = effort(surface, end, backward=True, limit_minutes=LIMIT_MINUTES, targets=targets)
    return there, back


def _least(sums: Floats, km: Floats, one: int) -> int:
    """Row of the least sum within a km; of equal sums the first."""
    rows = np.flatnonzero((km >= one) & (km <= one + 1))
    return int(rows[np.argmin(sums[rows])])


def _why(
    heights: Singles, there: Floats, back: Floats, at_sea: Bools, countries: tuple[str, str]
) -> str | None:
    if np.isfinite(there + back).any():
        return None
    if at_sea.all():
        return "by the mapped coast, the line lies in the sea there"
    if np.isnan(heights).all():
        return "the elevation model has no height of land there"
    lacking = [
        country
        for country, minutes in zip(countries, (there, back), strict=True)
        if not np.isfinite(minutes).any()
    ]
    # Each side may be reached from some point of the km, but no point from both sides.
    return f"no road of {' nor '.join(lacking or countries)} within {LIMIT_MINUTES:g} minutes"
