"""Rows of unit vectors, dense or sparse: products with a query, and files that are memory-mapped.

Imported only where something is retrieved, as is the rest of what needs numpy here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from popcorn_bench.generators.retrieval.postings import Features, Postings, invert

Floats: TypeAlias = NDArray[np.float32]
Vectors: TypeAlias = Floats | csr_array  # [n, d], each row of length 1, or 0 for an empty text
Query: TypeAlias = Floats | Features  # one row, [d]
Searchable: TypeAlias = Floats | Postings  # rows as an index keeps them

_POSTINGS = tuple(field.name for field in fields(Postings))


def searchable(vectors: Vectors, starts: Sequence[int]) -> Searchable:
    """The rows by category, which start at `starts`, in the form that `dots` is fast with."""
    return invert(vectors, starts) if isinstance(vectors, csr_array) else vectors


def dots(rows: Searchable, starts: Sequence[int], i: int, query: Query) -> NDArray[np.float64]:
    """Products of the rows of category `i` with the query, [starts[i + 1] - starts[i]].

    Rows and query are both sparse or both dense, as one embedder makes them.
    """
    start, stop = starts[i], starts[i + 1]
    if isinstance(rows, Postings):
        return rows.dots(i, stop - start, cast("Features", query)).astype(np.float64)
    return np.asarray(rows[start:stop] @ cast("Floats", query), dtype=np.float64)


def against(columns: Floats, query: Query) -> NDArray[np.float64]:
    """Products of the k columns of a [d, k] table with the query, [k]."""
    if isinstance(query, Features):
        return np.asarray(query.values @ columns[query.columns], dtype=np.float64)
    return np.asarray(query @ columns, dtype=np.float64)


def total(vectors: Vectors, start: int, stop: int) -> NDArray[np.float64]:
    """Sum of rows `start` to `stop`, [d]."""
    return np.asarray(vectors[start:stop].sum(axis=0), dtype=np.float64).ravel()


def row(vectors: Vectors, i: int) -> Query:
    """Row `i` alone."""
    if not isinstance(vectors, csr_array):
        dense: Floats = vectors[i]
        return dense
    span = slice(vectors.indptr[i], vectors.indptr[i + 1])
    return Features(columns=vectors.indices[span], values=vectors.data[span])


def as_dense(vectors: Vectors) -> Floats:
    """The rows as an array, [n, d]."""
    return vectors.toarray() if isinstance(vectors, csr_array) else vectors


def save(rows: Searchable, folder: Path) -> None:
    """Write the rows as `.npy` files that `load` maps into memory."""
    if isinstance(rows, Postings):
        for part in _POSTINGS:
            np.save(folder / f"postings.{part}.npy", getattr(rows, part))
    else:
        np.save(folder / "vectors.npy", rows)


def load(folder: Path) -> Searchable:
    """The rows that `save` wrote; pages are read when they are needed and shared by processes."""
    whole = folder / "vectors.npy"
    if whole.exists():
        return mapped(whole)
    return Postings(**{part: mapped(folder / f"postings.{part}.npy") for part in _POSTINGS})


def mapped(path: Path) -> NDArray[Any]:
    """An array on disk, read-only and without pickled objects."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
