"""Groups of rows whose texts are nearly the same.

Two rows are twins if the sets of their words and pairs of neighbouring words have a Jaccard
similarity of at least `NEAR`; twins of twins share a group. Letter case, punctuation and the values
of numbers do not count: episodes of a series are twins. The join is exact and its result does not
depend on the order of the rows: a pair that is near enough must share one of its rarest words
(prefix filter: Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007), so that only rows
with a rare word in common are compared.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from polars import DataFrame

NEAR = 0.6
_NEAR_FIFTHS = 3  # the same in whole numbers, which do not round

# Scripts without spaces between words: each character is a word of its own.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|\d+")
_NUMBER = "0"


def group_keys(frame: DataFrame) -> list[str]:
    """For each row the key of its group: equal for twins, and the same in every corpus.

    The text of a row is its title, or, where that has no words, its cover description and caption.
    A row without any words has no twins.

    Args:
        frame: of a corpus, n rows.

    Returns:
        n keys: the first text of the group in alphabetical order.
    """
    rows = zip(*(frame[name] for name in ("title", "cover_desc", "caption")), strict=True)
    texts = [_words(title) or _words(f"{cover} {caption}") for title, cover, caption in rows]
    joined = [" ".join(words) for words in texts]
    leader = _leaders({text: words for text, words in zip(joined, texts, strict=True) if text})
    return [
        leader[text] if text else f"row {key}"
        for text, key in zip(joined, frame["id"], strict=True)
    ]


def _words(text: str) -> list[str]:
    found = _WORD.findall(normalize("NFKC", text).casefold())
    return [_NUMBER if word.isdigit() else word for word in found]


def _leaders(texts: dict[str, list[str]]) -> dict[str, str]:
    """For each text the alphabetically first of its group."""
    order = sorted(texts)
    forest = _Forest(len(order))
    _join_near([_shingles(texts[text]) for text in order], forest)
    return {text: order[forest.root(i)] for i, text in enumerate(order)}


def _shingles(words: Sequence[str]) -> frozenset[str]:
    """Words and pairs of neighbours (a word holds no blank, so that they cannot be mixed up)."""
    return frozenset(chain(words, map(" ".join, pairwise(words))))


def _join_near(sets: Sequence[frozenset[str]], forest: _Forest) -> None:
    """Join what is near: each set is compared with those before it that share a rare member."""
    often = Counter(chain.from_iterable(sets))
    index: defaultdict[str, list[int]] = defaultdict(list)
    for i in sorted(range(len(sets)), key=lambda i: len(sets[i])):
        shared = [index[item] for item in _prefix(sets[i], often) if often[item] > 1]
        for j in set(chain.from_iterable(shared)):
            if _near(sets[i], sets[j]):
                forest.join(i, j)
        for places in shared:
            places.append(i)


def _prefix(items: frozenset[str], often: Counter[str]) -> Iterable[str]:
    """The rarest members: a set near this one must hold one of them, and one of its own rarest."""
    size = (5 - _NEAR_FIFTHS) * len(items) // 5 + 1
    return sorted(items, key=lambda item: (often[item], item))[:size]


def _near(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether `b`, which is no larger than `a`, is a twin of it."""
    if 5 * len(b) < _NEAR_FIFTHS * len(a):
        return False
    common = len(a & b)
    return 5 * common >= _NEAR_FIFTHS * (len(a) + len(b) - common)


class _Forest:
    """Disjoint sets over 0..n-1; the root of a set is its smallest member."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        low, high = sorted((self.root(i), self.root(j)))
        self._parent[high] = low
