"""Rows of unit vectors, dense or sparse: products with a query, and files that are memory-mapped.

Imported only where something is retrieved, as is the rest of what needs numpy here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats: TypeAlias = NDArray[np.float32]
Vectors: TypeAlias = Floats | csr_array  # [n, d], each row of length 1, or 0 for an empty text

_SPARSE = ("data", "indices", "indptr", "shape")


def dots(vectors: Vectors, start: int, stop: int, query: Vectors) -> NDArray[np.float64]:
    """Products of rows `start` to `stop` with the one row of `query`, [stop - start]."""
    if isinstance(query, csr_array):
        dense = np.zeros(query.shape[1], dtype=np.float32)
        dense[query.indices] = query.data
        part = _view(vectors, start, stop) @ dense
    else:
        part = vectors[start:stop] @ query[0]
    return np.asarray(part, dtype=np.float64)


def _view(vectors: csr_array, start: int, stop: int) -> csr_array:
    """Rows `start` to `stop` without a copy of their values, which the constructor would make."""
    ends = vectors.indptr[start : stop + 1]
    span = slice(ends[0], ends[-1])
    part = csr_array((stop - start, vectors.shape[1]), dtype=vectors.dtype)
    part.data, part.indices = vectors.data[span], vectors.indices[span]
    part.indptr = ends - ends[0]
    return part


def against(columns: Floats, query: Vectors) -> NDArray[np.float64]:
    """Products of the k columns of a [d, k] table with the one row of `query`, [k]."""
    if isinstance(query, csr_array):
        return np.asarray(query.data @ columns[query.indices], dtype=np.float64)
    return np.asarray(query[0] @ columns, dtype=np.float64)


def total(vectors: Vectors, start: int, stop: int) -> NDArray[np.float64]:
    """Sum of rows `start` to `stop`, [d]."""
    return np.asarray(vectors[start:stop].sum(axis=0), dtype=np.float64).ravel()


def row(vectors: Vectors, i: int) -> Vectors:
    """Row `i` alone, [1, d]."""
    return _view(vectors, i, i + 1) if isinstance(vectors, csr_array) else vectors[i : i + 1]


def as_dense(vectors: Vectors) -> Floats:
    """The rows as an array, [n, d]."""
    return vectors.toarray() if isinstance(vectors, csr_array) else vectors


def save(vectors: Vectors, folder: Path) -> None:
    """Write the rows as `.npy` files that `load` maps into memory."""
    if isinstance(vectors, csr_array):
        for part in _SPARSE:
            np.save(folder / f"vectors.{part}.npy", np.asarray(getattr(vectors, part)))
    else:
        np.save(folder / "vectors.npy", vectors)


def load(folder: Path) -> Vectors:
    """The rows that `save` wrote; pages are read when they are needed and shared by processes."""
    whole = folder / "vectors.npy"
    if whole.exists():
        return mapped(whole)
    data, indices, indptr, shape = (mapped(folder / f"vectors.{part}.npy") for part in _SPARSE)
    return csr_array((data, indices, indptr), shape=tuple(map(int, shape)), copy=False)


def mapped(path: Path) -> NDArray[Any]:
    """An array on disk, read-only and without pickled objects."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
