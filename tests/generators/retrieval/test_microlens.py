"""The real rows: references of the right category, in the paper's numbers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.microlens import read, sha
from popcorn_bench.generators.retrieval.retriever import Retriever
from popcorn_bench.generators.retrieval.settings import PAPER, Retrieval

_SHARED = Path(__file__).resolve().parents[3] / ".." / "shared"


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    folder = Path(os.environ.get("POPCORN_SHARED", _SHARED)) / "data" / "microlens_100k"
    if not folder.is_dir():
        pytest.skip("the MicroLens rows are not here")
    frame = read(folder)
    return Retriever(frame, sha(frame), Retrieval(), tmp_path_factory.mktemp("index"))


@pytest.mark.shared
def test_forty_five_popular_and_five_unpopular(retriever: Retriever) -> None:
    paper = retriever.with_settings(replace(PAPER, embedder="hashed"))
    found = paper.references("an anime sword fight on a roof")
    assert found.tags == ("Anime",)
    assert {item.category for item in found.references} == {"Anime"}
    assert (len(found.labelled("popular")), len(found.labelled("unpopular"))) == (45, 5)
    least = min(item.comments for item in found.labelled("popular"))
    assert least >= max(item.comments for item in found.labelled("unpopular"))


@pytest.mark.shared
def test_our_default_takes_deciles(retriever: Retriever) -> None:
    found = retriever.references("how to cook noodles with beef and garlic")
    assert found.tags == ("Delicacy",)
    assert (len(found.labelled("popular")), len(found.labelled("unpopular"))) == (45, 5)
