"""How small a difference so many queries can show, and how many a difference needs.

Both by the normal limit and by the noncentral t distribution (Cohen, "Statistical Power Analysis
for the Behavioral Sciences", 1988, chapter 2), for a two-sided paired test.
"""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np

from popcorn_bench.leaderboard.statistics.gate import POWER
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE, t_quantile

_FEWEST = 2


def power_of(effect: float, n: int, confidence: float = CONFIDENCE) -> float:
    """Chance that a paired t test on n queries finds a true standardised difference.

    Args:
        effect: difference / standard deviation of the differences.
        n: queries, at least 2.
        confidence: 1 - alpha of the two-sided test.
    """
    from scipy.special import nctdtr

    df, shift = n - 1, abs(effect) * sqrt(n)
    critical = t_quantile(0.5 + confidence / 2, df)
    below, beyond = nctdtr(df, shift, critical), nctdtr(df, shift, -critical)
    return float(1 - np.nan_to_num(below) + np.nan_to_num(beyond))  # NaN: too small for it


def minimal_effect(
    deviation: float, n: int, power: float = POWER, confidence: float = CONFIDENCE
) -> float:
    """The smallest difference that n queries show with this power.

    Args:
        deviation: standard deviation of the paired differences.
        n: queries, at least 2.
        power: chance to find it.
        confidence: 1 - alpha of the two-sided test.
    """
    from scipy.optimize import brentq

    def lacks(effect: float) -> float:
        return power_of(effect, n, confidence) - power

    top = 1.0
    while lacks(top) < 0:
        top *= 2
    return deviation * float(brentq(lacks, 0.0, top, xtol=1e-13))


def minimal_effect_normal(
    deviation: float, n: int, power: float = POWER, confidence: float = CONFIDENCE
) -> float:
    """The same in the normal limit: (z + z_power) s / sqrt(n)."""
    return _reach(power, confidence) * deviation / sqrt(n)


def queries_for(
    difference: float, deviation: float, power: float = POWER, confidence: float = CONFIDENCE
) -> int:
    """Queries that show a difference with this power.

    Args:
        difference: the true mean difference, not zero.
        deviation: standard deviation of the paired differences, above zero.
        power: chance to find it.
        confidence: 1 - alpha of the two-sided test.
    """
    n = queries_for_normal(difference, deviation, power, confidence)
    while power_of(difference / deviation, n, confidence) < power:
        n += 1
    return n


def queries_for_normal(
    difference: float, deviation: float, power: float = POWER, confidence: float = CONFIDENCE
) -> int:
    """The same in the normal limit: ((z + z_power) s / difference)^2."""
    needed = (_reach(power, confidence) * deviation / difference) ** 2
    return max(_FEWEST, ceil(needed))


def _reach(power: float, confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2) + ndtri(power))
