"""A sentence-transformers model through the real loading path: a tiny one, built here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.retrieval.embedders import load_embedder
from popcorn_bench.generators.retrieval.retriever import Retriever
from popcorn_bench.generators.retrieval.settings import Retrieval
from tests.generators.retrieval.corpus import corpus

INSTALLED = find_spec("sentence_transformers") is not None
needs_rag = pytest.mark.skipif(not INSTALLED, reason="the extra rag is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model"), seed=0)


def build(folder: Path, seed: int) -> Path:
    """A BERT of one layer and 16 dimensions with random weights, saved as people save theirs."""
    torch, transformers = import_module("torch"), import_module("transformers")
    library: Any = import_module("sentence_transformers")
    modules = import_module("sentence_transformers.sentence_transformer.modules")
    pieces = [*ascii_lowercase, *(f"##{letter}" for letter in ascii_lowercase)]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    torch.manual_seed(seed)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    config = transformers.BertConfig(vocab_size=len(words), num_attention_heads=2, **shape)
    transformers.BertModel(config).save_pretrained(folder / "bert")
    vocabulary = {word: i for i, word in enumerate(words)}
    transformers.BertTokenizerFast(vocab=vocabulary).save_pretrained(folder / "bert")
    encoder = modules.Transformer(str(folder / "bert"), max_seq_length=32)
    parts = [encoder, modules.Pooling(16), modules.Normalize()]
    library.SentenceTransformer(modules=parts, device="cpu").save(str(folder / "model"))
    return folder / "model"


@needs_rag
def test_rows_are_unit_vectors_and_the_same_each_time(model: Path) -> None:
    embedder = load_embedder(str(model))
    texts = ["a kite", "the ferry at dawn", ""]
    rows = embedder.encode(texts, embedder.learn(texts))
    assert rows.dtype == np.float32
    assert np.asarray(rows).shape == (3, 16)
    assert np.allclose(np.linalg.norm(np.asarray(rows), axis=1), 1, atol=1e-5)
    again = load_embedder(str(model))
    assert np.array_equal(rows, again.encode(texts, again.learn(texts)))


@needs_rag
def test_other_weights_have_another_revision(model: Path, tmp_path: Path) -> None:
    same, other = load_embedder(str(model)), load_embedder(str(build(tmp_path, seed=1)))
    assert same.revision == load_embedder(str(model)).revision
    assert same.revision != other.revision


@needs_rag
def test_references_through_the_model(model: Path, tmp_path: Path) -> None:
    mode = Retrieval(embedder=str(model), popular="paper", category="names", references=20)
    retriever = Retriever(corpus(), "made-up", mode, tmp_path)
    title = corpus()["title"][0]
    found = retriever.references(title)
    assert found.references
    assert found == Retriever(corpus(), "made-up", mode, tmp_path).references(title)


@needs_rag
def test_weights_that_may_run_code_are_refused(model: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    for weights in copy.rglob("*.safetensors"):
        weights.with_name("pytorch_model.bin").write_bytes(b"not safe")
        weights.unlink()
    with pytest.raises(UsageError, match="pe embedder"):
        load_embedder(str(copy))


@needs_rag
def test_a_name_without_owner_is_refused() -> None:
    with pytest.raises(UsageError, match="neither 'hashed'"):
        load_embedder("hased")


@pytest.mark.skipif(INSTALLED, reason="the extra rag is installed")
def test_without_the_extra_the_message_names_it() -> None:
    with pytest.raises(UsageError, match=r"popcorn-bench\[rag\]"):
        load_embedder("sentence-transformers/all-MiniLM-L12-v2")
