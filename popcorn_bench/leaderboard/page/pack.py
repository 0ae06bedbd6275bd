"""Data inside the page: nothing in it can end its element, and large parts are compressed."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Sequence

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

_BLOCK = 50  # values that are kept or left out together
_BASE64 = 4 / 3


def as_json(value: object) -> str:
    """JSON that may stand in a `<script type="application/json">`: no `<` in it."""
    text = _dumped(value)
    for char, escaped in _UNSAFE.items():
        text = text.replace(char, escaped)
    return text


def as_gzip(value: object) -> str:
    """JSON, compressed, in base64: the page reads it with `DecompressionStream`."""
    return b64encode(gzip.compress(_dumped(value).encode("utf-8", "replace"), 6, mtime=0)).decode()


def as_many(values: Sequence[object], room: int) -> tuple[str, int]:
    """As `as_gzip`, with null for the last values where all of them would not fit.

    Args:
        values: in the order of their worth.
        room: characters that the result may have.

    Returns:
        The packed list, and how many values it lacks.
    """
    kept = _fitting(values, room)
    return as_gzip([*values[:kept], *[None] * (len(values) - kept)]), len(values) - kept


def _fitting(values: Sequence[object], room: int) -> int:
    """How many of the first values fit; flushed by block, so that the real thing is shorter."""
    packer, taken = zlib.compressobj(6), 0
    for start in range(0, len(values), _BLOCK):
        block = _dumped(values[start : start + _BLOCK]).encode("utf-8", "replace")
        taken += len(packer.compress(block)) + len(packer.flush(zlib.Z_SYNC_FLUSH))
        if _BASE64 * taken > room:
            return start
    return len(values)


def short(value: float | None, digits: int = 5) -> float | None:
    """A number with as many digits as a page needs."""
    return None if value is None else float(f"{value:.{digits}g}")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
