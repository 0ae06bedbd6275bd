"""The paper's selection against brute force, for many N, tags and ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from popcorn_bench.generators.retrieval.embedders import Embedder
from popcorn_bench.generators.retrieval.hashed import Hashed
from popcorn_bench.generators.retrieval.retriever import Retriever
from popcorn_bench.generators.retrieval.settings import Retrieval
from popcorn_bench.generators.retrieval.vectors import as_dense
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


def _plain(
    embedder: Embedder, texts: Sequence[str], names: Sequence[str]
) -> Callable[[str], Sequence[float]]:
    """The embedder, one text at a time, without the buckets that are always empty."""
    learnt = embedder.learn(texts)
    everything = as_dense(embedder.encode([*texts, *names, *QUERIES], learnt))
    used = everything.any(axis=0)

    @cache
    def embed(text: str) -> Sequence[float]:
        row = as_dense(embedder.encode([text], learnt))[0]
        return [float(x) for x in row[used]]

    return embed


@pytest.fixture(scope="module", params=[Letters(), Hashed()], ids=lambda e: str(e.name))
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Retriever, Callable[[str], Sequence[float]]]:
    frame, embedder = corpus(), request.param
    folder: Path = tmp_path_factory.mktemp("index")
    retriever = Retriever(frame, "made-up", PAPER, folder, embedder=embedder)
    texts = [brute.text(row) for row in frame.to_dicts()]
    return retriever, _plain(embedder, texts, frame["category"].unique().to_list())


@pytest.mark.parametrize("tags", [1, 2, 3, 4])
@pytest.mark.parametrize("ratio", ["0.1", "0.29", "0.5", "0", "1"])
def test_selection_is_that_of_brute_force(
    both: tuple[Retriever, Callable[[str], Sequence[float]]], tags: int, ratio: str
) -> None:
    retriever, embed = both
    rows = corpus().to_dicts()
    for n in (0, 1, 10, 20, 50, 100, 140):
        settings = replace(PAPER, references=n, tags=tags, ratio=float(ratio))
        for query in QUERIES:
            found = retriever.with_settings(settings).references(query)
            chosen, positives, negatives = brute.select(rows, query, embed, n, tags, ratio)
            assert list(found.tags) == chosen
            assert [item.id for item in found.labelled("popular")] == positives
            assert [item.id for item in found.labelled("unpopular")] == negatives
            assert found.missing == n - len(positives) - len(negatives)


def test_distances_are_those_of_brute_force(
    both: tuple[Retriever, Callable[[str], Sequence[float]]],
) -> None:
    retriever, embed = both
    rows = {str(row["id"]): row for row in corpus().to_dicts()}
    for item in retriever.references(QUERIES[0]).references:
        expected = brute.squared(embed(brute.text(rows[item.id])), embed(QUERIES[0])) ** 0.5
        assert item.distance == pytest.approx(expected, abs=1e-5)
