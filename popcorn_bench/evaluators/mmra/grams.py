"""A text encoder that needs no pretrained weights: latent semantic analysis of hashed n-grams.

Words, word pairs and characters within words are hashed to buckets, weighted by TF-IDF and
projected on the main axes of the training titles (Deerwester et al. 1990). It learns from titles
alone, never from labels, and keeps no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.config import GRAMS_FILE
from popcorn_bench.fingerprint import digest

_BUCKETS: Final = 1 << 16
_LEAST_TITLES: Final = 3
_ROUNDS: Final = 2  # of the randomised decomposition
_LONGEST: Final = 1000  # characters
_RECIPE: Final = "grams-1"  # another way of cutting texts is another encoder


@dataclass(frozen=True, slots=True)
class Grams:
    """A fitted encoder.

    Args:
        active: buckets that are used, ascending, [c].
        idf: weight of each, [c].
        axes: projection to d dimensions, [c, d].
    """

    active: NDArray[np.int32]
    idf: NDArray[np.float32]
    axes: NDArray[np.float16]

    @property
    def identity(self) -> str:
        """Hash of its arrays."""
        arrays = (self.active, self.idf, self.axes)
        return digest(_RECIPE, *(sha256(array.tobytes()).hexdigest() for array in arrays))

    def encode(self, items: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of n texts of length 1, [n, d]; 0 for a text without a known n-gram."""
        weighted = _weighted(_counts(items)[:, self.active], self.idf)
        vectors = np.asarray(weighted @ self.axes.astype(np.float32), dtype=np.float32)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write it into a model folder."""
        from safetensors.numpy import save_file

        arrays = {"active": self.active, "idf": self.idf, "axes": self.axes}
        save_file(arrays, folder / GRAMS_FILE)

    @classmethod
    def load(cls, folder: Path) -> Grams:
        """Read that of a model folder.

        Raises:
            UsageError: if it is not there or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            return cls(**load_file(folder / GRAMS_FILE))
        except (OSError, SafetensorError, TypeError) as error:
            raise UsageError(f"{folder / GRAMS_FILE}: cannot be read: {error}") from error


def fit_grams(titles: Sequence[str], width: int, seed: int) -> Grams:
    """Learn an encoder of `width` dimensions (fewer where there are few titles).

    Equal titles and seed give the same encoder with one build of the numeric libraries.

    Raises:
        UsageError: if there are too few titles.
    """
    from sklearn.utils.extmath import randomized_svd

    counts = _counts(titles)
    seen = np.bincount(counts.indices, minlength=_BUCKETS)
    active = np.flatnonzero(seen >= _LEAST_TITLES).astype(np.int32)
    least = min(width, len(titles), len(active))
    if least < 2:  # noqa: PLR2004 - one axis tells nothing apart
        raise UsageError(f"{len(titles)} titles are too few to learn {width} dimensions from")
    idf = (np.log((1 + len(titles)) / (1 + seen[active])) + 1).astype(np.float32)
    weighted = _weighted(counts[:, active], idf)
    _, _, axes = randomized_svd(weighted, least, n_iter=_ROUNDS, random_state=seed)
    return Grams(active, idf, np.ascontiguousarray(axes.T, dtype=np.float16))


def _counts(texts: Sequence[str]) -> Any:  # noqa: ANN401 - scipy is not typed
    """1 + log of how often each n-gram occurs, CSR [n, buckets], no bucket twice in a row."""
    from sklearn.feature_extraction.text import HashingVectorizer

    plain = [text[:_LONGEST] for text in texts]
    settings: dict[str, Any] = {
        "n_features": _BUCKETS,
        "alternate_sign": False,
        "norm": None,
        "dtype": np.float32,
    }
    words = HashingVectorizer(ngram_range=(1, 2), **settings).transform(plain)
    inside = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **settings).transform(plain)
    found = (words + inside).tocsr()
    found.data = 1 + np.log(found.data)
    return found


def _weighted(counts: Any, idf: NDArray[np.float32]) -> Any:  # noqa: ANN401 - scipy is not typed
    from sklearn.preprocessing import normalize

    return normalize(counts.multiply(idf[None, :]).tocsr(), copy=False)
