"""How often the right category is found: by its name, or by what its rows have in common.

    python -m benchmarks.categories [--data DIR] [--embedder NAME]

A row counts as found when its own category is the nearest of all; with centroids, the row itself
is first taken out of the corpus. A shipped query counts as found when the category
of its topic is the nearest; life hacks have no category of their own and are left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.microlens import read, sha
from benchmarks.pe import _DATA, _TASKS
from popcorn_bench.generators.retrieval.embedders import Embedder, load_embedder
from popcorn_bench.generators.retrieval.index import Index, open_index
from popcorn_bench.generators.retrieval.vectors import Vectors, as_dense, total

_CATEGORY = {
    "anime": "Anime",
    "food": "Delicacy",
    "film": "Film and Television Works",
    "games": "Game",
}
_CHUNK = 256

Table = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description="how often the right category is found")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--embedder", default="hashed")
    arguments = parser.parse_args()
    frame = read(arguments.data)
    embedder = load_embedder(arguments.embedder)
    with tempfile.TemporaryDirectory() as cache:
        _report(open_index(Path(cache), sha(frame), embedder, frame), embedder)


def _report(index: Index, embedder: Embedder) -> None:
    truth = np.repeat(np.arange(len(index.categories)), np.diff(index.starts))
    counts = np.bincount(truth)
    print(f"{len(truth):,} rows, {len(counts)} categories, embedder {embedder.name}\n")
    print("| category by | own category of a row | mean over categories | queries: topic found |")
    print("|---|---|---|---|")
    shares = f"{counts.max() / len(truth):.1%} | {1 / len(counts):.1%}"
    print(f"| always the largest | {shares} | 25.0% |")
    for name, table in (("names", index.names), ("centroids", index.centroids)):
        near = _products(index.vectors, table)
        if name == "centroids":
            _leave_one_out(index, near)
        hit = near.argmax(axis=1) == truth
        by_category = np.bincount(truth, weights=hit) / counts
        asked = _queries_found(index, embedder, table)
        print(f"| {name} | {hit.mean():.1%} | {by_category.mean():.1%} | {asked:.1%} |")


def _products(vectors: Vectors, table: Table) -> NDArray[np.float64]:
    n = vectors.shape[0]
    parts = [vectors[start : start + _CHUNK] @ table for start in range(0, n, _CHUNK)]
    return np.concatenate(parts).astype(np.float64)


def _leave_one_out(index: Index, near: NDArray[np.float64]) -> None:
    """Replace each row's product with its own centroid by that of the corpus without the row.

    For a row v of a category with sum S and m rows, among n rows with sum T in k categories:
    (v (S - v) - (m - 1) v (T - v) / (n - 1)) / (m - 1 + (n - 1) / k).
    """
    n, k = index.starts[-1], len(index.categories)
    vectors = index.vectors
    sums = [total(vectors, start, stop) for start, stop in pairwise(index.starts)]
    everything = np.sum(sums, axis=0)
    for i, (start, stop) in enumerate(pairwise(index.starts)):
        part, left = vectors[start:stop], stop - start - 1
        square = np.asarray((part * part).sum(axis=1), dtype=np.float64).ravel()
        own, rest = part @ sums[i] - square, part @ everything - square
        near[start:stop, i] = (own - left * rest / (n - 1)) / (left + (n - 1) / k)


def _queries_found(index: Index, embedder: Embedder, table: Table) -> float:
    texts, wanted = [], []
    for kind in ("concrete", "abstract"):
        file = _TASKS / "popcorn" / f"{kind}.jsonl"
        for line in file.read_text(encoding="utf-8").splitlines():
            query = json.loads(line)
            if query["topic"] in _CATEGORY:
                texts.append(query["text"])
                wanted.append(index.categories.index(_CATEGORY[query["topic"]]))
    rows = as_dense(embedder.encode(texts, index.learnt))
    return float(((rows @ table).argmax(axis=1) == np.array(wanted)).mean())


if __name__ == "__main__":
    main()
