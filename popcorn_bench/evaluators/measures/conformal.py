"""Split-conformal intervals: how far a label may lie from its prediction.

Vovk, Gammerman and Shafer 2005; by category (Mondrian): Vovk et al. 2003; with weights for other
inputs than those of calibration: Tibshirani et al. 2019. They hold where new rows are exchangeable
with those of calibration: for what people make, not for whatever a model makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.measures.topics import EVERY

Floats = NDArray[np.float64]
LEVEL = 0.9
LEAST_ROWS = 50  # of a category with a width of its own: its 90 % would be one of the last five
_FOLDS = 10


def rank(n: int, alpha: float) -> int:
    """Which of n sorted errors bounds a new one with probability 1 - alpha: ceil((n+1)(1-alpha)).

    A rank above n means that n errors are too few to say.
    """
    return ceil(round((n + 1) * (1 - alpha), 9))  # 0.9 * 110 is 99, not a little more


def qhat(errors: Floats, alpha: float) -> float:
    """Half-width of an interval that holds a new label with probability 1 - alpha.

    Args:
        errors: |label - prediction| of n rows that the predictor did not learn from, [n].
        alpha: share of labels that may lie outside.

    Returns:
        The `rank`-th smallest error, in units of the label; infinite where n is too small.
    """
    k = rank(len(errors), alpha)
    return float(np.sort(errors)[k - 1]) if k <= len(errors) else inf


def weighted_qhat(errors: Floats, weights: Floats, weight: float, alpha: float) -> float:
    """`qhat` where rows count differently: by how much likelier the new input is than theirs.

    Args:
        errors: |label - prediction| of n rows, [n].
        weights: likelihood ratio of each, up to a common factor, [n].
        weight: that of the new row, whose own error counts as infinite.
        alpha: share of labels that may lie outside.

    Returns:
        The smallest error at which the weights reach 1 - alpha of the total, or infinity.
    """
    order = np.argsort(errors, kind="stable")
    reached = np.cumsum(weights[order])
    enough = np.flatnonzero(reached >= (1 - alpha) * (reached[-1] + weight) * (1 - 1e-12))
    return float(errors[order][enough[0]]) if len(enough) else inf


def half_widths(errors: Floats, categories: Sequence[str]) -> dict[str, float]:
    """Half-widths by category, for the level 90 %.

    A category of fewer than `LEAST_ROWS` rows has none of its own. The smaller ones share that of
    `EVERY`, set on all their rows together, or on all rows there are where these are too few as
    well. A category that is not known takes that too.
    """
    names = np.array(categories, dtype=object).astype(str)
    found, counts = np.unique(names, return_counts=True)
    large = [str(name) for name in found[counts >= LEAST_ROWS]]
    small = errors[~np.isin(names, large)]
    pooled = small if len(small) >= LEAST_ROWS else errors
    widths = {name: qhat(errors[names == name], 1 - LEVEL) for name in large}
    return {EVERY: qhat(pooled, 1 - LEVEL), **widths}


def inside(errors: Floats, categories: Sequence[str], widths: Mapping[str, float]) -> Floats:
    """1 where the label lies within its category's width, 0 where not, [n]."""
    bounds = np.array([widths.get(name, widths[EVERY]) for name in categories])
    return (errors <= bounds).astype(np.float64)


def cross_inside(errors: Floats, categories: Sequence[str]) -> Floats:
    """`inside` with widths that were set on other rows: each tenth is judged by the rest, [n]."""
    fold = np.random.default_rng(0).permutation(len(errors)) % _FOLDS
    names = np.array(categories, dtype=object)
    found = np.zeros(len(errors))
    for number in range(_FOLDS):
        out = fold == number
        widths = half_widths(errors[~out], names[~out].tolist())
        found[out] = inside(errors[out], names[out].tolist(), widths)
    return found
