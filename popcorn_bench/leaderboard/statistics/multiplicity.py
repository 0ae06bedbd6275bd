"""Many comparisons at once, where some false finds are acceptable: exploratory tables.

Claims and gates take Holm's correction (`paired.holm`), which allows none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values that hold the expected share of false finds among all finds.

    Sorted ascending, p_(i) is multiplied by m / i and made monotone from the largest down
    (Benjamini and Hochberg, "Controlling the false discovery rate", 1995).
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")[::-1]
    steps = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(steps))
    return [float(value) for value in adjusted]
