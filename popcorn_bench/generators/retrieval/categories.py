"""Which category a query belongs to, learnt from the rows of each: a table with a column for each.

The product of a query with a column says how much of the query the category's rows have and the
others lack; only the order of the products means something.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from popcorn_bench.generators.retrieval.vectors import Floats, Vectors, total

_SMOOTHING = 0.1  # added to every sum; see docs/prompt_enhancement.md for how it was chosen

Sums: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]


def profiles(vectors: Vectors, starts: Sequence[int]) -> Floats:
    """The table of a corpus, [d, k]: `complement_bayes` of sparse rows, `centroids` of dense ones.

    Args:
        vectors: the rows by category, [n, d]; sparse ones are not negative.
        starts: first row of each category, and n, [k + 1].
    """
    learn = complement_bayes if isinstance(vectors, csr_array) else centroids
    return learn(category_sums(vectors, starts), np.diff(starts)).astype(np.float32)


def category_sums(vectors: Vectors, starts: Sequence[int]) -> Sums:
    """Sum of the rows of each category, [d, k]."""
    return np.stack([total(vectors, a, b) for a, b in pairwise(starts)], axis=1)


def complement_bayes(sums: Sums, counts: Counts) -> Sums:
    """How rare each feature is in all other categories together, by its logarithm, [d, k].

    Complement naive Bayes (Rennie et al., ICML 2003), the estimate of what is outside a category
    instead of inside, which is better where categories are of very unequal sizes. Here a category's
    sum is also divided by the root of its m rows, so that the few largest do not make up nearly
    all of every complement: with t = sum * sqrt(n / k / m), and c = t of all other categories +
    smoothing, a weight is -log(c / total of c over the features), less the feature's mean weight.

    Args:
        sums: of rows that are not negative, by category, [d, k].
        counts: rows of each category, [k]; 0 where a part of the corpus has none.
    """
    weights: Sums = sums * np.sqrt(counts.mean() / np.maximum(counts, 1))
    np.subtract(weights.sum(axis=1, keepdims=True), weights, out=weights)
    np.maximum(weights, 0, out=weights)  # sums are rounded
    weights += _SMOOTHING
    weights /= weights.sum(axis=0)
    np.log(weights, out=weights)
    np.subtract(weights.mean(axis=1, keepdims=True), weights, out=weights)
    return weights


def centroids(sums: Sums, counts: Counts) -> Sums:
    """How the mean of each category differs from that of all n rows, shrunk, [d, k].

    With S the sum of a category's m rows and s = n / k, the rows of an average category:
    (S - m * mean) / (m + s). Without the shrinking by s, small categories attract queries that
    share something with one of their few rows.
    """
    mean = sums.sum(axis=1) / counts.sum()
    shrunk: Sums = (sums - np.outer(mean, counts)) / (counts + counts.mean())
    return shrunk
