"""The views of a page: the same results by LLM, by generator, and cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.board import board as make_board
from popcorn_bench.leaderboard.model import Board, Table

TITLES = {
    "llm": "LLMs",
    "video": "Video generators",
    "cell": "LLM × generator",  # noqa: RUF001 - a multiplication sign is meant
    "mode": "Modes",
    "topic": "Topics",
    "kind": "Kinds",
}


@dataclass(frozen=True, slots=True)
class View:
    """One way to look: its name, the dimension it aggregates by, and its ranked tables."""

    name: str
    by: str | None
    tables: tuple[Table, ...]

    @property
    def title(self) -> str:
        """What the tab says."""
        return TITLES[self.name]


def views_of(board: Board, connection: DuckDBPyConnection) -> tuple[View, ...]:
    """The board's own view; of one by cells also those by LLM and by generator.

    The others are read for the same tasks, mode and metrics. Human ratings stay with the cells.
    """
    if board.by is not None:
        return (View(board.by, board.by, board.ranking),)
    cells = View("cell", None, board.ranking)
    if not board.ranking:
        return (cells,)
    others = [_view(board, connection, by) for by in ("llm", "video")]
    return tuple(view for view in (*others, cells) if view.tables)


def _view(board: Board, connection: DuckDBPyConnection, by: str) -> View:
    wanted = [table for table in board.ranking if by != "video" or table.card.sees_video]
    if not wanted:
        return View(by, by, ())
    tasks = sorted({table.task_id for table in wanted})
    made = make_board(connection, tasks=tasks, by=by, mode=board.mode)
    keys = {_key(table) for table in wanted}
    return View(by, by, tuple(table for table in made.ranking if _key(table) in keys))


def _key(table: Table) -> tuple[str, str, str]:
    return table.task_id, table.card.evaluator_id, table.card.name
