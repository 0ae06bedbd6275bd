"""What a title looks like, whatever it says: lengths, marks, digits, capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.grams import TITLE_LIMIT, code_points

_WORD = re.compile(r"\w+")
_SYMBOLS = 0x2000  # from here on: marks of typesetting, ideograms, emoji
_MARKS = '#!?,.:@|-"[【'


def surface(titles: Sequence[str]) -> NDArray[np.float64]:
    """Counts per title, [n, features]; only the first `TITLE_LIMIT` characters count."""
    texts = [title[:TITLE_LIMIT] for title in titles]
    words = np.array([_describe(text) for text in texts], dtype=np.float64).reshape(-1, 6)
    return np.hstack([words, _counts(texts)])


def _describe(text: str) -> list[float]:
    words = _WORD.findall(text)
    return [
        len(text),
        len(text.partition("#")[0]),
        len(words),
        len(set(words)) / max(1, len(words)),
        sum(map(len, words)) / max(1, len(words)),
        text[:1].isupper(),
    ]


def _counts(texts: Sequence[str]) -> NDArray[np.float64]:
    """How many digits, capitals (A-Z), symbols and marks of each kind a text has."""
    codes, rows = code_points(texts)
    kinds = [
        (codes >= ord("0")) & (codes <= ord("9")),
        (codes >= ord("A")) & (codes <= ord("Z")),
        codes >= _SYMBOLS,
        *(codes == ord(mark) for mark in _MARKS),
    ]
    return np.column_stack([np.bincount(rows[kind], minlength=len(texts)) for kind in kinds])
