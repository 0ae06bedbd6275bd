"""What a title looks like, whatever it says: lengths, marks, digits, capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.evaluators.popularity.grams import TITLE_LIMIT

_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile(r"[A-Z]")
_SYMBOL = re.compile(r"[\u2000-\U0010ffff]")
_MARKS = '#!?,.:@|-"[【'


def surface(titles: Sequence[str]) -> NDArray[np.float64]:
    """Counts per title, [n, features]; only the first `TITLE_LIMIT` characters count."""
    return np.array([_describe(title[:TITLE_LIMIT]) for title in titles], dtype=np.float64)


def _describe(title: str) -> list[float]:
    words = _WORD.findall(title)
    return [
        len(title),
        len(title.partition("#")[0]),
        len(words),
        len(set(words)) / max(1, len(words)),
        sum(map(len, words)) / max(1, len(words)),
        title[:1].isupper(),
        len(_DIGIT.findall(title)),
        len(_CAPITAL.findall(title)),
        len(_SYMBOL.findall(title)),
        *(title.count(mark) for mark in _MARKS),
    ]
