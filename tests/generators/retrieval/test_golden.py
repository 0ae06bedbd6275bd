"""The paper's selection against brute force, for many N, tags and ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest

from popcorn_bench.generators.retrieval.embedders import Embedder
from popcorn_bench.generators.retrieval.hashed import BITS, Hashed
from popcorn_bench.generators.retrieval.retriever import Retriever
from popcorn_bench.generators.retrieval.settings import Category, Retrieval
from popcorn_bench.generators.retrieval.vectors import against, as_dense, row
from tests.generators.retrieval import brute
from tests.generators.retrieval.corpus import Letters, corpus

QUERIES = (
    "baking a golden crust at night",
    "the quiet chess gambit that never fails",
    "kites over the dune",
    "a heron on the river bank",
    "words that nobody wrote",
    "",
)
PAPER = Retrieval(popular="paper", category="names", embedder="letters")

Embed = Callable[[str], Sequence[float]]
Near = Mapping[str, float]


class Both(NamedTuple):
    """The package; its embedder, and how near each query is to each category, by other means."""

    retriever: Retriever
    embed: Embed
    near: Mapping[Category, Mapping[str, Near]]


def _plain(embedder: Embedder, texts: Sequence[str], names: Sequence[str]) -> Embed:
    """The embedder, one text at a time, without the buckets that are always empty."""
    learnt = embedder.learn(texts)
    everything = as_dense(embedder.encode([*texts, *names, *QUERIES], learnt))
    used = everything.any(axis=0)

    @cache
    def embed(text: str) -> Sequence[float]:
        row = as_dense(embedder.encode([text], learnt))[0]
        return [float(x) for x in row[used]]

    return embed


@pytest.fixture(
    scope="module",
    params=[
        (Letters(), brute.by_centroids),
        (Hashed(), partial(brute.by_complement, features=1 << BITS)),
    ],
    ids=["letters", "hashed"],
)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    frame, (embedder, profiles) = corpus(), request.param
    folder: Path = tmp_path_factory.mktemp("index")
    retriever = Retriever(frame, "made-up", PAPER, folder, embedder=embedder)
    texts = [brute.text(row) for row in frame.to_dicts()]
    embed = _plain(embedder, texts, frame["category"].unique().to_list())
    rows = frame.to_dicts()
    names = {query: brute.by_names(rows, query, embed) for query in QUERIES}
    learnt = {query: profiles(rows, query, embed) for query in QUERIES}
    return Both(retriever, embed, {"names": names, "profiles": learnt})


@pytest.mark.parametrize("tags", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("category", "ratio"),
    [("profiles", "0.1"), *(("names", ratio) for ratio in ("0.1", "0.29", "0.5", "0", "1"))],
)
def test_selection_is_that_of_brute_force(
    both: Both, category: Category, ratio: str, tags: int
) -> None:
    retriever, embed, near = both
    rows = corpus().to_dicts()
    base = replace(PAPER, category=category, tags=tags, ratio=float(ratio))
    for query in QUERIES:
        for n in (0, 1, 10, 20, 50, 100, 140):
            found = retriever.with_settings(replace(base, references=n)).references(query)
            expected = brute.select(rows, query, embed, n, tags, ratio, near[category][query])
            chosen, positives, negatives = expected
            assert list(found.tags) == chosen
            assert [item.id for item in found.labelled("popular")] == positives
            assert [item.id for item in found.labelled("unpopular")] == negatives
            assert found.missing == n - len(positives) - len(negatives)


def test_profiles_are_those_of_brute_force(both: Both) -> None:
    index, embedder = both.retriever._index, both.retriever._embedder
    rows = embedder.encode(QUERIES, index.learnt)
    for i, query in enumerate(QUERIES):
        near = against(index.profiles, row(rows, i))
        expected = [both.near["profiles"][query][name] for name in index.categories]
        assert near == pytest.approx(expected, abs=1e-5)


def test_distances_are_those_of_brute_force(both: Both) -> None:
    retriever, embed, _ = both
    rows = {str(row["id"]): row for row in corpus().to_dicts()}
    for item in retriever.references(QUERIES[0]).references:
        expected = brute.squared(embed(brute.text(rows[item.id])), embed(QUERIES[0])) ** 0.5
        assert item.distance == pytest.approx(expected, abs=1e-5)
