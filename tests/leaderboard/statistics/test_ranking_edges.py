"""Borders of what is said of many entities at once: what changed code used to survive."""

from __future__ import annotations

import numpy as np
import pytest

from popcorn_bench.leaderboard.statistics.best import best_chances
from popcorn_bench.leaderboard.statistics.bradley_terry import bradley_terry
from popcorn_bench.leaderboard.statistics.concordance import kendall_w
from popcorn_bench.leaderboard.statistics.kendall import tau_b
from popcorn_bench.leaderboard.statistics.marginal import marginal_means
from popcorn_bench.leaderboard.statistics.mixture import mixture_quantiles
from popcorn_bench.leaderboard.statistics.ranks import rank_sets


def test_draws_with_and_without_ties_are_told_apart() -> None:
    """Of two queries each wins one: a draw has both (a tie), or one of them twice."""
    found = best_chances(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert found.best == pytest.approx([0.5, 0.5], abs=0.02)
    assert found.best.sum() == pytest.approx(1)
    assert found.expected_rank == pytest.approx([1.5, 1.5], abs=0.02)


def test_chances_are_the_same_each_time() -> None:
    z = np.random.default_rng(1).normal(size=(10, 3))
    first, second = best_chances(z), best_chances(z)
    assert first.best.tolist() == second.best.tolist()
    assert first.low.dtype == first.high.dtype == np.int64


def test_half_a_win_and_wins_over_others_connect() -> None:
    half = np.array([[0.0, 0.5], [0.5, 0.0]])
    circle = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    for won in (half, circle):
        strengths = bradley_terry(won)
        assert strengths is not None
        assert strengths == pytest.approx(np.zeros(len(won)))


@pytest.mark.parametrize("simultaneous", [True, False])
def test_rank_ranges_are_as_sure_as_they_were_asked_to_be(simultaneous: bool) -> None:
    z = np.random.default_rng(3).normal(size=(60, 4))
    quantiles = [
        rank_sets(z, simultaneous=simultaneous, confidence=c).critical for c in (0.5, 0.95, 0.999)
    ]
    assert (np.diff(quantiles, axis=0) > 0.2).all()
    assert all(len(np.unique(q)) == (1 if simultaneous else 4) for q in quantiles)


@pytest.mark.parametrize("size", [1e-13, 1.0, 1e13])
def test_rank_ranges_do_not_hang_on_the_unit(size: float) -> None:
    z = (np.random.default_rng(3).normal(size=(50, 4)) / 10 + np.array([0.0, 0, 1, 2])) * size
    found = rank_sets(z)
    assert (found.low.tolist(), found.high.tolist()) == ([3, 3, 2, 1], [4, 4, 2, 1])
    turned = rank_sets(z, higher=False)
    assert (turned.low.tolist(), turned.high.tolist()) == ([1, 1, 3, 4], [2, 2, 3, 4])


def test_two_entities_are_enough_for_concordance() -> None:
    assert kendall_w(np.array([[1.0, 2.0], [5.0, 9.0], [0.0, 1.0]])) == pytest.approx(1)
    assert kendall_w(np.array([[1.0, 2.0], [2.0, 1.0]])) == pytest.approx(0)


def test_ties_are_judged_by_the_size_of_the_values() -> None:
    assert tau_b(np.array([1e-13, 2e-13]), np.array([1.0, 2.0])) == 1
    assert tau_b(np.array([1e13, 1e13 + 0.01]), np.array([1.0, 2.0])) is None
    assert tau_b(np.array([]), np.array([])) is None


def test_a_mixture_of_two_constants() -> None:
    """Half of it is at 0, so that F is a half there and not one: 0.75 lies halfway to 1."""
    low, high = np.zeros(101), np.ones(101)
    assert mixture_quantiles([high, low], [0.5, 0.5], [0.25, 0.75]) == [0.0, 0.5]
    with pytest.raises(ValueError, match="zip"):
        mixture_quantiles([high, low], [1.0], [0.5])


def test_means_know_how_many_queries_they_are_of() -> None:
    z = np.random.default_rng(2).normal(size=(7, 3))
    found = marginal_means(z)
    assert found.n == 7
    assert found.covariance == pytest.approx(np.cov(z.T) / 7)
