"""What must hold for any data, and answers that can be had by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from popcorn_bench.leaderboard.statistics.best import best_chances
from popcorn_bench.leaderboard.statistics.bradley_terry import bradley_terry, elo, wins
from popcorn_bench.leaderboard.statistics.checks import sign_flip_p, sign_test_p, wilcoxon_p
from popcorn_bench.leaderboard.statistics.concordance import kendall_w
from popcorn_bench.leaderboard.statistics.gate import Verdict, judge, queries_needed
from popcorn_bench.leaderboard.statistics.interval import mean_interval
from popcorn_bench.leaderboard.statistics.multiplicity import benjamini_hochberg
from popcorn_bench.leaderboard.statistics.paired import holm
from popcorn_bench.leaderboard.statistics.power import minimal_effect, power_of, queries_for
from popcorn_bench.leaderboard.statistics.seeds import seed_spread
from popcorn_bench.leaderboard.statistics.variance import dependability, variance_components

_p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)
_values = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


def test_benjamini_hochberg_by_hand() -> None:
    """0.01 x 3 / 1, 0.02 x 3 / 2, 0.04 x 3 / 3: made monotone from the largest down."""
    assert benjamini_hochberg([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.03])
    assert benjamini_hochberg([]) == []


@given(_p_values)
def test_benjamini_hochberg_lies_between_p_and_holm(p_values: list[float]) -> None:
    found = benjamini_hochberg(p_values)
    for p, bh, strict in zip(p_values, found, holm(p_values), strict=True):
        assert p <= bh + 1e-15
        assert bh <= strict + 1e-15
    assert found == pytest.approx(stats.false_discovery_control(p_values).tolist())


def test_sign_flips_by_hand() -> None:
    """Of the 8 patterns of 1, 2, 3 only +++ and --- reach a sum of 6, and --3 no sum of 4."""
    assert sign_flip_p(np.array([1.0, 2.0, 3.0])) == 2 / 8
    assert sign_flip_p(np.array([-1.0, 2.0, 3.0])) == 4 / 8
    assert sign_flip_p(np.zeros(5)) == 1.0


@given(_values)
@settings(max_examples=15, deadline=None)
def test_checks_do_not_know_left_from_right(values: list[float]) -> None:
    data = np.array(values).round(6)
    for check in (sign_flip_p, wilcoxon_p, sign_test_p):
        assert 0 < check(data) <= 1 or check is wilcoxon_p
        assert check(data) == pytest.approx(check(-data), abs=0.005)


def test_sign_flips_agree_with_the_t_test_where_both_apply() -> None:
    data = np.random.default_rng(5).normal(0.2, 1, size=120)
    assert sign_flip_p(data) == pytest.approx(stats.ttest_1samp(data, 0).pvalue, abs=0.005)


def test_checks_without_any_difference_find_nothing() -> None:
    none = np.zeros(12)
    assert (sign_flip_p(none), wilcoxon_p(none), sign_test_p(none)) == (1.0, 1.0, 1.0)


_BOUNDS = {  # mean, half of the one-sided interval at margin 1
    Verdict.IMPROVED: (0.6, 0.5),
    Verdict.EQUIVALENT: (0.1, 0.5),
    Verdict.NON_INFERIOR: (0.6, 0.7),
    Verdict.REGRESSED: (-1.2, 0.5),
    Verdict.INCONCLUSIVE: (-0.6, 0.7),
}


@pytest.mark.parametrize("verdict", list(_BOUNDS))
def test_each_verdict(verdict: Verdict) -> None:
    mean, half = _BOUNDS[verdict]
    data = np.random.default_rng(2).normal(size=50)
    data = (data - data.mean()) / data.std(ddof=1)
    reach = float(stats.t.ppf(0.95, 49)) / 50**0.5
    found = judge(mean_interval(mean + data * half / reach), 1.0)
    assert found is not None
    assert found.verdict is verdict
    assert (found.lower, found.upper) == pytest.approx((mean - half, mean + half))


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.floats(0.01, 5))
def test_p_values_and_bounds_of_a_gate_say_the_same(values: list[float], margin: float) -> None:
    data = np.array(values).round(4)
    assume(data.std() > 1e-3)
    found = judge(mean_interval(data), margin)
    assert found is not None
    for bound, p in (
        (found.lower + margin, found.p_noninferiority),
        (-found.upper, found.p_regression),
    ):
        if abs(bound) > 1e-9:
            assert (bound > 0) == (p < 0.05)
    inside = found.lower > -margin and found.upper < margin
    if abs(found.p_tost - 0.05) > 1e-9:
        assert inside == (found.p_tost < 0.05)


def test_no_change_at_all_is_equivalent_and_one_query_judges_nothing() -> None:
    same = judge(mean_interval(np.zeros(5)), 0.1)
    assert same is not None
    assert (same.verdict, same.p_regression, same.p_tost) == (Verdict.EQUIVALENT, 0.5, 0.0)
    assert same.queries_needed == 2
    assert judge(mean_interval(np.zeros(1)), 0.1) is None
    with pytest.raises(ValueError, match="margin"):
        judge(mean_interval(np.zeros(5)), 0.0)


def test_a_gate_passes_a_loss_at_its_margin_in_one_of_twenty() -> None:
    """Simulated: sd 0.5, 40 queries, margin 0.1; the reference's own simulation says 5.1 %."""
    random = np.random.default_rng(11)
    draws = random.normal(-0.1, 0.5, size=(4000, 40))
    found = [judge(mean_interval(row), 0.1) for row in draws]
    passed = [f is not None and f.lower > -0.1 for f in found]
    assert np.mean(passed) == pytest.approx(0.05, abs=0.011)


