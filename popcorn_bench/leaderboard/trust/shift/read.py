"""How far generated inputs are from the human ones that a predictor knows."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.query import CellKey, Filter

EXTRAPOLATES = 0.8  # AUC above which the predictor is asked about what it does not know

_SQL = """
SELECT task_id, llm_id, video_id, mode, evaluator_id,
       sum(auc * n) / sum(n), sum(n)::BIGINT, max(n_human)
FROM shifts
WHERE list_contains(?, task_id) AND n > 0 AND isfinite(auc)
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class CellShift:
    """A shift of what it was measured on; ids are '' where it is over all of a dimension.

    `auc` is 0.5 where a classifier cannot tell `n` generated inputs from `n_human` human ones and
    1 where it always can.
    """

    cell: CellKey
    auc: float
    n: int
    n_human: int

    @property
    def extrapolates(self) -> bool:
        """Whether scores of such inputs are extrapolation."""
        return self.auc > EXTRAPOLATES

    def covers(self, cell: CellKey) -> bool:
        """Whether a cell's inputs are among those that were measured."""
        return all(own in {"", other} for own, other in zip(self.cell, cell, strict=True))


def read_shifts(connection: DuckDBPyConnection, chosen: Filter) -> tuple[CellShift, ...]:
    """Read them; several runs of one LLM and mode are averaged, weighted by their inputs."""
    rows = connection.execute(_SQL, [chosen.task_ids]).fetchall()
    found = (CellShift(CellKey(*row[:5]), *row[5:]) for row in rows)
    return tuple(shift for shift in found if chosen.keeps(shift.cell.mode))
