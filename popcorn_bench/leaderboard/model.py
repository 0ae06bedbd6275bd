"""The board as values: what every renderer and export reads."""

from __future__ import annotations

from dataclasses import dataclass

from popcorn_bench.leaderboard.catalog import MetricCard, RunCard
from popcorn_bench.types import Direction

DIMENSIONS = ("llm", "video", "mode", "topic", "kind")
PARTS = ("topic", "kind")  # dimensions that divide the queries, not the systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the board; dimensions that are averaged over are None.

    `mean`, `se` and the bounds of the 95 % interval are in the metric's unit, over `n_queries`
    queries. `n_scored`, `n_planned` and `n_failed` count scores. `rank_low` to `rank_high` are
    the ranks that the data leave open, all rows of a table at once with 95 % confidence; None
    where the row or the metric is not ranked. `human_percentile` is 0..100. `cost_usd` is what
    the briefs cost, None where a price is unknown.
    """

    task: str
    task_version: str
    llm: str | None
    video: str | None
    mode: str | None
    topic: str | None
    kind: str | None
    metric: str
    evaluator: str
    evaluator_version: str
    sees: tuple[str, ...]
    direction: Direction
    mean: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    n_queries: int
    n_scored: int
    n_planned: int
    n_failed: int
    fail_rate: float | None
    cost_usd: float | None
    rank_low: int | None
    rank_high: int | None
    human_percentile: float | None
    baseline: bool
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanRow:
    """Held-out human videos under the same evaluator, weighted by the topics of the queries.

    `n` counts videos. It stands beside the rows and is never ranked: nobody asked those people
    our queries.
    """

    task: str
    metric: str
    evaluator: str
    evaluator_version: str
    topic: str | None
    kind: str | None
    mean: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All rows of one task and one metric of one evaluator, best first.

    `evaluator` is its displayed name. `rank_queries` is how many queries all ranked rows share;
    `rank_dropped` how many others some of them have.
    """

    task: str
    task_version: str
    task_id: str
    evaluator: str
    card: MetricCard
    rows: tuple[Row, ...]
    human: tuple[HumanRow, ...]
    rank_queries: int
    rank_dropped: int

    @property
    def ranked(self) -> bool:
        """Whether any row has a rank."""
        return any(row.rank_low is not None for row in self.rows)

    @property
    def descriptive(self) -> bool:
        """Whether the metric has no better or worse."""
        return self.card.direction is Direction.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The tables, what they are aggregated by, and the runs behind them."""

    tables: tuple[Table, ...]
    by: str | None
    mode: str | None
    runs: tuple[RunCard, ...]
    baselines_only: bool

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows of all tables."""
        return tuple(row for table in self.tables for row in table.rows)

    @property
    def human(self) -> tuple[HumanRow, ...]:
        """All human rows."""
        return tuple(row for table in self.tables for row in table.human)
