"""How good predictions are, over the whole set at once (never averaged over batches)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import ceil

import numpy as np

from popcorn_bench.evaluators.popularity.blocks import Floats
from popcorn_bench.evaluators.popularity.card import Accuracy, AnchorTable, Interval, Width
from popcorn_bench.evaluators.popularity.conformal import (
    EVERY,
    LABEL,
    LEVEL,
    cross_inside,
    half_widths,
    inside,
)

_LEAST_ROWS = 20  # fewer say nothing about a category


def accuracy(labels: Floats, scores: Floats) -> Accuracy:
    """Errors, ranks and calibration of n predictions.

    SRC is Spearman's rank correlation, nMSE the mean squared error over the variance of the labels.
    Slope and intercept are those of `calibration`. What is not defined (constant labels or scores)
    is None.
    """
    from scipy.stats import spearmanr

    error, spread = labels - scores, float(labels.var())
    both = spread > 0 and scores.var() > 0
    slope, intercept = calibration(labels, scores) if both else (0.0, 0.0)
    return Accuracy(
        n=len(labels),
        src=round(float(spearmanr(labels, scores).statistic), 4) if both else None,
        nmse=round(float(np.mean(error**2)) / spread, 4) if spread > 0 else None,
        mae=round(float(np.abs(error).mean()), 4),
        slope=round(slope, 4) if both else None,
        intercept=round(intercept, 4) if both else None,
    )


def calibration(labels: Floats, scores: Floats) -> tuple[float, float]:
    """Slope and intercept of the least-squares line `label = intercept + slope * score`.

    1 and 0 are perfect; a slope below 1 says that scores differ more than labels do. The scores
    must not all be equal.
    """
    centred = scores - scores.mean()
    slope = float(centred @ (labels - labels.mean()) / (centred @ centred))
    return slope, float(labels.mean() - slope * scores.mean())


def by_category(labels: Floats, scores: Floats, categories: Sequence[str]) -> dict[str, Accuracy]:
    """`accuracy` within each category of at least 20 rows."""
    names = np.array(categories, dtype=object)
    return {name: accuracy(labels[names == name], scores[names == name]) for name in _large(names)}


def anchors(scores: Floats, categories: Sequence[str]) -> dict[str, AnchorTable]:
    """Distribution of the scores of human videos: overall (`*`) and per large category."""
    names = np.array(categories, dtype=object)
    return {"*": _table(scores)} | {name: _table(scores[names == name]) for name in _large(names)}


def intervals(labels: Floats, scores: Floats, categories: Sequence[str]) -> Interval:
    """Conformal intervals of every large category, and how well they hold; at least 20 rows."""
    errors, names = np.abs(labels - scores), np.array(categories, dtype=object)
    widths = half_widths(errors, categories)
    crossed, shipped = cross_inside(errors, categories), inside(errors, categories, widths)
    by_category = {
        name: Width(
            n=int((names == name).sum()),
            half_width=_held(widths.get(name, widths[EVERY])),
            coverage=round(float(crossed[names == name].mean()), 4),
            own=name in widths,
        )
        for name in _large(names)
    }
    return Interval(
        level=LEVEL,
        label=LABEL,
        coverage=round(float(crossed.mean()), 4),
        coverage_shipped=round(float(shipped.mean()), 4),
        pooled=_held(widths[EVERY]),
        by_category=by_category,
    )


def fingerprint(scores: Floats) -> str:
    """Sha256 in hex of n scores, each with 6 digits on a line of its own, in their order."""
    return hashlib.sha256("".join(f"{score:.6f}\n" for score in scores).encode()).hexdigest()


def _held(width: float) -> float:
    """As a card holds it: rounded up, so that what was inside stays there."""
    return ceil(width * 1e4) / 1e4


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
