"""Sparse rows turned around: for every feature of a block of rows, which rows have it.

A query has some hundred features, the corpus hundreds of thousands: only their lists are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_COLUMN = 32  # bits of a key that hold the feature; the block stands above them


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """One sparse row: m features in rising order, [m], and their values, [m]."""

    columns: NDArray[np.int32]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """The lists, by block and feature; those without a row are left out.

    Attributes:
        keys: block and feature of each list, rising, [m].
        ends: where each list starts, and the number of values v, [m + 1].
        rows: within their block, rising in a list, [v].
        values: of the feature in that row, [v].
    """

    keys: NDArray[np.int64]
    ends: NDArray[np.int64]
    rows: NDArray[np.int32]
    values: NDArray[np.float32]

    def dots(self, block: int, size: int, query: Features) -> NDArray[np.float32]:
        """Products of the `size` rows of a block with the query, [size].

        They are added up feature by feature, in single precision, so that every machine gets the
        same sums.
        """
        keys = query.columns + np.int64(block << _COLUMN)
        starts = self.ends[np.searchsorted(self.keys, keys)]
        counts = self.ends[np.searchsorted(self.keys, keys, side="right")] - starts
        places = np.repeat(starts - np.cumsum(counts) + counts, counts)
        places += np.arange(len(places))
        sums = np.zeros(size, dtype=np.float32)
        np.add.at(sums, self.rows[places], self.values[places] * np.repeat(query.values, counts))
        return sums


def invert(vectors: csr_array, starts: Sequence[int]) -> Postings:
    """The postings of rows whose blocks start at `starts`, which ends with their number."""
    parts = [vectors[a:b].tocsc() for a, b in pairwise(starts)]
    sizes = [np.diff(part.indptr) for part in parts]
    keys = [np.flatnonzero(size) + (i << _COLUMN) for i, size in enumerate(sizes)]
    lengths = np.concatenate([size[size > 0] for size in sizes])
    return Postings(
        keys=np.concatenate(keys),
        ends=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
        rows=np.concatenate([part.indices for part in parts]).astype(np.int32),
        values=np.concatenate([part.data for part in parts]),
    )
