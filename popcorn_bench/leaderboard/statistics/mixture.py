"""Quantiles of a weighted mixture of distributions that are known by their percentiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats


def mixture_quantiles(
    tables: Sequence[Floats], weights: Sequence[float], probabilities: Sequence[float]
) -> list[float]:
    """Invert the mixture's distribution function F(x) = sum_h W_h F_h(x).

    Each F_h is linear between its percentiles, so F is linear between all of them together and
    is inverted exactly.

    Args:
        tables: H arrays of shape (101,): percentiles 0..100, ascending.
        weights: H weights that sum to 1.
        probabilities: values in [0, 1].
    """
    grid = np.unique(np.concatenate(tables))
    mixed = sum(w * _distribution(table, grid) for w, table in zip(weights, tables, strict=True))
    return [float(x) for x in np.interp(probabilities, np.asarray(mixed), grid)]


def _distribution(table: Floats, grid: Floats) -> Floats:
    """F at each grid point; where percentiles tie, the highest of them counts."""
    values, first = np.unique(table[::-1], return_index=True)
    levels = (len(table) - 1 - first) / (len(table) - 1)
    return np.interp(grid, values, levels, left=0.0, right=1.0)
