"""All that a publication is made from: the board, and the scores per query behind its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.catalog import Catalog, read_catalog
from popcorn_bench.leaderboard.model import Board, Row, Table
from popcorn_bench.leaderboard.modes import read_modes
from popcorn_bench.leaderboard.names import Names, names_of
from popcorn_bench.leaderboard.query import CellKey, Filter, read_counts, read_scores
from popcorn_bench.leaderboard.statistics.interval import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The board with the ids behind its names.

    `values` are scores per query, shape (Q,) with NaN where missing, by cell and metric.
    """

    board: Board
    names: Names
    catalog: Catalog
    values: Mapping[tuple[CellKey, str], Floats]

    def cell_of(self, table: Table, row: Row) -> CellKey:
        """The ids of a row."""
        return CellKey(
            task_id=table.task_id,
            llm_id=_id(self.names.llms, row.llm),
            video_id=_id(self.names.videos, row.video),
            mode=_id(self.names.modes, row.mode),
            evaluator_id=table.card.evaluator_id,
        )


def read_material(connection: DuckDBPyConnection) -> Material:
    """Read the whole index: every task, mode and metric."""
    found = board(connection)
    catalog = read_catalog(connection)
    chosen = Filter(tuple(catalog.tasks))
    sizes = {task_id: len(task.query_ids) for task_id, task in catalog.tasks.items()}
    scores = read_scores(connection, chosen, sizes)
    planned = read_counts(connection, chosen).planned
    cells = {cell for cell, _ in scores} | {cell for cell, _ in planned}
    names = names_of(catalog, read_modes(connection), cells)
    makers = {one.card.video_id: one.label for one in found.generators if not one.covers}
    return Material(
        board=found,
        names=replace(names, videos={**makers, **names.videos}),
        catalog=catalog,
        values={key: found.scores for key, found in scores.items()},
    )


def _id(names: Mapping[str, str], label: str | None) -> str:
    """The id behind a displayed name: labels are unique on one board."""
    return next((key for key, name in names.items() if name == label), "")
