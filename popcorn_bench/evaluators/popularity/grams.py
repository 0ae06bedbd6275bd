"""Titles to hashed n-grams: one array pass per batch, the same numbers on every machine.

No vocabulary exists anywhere: a word is known only by a number, so that a trained model holds no
text of the rows it saw.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
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
Buckets = NDArray[np.int32]
Rows = NDArray[np.int64]
_Hashed = tuple[Rows, Hashes]  # titles and hashes of their n-grams


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of a batch: bucket `buckets[i]` in [0, 2**BITS) occurs in title `rows[i]`."""

    rows: Rows
    buckets: Buckets


def extract(titles: Sequence[str]) -> Mapping[str, Grams]:
    """All n-gram blocks of a batch, by block name; repeats are repeated.

    Args:
        titles: n titles; only the first `TITLE_LIMIT` characters count.
    """
    written = [_compose(title) for title in titles]
    texts = [text.lower()[:TITLE_LIMIT] for text in written]
    split = [_WORD.findall(text) for text in texts]
    words = _listed(split)
    spaced = [f" {' '.join(found)} " for found in split]
    squeezed = [_GAP.sub("", text) for text in texts]
    found = {
        "word": _join([words, _bigrams(words)]),
        "inside_word": _windows(spaced, range(2, 6), within_words=True),
        "across_words": _windows(squeezed, range(5, 8)),
        "tag": _listed([_tags(text) for text in texts]),
        "shape": _windows([f" {_shape(text)} " for text in written], range(3, 7)),
    }
    return {name: Grams(rows, _buckets(hashes)) for name, (rows, hashes) in found.items()}


def category_codes(categories: Sequence[str]) -> Hashes:
    """A number for each category, whatever others there are."""
    return np.array([_crc(name) for name in categories], dtype=np.uint64)


def cross(grams: Grams, categories: Hashes) -> Grams:
    """The n-grams as those of their title's category."""
    hashes = _mix(grams.buckets.astype(np.uint64), categories[grams.rows])
    return Grams(grams.rows, _buckets(hashes))


def of_category(categories: Hashes) -> Grams:
    """The category as the only n-gram of each title."""
    return Grams(np.arange(len(categories)), _buckets(categories))


def _buckets(hashes: Hashes) -> Buckets:
    """The best mixed, upper bits."""
    upper: Hashes = hashes * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - BITS)
    return upper.astype(np.int32)


def code_points(texts: Sequence[str], end: str = "") -> tuple[Hashes, Rows]:
    """Characters of all texts as numbers, and the text of each; `end` is put behind each text."""
    joined = "".join(f"{text}{end}" for text in texts).encode("utf-32-le", "surrogatepass")
    lengths = np.array([len(text) + len(end) for text in texts], dtype=np.int64)
    return np.frombuffer(joined, dtype="<u4").astype(np.uint64), _spread(lengths)


def _spread(lengths: Sequence[int] | Rows) -> Rows:
    """The number of each text, as often as the text is long."""
    return np.repeat(np.arange(len(lengths)), lengths)


def _compose(title: str) -> str:
    """Fold compatibility forms, cut before to bound the work and after because some grow."""
    return unicodedata.normalize("NFKC", title[:TITLE_LIMIT])[:TITLE_LIMIT]


def _shape(text: str) -> str:
    """How a title is written: marks and capitals stay, words and numbers lose what they say."""
    return _NUMBER.sub("0", _CAPITAL.sub("A", _SMALL.sub("a", text)))


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _listed(split: Sequence[Sequence[str]]) -> _Hashed:
    hashes = np.array([_crc(item) for items in split for item in items], dtype=np.uint64)
    return _spread([len(items) for items in split]), hashes


def _tags(text: str) -> list[str]:
    """Hashtags as wholes and by their first word, and how the title opens."""
    head, *tags = text.split("#")
    whole = [f"#{_GAP.sub('', tag)[:_TAG_LIMIT]}" for tag in tags]
    first = [f"^{word.group()}" for tag in tags if (word := _WORD.search(tag))]
    return [
        *(tag for tag in whole if tag != "#"),
        *first,
        f">{_GAP.sub('', head)[:_HEAD]}",
    ]


def _mix(a: Hashes, b: Hashes) -> Hashes:
    """One hash of an ordered pair of hashes; wraps modulo 2**64."""
    mixed: Hashes = (a * np.uint64(0xBF58476D1CE4E5B9)) ^ (b + np.uint64(0x94D049BB133111EB))
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(32)
    return mixed


def _join(parts: Sequence[_Hashed]) -> _Hashed:
    rows, hashes = zip(*parts, strict=True)
    return np.concatenate(rows), np.concatenate(hashes)


def _bigrams(words: _Hashed) -> _Hashed:
    rows, hashes = words
    same = rows[:-1] == rows[1:]
    return rows[1:][same], _mix(hashes[:-1][same], hashes[1:][same])


def _windows(texts: Sequence[str], sizes: range, *, within_words: bool = False) -> _Hashed:
    """Character n-grams; `within_words` keeps those with spaces at their ends only."""
    codes, rows = code_points(texts, end="\0")
    codes[np.flatnonzero(np.diff(rows, append=len(texts)))] = _BREAK
    inner = np.cumsum(codes == _SPACE) if within_words else np.zeros(len(codes), dtype=np.int64)
    hashes, parts = codes, []
    for size in range(2, max(sizes) + 1):
        hashes = _mix(hashes[:-1], codes[size - 1 :])  # the n-gram before with one character more
        if size in sizes:
            starts = len(hashes)
            keep = (rows[:starts] == rows[size - 1 :]) & (codes[size - 1 :] != _BREAK)
            # no space but at the ends
            keep &= inner[size - 2 :][:starts] == inner[:starts]
            parts.append((rows[:starts][keep], hashes[keep]))
    return _join(parts)
