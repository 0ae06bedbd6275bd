"""A row's mean in the scale of human ratings, by prediction-powered inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.ppi import corrected_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What people would give the row on average, with standard error and 95 % interval.

    `n_rated` queries have ratings, `n_unrated` have scores only. `lam` is the weight of the scores:
    0 is the mean of the ratings alone. All but the counts are None with fewer than two rated
    queries.
    """

    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    n_rated: int
    n_unrated: int
    lam: float | None


def corrected(scores: Floats, ratings: Floats) -> Corrected:
    """Join the scores of a row with ratings of some of its queries.

    Args:
        scores: shape (Q,), NaN where missing.
        ratings: shape (Q,), NaN where missing; one without a score is left out.
    """
    scored = np.isfinite(scores)
    rated = scored & np.isfinite(ratings)
    rest = scored & ~rated
    found = corrected_mean(ratings[rated], scores[rated], scores[rest])
    return Corrected(
        estimate=found.mean if found else None,
        se=found.se if found else None,
        ci_low=found.low if found else None,
        ci_high=found.high if found else None,
        n_rated=int(rated.sum()),
        n_unrated=int(rest.sum()),
        lam=found.lam if found else None,
    )
