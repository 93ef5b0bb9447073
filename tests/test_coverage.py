"""Maximum coverage against every set of places."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipeline.graph import coverage


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_places_are_the_best_of_every_set(seed: int, n_places: int) -> None:
    random = np.random.default_rng(seed)
    passes = random.random((12, 6)) < 0.3
    weight = random.random(12)
    best = max(
        weight[passes[:, list(chosen)].any(axis=1)].sum()
        for chosen in combinations(range(6), n_places)
    )
    sparse = csr_array(passes.astype(np.float64))
    found = coverage.best(sparse, weight, n_places, 10_000, 1_000)
    assert abs(found.value - best) < 1e-6
    assert found.bound == pytest.approx(best, abs=1e-6)
    quick = coverage.greedy(sparse, weight, n_places)
    assert best - 1e-9 <= quick.bound
    assert quick.value >= (1 - 1 / np.e) * best - 1e-9
    assert len(found.places) <= n_places


# The first place sees most, the two beside it see more together; nobody passes the last way.
PASSES = csr_array(
    np.array([[0, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=np.float64)
)
WEIGHT = np.array([2.0, 3.0, 3.0, 2.0, 5.0])


@pytest.mark.parametrize(
    ("most_entries", "places", "value"),
    [(6, [1, 2], 10.0), (5, [0, 1], 8.0)],
)
def test_a_program_beats_the_greedy_choice_where_it_may_be_solved(
    most_entries: int, places: list[int], value: float
) -> None:
    found = coverage.best(PASSES, WEIGHT, 2, most_entries, 1_000)
    assert (found.places.tolist(), found.value) == (places, value)
    # After the first place the two others see four more at most.
    assert found.bound == pytest.approx(10.0, abs=1e-9)


def test_without_branches_the_greedy_choice_and_its_bound_stand() -> None:
    random = np.random.default_rng(18)
    passes = csr_array((random.random((40, 20)) < 0.15).astype(np.float64))
    weight = random.random(40)
    quick = coverage.greedy(passes, weight, 5)
    cut = coverage.best(passes, weight, 5, 10_000, 0)
    whole = coverage.best(passes, weight, 5, 10_000, 10_000)
    assert (cut.value, cut.places.tolist()) == (quick.value, quick.places.tolist())
    assert quick.value + 1 < whole.value == pytest.approx(whole.bound, abs=1e-6)
    assert whole.value + 1 < cut.bound <= quick.bound


def test_a_place_that_adds_nothing_is_not_chosen() -> None:
    passes = csr_array(np.array([[1, 1], [1, 0]], dtype=np.float64))
    found = coverage.greedy(passes, np.ones(2), 2)
    assert (found.places.tolist(), found.value, found.bound) == ([0], 2.0, 2.0)
    nowhere = coverage.greedy(csr_array((2, 0)), np.ones(2), 2)
    assert (len(nowhere.places), nowhere.value, nowhere.bound) == (0, 0.0, 0.0)
