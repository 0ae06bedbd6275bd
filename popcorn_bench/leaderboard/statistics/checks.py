"""Tests of a paired difference beside the two-sided t test: one side of it, and checks of it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.paired import PairedDifference

_ENUMERATED = 16  # differences up to which all 2^n sign patterns are tried
_MOST_DRAWS, _FEWEST_DRAWS, _BLOCK = 100_000, 10_000, 10_000
_WORK = 20_000_000  # draws x differences: a fifth of a second
_SEED = 20240502
_ROUNDING = 1e-12  # relative: sums that differ by less are ties


def one_sided_p(found: PairedDifference) -> float | None:
    """One-sided p of "no loss" by the paired t test: small where the difference is below zero."""
    if found.p is None or found.t is None:
        return None
    return found.p / 2 if found.t < 0 else 1 - found.p / 2


def sign_flip_p(differences: Floats) -> float:
    """Two-sided p of the mean difference if every sign was as likely as the other one.

    The share of sign patterns whose mean is at least as far from zero (Fisher, "The Design of
    Experiments", 1935, section 21). All 2^n patterns up to n = 16; beyond that random ones with a
    fixed seed, the observed one counted in (Phipson and Smyth, 2010): 100,000 up to n = 200, fewer
    for more, at least 10,000. The standard error of p is at most 0.005.

    Args:
        differences: shape (n,), finite, n >= 1.
    """
    observed = abs(float(differences.sum()))
    least = observed - _ROUNDING * float(np.abs(differences).sum())
    if len(differences) <= _ENUMERATED:
        bits = np.arange(2 ** len(differences))[:, None] >> np.arange(len(differences)) & 1
        return float((np.abs((1 - 2 * bits) @ differences) >= least).mean())
    random = np.random.default_rng(_SEED)
    wanted = int(np.clip(_WORK // len(differences), _FEWEST_DRAWS, _MOST_DRAWS))
    blocks, far = wanted // _BLOCK, 0
    for _ in range(blocks):
        signs = 1 - 2 * random.integers(0, 2, size=(_BLOCK, len(differences)), dtype=np.int8)
        far += int((np.abs(signs @ differences) >= least).sum())
    return (far + 1) / (blocks * _BLOCK + 1)


def wilcoxon_p(differences: Floats, method: Literal["auto", "exact"] = "auto") -> float:
    """Two-sided p of the signed-rank test (Wilcoxon, 1945), zeros left out.

    Args:
        differences: shape (n,), finite.
        method: `auto` is exact where there are few and no ties, else the normal limit; `exact`
            takes the distribution without ties whatever there is.

    Returns:
        1 where all differences are zero.
    """
    from scipy.stats import wilcoxon

    if not differences.any():
        return 1.0
    return float(wilcoxon(differences, method=method).pvalue)


def sign_test_p(differences: Floats) -> float:
    """Two-sided p of the number of gains among the differences that are not zero (binomial, 1/2).

    Returns:
        1 where all differences are zero.
    """
    from scipy.stats import binomtest

    gains, n = int((differences > 0).sum()), int((differences != 0).sum())
    return float(binomtest(gains, n).pvalue) if n else 1.0
