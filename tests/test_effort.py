"""Walking on ground whose answer is known by hand, and on random ground against other engines."""

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import graph as engine

from pipeline.core.types import Floats
from pipeline.terrain.effort import MOVES, NOWHERE, Surface, effort, trace
from pipeline.terrain.pace import FLAT_KM_PER_H


def ground(
    height_m: npt.ArrayLike, cell_m: float = 100.0, entry: npt.ArrayLike = 0.0, pace: float = 1.0
) -> Surface:
    heights = np.asarray(height_m, dtype=np.float32)
    entries = np.broadcast_to(np.asarray(entry, dtype=np.float32), heights.shape).copy()
    return Surface(cell_m, heights, np.full(heights.shape, pace, dtype=np.float32), entries)


def start_at(shape: tuple[int, ...], *cells: tuple[int, int]) -> Floats:
    start = np.full(shape, np.inf)
    for cell in cells:
        start[cell] = 0.0
    return start


def by_hand(metres: float, slope: float) -> float:
    return float(metres / 1000 / (6 * np.exp(-3.5 * abs(slope + 0.05))) * 60)


def test_flat_plane_is_distance_over_504_km_per_h() -> None:
    plane = ground(np.zeros((3, 201)))
    minutes, _ = effort(plane, start_at((3, 201), (1, 0)))
    assert pytest.approx(5.0367, abs=1e-4) == FLAT_KM_PER_H
    assert minutes[1, 200] == pytest.approx(20 / FLAT_KM_PER_H * 60, rel=1e-6)


def test_error_against_the_straight_line_is_below_3_percent() -> None:
    n = 201
    plane = ground(np.full((n, n), 12.0))
    minutes, _ = effort(plane, start_at((n, n), (100, 100)))
    rows, columns = np.indices((n, n)) - 100
    true = np.hypot(rows, columns) * 0.1 / FLAT_KM_PER_H * 60
    ratio = minutes[true > 0] / true[true > 0]
    assert ratio.min() >= 1 - 1e-5
    assert 1.02 < ratio.max() < 1.03


@pytest.mark.parametrize("slope", [-0.4, -0.05, 0.1, 0.5])
def test_ramp_is_tobler_by_hand_uphill_and_down(slope: float) -> None:
    heights = np.tile(np.arange(51) * 100.0 * slope, (1, 1))
    there, _ = effort(ground(heights), start_at((1, 51), (0, 0)))
    back, _ = effort(ground(heights), start_at((1, 51), (0, 0)), backward=True)
    assert there[0, 50] == pytest.approx(by_hand(5000, slope), rel=1e-4)
    assert back[0, 50] == pytest.approx(by_hand(5000, -slope), rel=1e-4)


def test_a_wall_with_one_gap_is_gone_round() -> None:
    entry = np.zeros((61, 41))
    entry[:, 20] = np.inf
    entry[50, 20] = 0.0
    minutes, before = effort(ground(np.zeros((61, 41)), entry=entry), start_at((61, 41), (10, 10)))
    true = 2 * np.hypot(40, 10) * 0.1 / FLAT_KM_PER_H * 60
    one_cell = 0.1 / FLAT_KM_PER_H * 60  # the gap itself takes no knight's move
    assert true < minutes[10, 30] < 1.03 * true + one_cell
    assert 50 * 41 + 20 in trace(before, 10 * 41 + 30)


def test_a_wall_without_a_gap_stops_all_moves() -> None:
    for drawn in (np.eye(30, dtype=bool), np.eye(30, k=0, dtype=bool)[::-1]):
        wall = drawn.copy()
        wall[1:] |= drawn[:-1]  # as a rasterised line is: no diagonal leak
        entry = np.where(wall, np.inf, 0.0)
        source = (29, 0) if wall[0, 0] else (29, 29)
        other = (0, 29) if wall[0, 0] else (0, 0)
        minutes, _ = effort(ground(np.zeros((30, 30)), entry=entry), start_at((30, 30), source))
        assert np.isinf(minutes[other])
        assert np.isfinite(minutes[source[0] - 3, abs(source[1] - 3)])


