from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.evaluators.measures.accuracy import accuracy, by_category


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


def test_only_categories_of_some_size_have_figures() -> None:
    names = ["large"] * 20 + ["small"] * 19 + [""] * 30
    values = np.arange(69.0)
    assert by_category(values, values, names).keys() == {"large"}
    assert by_category(values, values, names)["large"].n == 20


@pytest.mark.parametrize("value", [np.log2(3.0), 0.1, 1e6 + 0.3])
def test_labels_that_are_all_equal_have_no_ranks_whatever_their_mean(value: float) -> None:
    for n in (1, 3, 7, 1001):
        equal, spread = np.full(n, value), np.arange(n, dtype=np.float64)
        assert (accuracy(equal, spread).src, accuracy(equal, spread).nmse) == (None, None)
        assert accuracy(spread, equal).src is None
