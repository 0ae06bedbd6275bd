"""The shared axis on which the intervals of one table are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from popcorn_bench.leaderboard.model import HumanRow, Row, Table, Uplift


class Interval(NamedTuple):
    """A mean with its bounds, which are the mean itself where they are unknown."""

    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to 0..1."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands, held to 0..1."""
        if self.high <= self.low:
            return 0.5
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def interval_of(row: Row | HumanRow | Uplift) -> Interval | None:
    """What there is to draw of a row."""
    mean = row.delta if isinstance(row, Uplift) else row.mean
    if mean is None:
        return None
    low = mean if row.ci_low is None else row.ci_low
    return Interval(low, mean, mean if row.ci_high is None else row.ci_high)


def scale_of(table: Table) -> Scale:
    """The axis that holds every interval of the table and the human means."""
    return _around([*map(interval_of, table.rows), *map(interval_of, table.human)])


def uplift_scale(uplifts: Sequence[Uplift]) -> Scale:
    """The axis that holds every change and zero."""
    return _around([Interval(0, 0, 0), *map(interval_of, uplifts)])


def _around(intervals: Iterable[Interval | None]) -> Scale:
    ends = [end for interval in intervals if interval for end in interval]
    return Scale(min(ends), max(ends)) if ends else Scale(0.0, 1.0)
