"""What the board reads from the index.

Scores are gathered per cell in one pass over the table, as lists of query numbers and values;
the averages over seeds and queries are then taken in numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from popcorn_bench.leaderboard.statistics.interval import Floats


class CellKey(NamedTuple):
    """Ids of one cell under one evaluator; `video_id` is '' where it does not see the video."""

    task_id: str
    llm_id: str
    video_id: str
    mode: str
    evaluator_id: str

    @property
    def prompted(self) -> tuple[str, str, str]:
        """What its briefs depend on."""
        return self.task_id, self.llm_id, self.mode


@dataclass(frozen=True, slots=True)
class CellScores:
    """Scores of one cell and metric per query, in the order of the task's queries.

    `scores` and `percentiles` have shape (Q,), NaN where missing; `counts` (Q,) says how many
    seeds and repeats each average is over.
    """

    scores: Floats
    percentiles: Floats
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Planned:
    """How many scores a cell was to get; `partial` if only limited runs asked for them."""

    units: int
    partial: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """How near titles come to the references that the LLM was shown, None where it saw none.

    `mean` (0..1) of the largest similarity per title; `share` (0..1) of titles that are as good
    as copied.
    """

    mean: float | None
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts per cell and part of the query set.

    Keys end with the part: a topic or kind, or '' for all queries.
    """

    planned: Mapping[tuple[CellKey, str], Planned] = field(default_factory=dict)
    failed: Mapping[tuple[CellKey, str], int] = field(default_factory=dict)


COPIED = 0.9  # similarity of a title to a reference from which it counts as copied

CELL = "task_id, llm_id, video_id, mode, evaluator_id"
NUMBERED = """numbered AS (
    SELECT task_id, query_id,
           row_number() OVER (PARTITION BY task_id ORDER BY query_id) - 1 AS number
    FROM queries
)"""  # queries in the order of their ids, as arrays hold them
_SCORES = f"""
WITH {NUMBERED}
SELECT {CELL}, metric, list(number) AS numbers, list(score) AS scores,
       list(coalesce(percentile, 'nan'::DOUBLE)) AS percentiles
FROM scores JOIN numbered USING (task_id, query_id)
WHERE {{where}}
GROUP BY ALL
"""  # noqa: S608 - only constants are put in
_PLANNED = f"""
WITH runs_of AS (
    SELECT {CELL}, bool_and(coalesce(partial, false)) AS partial
    FROM plan_cells LEFT JOIN runs USING (run_id) GROUP BY ALL
), units AS (
    SELECT {CELL}, {{part}} AS part, sum(repeats)::BIGINT AS units
    FROM planned JOIN queries AS q USING (task_id, query_id) WHERE {{where}} GROUP BY ALL
)
SELECT {CELL}, part, units, partial FROM units JOIN runs_of USING ({CELL})
"""  # noqa: S608 - only constants are put in
_FAILED = """
SELECT p.task_id, p.llm_id, p.video_id, p.mode, p.evaluator_id, {part} AS part,
       count(DISTINCT (f.query_id, f.seed, f.repeat)) AS failed
FROM planned AS p
JOIN open_failures AS f USING (task_id, query_id, llm_id, mode, seed)
JOIN queries AS q USING (task_id, query_id)
LEFT JOIN evaluators AS e ON e.evaluator_id = p.evaluator_id
WHERE f.repeat < p.repeats AND {where} AND (
    f.stage = 'brief'
    OR (f.stage = 'cover' AND list_contains(e.inputs, 'cover'))
    OR (f.stage = 'video' AND f.video_id = p.video_id AND p.video_id <> '')
    OR (f.stage = 'score' AND f.video_id = p.video_id AND f.evaluator_id = p.evaluator_id)
)
GROUP BY ALL
"""
_COPIED = f"""
SELECT task_id, llm_id, mode, avg(copying), avg((copying >= {COPIED})::INTEGER)
FROM briefs WHERE copying IS NOT NULL AND {{where}} GROUP BY ALL
"""  # noqa: S608 - only constants are put in


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tasks and modes to read (ids, None: all), and if to count by `topic` or `kind`."""

    task_ids: tuple[str, ...]
    modes: tuple[str, ...] | None = None
    part: str | None = None

    def run(self, connection: DuckDBPyConnection, sql: str) -> DuckDBPyConnection:
        """Run `sql` with the filter put in for `{where}` and `{part}`."""
        where, parameters = "list_contains(?, task_id)", [self.task_ids]
        part = {None: "''", "topic": "q.topic", "kind": "q.kind"}[self.part]
        if self.modes is not None:
            where, parameters = f"{where} AND list_contains(?, mode)", [*parameters, self.modes]
        return connection.execute(sql.format(where=where, part=part), parameters)

    def keeps(self, mode: str) -> bool:
        """Whether a mode is read; '' stands for what is over all modes."""
        return self.modes is None or mode in {"", *self.modes}


def read_scores(
    connection: DuckDBPyConnection, chosen: Filter, sizes: Mapping[str, int]
) -> dict[tuple[CellKey, str], CellScores]:
    """Read the scores of every cell and metric.

    Args:
        connection: an index.
        chosen: what to read.
        sizes: number of queries per task id.
    """
    columns = chosen.run(connection, _SCORES).fetchnumpy()
    names = (*CellKey._fields, "metric", "numbers", "scores", "percentiles")
    rows = zip(*(columns[name] for name in names), strict=True)
    return {(CellKey(*row[:5]), row[5]): _average(*row[6:], size=sizes[row[0]]) for row in rows}


def read_counts(connection: DuckDBPyConnection, chosen: Filter) -> Counts:
    """Read what was planned and what failed."""
    planned = chosen.run(connection, _PLANNED).fetchall()
    return Counts(
        planned={(CellKey(*row[:5]), row[5]): Planned(row[6], row[7]) for row in planned},
        failed=_failed(connection, chosen),
    )


def read_copied(
    connection: DuckDBPyConnection, chosen: Filter
) -> dict[tuple[str, str, str], Copied]:
    """Read the copying of the briefs of each task, LLM and mode that was shown references."""
    rows = chosen.run(connection, _COPIED).fetchall()
    return {(task, llm, mode): Copied(mean, share) for task, llm, mode, mean, share in rows}


def _average(
    numbers: NDArray[np.int64], scores: Floats, percentiles: Floats, *, size: int
) -> CellScores:
    counts = np.bincount(numbers, minlength=size)
    known = np.isfinite(percentiles)
    return CellScores(
        scores=_mean(numbers, scores, size),
        percentiles=_mean(numbers[known], percentiles[known], size),
        counts=counts,
    )


def _mean(numbers: NDArray[np.int64], values: Floats, size: int) -> Floats:
    total = np.bincount(numbers, weights=values, minlength=size)
    count = np.bincount(numbers, minlength=size)
    mean: Floats = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return mean


def _failed(connection: DuckDBPyConnection, chosen: Filter) -> dict[tuple[CellKey, str], int]:
    if not connection.execute("SELECT 1 FROM failures LIMIT 1").fetchone():
        return {}  # spares the pass over all scores that tells mended failures from open ones
    rows = chosen.run(connection, _FAILED).fetchall()
    return {(CellKey(*row[:5]), row[5]): row[6] for row in rows}
