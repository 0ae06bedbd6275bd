"""Paired differences on shared queries, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import (
    CONFIDENCE,
    Estimate,
    Floats,
    mean_interval,
)

_LEAST_DF = 2
_NO_SPREAD = 1e-12  # relative to the mean: what rounding leaves of a constant difference


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """a - b within queries: the mean difference with its interval, and the t test's p value.

    `t` and `p` are None where fewer than two queries are shared.
    """

    estimate: Estimate
    t: float | None
    p: float | None


def paired_difference(a: Floats, b: Floats, confidence: float = CONFIDENCE) -> PairedDifference:
    """Paired t test (Student, 1908) of two systems on the same queries.

    Args:
        a: shape (Q,), one value per query, NaN where missing.
        b: shape (Q,), the same queries in the same order.
        confidence: two-sided coverage of the interval.

    Raises:
        ValueError: if no query has both.
    """
    from scipy.special import stdtr

    difference = a - b
    estimate = mean_interval(difference[np.isfinite(difference)], confidence)
    if estimate.se is None:
        return PairedDifference(estimate, None, None)
    if estimate.se == 0:
        t = float(np.sign(estimate.mean) * np.inf) if estimate.mean else 0.0
    else:
        t = estimate.mean / estimate.se
    return PairedDifference(estimate, t, float(2 * stdtr(estimate.df, -abs(t))))


def hedges_gz(found: PairedDifference) -> float | None:
    """Standardised mean difference of pairs, corrected for few of them.

    g_z = (1 - 3 / (4 df - 1)) * mean / s, with the standard deviation s of the differences and
    df = Q - 1 (Hedges, 1981; Lakens, 2013). None below three pairs, where the correction leaves
    nothing, and where the differences have no spread.
    """
    estimate = found.estimate
    if estimate.se is None or estimate.df < _LEAST_DF:
        return None
    if estimate.se <= _NO_SPREAD * abs(estimate.mean):
        return None
    deviation = estimate.se * sqrt(estimate.n)
    return (1 - 3 / (4 * estimate.df - 1)) * estimate.mean / deviation


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values that hold the chance of any false claim (Holm, 1979).

    Sorted ascending, p_(i) is multiplied by m - i + 1, made monotone and capped at 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    adjusted = np.empty_like(p)
    adjusted[order] = steps
    return [float(value) for value in adjusted]
