"""How good predictions are, over the whole set at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.mmra.card import EVERY, Figures, Humans, Interval

Floats = NDArray[np.float64]
_LEAST_ROWS = 20  # fewer say nothing about a category
_LEVEL = 0.9


def figures(labels: Floats, scores: Floats) -> Figures:
    """Errors and ranks of n predictions."""
    from scipy.stats import spearmanr

    error, spread, reach = labels - scores, float(labels.var()), float(scores.var())
    both = spread > 0 and reach > 0
    slope = float(np.mean((scores - scores.mean()) * labels)) / reach if both else 0.0
    return Figures(
        n=len(labels),
        src=round(float(spearmanr(labels, scores).statistic), 4) if both else None,
        nmse=round(float(np.square(error).mean()) / spread, 4) if spread > 0 else None,
        mae=round(float(np.abs(error).mean()), 4),
        slope=round(slope, 4) if both else None,
        intercept=round(float(labels.mean() - slope * scores.mean()), 4) if both else None,
    )


def by_category(labels: Floats, scores: Floats, categories: Sequence[str]) -> dict[str, Figures]:
    """`figures` within each category of at least 20 rows."""
    return {name: figures(labels[at], scores[at]) for name, at in _large(categories).items()}


def interval(labels: Floats, scores: Floats) -> Interval:
    """The interval that n held-out rows support."""
    errors = np.abs(labels - scores)
    halves = (errors[::2], errors[1::2]), (errors[1::2], errors[::2])
    within = [float(np.mean(judged <= _width(by))) for judged, by in halves]
    return Interval(level=_LEVEL, half=round(_width(errors), 4), coverage=round(sum(within) / 2, 4))


def humans(scores: Floats, categories: Sequence[str]) -> dict[str, Humans]:
    """Their scores: overall (`*`) and in each category with at least 20 rows."""
    by_name = {name: _described(scores[at]) for name, at in _large(categories).items()}
    return {EVERY: _described(scores)} | by_name


def _large(categories: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Which rows each category of at least 20 rows has."""
    names = np.array(categories, dtype=object)
    counts = sorted(Counter(categories).items())
    return {name: names == name for name, n in counts if name and n >= _LEAST_ROWS}


def _width(errors: Floats) -> float:
    rank = min(len(errors), ceil((len(errors) + 1) * _LEVEL))
    return float(np.sort(errors)[rank - 1])


def _described(scores: Floats) -> Humans:
    return Humans(
        n=len(scores),
        mean=round(float(scores.mean()), 6),
        sd=round(float(scores.std(ddof=1)), 6),
        quantiles=tuple(round(float(q), 4) for q in np.percentile(scores, np.arange(101))),
    )
