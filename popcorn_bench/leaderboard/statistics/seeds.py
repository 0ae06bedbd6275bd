"""What more seeds per query would bring."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from popcorn_bench.leaderboard.statistics.interval import Floats

_PAIR = 2


@dataclass(frozen=True, slots=True)
class SeedSpread:
    """Variance of one cell within queries (between seeds) and between queries' true values."""

    within: float
    between: float
    queries: int

    @property
    def shared(self) -> float | None:
        """Share of the variance that belongs to the query (intraclass correlation)."""
        total = self.within + self.between
        return self.between / total if total > 0 else None

    def error(self, seeds: int) -> float:
        """Standard error of the cell's mean with so many seeds: sqrt((b + w / K) / Q)."""
        return sqrt((self.between + self.within / seeds) / self.queries)


def seed_spread(scores: Floats) -> SeedSpread:
    """One-way analysis of variance with queries as groups (Fisher, 1925); none below zero.

    Args:
        scores: shape (Q, S), finite, Q and S >= 2.

    Raises:
        ValueError: for fewer than two queries or seeds.
    """
    queries, seeds = scores.shape
    if min(queries, seeds) < _PAIR:
        raise ValueError("two queries and two seeds are needed")
    within = float(scores.var(axis=1, ddof=1).mean())
    between = float(scores.mean(axis=1).var(ddof=1)) - within / seeds
    return SeedSpread(within, max(0.0, between), queries)
