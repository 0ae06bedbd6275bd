"""One interval for all videos, and how well it holds on the held-out rows."""

from __future__ import annotations

import numpy as np

from popcorn_bench.evaluators.measures.conformal import LEVEL, Floats, qhat
from popcorn_bench.evaluators.mmra.card import Interval


def interval(labels: Floats, scores: Floats) -> Interval:
    """The interval that n held-out rows support; at least 20."""
    errors = np.abs(labels - scores)
    halves = (errors[::2], errors[1::2]), (errors[1::2], errors[::2])
    within = [float(np.mean(judged <= qhat(by, 1 - LEVEL))) for judged, by in halves]
    half = round(qhat(errors, 1 - LEVEL), 4)
    return Interval(level=LEVEL, half=half, coverage=round(sum(within) / 2, 4))
