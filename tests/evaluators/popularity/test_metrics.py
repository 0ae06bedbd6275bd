from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.evaluators.popularity.evaluator import percentile
from popcorn_bench.evaluators.popularity.metrics import accuracy, half_width


def test_accuracy_by_hand() -> None:
    found = accuracy(np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 3.0, 2.0, 4.0]))
    assert found.src == 0.8  # 1 - 6 * 2 / (4 * 15)
    assert found.mae == 1.0
    assert found.nmse == pytest.approx(1.5 / 3.5, abs=1e-4)
    assert found.slope == 1.4  # covariance 1.75 over variance 1.25
    assert found.intercept == -0.5


def test_what_is_not_defined_is_none() -> None:
    flat = accuracy(np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    assert (flat.src, flat.slope, flat.intercept) == (None, None, None)
    assert accuracy(np.ones(2), np.array([1.0, 2.0])).nmse is None


def test_the_interval_covers_what_it_says() -> None:
    rng = np.random.default_rng(0)
    labels = rng.normal(size=4000)
    width = half_width(labels, np.zeros(4000))
    assert width.value == pytest.approx(1.645, abs=0.08)
    assert width.coverage == pytest.approx(0.9, abs=0.02)


def test_percentile_by_hand() -> None:
    table = [float(q) for q in range(101)]
    assert percentile(-1.0, table) == 0.0
    assert percentile(0.0, table) == 0.0
    assert percentile(33.0, table) == 33.0
    assert percentile(33.25, table) == 33.25
    assert percentile(100.0, table) == 100.0
    assert percentile(101.0, table) == 100.0
    assert percentile(5.0, [5.0] * 101) == 50.0
