"""Prediction-powered inference and rank agreement against values that were computed elsewhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from popcorn_bench.leaderboard.statistics.interval import Floats, mean_interval
from popcorn_bench.leaderboard.statistics.kendall import tau_b
from popcorn_bench.leaderboard.statistics.ppi import (
    corrected_mean,
    ppi_mean,
    ppi_plus_mean,
    tuned_lambda,
)

_value = st.floats(-50, 50).map(lambda x: round(x, 3))


def _exactly(expected: object) -> object:
    return pytest.approx(expected, rel=0, abs=6e-9)


@pytest.fixture(scope="module")
def reference(stats_folder: Path) -> tuple[Floats, Floats, Floats, dict[str, Any]]:
    """Labels, their predictions, the other predictions, and what must come of them."""
    with (stats_folder / "ppi.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labelled = [row for row in rows if row["human"]]
    labels = np.array([float(row["human"]) for row in labelled])
    known = np.array([float(row["pred"]) for row in labelled])
    unknown = np.array([float(row["pred"]) for row in rows if not row["human"]])
    want = json.loads((stats_folder / "expected.json").read_text())["ppi"]
    return labels, known, unknown, want


@pytest.mark.shared
def test_ppi_agrees_with_the_reference(
    reference: tuple[Floats, Floats, Floats, dict[str, Any]],
) -> None:
    labels, known, unknown, want = reference
    assert (len(labels), len(unknown)) == (want["n"], want["N"])
    plain = ppi_mean(labels, known, unknown)
    assert [plain.mean, plain.se] == _exactly([want["ppi"]["est"], want["ppi"]["se"]])
    assert [plain.low, plain.high] == _exactly(want["ppi"]["ci95"])
    plus = ppi_plus_mean(labels, known, unknown)
    assert [plus.mean, plus.se] == _exactly([want["ppi_plus"]["est"], want["ppi_plus"]["se"]])
    assert [plus.low, plus.high] == _exactly(want["ppi_plus"]["ci95"])
    assert tuned_lambda(labels, known, unknown) == _exactly(want["lambda_hat"])
    human = ppi_mean(labels, known, unknown, lam=0.0)
    assert [human.mean, human.se] == _exactly([want["human_only"]["est"], want["human_only"]["se"]])
    assert (human.se / plus.se) ** 2 == _exactly(want["effective_n_ratio"])


@pytest.mark.shared
def test_the_boards_interval_is_a_little_wider_than_the_large_sample_one(
    reference: tuple[Floats, Floats, Floats, dict[str, Any]],
) -> None:
    labels, known, unknown, want = reference
    board = corrected_mean(labels, known, unknown)
    assert board is not None
    assert [board.mean, board.lam] == _exactly([want["ppi_plus"]["est"], want["lambda_hat"]])
    assert 1.0 < board.se / want["ppi_plus"]["se"] < 1.05


def test_no_weight_is_the_mean_of_the_labels_and_all_rated_is_classical() -> None:
    rng = np.random.default_rng(3)
    labels, known = rng.normal(size=30), rng.normal(size=30)
    assert ppi_mean(labels, known, known, lam=0.0).mean == pytest.approx(labels.mean())
    classical = mean_interval(labels)
    every = corrected_mean(labels, known, np.array([]))
    assert every is not None
    assert (every.mean, every.se, every.low, every.high, every.lam) == (
        *(classical.mean, classical.se, classical.low, classical.high),
        0.0,
    )


def test_a_perfect_predictor_gives_the_mean_of_all() -> None:
    scores = np.random.default_rng(4).normal(size=100)
    labels = 3 * scores[:40] + 7
    found = corrected_mean(labels, scores[:40], scores[40:])
    assert found is not None
    assert found.lam == pytest.approx(3 / (1 + 40 / 60) * scores[:40].var() / scores.var())
    plain = ppi_mean(labels, 3 * scores[:40], 3 * scores[40:])
    assert plain.mean == pytest.approx(3 * scores[40:].mean() + 7)


def test_too_few_labels_are_not_tuned_and_one_gives_nothing() -> None:
    scores = np.arange(10.0)
    assert corrected_mean(np.array([1.0]), scores[:1], scores[1:]) is None
    few = corrected_mean(np.array([1.0, 2.0, 4.0, 3.0]), scores[:4], scores[4:])
    assert few is not None
    assert (few.lam, few.mean) == (0.0, 2.5)


@pytest.mark.parametrize(("n", "total"), [(5, 20), (10, 20), (10, 100), (30, 31)])
def test_the_boards_interval_holds_what_it_says(n: int, total: int) -> None:
    """2,000 draws: the standard error of a coverage of .95 is .005."""
    rng = np.random.default_rng(n * total)
    held = 0
    for _ in range(2000):
        scores = rng.normal(size=total)
        labels = 0.7 * scores + np.sqrt(0.51) * rng.normal(size=total)
        found = corrected_mean(labels[:n], scores[:n], scores[n:])
        assert found is not None
        held += found.low <= 0 <= found.high
    assert 0.935 <= held / 2000 <= 0.99


@given(
    st.lists(st.tuples(_value, _value), min_size=2, max_size=20),
    st.lists(_value, min_size=1, max_size=20),
    _value,
    st.floats(0.1, 10),
)
def test_ppi_moves_with_the_labels_and_not_with_the_scale_of_the_scores(
    pairs: list[tuple[float, float]], rest: list[float], shift: float, scale: float
) -> None:
    labels, known = (np.array(values) for values in zip(*pairs, strict=True))
    unknown = np.array(rest)
    assume(np.concatenate([known, unknown]).std() > 1e-3)
    before, moved = (
        ppi_plus_mean(labels, known, unknown),
        ppi_plus_mean(labels + shift, known, unknown),
    )
    assert moved.mean == pytest.approx(before.mean + shift, abs=1e-6)
    assert moved.se == pytest.approx(before.se, abs=1e-6)
    scaled = ppi_plus_mean(labels, scale * known + shift, scale * unknown + shift)
    assert scaled.mean == pytest.approx(before.mean, rel=1e-6, abs=1e-4)
    assert scaled.lam * scale == pytest.approx(before.lam, rel=1e-6, abs=1e-6)


def test_nothing_to_estimate_from_is_an_error() -> None:
    one, none = np.array([1.0]), np.array([])
    for labels, rest in ((none, one), (one, none)):
        with pytest.raises(ValueError, match="needed"):
            ppi_mean(labels, labels, rest)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=15))
def test_tau_b_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(values, dtype=np.float64) for values in zip(*pairs, strict=True))
    found = tau_b(a, b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert found is None
    else:
        assert found == pytest.approx(kendalltau(a, b).statistic)


def test_what_the_order_of_adding_leaves_is_a_tie() -> None:
    assert tau_b(np.array([0.1 + 0.2, 0.3]), np.array([1.0, 2.0])) is None
    assert tau_b(np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 9.0])) == 1.0
    assert tau_b(np.array([1.0, 2.0, 3.0]), np.array([9.0, 6.0, 5.0])) == -1.0
