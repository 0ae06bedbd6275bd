"""What a side planned and scored, place by place.

A run holds the scores of all places that it planned, whoever made them: a run that goes on with an
earlier one repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.query import CELL, CellKey

_ALL = "WITH plan AS (SELECT * FROM planned), done AS (SELECT * FROM scores)"
_OF_RUN = f"""
WITH plan AS (
    SELECT {CELL}, query_id, seed, max(repeats) AS repeats
    FROM plan_cells JOIN plan_queries USING (run_id, task_id) WHERE run_id = $run GROUP BY ALL
), done AS (
    SELECT s.* FROM scores AS s SEMI JOIN plan AS p ON (
        (s.task_id, s.llm_id, s.video_id, s.mode, s.evaluator_id, s.query_id, s.seed)
        = (p.task_id, p.llm_id, p.video_id, p.mode, p.evaluator_id, p.query_id, p.seed)
        AND s.repeat < p.repeats
    )
)
"""  # noqa: S608 - only constants are put in
_CELLS = f"SELECT DISTINCT {CELL} FROM plan UNION SELECT DISTINCT {CELL} FROM done"  # noqa: S608
_PLACES = f"""
SELECT {CELL}, seed, repeats, list(query_id) FROM (
    SELECT {CELL}, seed, repeats, query_id FROM plan WHERE evaluator_id = $evaluator
    UNION ALL
    SELECT {CELL}, seed, max(repeat) + 1, query_id FROM done ANTI JOIN plan USING ({CELL})
    WHERE evaluator_id = $evaluator GROUP BY ALL
) GROUP BY ALL
"""  # noqa: S608 - only constants are put in
_SCORES = f"""
SELECT {CELL}, seed, repeat, list(query_id), list(score) FROM done
WHERE evaluator_id = $evaluator AND metric = $metric AND isfinite(score) GROUP BY ALL
"""  # noqa: S608 - only constants are put in
_QUERIES = "SELECT task_id, query_id, text, kind, topic FROM queries"


class Draw(NamedTuple):
    """One drawing of every query: the root seed of the run, and the repeat."""

    seed: int
    repeat: int


@dataclass(frozen=True, slots=True, order=True)
class Query:
    """A query as it was asked; two with one id and another text are two."""

    id: str
    text: str
    kind: str
    topic: str


Planned: TypeAlias = Mapping[Draw, frozenset[str]]
Scored: TypeAlias = Mapping[Draw, Mapping[str, float]]


def read_cells(connection: DuckDBPyConnection, run_id: str | None) -> frozenset[CellKey]:
    """Every cell that was planned or scored."""
    return frozenset(CellKey(*row) for row in _rows(connection, _CELLS, run_id))


def read_planned(
    connection: DuckDBPyConnection, run_id: str | None, evaluator_id: str
) -> Mapping[CellKey, Planned]:
    """The ids of the queries that each draw of a cell was to score."""
    found: dict[CellKey, dict[Draw, frozenset[str]]] = {}
    for *cell, seed, repeats, ids in _rows(connection, _PLACES, run_id, evaluator=evaluator_id):
        draws = found.setdefault(CellKey(*cell), {})
        for draw in (Draw(seed, repeat) for repeat in range(repeats)):
            draws[draw] = draws.get(draw, frozenset()) | frozenset(ids)
    return found


def read_scored(
    connection: DuckDBPyConnection, run_id: str | None, evaluator_id: str, metric: str
) -> Mapping[CellKey, Scored]:
    """The scores of each draw of a cell by query id."""
    rows = _rows(connection, _SCORES, run_id, evaluator=evaluator_id, metric=metric)
    found: dict[CellKey, dict[Draw, dict[str, float]]] = {}
    for *cell, seed, repeat, ids, scores in rows:
        scored = dict(zip(ids, scores, strict=True))
        found.setdefault(CellKey(*cell), {})[Draw(seed, repeat)] = scored
    return found


def read_queries(connection: DuckDBPyConnection) -> dict[tuple[str, str], Query]:
    """Every query by task id and query id."""
    rows = connection.execute(_QUERIES).fetchall()
    return {(row[0], row[1]): Query(*(part or "" for part in row[1:])) for row in rows}


def _rows(
    connection: DuckDBPyConnection, sql: str, run_id: str | None, **parameters: object
) -> list[tuple[Any, ...]]:
    scope = _ALL if run_id is None else _OF_RUN
    given = parameters if run_id is None else {**parameters, "run": run_id}
    return connection.execute(f"{scope} {sql}", given).fetchall()
