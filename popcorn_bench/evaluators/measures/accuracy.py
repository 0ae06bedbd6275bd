"""How good predictions are, over the whole set at once (never averaged over batches)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from popcorn_bench.evaluators.measures.categories import large
from popcorn_bench.evaluators.plain import Plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Accuracy(Plain):
    """n predictions against their labels; None where a figure is not defined.

    `src` is Spearman's rank correlation, `nmse` the mean squared error over the variance of the
    labels, `mae` the mean absolute error in units of the label. `slope` and `intercept` are those
    of `calibration`.
    """

    n: int
    src: float | None
    nmse: float | None
    mae: float
    slope: float | None
    intercept: float | None


def accuracy(labels: Floats, scores: Floats) -> Accuracy:
    """Errors, ranks and calibration of n predictions; constant labels or scores have no ranks."""
    from scipy.stats import spearmanr

    error, spread = labels - scores, _spread(labels)
    both = spread > 0 and _spread(scores) > 0
    slope, intercept = calibration(labels, scores) if both else (0.0, 0.0)
    return Accuracy(
        n=len(labels),
        src=round(float(spearmanr(labels, scores).statistic), 4) if both else None,
        nmse=round(float((error**2).mean()) / spread, 4) if spread > 0 else None,
        mae=round(float(abs(error).mean()), 4),
        slope=round(slope, 4) if both else None,
        intercept=round(intercept, 4) if both else None,
    )


def _spread(values: Floats) -> float:
    """Their variance: exactly 0 where all are equal, whatever their mean is rounded to."""
    return float(values.var()) if values.min() < values.max() else 0.0


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
    return {name: accuracy(labels[at], scores[at]) for name, at in large(categories).items()}
