"""From a query to its references: category, popular and unpopular rows, the nearest of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import digest
from popcorn_bench.generators.retrieval import vectors as stored
from popcorn_bench.generators.retrieval.embedders import Embedder, load_embedder
from popcorn_bench.generators.retrieval.found import Found, Label, Reference
from popcorn_bench.generators.retrieval.index import Index, open_index
from popcorn_bench.generators.retrieval.settings import Retrieval
from popcorn_bench.generators.retrieval.split import sizes
from popcorn_bench.generators.retrieval.vectors import Query

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("id", "title", "cover_desc", "caption", "category", "likes", "views", "comments")

_POPULAR: Label = "popular"
_UNPOPULAR: Label = "unpopular"
_DIGITS = 6  # of a cosine: nearer than that is equal, and the row with more comments goes first


@dataclass(frozen=True, slots=True)
class Near:
    """Rows of the index and their cosines to the query."""

    rows: NDArray[np.int64]
    cosines: NDArray[np.float64]

    def __getitem__(self, where: slice | NDArray[np.int64]) -> Near:
        return Near(self.rows[where], self.cosines[where])

    def nearest(self, n: int) -> Near:
        """The n with the largest cosine, in order; ties stay in the order they were in."""
        near = np.arange(len(self.rows))
        if n < len(near):
            least = np.partition(self.cosines, -n)[-n]
            near = np.flatnonzero(self.cosines >= least)
        return self[near[np.argsort(-self.cosines[near], kind="stable")[:n]]]


class Retriever:
    """Finds the references of queries in one corpus; safe to use from several threads.

    Args:
        frame: the corpus with the columns `COLUMNS`; rows without a category or a number of
            comments are left out (`skipped` of them).
        sha256: of the content of the corpus.
        settings: of the mode.
        cache: folder where indexes are kept.
        exclude: ids that are treated as if the corpus did not hold them: they are never found,
            and neither categories nor deciles nor the embedder know them.
        embedder: loaded already; by default the one that the settings name.

    Raises:
        UsageError: if columns are missing, no row is left, or there is no such embedder.
    """

    def __init__(  # noqa: PLR0913 - what a retrieval depends on
        self,
        frame: pl.DataFrame,
        sha256: str,
        settings: Retrieval,
        cache: Path,
        *,
        exclude: Collection[str] = (),
        embedder: Embedder | None = None,
    ) -> None:
        rows = _usable(frame)
        self.skipped = frame.height - rows.height
        left, key = _without(rows, sha256, exclude)
        self.excluded = rows.height - left.height
        if left.is_empty():
            raise UsageError(f"pe: no row of the corpus is left of {frame.height}")
        self.settings = settings
        self._embedder = embedder or load_embedder(settings.embedder)
        self._index = open_index(cache, key, self._embedder, left)

    def with_settings(self, settings: Retrieval) -> Retriever:
        """The same index under other settings, as in a sweep.

        Raises:
            UsageError: if they name another embedder, which needs an index of its own.
        """
        if settings.embedder != self.settings.embedder:
            raise UsageError(f"pe: the index is of the embedder {self.settings.embedder!r}")
        other = copy(self)
        other.settings = settings
        return other

    @property
    def revision(self) -> str:
        """Of the embedder: another one finds other references."""
        return self._embedder.revision

    def references(self, query: str) -> Found:
        """The nearest popular and unpopular videos of the categories that fit the query."""
        return self.all_references([query])[0]

    def all_references(self, queries: Sequence[str]) -> list[Found]:
        """The same for many queries, which a model embeds together in less time."""
        if not queries:
            return []
        vectors = self._embedder.encode(queries, self._index.learnt)
        return [self._found(stored.row(vectors, i)) for i in range(len(queries))]

    def _found(self, query: Query) -> Found:
        chosen = self._categories(query)
        inside = self._inside(chosen, query)
        head, tail = sizes(len(inside.rows), self.settings)
        negatives = self.settings.unpopular
        best = inside[:head].nearest(self.settings.references - negatives)
        worst = inside[len(inside.rows) - tail :].nearest(negatives)
        references = _references(self._index, best, worst)
        return Found(
            references=references,
            tags=tuple(self._index.categories[i] for i in chosen),
            missing=self.settings.references - len(references),
        )

    def _categories(self, query: Query) -> list[int]:
        """The nearest categories; where they are equally near, the larger one."""
        index = self._index
        table = index.names if self.settings.category == "names" else index.profiles
        near = stored.against(table, query).round(_DIGITS)
        order = np.lexsort((-np.diff(index.starts), -near))
        return [int(i) for i in order[: self.settings.tags]]

    def _inside(self, chosen: Sequence[int], query: Query) -> Near:
        """All rows of the chosen categories, from the most to the fewest comments."""
        index = self._index
        rows = np.concatenate([np.arange(index.starts[i], index.starts[i + 1]) for i in chosen])
        near = [stored.dots(index.vectors, index.starts, i, query) for i in chosen]
        order = np.argsort(index.rank[rows], kind="stable")
        return Near(rows[order], np.concatenate(near)[order].round(_DIGITS))


def _usable(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    if absent := [name for name in COLUMNS if name not in frame.columns]:
        raise UsageError(f"pe: the corpus lacks {', '.join(absent)}")
    texts = pl.col("id", "title", "cover_desc", "caption").cast(pl.String).fill_null("")
    known = pl.col("comments").is_not_null() & (pl.col("category") != "")
    return frame.lazy().filter(known).select(COLUMNS).with_columns(texts).collect()


def _without(rows: pl.DataFrame, sha256: str, exclude: Collection[str]) -> tuple[pl.DataFrame, str]:
    """The rows that are left, and what they are known by."""
    import polars as pl

    gone = sorted(set(exclude) & set(rows["id"].to_list()))
    if not gone:
        return rows, sha256
    return rows.filter(~pl.col("id").is_in(gone)), digest("without", sha256, gone)


def _references(index: Index, popular: Near, unpopular: Near) -> tuple[Reference, ...]:
    cosines = np.concatenate([popular.cosines, unpopular.cosines])
    distances = np.sqrt(np.maximum(0.0, 2 - 2 * cosines)).tolist()
    rows = index.rows.take(np.concatenate([popular.rows, unpopular.rows])).to_pydict()
    labels = [*repeat(_POPULAR, len(popular.rows)), *repeat(_UNPOPULAR, len(unpopular.rows))]
    columns = {**rows, "label": labels, "distance": distances}
    return tuple(map(Reference, *(columns[name] for name in Reference._fields)))
