"""A made-up corpus and a small dense embedder; every row, word and number here is invented."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import polars as pl
from numpy.typing import NDArray

SIZES = {"Baking": 47, "Chess": 30, "Kites": 12, "Rivers": 5}
_WORDS = {
    "Baking": "baking dough crust oven butter flour glaze yeast crumb sugar",
    "Chess": "chess rook gambit pawn endgame castle blunder queen clock tempo",
    "Kites": "kites wind string tail dune gust spool glide loop updraft",
    "Rivers": "rivers ferry heron delta bank current rapids pebble bridge fog",
}
_ANY = ["slow", "first", "tiny", "wild", "quiet", "again", "never", "street", "night", "golden"]


def corpus(sizes: dict[str, int] | None = None, seed: int = 7) -> pl.DataFrame:
    """Rows in a mixed order; some share their text, some their number of comments."""
    random = Random(seed)
    rows = [
        _row(random, category, i)
        for category, size in (SIZES if sizes is None else sizes).items()
        for i in range(size)
    ]
    random.shuffle(rows)
    return pl.DataFrame(rows, infer_schema_length=None)


def _row(random: Random, category: str, i: int) -> dict[str, str | int]:
    def say(n: int) -> str:
        own = _WORDS[category].split() if category in _WORDS else [category.lower()]
        return " ".join(random.choice(own + _ANY) for _ in range(n))

    return {
        "id": f"{category[0]}{i:03}",
        "title": say(random.choice((1, 4, 7))),
        "cover_desc": say(3) if i % 3 else "",
        "caption": say(6) if i % 2 else "",
        "category": category,
        "likes": random.randrange(10_000, 90_000),
        "views": random.randrange(100_000, 900_000),
        "comments": random.choice((3, 17, 17, 250, random.randrange(1, 9_000))),
    }


@dataclass(frozen=True, slots=True)
class Letters:
    """Counts of hashed words in few dimensions, so that texts often collide."""

    name: str = "letters"
    revision: str = "1"
    dimensions: int = 12

    def learn(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.full(1, len(texts), dtype=np.float32)

    def encode(self, texts: Sequence[str], learnt: NDArray[np.float32]) -> NDArray[np.float32]:
        assert learnt.shape == (1,)
        return np.array([self._one(text) for text in texts], dtype=np.float32)

    def _one(self, text: str) -> list[float]:
        row = [0.0] * self.dimensions
        for word in text.lower().split():
            row[zlib.crc32(word.encode()) % self.dimensions] += 1
        length = sum(x * x for x in row) ** 0.5
        return [x / length if length else 0.0 for x in row]
