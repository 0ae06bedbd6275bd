"""How often the right category is found: by its name, or by a profile learnt from its rows.

    python -m benchmarks.categories [--data DIR] [--embedder NAME] [--rows N]

A row counts as found when its own category is the nearest of all; with profiles by five-fold
cross-validation, where rows of the same text share a fold (the embedder's weights of words are
learnt from all rows, which knows no category). A shipped query counts as found when the category of
its topic is the nearest; life hacks have no category of their own and are left out. The titles of
the small corpus that ships are asked of the MicroLens rows as well: both know the same categories.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.microlens import read, sha
from benchmarks.pe import _DATA, _TASKS
from popcorn_bench.generators.retrieval import categories
from popcorn_bench.generators.retrieval.embedders import Embedder, load_embedder
from popcorn_bench.generators.retrieval.index import Index, open_index
from popcorn_bench.generators.retrieval.retriever import COLUMNS
from popcorn_bench.generators.retrieval.vectors import Vectors
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog

_CATEGORY = {
    "anime": "Anime",
    "food": "Delicacy",
    "film": "Film and Television Works",
    "games": "Game",
}
_CHUNK = 256
_FOLDS = 5
_BY_EYE = (
    "League of Legends pentakill",
    "a boss fight in Genshin Impact",
    "Naruto versus Sasuke",
    "how to cook fried chicken",
    "movie recap of a thriller",
    "cute cat playing with a ball",
    "One Piece Luffy gear 5",
    "Minecraft castle build",
    "perfect ramen at home",
)

Asked: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]  # texts and their right categories
Learner: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]


def main() -> None:
    parser = argparse.ArgumentParser(description="how often the right category is found")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--embedder", default="hashed")
    parser.add_argument("--rows", type=int, help="of MicroLens, drawn at random; default: all")
    arguments = parser.parse_args()
    rows = read(arguments.data)
    if arguments.rows:
        rows = rows.sample(arguments.rows, seed=0)
    embedder = load_embedder(arguments.embedder)
    ours, queries = _embedded(), {"shipped queries": list(_queries())}
    titles = list(zip(ours["title"], ours["category"], strict=True))
    with tempfile.TemporaryDirectory() as cache:
        for name, frame, asked in (
            ("MicroLens", rows, {**queries, "titles of `embedded`": titles}),
            ("`embedded`, synthetic", ours, queries),
        ):
            print(f"\n{name}, ", end="")
            _report(open_index(Path(cache), sha(frame), embedder, frame), embedder, asked)


def _embedded() -> pl.DataFrame:
    frame = CorpusCatalog().load("embedded").frame
    return frame.select(COLUMNS).with_columns(pl.col(pl.String).fill_null(""))


def _queries() -> Iterator[tuple[str, str]]:
    for kind in ("concrete", "abstract"):
        file = _TASKS / "popcorn" / f"{kind}.jsonl"
        for line in file.read_text(encoding="utf-8").splitlines():
            query = json.loads(line)
            if query["topic"] in _CATEGORY:
                yield query["text"], _CATEGORY[query["topic"]]


def _report(index: Index, embedder: Embedder, asked: Asked) -> None:
    truth = np.repeat(np.arange(len(index.categories)), np.diff(index.starts))
    counts = np.diff(index.starts)
    print(f"{len(truth):,} rows, {len(counts)} categories, embedder {embedder.name}\n")
    columns = ("category by", "own category of a row", "mean over categories", *asked)
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    largest = np.zeros_like(index.names)
    largest[:, counts.argmax()] = 1
    tables = {"always the largest": largest, "names": index.names}
    fields = [index.rows.column(name).to_pylist() for name in COLUMNS[1:4]]
    texts = [" ".join(row) for row in zip(*fields, strict=True)]
    vectors = embedder.encode(texts, index.learnt)
    found = {name: _nearest(vectors, table, counts) for name, table in tables.items()}
    sums = categories.category_sums(vectors, index.starts)
    for name, learn in _learners(vectors).items():
        tables[name] = learn(sums, counts).astype(np.float32)
        found[name] = _held_out(texts, vectors, truth, learn)
    for name, table in tables.items():
        hit = found[name] == truth
        shares = [hit.mean(), (np.bincount(truth, weights=hit) / counts).mean()]
        shares += [_found(index, embedder, table, pairs) for pairs in asked.values()]
        print(f"| {name} |", " | ".join(f"{share:.1%}" for share in shares), "|")
    near = _nearest(embedder.encode(_BY_EYE, index.learnt), index.profiles, counts)
    seen = [f"- {query}: {index.categories[i]}" for query, i in zip(_BY_EYE, near, strict=True)]
    print("\nA few queries, by the profiles:", *seen, sep="\n")


def _learners(vectors: Vectors) -> Mapping[str, Learner]:
    """The formulas that the vectors allow: naive Bayes wants counts."""
    if isinstance(vectors, csr_array):
        return {
            "centroids": categories.centroids,
            "complement Bayes": categories.complement_bayes,
        }
    return {"centroids": categories.centroids}


def _held_out(
    texts: Sequence[str], vectors: Vectors, truth: NDArray[np.int64], learn: Learner
) -> NDArray[np.int64]:
    """The category that each row is sent to by a table that was learnt without its fold."""
    folds = np.array([zlib.crc32(text.encode()) % _FOLDS for text in texts])
    near = np.zeros(len(truth), dtype=np.int64)
    for fold in range(_FOLDS):
        kept = folds != fold
        counts = np.bincount(truth[kept], minlength=truth.max() + 1)
        starts = [0, *np.cumsum(counts).tolist()]
        table = learn(categories.category_sums(vectors[kept], starts), counts)
        near[~kept] = _nearest(vectors[~kept], table.astype(np.float32), counts)
    return near


def _nearest(
    vectors: Vectors, table: NDArray[np.float32], counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The nearest category of each row; where several are equally near, the largest."""
    starts = range(0, vectors.shape[0], _CHUNK)
    parts = [np.asarray(vectors[start : start + _CHUNK] @ table) for start in starts]
    near = np.concatenate(parts).astype(np.float64).round(6)
    return np.asarray((near + 1e-7 * counts / counts.sum()).argmax(axis=1))


def _found(
    index: Index,
    embedder: Embedder,
    table: NDArray[np.float32],
    pairs: Sequence[tuple[str, str]],
) -> float:
    rows = embedder.encode([text for text, _ in pairs], index.learnt)
    near = _nearest(rows, table, np.diff(index.starts))
    wanted = np.array([category for _, category in pairs])
    return float((np.array(index.categories)[near] == wanted).mean())


if __name__ == "__main__":
    main()
