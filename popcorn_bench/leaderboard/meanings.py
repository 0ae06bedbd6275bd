"""What the metrics of a board mean: in full, or short where there is little room."""

from __future__ import annotations

from collections.abc import Iterable

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.model import Board, Table
from popcorn_bench.leaderboard.words import clause
from popcorn_bench.types import Direction

_DOCUMENTED = frozenset({"quality", "alignment", "judge"})


def meanings(board: Board) -> list[tuple[str, str]]:
    """Every metric with its evaluator, and what it means, each once."""
    return _meanings((*board.shown, *board.hidden))


def meanings_of_ranked(board: Board) -> list[tuple[str, str]]:
    """The same, of the metrics that have a better."""
    return _meanings(table for table in board.tables if not table.descriptive)


def where_described(board: Board) -> list[str]:
    """The metrics without a better, a line per evaluator, and where to read what they mean."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for tables in board.describing:
        for table in tables:
            about = (table.card.evaluator, table.evaluator)
            found.setdefault(about, {})[table.card.name] = None
    return [
        text.clean(f"{', '.join(names)} ({shown}) describe and rank nobody: see {_where(name)}.")
        for (name, shown), names in found.items()
    ]


def _where(evaluator: str) -> str:
    """A document of ours where there is one; the page says it for every evaluator."""
    name = evaluator.partition("-")[0]  # judge-pairs is described with the judge
    return f"docs/{name}.md or the page" if name in _DOCUMENTED else "the page (--html DIR)"


def _meanings(tables: Iterable[Table]) -> list[tuple[str, str]]:
    cards = {(table.card.name, table.evaluator): table.card for table in tables}
    return [
        (text.clean(f"{metric} ({evaluator})"), _meaning(card))
        for (metric, evaluator), card in cards.items()
    ]


def _meaning(card: MetricCard) -> str:
    """The description; with the clause where no table of its own says it."""
    described = f"{card.description.rstrip('.')}." if card.description else ""
    ranks = card.direction is not Direction.NONE
    return text.clean(f"{described} {'' if ranks else clause(card)}".strip())
