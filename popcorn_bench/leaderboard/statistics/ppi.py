"""Prediction-powered inference: few human ratings, many predictions, one honest mean.

Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, "Prediction-powered inference", Science 382
(2023), and Angelopoulos, Duchi and Zrnic, "PPI++: Efficient prediction-powered inference" (2023).
The mean of the predictions is shifted by what they were wrong by where people were asked, so that
the result aims at the human mean however bad the predictor is. The rated units must be a random
part of all units.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import (
    CONFIDENCE,
    Floats,
    mean_interval,
    t_quantile,
)

_LEAST = 2  # ratings below which nothing is known of the spread
_TUNED = 5  # ratings from which lambda is tuned: below, finding it costs more than it brings
_SPENT = 2  # degrees of freedom that a mean and a slope take


@dataclass(frozen=True, slots=True)
class Powered:
    """A mean in the scale of the labels with standard error and interval.

    `lam` is the weight of the predictions: 0 is the mean of the labels alone, 1 is plain PPI.
    """

    mean: float
    se: float
    low: float
    high: float
    lam: float


def ppi_mean(
    labels: Floats,
    labelled: Floats,
    unlabelled: Floats,
    lam: float = 1.0,
    confidence: float = CONFIDENCE,
) -> Powered:
    """Mean of the labels for a fixed lambda, with the normal interval of large samples.

    theta = lam mean(f_u) + mean(Y - lam f_l), var = lam^2 var(f_u) / N + var(Y - lam f_l) / n with
    plug-in variances (divided by N and n).

    Args:
        labels: shape (n,), Y.
        labelled: shape (n,), predictions f_l for the same units.
        unlabelled: shape (N,), predictions f_u for units without a label; N >= 1.
        lam: weight of the predictions.
        confidence: two-sided coverage of the interval.

    Raises:
        ValueError: if either side is empty.
    """
    from scipy.special import ndtri

    _check(labels, unlabelled)
    rest = labels - lam * labelled
    mean = float(lam * unlabelled.mean() + rest.mean())
    se = sqrt(lam**2 * float(unlabelled.var()) / len(unlabelled) + float(rest.var()) / len(rest))
    half = float(ndtri(0.5 + confidence / 2)) * se
    return Powered(mean, se, mean - half, mean + half, lam)


def tuned_lambda(labels: Floats, labelled: Floats, unlabelled: Floats) -> float:
    """The lambda with the least variance: cov(Y, f) / ((1 + n / N) var(f)), var over all units.

    It may leave 0..1, since labels and predictions may have different scales or directions. 0
    where the predictions are all the same.

    Args:
        labels: shape (n,).
        labelled: shape (n,).
        unlabelled: shape (N,), N >= 1.

    Raises:
        ValueError: if either side is empty.
    """
    _check(labels, unlabelled)
    spread = float(np.concatenate([labelled, unlabelled]).var())
    if spread == 0:
        return 0.0
    shared = float(((labels - labels.mean()) * (labelled - labelled.mean())).mean())
    return shared / ((1 + len(labels) / len(unlabelled)) * spread)


def ppi_plus_mean(
    labels: Floats, labelled: Floats, unlabelled: Floats, confidence: float = CONFIDENCE
) -> Powered:
    """PPI++: `ppi_mean` at `tuned_lambda`, whose standard error never exceeds the labels' own.

    Raises:
        ValueError: if either side is empty.
    """
    lam = tuned_lambda(labels, labelled, unlabelled)
    return ppi_mean(labels, labelled, unlabelled, lam, confidence)


def corrected_mean(
    labels: Floats, labelled: Floats, unlabelled: Floats, confidence: float = CONFIDENCE
) -> Powered | None:
    """PPI++ with an interval that holds for few labels too.

    The plug-in interval covers 80 % at n = 5 and 89 % at n = 10. Here var(Y - lam f) is divided by
    n - 2, the quantile is Student's with n - 2 degrees of freedom, and var(f) is over all units;
    simulated coverage is 95 to 97 % (`docs/statistics.md`). Below 5 labels, and where every unit
    has one, it is the labels' own mean with its t interval.

    Args:
        labels: shape (n,).
        labelled: shape (n,).
        unlabelled: shape (N,), may be empty.
        confidence: two-sided coverage of the interval.

    Returns:
        None with fewer than two labels.
    """
    n = len(labels)
    if n < _LEAST:
        return None
    if n < _TUNED or not len(unlabelled):
        return _classical(labels, confidence)
    lam = tuned_lambda(labels, labelled, unlabelled)
    rest = labels - lam * labelled
    mean = float(lam * unlabelled.mean() + rest.mean())
    spread = float(np.concatenate([labelled, unlabelled]).var(ddof=1)) / len(unlabelled)
    se = sqrt(lam**2 * spread + float(rest.var(ddof=_SPENT)) / n)
    half = t_quantile(0.5 + confidence / 2, n - _SPENT) * se
    return Powered(mean, se, mean - half, mean + half, lam)


def _classical(labels: Floats, confidence: float) -> Powered | None:
    found = mean_interval(labels, confidence)
    if found.se is None or found.low is None or found.high is None:
        return None
    return Powered(found.mean, found.se, found.low, found.high, 0.0)


def _check(labels: Floats, unlabelled: Floats) -> None:
    if not len(labels) or not len(unlabelled):
        raise ValueError("both labelled and unlabelled units are needed")
