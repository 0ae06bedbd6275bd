"""Confidence sets for ranks: which ranks the data leave open for each entity.

Mogstad, Romano, Shaikh and Wilhelm, "Inference for Ranks with Applications to Mobility across
Neighbourhoods and Academic Achievement across Countries", Review of Economic Studies 91 (2024),
476-518: the one-step sets from two-sided confidence sets for all pairwise differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE, Floats
from popcorn_bench.leaderboard.statistics.marginal import difference_errors, marginal_means

_SEED = 20240501
_MOST_DRAWS, _FEWEST_DRAWS = 100_000, 1_000
_WORK = 50_000_000  # draws x pairs: a board of 100 cells takes about half a second
_BLOCK = 250_000  # numbers held at once: they stay in the processor's cache
_THREADS = 4  # blocks at once: numpy leaves the interpreter to others while it computes
_TINY = 1e-30  # an error below it is none, and its inverse would not fit in 32 bits
_LARGE = 40  # queries from which the normal limit serves as it is

Singles: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RankSets:
    """Rank ranges of K entities, 1 is best.

    `critical` (K,) is the critical value used for each entity (one value for all in simultaneous
    sets).
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    critical: Floats


def rank_sets(
    z: Floats, *, higher: bool = True, simultaneous: bool = True, confidence: float = CONFIDENCE
) -> RankSets:
    """Ranks that the data leave open, at the given confidence.

    L_i = 1 + #{j: D_ij + c SE_ij < 0} and U_i = K - #{j: D_ij - c SE_ij > 0}, where
    D_ij = mean_i - mean_j. Simultaneous sets hold all true ranks at once with the given
    confidence; marginal sets hold each entity's own.

    Args:
        z: shape (Q, K), finite, Q >= 2: one value per query and entity.
        higher: whether larger means are better.
        simultaneous: whether one critical value covers all entities.
        confidence: coverage of the sets.
    """
    marginal = marginal_means(z)
    means = marginal.means if higher else -marginal.means
    errors = difference_errors(marginal.covariance)
    critical = critical_values(z, errors, simultaneous=simultaneous, confidence=confidence)
    difference = means[:, None] - means[None, :]
    scale = np.abs(means).max()
    difference[np.abs(difference) <= 1e-12 * scale] = 0.0
    reach = critical[:, None] * errors
    k = len(means)
    low = 1 + (difference + reach < 0).sum(axis=1)
    return RankSets(low, k - (difference - reach > 0).sum(axis=1), critical)


def critical_values(
    z: Floats, errors: Floats, *, simultaneous: bool = True, confidence: float = CONFIDENCE
) -> Floats:
    """Quantiles of max |X_i - X_j| / SE_ij under X ~ N(0, cov(Z) / Q), by Monte Carlo.

    The maximum runs over all pairs (simultaneous) or over the partners j of each i (marginal).
    Below 40 queries each draw is divided by sqrt(chi2 / (Q - 1)), which makes it multivariate t:
    eight tied entities on 10 queries are held at once in 88 % of simulations with it, in 70 %
    without (`docs/statistics.md`).

    X is drawn through the centred data or their triangular factor, which stays sound when there are
    fewer queries than entities. The seed is fixed; the standard error of the result is below 0.01
    for up to 30 entities and below 0.04 for more.

    Args:
        z: shape (Q, K), finite, Q >= 2.
        errors: shape (K, K), `difference_errors` of the means' covariance.
        simultaneous: whether the maximum runs over all pairs.
        confidence: the quantile.

    Returns:
        Shape (K,).
    """
    k = z.shape[1]
    inverse = np.divide(1, errors, out=np.zeros_like(errors), where=errors > _TINY)
    scale = inverse.astype(np.float32)
    largest = partial(_largest_of_all if simultaneous else _largest_of_each, scale=scale)
    with ThreadPoolExecutor(_THREADS) as pool:
        found = np.concatenate(list(pool.map(largest, _draws(z))), axis=-1)
    critical: Floats = np.quantile(found, confidence, axis=-1).astype(np.float64)
    return np.full(k, critical) if simultaneous else critical


def _draws(z: Floats) -> Iterator[Singles]:
    """Blocks of draws of X, shape (K, block)."""
    n, k = z.shape
    centred = (z - z.mean(axis=0)) / np.sqrt(n * (n - 1))
    triangle: Floats = centred if n <= 2 * k else np.linalg.qr(centred, mode="r")  # type: ignore[assignment]  # mode "r" gives the one array
    factor = np.ascontiguousarray(triangle.T, dtype=np.float32)
    random = np.random.default_rng(_SEED)
    left = int(np.clip(_WORK // (k * k), _FEWEST_DRAWS, _MOST_DRAWS))
    block = max(1, _BLOCK // k)
    while left > 0:
        size = min(block, left)
        draws = factor @ random.standard_normal((factor.shape[1], size), dtype=np.float32)
        if n < _LARGE:
            draws /= np.sqrt(random.chisquare(n - 1, size=size) / (n - 1)).astype(np.float32)
        yield draws
        left -= size


def _largest_of_all(x: Singles, scale: Singles) -> Singles:
    """For each draw, its largest standardised difference; shape (draws,)."""
    largest = np.zeros(x.shape[1], np.float32)
    for i in range(len(x) - 1):
        np.maximum(largest, _differences(x, scale, i).max(axis=0), out=largest)
    return largest


def _largest_of_each(x: Singles, scale: Singles) -> Singles:
    """For each entity and draw, its largest standardised difference; shape (K, draws)."""
    largest = np.zeros_like(x)
    for i in range(len(x) - 1):
        others = _differences(x, scale, i)
        np.maximum(largest[i + 1 :], others, out=largest[i + 1 :])
        np.maximum(largest[i], others.max(axis=0), out=largest[i])
    return largest


def _differences(x: Singles, scale: Singles, i: int) -> Singles:
    """Standardised, of entity i and those after it, in all draws; shape (K - i - 1, draws)."""
    others: Singles = x[i + 1 :] - x[i]
    others *= scale[i + 1 :, [i]]
    np.abs(others, out=others)
    return others
