"""Data inside the page: nothing in it can end its element, and large parts are compressed."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def as_json(value: object) -> str:
    """JSON that may stand in a `<script type="application/json">`: no `<` in it."""
    text = _dumped(value)
    for char, escaped in _UNSAFE.items():
        text = text.replace(char, escaped)
    return text


def as_gzip(value: object) -> str:
    """JSON, compressed, in base64: the page reads it with `DecompressionStream`."""
    return b64encode(gzip.compress(_dumped(value).encode("utf-8", "replace"), 6, mtime=0)).decode()


def short(value: float | None, digits: int = 5) -> float | None:
    """A number with as many digits as a page needs."""
    return None if value is None else float(f"{value:.{digits}g}")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
