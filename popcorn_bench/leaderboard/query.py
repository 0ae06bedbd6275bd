"""What the board reads from the index.

Scores are averaged per query in one pass over the table and come as lists per cell, so that what
leaves the database is as large as the boards, however many seeds and repeats there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray
from pyarrow import compute

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
WITH {NUMBERED}, averaged AS (
    SELECT {CELL}, metric, query_id, avg(score) AS score, count(*) AS n,
           avg(percentile) FILTER (isfinite(percentile)) AS percentile
    FROM scores WHERE {{where}} GROUP BY ALL
)
SELECT {CELL}, metric, list(number) AS numbers, list(score) AS scores, list(n) AS counts,
       coalesce(list(number) FILTER (percentile IS NOT NULL), []) AS compared,
       coalesce(list(percentile) FILTER (percentile IS NOT NULL), []) AS percentiles
FROM averaged JOIN numbered USING (task_id, query_id)
GROUP BY {CELL}, metric
"""  # noqa: S608 - only constants are put in
# Most cells and seeds are asked the same, so the queries are gone through once per way of asking.
_PLANNED = f"""
WITH asked AS (
    SELECT {CELL}, seed, list_sort(list(DISTINCT {{{{run_id: run_id, repeats: repeats}}}})) AS asks
    FROM plan_cells WHERE {{where}} GROUP BY ALL
), ways AS (
    SELECT task_id, asks, unnest(asks, recursive := true)
    FROM (SELECT DISTINCT task_id, asks FROM asked)
), most AS (
    SELECT task_id, asks, query_id, max(repeats) AS repeats
    FROM ways JOIN plan_queries USING (run_id, task_id) GROUP BY ALL
), units AS (
    SELECT task_id, asks, {{part}} AS part, sum(repeats) AS units
    FROM most JOIN queries AS q USING (task_id, query_id) GROUP BY ALL
), runs_of AS (
    SELECT {CELL}, bool_and(coalesce(partial, false)) AS partial
    FROM plan_cells LEFT JOIN runs USING (run_id) GROUP BY ALL
)
SELECT {CELL}, part, sum(units)::BIGINT AS units, any_value(partial) AS partial
FROM asked JOIN units USING (task_id, asks) JOIN runs_of USING ({CELL})
GROUP BY {CELL}, part
"""  # noqa: S608 - only constants are put in
_FAILED = f"""
WITH failed AS (
    SELECT task_id, query_id, llm_id, mode, seed, repeat, stage, video_id AS made_by,
           evaluator_id AS judged_by
    FROM open_failures WHERE {{where}}
)
SELECT {CELL}, {{part}} AS part, count(DISTINCT (query_id, seed, repeat)) AS failed
FROM failed
JOIN plan_cells USING (task_id, llm_id, mode, seed)
JOIN plan_queries USING (run_id, task_id, query_id)
JOIN queries AS q USING (task_id, query_id)
LEFT JOIN evaluators USING (evaluator_id)
WHERE repeat < repeats AND (
    stage = 'brief'
    OR (stage = 'cover' AND list_contains(inputs, 'cover'))
    OR (stage = 'video' AND made_by = video_id AND video_id <> '')
    OR (stage = 'score' AND made_by = video_id AND judged_by = evaluator_id)
)
GROUP BY ALL
"""  # noqa: S608 - only constants are put in
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
        return connection.execute(*self._filled(sql))

    def table(self, connection: DuckDBPyConnection, sql: str) -> pa.Table:
        """The same as a table, for results of many lists."""
        filled, parameters = self._filled(sql)
        with connection.cursor() as cursor:
            return cursor.sql(filled, params=parameters).to_arrow_table()

    def _filled(self, sql: str) -> tuple[str, list[tuple[str, ...]]]:
        where, parameters = "list_contains(?, task_id)", [self.task_ids]
        part = {None: "''", "topic": "q.topic", "kind": "q.kind"}[self.part]
        if self.modes is not None:
            where, parameters = f"{where} AND list_contains(?, mode)", [*parameters, self.modes]
        return sql.format(where=where, part=part), parameters

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
    table = chosen.table(connection, _SCORES)
    ends = list(accumulate(sizes[task_id] for task_id in table["task_id"].to_pylist()))
    numbers, compared = (_places(table[name], ends) for name in ("numbers", "compared"))
    found = (
        _spread(table["scores"], numbers, ends, np.nan),
        _spread(table["percentiles"], compared, ends, np.nan),
        _spread(table["counts"], numbers, ends, 0),
    )
    keys = zip(*(table[name].to_pylist() for name in (*CellKey._fields, "metric")), strict=True)
    return {
        (CellKey(*key[:5]), key[5]): CellScores(*arrays)
        for key, *arrays in zip(keys, *found, strict=True)
    }


def read_counts(connection: DuckDBPyConnection, chosen: Filter) -> Counts:
    """Read what was planned and what failed."""
    planned = chosen.run(connection, _PLANNED).fetchall()
    failed = chosen.run(connection, _FAILED).fetchall()
    return Counts(
        planned={(CellKey(*row[:5]), row[5]): Planned(row[6], row[7]) for row in planned},
        failed={(CellKey(*row[:5]), row[5]): row[6] for row in failed},
    )


def read_copied(
    connection: DuckDBPyConnection, chosen: Filter
) -> dict[tuple[str, str, str], Copied]:
    """Read the copying of the briefs of each task, LLM and mode that was shown references."""
    rows = chosen.run(connection, _COPIED).fetchall()
    return {(task, llm, mode): Copied(mean, share) for task, llm, mode, mean, share in rows}


def _places(numbers: pa.ChunkedArray, ends: Sequence[int]) -> NDArray[np.int64]:
    """Where the queries of each cell stand when all cells stand one after the other.

    Args:
        numbers: which queries of their task, a list per cell.
        ends: where each cell ends.
    """
    starts = np.array([0, *ends[:-1]])[: len(ends)]
    lengths = compute.list_value_length(numbers).to_numpy()
    places: NDArray[np.int64] = np.repeat(starts, lengths)
    places += compute.list_flatten(numbers).to_numpy()
    return places


def _spread(
    values: pa.ChunkedArray, places: NDArray[np.int64], ends: Sequence[int], blank: float
) -> list[NDArray[Any]]:
    """An array per cell over all queries of its task, `blank` for those without a value."""
    every = np.full(ends[-1] if ends else 0, blank)
    every[places] = compute.list_flatten(values).to_numpy()
    return [every[start:end] for start, end in pairwise([0, *ends])]
