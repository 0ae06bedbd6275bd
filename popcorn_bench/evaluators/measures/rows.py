"""Which rows of a corpus a predictor learned from, as hashes: so that no LLM is shown them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_BYTES = 8  # a hashed id is 16 hex digits
_SUFFIX = ".rows"


def write_rows(hashed: Iterable[str], model: Path) -> None:
    """Write hashed ids (see `Corpus.hashed_ids`) beside their model."""
    packed = sorted(bytes.fromhex(key) for key in set(hashed))
    model.with_suffix(_SUFFIX).write_bytes(b"".join(packed))


def read_rows(model: Path) -> frozenset[str]:
    """The hashed ids beside a model; none where they were not written."""
    path = model.with_suffix(_SUFFIX)
    data = path.read_bytes() if path.exists() else b""
    return frozenset(data[i : i + _BYTES].hex() for i in range(0, len(data), _BYTES))
