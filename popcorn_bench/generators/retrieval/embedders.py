"""What turns texts into vectors, and how an embedder is found by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from popcorn_bench.generators.retrieval.vectors import Floats, Vectors


class Embedder(Protocol):
    """Turns texts into vectors of length 1.

    `name` and `revision` decide the vectors, together with what was learnt from the corpus.
    """

    @property
    def name(self) -> str:
        """As in the settings."""
        ...

    @property
    def revision(self) -> str:
        """The version of the code or the fingerprint of the weights."""
        ...

    def learn(self, texts: Sequence[str]) -> Floats:
        """What `encode` needs to know of a corpus; empty for a pre-trained model."""
        ...

    def encode(self, texts: Sequence[str], learnt: Floats) -> Vectors:
        """One row per text, [n, d] float32, each of length 1, or 0 where a text says nothing."""
        ...


def load_embedder(name: str) -> Embedder:
    """Load `hashed`, a sentence-transformers model by its name on the hub, or a folder of one.

    Raises:
        UsageError: if there is no such embedder, or the extra that it needs is missing.
    """
    if name == "hashed":
        from popcorn_bench.generators.retrieval.hashed import Hashed

        return Hashed()
    from popcorn_bench.generators.retrieval.sentences import Sentences

    return Sentences.load(name)
