"""The human titles that are nearest to one in the predictor's own space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from popcorn_bench.evaluators.popularity.blocks import Entries, Floats
from popcorn_bench.evaluators.popularity.model import CHUNK, Model

_CATEGORY = "category"  # the block that all titles of a category share


def neighbours(  # noqa: PLR0913, PLR0917 - a corpus and a title, each with its categories
    model: Model,
    titles: Sequence[str],
    categories: Sequence[str],
    title: str,
    category: str,
    k: int,
) -> list[tuple[int, float]]:
    """The k nearest of n titles, by the cosine of the TF-IDF vectors that the ridge reads.

    Args:
        model: the predictor.
        titles: n human titles.
        categories: theirs.
        title: whose neighbours are sought.
        category: its category; titles of the same one share more n-grams with it.
        k: how many; fewer where there are fewer.

    Returns:
        Indices and similarities (0..1), the nearest first; of equals the first in order.
    """
    sought = _vectors(model, [title], [category])
    tables = {name: _table(model, name, entry) for name, entry in sought.items()}
    length = _lengths(sought)[0]
    parts = [np.empty(0)]
    for vectors in _chunks(model, titles, categories):
        products = sum(entry.dot(tables[name]) for name, entry in vectors.items())
        lengths = _lengths(vectors) * length
        parts.append(np.divide(products, lengths, out=np.zeros_like(lengths), where=lengths > 0))
    found = np.concatenate(parts)
    nearest = np.argsort(-found, kind="stable")[:k]
    similar = np.clip(found[nearest], 0.0, 1.0)
    return list(zip(nearest.tolist(), similar.tolist(), strict=True))


def _chunks(
    model: Model, titles: Sequence[str], categories: Sequence[str]
) -> Iterator[dict[str, Entries]]:
    for start in range(0, len(titles), CHUNK):
        yield _vectors(model, titles[start : start + CHUNK], categories[start : start + CHUNK])


def _vectors(model: Model, titles: Sequence[str], categories: Sequence[str]) -> dict[str, Entries]:
    encoded = model.encode(titles, categories)
    return {name: entry for name, entry in encoded.items() if name != _CATEGORY}


def _table(model: Model, name: str, entry: Entries) -> Floats:
    """The only vector of `entry` as coefficients of its block."""
    table = np.zeros(len(model.blocks[name].active))
    table[entry.columns] = entry.values
    return table


def _lengths(vectors: Mapping[str, Entries]) -> Floats:
    squares = [
        np.bincount(entry.rows, weights=entry.values**2, minlength=entry.n)
        for entry in vectors.values()
    ]
    lengths: Floats = np.sqrt(np.sum(squares, axis=0))
    return lengths
