"""The perceptrons' forward pass is exact: neither order nor batch changes a digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.perceptron import Perceptrons, fit_perceptrons

Floats = NDArray[np.float64]


def columns(n: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    code = rng.integers(-1, 4, size=n)
    return np.column_stack([code, rng.normal(size=(n, 5)), rng.poisson(30, size=n), np.ones(n)])


def rule(inputs: Floats) -> Floats:
    return np.asarray(4 + inputs[:, 1] * (inputs[:, 0] == 2) + np.abs(inputs[:, 2]))


@pytest.fixture(scope="module")
def trained() -> Perceptrons:
    inputs = columns(3000, seed=0)
    return fit_perceptrons(inputs, rule(inputs), categories=4, seeds=range(3))


def test_what_is_not_linear_is_learned(trained: Perceptrons) -> None:
    inputs = columns(500, seed=1)
    for member in trained.predict(inputs).T:
        assert np.corrcoef(member, rule(inputs))[0, 1] > 0.7


def test_the_order_of_sums_does_not_matter(trained: Perceptrons) -> None:
    inputs = columns(300, seed=2)
    order = np.random.default_rng(3).permutation(trained.hidden.shape[0])
    units = trained.scaling(inputs)[:, order] @ trained.hidden[order]
    assert np.array_equal(units, trained.scaling(inputs) @ trained.hidden)
    by_fractions = [sum(map(float, row * trained.hidden[:, 0])) for row in trained.scaling(inputs)]
    assert by_fractions == units[:, 0].tolist()


def test_a_batch_does_not_matter(trained: Perceptrons) -> None:
    inputs = columns(300, seed=4)
    alone = np.vstack([trained.predict(inputs[i : i + 1]) for i in range(300)])
    assert np.array_equal(alone, trained.predict(inputs))


def test_values_far_off_and_columns_that_never_vary_are_harmless(trained: Perceptrons) -> None:
    inputs = columns(2, seed=5)
    inputs[:, 1:6] = [[1e300] * 5, [-1e300] * 5]
    inputs[:, 7] = 1e9
    assert np.isfinite(trained.predict(inputs)).all()
    assert np.abs(trained.predict(inputs)).max() < 100


def test_members_stand_side_by_side(trained: Perceptrons) -> None:
    inputs = columns(50, seed=6)
    first = replace(
        trained,
        hidden=trained.hidden[:, :16],
        thresholds=trained.thresholds[:16],
        output=trained.output[:1],
        bias=trained.bias[:1],
    )
    assert np.array_equal(first.predict(inputs)[:, 0], trained.predict(inputs)[:, 0])
