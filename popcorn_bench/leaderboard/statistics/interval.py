"""Mean, standard error and t interval, where the query is the sampling unit.

Several seeds of one query share its difficulty, so they are averaged before anything here sees
them; counting them as independent makes intervals far too narrow (Miller, "Adding Error Bars to
Evals", 2024, section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean in the metric's unit with its uncertainty; `n` counts queries.

    `se`, `low` and `high` are None where too few queries leave no degree of freedom.
    """

    mean: float
    n: int
    df: int
    se: float | None
    low: float | None
    high: float | None


def mean_interval(values: Floats, confidence: float = CONFIDENCE) -> Estimate:
    """Mean of one value per query with its t interval.

    SE = s / sqrt(Q) with the sample standard deviation s and Q - 1 degrees of freedom (Student,
    "The probable error of a mean", 1908).

    Args:
        values: shape (Q,), finite, Q >= 1.
        confidence: two-sided coverage of the interval.

    Raises:
        ValueError: if `values` is empty.
    """
    n = _count(values)
    mean = float(values.mean())
    if n == 1:
        return Estimate(mean, 1, 0, None, None, None)
    return _with_interval(mean, n, n - 1, float(values.std(ddof=1)) / sqrt(n), confidence)


def stratified_interval(
    values: Floats, strata: NDArray[np.int64], confidence: float = CONFIDENCE
) -> Estimate:
    """The same where queries were drawn per stratum (kind x topic).

    SE^2 = sum_h W_h^2 s_h^2 / n_h with W_h = n_h / Q, and sum_h (n_h - 1) degrees of freedom
    (Cochran, "Sampling Techniques", 1977, section 5.4). What strata differ by is no longer
    counted as noise.

    Args:
        values: shape (Q,), finite.
        strata: shape (Q,), the stratum of each query.
        confidence: two-sided coverage of the interval.

    Returns:
        No interval if a stratum holds a single query: its spread is unknown.

    Raises:
        ValueError: if `values` is empty.
    """
    n = _count(values)
    mean = float(values.mean())
    groups = [values[strata == label] for label in np.unique(strata)]
    if min(len(group) for group in groups) < 2:  # noqa: PLR2004 - a spread takes two
        return Estimate(mean, n, 0, None, None, None)
    variance = sum((len(g) / n) ** 2 * float(g.var(ddof=1)) / len(g) for g in groups)
    return _with_interval(mean, n, n - len(groups), sqrt(variance), confidence)


def t_quantile(probability: float, df: int) -> float:
    """Quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, probability))


def weighted_interval(
    means: Floats,
    deviations: Floats,
    counts: Floats,
    weights: Floats,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Weighted mean of strata that are known by their summaries.

    SE^2 = sum_h W_h^2 s_h^2 / n_h with sum_h (n_h - 1) degrees of freedom, as in
    `stratified_interval`, but with weights that are set from outside.

    Args:
        means: shape (H,).
        deviations: shape (H,), sample standard deviations.
        counts: shape (H,), observations per stratum.
        weights: shape (H,), summing to 1.
        confidence: two-sided coverage.
    """
    mean, n = float(weights @ means), int(counts.sum())
    df = n - len(counts)
    if df < 1:
        return Estimate(mean, n, 0, None, None, None)
    se = sqrt(float((weights * deviations) ** 2 @ (1 / counts)))
    return _with_interval(mean, n, df, se, confidence)


def _with_interval(mean: float, n: int, df: int, se: float, confidence: float) -> Estimate:
    half = t_quantile(0.5 + confidence / 2, df) * se
    return Estimate(mean, n, df, se, mean - half, mean + half)


def _count(values: Floats) -> int:
    if not len(values):
        raise ValueError("no values to average")
    return len(values)
