"""Round numbers along an axis, and names that fit beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor, log10
from unicodedata import east_asian_width

_LONGEST = 18  # letters of a name beside an axis, one of twice the width counted twice
_LETTER, _LINE = 8, 15  # pixels of a letter and of a line, about
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps values from `low`..`high` to pixels from `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Pixels and labels of some five round numbers."""
        span = self.high - self.low
        if span <= 0:
            return [(self.at(self.low), f"{self.low:g}")]
        raw = span / 5
        power: float = 10.0 ** floor(log10(raw))
        step = next(s * power for s in _STEPS if s * power >= raw * (1 - 1e-9))
        first, last = ceil(self.low / step), floor(self.high / step)
        return [(self.at(i * step), f"{i * step:.10g}") for i in range(first, last + 1)]


def shortened(name: str) -> str:
    """A name that fits; the drawing's description has it whole."""
    ends = list(accumulate(2 if east_asian_width(letter) in "WF" else 1 for letter in name))
    if not ends or ends[-1] <= _LONGEST:
        return name
    return f"{name[: bisect_right(ends, _LONGEST - 1)]}…"


def uncrowded(labels: Sequence[tuple[float, float, str]]) -> set[int]:
    """Which names beside dots do not run into each other.

    Args:
        labels: x, y and name of each, the most important first.

    Returns:
        Indices of those to write.
    """
    kept: dict[int, tuple[float, float, str]] = {}
    for i, (x, y, name) in enumerate(labels):
        wide = _LETTER * len(name) + 20
        near = (
            abs(y - other_y) < _LINE and -wide < x - other_x < _LETTER * len(other) + 20
            for other_x, other_y, other in kept.values()
        )
        if not any(near):
            kept[i] = (x, y, name)
    return set(kept)
