"""Which rows of the chosen categories are popular, and which are not: slices of the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from popcorn_bench.generators.retrieval.index import Index
from popcorn_bench.generators.retrieval.settings import Popular

Slices: TypeAlias = Sequence[tuple[int, int]]


def split(index: Index, chosen: Sequence[int], popular: Popular) -> tuple[Slices, Slices]:
    """Slices of popular and of unpopular rows, one pair of each per chosen category.

    The categories are ranked together by comments. What is popular in the union is the head of
    each category, because every category is in the same order.
    """
    bounds = [(index.starts[i], index.starts[i + 1]) for i in chosen]
    n = sum(stop - start for start, stop in bounds)
    head, tail = sizes(n, popular)
    return (
        [(start, start + k) for (start, _), k in _heads(index, bounds, head)],
        [(start + k, stop) for (start, stop), k in _heads(index, bounds, n - tail)],
    )


def sizes(n: int, popular: Popular) -> tuple[int, int]:
    """How many of n rows are popular, how many unpopular; together at most n.

    `paper`: the last int(n / 10) rows are unpopular, all others popular. `decile`: the first and
    the last int(n / 10), but one row each where there are fewer than ten.
    """
    tenth = n // 10
    if popular == "paper":
        return n - tenth, tenth
    return min(n, max(1, tenth)), min(n - 1, max(1, tenth))


def _heads(index: Index, bounds: Slices, size: int) -> Sequence[tuple[tuple[int, int], int]]:
    """How many rows of each category are among the `size` first of all together."""
    ranks = [index.rank[start:stop] for start, stop in bounds]
    if size == 0:
        return [(bound, 0) for bound in bounds]
    last = np.partition(np.concatenate(ranks), size - 1)[size - 1]
    return [
        (bound, int(np.searchsorted(rank, last, side="right")))
        for bound, rank in zip(bounds, ranks, strict=True)
    ]
