"""Agreement of two rankings of the same entities."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.leaderboard.statistics.interval import Floats

_TIE = 1e-12  # relative to the largest value: what the order of adding leaves of a tie


def tau_b(a: Floats, b: Floats) -> float | None:
    """Kendall's tau-b (1945): (C - D) / sqrt((pairs untied in a) (pairs untied in b)).

    Args:
        a: shape (K,), one value per entity.
        b: shape (K,), the same entities in the same order.

    Returns:
        -1 (reversed) to 1 (the same order), None where either has only ties.
    """
    x, y = orders(a), orders(b)
    untied = float((x != 0).sum()) * float((y != 0).sum())
    return None if untied == 0 else float((x * y).sum()) / sqrt(untied)


def orders(values: Floats) -> NDArray[np.int64]:
    """Sign of value_i - value_j for all pairs, shape (K, K); 0 is a tie."""
    difference = values[:, None] - values[None, :]
    difference[np.abs(difference) <= _TIE * np.abs(values).max(initial=0.0)] = 0.0
    return np.sign(difference).astype(np.int64)
