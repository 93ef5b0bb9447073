"""The surface to walk on, cell by cell: slope, and the effect of rivers, fences and water."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rasterio.features import rasterize

from pipeline.core import parameters
from pipeline.core.geo import Projection
from pipeline.core.types import Bools, Singles
from pipeline.terrain import kilometres
from pipeline.terrain.dem import Grid
from pipeline.terrain.effort import Surface
from pipeline.terrain.pace import FASTEST_KM_PER_H, FLAT_KM_PER_H, OFFSET, STEEPNESS

Shapes = npt.NDArray[np.object_]

STATED_MINUTES = parameters.table("obstacle_minutes")
HINDERING = tuple(kind for kind, minutes in STATED_MINUTES.items() if minutes > 0)
WATER_KM_PER_H = parameters.number("water_speed_kmh")
MEETS_M = parameters.number("meets_obstacle_m")
OPENING_CELLS = parameters.number("opening_cells")


@dataclass(frozen=True)
class Hindrances:
    """Planar lines with their kinds, areas of water and sea, and pieces of ways that cross them.

    The sea is never walkable; `causeways` are the pieces of ways over it.
    """

    lines: Shapes
    kinds: Shapes
    areas: Shapes
    openings: Shapes
    seas: Shapes
    causeways: Shapes


@dataclass(frozen=True)
class Times:
    """The cost of obstacles: minutes to get over a line, by kind, and the slower pace in water."""

    entry_minutes: dict[str, float]
    water_pace: float
    water_minutes: float = 0.0


STATED = Times(STATED_MINUTES, FLAT_KM_PER_H / WATER_KM_PER_H)
OPEN = Times(dict.fromkeys(STATED_MINUTES, 0.0), 1.0)
CLOSED = Times(dict.fromkeys(HINDERING, np.inf) | {"vehicle_barrier": 0.0}, 1.0, np.inf)


def hindrances(
    barriers: gpd.GeoDataFrame,
    waters: gpd.GeoDataFrame,
    ways: gpd.GeoDataFrame,
    plane: Projection,
    cell_m: float,
) -> Hindrances:
    """Obstacles in the plane, and the places where `ways` (usable open links) lead through them.

    Parameters
    ----------
    barriers
        Table barriers, EPSG:4326; kinds in HINDERING count.
    waters
        Table waters, EPSG:4326; kinds water and sea.
    ways
        Open links that may be used, EPSG:4326, with class.
    plane
        The projection that the network was measured in.
    cell_m
        Size of a cell in metres, which sets the width of openings.

    Returns
    -------
    Hindrances
        All shapes in planar metres.
    """
    hindering = barriers[barriers["kind"].isin(HINDERING)]
    lines = kilometres.flat(hindering.geometry, plane).to_numpy()
    water = shapely.make_valid(kilometres.flat(waters.geometry, plane).to_numpy())
    areas, seas = (water[waters["kind"] == kind] for kind in ("water", "sea"))
    passing = kilometres.flat(ways.geometry, plane).to_numpy()
    afloat = (ways["class"] == "ferry").to_numpy()
    return Hindrances(
        lines=lines,
        kinds=hindering["kind"].to_numpy(),
        areas=areas,
        openings=_openings(np.concatenate([lines, areas]), passing, cell_m),
        seas=seas,
        causeways=_openings(seas, passing[~afloat], cell_m),
    )


def _openings(obstacles: Shapes, ways: Shapes, cell_m: float) -> Shapes:
    way, obstacle = shapely.STRtree(obstacles).query(ways, predicate="dwithin", distance=MEETS_M)
    # Each obstacle is widened only once: a large lake has many vertices and many ways along it.
    met_ones, which = np.unique(obstacle, return_inverse=True)
    wider = np.asarray(shapely.buffer(obstacles[met_ones], MEETS_M))
    met = shapely.intersection(ways[way], wider[which])
    pieces = shapely.intersection(ways[way], shapely.buffer(met, OPENING_CELLS * cell_m))
    return np.asarray(pieces[~shapely.is_empty(pieces)])


def surface(heights: Singles, grid: Grid, obstacles: Hindrances, times: Times) -> Surface:
    """The surface of `grid`: obstacles have the cost of `times`, except where ways pass them.

    Parameters
    ----------
    heights
        Rows, columns: metres, NaN where unknown.
    grid
        The planar grid.
    obstacles
        Obstacles in the same plane.
    times
        Minutes of obstacles, and the pace in water.

    Returns
    -------
    Surface
        Arrays of the shape of `heights`; the sea cannot be passed.
    """
    entry = np.zeros(heights.shape, dtype=np.float32)
    for kind in HINDERING:
        minutes = times.entry_minutes[kind]
        if minutes > 0:
            drawn = on_cells(obstacles.lines[obstacles.kinds == kind], grid)
            entry[drawn] = np.maximum(entry[drawn], np.float32(minutes))
    pace = np.ones(heights.shape, dtype=np.float32)
    water = on_cells(obstacles.areas, grid, all_touched=False)
    pace[water] = times.water_pace
    entry[water] = np.maximum(entry[water], np.float32(times.water_minutes))
    opened = on_cells(obstacles.openings, grid)
    entry[opened], pace[opened] = 0.0, 1.0
    at_sea = on_cells(obstacles.seas, grid, all_touched=False)
    at_sea &= ~on_cells(obstacles.causeways, grid)
    entry[at_sea] = np.inf
    return Surface(grid.cell_m, heights, pace, entry)


def steeper(native_m: float) -> float:
    """Factor by which slopes may be steeper than an elevation model of this cell size shows.

    Larger cells show smaller slopes: the median slope of a 9 km model is 0.4° where a 90 m model
    has several degrees (Zhang & Montgomery 1994, Water Resources Research 30(4)).

    Parameters
    ----------
    native_m
        Size of the model's own cells in metres.

    Returns
    -------
    float
        1 if the model is fine enough.
    """
    coarse = native_m > parameters.number("coarse_model_cell_m")
    return parameters.number("coarse_model_slope_factor") if coarse else 1.0


def on_cells(shapes: Shapes, grid: Grid, *, all_touched: bool = True) -> Bools:
    """The cells of the grid that planar shapes touch, or whose centre they contain.

    Parameters
    ----------
    shapes
        (n,) planar geometries in metres.
    grid
        The planar grid.
    all_touched
        Whether a touched cell counts, or only a cell whose centre is contained.

    Returns
    -------
    ndarray of bool
        Rows, columns of the grid.
    """
    edges = shapely.bounds(shapes)
    west, south, east, north = (
        grid.west,
        grid.north - grid.rows * grid.cell_m,
        grid.west + grid.columns * grid.cell_m,
        grid.north,
    )
    near = (edges[:, 0] <= east) & (edges[:, 2] >= west)
    near &= (edges[:, 1] <= north) & (edges[:, 3] >= south)
    if not near.any():
        return np.zeros((grid.rows, grid.columns), dtype=bool)
    found = rasterize(
        shapes[near],
        out_shape=(grid.rows, grid.columns),
        transform=grid.transform,
        all_touched=all_touched,
        dtype="uint8",
    )
    return np.asarray(found, dtype=bool)


def cell_minutes(ground: Surface) -> Singles:
    """Minutes to walk over each cell, including obstacles: the mean of eight directions.

    NaN if the height is unknown or the cell cannot be passed. Method: Tobler's hiking function
    (1993) on the slope in each direction.

    Parameters
    ----------
    ground
        Heights, pace and obstacles by cell.

    Returns
    -------
    ndarray of float32
        Rows, columns: minutes.
    """
    down, right = (np.gradient(ground.height_m, ground.cell_m, axis=axis) for axis in (0, 1))
    total = np.zeros(ground.height_m.shape)
    for angle in np.arange(8) * np.pi / 4:
        slope = np.cos(angle) * right + np.sin(angle) * down
        total += np.exp(STEEPNESS * np.abs(slope + OFFSET))
    minutes = total / 8 * ground.cell_m * 0.06 / FASTEST_KM_PER_H * ground.pace_factor
    minutes += ground.entry_minutes
    return np.where(np.isfinite(minutes), minutes, np.nan).astype(np.float32)


def walkable(links: pd.DataFrame) -> pd.DataFrame:
    """Open links that a walker may use to pass an obstacle, without railways.

    Parameters
    ----------
    links
        Table links, with state and walkable.

    Returns
    -------
    DataFrame
        Rows of `links`, index kept.
    """
    return links[(links["state"] == "open") & links["walkable"]]
