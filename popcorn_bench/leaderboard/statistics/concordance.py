"""Agreement of several rankings of the same entities."""

from __future__ import annotations

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats

_PAIR = 2


def kendall_w(values: Floats) -> float | None:
    """Kendall's coefficient of concordance (Kendall and Babington Smith, 1939), ties corrected.

    W = 12 S / (m^2 (K^3 - K) - m sum T) with S the sum of squared deviations of the rank sums and
    T = sum(t^3 - t) over the ties of each ranking. 1: all rank alike; 0: no agreement at all.

    Args:
        values: shape (m, K): one row per ranking (a generator, a topic), finite.

    Returns:
        None for fewer than two rankings or entities, and where every ranking has only ties.
    """
    from scipy.stats import rankdata

    m, k = values.shape
    if m < _PAIR or k < _PAIR:
        return None
    ranks = rankdata(values, axis=1)
    spread = float(((ranks.sum(axis=0) - m * (k + 1) / 2) ** 2).sum())
    ties = sum(float((counts**3 - counts).sum()) for counts in map(_ties, values))
    most = m**2 * (k**3 - k) - m * ties
    return 12 * spread / most if most > 0 else None


def _ties(row: Floats) -> Floats:
    return np.unique(row, return_counts=True)[1].astype(np.float64)
