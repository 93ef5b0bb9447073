"""Maximum coverage against every set of places."""

from itertools import combinations

import numpy as np
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
    assert found.bound >= best - 1e-6
    quick = coverage.greedy(sparse, weight, n_places)
    assert best - 1e-9 <= quick.bound
    assert quick.value >= (1 - 1 / np.e) * best - 1e-9
    assert len(found.places) <= n_places
