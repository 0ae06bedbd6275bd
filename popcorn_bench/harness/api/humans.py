"""Human micro-videos: to retrieve from, to train on and to compare with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.harness.api.telling import Folder, Folders, included, paths_of
from popcorn_bench.tasks.corpora import cache, partition, summary
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.corpus import Corpus
from popcorn_bench.tasks.corpora.partition import Split

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


@dataclass(frozen=True, slots=True)
class Humans:
    """A corpus of human micro-videos; `corpus` has its provenance and its bad rows."""

    corpus: Corpus

    @property
    def frame(self) -> pl.DataFrame:
        """One row per video."""
        return self.corpus.frame

    @property
    def card(self) -> dict[str, Any]:
        """Name, provenance and size."""
        return summary.card(self.corpus)

    def of_category(self, category: str) -> pl.DataFrame:
        """The rows of one category.

        Args:
            category: as the rows name it.

        Raises:
            UsageError: for one that no row has.
        """
        column = self.frame["category"]
        return self.frame.filter(column == _known(category, column))

    def stats(self) -> dict[str, Any]:
        """Rows and categories, log2(comments), gaps, and what could not be used."""
        return summary.stats(self.corpus)

    def split(self, seed: int = 0) -> Split:
        """The parts for retrieval, training and test; near duplicates stay together.

        Args:
            seed: equal rows and seed give equal parts.
        """
        return partition.split(self.corpus, seed)

    def build(self) -> Path:
        """Where the rows are kept as Parquet.

        Raises:
            UsageError: if they cannot be written anywhere.
        """
        if self.corpus.path is None:
            where = cache.cache_folder()
            raise UsageError(f"cannot write to {where}; {cache.VARIABLE} names another")
        return self.corpus.path


def corpus(
    name: str = "embedded",
    corpus_dir: Folder | None = None,
    *,
    include_path: Folders = (),
    plugin: Folders = (),
) -> Humans:
    """A corpus by its name, or by the YAML file that describes it.

    Args:
        name: one of `popcorn_bench.corpora()`, or FILE.yaml.
        corpus_dir: where its files are.
        include_path: folders with some of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a corpus that is not known or not there.
    """
    with plugins.using(paths_of(plugin)):
        catalog = CorpusCatalog(included(include_path))
        (folder,) = paths_of(corpus_dir) if corpus_dir is not None else (None,)
        return Humans(catalog.load(name, folder))


def _known(category: str, categories: Iterable[str]) -> str:
    names = set(categories)
    if category not in names:
        hint = did_you_mean(category, names)
        raise UsageError(f"--category: no row has the category {category!r}{hint}")
    return category
