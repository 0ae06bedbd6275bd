"""What the journal already holds, in memory that hardly grows with it."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

_MERGE_AT = 65_536
_HEX_DIGITS = 16  # 64 of the 256 bits: a reader checks the whole key in the record itself


class KeyIndex:
    """Maps hex keys to non-negative integers in 16 bytes an entry; a later value wins.

    New entries gather in a dict that is merged into sorted arrays when it is full.
    """

    def __init__(self) -> None:
        self._keys: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._values: NDArray[np.int64] = np.empty(0, np.int64)
        self._sorted = self._keys.data  # its items come ten times as fast
        self._recent: dict[int, int] = {}

    def __setitem__(self, key: str, value: int) -> None:
        self._recent[_short(key)] = value
        if len(self._recent) >= _MERGE_AT:
            self._merge()

    def get(self, key: str) -> int | None:
        """The value of `key`, or None."""
        short = _short(key)
        if short in self._recent:
            return self._recent[short]
        at = bisect_left(self._sorted, short)
        if at < len(self._sorted) and self._sorted[at] == short:
            return int(self._values[at])
        return None

    def _merge(self) -> None:
        keys = np.concatenate([np.fromiter(self._recent, np.uint64), self._keys])
        values = np.concatenate([np.fromiter(self._recent.values(), np.int64), self._values])
        self._keys, first = np.unique(keys, return_index=True)  # first: the recent one wins
        self._values = values[first]
        self._sorted = self._keys.data
        self._recent = {}


def _short(key: str) -> int:
    return int(key[:_HEX_DIGITS], 16)
