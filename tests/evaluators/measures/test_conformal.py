"""Split-conformal intervals, against figures that were computed elsewhere."""

from __future__ import annotations

import csv
import json
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from popcorn_bench.evaluators.measures.accuracy import calibration
from popcorn_bench.evaluators.measures.conformal import (
    cross_inside,
    half_widths,
    inside,
    qhat,
    rank,
    weighted_qhat,
)
from popcorn_bench.evaluators.measures.topics import EVERY

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    text = (shared / "reference" / "stats" / "expected.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["conformal"]
    return found


@pytest.fixture(scope="module")
def calib(shared: Path) -> tuple[Floats, Floats]:
    with (shared / "reference" / "stats" / "calib.csv").open(encoding="utf-8") as file:
        rows = [(float(row["y_true"]), float(row["y_pred"])) for row in csv.DictReader(file)]
    labels, scores = np.array(rows).T
    return labels, scores


@pytest.mark.shared
def test_the_reference_values_are_met(
    expected: dict[str, Any], calib: tuple[Floats, Floats]
) -> None:
    labels, scores = calib
    n, alpha = expected["n_cal"], expected["alpha"]
    errors = np.abs(labels - scores)
    assert rank(n, alpha) == expected["k"]
    assert qhat(errors[:n], alpha) == pytest.approx(expected["qhat"], abs=1e-8)
    assert np.mean(errors[n:] <= qhat(errors[:n], alpha)) == expected["test_coverage"]
    weighted = weighted_qhat(errors[:n], 1.0 + np.arange(n) % 3, 2.0, alpha)
    assert weighted == pytest.approx(expected["weighted_qhat_w=1+i%3_wtest=2"], abs=1e-8)
    slope, intercept = calibration(labels[n:], scores[n:])
    assert slope == pytest.approx(expected["calib_slope"], abs=1e-8)
    assert intercept == pytest.approx(expected["calib_intercept"], abs=1e-8)


def test_crepes_gives_the_same_widths() -> None:
    crepes = pytest.importorskip("crepes")
    rng = np.random.default_rng(5)
    residuals, bins = rng.normal(size=700), rng.integers(3, size=700)
    fitted = crepes.ConformalRegressor().fit(residuals)
    theirs = fitted.predict_int(np.zeros(1), confidence=0.9)
    assert theirs[0, 1] == pytest.approx(qhat(np.abs(residuals), 0.1))
    ours = half_widths(np.abs(residuals), [str(b) for b in bins])
    binned = crepes.ConformalRegressor().fit(residuals, bins=bins)
    theirs = binned.predict_int(np.zeros(3), bins=np.arange(3), confidence=0.9)
    assert [ours[str(b)] for b in range(3)] == pytest.approx(theirs[:, 1].tolist())


def test_ranks_by_hand() -> None:
    assert rank(9, 0.1) == 9
    assert rank(109, 0.1) == 99  # 0.9 * 110 is a little more than 99 in binary
    assert rank(8, 0.1) == 9
    assert qhat(np.arange(8.0), 0.1) == inf


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=60),
    st.floats(0.02, 0.5),
    st.floats(0.01, 100),
)
def test_equal_weights_are_no_weights(errors: list[float], alpha: float, weight: float) -> None:
    values = np.array(errors)
    weights = np.full(len(values), weight)
    assert weighted_qhat(values, weights, weight, alpha) == qhat(values, alpha)


def test_a_small_category_shares_the_width_of_the_small() -> None:
    errors = np.concatenate([np.full(100, 1.0), np.full(30, 2.0), np.full(30, 3.0)])
    names = ["large"] * 100 + ["small"] * 30 + ["tiny"] * 30
    assert half_widths(errors, names) == {EVERY: 3.0, "large": 1.0}
    # too few even together: all rows stand in
    assert half_widths(errors[:130], names[:130]) == {EVERY: 2.0, "large": 1.0}


def test_widths_are_judged_on_other_rows() -> None:
    rng = np.random.default_rng(1)
    errors = np.abs(rng.normal(size=3000))
    names = ["a"] * 3000
    assert cross_inside(errors, names).mean() == pytest.approx(0.9, abs=0.01)
    assert inside(errors, names, half_widths(errors, names)).mean() == rank(3000, 0.1) / 3000
