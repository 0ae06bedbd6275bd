"""Titles to hashed n-grams: one array pass per batch, the same numbers on every machine.

No vocabulary exists anywhere: a word is known only by a number, so that a trained model holds no
text of the rows it saw.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TITLE_LIMIT = 1000  # characters that are read; the longest title of the corpus has 640
BITS = 18  # every block hashes into 2**18 buckets

_WORD = re.compile(r"\w+")
_SMALL = re.compile(r"[a-z]+")
_CAPITAL = re.compile(r"[A-Z]")
_NUMBER = re.compile(r"\d+")
_GAP = re.compile(r"[\W_]+")
_TAG_LIMIT = 40  # characters of a hashtag that count
_HEAD = 8  # characters of the title's opening that count
_SPACE = ord(" ")
_BREAK = 0x110000  # stands between titles: no character has this number

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of a batch: `hashes[i]` occurs in title `rows[i]`; repeats are repeated."""

    rows: Rows
    hashes: Hashes


def extract(titles: Sequence[str], categories: Sequence[str]) -> Mapping[str, Grams]:
    """All n-gram blocks of a batch, by block name.

    Args:
        titles: n titles; only the first `TITLE_LIMIT` characters count.
        categories: n categories of the corpus.
    """
    written = [_compose(title) for title in titles]
    texts = [text.lower()[:TITLE_LIMIT] for text in written]
    words = _listed(texts, _WORD.findall)
    spaced = [f" {' '.join(_WORD.findall(text))} " for text in texts]
    squeezed = [_GAP.sub("", text) for text in texts]
    plain = {
        "word": _join(words, _bigrams(words)),
        "inside_word": _windows(spaced, range(2, 6), within_words=True),
        "across_words": _windows(squeezed, range(5, 8)),
        "tag": _listed(texts, _tags),
        "shape": _windows([f" {_shape(text)} " for text in written], range(3, 7)),
    }
    category = np.array([_crc(name) for name in categories], dtype=np.uint64)
    crossed = {f"category_{name}": _cross(grams, category) for name, grams in plain.items()}
    return {**plain, **crossed, "category": Grams(np.arange(len(texts)), category)}


def buckets(hashes: Hashes) -> NDArray[np.int64]:
    """Bucket of each hash in [0, 2**BITS): the best mixed, upper bits."""
    upper: Hashes = hashes * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - BITS)
    return upper.astype(np.int64)


def _compose(title: str) -> str:
    """Fold compatibility forms, cut before to bound the work and after because some grow."""
    return unicodedata.normalize("NFKC", title[:TITLE_LIMIT])[:TITLE_LIMIT]


def _shape(text: str) -> str:
    """How a title is written: marks and capitals stay, words and numbers lose what they say."""
    return _NUMBER.sub("0", _CAPITAL.sub("A", _SMALL.sub("a", text)))


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _listed(texts: Sequence[str], split: Callable[[str], list[str]]) -> Grams:
    found = [split(text) for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(items) for items in found])
    hashes = np.array([_crc(item) for items in found for item in items], dtype=np.uint64)
    return Grams(rows, hashes)


def _tags(text: str) -> list[str]:
    """Hashtags as wholes and by their first word, and how the title opens."""
    head, *tags = text.split("#")
    whole = [f"#{_GAP.sub('', tag)[:_TAG_LIMIT]}" for tag in tags]
    first = [f"^{word.group()}" for tag in tags if (word := _WORD.search(tag))]
    return [*(tag for tag in whole if tag != "#"), *first, f">{_GAP.sub('', head)[:_HEAD]}"]


def _mix(a: Hashes, b: Hashes) -> Hashes:
    """One hash of an ordered pair of hashes; wraps modulo 2**64."""
    mixed: Hashes = (a * np.uint64(0xBF58476D1CE4E5B9)) ^ (b + np.uint64(0x94D049BB133111EB))
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(32)
    return mixed


def _join(*parts: Grams) -> Grams:
    return Grams(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.hashes for part in parts]),
    )


def _cross(grams: Grams, category: Hashes) -> Grams:
    return Grams(grams.rows, _mix(grams.hashes, category[grams.rows]))


def _bigrams(words: Grams) -> Grams:
    same = words.rows[:-1] == words.rows[1:]
    pairs = _mix(words.hashes[:-1][same], words.hashes[1:][same])
    return Grams(words.rows[1:][same], pairs)


def _windows(texts: Sequence[str], sizes: range, *, within_words: bool = False) -> Grams:
    """Character n-grams; `within_words` keeps those with spaces at their ends only."""
    lengths = np.array([len(text) + 1 for text in texts], dtype=np.int64)
    joined = "".join(f"{text}\0" for text in texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype="<u4").astype(np.uint64)
    ends = np.cumsum(lengths) - 1
    codes[ends] = _BREAK
    rows = np.repeat(np.arange(len(texts)), lengths)
    return _join(*(_window(codes, rows, size, within_words=within_words) for size in sizes))


def _window(codes: Hashes, rows: Rows, size: int, *, within_words: bool) -> Grams:
    starts = len(codes) - size + 1
    if starts <= 0:
        return Grams(rows[:0], codes[:0])
    hashes = np.full(starts, size, dtype=np.uint64)
    for offset in range(size):
        hashes = _mix(hashes, codes[offset : offset + starts])
    keep = rows[:starts] == rows[size - 1 :]
    keep &= codes[size - 1 :] != _BREAK
    if within_words:
        inner = np.concatenate([[0], np.cumsum(codes == _SPACE)])
        keep &= inner[size - 1 : size - 1 + starts] == inner[1 : 1 + starts]
    return Grams(rows[:starts][keep], hashes[keep])
