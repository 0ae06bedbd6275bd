"""The embedder without weights: hashed words, word pairs and character n-grams, as TF-IDF.

A text becomes a sparse vector over `2**BITS` buckets: an n-gram's bucket is its hash, its value
(1 + log count) * idf, and idf = log((1 + n) / (1 + texts with the bucket)) + 1 is learnt from the
corpus. Only integer hashing and a few logarithms are involved, so that every machine finds the
same neighbours.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from popcorn_bench.generators.retrieval.vectors import Floats

BITS = 18
TEXT_LIMIT = 4_000  # characters of a text that are read

_SIZES = range(3, 6)  # characters of an n-gram; the blanks around a word are part of it
_CHUNK = 2_048  # texts at a time: bounds the memory, whatever the corpus
_WORD = re.compile(r"\w+")
_BLANK = ord(" ")

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hashed:
    """See the module."""

    name: str = "hashed"
    revision: str = "1"

    def learn(self, texts: Sequence[str]) -> Floats:
        """Inverse document frequency of each bucket, [2**BITS]."""
        seen = np.zeros(1 << BITS, dtype=np.int64)
        for chunk in _chunks(texts):
            cells = np.unique(_cells(chunk))
            seen += np.bincount(cells & ((1 << BITS) - 1), minlength=1 << BITS)
        return (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)

    def encode(self, texts: Sequence[str], learnt: Floats) -> csr_array:
        """Sparse rows, [n, 2**BITS]."""
        parts = [_weighted(chunk, learnt) for chunk in _chunks(texts)]
        if not parts:
            return csr_array((0, 1 << BITS), dtype=np.float32)
        return parts[0] if len(parts) == 1 else csr_array(vstack(parts, format="csr"))


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _CHUNK):
        yield texts[start : start + _CHUNK]


def _weighted(texts: Sequence[str], idf: Floats) -> csr_array:
    cells, counts = np.unique(_cells(texts), return_counts=True)
    rows, columns = cells >> BITS, cells & ((1 << BITS) - 1)
    values = (1 + np.log(counts)) * idf[columns]
    lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=len(texts)))
    ends = np.cumsum(np.bincount(rows, minlength=len(texts)))
    return csr_array(
        (
            (values / lengths[rows]).astype(np.float32),
            columns.astype(np.int32),
            np.concatenate([[0], ends]).astype(np.int32),
        ),
        shape=(len(texts), 1 << BITS),
    )


def _cells(texts: Sequence[str]) -> Ints:
    """Row and bucket of every n-gram of a batch, as row * 2**BITS + bucket; repeats repeated."""
    words = [_WORD.findall(_folded(text)) for text in texts]
    rows = np.repeat(np.arange(len(words)), [len(found) for found in words])
    single = np.array([_crc(word) for found in words for word in found], dtype=np.uint64)
    same = rows[1:] == rows[:-1]
    pairs = single[:-1][same] * np.uint64(31) + single[1:][same]
    parts = [(rows, single), (rows[1:][same], pairs), *_characters(words)]
    where, hashes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return (where << BITS) + _buckets(_mixed(hashes))


def _characters(words: Sequence[Sequence[str]]) -> Iterator[tuple[Ints, Hashes]]:
    """Row and hash of each run of characters without a blank inside; two part the texts."""
    lines = [f" {' '.join(found)} " for found in words]
    text = "".join(lines).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(text, dtype="<u4").astype(np.uint64)
    rows = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    blanks = np.cumsum(codes == _BLANK)
    for size in _SIZES:
        n = max(0, len(codes) - size + 1)
        hashes = np.full(n, size, dtype=np.uint64)
        for offset in range(size):
            hashes = (hashes ^ codes[offset : offset + n]) * np.uint64(0x100000001B3)
        kept = np.flatnonzero(blanks[size - 2 : size - 2 + n] == blanks[:n])
        yield rows[kept], hashes[kept]


def _folded(text: str) -> str:
    """Case and compatibility forms folded, after the cut that bounds the work."""
    return unicodedata.normalize("NFKC", text[:TEXT_LIMIT]).casefold()[:TEXT_LIMIT]


def _crc(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) + (1 << 40)


def _mixed(hashes: Hashes) -> Hashes:
    """Spread every bit over all others; wraps modulo 2**64."""
    hashes = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return hashes ^ (hashes >> np.uint64(29))


def _buckets(hashes: Hashes) -> Ints:
    return (hashes >> np.uint64(64 - BITS)).astype(np.int64)
