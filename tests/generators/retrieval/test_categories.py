"""What is learnt of the categories from their rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from popcorn_bench.generators.retrieval.categories import (
    category_sums,
    centroids,
    complement_bayes,
    profiles,
)
from popcorn_bench.generators.retrieval.hashed import Hashed
from popcorn_bench.generators.retrieval.vectors import against, row

COUNTS = st.lists(st.integers(0, 2_000), min_size=1, max_size=6).filter(any)


def _sums(counts: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    shares = np.random.default_rng(seed).random((12, len(counts)))
    return shares * counts


@settings(deadline=None)
@given(COUNTS, st.integers(0, 99))
def test_weights_are_finite_and_level_whatever_the_sizes(sizes: list[int], seed: int) -> None:
    counts = np.array(sizes)
    table = complement_bayes(_sums(counts, seed), counts)
    assert np.isfinite(table).all()
    assert np.abs(table.mean(axis=1)).max() < 1e-9


@settings(deadline=None)
@given(st.integers(1, 2_000), st.integers(1, 2_000), st.integers(0, 99))
def test_more_of_a_feature_never_counts_against_a_category(m: int, n: int, seed: int) -> None:
    counts = np.array([m, n, 40])
    sums = _sums(counts, seed)
    before = complement_bayes(sums, counts)
    sums[3, 0] += 5
    after = complement_bayes(sums, counts)
    assert after[3, 0] - after[3, 1] > before[3, 0] - before[3, 1]


def test_two_large_categories_do_not_swallow_the_words_of_a_small_one() -> None:
    titles = ["boss fight", "castle fight", "tower fight", "cave fight"] * 100
    rows = {"Film": titles, "Game": titles, "Sports": ["goal fight", "goal keeper", "a goal"]}
    texts = [text for own in rows.values() for text in own]
    starts = [0, *np.cumsum([len(own) for own in rows.values()]).tolist()]
    embedder = Hashed()
    learnt = embedder.learn(texts)
    table = profiles(embedder.encode(texts, learnt), starts)
    queries = embedder.encode(["what a goal", "castle fight"], learnt)
    goal, fight = (against(table, row(queries, i)) for i in range(2))
    assert goal.argmax() == 2
    assert fight.argmin() == 2
    assert fight[0] == pytest.approx(fight[1], abs=1e-5)


def test_sparse_and_dense_rows_are_learnt_from_by_their_own_formulas() -> None:
    dense = np.eye(6, dtype=np.float32)[[0, 1, 1, 2, 3, 5]]
    starts, counts = [0, 3, 5, 6], np.array([3, 2, 1])
    sums = category_sums(dense, starts)
    assert sums[:, 0].tolist() == [1, 2, 0, 0, 0, 0]
    assert np.array_equal(profiles(dense, starts), centroids(sums, counts).astype(np.float32))
    sparse = profiles(csr_array(dense), starts)
    assert sparse.dtype == np.float32
    assert np.array_equal(sparse, complement_bayes(sums, counts).astype(np.float32))


def test_a_shrunk_centroid_by_hand() -> None:
    table = centroids(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([3, 1]))
    assert table[0].tolist() == [0.1, -0.5 / 3]  # (2 - 3 * 0.5) / (3 + 2), (0 - 0.5) / (1 + 2)


def test_one_category_has_nothing_of_its_own() -> None:
    assert not complement_bayes(np.array([[4.0], [0.0]]), np.array([4])).any()
