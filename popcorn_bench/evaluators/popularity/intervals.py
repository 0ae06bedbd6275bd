"""The width of intervals by category, and how well they hold on the held-out rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil

import numpy as np

from popcorn_bench.evaluators.measures.categories import large
from popcorn_bench.evaluators.measures.conformal import (
    LEVEL,
    Floats,
    cross_inside,
    half_widths,
    inside,
)
from popcorn_bench.evaluators.measures.topics import EVERY
from popcorn_bench.evaluators.popularity.card import Interval, Width
from popcorn_bench.evaluators.popularity.settings import LABEL


def intervals(
    labels: Floats, scores: Floats, categories: Sequence[str], judged: Iterable[str]
) -> Interval:
    """Conformal intervals of every category that may be judged, and how well they hold.

    Args:
        labels: of n held-out rows, at least 20, [n].
        scores: their predictions, [n].
        categories: theirs.
        judged: the categories that the predictor knows, whether or not there are rows of them.
            Those with fewer than 20 rows have no coverage.
    """
    errors = np.abs(labels - scores)
    widths = half_widths(errors, categories)
    crossed, shipped = cross_inside(errors, categories), inside(errors, categories, widths)
    counts, told = Counter(categories), large(categories)
    by_category = {
        name: Width(
            n=counts[name],
            half_width=_held(widths.get(name, widths[EVERY])),
            coverage=round(float(crossed[told[name]].mean()), 4) if name in told else None,
            own=name in widths,
        )
        for name in sorted({*judged, *told})
    }
    return Interval(
        level=LEVEL,
        label=LABEL,
        coverage=round(float(crossed.mean()), 4),
        coverage_shipped=round(float(shipped.mean()), 4),
        pooled=_held(widths[EVERY]),
        by_category=by_category,
    )


def _held(width: float) -> float:
    """As a card holds it: rounded up, so that what was inside stays there."""
    return ceil(width * 1e4) / 1e4
