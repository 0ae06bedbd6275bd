"""What is not ranked and why, and what was asked and is not there: a changelog of the board."""

from __future__ import annotations

from collections.abc import Iterator

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.catalog import RunCard
from popcorn_bench.leaderboard.manifest import imported_from
from popcorn_bench.leaderboard.model import Board, Row, Table

_WHY = {
    "leakage": "the predictor was trained on rows that the LLM was shown",
    "unbalanced": "it lacks generators or modes that others have",
    "fewer_queries": "it was asked fewer queries than the others",
    "incomplete": "less than 95 % of its plan is scored",
}


def unranked_rows(board: Board) -> list[tuple[str, str, str]]:
    """Name, task and metric, and reason of every row that a ranked metric does not rank."""
    return [found for table in board.ranking for found in _unranked(table)]


def run_lines(board: Board) -> list[tuple[str, str]]:
    """Every run, the latest first: when, and what became of it."""
    return [(_when(run), _what(run)) for run in reversed(board.runs)]


def _unranked(table: Table) -> Iterator[tuple[str, str, str]]:
    for row in table.rows:
        if row.rank_low is None:
            parts = [getattr(row, name) for name in words.dimensions(table.rows)]
            name = text.clean(", ".join(part for part in parts if part))
            yield name, text.clean(f"{table.card.name}, {table.task}"), _why(row, table)


def _why(row: Row, table: Table) -> str:
    if table.trust.leaks:
        return _WHY["leakage"]
    if row.n_scored == 0:
        return "it has no score yet"
    known = [reason for flag, reason in _WHY.items() if flag in row.flags]
    counts = f" ({row.n_scored:,} of {row.n_planned:,})" if "incomplete" in row.flags else ""
    if known:
        return f"{known[-1]}{counts}"
    alone = len(table.rows) == 1
    return "there is no other row" if alone else "too few queries are shared with the other rows"


def _when(run: RunCard) -> str:
    return text.clean(run.started_at[:10] or "undated")


def _what(run: RunCard) -> str:
    limited = ", limited" if run.partial else ""
    source = imported_from(run)
    what = f"scores imported from {source}, run" if source else "run"
    return text.clean(f"{what} {run.run_id}, {run.status or 'unknown'}{limited}")
