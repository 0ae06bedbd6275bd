"""The board as values: what every renderer and export reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from math import isclose

from popcorn_bench.leaderboard.catalog import MetricCard, RunCard
from popcorn_bench.leaderboard.generators.model import ShownGenerator
from popcorn_bench.leaderboard.modes import ModeCard
from popcorn_bench.leaderboard.trust.model import Trust
from popcorn_bench.leaderboard.trust.ratings.compute import Corrected
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
    its briefs, its own clips and its scores cost, None where a price is unknown. `ppi` is the mean
    in the scale of human ratings, None where none were given.
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
    ppi: Corrected | None = None


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
class Uplift:
    """What `mode` changes for one LLM over `baseline`, over all queries that both have.

    `delta` is mean(mode - baseline) over `n_pairs` queries, in the metric's unit, with standard
    error, 95 % interval and the paired t test's `p`; `p_holm` is adjusted over the LLMs of the
    same task, evaluator, metric and mode. `hedges_gz` is the standardised difference. Seeds and
    repeats are averaged first, then the generators of `videos`, which both modes have.
    `share_improved` (0..1) counts queries that got better. `n_dropped` queries have a score but
    no complete pair. `copying` (0..1) is the mean over titles of the largest similarity to a
    reference, `copied_share` the share of titles where it is at least 0.9; None where no
    references were shown. `leakage` says that the predictor learned from rows that the LLM may have
    been shown in either mode.
    """

    task: str
    llm: str
    mode: str
    baseline: str
    metric: str
    evaluator: str
    direction: Direction
    videos: tuple[str, ...]
    delta: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    p_holm: float | None
    hedges_gz: float | None
    share_improved: float | None
    n_pairs: int
    n_dropped: int
    copying: float | None
    copied_share: float | None
    leakage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All rows of one task and one metric of one evaluator, best first.

    `task` and `evaluator` are displayed names; versions of a task share its `task_name`.
    `rank_queries` is how many queries all ranked rows share; `rank_dropped` how many others some
    of them have. `trust` is what is known of its metric.
    """

    task: str
    task_name: str
    task_version: str
    task_id: str
    evaluator: str
    card: MetricCard
    rows: tuple[Row, ...]
    human: tuple[HumanRow, ...]
    rank_queries: int
    rank_dropped: int
    trust: Trust

    @property
    def ranked(self) -> bool:
        """Whether any row has a rank."""
        return any(row.rank_low is not None for row in self.rows)

    @property
    def priced(self) -> bool:
        """Whether any row rests on briefs, so that there is a cost to tell or to miss."""
        return any(row.cost_usd is not None or "cost_unknown" in row.flags for row in self.rows)

    @property
    def level(self) -> bool:
        """Whether several rows all have the same mean, and the same interval where it is known."""
        values = [(row.mean, row.ci_low, row.ci_high) for row in self.rows]
        return len(values) > 1 and all(map(_level, zip(*values, strict=True)))

    @property
    def descriptive(self) -> bool:
        """Whether the metric has no better or worse."""
        return self.card.direction is Direction.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The tables, what they are aggregated by, and the runs behind them.

    `mode` is what was asked for, `modes` are those that the rows rest on. `uplift` is per LLM and
    over all queries, whatever the tables are aggregated by. `rated` says whether human ratings were
    given. `generators` made the clips and covers of these tasks and modes; `gpu_hour_usd` is what
    an hour on a GPU is to cost, None where nobody said it.
    """

    tables: tuple[Table, ...]
    uplift: tuple[Uplift, ...]
    by: str | None
    mode: str | None
    modes: tuple[ModeCard, ...]
    runs: tuple[RunCard, ...]
    baselines_only: bool
    rated: bool = False
    generators: tuple[ShownGenerator, ...] = ()
    gpu_hour_usd: float | None = None

    @property
    def ranking(self) -> tuple[Table, ...]:
        """The tables of metrics that have a better, without the hidden ones."""
        return tuple(t for t in self.tables if not t.descriptive and not self._hides(t))

    @property
    def hidden(self) -> tuple[Table, ...]:
        """Tables of parts of the query set that tell nothing: every row is the same."""
        return tuple(filter(self._hides, self.tables))

    @property
    def describing(self) -> tuple[tuple[Table, ...], ...]:
        """The tables of descriptions, those of one task and evaluator together."""
        groups: dict[tuple[str, str], list[Table]] = {}
        for table in self.tables:
            if table.descriptive:
                groups.setdefault((table.task_id, table.evaluator), []).append(table)
        return tuple(map(tuple, groups.values()))

    @property
    def shown(self) -> tuple[Table, ...]:
        """All tables but the hidden ones, descriptions last."""
        return (*self.ranking, *chain.from_iterable(self.describing))

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows of all tables."""
        return tuple(row for table in self.tables for row in table.rows)

    @property
    def human(self) -> tuple[HumanRow, ...]:
        """All human rows."""
        return tuple(row for table in self.tables for row in table.human)

    def _hides(self, table: Table) -> bool:
        return self.by in PARTS and table.level and not table.descriptive


def _level(values: Iterable[float | None]) -> bool:
    """Whether all known values are equal but for what the order of adding leaves."""
    known = [value for value in values if value is not None]
    return all(isclose(value, known[0], rel_tol=1e-12, abs_tol=1e-12) for value in known)
