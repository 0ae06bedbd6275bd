"""How good predictions are, over the whole set at once (never averaged over batches)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from popcorn_bench.evaluators.popularity.blocks import Floats
from popcorn_bench.evaluators.popularity.card import Accuracy, AnchorTable, HalfWidth

_LEAST_ROWS = 20  # fewer say nothing about a category
_COVERAGE = 0.9


def accuracy(labels: Floats, scores: Floats) -> Accuracy:
    """Errors, ranks and calibration of n predictions.

    SRC is Spearman's rank correlation, nMSE the mean squared error over the variance of the labels.
    Slope and intercept are of the least-squares line `label = intercept + slope * score`; 1 and 0
    are perfect. What is not defined (constant labels or scores) is None.
    """
    from scipy.stats import spearmanr

    error = labels - scores
    spread, reach = float(labels.var()), float(scores.var())
    both = spread > 0 and reach > 0
    slope = (
        float(np.mean((scores - scores.mean()) * (labels - labels.mean())) / reach) if both else 0
    )
    return Accuracy(
        n=len(labels),
        src=round(float(spearmanr(labels, scores).statistic), 4) if both else None,
        nmse=round(float(np.mean(error**2)) / spread, 4) if spread > 0 else None,
        mae=round(float(np.abs(error).mean()), 4),
        slope=round(slope, 4) if both else None,
        intercept=round(float(labels.mean() - slope * scores.mean()), 4) if both else None,
    )


def by_category(labels: Floats, scores: Floats, categories: Sequence[str]) -> dict[str, Accuracy]:
    """`accuracy` within each category of at least 20 rows."""
    names = np.array(categories, dtype=object)
    return {name: accuracy(labels[names == name], scores[names == name]) for name in _large(names)}


def anchors(scores: Floats, categories: Sequence[str]) -> dict[str, AnchorTable]:
    """Distribution of the scores of human videos: overall (`*`) and per large category."""
    names = np.array(categories, dtype=object)
    return {"*": _table(scores)} | {name: _table(scores[names == name]) for name in _large(names)}


def half_width(labels: Floats, scores: Floats) -> HalfWidth:
    """Split-conformal half-width: 90 % of new rows like these lie within score +- half-width.

    Vovk et al.: the ceil((n + 1) * 0.9)-th smallest absolute error of n held-out rows.
    `coverage` is what the same rule reaches on rows that it was not set on: each half of the rows
    is judged by the width from the other.
    """
    errors = np.abs(labels - scores)
    halves = errors[::2], errors[1::2]
    within = [float(np.mean(a <= _conformal(b))) for a, b in (halves, halves[::-1])]
    return HalfWidth(
        level=_COVERAGE, value=round(_conformal(errors), 4), coverage=round(sum(within) / 2, 4)
    )


def _conformal(errors: Floats) -> float:
    rank = min(len(errors), ceil((len(errors) + 1) * _COVERAGE))
    return float(np.sort(errors)[rank - 1])


def _large(names: np.ndarray[tuple[int], np.dtype[np.object_]]) -> list[str]:
    values, counts = np.unique(names.astype(str), return_counts=True)
    return [str(name) for name in values[counts >= _LEAST_ROWS]]


def _table(scores: Floats) -> AnchorTable:
    quantiles = np.percentile(scores, np.arange(101))
    return AnchorTable(
        n=len(scores),
        mean=round(float(scores.mean()), 6),
        sd=round(float(scores.std(ddof=1)), 6),
        quantiles=tuple(round(float(q), 4) for q in quantiles),
    )
