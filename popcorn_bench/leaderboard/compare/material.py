"""The scores of both sides as arrays: one row per column of the design, one entry per query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.leaderboard.compare.pairing import Column, Pair, Pairing
from popcorn_bench.leaderboard.compare.places import Query, Scored
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.statistics.interval import Floats

Mask = NDArray[np.bool_]
Queries = Mapping[tuple[str, str], Query]
_ROUNDING = 1e-12  # relative: what the order of adding leaves between equal averages


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of one task."""

    task: Pair
    query: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is compared.

    `a` and `b` have shape (C, Q), in the metric's own scale, NaN where missing; `expected` (C, Q)
    says which columns the query's task has. `sign` is -1 where lower is better.
    """

    columns: tuple[Column, ...]
    queries: tuple[Asked, ...]
    a: Floats
    b: Floats
    expected: Mask
    sign: int

    def gains(self, columns: Mask, queries: Mask) -> tuple[Floats, Floats, Floats]:
        """Means of both sides over some columns, and the gain, each for some of the queries.

        Args:
            columns: shape (C,).
            queries: shape (Q,).

        Returns:
            Shape (number of those queries,) each; NaN for a query that lacks one of its columns.
        """
        kept = self.expected[columns][:, queries]
        a, b = (_over(side[columns][:, queries], kept) for side in (self.a, self.b))
        b = np.where(np.isclose(a, b, rtol=_ROUNDING, atol=0), a, b)
        return a, b, self.sign * (b - a)

    @property
    def everything(self) -> tuple[Mask, Mask]:
        """All columns and all queries."""
        return np.ones(len(self.columns), np.bool_), np.ones(len(self.queries), np.bool_)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one side: scores by cell, and its queries by task and id."""

    scores: Mapping[CellKey, Scored]
    queries: Queries

    def query(self, task_id: str, query_id: str) -> Query:
        """A query as it was asked; its id alone where the definition is lost."""
        return self.queries.get((task_id, query_id)) or Query(query_id, "", "", "")


def gather(pairing: Pairing, a: Reading, b: Reading, sign: int) -> Material:
    """Bring both sides into one order of columns and queries.

    Within a query only the draws (seed and repeat) that both sides have are averaged; where a
    cell shares none, each side keeps its own.
    """
    columns = tuple(dict.fromkeys(column for _, column in pairing.cells))
    asked = _asked(pairing, a, b)
    place = {one: i for i, one in enumerate(asked)}
    shape = (len(columns), len(asked))
    values_a, values_b = np.full(shape, np.nan), np.full(shape, np.nan)
    expected = np.zeros(shape, np.bool_)
    tasks: dict[Pair, list[int]] = {}
    for i, one in enumerate(asked):
        tasks.setdefault(one.task, []).append(i)
    row_of = {column: row for row, column in enumerate(columns)}
    for (task, column), (cell_a, cell_b) in pairing.cells.items():
        row = row_of[column]
        expected[row, tasks.get(task, [])] = True
        mine, theirs = _shared(_draws(a, task, cell_a), _draws(b, task, cell_b))
        _fill(values_a[row], mine, place)
        _fill(values_b[row], theirs, place)
    return Material(
        columns=columns, queries=asked, a=values_a, b=values_b, expected=expected, sign=sign
    )


def _over(values: Floats, expected: Mask) -> Floats:
    """Equal weight per expected column; NaN where one is missing or none is expected."""
    total = np.where(expected, values, 0.0).sum(axis=0)
    count = expected.sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def _asked(pairing: Pairing, a: Reading, b: Reading) -> tuple[Asked, ...]:
    """Every query with a score, in the order of tasks and ids."""
    found: dict[Asked, None] = {}
    for (task, _), (cell_a, cell_b) in pairing.cells.items():
        for side, cell in ((a, cell_a), (b, cell_b)):
            for ids in side.scores.get(cell, {}).values():
                for query_id in ids:
                    found[Asked(task, side.query(cell.task_id, query_id))] = None
    return tuple(sorted(found, key=lambda one: (one.task, one.query)))


_Values = dict[Asked, dict[tuple[int, int], float]]


def _draws(side: Reading, task: Pair, cell: CellKey) -> _Values:
    """Scores by query, and within it by draw."""
    values: _Values = {}
    for draw, scores in side.scores.get(cell, {}).items():
        for query_id, score in scores.items():
            asked = Asked(task, side.query(cell.task_id, query_id))
            values.setdefault(asked, {})[draw] = score
    return values


def _shared(a: _Values, b: _Values) -> tuple[_Values, _Values]:
    """Both with the draws of each query that both have, if the cells share any draw at all."""
    draws_a, draws_b = ({draw for q in side.values() for draw in q} for side in (a, b))
    if not draws_a & draws_b:
        return a, b
    return _held_to(a, b), _held_to(b, a)


def _held_to(own: _Values, other: _Values) -> _Values:
    return {
        asked: {draw: score for draw, score in draws.items() if draw in other.get(asked, draws)}
        for asked, draws in own.items()
    }


def _fill(row: Floats, values: _Values, place: Mapping[Asked, int]) -> None:
    for asked, draws in values.items():
        if draws:
            row[place[asked]] = sum(draws[draw] for draw in sorted(draws)) / len(draws)
