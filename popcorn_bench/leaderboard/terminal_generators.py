"""The generators in a terminal."""

from __future__ import annotations

from rich.console import Console

from popcorn_bench.leaderboard.generators import words
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.widgets import NAME, WIDE, grid, plain, print_notes, print_title


def print_generators(board: Board, console: Console) -> None:
    """Print what made the clips: settings that matter to fairness, and what it took."""
    if not board.generators:
        return
    columns = [c for c in words.columns(board) if console.width >= WIDE or not c.wide]
    table = grid()
    for column in columns:
        longest = max(len(column.of(one)) for one in board.generators)
        table.add_column(
            column.head,
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            min_width=None if column.numeric else min(longest, NAME),
            overflow="fold",
        )
    for one in board.generators:
        style = "dim" if one.card.baseline else ""
        table.add_row(*(plain(column.of(one)) for column in columns), style=style)
    print_title(words.TITLE, console)
    console.print(table)
    print_notes([*words.notes(board), *words.identities(board)], console)
