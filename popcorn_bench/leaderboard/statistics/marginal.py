"""Means of one factor in a crossed design, with the covariance that pairing leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats


@dataclass(frozen=True, slots=True)
class Marginal:
    """Means of K entities over the same `n` queries.

    `covariance` (K, K) is that of the means: cov(Z) / n.
    """

    means: Floats
    covariance: Floats
    n: int


def query_means(scores: Floats) -> Floats:
    """Average the other factors away first, with equal weight per column.

    Args:
        scores: shape (C, Q): one row per column of the other factors, NaN where not scored.

    Returns:
        Shape (Q,): NaN for a query that lacks any column, since an average over fewer columns
        estimates something else.
    """
    means: Floats = scores.mean(axis=0)
    return means


def complete_cases(scores: Floats) -> Floats:
    """Keep the queries that every entity has.

    Args:
        scores: shape (K, Q) with NaN where missing.

    Returns:
        Shape (Q', K): one row per complete query.
    """
    return np.ascontiguousarray(scores[:, np.isfinite(scores).all(axis=0)].T)


def marginal_means(z: Floats) -> Marginal:
    """Means of K entities on shared queries and the covariance of those means.

    The covariance is cov(Z) / Q: entities answer the same queries, so their means move together
    and their differences are known far better than each mean alone (Mogstad, Romano, Shaikh and
    Wilhelm, "Inference for Ranks", Review of Economic Studies 91, 2024, section 3).

    Args:
        z: shape (Q, K), finite, Q >= 2.
    """
    n, k = z.shape
    covariance = np.cov(z, rowvar=False).reshape(k, k) / n
    return Marginal(z.mean(axis=0), covariance, n)


def difference_errors(covariance: Floats) -> Floats:
    """Standard errors of all pairwise differences of means, shape (K, K).

    SE_ij^2 = S_ii + S_jj - 2 S_ij. What rounding leaves of a difference without spread is 0.
    """
    variance = np.diag(covariance)
    total = variance[:, None] + variance[None, :]
    squared = total - 2 * covariance
    return np.sqrt(np.where(squared > 1e-12 * total, squared, 0.0))
