"""The shared axis on which the intervals of one table are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from popcorn_bench.leaderboard.model import HumanRow, Row, Table


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


def scale_of(table: Table) -> Scale:
    """The axis that holds every interval of the table and the human means."""
    rows: list[Row | HumanRow] = [*table.rows, *table.human]
    ends = [
        value for row in rows for value in (row.ci_low, row.mean, row.ci_high) if value is not None
    ]
    return Scale(min(ends), max(ends)) if ends else Scale(0.0, 1.0)
