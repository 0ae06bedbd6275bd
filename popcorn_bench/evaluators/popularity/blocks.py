"""A block of n-grams as a weighted, normalised vector per title (TF-IDF over hash buckets)."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.grams import BITS, TITLE_LIMIT, Grams

Floats = NDArray[np.float64]
# By the count; from a table, because numpy's logarithm differs between processors.
_DAMPED = np.array([0.0, *(1.0 + log(count) for count in range(1, 2 * TITLE_LIMIT))])
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Entries:
    """The non-zero entries of n sparse vectors."""

    n: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats

    def dot(self, coefficients: Floats) -> Floats:
        """Product with coefficients [columns], [n]."""
        terms = self.values * coefficients[self.columns]
        return np.bincount(self.rows, weights=terms, minlength=self.n).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Block:
    """The buckets that were seen often enough, and how much each one tells.

    Args:
        weight: length of every vector: how much the block counts among the others.
        active: buckets that have a column, ascending, [c].
        titles: in how many of the titles of training each column occurs, [c].
        n: how many titles there were.
    """

    weight: float
    active: NDArray[np.int32]
    titles: NDArray[np.int32]
    n: int
    _idf: Floats = field(init=False, repr=False)
    _column: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        column = np.full(1 << BITS, -1, dtype=np.int32)
        column[self.active] = np.arange(len(self.active), dtype=np.int32)
        object.__setattr__(self, "_column", column)
        seen, places = np.unique(self.titles, return_inverse=True)
        idf = [log((1 + self.n) / (1 + titles)) + 1 for titles in seen.tolist()]
        object.__setattr__(self, "_idf", np.array(idf)[places])

    def encode(self, grams: Grams, n: int) -> Entries:
        """Vectors of n titles: (1 + log count) * idf, scaled to length `weight`."""
        columns = self._column[grams.buckets]
        keep = columns >= 0
        width = max(1, len(self.active))
        keys = grams.rows[keep] * width + columns[keep]
        small = keys.astype(np.min_scalar_type(n * width))  # sorts in less time
        found, counts = np.unique(small, return_counts=True)
        rows, places = np.divmod(found.astype(np.int64), width)
        values = _DAMPED[counts] * self._idf[places]
        length = np.sqrt(np.bincount(rows, weights=values * values, minlength=n))
        return Entries(n, rows, places, values * (self.weight / length[rows]))

    def grams(self, entries: Entries) -> Grams:
        """The n-grams of vectors, each once per title."""
        return Grams(entries.rows, self.active[entries.columns])

    def knows(self, grams: Grams) -> NDArray[np.bool_]:
        """Which n-grams occur in several titles of training, [len(grams.rows)]."""
        columns = self._column[grams.buckets]
        return (columns >= 0) & (self.titles[columns] >= _SEVERAL)

    def familiar(self, entries: Entries, own: int = 0) -> Floats:
        """How many different n-grams of each title occur in several others of training, [n].

        Args:
            entries: of n titles.
            own: 1 where they are themselves titles of training, which do not count.
        """
        several = self.titles[entries.columns] >= _SEVERAL + own
        return np.bincount(entries.rows[several], minlength=entries.n).astype(np.float64)


def fit_block(grams: Grams, n: int, *, weight: float, min_titles: int) -> Block:
    """Choose the buckets that occur in at least `min_titles` of n titles."""
    seen = np.unique(grams.rows << BITS | grams.buckets)
    titles = np.bincount(seen & ((1 << BITS) - 1), minlength=1 << BITS)
    active = np.flatnonzero(titles >= min_titles).astype(np.int32)
    return Block(weight, active, titles[active].astype(np.int32), n)
