"""Borders, arguments that must arrive, and formulas by hand: what changed code used to survive."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, sqrt

import numpy as np
import pytest
from scipy import stats

from popcorn_bench.leaderboard.statistics.checks import one_sided_p, sign_flip_p
from popcorn_bench.leaderboard.statistics.contrast import difference_in_differences
from popcorn_bench.leaderboard.statistics.gate import Verdict, judge, queries_needed
from popcorn_bench.leaderboard.statistics.interval import (
    Estimate,
    Floats,
    mean_interval,
    stratified_interval,
    t_quantile,
    weighted_interval,
)
from popcorn_bench.leaderboard.statistics.paired import hedges_gz, paired_difference
from popcorn_bench.leaderboard.statistics.power import (
    minimal_effect,
    minimal_effect_normal,
    power_of,
    queries_for,
    queries_for_normal,
)
from popcorn_bench.leaderboard.statistics.ppi import corrected_mean, ppi_plus_mean, tuned_lambda
from popcorn_bench.leaderboard.statistics.seeds import seed_spread
from popcorn_bench.leaderboard.statistics.variance import dependability, variance_components

ONE = np.array([3.0])
FEW = np.array([1.0, 2.0, 4.0, 3.0])
NONE = np.zeros(4)


def _width(low: float | None, high: float | None) -> float:
    assert low is not None
    assert high is not None
    return high - low


def test_without_a_degree_of_freedom_there_is_a_mean_and_no_interval() -> None:
    assert mean_interval(ONE) == Estimate(3.0, 1, 0, None, None, None)
    alone = stratified_interval(FEW, np.array([0, 0, 0, 1]))
    assert alone == Estimate(2.5, 4, 0, None, None, None)
    one, half = np.array([1.0, 1.0]), np.array([0.5, 0.5])
    single = weighted_interval(np.array([1.0, 2.0]), np.zeros(2), one, half)
    assert single == Estimate(1.5, 2, 0, None, None, None)


def test_one_degree_of_freedom_is_enough_for_an_interval() -> None:
    known = weighted_interval(np.array([2.0]), np.array([1.0]), np.array([2.0]), np.array([1.0]))
    assert (known.n, known.df) == (2, 1)
    assert known.se == pytest.approx(1 / sqrt(2))
    assert _width(known.low, known.high) == pytest.approx(2 * t_quantile(0.975, 1) / sqrt(2))


def test_every_interval_counts_its_queries() -> None:
    strata = np.array([0, 0, 1, 1])
    assert (stratified_interval(FEW, strata).n, stratified_interval(FEW, strata).df) == (4, 2)
    assert mean_interval(FEW).n == 4


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_the_confidence_that_was_asked_for_arrives(confidence: float) -> None:
    wanted = 2 * t_quantile(0.5 + confidence / 2, 3) * float(FEW.std(ddof=1)) / 2
    found = [
        mean_interval(FEW, confidence),
        paired_difference(FEW, NONE, confidence).estimate,
        difference_in_differences((FEW, NONE), (NONE, NONE), confidence).estimate,
    ]
    for estimate in found:
        assert _width(estimate.low, estimate.high) == pytest.approx(wanted)
    own = corrected_mean(FEW, FEW, np.array([]), confidence)
    assert own is not None
    assert own.high - own.low == pytest.approx(wanted)


def test_confidence_of_corrected_means() -> None:
    other, more = FEW[::-1].copy(), np.array([1.0, 3.0, 5.0])
    wide, narrow = (ppi_plus_mean(FEW, other, more, c) for c in (0.99, 0.5))
    assert wide.high - wide.low == pytest.approx(2 * stats.norm.ppf(0.995) * wide.se)
    assert narrow.high - narrow.low == pytest.approx(2 * stats.norm.ppf(0.75) * narrow.se)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_interval(np.array([])), "no values to average"),
        (lambda: tuned_lambda(np.array([]), np.array([]), FEW), "both labelled and unlabelled"),
        (lambda: seed_spread(np.zeros((1, 2))), "two queries and two seeds"),
        (lambda: variance_components(np.zeros((2, 1, 2, 1))), "every factor needs two levels"),
        (lambda: judge(mean_interval(FEW), 0.0), "the margin must be above zero"),
    ],
)  # fmt: skip
def test_too_little_is_said_in_one_line(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=rf"^{message}"):
        call()


# --- pairs ---


def test_one_sided_p_is_half_where_the_difference_is_a_loss() -> None:
    loss, gain = paired_difference(-FEW, NONE), paired_difference(FEW, NONE)
    assert loss.p is not None
    assert one_sided_p(loss) == pytest.approx(loss.p / 2)
    assert one_sided_p(gain) == pytest.approx(1 - loss.p / 2)
    assert one_sided_p(loss) == pytest.approx(stats.ttest_1samp(-FEW, 0, alternative="less").pvalue)


def test_one_sided_p_between_zero_and_one_standard_error_and_of_nothing() -> None:
    slight = paired_difference(np.array([1.0, -1.0, 0.5]), np.zeros(3))
    assert slight.t is not None
    assert 0 < slight.t < 1
    assert one_sided_p(slight) == pytest.approx(
        stats.ttest_1samp([1.0, -1.0, 0.5], 0, alternative="less").pvalue
    )
    assert one_sided_p(paired_difference(NONE, NONE)) == 0.5
    assert one_sided_p(paired_difference(ONE, ONE)) is None
    assert one_sided_p(replace(slight, p=None)) is None
    assert one_sided_p(replace(slight, t=None)) is None


@pytest.mark.parametrize(("n", "draws"), [(50, 100_000), (400, 50_000), (2001, 10_000)])
def test_so_many_sign_patterns_are_drawn_and_the_observed_one_counts(n: int, draws: int) -> None:
    """All gains alike: no pattern but the observed one and its mirror image is as far from zero."""
    assert sign_flip_p(np.ones(n)) == 1 / (draws + 1)


def test_up_to_sixteen_differences_every_sign_pattern_is_tried() -> None:
    assert sign_flip_p(np.ones(16)) == 2 / 2**16


def test_drawn_patterns_are_the_same_each_time() -> None:
    data = np.random.default_rng(8).normal(0.3, 1, size=30)
    assert sign_flip_p(data) == sign_flip_p(data)


def test_a_single_pair_keeps_its_mean() -> None:
    found = paired_difference(ONE, np.array([1.0]))
    assert (found.estimate.mean, found.t, found.p) == (2.0, None, None)


def test_effect_sizes_take_three_pairs_and_a_spread() -> None:
    assert hedges_gz(paired_difference(ONE, ONE)) is None
    assert hedges_gz(paired_difference(FEW[:2], NONE[:2])) is None
    three = hedges_gz(paired_difference(FEW[:3], NONE[:3]))
    assert three == pytest.approx((1 - 3 / 7) * FEW[:3].mean() / FEW[:3].std(ddof=1))
    assert hedges_gz(paired_difference(NONE, NONE)) is None


def test_what_rounding_leaves_of_a_constant_is_no_spread() -> None:
    for size in (1e-6, 1e6):
        nearly = np.array([size, np.nextafter(size, np.inf), size])
        assert hedges_gz(paired_difference(nearly, np.zeros(3))) is None


# --- the gate ---


def test_queries_needed_by_hand() -> None:
    """((1.6449 + 0.8416) s / margin)^2: 24.7 for half a standard deviation, 6.2 for a whole one."""
    assert queries_needed(1.0, 0.5) == 25
    assert queries_needed(1.0, 1.0) == 7
    assert queries_needed(3.0, 1.0) == ceil(9 * 6.1826)
    assert queries_needed(0.0, 1.0) == 2


def test_a_judgement_says_its_margin_and_what_it_would_take() -> None:
    found = judge(mean_interval(FEW), 0.25)
    assert found is not None
    assert found.margin == 0.25
    assert found.queries_needed == queries_needed(float(FEW.std(ddof=1)), 0.25)


def _verdict(mean: float, reach: float, margin: float) -> Verdict:
    """Of a gain whose one-sided bounds are exactly mean - reach and mean + reach."""
    df = 9
    gain = Estimate(mean, df + 1, df, reach / t_quantile(0.95, df), None, None)
    found = judge(gain, margin)
    assert found is not None
    return found.verdict


def test_bounds_that_lie_on_the_margin_prove_nothing() -> None:
    assert _verdict(-1.0, 0.0, 1.0) is Verdict.REGRESSED
    assert _verdict(0.0, 0.0, 1.0) is Verdict.EQUIVALENT
    reach = t_quantile(0.95, 9) * (1.0 / t_quantile(0.95, 9))
    assert _verdict(0.5, 1.0, 0.5 + reach) is Verdict.NON_INFERIOR
    assert _verdict(-reach, 1.0, 0.5) is Verdict.INCONCLUSIVE


# --- power ---


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(("difference", "deviation"), [(0.3, 1.0), (0.2, 0.05)])
def test_the_smallest_number_of_queries_is_found(
    difference: float, deviation: float, power: float, confidence: float
) -> None:
    effect = difference / deviation
    n = queries_for(difference, deviation, power, confidence)
    assert power_of(effect, n, confidence) >= power
    assert n == 2 or power_of(effect, n - 1, confidence) < power
    normal = ((stats.norm.ppf(0.5 + confidence / 2) + stats.norm.ppf(power)) / effect) ** 2
    assert queries_for_normal(difference, deviation, power, confidence) == max(2, ceil(normal))


@pytest.mark.parametrize("confidence", [0.8, 0.999])
@pytest.mark.parametrize("n", [3, 40])
def test_the_smallest_effect_has_just_that_power(n: int, confidence: float) -> None:
    effect = minimal_effect(2.0, n, 0.7, confidence)
    assert power_of(effect / 2.0, n, confidence) == pytest.approx(0.7)
    reach = stats.norm.ppf(0.5 + confidence / 2) + stats.norm.ppf(0.7)
    assert minimal_effect_normal(2.0, n, 0.7, confidence) == pytest.approx(2 * reach / sqrt(n))


# --- ratings ---


def test_predictions_that_are_all_alike_weigh_nothing() -> None:
    assert tuned_lambda(FEW, np.ones(4), np.ones(7)) == 0.0


def test_two_ratings_make_a_mean_and_five_take_the_predictions_in() -> None:
    more = np.array([1.0, 2.0, 3.0, 6.0])
    assert corrected_mean(FEW[:1], FEW[:1], more) is None
    two = corrected_mean(FEW[:2], FEW[:2], more)
    assert two is not None
    assert (two.mean, two.lam) == (1.5, 0.0)
    labels = np.array([1.0, 2.0, 4.0, 3.0, 5.0])
    five = corrected_mean(labels, labels + np.array([0.1, -0.1, 0.2, 0.0, 0.1]), more)
    assert five is not None
    assert five.lam > 0


def test_the_error_of_a_corrected_mean_by_hand() -> None:
    labels, labelled = np.arange(6.0), np.array([0.0, 2.0, 1.0, 4.0, 3.0, 6.0])
    more = np.array([1.0, 5.0, 2.0])
    lam = tuned_lambda(labels, labelled, more)
    everyone = float(np.concatenate([labelled, more]).var(ddof=1))
    rest = float(((labels - lam * labelled - (labels - lam * labelled).mean()) ** 2).sum()) / 4
    found = corrected_mean(labels, labelled, more)
    assert found is not None
    assert found.se == pytest.approx(sqrt(lam**2 * everyone / 3 + rest / 6))


# --- sources of variance ---


def _study(seeds: int) -> Floats:
    return np.random.default_rng(4).normal(size=(5, 3, 2, seeds))


def test_a_decision_study_takes_generators_as_random_unless_told() -> None:
    found = variance_components(_study(2) + np.arange(3)[:, None, None])
    assert dependability(found, 10, 2, 1) == dependability(found, 10, 2, 1, fixed_generators=False)
    assert dependability(found, 10, 2, 1) != dependability(found, 10, 2, 1, fixed_generators=True)


def test_with_one_seed_there_is_no_error_to_take_off() -> None:
    scores = _study(1)
    found = variance_components(scores)
    top = found.squares["qlv"] / found.df["qlv"]
    assert "e" not in found.variance
    assert found.variance["qlv"] == pytest.approx(top)
    part = found.variance
    wanted = part["ql"] / 10 + part["qlv"] / 20 + part["lv"] / 2
    assert dependability(found, 10, 2, 5).error_variance == pytest.approx(wanted)


def test_scores_without_any_spread_leave_nothing_to_share() -> None:
    found = variance_components(np.ones((2, 2, 2, 2)))
    nothing = dependability(found, 10, 2, 1)
    assert (nothing.relative, nothing.absolute, nothing.error) == (None, None, 0.0)
    assert found.share == {}


def test_a_table_has_four_sides() -> None:
    with pytest.raises(ValueError, match="zip"):
        variance_components(np.zeros((2, 2, 2)))
