"""Which rows of a corpus a predictor learned from, as hashes: so that no LLM is shown them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from popcorn_bench.errors import UsageError

_BYTES = 8  # a hashed id is 16 hex digits
_SUFFIX = ".rows"


def rows_path(model: Path) -> Path:
    """Where the hashed ids of a model's training rows lie."""
    return model.with_suffix(_SUFFIX)


def write_rows(hashed: Iterable[str], model: Path) -> None:
    """Write hashed ids (see `Corpus.hashed_ids`) beside their model."""
    packed = sorted(bytes.fromhex(key) for key in set(hashed))
    rows_path(model).write_bytes(b"".join(packed))


def read_rows(model: Path) -> frozenset[str]:
    """The hashed ids beside a model.

    Raises:
        UsageError: if they are not there: what a model learned from must be known, or its memory
            could pass for a gain.
    """
    path = rows_path(model)
    try:
        data = path.read_bytes()
    except OSError as error:
        why = f"the hashed ids of what {model.name} learned from cannot be read: {error.strerror}"
        raise UsageError(f"{path}: {why}") from error
    if len(data) % _BYTES:
        raise UsageError(f"{path}: is cut short: {len(data)} bytes are no whole number of ids")
    return frozenset(data[i : i + _BYTES].hex() for i in range(0, len(data), _BYTES))
