"""Sentence embeddings by a sentence-transformers model (extra `rag`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import digest

if TYPE_CHECKING:
    from popcorn_bench.generators.retrieval.vectors import Floats

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Sentences:
    """A loaded model; `revision` is the fingerprint of its weights, vocabulary and layers."""

    name: str
    revision: str
    model: Any

    @classmethod
    def load(cls, name: str) -> Sentences:
        """Load from a folder or, by name, from the hub or the copy that was kept of it.

        Weights are read as safetensors only: other formats may run code. So may a model's own
        modules, which are refused.

        Raises:
            UsageError: if the extra is not installed or there is no such model.
        """
        if find_spec("sentence_transformers") is None:
            raise UsageError(
                f"pe embedder {name!r} needs the extra 'rag': pip install 'popcorn-bench[rag]'; "
                "'hashed' needs none"
            )
        if "/" not in name and not Path(name).is_dir():
            raise UsageError(
                f"pe embedder {name!r}: neither 'hashed', nor owner/name, nor a folder"
            )
        return cls(name, *_opened(name))

    def learn(self, texts: Sequence[str]) -> Floats:  # noqa: ARG002 - the model has learnt
        """Nothing: the model is trained."""
        return np.zeros(0, dtype=np.float32)

    def encode(self, texts: Sequence[str], learnt: Floats) -> Floats:  # noqa: ARG002
        """Dense rows, [n, dimension of the model]; texts beyond its limit are cut by it."""
        rows = self.model.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), -1)


def _opened(name: str) -> tuple[str, Any]:
    library = import_module("sentence_transformers")
    import_module("transformers").utils.logging.disable_progress_bar()
    try:
        model = library.SentenceTransformer(
            name, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"pe embedder {name!r}: {reason[0]}") from error
    return _fingerprint(model), model.eval()


def _fingerprint(model: Any) -> str:  # noqa: ANN401 - the library is an optional one
    weights = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        weights.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        weights.update(tensor.detach().cpu().contiguous().view(-1).numpy().tobytes())
    return digest(str(model), model.tokenizer.get_vocab(), weights.hexdigest())[:16]
