"""Three disjoint parts of a corpus: retrieval, training, test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from popcorn_bench import fingerprint
from popcorn_bench.tasks.corpora.corpus import Corpus
from popcorn_bench.tasks.corpora.twins import group_keys

if TYPE_CHECKING:
    from polars import DataFrame


class Part(StrEnum):
    """What the rows of a part are for."""

    RETRIEVAL = "retrieval"
    TRAIN = "train"
    TEST = "test"


SHARES: Mapping[Part, float] = MappingProxyType(
    {Part.RETRIEVAL: 0.5, Part.TRAIN: 0.4, Part.TEST: 0.1}
)


@dataclass(frozen=True, slots=True)
class Split:
    """A corpus in parts.

    Args:
        corpus: what was split, n rows.
        parts: the part of each row, [n].
        groups: the group of twins of each row, numbered from 0 in the order of the rows, [n].
    """

    corpus: Corpus
    parts: tuple[Part, ...]
    groups: tuple[int, ...]

    def part(self, part: Part) -> Corpus:
        """The rows of one part."""
        from polars import Boolean, Series

        mask = Series([p is part for p in self.parts], dtype=Boolean)
        return self.corpus.only(self.corpus.frame.filter(mask))

    def frame(self) -> DataFrame:
        """Columns `id`, `category`, `part`, `group`, one row per video."""
        from polars import DataFrame, Int64, String

        told = self.corpus.frame.select("id", "category")
        added = {"part": [str(p) for p in self.parts], "group": self.groups}
        return told.hstack(DataFrame(added, schema={"part": String, "group": Int64}))


def split(corpus: Corpus, seed: int = 0, shares: Mapping[Part, float] = SHARES) -> Split:
    """Put every row into one part; twins go to the same.

    The part follows from the text of a group and the seed alone. It stays when other rows come or
    go, unless they bring twins, and rows with the same text are in the same part of every corpus.
    Parts have their shares on average.

    Args:
        corpus: what to split.
        seed: another one gives other parts.
        shares: of the groups, in the order of the parts; they add up to 1.
    """
    keys = group_keys(corpus.frame)
    number: dict[str, int] = {}
    groups = tuple(number.setdefault(key, len(number)) for key in keys)
    part = {key: _part(key, seed, shares) for key in number}
    return Split(corpus, tuple(part[key] for key in keys), groups)


def _part(key: str, seed: int, shares: Mapping[Part, float]) -> Part:
    """Where a group falls: its hash as a number in [0, 1) against the shares in their order."""
    place = int(fingerprint.digest("part", seed, key)[:12], 16) / 16**12
    limit = 0.0
    for part, share in shares.items():
        limit += share
        if place < limit:
            return part
    return part
