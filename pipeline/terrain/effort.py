"""Least-cost walking over terrain: Tobler's hiking function on a grid of 16 neighbours.

Speed on foot is 6·exp(−3.5·|slope + 0.05|) km/h, with the slope in the direction of walking (Tobler
1993, Three Presentations on Geographical Analysis and Modeling, NCGIA Technical Report 93-1): 5.04
km/h on level ground, at most 6 km/h gently downhill. With knight's moves, a path is at most 3 %
longer than the straight line.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from pipeline.core.types import Bools, Floats, Singles
from pipeline.terrain.pace import FASTEST_KM_PER_H, OFFSET, STEEPNESS

Cells = npt.NDArray[np.int32]
Moves = npt.NDArray[np.int64]

FRAME = 2  # cells that the longest move spans
NOWHERE = -1  # predecessor of a source, and of cells that were not reached

# Row and column of each move, and of the cells between its ends that the straight way passes: none
# for a step to the side, two for a diagonal, two for a knight's move.
MOVES = np.array(
    [
        [row, column, *between]
        for row in range(-2, 3)
        for column in range(-2, 3)
        if max(abs(row), abs(column)) == 1 or abs(row * column) == 2
        for between in [
            [row, 0, 0, column]
            if abs(row * column) == 1
            else [int(row / 2), int(column / 2), row - int(row / 2), column - int(column / 2)]
        ]
    ],
    dtype=np.int64,
)


@dataclass(frozen=True)
class Surface:
    """A surface to walk on, all arrays of one shape, north up, cells of `cell_m` metres.

    `height_m` is NaN where unknown; such cells are not walkable. `pace_factor` multiplies the time
    of walking: 1 on open land, never less. `entry_minutes` is the time to enter an obstacle (such
    as a river or fence). It is added once on the way in, minus that of the cell before, if
    positive; infinite where the obstacle cannot be passed.
    """

    cell_m: float
    height_m: Singles
    pace_factor: Singles
    entry_minutes: Singles


def effort(
    surface: Surface,
    start_minutes: Floats,
    *,
    backward: bool = False,
    limit_minutes: float = np.inf,
    targets: Bools | None = None,
    moves: Moves = MOVES,
) -> tuple[Floats, Cells]:
    """Least minutes from the sources to every cell, and the flat index of the cell before it.

    Method: Tobler's hiking function (1993) on the 16 moves of MOVES; Dijkstra's search with a heap
    with decrease-key, O(n log n) in the number of reached cells.

    Parameters
    ----------
    surface
        Heights, pace and obstacles by cell.
    start_minutes
        Rows and columns as in `surface`: starting minutes of each cell. Cells with a finite value
        are sources; a source on an unknown or impassable cell is left out.
    backward
        Whether to compute the minutes from each cell to the sources instead, and the cell after it.
    limit_minutes
        Cells beyond this limit stay infinite.
    targets
        Rows, columns: cells farther than the last of these targets stay infinite; None for no such
        limit.
    moves
        Rows of MOVES.

    Returns
    -------
    minutes : ndarray of float
        Rows, columns; infinite at cells not reached.
    before : ndarray of int32
        Rows, columns; NOWHERE at sources and at cells not reached.
    """
    rows, columns = surface.height_m.shape
    blocked = ~np.isfinite(surface.entry_minutes) | ~np.isfinite(surface.pace_factor)
    wanted = np.zeros((rows, columns), dtype=np.bool_) if targets is None else targets
    minutes, before = _search(
        moves,
        columns + 2 * FRAME,
        surface.cell_m,
        _framed(np.where(blocked, np.nan, surface.height_m), np.nan).astype(np.float32),
        _framed(surface.pace_factor, np.inf),
        _framed(surface.entry_minutes, np.inf),
        _framed(start_minutes, np.inf),
        _framed(wanted, False),
        -1 if targets is None else int(np.count_nonzero(targets)),
        backward,
        limit_minutes,
        FASTEST_KM_PER_H,
        STEEPNESS,
        OFFSET,
    )
    inner = np.s_[FRAME : FRAME + rows, FRAME : FRAME + columns]
    shape = (rows + 2 * FRAME, columns + 2 * FRAME)
    inside = before.reshape(shape)[inner]
    row, column = np.divmod(inside, np.int32(columns + 2 * FRAME))
    flat = (row - FRAME) * columns + column - FRAME
    flat = np.where(inside == NOWHERE, NOWHERE, flat).astype(np.int32)
    return minutes.reshape(shape)[inner].copy(), flat


def _framed(cells: npt.NDArray[Any], value: float) -> npt.NDArray[Any]:
    """The cells as a flat array, with a margin that no move can cross."""
    return np.pad(cells, FRAME, constant_values=value).ravel()


def trace(before: Cells, cell: int) -> list[int]:
    """Flat indices from the source to `cell`, or from `cell` to the source after a backward search.

    Parameters
    ----------
    before
        Rows, columns, as from `effort`.
    cell
        Flat index of a cell that was reached.

    Returns
    -------
    list of int
        In walking order.
    """
    path = [cell]
    while before.flat[path[-1]] != NOWHERE:
        path.append(int(before.flat[path[-1]]))
    return path[::-1]


@njit(cache=True)
def _search(  # noqa: PLR0912, PLR0915 (one loop; calls out of it cost a third more time)
    all_moves: Moves,
    stride: int,
    cell_m: float,
    height_m: Singles,
    pace: Singles,
    entry: Singles,
    start_minutes: Floats,
    target: Bools,
    waiting: int,
    backward: bool,
    limit_minutes: float,
    fastest_kmh: float,
    steepness: float,
    offset: float,
) -> tuple[Floats, Cells]:
    """Minutes and predecessors over flat cells with a margin; `waiting` targets must be reached."""
    n = len(height_m)
    moves = len(all_moves)
    ahead = all_moves[:, 0] * stride + all_moves[:, 1]
    one = all_moves[:, 2] * stride + all_moves[:, 3]
    other = all_moves[:, 4] * stride + all_moves[:, 5]
    kind = np.abs(all_moves[:, 0] * all_moves[:, 1])  # 0 to the side, 1 diagonal, 2 knight's move
    metres = cell_m * np.sqrt(all_moves[:, 0] ** 2.0 + all_moves[:, 1] ** 2.0)
    flat_minutes = metres * 60 / (1000 * fastest_kmh)
    minutes = np.full(n, np.inf)
    before = np.full(n, -1, dtype=np.int32)
    heap = np.empty(n, dtype=np.int32)
    place = np.full(n, -1, dtype=np.int32)  # position in the heap; -2 when settled
    size = 0
    for cell in range(n):
        start = start_minutes[cell]
        if start <= limit_minutes and np.isfinite(start) and not np.isnan(height_m[cell]):
            minutes[cell] = start
            heap[size] = cell
            place[cell] = size
            size += 1
            _rise(heap, place, minutes, size - 1)
    while size and waiting != 0:
        cell = heap[0]
        size -= 1
        if size:
            heap[0] = heap[size]
            place[heap[0]] = 0
            _sink(heap, place, minutes, size)
        place[cell] = -2
        if target[cell]:
            waiting -= 1
        spent, height, level, slow = minutes[cell], height_m[cell], entry[cell], pace[cell]
        for move in range(moves):
            to = cell + ahead[move]
            # No move is faster than the greatest speed on open land: most moves are rejected here.
            least = spent + flat_minutes[move]
            if place[to] == -2 or least >= minutes[to] or least > limit_minutes:
                continue
            rise_m = np.float64(height_m[to]) - np.float64(height)
            if np.isnan(rise_m):
                continue
            here, there = level, entry[to]
            between, mean_pace = min(here, there), (slow + pace[to]) / 2
            if kind[move]:
                a, b = cell + one[move], cell + other[move]
                open_a, open_b = not np.isnan(height_m[a]), not np.isnan(height_m[b])
                # A diagonal passes the corner if either side allows it; a knight's move lies on
                # both cells.
                if kind[move] == 2:
                    if not (open_a and open_b):
                        continue
                    between = max(entry[a], entry[b])
                    mean_pace = (slow + pace[to] + pace[a] + pace[b]) / 4
                elif open_a and open_b:
                    between = min(entry[a], entry[b])
                elif open_a:
                    between = entry[a]
                elif open_b:
                    between = entry[b]
                else:
                    continue
            if backward:
                here, there, rise_m = there, here, -rise_m
            extra = max(0.0, between - here) + max(0.0, there - max(between, min(here, there)))
            speed = fastest_kmh * np.exp(-steepness * abs(rise_m / metres[move] + offset))
            found = spent + extra + mean_pace * metres[move] * 0.06 / speed
            if found < minutes[to] and found <= limit_minutes:
                minutes[to] = found
                before[to] = cell
                if place[to] == -1:
                    heap[size] = to
                    place[to] = size
                    size += 1
                _rise(heap, place, minutes, place[to])
    # Cells that are still in the heap may have a shorter way: they were not settled.
    for slot in range(size):
        minutes[heap[slot]] = np.inf
        before[heap[slot]] = -1
    return minutes, before


@njit(cache=True)
def _rise(heap: Cells, place: Cells, key: Floats, slot: int) -> None:
    """Move an entry up to its place; equal keys are ordered by cell."""
    cell = heap[slot]
    while slot > 0:
        parent = (slot - 1) // 4
        above = heap[parent]
        if key[above] < key[cell] or (key[above] == key[cell] and above < cell):
            break
        heap[slot] = above
        place[above] = slot
        slot = parent
    heap[slot] = cell
    place[cell] = slot


@njit(cache=True)
def _sink(heap: Cells, place: Cells, key: Floats, size: int) -> None:
    """Move the first entry down to its place."""
    slot = 0
    cell = heap[0]
    while True:
        least = -1
        first = 4 * slot + 1
        for child in range(first, min(first + 4, size)):
            if least == -1:
                least = child
                continue
            a, b = heap[child], heap[least]
            if key[a] < key[b] or (key[a] == key[b] and a < b):
                least = child
        if least == -1:
            break
        below = heap[least]
        if key[cell] < key[below] or (key[cell] == key[below] and cell < below):
            break
        heap[slot] = below
        place[below] = slot
        slot = least
    heap[slot] = cell
    place[cell] = slot