@given(st.floats(0.01, 10), st.floats(0.01, 10))
def test_more_spread_needs_more_queries(deviation: float, margin: float) -> None:
    assert queries_needed(2 * deviation, margin) >= queries_needed(deviation, margin) >= 2


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 400), st.floats(0.01, 10))
def test_the_minimal_effect_has_just_the_power(n: int, deviation: float) -> None:
    effect = minimal_effect(deviation, n)
    assert power_of(effect / deviation, n) == pytest.approx(0.8, abs=1e-6)
    assert power_of(0, n) == pytest.approx(0.05, abs=1e-9)


def test_queries_for_is_the_least() -> None:
    n = queries_for(0.3, 1.0)
    assert power_of(0.3, n) >= 0.8 > power_of(0.3, n - 1)


def test_a_lone_winner_is_best_and_equals_share() -> None:
    random = np.random.default_rng(3)
    column = random.normal(size=30)
    found = best_chances(np.stack([column, column, column - 1], axis=1))
    assert found.best.tolist() == pytest.approx([0.5, 0.5, 0.0])
    assert found.expected_rank.tolist() == pytest.approx([1.5, 1.5, 3.0])
    lower = best_chances(np.stack([column, column - 1], axis=1), higher=False)
    assert lower.best.tolist() == [0.0, 1.0]


def test_concordance_of_equal_and_of_opposite_rankings() -> None:
    row = np.array([1.0, 2.0, 3.0, 4.0])
    assert kendall_w(np.stack([row, row * 2, row + 7])) == pytest.approx(1.0)
    assert kendall_w(np.stack([row, -row])) == pytest.approx(0.0)
    assert kendall_w(row[None, :]) is None
    assert kendall_w(np.ones((3, 4))) is None


@settings(max_examples=30)
@given(st.integers(2, 5), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_concordance_is_a_share_and_friedmans_chi2(m: int, k: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 4, size=(m, k)).astype(np.float64)
    found = kendall_w(values)
    if found is None:
        return
    assert -1e-12 <= found <= 1 + 1e-12
    if k > 2 and m > 2:
        chi2 = stats.friedmanchisquare(*values.T).statistic
        assert found == pytest.approx(chi2 / (m * (k - 1)))


def test_strengths_of_two_are_the_log_odds() -> None:
    won = np.array([[0.0, 30.0], [10.0, 0.0]])
    strengths = bradley_terry(won)
    assert strengths is not None
    assert strengths[0] - strengths[1] == pytest.approx(np.log(3))
    assert elo(strengths).mean() == pytest.approx(1000)


def test_who_always_wins_has_no_strength() -> None:
    z = np.arange(6.0)[:, None] + np.array([0.0, 1.0, 0.5])
    assert bradley_terry(wins(z)) is None
    tied = np.zeros((4, 2))
    assert wins(tied).tolist() == [[0, 2], [2, 0]]
    assert wins(z, higher=False)[0, 1] == 6


def test_components_that_were_put_in_come_out() -> None:
    """Large tables of known variances: within a tenth of the total."""
    random = np.random.default_rng(9)
    q, v, s = 200, 60, 2
    scores = (
        random.normal(0, 2, size=(q, 1, 1, 1))
        + random.normal(0, 1, size=(1, 60, 1, 1))
        + random.normal(0, 0.5, size=(1, 1, v, 1))
        + random.normal(0, 1, size=(q, 60, v, s))
    )
    share = variance_components(scores).share
    assert share["q"] == pytest.approx(4 / 6.25, abs=0.1)
    assert share["l"] == pytest.approx(1 / 6.25, abs=0.1)
    assert share["e"] == pytest.approx(1 / 6.25, abs=0.1)
    assert share["qlv"] == pytest.approx(0, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(*(st.integers(2, 4) for _ in range(3)), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_sums_of_squares_make_up_the_whole(q: int, m: int, v: int, s: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(q, m, v, s))
    found = variance_components(scores)
    assert sum(found.squares.values()) == pytest.approx(((scores - scores.mean()) ** 2).sum())
    assert sum(found.df.values()) == scores.size - 1
    assert all(value >= 0 for value in found.variance.values())
    assert ("e" in found.variance) == (s > 1)
    more = dependability(found, 1000, v, s, fixed_generators=True)
    assert more.error_variance <= dependability(found, 10, v, s).error_variance


def test_a_design_with_one_level_cannot_be_taken_apart() -> None:
    with pytest.raises(ValueError, match="two levels"):
        variance_components(np.zeros((4, 1, 3, 2)))
    assert variance_components(np.zeros((4, 2, 3, 2))).share == {}
    with pytest.raises(ValueError, match="two seeds"):
        seed_spread(np.zeros((4, 1)))


def test_seeds_by_hand() -> None:
    """Within 0.5 each, means 0.5 and 4.5: between 8 - 0.25."""
    found = seed_spread(np.array([[0.0, 1.0], [4.0, 5.0]]))
    assert (found.within, found.between) == (0.5, 7.75)
    assert found.error(2) == pytest.approx((8 / 2) ** 0.5)
    assert seed_spread(np.array([[0.0, 1.0], [0.0, 1.0]])).between == 0
    assert seed_spread(np.zeros((2, 2))).shared is None
