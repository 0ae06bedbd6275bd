"""The index on disk: built once, whole or not at all, the same in every process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from popcorn_bench.generators.retrieval.hashed import Hashed
from popcorn_bench.generators.retrieval.index import Index, index_key, open_index
from popcorn_bench.generators.retrieval.retriever import Retriever
from popcorn_bench.generators.retrieval.settings import Retrieval
from popcorn_bench.generators.retrieval.vectors import Vectors
from tests.generators.retrieval.corpus import Letters, corpus


@dataclass(frozen=True, slots=True)
class Once(Letters):
    """Refuses to learn: an index that is there must not be built again."""

    def learn(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError(f"built again from {len(texts)} texts")


@dataclass(frozen=True, slots=True)
class Broken(Letters):
    def encode(self, texts: Sequence[str], learnt: NDArray[np.float32]) -> NDArray[np.float32]:
        raise RuntimeError(f"out of memory after {len(texts)} texts and {len(learnt)} facts")


def _open(folder: Path, embedder: Letters | Hashed) -> Index:
    return open_index(folder, "made-up", embedder, corpus())


def test_an_index_that_is_there_is_not_built_again(tmp_path: Path) -> None:
    built, opened = _open(tmp_path, Letters()), _open(tmp_path, Once())
    assert np.array_equal(_array(built.vectors), _array(opened.vectors))
    assert built.rows.equals(opened.rows)
    with pytest.raises(AssertionError, match="built again"):
        open_index(tmp_path, "another corpus", Once(), corpus())
    with pytest.raises(AssertionError, match="built again"):
        _open(tmp_path, Once(revision="2"))


def test_arrays_are_mapped_and_read_only(tmp_path: Path) -> None:
    index = _open(tmp_path, Letters())
    for array in (index.rank, index.profiles, index.names, _array(index.vectors)):
        assert not array.flags.writeable
        assert array.flags.owndata is False


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        _open(tmp_path, Broken())
    assert list(tmp_path.iterdir()) == []
    assert _open(tmp_path, Letters()).starts[-1] == corpus().height


def test_several_may_build_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: _open(tmp_path, Letters()), range(8)))
    assert [path.name for path in tmp_path.iterdir()] == [index_key("made-up", Letters())]
    assert all(np.array_equal(index.rank, opened[0].rank) for index in opened)


def test_rows_stand_by_category_and_comments(tmp_path: Path) -> None:
    index = _open(tmp_path, Letters())
    rows = index.rows.to_pylist()
    assert rows == sorted(rows, key=lambda r: (r["category"], -r["comments"], r["id"]))
    assert sorted(index.rank.tolist()) == list(range(len(rows)))


def test_another_process_finds_the_same(tmp_path: Path) -> None:
    here = Retriever(corpus(), "made-up", Retrieval(tags=2), tmp_path / "a")
    code = (
        "import json, sys; from pathlib import Path;"
        "from popcorn_bench.generators.retrieval.retriever import Retriever;"
        "from popcorn_bench.generators.retrieval.settings import Retrieval;"
        "from tests.generators.retrieval.corpus import corpus;"
        "r = Retriever(corpus(), 'made-up', Retrieval(tags=2), Path(sys.argv[1]));"
        "print(json.dumps([[i.id, i.distance] for i in r.references('quiet dough').references]))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "b")], check=True, capture_output=True
    )
    found = here.references("quiet dough").references
    assert json.loads(there.stdout) == [[item.id, item.distance] for item in found]


def _array(vectors: Vectors) -> NDArray[np.float32]:
    assert isinstance(vectors, np.ndarray)
    return vectors
