"""Rows turned around give the products of the rows, to the last digit."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from popcorn_bench.generators.retrieval.hashed import Hashed
from popcorn_bench.generators.retrieval.postings import Postings
from popcorn_bench.generators.retrieval.vectors import Vectors, dots, load, row, save, searchable
from tests.generators.retrieval.corpus import Letters

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def _random(n: int, filled: float, seed: int) -> csr_array:
    random = np.random.default_rng(seed)
    values = random.random((n, 30), dtype=np.float32)
    return csr_array(np.where(random.random((n, 30)) < filled, values, np.float32(0)))


@settings(deadline=None)
@given(SIZES, st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.integers(0, 99))
def test_products_are_those_of_the_rows(sizes: list[int], filled: float, seed: int) -> None:
    starts = [0, *np.cumsum(sizes).tolist()]
    rows, query = _random(starts[-1], filled, seed), _random(1, 0.4, seed + 1)
    turned = searchable(rows, starts)
    for i, (start, stop) in enumerate(pairwise(starts)):
        expected = rows[start:stop] @ query.toarray()[0]
        assert expected.dtype == np.float32
        assert np.array_equal(dots(turned, starts, i, row(query, 0)), expected)


def test_what_is_saved_is_mapped_again(tmp_path: Path) -> None:
    texts, starts = ["a red kite", "", "a ferry", "a blue kite"], [0, 2, 4]
    for embedder in (Hashed(), Letters()):
        folder = tmp_path / embedder.name
        folder.mkdir()
        learnt = embedder.learn(texts)
        vectors: Vectors = embedder.encode(texts, learnt)
        kept = searchable(vectors, starts)
        save(kept, folder)
        mapped, query = load(folder), row(embedder.encode(["kite"], learnt), 0)
        assert isinstance(mapped, Postings) == (embedder.name == "hashed")
        first, second = (dots(mapped, starts, i, query).tolist() for i in range(2))
        assert [first, second] == [dots(kept, starts, i, query).tolist() for i in range(2)]
        assert min(first[0], second[1]) > 0 == first[1]
        assert all(not file.flags.writeable for file in _arrays(mapped))


def _arrays(rows: object) -> list[np.ndarray]:
    if isinstance(rows, Postings):
        return [rows.keys, rows.ends, rows.rows, rows.values]
    assert isinstance(rows, np.ndarray)
    return [rows]
