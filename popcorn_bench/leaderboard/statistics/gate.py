"""The verdict on a change: one-sided bounds of a paired gain against a margin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, copysign, inf, sqrt

from popcorn_bench.leaderboard.statistics.interval import Estimate, t_quantile

SURE = 0.95  # confidence of each one-sided bound
POWER = 0.80


class Verdict(StrEnum):
    """What the data say of a change."""

    IMPROVED = "improved"
    EQUIVALENT = "equivalent"
    NON_INFERIOR = "non_inferior"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with what it rests on.

    `lower` and `upper` are one-sided 95 % bounds of the gain. `p_regression` is the one-sided p of
    "no loss", `p_noninferiority` of "a loss of at least the margin", `p_tost` of "a change of at
    least the margin" (two one-sided tests, Schuirmann, 1987). `queries_needed` is for 80 % power.
    """

    verdict: Verdict
    margin: float
    lower: float
    upper: float
    p_regression: float
    p_noninferiority: float
    p_tost: float
    queries_needed: int


def judge(gain: Estimate, margin: float) -> Judgement | None:
    """Hold a paired gain (positive is better) against the loss that is acceptable.

    The first that holds: LB > 0 improved; LB > -margin and UB < margin equivalent; LB > -margin
    non-inferior; UB < 0 regressed; else inconclusive. The bounds are those of the t test, so that
    a change at the margin passes in 5 % of cases, and so does no change as regressed (ICH E9,
    1998, section 3.3.2, for non-inferiority).

    Args:
        gain: mean gain over queries.
        margin: above zero, in the metric's unit.

    Returns:
        None where fewer than two queries leave no bound.

    Raises:
        ValueError: for a margin that is not above zero.
    """
    if not margin > 0:
        raise ValueError("the margin must be above zero")
    if gain.se is None:
        return None
    reach = t_quantile(SURE, gain.df) * gain.se
    below, above = _tail(gain, -margin), 1 - _tail(gain, margin)
    return Judgement(
        verdict=_verdict(gain.mean - reach, gain.mean + reach, margin),
        margin=margin,
        lower=gain.mean - reach,
        upper=gain.mean + reach,
        p_regression=1 - _tail(gain, 0.0),
        p_noninferiority=below,
        p_tost=max(below, above),
        queries_needed=queries_needed(gain.se * sqrt(gain.n), margin),
    )


def queries_needed(deviation: float, margin: float) -> int:
    """Queries from which a gate with this margin settles no change: ((z.95 + z.80) s / margin)^2.

    Chow, Shao and Wang, "Sample Size Calculations in Clinical Research", 2008, section 3.1.

    Args:
        deviation: standard deviation of the paired differences.
        margin: above zero.
    """
    from scipy.special import ndtri

    reach = float(ndtri(SURE) + ndtri(POWER))
    return max(2, ceil((reach * deviation / margin) ** 2))


def _verdict(low: float, high: float, margin: float) -> Verdict:
    if low > 0:
        return Verdict.IMPROVED
    if low > -margin:
        return Verdict.EQUIVALENT if high < margin else Verdict.NON_INFERIOR
    return Verdict.REGRESSED if high < 0 else Verdict.INCONCLUSIVE


def _tail(gain: Estimate, at: float) -> float:
    """P(T >= t) for the hypothesis that the true gain is `at`."""
    from scipy.special import stdtr

    distance = gain.mean - at
    if gain.se:
        return float(stdtr(gain.df, -distance / gain.se))
    return float(stdtr(gain.df, copysign(inf, -distance))) if distance else 0.5
