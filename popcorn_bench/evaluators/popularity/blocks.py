"""A block of n-grams as a weighted, normalised vector per title (TF-IDF over hash buckets)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.grams import BITS, Grams, buckets

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Entries:
    """The non-zero entries of n sparse vectors."""

    n: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats

    def dot(self, coefficients: NDArray[np.floating[Any]]) -> Floats:
        """Product with one coefficient per column, [n]."""
        terms = self.values * coefficients[self.columns]
        return np.bincount(self.rows, weights=terms, minlength=self.n).astype(np.float64)

    def known(self) -> Floats:
        """How many different n-grams of each title the block knows, [n]."""
        return np.bincount(self.rows, minlength=self.n).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Block:
    """The buckets that were seen often enough, and how much each one tells.

    Args:
        weight: length of every vector: how much the block counts among the others.
        active: buckets that have a column, ascending, [c].
        idf: inverse document frequency of each column, [c].
    """

    weight: float
    active: NDArray[np.int32]
    idf: NDArray[np.float32]
    _column: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        column = np.full(1 << BITS, -1, dtype=np.int32)
        column[self.active] = np.arange(len(self.active), dtype=np.int32)
        object.__setattr__(self, "_column", column)

    def encode(self, grams: Grams, n: int) -> Entries:
        """Vectors of n titles: (1 + log count) * idf, scaled to length `weight`."""
        columns = self._column[buckets(grams.hashes)]
        keep = columns >= 0
        width = max(1, len(self.active))
        keys, counts = np.unique(grams.rows[keep] * width + columns[keep], return_counts=True)
        rows, columns = np.divmod(keys, width)
        values = (1.0 + np.log(counts)) * self.idf[columns]
        length = np.sqrt(np.bincount(rows, weights=values * values, minlength=n))
        return Entries(n, rows, columns, values * (self.weight / length[rows]))


def fit_block(grams: Grams, n: int, *, weight: float, min_titles: int) -> Block:
    """Choose the buckets that occur in at least `min_titles` of n titles."""
    seen = np.unique(grams.rows << BITS | buckets(grams.hashes))
    titles = np.bincount(seen & ((1 << BITS) - 1), minlength=1 << BITS)
    active = np.flatnonzero(titles >= min_titles).astype(np.int32)
    idf = np.log((1 + n) / (1 + titles[active])) + 1.0
    return Block(weight, active, idf.astype(np.float32))
