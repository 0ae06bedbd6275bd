from __future__ import annotations

import hashlib

import numpy as np
import pytest

from popcorn_bench.evaluators.popularity.evaluator import percentile
from popcorn_bench.evaluators.popularity.metrics import accuracy, fingerprint, intervals


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


def test_the_intervals_cover_what_they_say() -> None:
    rng = np.random.default_rng(0)
    spread = np.repeat([1.0, 2.0, 1.0], [2000, 1980, 20])
    names = np.repeat(["calm", "wild", "rare"], [2000, 1980, 20]).tolist()
    found = intervals(rng.normal(size=4000) * spread, np.zeros(4000), names)
    assert found.by_category["calm"].half_width == pytest.approx(1.645, abs=0.1)
    assert found.by_category["wild"].half_width == pytest.approx(3.29, abs=0.2)
    for width in (found.by_category["calm"], found.by_category["wild"], found):
        assert width.coverage == pytest.approx(0.9, abs=0.02)
    assert not found.by_category["rare"].own
    assert found.half_width("never seen") == found.by_category["rare"].half_width == found.pooled


def test_the_fingerprint_of_scores_has_six_digits_a_line() -> None:
    by_hand = hashlib.sha256(b"1.500000\n-0.333333\n").hexdigest()
    assert fingerprint(np.array([1.5, -1 / 3])) == by_hand


def test_percentile_by_hand() -> None:
    table = [float(q) for q in range(101)]
    assert percentile(-1.0, table) == 0.0
    assert percentile(0.0, table) == 0.0
    assert percentile(33.0, table) == 33.0
    assert percentile(33.25, table) == 33.25
    assert percentile(100.0, table) == 100.0
    assert percentile(101.0, table) == 100.0
    assert percentile(5.0, [5.0] * 101) == 50.0
