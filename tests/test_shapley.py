"""Shapley effects against those known from formulas."""

import numpy as np
import pytest

from pipeline.core.types import Floats
from pipeline.measures import shapley


def test_effects_of_a_sum_are_shares_of_variance() -> None:
    # Two inputs make up the first group: variances 1/12 times 1 + 4, 9 and 16.
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    found = shapley.effects(lambda x: x @ weights + 7, np.array([0, 0, 1, 2]), 20_000, 200)
    known = np.array([5.0, 9.0, 16.0]) / 30
    assert found.effect == pytest.approx(known, abs=0.02)
    assert found.effect.sum() == pytest.approx(1)
    assert ((found.low <= known) & (known <= found.high)).all()
    assert (found.low < found.effect).all()
    assert (found.effect < found.high).all()


def test_effects_of_the_ishigami_function() -> None:
    a, b = 7.0, 0.1

    def ishigami(x: Floats) -> Floats:
        angle = (2 * x - 1) * np.pi
        third = b * angle[:, 2] ** 4 * np.sin(angle[:, 0])
        return np.asarray(np.sin(angle[:, 0]) + a * np.sin(angle[:, 1]) ** 2 + third)

    # The first and the third share what they do together (Ishigami & Homma 1990).
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    alone = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    both = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    known = np.array([alone + both / 2, a**2 / 8, both / 2]) / variance
    found = shapley.effects(ishigami, np.arange(3), 40_000, 200)
    assert found.effect == pytest.approx(known, abs=0.02)
    assert ((found.low - 0.01 <= known) & (known <= found.high + 0.01)).all()


def test_a_group_that_does_nothing_has_no_effect() -> None:
    found = shapley.effects(lambda x: x[:, 0] * x[:, 1], np.array([0, 1, 2]), 5_000, 100)
    assert found.effect[2] == pytest.approx(0, abs=1e-12)
    assert found.effect[0] == pytest.approx(found.effect[1], abs=0.05)


def test_what_never_varies_has_no_effects() -> None:
    found = shapley.effects(lambda x: np.full(len(x), 0.3), np.array([0, 1, 2]), 100, 50)
    assert np.isnan(found.effect).all()
    assert found.outcome.tolist() == [0.3] * 200


def test_equal_seeds_give_equal_effects() -> None:
    one, two = (
        shapley.effects(lambda x: x[:, 0] + x[:, 1] ** 2, np.array([0, 1]), 500, 50, seed=3)
        for _ in range(2)
    )
    assert (one.effect == two.effect).all()
    assert (one.low == two.low).all()