def test_a_river_is_paid_once_and_a_bridge_is_taken_where_it_is_worth_it() -> None:
    entry = np.zeros((81, 21))
    entry[:, 9:12] = 30.0  # three cells wide: paid on the way in only
    entry[80, 9:12] = 0.0
    minutes, _ = effort(
        ground(np.zeros((81, 21)), entry=entry), start_at((81, 21), (0, 0), (79, 0))
    )
    swum = 2.0 / FLAT_KM_PER_H * 60 + 30
    assert minutes[0, 20] == pytest.approx(swum, rel=1e-5)
    assert minutes[80, 20] < 1.05 * 2.0 / FLAT_KM_PER_H * 60 + 1.5


def test_unknown_ground_is_not_walked_on() -> None:
    heights = np.zeros((21, 21))
    heights[:, 10] = np.nan
    minutes, before = effort(ground(heights), start_at((21, 21), (10, 0), (5, 10)))
    assert np.isinf(minutes[:, 10:]).all()
    assert np.isfinite(minutes[:, :10]).all()
    assert before[10, 0] == NOWHERE


def test_pace_counts_where_it_is_slow() -> None:
    slow = ground(np.zeros((1, 11)), pace=4.0)
    minutes, _ = effort(slow, start_at((1, 11), (0, 0)))
    assert minutes[0, 10] == pytest.approx(4 * 1.0 / FLAT_KM_PER_H * 60, rel=1e-5)


def test_with_limit_and_targets_the_cells_that_are_reached_are_right() -> None:
    rng = np.random.default_rng(1)
    surface = ground(rng.uniform(0, 200, (40, 40)))
    start = start_at((40, 40), (3, 4))
    whole, _ = effort(surface, start)
    limit = float(np.median(whole))
    limited, _ = effort(surface, start, limit_minutes=limit)
    assert np.array_equal(limited, np.where(whole <= limit, whole, np.inf))
    targets = np.zeros((40, 40), dtype=bool)
    targets[10, 10] = True
    found, _ = effort(surface, start, targets=targets)
    assert found[10, 10] == whole[10, 10]
    finite = np.isfinite(found)
    assert np.array_equal(found[finite], whole[finite])
    assert not finite.all()


heights = st.lists(st.floats(0, 400, width=32), min_size=36, max_size=36)


@settings(max_examples=25, deadline=None)
@given(
    heights,
    st.lists(st.sampled_from([0.0, 0.0, 0.0, 7.0, np.inf]), min_size=36, max_size=36),
    st.integers(0, 35),
    st.integers(0, 35),
)
def test_backward_is_forward_seen_from_the_other_end(
    height: list[float], entry: list[float], a: int, b: int
) -> None:
    surface = ground(np.reshape(height, (6, 6)), entry=np.reshape(entry, (6, 6)))
    one, other = divmod(a, 6), divmod(b, 6)
    there, _ = effort(surface, start_at((6, 6), one))
    back, _ = effort(surface, start_at((6, 6), other), backward=True)
    assert there[other] == pytest.approx(back[one], rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(heights)
def test_agrees_with_networkx_on_open_ground(height: list[float]) -> None:
    surface = ground(np.reshape(height, (6, 6)))
    graph = nx.DiGraph()
    z = surface.height_m.astype(float)
    for row, column in np.ndindex(6, 6):
        for move in MOVES[:, :2]:
            to = row + int(move[0]), column + int(move[1])
            if 0 <= to[0] < 6 and 0 <= to[1] < 6:
                metres = 100 * float(np.hypot(*move))
                slope = (z[to] - z[row, column]) / metres
                graph.add_edge((row, column), to, minutes=by_hand(metres, slope))
    expected = nx.single_source_dijkstra_path_length(graph, (2, 2), weight="minutes")
    minutes, _ = effort(surface, start_at((6, 6), (2, 2)))
    assert minutes == pytest.approx(
        np.array([[expected[r, c] for c in range(6)] for r in range(6)])
    )


def test_agrees_with_scikit_image_on_isotropic_cost() -> None:
    """It takes no knight's moves, so neither do we here."""
    rng = np.random.default_rng(7)
    pace = (1 + rng.uniform(0, 5, (120, 120))).astype(np.float32)
    flat = ground(np.zeros((120, 120)))
    surface = Surface(100.0, flat.height_m, pace, flat.entry_minutes)
    minutes, _ = effort(
        surface,
        start_at((120, 120), (60, 10)),
        moves=MOVES[np.abs(MOVES[:, 0] * MOVES[:, 1]) < 2],
    )
    found, _ = engine.MCP_Geometric(pace.astype(float)).find_costs([(60, 10)])
    assert minutes == pytest.approx(found * 0.1 / FLAT_KM_PER_H * 60, rel=1e-6)
